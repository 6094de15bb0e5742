# SPDX-License-Identifier: Apache-2.0
"""Writing every configuration file, key and directory the services expect."""

from collections.abc import Iterator
from pathlib import Path

import yaml
from cryptography.fernet import Fernet

from ensemble_cloud import clouds_yaml
from ensemble_cloud.config import (
    cinder,
    dashboard,
    ensembles,
    glance,
    heat,
    ini,
    keystone,
    neutron,
    nova,
    nova_cells,
    placement,
)
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.node import node_uuid
from ensemble_cloud.profile import Profile
from ensemble_cloud.state import write_private

_DATA = (
    "cinder/lock",
    "glance/images",
    "glance/lock",
    "glance/staging",
    "glance/tasks",
    "neutron/lock",
    "nova/instances",
    "nova/lock",
    "sessions",
)


def write_all(cloud: Cloud) -> None:
    """Write all files of the cloud: some anew, the keys only when they are not there."""
    for name in _DATA:
        (cloud.state.data / name).mkdir(parents=True, exist_ok=True)
    for repository in ("fernet", "credential"):
        _write_keys(cloud.state.data / repository)
    for path, text in _texts(cloud):
        if cloud.nova_environment and path.parent == cloud.state.etc / "nova" and path.exists():
            continue  # by now it is the operator's, who may have edited it
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, text)


def _texts(cloud: Cloud) -> Iterator[tuple[Path, str]]:
    etc = cloud.state.etc
    yield etc / "keystone/keystone.conf", ini.render(keystone.sections(cloud))
    yield etc / "placement/placement.conf", ini.render(placement.sections(cloud))
    yield etc / "glance/glance-api.conf", ini.render(glance.sections(cloud))
    yield etc / "neutron/neutron.conf", ini.render(neutron.sections(cloud))
    if cloud.volumes:
        yield etc / "cinder/cinder.conf", ini.render(cinder.sections(cloud))
    if cloud.stacks:
        yield etc / "heat/heat.conf", ini.render(heat.sections(cloud))
        yield etc / "heat/schema.conf", ini.render(heat.schema_sections(cloud))
    yield from _nova(cloud)
    yield etc / "nova/api-paste.ini", nova.paste_text(cloud)
    yield etc / "nova/policy.yaml", nova.policy_text(cloud)
    if cloud.stands_alone:
        yield etc / "ensembles/ensembles.conf", ini.render(ensembles.sections(cloud))
    yield etc / "dashboard/local/__init__.py", ""
    yield etc / "dashboard/local/local_settings.py", dashboard.settings_text(cloud)
    content = clouds_yaml.content(cloud.shape, cloud.auth_url)
    yield cloud.state.clouds_yaml, yaml.safe_dump(content, sort_keys=False)


def _nova(cloud: Cloud) -> Iterator[tuple[Path, str]]:
    etc = cloud.state.etc / "nova"
    # Nova otherwise makes up the identity of a node, which must stay the same.
    if cloud.profile is Profile.COMPACT:
        yield etc / "nova.conf", ini.render(nova.sections(cloud))
        yield cloud.state.data / "nova/compute_id", cloud.identity.compute_id
        return
    yield etc / "nova.conf", ini.render(nova_cells.sections(cloud))
    for name, sections in nova_cells.texts(cloud):
        yield etc / name, ini.render(sections)
    for host in cloud.shape.hosts:
        directory = nova_cells.compute_directory(cloud, host.name)
        yield directory / "compute_id", node_uuid(host.name)


def _write_keys(repository: Path) -> None:
    """Make a Fernet key repository as keystone-manage does, with less ado."""
    repository.mkdir(mode=0o700, exist_ok=True)
    for index in ("0", "1"):
        path = repository / index
        if not path.exists():
            write_private(path, Fernet.generate_key().decode())
