# SPDX-License-Identifier: Apache-2.0
"""What every configuration file is made from, and the sections they share."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_cloud.config.ini import Value
from ensemble_cloud.full import mariadb
from ensemble_cloud.ports import Ports
from ensemble_cloud.profile import Mount, Profile
from ensemble_cloud.shape import Shape
from ensemble_cloud.state import Identity, StateDirectory

REGION = "RegionOne"
# What the services say at these levels without there being anything wrong or anything to do.
_QUIET = {
    "cinder.quota": "ERROR",  # its default quotas are of a kind that is to go
    "keystonemiddleware.auth_token": "ERROR",  # advises memcached
    "neutron.api.extensions": "CRITICAL",  # misses the plugins of extensions nobody asked for
    "neutron.pecan_wsgi.controllers.root": "ERROR",  # Nova asks for floating IPs
    "neutron.quota.resource_registry": "ERROR",
    "neutronclient": "ERROR",  # Nova still uses it
    "oslo_policy": "ERROR",
    "requests": "WARNING",
    "sqlalchemy": "WARNING",
    "stevedore": "CRITICAL",  # misses optional cache drivers
    "urllib3": "ERROR",
    "waitress.queue": "ERROR",  # Placement has one thread, so requests queue
}
SELECTOR = "disk"  # the key of aggregates' metadata by which tenants may choose hosts
SERVICE_PROJECT = "service"


@dataclass(frozen=True, slots=True)
class Cloud:
    """One embedded cloud: where it lives, its ports, its shape, its secrets and its profile.

    ``volumes`` says whether it has Cinder, ``stacks`` whether it has Heat, ``mount`` where its
    ensembles are. With a ``nova_environment`` nova-api and nova-scheduler run from that one, as an
    operator has installed them, and nothing is configured for ensembles.
    """

    state: StateDirectory
    ports: Ports
    shape: Shape
    identity: Identity
    volumes: bool = False
    stacks: bool = False
    nova_environment: Path | None = None
    mount: Mount = Mount.NOVA_API

    @property
    def profile(self) -> Profile:
        """How much of a real cloud it has."""
        return Profile(self.identity.profile)

    @property
    def stands_alone(self) -> bool:
        """Whether ensembles are a service of their own."""
        return self.mount is Mount.SERVICE

    def database_url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        if self.profile is Profile.FULL:
            return mariadb.url_of(self.state, name)
        return f"sqlite:///{self.state.database(name)}?plugin=ensemblecloud&timeout=60"

    @property
    def added(self) -> tuple[str, ...]:
        """The services that it has because somebody has asked for them."""
        asked = {"cinder": self.volumes, "heat": self.stacks, "ensembles": self.stands_alone}
        return tuple(name for name, wanted in asked.items() if wanted)

    @property
    def auth_url(self) -> str:
        """Keystone's URL with its version."""
        return f"{self.ports.url('keystone')}/v3"

    def database(self, name: str, *, pool: int = 10) -> dict[str, Value]:
        """Return the options that connect to a database with up to pool idle connections."""
        return {
            "connection": self.database_url(name),
            "max_pool_size": pool,
            "max_overflow": 10 * pool,
            "connection_recycle_time": -1,
        }

    def credentials(self, user: str) -> dict[str, Value]:
        """Return the options with which a service authenticates as a service user."""
        return {
            "auth_type": "password",
            "auth_url": self.auth_url,
            "username": user,
            "password": self.identity.service_password,
            "project_name": SERVICE_PROJECT,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "region_name": REGION,
        }

    def token_checks(self, user: str) -> dict[str, Value]:
        """Return the options of keystonemiddleware's auth_token."""
        return {
            **self.credentials(user),
            "www_authenticate_uri": self.ports.url("keystone"),
            "service_token_roles": "service",
            "service_token_roles_required": True,
        }

    def logging(self, name: str) -> dict[str, Value]:
        """Return the options that write a service's log."""
        levels = ",".join(f"{logger}={level}" for logger, level in _QUIET.items())
        return {"log_file": str(self.state.log(name)), "default_log_levels": levels}
