# SPDX-License-Identifier: Apache-2.0
"""Cinder, asked through Nova's own client: with the tenant's token, or for the worker with ours.

Nova internals used here: ``nova.volume.cinder``, its API with its exceptions and its client, so
that the ``[cinder]`` section of nova.conf holds for us too. Nova's own proxy API does not say what
a volume was made from.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cinderclient import exceptions as cinder_exceptions  # type: ignore[import-untyped]
from keystoneauth1 import exceptions as keystone_exceptions
from nova import exception as nova_exceptions
from nova.volume import cinder

from ensemble_api import exception
from ensemble_api.cloud.answers import NO_ANSWER
from ensemble_api.context import Context

LOG = logging.getLogger(__name__)

_NOT_THE_TENANTS = (
    nova_exceptions.NotFound,
    nova_exceptions.Forbidden,
    nova_exceptions.InvalidInput,
)
_NO_SUCH_SERVICE = (keystone_exceptions.CatalogException, cinder_exceptions.UnsupportedVersion)


_ENSEMBLE_KEY, _MEMBER_KEY = "ensemble", "ensemble-member"


def marks(ensemble_id: str, member_id: str | None = None) -> dict[str, str]:
    """The metadata of the volumes that are made for an ensemble, or for one member of it."""
    return {_ENSEMBLE_KEY: ensemble_id} | ({_MEMBER_KEY: member_id} if member_id else {})


def member_of(volume: Mapping[str, Any]) -> str | None:
    """The id of the member that a volume was made for, by its metadata."""
    found = volume.get("metadata", {}).get(_MEMBER_KEY)
    return None if found is None else str(found)


class Volumes:
    """Reads volumes as Nova does before it boots a server from one; makes and removes them.

    Without a token Cinder is not asked, and counts as one that does not answer: no volume is gone
    for that.
    """

    def __init__(self) -> None:
        self._cinder = cinder.API()

    def snapshot(self, context: Context, snapshot_id: str) -> dict[str, Any] | None:
        """A snapshot of a volume that this tenant may use: status, size in GB, volume_id.

        :raises ensemble_api.exception.Unavailable: when Cinder does not answer.
        """
        found = self._ask(lambda: _client(context).volume_snapshots.get(snapshot_id))
        return None if found is None else found.to_dict()

    def type(self, context: Context, name: str) -> dict[str, Any] | None:
        """A volume type that this tenant may use, by its name or id.

        :raises ensemble_api.exception.Unavailable: when Cinder does not answer.
        """
        types = self._ask(lambda: _client(context).volume_types.list())
        return next((each.to_dict() for each in types or () if name in (each.name, each.id)), None)

    def limits(self, context: Context) -> dict[str, int]:
        """The project's absolute limits of volumes and what it uses of them.

        :raises ensemble_api.exception.Unavailable: when Cinder does not answer.
        """
        found = self._ask(lambda: _client(context).limits.get())
        return {} if found is None else {each.name: each.value for each in found.absolute}

    def create(
        self,
        context: Context,
        name: str,
        wanted: Mapping[str, Any],
        image_id: str | None,
        metadata: Mapping[str, str],
    ) -> str:
        """Ask for a volume of the tenant's as a ``root_volume`` is described; give its id.

        :raises ensemble_api.exception.CloudError: with Cinder's words, when it refuses.
        :raises ensemble_api.exception.Unavailable: when Cinder does not answer.
        """
        with _told():
            made = _client(context).volumes.create(
                wanted["size"],
                name=name,
                volume_type=wanted.get("type"),
                imageRef=image_id,
                snapshot_id=wanted.get("snapshot"),
                metadata=dict(metadata),
            )
        return str(made.id)

    def made_with(
        self, context: Context, project_id: str, metadata: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        """The volumes of a project that have this metadata: id, status, user_id, metadata.

        ``context`` has a token of ours, which sees those of all projects.

        :raises ensemble_api.exception.Unavailable: when Cinder does not answer.
        """
        wanted = {"all_tenants": 1, "project_id": project_id, "metadata": dict(metadata)}
        found = self._ask(lambda: _client(context).volumes.list(search_opts=wanted))
        return [each.to_dict() for each in found or ()]

    def delete(self, context: Context, volume_id: str) -> None:
        """Ask for a volume's end; one that is gone or going is fine.

        :raises ensemble_api.exception.CloudError: with Cinder's words, when it refuses.
        :raises ensemble_api.exception.Unavailable: when Cinder does not answer.
        """
        with _told(), contextlib.suppress(cinder_exceptions.NotFound):
            _client(context).volumes.delete(volume_id)

    def _ask(self, question: Callable[[], Any]) -> Any:
        """What Cinder answers, None where that does not exist for this caller."""
        try:
            return question()
        except (cinder_exceptions.NotFound, cinder_exceptions.Forbidden, *_NO_SUCH_SERVICE):
            return None
        except (cinder_exceptions.ClientException, keystone_exceptions.ClientException) as error:
            LOG.warning("Cinder does not answer: %s", error)
            raise exception.Unavailable(NO_ANSWER(service="Cinder")) from error

    def volume(self, context: Context, volume_id: str) -> dict[str, Any] | None:
        """A volume that this tenant may use: status, size in GB, bootable, volume_image_metadata.

        None when there is none, be it for want of a volume service.

        :raises ensemble_api.exception.Unavailable: when Cinder does not answer.
        """
        _check_token(context)
        try:
            return dict(self._cinder.get(context, volume_id))
        except (*_NOT_THE_TENANTS, *_NO_SUCH_SERVICE):
            return None
        except (
            nova_exceptions.NovaException,
            cinder_exceptions.ClientException,
            keystone_exceptions.ClientException,
        ) as error:
            LOG.warning("Cinder does not answer: %s", error)
            raise exception.Unavailable(NO_ANSWER(service="Cinder")) from error


def _check_token(context: Context) -> None:
    """See that there is a token; of those without one, keystoneauth finds no Cinder.

    :raises ensemble_api.exception.Unavailable: when there is none.
    """
    if not context.auth_token:
        LOG.info("Cinder is not asked without a token of user %s", context.user_id)
        raise exception.Unavailable(NO_ANSWER(service="Cinder"))


def _client(context: Context) -> Any:
    _check_token(context)
    return cinder.cinderclient(context)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what Cinder's client raises into our own errors: Cinder's refusals with its words."""
    try:
        yield
    except cinder_exceptions.ClientException as error:
        if error.code and 400 <= error.code < 500:
            raise exception.CloudError(error.code, error.message or str(error)) from error
        LOG.warning("Cinder does not answer: %s", error)
        raise exception.Unavailable(NO_ANSWER(service="Cinder")) from error
    except keystone_exceptions.ClientException as error:
        LOG.warning("Cinder does not answer: %s", error)
        raise exception.Unavailable(NO_ANSWER(service="Cinder")) from error
