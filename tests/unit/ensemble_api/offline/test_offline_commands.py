# SPDX-License-Identifier: Apache-2.0
"""``ensemble-manage plan`` and ``schema`` as operators call them: no service, no configuration."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from documents import a_cloud, a_host, a_tier, an_ensemble

from ensemble_api.cmd import manage


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    cloud, ensemble = tmp_path / "cloud.json", tmp_path / "shop.yaml"
    cloud.write_text(json.dumps(a_cloud()))
    ensemble.write_text(yaml.safe_dump(an_ensemble()))
    return str(cloud), str(ensemble)


def plan(files: tuple[str, str], *more: str) -> int:
    return manage.main(["plan", "--snapshot", files[0], files[1], *more])


def test_what_fits_exits_0(files: tuple[str, str], capsys: Any) -> None:
    assert plan(files) == 0
    text = capsys.readouterr().out
    assert "shop: 5 members, proved optimal." in text
    assert "Headroom" in text


def test_what_does_not_fit_exits_1(files: tuple[str, str], capsys: Any) -> None:
    assert plan(files, "--fail", "zone:az1") == 1
    assert "shop does not fit." in capsys.readouterr().out
    assert plan(files, "--fail", "zone:az1", "--json") == 1
    answer = json.loads(capsys.readouterr().out)["plan"]
    assert not answer["feasible"]
    assert answer["reasons"]


@pytest.mark.parametrize(("packing", "host"), [("spread", "h2"), ("stack", "h1")])
def test_the_operator_s_packing_decides_between_hosts(
    tmp_path: Path, capsys: Any, packing: str, host: str
) -> None:
    cloud, ensemble = tmp_path / "cloud.json", tmp_path / "shop.yaml"
    fuller, emptier = a_host("h1", "r1", "az1"), a_host("h2", "r1", "az1")
    fuller["resources"]["VCPU"]["used"] = 2
    cloud.write_text(json.dumps(a_cloud(fuller, emptier)))
    ensemble.write_text(yaml.safe_dump(an_ensemble(a_tier("web", 1))))
    assert plan((str(cloud), str(ensemble)), "--json", "--packing", packing) == 0
    answer = json.loads(capsys.readouterr().out)["plan"]
    used = {each["name"] for each in answer["domains"] if each["level"] == "host"}
    assert used == {host}


def test_json_is_the_answer_of_the_api_with_names(files: tuple[str, str], capsys: Any) -> None:
    assert plan(files, "--json") == 0
    answer = json.loads(capsys.readouterr().out)["plan"]
    assert len(answer["assignments"]) == 5
    assert {"h1", "h2", "h3", "h4"} >= {
        each["name"] for each in answer["domains"] if each["level"] == "host"
    }
    assert "headroom" in answer["survivability"][0]
    assert plan(files, "--json", "--no-headroom") == 0
    assert "headroom" not in json.loads(capsys.readouterr().out)["plan"]["survivability"][0]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--fail", "rack:r1"), "--fail rack:r1: there are 2; say which: rack:az1/r1, rack:az2/r1"),
        (("--fail", "rack"), "--fail rack: must be LEVEL:NAME"),
    ],
)
def test_a_wrong_option_exits_2(
    files: tuple[str, str], capsys: Any, more: tuple[str, ...], words: str
) -> None:
    assert plan(files, *more) == 2
    seen = capsys.readouterr()
    assert (seen.out, seen.err.startswith(words)) == ("", True)


def test_a_wrong_file_exits_2_and_is_named(files: tuple[str, str], capsys: Any) -> None:
    cloud, ensemble = files
    assert plan((ensemble, ensemble)) == 2
    assert capsys.readouterr().err == f"{ensemble}:1: format: is required\n"
    assert plan((cloud, cloud)) == 2
    assert capsys.readouterr().err.startswith(f"{cloud}: tiers: is required")
    assert plan((cloud, f"{ensemble}.gone")) == 2
    assert "cannot be read" in capsys.readouterr().err
    level = an_ensemble(
        a_tier("web", 2), policies=[{"type": "affinity", "level": "row", "tiers": ["web"]}]
    )
    Path(ensemble).write_text(yaml.safe_dump(level))
    assert plan((cloud, ensemble)) == 2
    assert "policies[0].level: must be one of the cloud's levels" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "example"), [("snapshot", a_cloud), ("ensemble", an_ensemble)])
def test_a_schema_is_printed_and_takes_what_we_take(name: str, example: Any, capsys: Any) -> None:
    assert manage.main(["schema", name]) == 0
    published = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.Draft202012Validator(published).validate(example())


def test_a_configuration_that_cannot_be_read_is_told(tmp_path: Path, capsys: Any) -> None:
    missing = str(tmp_path / "gone.conf")
    assert manage.main(["--config-file", missing, "snapshot"]) == 2
    assert missing in capsys.readouterr().err


def test_a_snapshot_without_credentials_is_told(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "nova.conf"
    path.write_text("[ensembles]\nlevels = rack:rack\n")
    assert manage.main(["--config-file", str(path), "snapshot"]) == 2
    assert capsys.readouterr().err == (
        "[ensembles] has no credentials: set auth_type, and what goes with it.\n"
    )
    path.write_text("[ensembles]\nlevels = rack\n")
    assert manage.main(["--config-file", str(path), "snapshot"]) == 2
    assert "is not level:metadata_key" in capsys.readouterr().err


def test_whoever_reads_may_stop_early(files: tuple[str, str], tmp_path: Path) -> None:
    big = a_tier("web", 400)
    Path(files[1]).write_text(yaml.safe_dump(an_ensemble(big)))
    cloud = a_cloud()
    for host in cloud["hosts"]:
        host["resources"] = {name: {"total": 10**6} for name in ("VCPU", "MEMORY_MB")}
    Path(files[0]).write_text(json.dumps(cloud))
    command = [
        sys.executable,
        "-c",
        "import sys; from ensemble_api.cmd.manage import main; sys.exit(main())",
    ]
    command += ["plan", "--json", "--no-headroom", "--snapshot", *files]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline() == "{\n"
        run.stdout.close()
        assert run.stderr.read() == ""
