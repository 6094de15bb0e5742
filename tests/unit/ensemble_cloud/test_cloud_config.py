# SPDX-License-Identifier: Apache-2.0
"""The configuration files, read back as the services read them."""

import ast
import configparser
from pathlib import Path

import openstack
import pytest

from ensemble_cloud import shape_file
from ensemble_cloud.config import files, ini, nova_cells
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.node import node_uuid
from ensemble_cloud.ports import FULL_SERVICES, Ports
from ensemble_cloud.profile import Profile
from ensemble_cloud.state import Identity, StateDirectory

Parsed = dict[str, configparser.ConfigParser]


def parser() -> configparser.ConfigParser:
    """One for files with options that are given several times, as oslo.config has them."""
    return configparser.ConfigParser(interpolation=None, strict=False)


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    state = StateDirectory.at(tmp_path / "state")
    state.create()
    identity = Identity.generate(state.root, {}, Profile.COMPACT)
    return Cloud(state, Ports(21000), shape_file.load(shape_file.default_path())[0], identity)


@pytest.fixture
def parsed(cloud: Cloud) -> Parsed:
    files.write_all(cloud)
    found = {}
    for path in cloud.state.etc.rglob("*.conf"):
        found[path.stem] = parser()
        found[path.stem].read(path)
    return found


def test_every_service_has_its_own_database_and_log(parsed: Parsed, cloud: Cloud) -> None:
    connections = [
        section["connection"]
        for file in parsed.values()
        for section in file.values()
        if "connection" in section
    ]
    assert len(set(connections)) == len(connections) == 7
    assert all(
        c.startswith(f"sqlite:///{cloud.state.databases}/") and "plugin=ensemblecloud" in c
        for c in connections
    )
    logs = {file["DEFAULT"]["log_file"] for file in parsed.values()}
    services = ("keystone", "placement", "glance", "neutron", "nova")
    assert logs == {str(cloud.state.log(name)) for name in services}


def test_services_ask_keystone_on_its_port(parsed: Parsed) -> None:
    urls = {
        section["auth_url"]
        for file in parsed.values()
        for section in file.values()
        if "auth_url" in section
    }
    assert urls == {"http://127.0.0.1:21001/v3"}


def test_a_host_is_given_up_only_after_several_missed_heartbeats(parsed: Parsed) -> None:
    default = parsed["nova"]["DEFAULT"]
    assert int(default["service_down_time"]) >= 4 * int(default["report_interval"])


def test_the_extension_knows_its_database_its_credentials_and_the_levels(parsed: Parsed) -> None:
    section = parsed["nova"]["ensembles"]
    assert "/ensembles.sqlite?" in section["connection"]
    assert section["auth_section"] in parsed["nova"]
    assert section["levels"] == "rack:rack,zone:availability_zone"


@pytest.mark.parametrize(
    "pipeline",
    ["openstack_compute_api_v21", "openstack_compute_api_v21_legacy_v2_compatible"],
)
def test_our_filter_is_the_last_before_the_application(cloud: Cloud, pipeline: str) -> None:
    files.write_all(cloud)
    paste = configparser.ConfigParser(interpolation=None)
    paste.read(cloud.state.etc / "nova/api-paste.ini")
    names = paste[f"composite:{pipeline}"]["keystone"].split()
    assert names[-2:] == ["ensembles", "osapi_compute_app_v21"]
    assert names.index("keystonecontext") < names.index("ensembles")
    factory = paste["filter:ensembles"]["paste.filter_factory"]
    assert factory == "ensemble_api.middleware:filter_factory"


def test_the_dashboard_settings_are_plain_assignments_and_switch_the_plugin_on(
    cloud: Cloud,
) -> None:
    files.write_all(cloud)
    text = (cloud.state.etc / "dashboard/local/local_settings.py").read_text()
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert values["DEBUG"] is False
    assert values["OPENSTACK_KEYSTONE_URL"] == "http://127.0.0.1:21001/v3"
    assert values["STATIC_ROOT"] == str(cloud.state.static)
    assert text.rstrip().endswith("ensemble_dashboard.activate()")


