# SPDX-License-Identifier: Apache-2.0
"""Heat, asked which servers a stack has, in the name of whoever asks us and with their token."""

from typing import Any, Final
from urllib.parse import quote

from keystoneauth1 import exceptions
from keystoneauth1.access import service_catalog

from ensemble_api import exception
from ensemble_api.cloud.answers import NO_ANSWER, unavailable
from ensemble_api.context import Context

SERVICE: Final = "orchestration"
SERVER: Final = "OS::Nova::Server"
DEEPEST: Final = 100  # stacks in stacks; Heat gives as many levels as it allows
_NOT_THERE: Final = 404
_NOT_SHOWN: Final = (401, 403)
_PATHS: Final = ("", ".", "..")


class NoSuchStack(Exception):
    """Heat knows no such stack, or does not show it to the caller."""


class Stacks:
    """Reads stacks; ``keystone`` is an adapter of Keystone, whose catalog tells where Heat is."""

    def __init__(self, keystone: Any) -> None:
        self._keystone = keystone

    def servers(self, context: Context, stack: str) -> frozenset[str] | None:
        """The ids of the servers of a stack, and of the stacks in it; by its name or its id.

        None where the caller's catalog has no Heat.

        :raises NoSuchStack: when the caller has no stack of this name or id.
        :raises ensemble_api.exception.Unavailable: when Keystone or Heat does not answer, or with
            something else.
        """
        url = self._endpoint(context)
        if url is None:
            return None
        if stack in _PATHS:  # an address with such a part is another address
            raise NoSuchStack
        path = f"/stacks/{quote(stack, safe='')}/resources?nested_depth={DEEPEST}"
        answer = self._get("Heat", self._keystone.session, context, url.rstrip("/") + path)
        if answer.status_code in (_NOT_THERE, *_NOT_SHOWN):
            raise NoSuchStack
        if answer.status_code != 200:
            raise unavailable("Heat", answer)
        try:
            return frozenset(
                str(each["physical_resource_id"])
                for each in answer.json()["resources"]
                if each["resource_type"] == SERVER and each["physical_resource_id"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise unavailable("Heat", answer) from error

    def _endpoint(self, context: Context) -> str | None:
        """Where the caller finds Heat: the address has their project in it."""
        keystone = self._keystone
        answer = self._get("Keystone", keystone, context, "/auth/catalog")
        if answer.status_code != 200:
            raise unavailable("Keystone", answer)
        try:
            catalog = service_catalog.ServiceCatalogV3(answer.json()["catalog"])
        except (KeyError, TypeError, ValueError) as error:
            raise unavailable("Keystone", answer) from error
        found = catalog.get_endpoint_data_list(
            service_type=SERVICE,
            interface=keystone.interface or "public",
            region_name=keystone.region_name,
        )
        return str(found[0].url) if found else None

    @staticmethod
    def _get(service: str, client: Any, context: Context, path: str) -> Any:
        """Ask with the caller's token, whoever the client's own user is."""
        headers = {"X-Auth-Token": context.auth_token or "", "Accept": "application/json"}
        try:
            return client.get(path, headers=headers, authenticated=False, raise_exc=False)
        except exceptions.ClientException as error:
            raise exception.Unavailable(NO_ANSWER(service=service)) from error
