# SPDX-License-Identifier: Apache-2.0
"""What of ours is at a server beside the server itself, and is taken away when it is plain again.

It proves nothing, and so it may stay where Nova refuses to take it away, as in some statuses.
"""

import logging
from collections.abc import Iterable, Mapping

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context

LOG = logging.getLogger(__name__)


def remove_tags(compute: Compute, context: Context, server_id: str, tags: Iterable[str]) -> None:
    """Take these tags from a server.

    :raises ensemble_api.exception.CloudError: when Nova does not answer as it should.
    """
    for tag in tags:
        try:
            compute.remove_tag(context, server_id, tag)
        except exception.CloudError as error:
            _stays(server_id, f"the tag {tag}", error)


def remove_told(
    compute: Compute, context: Context, server_id: str, told: Mapping[str, str | None]
) -> None:
    """Take from a server's metadata what its guest was told of where it is.

    A key with another value is somebody else's, and is left; so is one with None in ``told``.

    :raises ensemble_api.exception.CloudError: when Nova does not answer as it should.
    """
    if not any(told.values()):
        return
    try:
        there = compute.metadata(context, server_id)
        for key, value in told.items():
            if value is not None and there.get(key) == value:
                compute.remove_metadata(context, server_id, key)
    except exception.CloudError as error:
        _stays(server_id, "what it was told in its metadata", error)


def _stays(server_id: str, what: str, error: exception.CloudError) -> None:
    if error.status not in (404, 409):
        raise error
    LOG.info("Server %s keeps %s: %s", server_id, what, error)
