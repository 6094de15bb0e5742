# SPDX-License-Identifier: Apache-2.0
"""One policy file for Nova and for us, read by Nova's real enforcer."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nova import context as nova_context
from nova import policy as nova_policy
from oslo_config import cfg
from oslo_policy import opts

from ensemble_api import exception, middleware, policies

FILE = """
"ensembles:builder": "role:builder and project_id:%(project_id)s"
"ensembles:create": "rule:ensembles:builder"
"ensembles:plan": "rule:ensembles:reader or rule:ensembles:builder"
"os_compute_api:servers:index": "rule:project_member_api or rule:ensembles:builder"
"""


def caller(*roles: str) -> nova_context.RequestContext:
    return nova_context.RequestContext(
        user_id="ada", project_id="shop", roles=list(roles), is_admin=False, overwrite=False
    )


@pytest.fixture
def policy_file(tmp_path: Path) -> Iterator[Path]:
    """The policy file of a Nova that has not read it yet."""
    path = tmp_path / "policy.yaml"
    path.write_text(FILE)
    opts.set_defaults(cfg.CONF)
    cfg.CONF.set_override("policy_file", str(path), "oslo_policy")
    nova_policy.reset()
    yield path
    cfg.CONF.clear_override("policy_file", "oslo_policy")
    nova_policy.reset()


def test_our_rules_in_novas_policy_file_are_no_news_to_it(
    policy_file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(middleware.EnsemblesFilter, "_start", lambda self: None, raising=False)
    middleware.filter_factory({})(lambda *_: [])  # as paste does, before any request
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert nova_policy.authorize(
                caller("builder"), "os_compute_api:servers:index", do_raise=False
            )
            assert policies.allowed(caller("builder"), "create")
            assert policies.allowed(caller("reader"), "plan")
            policy_file.write_text(FILE + "\n# read again\n")
    assert [each.getMessage() for each in caplog.records] == []


def test_the_file_holds_for_both(policy_file: Path) -> None:
    with pytest.raises(exception.Forbidden):
        policies.authorize(caller("member", "reader"), "create")
    assert not nova_policy.authorize(
        caller("reader"), "os_compute_api:servers:index", do_raise=False
    )


def test_operators_list_what_the_file_changes_with_the_usual_command(policy_file: Path) -> None:
    """``oslopolicy-list-redundant`` and its kin find our rules by the namespace."""
    config = policy_file.with_name("nova.conf")
    config.write_text(f"[oslo_policy]\npolicy_file = {policy_file}\n")
    policy_file.write_text(FILE + '"ensembles:delete": "rule:ensembles:member"\n')
    command = Path(sys.executable).with_name("oslopolicy-list-redundant")
    run = subprocess.run(
        [command, "--namespace", "ensembles", "--config-file", str(config)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert '"ensembles:delete": "rule:ensembles:member"' in run.stdout
