# SPDX-License-Identifier: Apache-2.0
"""A real Placement on SQLite, served on loopback by one thread of this process."""

import contextlib
import socket
import sqlite3
import threading
import uuid
from pathlib import Path
from typing import Any

from keystoneauth1 import adapter, session, token_endpoint

_OF_PROVIDERS = (
    "allocations",
    "consumers",
    "inventories",
    "resource_provider_aggregates",
    "resource_provider_traits",
    "resource_providers",
)


class PlacementService:
    """Placement behind a socket of its own; one in a process, since its database is global to it.

    One thread serves it: with more, a read waits behind its own writer on SQLite.
    """

    def __init__(self, directory: Path) -> None:
        import waitress
        from oslo_config import cfg
        from placement import conf, deploy
        from placement import db_api as placement_db

        config = cfg.ConfigOpts()
        conf.register_opts(config)
        self._path = directory / "p.sqlite"
        config.set_override("connection", f"sqlite:///{self._path}", "placement_database")
        config.set_override("sqlite_synchronous", False, "placement_database")
        config.set_override("sync_on_startup", True, "placement_database")
        config.set_override("auth_strategy", "noauth2", "api")
        config([], project="placement", default_config_files=[])
        placement_db.configure(config)
        application = deploy.loadapp(config)
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = waitress.create_server(application, sockets=[listener], threads=1)
        threading.Thread(target=self._serve, name="placement", daemon=True).start()
        self.client = self.adapter()

    def adapter(self) -> Any:
        """A keystoneauth adapter such as ``ensemble_api.cloud.session`` makes."""
        return adapter.Adapter(
            session.Session(auth=token_endpoint.Token(self.url, "admin")),
            service_type="placement",
            default_microversion="1.38",
            raise_exc=False,
        )

    def empty(self) -> None:
        """Forget all providers and consumers; what Placement itself keeps in memory stays."""
        with contextlib.closing(sqlite3.connect(self._path, timeout=60)) as database, database:
            for table in _OF_PROVIDERS:
                database.execute(f"DELETE FROM {table}")

    def stop(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # its socket is closed under it at the end
            self._server.run()

    # What tests arrange and look at.

    def add_provider(self, name: str, *traits: str, **inventory: int) -> str:
        """A resource provider with its inventory, such as ``VCPU=8``; gives its UUID."""
        provider = str(uuid.uuid4())
        unique = f"{name}-{provider[:8]}"
        answer = self.client.post(
            "/resource_providers", json={"name": unique, "uuid": provider}
        ).json()
        self._put(
            f"/resource_providers/{provider}/inventories",
            resource_provider_generation=answer["generation"],
            inventories={key: {"total": total} for key, total in inventory.items()},
        )
        if traits:
            self.set_traits(provider, *traits)
        return provider

    def put_below(self, provider: str, parent: str) -> None:
        """Make a provider the child of another, as Nova does for a card of a host."""
        path = f"/resource_providers/{provider}"
        name = self.client.get(path).json()["name"]
        self._put(path, name=name, parent_provider_uuid=parent)

    def set_traits(self, provider: str, *traits: str) -> None:
        for trait in traits:
            self.client.put(f"/traits/{trait}")
        self._put(
            f"/resource_providers/{provider}/traits",
            resource_provider_generation=self._generation(provider),
            traits=list(traits),
        )

    def set_inventory(self, provider: str, resource: str, total: int, **more: Any) -> None:
        self._put(
            f"/resource_providers/{provider}/inventories/{resource}",
            resource_provider_generation=self._generation(provider),
            total=total,
            **more,
        )

    def add_inventory(self, provider: str, resource: str, total: int) -> None:
        """Give a provider a resource class that it did not have."""
        answer = self.client.post(
            f"/resource_providers/{provider}/inventories",
            json={
                "resource_provider_generation": self._generation(provider),
                "resource_class": resource,
                "total": total,
            },
        )
        assert answer.status_code == 201, answer.text

    def used(self, provider: str) -> dict[str, int]:
        """What is used of a provider, zeros left out."""
        usages = self.client.get(f"/resource_providers/{provider}/usages").json()["usages"]
        return {name: amount for name, amount in usages.items() if amount}

    def consumers(self, *providers: str) -> set[str]:
        """All consumers (holds and servers) with an allocation on these providers."""
        found: set[str] = set()
        for provider in providers:
            path = f"/resource_providers/{provider}/allocations"
            found |= self.client.get(path).json()["allocations"].keys()
        return found

    def allocation(self, consumer: str) -> dict[str, Any]:
        return dict(self.client.get(f"/allocations/{consumer}").json())

    def claim(self, consumer: str, provider: str, **resources: int) -> bool:
        """Allocate as Nova would for a server; False when there is no room."""
        response = self.client.put(
            f"/allocations/{consumer}",
            json={
                "allocations": {provider: {"resources": resources}},
                "project_id": "background",
                "user_id": "background",
                "consumer_generation": None,
                "consumer_type": "INSTANCE",
            },
        )
        assert response.status_code in (204, 409), response.text
        return bool(response.status_code == 204)

    def claim_beside(self, consumer: str, provider: str, **resources: int) -> bool:
        """Allocate for a server beside what it has elsewhere, as Nova does to evacuate it."""
        shares = {**self._shares(consumer), provider: {"resources": resources}}
        return self._rewrite(consumer, shares)

    def claim_in_tree(self, consumer: str, root: str, query: str) -> bool:
        """Allocate as Nova does on a named host: one of its candidates, whichever comes last."""
        found = self.client.get(f"/allocation_candidates?{query}&in_tree={root}").json()
        if not found["allocation_requests"]:
            return False
        chosen = max(found["allocation_requests"], key=str)
        response = self.client.put(
            f"/allocations/{consumer}",
            json={
                "allocations": chosen["allocations"],
                "project_id": "background",
                "user_id": "background",
                "consumer_generation": None,
                "consumer_type": "INSTANCE",
            },
        )
        assert response.status_code in (204, 409), response.text
        return bool(response.status_code == 204)

    def share(self, provider: str, *with_providers: str) -> None:
        """Have a provider share what it has with others, by an aggregate."""
        aggregate = str(uuid.uuid4())
        self.set_traits(provider, "MISC_SHARES_VIA_AGGREGATE")
        for each in (provider, *with_providers):
            self._put(
                f"/resource_providers/{each}/aggregates",
                resource_provider_generation=self._generation(each),
                aggregates=[aggregate],
            )

    def release(self, consumer: str, provider: str | None = None) -> None:
        """Let go all that a consumer has, or what it has of one provider."""
        shares = self._shares(consumer)
        shares.pop(provider or "", None)
        if provider is None or not shares:
            self.client.delete(f"/allocations/{consumer}")
        else:
            assert self._rewrite(consumer, shares)

    def _shares(self, consumer: str) -> dict[str, Any]:
        found = self.allocation(consumer)["allocations"]
        return {key: {"resources": each["resources"]} for key, each in found.items()}

    def _rewrite(self, consumer: str, shares: dict[str, Any]) -> bool:
        known = self.allocation(consumer)
        kept = ("project_id", "user_id", "consumer_generation", "consumer_type")
        body = {"allocations": shares, **{key: known[key] for key in kept}}
        response = self.client.put(f"/allocations/{consumer}", json=body)
        assert response.status_code in (204, 409), response.text
        return bool(response.status_code == 204)

    def _generation(self, provider: str) -> int:
        return int(self.client.get(f"/resource_providers/{provider}").json()["generation"])

    def _put(self, path: str, **body: Any) -> None:
        response = self.client.put(path, json=body)
        assert response.status_code == 200, response.text
