# SPDX-License-Identifier: Apache-2.0
"""The files in etc/ are what the code would generate today, and nova-api could load them."""

import configparser
import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from keystoneauth1 import loading
from oslo_config import cfg
from oslo_config import generator as config_generator
from oslo_policy import generator as policy_generator

from ensemble_api import conf, middleware, policies

ETC = Path(__file__).parents[3] / "etc"

# The options of connections are keystoneauth's, and the sample has those of 2026.2.
OF_2026_2 = "tls_ciphers" in {each.dest for each in loading.get_session_conf_options()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "sample"


def generate_config(out: Path) -> None:
    config_generator.main(["--namespace", "ensembles", "--output-file", str(out)])


def generate_policy(out: Path) -> None:
    arguments = ["--namespace", "ensembles", "--output-file", str(out)]
    policy_generator.generate_sample(arguments, cfg.ConfigOpts())


@pytest.mark.parametrize(
    ("name", "generate", "command"),
    [
        pytest.param(
            *("ensembles.conf.sample", generate_config, "oslo-config-generator"),
            marks=pytest.mark.skipif(not OF_2026_2, reason="earlier libraries"),
        ),
        ("policy.yaml.sample", generate_policy, "oslopolicy-sample-generator"),
    ],
)
def test_a_sample_is_up_to_date(name: str, generate: Any, command: str, out: Path) -> None:
    generate(out)
    remedy = f"{command} --namespace ensembles --output-file etc/{name}"
    assert (ETC / name).read_text() == out.read_text(), remedy


def test_the_configuration_sample_has_every_option_that_is_read() -> None:
    config = cfg.ConfigOpts()
    conf.register(config)
    sample = (ETC / "ensembles.conf.sample").read_text()
    for name in set(config[conf.GROUP]) - {
        "version",
        "min_version",
        "max_version",
    }:  # Nova's dummies
        assert f"#{name} = " in sample.replace("-", "_"), name


def test_the_policy_sample_uncommented_is_the_default() -> None:
    lines = (ETC / "policy.yaml.sample").read_text().splitlines()
    rules = yaml.safe_load("\n".join(line[1:] for line in lines if line.startswith('#"')))
    assert rules == {rule.name: rule.check_str for rule in policies.list_rules()}


def test_the_paste_fragment_names_our_filter() -> None:
    fragment = configparser.ConfigParser()
    fragment.read(ETC / "api-paste.ini")
    module, _, name = fragment["filter:ensembles"]["paste.filter_factory"].partition(":")
    assert getattr(importlib.import_module(module), name) is middleware.filter_factory
