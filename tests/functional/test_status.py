# SPDX-License-Identifier: Apache-2.0
"""``ensemble-status upgrade check`` with nova.conf files as operators write them."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from configured import user
from placement_service import PlacementService

from ensemble_api.cloud.session import NAMING_A_HOST, RULE
from ensemble_api.cmd.checks import FACTORY
from ensemble_api.store.api import Store
from tests.fakes.keystone import FakeKeystone

PASTE = f"""[composite:openstack_compute_api_v21]
use = call:nova.api.auth:pipeline_factory_v21
keystone = authtoken keystonecontext ensembles osapi_compute_app_v21
[filter:ensembles]
paste.filter_factory = {FACTORY}
"""
AVAILABLE = """available_filters = nova.scheduler.filters.all_filters
available_filters = ensemble_api.scheduler.filter.EnsembleFilter
"""
LAST = f"{AVAILABLE}enabled_filters = ComputeFilter,EnsembleFilter\n"


@dataclass(frozen=True)
class Case:
    name: str
    code: int
    said: str
    filters: str = LAST
    rule: str = RULE
    database: str = "migrated"
    ours: str = ""
    roles: tuple[str, ...] = ("admin", "service")


CASES = [
    Case("all is well", 0, "Success"),
    Case("the filter is not enabled", 1, "Put EnsembleFilter last", filters=AVAILABLE),
    Case(
        "the filter is enabled and not available",
        2,
        "nova-scheduler does not start",
        filters="enabled_filters = ComputeFilter,EnsembleFilter\n",
    ),
    Case(
        "a filter comes after it",
        2,
        "EnsembleFilter must be the last",
        filters=f"{AVAILABLE}enabled_filters = EnsembleFilter,ComputeFilter\n",
    ),
    Case("a role is asked for that users may have", 2, "Add to its file", rule="role:admin"),
    Case("the database is empty", 2, "db sync", database="empty"),
    Case("a later release has upgraded it", 1, "until it is upgraded too", database="later"),
    Case(
        "a service of its own whose user lacks the role that Nova knows",
        2,
        "the role ensembles_placer",
        rule="role:admin",  # of Nova's file, which is elsewhere then
        ours="mount = service",
    ),
    Case(
        "a service of its own",
        0,
        "None is needed",
        rule="role:admin",
        ours="mount = service",
        roles=("admin", "service", "ensembles_placer"),
    ),
    Case("no database is named", 2, "Set [ensembles] connection", database=""),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_set_up_is_checked(case: Case, placement: PlacementService, tmp_path: Path) -> None:
    keystone = FakeKeystone(placement.url)
    keystone.own_roles = list(case.roles)
    service_user = "".join(f"{key} = {value}\n" for key, value in user(keystone.url).items())
    url = f"sqlite:///{tmp_path}/ensembles.sqlite"
    if case.database in ("migrated", "later"):
        store = Store(url)
        store.upgrade()
        if case.database == "later":
            with store.engine.begin() as connection:
                connection.execute(sa.text("UPDATE alembic_version SET version_num = '0999'"))
    (tmp_path / "policy.yaml").write_text(f'"{NAMING_A_HOST}": "{case.rule}"\n')
    nova_conf = tmp_path / "nova.conf"
    paste = tmp_path / "api-paste.ini"
    paste.write_text(PASTE)
    nova_conf.write_text(
        f"[ensembles]\n{f'connection = {url}' if case.database else ''}\n"
        f"{case.ours}\nauth_section = placement\n[placement]\n{service_user}"
        f"[wsgi]\napi_paste_config = {paste}\n"
        f"[oslo_policy]\npolicy_file = {tmp_path}/policy.yaml\n"
        f"[filter_scheduler]\n{case.filters}"
    )
    command = [Path(sys.executable).parent / "ensemble-status", "--config-file", nova_conf]
    done = subprocess.run(
        [*command, "upgrade", "check"], capture_output=True, text=True, check=False
    )
    keystone.stop()
    said = " ".join(done.stdout.replace("|", " ").split())
    assert done.returncode == case.code, done.stderr
    assert case.said in said
