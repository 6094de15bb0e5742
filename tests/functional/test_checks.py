# SPDX-License-Identifier: Apache-2.0
"""What ``ensemble-status upgrade check`` says of Keystone, Placement, options and pipelines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from configured import nova_conf, user
from nova.conf import wsgi
from oslo_upgradecheck.upgradecheck import Code
from placement_service import PlacementService

from ensemble_api.cloud import credentials
from ensemble_api.cmd import checks
from tests.fakes.keystone import FakeKeystone


@pytest.fixture
def keystone(placement: PlacementService) -> Iterator[FakeKeystone]:
    keystone = FakeKeystone(placement.url)
    yield keystone
    keystone.stop()


def told(check: checks.Check, path: Path, **sections: Any) -> tuple[Code, str]:
    config = nova_conf(path / "nova.conf", sections)
    wsgi.register_opts(config)
    result = check(config)
    return result.code, result.details or ""


def test_a_service_user_that_may_read_roles_is_fine(keystone: FakeKeystone, tmp_path: Path) -> None:
    sections = {"ensembles": user(keystone.url)}
    assert told(checks.service_user, tmp_path, **sections) == (Code.SUCCESS, "")
    assert any("/role_assignments" in each for each in keystone.asked)


def test_a_service_user_may_be_that_of_another_section(
    keystone: FakeKeystone, tmp_path: Path
) -> None:
    sections = {"ensembles": {"auth_section": "placement"}, "placement": user(keystone.url)}
    assert told(checks.service_user, tmp_path, **sections) == (Code.SUCCESS, "")


def test_a_service_user_that_does_not_do_is_told_with_what_to_do(
    keystone: FakeKeystone, tmp_path: Path
) -> None:
    wrong = {
        "set auth_type": {},
        "Keystone refuses the service user (HTTP 401)": user(keystone.url, password="old"),
        "cannot be reached": user("http://127.0.0.1:9/v3"),
    }
    for words, section in wrong.items():
        code, said = told(checks.service_user, tmp_path, ensembles=section)
        assert code is Code.FAILURE and words in said
    keystone.fails = 403
    code, said = told(checks.service_user, tmp_path, ensembles=user(keystone.url))
    assert code is Code.FAILURE and "give the user of [ensembles] the roles admin" in said


def test_a_placement_that_answers_is_fine(keystone: FakeKeystone, tmp_path: Path) -> None:
    assert told(checks.placement, tmp_path, placement=user(keystone.url)) == (Code.SUCCESS, "")


def test_a_placement_that_is_too_old_or_away_is_told(
    keystone: FakeKeystone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "PLACEMENT_VERSION", "1.999")
    code, said = told(checks.placement, tmp_path, placement=user(keystone.url))
    assert code is Code.FAILURE and "no microversion 1.999: upgrade it first" in said
    keystone.catalog.clear()
    code, said = told(checks.placement, tmp_path, placement=user(keystone.url))
    assert code is Code.FAILURE and "and Keystone's catalog" in said


@dataclass(frozen=True)
class Options:
    name: str
    code: Code
    said: str
    ours: dict[str, Any] = field(default_factory=dict)
    notifications: str = "unversioned"


OPTIONS = [
    Options("what is there by default", Code.SUCCESS, ""),
    Options("a level without a key", Code.FAILURE, "rack", {"levels": "rack"}),
    Options("a selector that is a level", Code.FAILURE, "rack", {"selectors": "rack"}),
    Options("notifications that Nova sends", Code.SUCCESS, "", {"notifications": True}, "both"),
    Options(
        "notifications that Nova does not send",
        Code.WARNING,
        "notification_format = versioned",
        {"notifications": True},
    ),
]


@pytest.mark.parametrize("case", OPTIONS, ids=lambda case: case.name)
def test_options_are_checked(case: Options, tmp_path: Path) -> None:
    code, said = told(
        checks.options,
        tmp_path,
        ensembles=case.ours,
        notifications={"notification_format": case.notifications},
    )
    assert code is case.code
    assert case.said in said and bool(said) == bool(case.said)


OURS = f"[filter:ensembles]\npaste.filter_factory = {checks.FACTORY}\n"
OTHER = "[filter:ensembles]\npaste.filter_factory = somebody:else\n"
COMPOSITE = "[composite:openstack_compute_api_v21]\nuse = call:nova.api.auth:pipeline_factory_v21\n"
END = "osapi_compute_app_v21\n"
RIGHT = f"{COMPOSITE}keystone = cors authtoken keystonecontext ensembles {END}"
PIPELINES = {
    "ours behind the context": (RIGHT + OURS, Code.SUCCESS, ""),
    "another name of the section": (
        RIGHT.replace(" ensembles", " whole") + OURS.replace(":ensembles", ":whole"),
        *(Code.SUCCESS, ""),
    ),
    "before the context": (
        f"{COMPOSITE}keystone = cors ensembles authtoken keystonecontext {END}{OURS}",
        *(Code.FAILURE, "Put ensembles between keystonecontext and osapi_compute_app_v21"),
    ),
    "not in the pipeline": (
        f"{COMPOSITE}keystone = cors authtoken keystonecontext {END}{OURS}",
        *(Code.FAILURE, "in keystone of [composite:openstack_compute_api_v21]"),
    ),
    "only in one of two pipelines": (
        f"{RIGHT}noauth2 = cors noauth2 {END}{OURS}",
        *(Code.FAILURE, "Put ensembles between noauth2 and"),
    ),
    "no section": (RIGHT, Code.FAILURE, f"no filter with paste.filter_factory = {checks.FACTORY}"),
    "a section of somebody else's": (RIGHT + OTHER, Code.FAILURE, "no filter with"),
    "no file of this kind": ("keystone = cors\n", Code.FAILURE, "cannot be read"),
}


@pytest.mark.parametrize(("text", "code", "said"), PIPELINES.values(), ids=PIPELINES)
def test_the_pipeline_is_checked(text: str, code: Code, said: str, tmp_path: Path) -> None:
    paste = tmp_path / "api-paste.ini"
    paste.write_text(text)
    found, words = told(checks.pipeline, tmp_path, wsgi={"api_paste_config": paste})
    assert found is code
    assert said in words and bool(words) == bool(said)


def test_a_node_without_nova_api_is_told_that_it_is_none(tmp_path: Path) -> None:
    code, said = told(checks.pipeline, tmp_path, wsgi={"api_paste_config": "/nowhere/paste.ini"})
    assert code is Code.WARNING and "serves no ensembles" in said
