# SPDX-License-Identifier: Apache-2.0
"""Cinder, asked through Nova's own client, with the tenant's rights.

Nova internals used here: ``nova.volume.cinder.API`` with its exceptions, so that the ``[cinder]``
section of nova.conf holds for us too. Nova's own proxy API does not say what a volume was made
from.
"""

import logging
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


class Volumes:
    """Reads volumes as Nova does before it boots a server from one."""

    def __init__(self) -> None:
        self._cinder = cinder.API()

    def volume(self, context: Context, volume_id: str) -> dict[str, Any] | None:
        """A volume that this tenant may use: status, size in GB, bootable, volume_image_metadata.

        None when there is none, be it for want of a volume service.

        :raises ensemble_api.exception.Unavailable: when Cinder does not answer.
        """
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
