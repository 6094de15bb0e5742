# SPDX-License-Identifier: Apache-2.0
"""The identity of a simulated host's node."""

import uuid


def node_uuid(name: str) -> str:
    """Return the UUID of a host's node and resource provider: the same at every start."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.ensemble-cloud"))
