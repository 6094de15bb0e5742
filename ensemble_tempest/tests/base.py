# SPDX-License-Identifier: Apache-2.0
"""What the tests share: who asks, what they build, and that nothing of it is left."""

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from tempest import config, test
from tempest.lib import exceptions
from tempest.lib.common.utils import data_utils

from ensemble_tempest.services import EnsemblesClient

CONF = config.CONF

ERRORS: Mapping[int, type[Exception]] = {
    400: exceptions.BadRequest,
    403: exceptions.Forbidden,
    404: exceptions.NotFound,
    409: exceptions.Conflict,
    412: exceptions.PreconditionFailed,
}


class EnsembleTest(test.BaseTestCase):
    """A test with a member of one project, of another one, and an administrator."""

    credentials: ClassVar[list[str]] = ["primary", "alt", "admin"]
    ensembles: ClassVar[EnsemblesClient]
    of_another_project: ClassVar[EnsemblesClient]
    of_the_operator: ClassVar[EnsemblesClient]

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where there are no ensembles."""
        super().skip_checks()
        if not CONF.service_available.ensemble:
            raise cls.skipException("[service_available] ensemble is false")

    @classmethod
    def setup_credentials(cls) -> None:
        """Get users without networks of their own."""
        cls.set_network_resources()
        super().setup_credentials()

    @classmethod
    def setup_clients(cls) -> None:
        """Give each user a client."""
        super().setup_clients()
        cls.ensembles = cls.os_primary.ensemble_v1.EnsemblesClient()
        cls.of_another_project = cls.os_alt.ensemble_v1.EnsemblesClient()
        cls.of_the_operator = cls.os_admin.ensemble_v1.EnsemblesClient()

    @staticmethod
    def tier(name: str, count: int, **server: Any) -> dict[str, Any]:
        """Describe a tier of the flavor and the image of [compute]."""
        template = {
            "flavor": CONF.compute.flavor_ref,
            "image": CONF.compute.image_ref,
            "networks": [CONF.ensemble.network] if CONF.ensemble.network else "none",
        }
        return {"name": name, "count": count, "server": template | server}

    @staticmethod
    def body(*tiers: Mapping[str, Any], policies: Any = (), **more: Any) -> dict[str, Any]:
        """Describe an ensemble with a name of its own."""
        name = data_utils.rand_name(prefix=CONF.resource_name_prefix, name="ensemble")
        return {"name": name, "tiers": [*tiers], "policies": [*policies], **more}

    def create(self, body: Mapping[str, Any], **more: Any) -> Any:
        """Begin to build an ensemble, which is removed after the test."""
        made = self.ensembles.create(body, **more)
        self.addCleanup(self.remove, made["id"])
        return made

    def build(self, body: Mapping[str, Any]) -> Any:
        """Build an ensemble to its end."""
        built = self.ensembles.wait_settled(self.create(body)["id"])
        self.assertEqual("ACTIVE", built["status"], built["fault"])
        return built

    def remove(self, ensemble_id: str) -> None:
        """Remove an ensemble, if it is there, and wait until it is gone."""
        try:
            self.ensembles.delete(ensemble_id)
        except exceptions.NotFound:
            return
        self.ensembles.wait_gone(ensemble_id)

    def refusal(self, status: int, ask: Callable[..., Any], *args: Any, **how: Any) -> Any:
        """Ask for what is refused with this status, and give the details of the error."""
        error = self.assertRaises(ERRORS[status], ask, *args, **how)
        found = error.resp_body
        found = json.loads(found) if isinstance(found, str) else found
        if "details" not in found:  # of some statuses Tempest gives all that was answered
            (found,) = found.values()
        return found["details"]


def anti_affinity(tier: str, level: str = "host") -> dict[str, Any]:
    """Describe that no two members share a domain."""
    return {"type": "anti-affinity", "level": level, "tiers": [tier]}