def test_clients_find_a_cloud_for_every_user_and_the_admin(cloud: Cloud) -> None:
    files.write_all(cloud)
    config = openstack.config.OpenStackConfig(
        config_files=[str(cloud.state.clouds_yaml)], load_envvars=False
    )
    assert config.get_cloud_names() == ["demo", "demo2", "reader", "admin"]
    auth = config.get_one("demo2").config["auth"]
    assert (auth["username"], auth["project_name"]) == ("demo2", "demo2")
    assert auth["auth_url"] == "http://127.0.0.1:21001/v3"


def test_secrets_are_readable_by_their_owner_only(cloud: Cloud) -> None:
    files.write_all(cloud)
    written = [p for p in cloud.state.root.rglob("*") if p.is_file()]
    assert {oct(path.stat().st_mode & 0o077) for path in written} == {oct(0)}


def test_keys_outlive_a_second_start(cloud: Cloud) -> None:
    files.write_all(cloud)
    before = (cloud.state.data / "fernet/1").read_text()
    files.write_all(cloud)
    assert (cloud.state.data / "fernet/1").read_text() == before


def test_an_ini_value_keeps_its_dollar_sign() -> None:
    assert ini.render({"a": {"b": "p$1", "c": True, "d": 2}}) == "[a]\nb = p$$1\nc = true\nd = 2\n"


def test_in_the_full_profile_every_process_of_nova_has_its_own_log_host_and_cell(
    tmp_path: Path,
) -> None:
    state = StateDirectory.at(tmp_path / "state")
    state.create()
    shape = shape_file.load(shape_file.default_path(Profile.FULL))[0]
    identity = Identity.generate(state.root, {}, Profile.FULL)
    cloud = Cloud(state, Ports(21000, FULL_SERVICES), shape, identity)
    files.write_all(cloud)
    read = {}
    for process in nova_cells.processes(cloud):
        read[process.name] = parser()
        names = nova_cells.config_files(cloud, process)
        assert read[process.name].read(names) == [str(name) for name in names]
    logs = {each["DEFAULT"]["log_file"] for each in read.values()}
    assert logs == {str(state.log(name)) for name in read}
    assert len(read) == 3 + 2 + len(shape.hosts)
    where = {
        name: (
            each["DEFAULT"]["transport_url"].rpartition("/")[2],
            each["database"]["connection"].partition("?")[0].rpartition("/")[2],
        )
        for name, each in read.items()
    }
    assert where["nova-super-conductor"] == where["nova-scheduler-2"] == ("", "nova_cell0")
    assert where["nova-conductor-cell2"] == ("cell2", "nova_cell2")
    assert where["nova-compute-r1-h1"] == ("cell1", "nova_cell1")
    assert where["nova-compute-r4-h2"] == ("cell2", "nova_cell2")
    own = Path(read["nova-compute-r4-h2"]["DEFAULT"]["state_path"])
    assert (own / "compute_id").read_text() == node_uuid("r4-h2")


def test_what_an_operator_has_edited_of_a_nova_of_their_own_stays(tmp_path: Path) -> None:
    state = StateDirectory.at(tmp_path / "state")
    state.create()
    cloud = Cloud(
        state,
        Ports(21000, FULL_SERVICES),
        shape_file.load(shape_file.default_path(Profile.FULL))[0],
        Identity.generate(state.root, {}, Profile.FULL),
        nova_environment=tmp_path / "nova",
    )
    files.write_all(cloud)
    for name in ("nova.conf", "api-paste.ini", "policy.yaml"):
        text = (state.etc / "nova" / name).read_text()
        assert "ensembles" not in text, name
        (state.etc / "nova" / name).write_text("edited")
    files.write_all(cloud)
    for name in ("nova.conf", "api-paste.ini", "policy.yaml"):
        assert (state.etc / "nova" / name).read_text() == "edited"
