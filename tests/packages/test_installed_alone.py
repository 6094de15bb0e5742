# SPDX-License-Identifier: Apache-2.0
"""Each distribution does what it must where it is installed alone, and brings no other's."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packages.conftest import OURS, ROOT
from tests.packages.environment import Environment

sys.path.insert(0, str(ROOT / "tools"))
from version import version

Installed = Callable[[str], Environment]

# All entry points of a distribution, its commands' versions, and then all modules of packages: in
# one process, since each would begin with the same imports.
LOAD = """
import contextlib, importlib, json, pkgutil, sys
from importlib import metadata

distribution, *packages = sys.argv[1:]
mine = metadata.distribution(distribution).entry_points
for each in mine:
    found = each.load()
    if each.group == "console_scripts":
        sys.argv = [each.name, "--version"]
        with contextlib.suppress(SystemExit):
            found()
for name in packages:
    for each in pkgutil.walk_packages(importlib.import_module(name).__path__, name + "."):
        # which run when imported
        if not each.name.endswith((".__main__", ".migration.env", ".wsgi")):
            importlib.import_module(each.name)
print(json.dumps(sorted({each.group for each in mine})))
"""
# Others have modules that a service alone can import.
WHOLE = {
    "ensembles-api": ("ensemble_api",),
    "python-ensembleclient": ("ensemble_client", "ensemble_drill", "ensemble_yaml"),
}

GROUPS = {
    "ensembles-api": {
        *("console_scripts", "paste.filter_factory", "oslo.middleware.healthcheck"),
        *("oslo.config.opts", "oslo.policy.policies", "oslo.policy.enforcer"),
    },
    "python-ensembleclient": {
        *("console_scripts", "novaclient.extension"),
        *("openstack.cli.extension", "openstack.ensemble.v1"),
    },
    "ensembles-dashboard": set(),
    "ensembles-heat": {"heat.clients"},
    "ensembles-tempest-plugin": {"tempest.test_plugins"},
    "ensemble-cloud": {
        *("console_scripts", "neutron.ml2.mechanism_drivers"),
        *("oslo.messaging.drivers", "sqlalchemy.plugins"),
    },
}


COMMANDS = {
    "ensemble-engine": "ensembles-api",
    "ensemble-manage": "ensembles-api",
    "ensemble-status": "ensembles-api",
    "ensemble-drill": "python-ensembleclient",
    "ensemble-cloud": "ensemble-cloud",
}


@pytest.mark.parametrize("name", OURS)
def test_what_others_find_is_there_commands_say_their_version_and_nothing_is_missing(
    name: str, installed: Installed
) -> None:
    printed = installed(name).run("-c", LOAD, name, *WHOLE.get(name, ())).splitlines()
    assert set(json.loads(printed[-1])) == GROUPS[name]
    commands = [each for each in COMMANDS.values() if each == name]
    assert [line for line in printed if line == version()] == [version() for _ in commands]


@pytest.mark.parametrize("name", OURS)
def test_a_command_is_where_it_works_and_nowhere_else(name: str, installed: Installed) -> None:
    found = {each.name for each in (installed(name).root / "bin").glob("ensemble-*")}
    brought = {name, *OURS[name]}
    assert found == {command for command, owner in COMMANDS.items() if owner in brought}


def test_a_laptop_has_the_client_and_neither_nova_nor_django(installed: Installed) -> None:
    client = installed("python-ensembleclient")
    services = {"nova", "neutron", "keystone", "horizon", "django", "numpy", "sqlalchemy"}
    assert "python-openstackclient" in client.others
    assert not client.others & services
    shown = client.run("-m", "openstackclient.shell", "help", "ensemble")
    assert {"ensemble create", "ensemble plan", "ensemble host drain"} <= {
        line.strip() for line in shown.splitlines()
    }


def test_a_node_of_nova_api_has_all_but_the_embedded_cloud(installed: Installed) -> None:
    api = installed("ensembles-api")
    assert not api.others & {"neutron", "horizon", "django", "python-openstackclient"}
    [package] = api.root.glob("lib/python*/site-packages/ensemble_api")
    reader = package / "offline/yaml_reader.py"  # a link in the clone
    assert reader.is_file() and not reader.is_symlink()


def test_a_node_of_horizon_has_both_panels(installed: Installed, tmp_path: Path) -> None:
    dashboard = installed("ensembles-dashboard")
    assert not dashboard.others & {"nova", "neutron", "numpy", "sqlalchemy"}
    [package] = dashboard.root.glob("lib/python*/site-packages/ensemble_dashboard")
    assert sorted(each.name for each in package.glob("enabled/_[0-9]*.py")) == [
        "_1115_project_ensembles_panel.py",
        "_2145_admin_ensembles_panel.py",
    ]
    # Horizon reads a package "local", as the tests of the pages do.
    settings = ROOT / "tests/unit/ensemble_dashboard"
    shown = dashboard.run(
        "-c",
        "import django, importlib; django.setup()\n"
        "for panel in 'ensembles.panel.Ensembles', 'admin_ensembles.panel.Ensembles':\n"
        "    module, _, name = panel.rpartition('.')\n"
        "    it = importlib.import_module('ensemble_dashboard.content.' + module)\n"
        "    print(it.__name__, getattr(it, name).slug)\n"
        "from django.template.loader import get_template\n"
        "print(get_template('ensembles/draw.html').origin.name)",
        PYTHONPATH=str(settings),
        DJANGO_SETTINGS_MODULE="openstack_dashboard.settings",
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert "admin_ensembles.panel" in shown
    for kind in ("static/ensembles/**/*.js", "templates/**/*.html", "locale/**/*.mo"):
        assert list(package.glob(kind)), kind


def test_heat_finds_the_resource_where_the_package_says(installed: Installed) -> None:
    heat = installed("ensembles-heat")
    assert not heat.others & {"nova", "horizon", "django", "keystone"}
    shown = heat.run(
        "-c",
        "import ensemble_heat\n"
        "from oslo_service import backend\n"
        "backend.init_backend(backend.BackendType.THREADING)\n"
        "from heat.common import config\n"
        "from heat.engine import resources\n"
        "from oslo_config import cfg\n"
        "cfg.CONF([], project='heat', default_config_files=[])\n"
        "cfg.CONF.set_override('plugin_dirs', [ensemble_heat.PLUGINS])\n"
        "resources.initialise()\n"
        "print(resources.global_env().get_class('OS::Ensemble::Ensemble').__module__)",
    )
    assert shown.splitlines()[-1] == "ensemble_heat.ensemble"


SAMPLES = {
    "ensembles-api": {
        "api-paste.ini",
        "ensembles.conf.sample",
        "ensembles.json",
        "policy.yaml.sample",
    },
    "python-ensembleclient": {"three-tier.yaml", "drill-criteria.yaml"},
    "ensembles-heat": {"three-tier.hot.yaml"},
    "ensemble-cloud": {"shape.yaml", "shape-full.yaml"},
}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_installed(name: str, installed: Installed) -> None:
    found = {each.name for each in (installed(name).root / "share" / name).iterdir()}
    assert found >= SAMPLES[name]
