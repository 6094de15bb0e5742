# SPDX-License-Identifier: Apache-2.0
"""A service as an ensemble: built for the drill, or one that runs already."""

from collections.abc import Mapping
from typing import Any

from novaclient import exceptions

from ensemble_drill.cloud import CloudError, Operator, Tenant
from ensemble_drill.methods import Json, wait
from ensemble_drill.service import Domain, Loss, Placement, Service

_BUILD_SECONDS = 900
_FAILED = ("ERROR",)


class Ensemble:
    """All tiers at once, planned as a whole."""

    name = "ensemble"
    title = "Ensemble"
    how = "One request for all tiers with the policies of the file, planned as a whole."

    def __init__(
        self, tenant: Tenant, operator: Operator, service: Service, body: Json, prefix: str
    ) -> None:
        self._tenant = tenant
        self._operator = operator
        self._service = service
        self._body = body | {"name": f"{prefix}-{self.name}"}
        self._id = ""
        self._answer: tuple[str, list[tuple[str, Any]]] = "", []

    @property
    def repairs(self) -> bool:
        """Whether the ensemble is to be repaired by itself."""
        return bool((self._body.get("recovery") or {}).get("mode") == "auto")

    def build(self) -> dict[str, str]:
        """Create it, and wait until it is ACTIVE."""
        try:
            self._id = self._tenant.ensembles.create(self._body).id
        except exceptions.ClientException as error:
            raise CloudError(f"the ensemble is refused: {error}") from error
        return wait("the ensemble is built", self._built, _BUILD_SECONDS)

    def _built(self) -> dict[str, str] | None:
        found = self._tenant.ensembles.get(self._id)
        if found.status in _FAILED:
            raise CloudError(f"the ensemble cannot be built: {(found.fault or {}).get('message')}")
        return _servers(found) if found.status == "ACTIVE" else None

    def remove(self) -> None:
        """Delete it, and wait until it is gone."""
        if self._id:
            self._tenant.ensembles.delete(self._id)
            wait("the ensemble is gone", self._is_gone, _BUILD_SECONDS)

    def _is_gone(self) -> bool:
        try:
            self._tenant.ensembles.get(self._id)
        except exceptions.NotFound:
            return True
        return False

    def status(self) -> str:
        """Give the ensemble's status, with its operation if one is under way."""
        found = self._tenant.ensembles.get(self._id)
        operation = getattr(found, "operation", None) or {}
        under_way = f", {operation['type']} under way" if operation else ""
        return f"{found.status}{under_way}"

    def predicted(self, level: str) -> dict[str, Loss]:
        """Ask the cloud what the failure of each domain of a level would take, by its name."""
        self._answer = level, self._drilled(level)
        return {name: self._service.without(failure["lost"]) for name, failure in self._answer[1]}

    def predicted_places(self, domain: Domain) -> Placement | None:
        """Tell where the members would go that the failure of a domain takes; None for nowhere.

        It was told with what would be lost.
        """
        level, failures = self._answer
        if level != domain.level:
            raise ValueError(f"nothing was predicted of a {domain.level}")
        for name, failure in failures:
            if name == domain.name:
                repair = failure["repair"]
                if not repair["fits"]:
                    return None
                return {each["member"]: each["host"] for each in repair["moves"]}
        return {}

    def _drilled(self, level: str) -> list[tuple[str, Any]]:
        """Each failure by the name that operators have for its domain."""
        found = self._operator.ensembles.drill(self._id, level)
        domains = {each["ref"]: each for each in found["domains"]}
        return [(self._named(each["domains"][0], domains), each) for each in found["failures"]]

    def _named(self, ref: str, domains: Mapping[str, Any]) -> str:
        path, above = list[str](), domains.get(ref)
        while above is not None:
            path.append(above.get("name") or above["label"])
            above = domains.get(above["parent"])
        return self._operator.called(tuple(path))


class Existing(Ensemble):
    """An ensemble that runs already: nothing is built, and nothing removed."""

    how = "It ran before the drill, which built nothing and removes nothing."

    def __init__(
        self, tenant: Tenant, operator: Operator, service: Service, body: Json, prefix: str
    ) -> None:
        super().__init__(tenant, operator, service, body, prefix)
        self._id = body["id"]

    def build(self) -> dict[str, str]:
        """Look where it is; it must be ACTIVE."""
        found = self._tenant.ensembles.get(self._id)
        if found.status != "ACTIVE":
            raise CloudError(f"the ensemble is {found.status}; only one that is ACTIVE is drilled")
        return _servers(found)

    def remove(self) -> None:
        """Leave it as it is."""


def described(tenant: Tenant, name: str) -> Json:
    """Give the description of an ensemble that runs, by name or id. Raises CloudError."""
    found = _found(tenant, name)
    return {
        "id": found.id,
        "tiers": [
            {
                "name": tier["name"],
                "server": tier.get("server", {}),
                "members": [each["name"] for each in found.members if each["tier"] == tier["name"]],
            }
            for tier in found.tiers
        ],
        "recovery": getattr(found, "recovery", None),
    }


def _found(tenant: Tenant, name: str) -> Any:
    there = list(tenant.ensembles.list())
    same = [each for each in there if each.id == name] or [
        each for each in there if each.name == name
    ]
    if len(same) > 1:
        raise CloudError(f"{len(same)} ensembles are named {name!r}; give the id of one")
    if not same:
        raise CloudError(f"there is no ensemble {name!r} in the project of cloud {tenant.name!r}")
    return tenant.ensembles.get(same[0].id)


def _servers(found: Any) -> dict[str, str]:
    return {each["name"]: each["server_id"] for each in found.members}
