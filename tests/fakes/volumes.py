# SPDX-License-Identifier: Apache-2.0
"""In the place of ``cloud.volumes.Volumes``, which needs a Cinder."""

from typing import Any


class FakeVolumes:
    """Volumes that are available and bootable, unless a test says otherwise."""

    def __init__(self, **volumes: dict[str, Any]) -> None:
        self._volumes = volumes

    def volume(self, context: Any, volume_id: str) -> dict[str, Any] | None:
        facts = {"status": "available", "size": 5, "bootable": True}
        return {**facts, **self._volumes[volume_id]} if volume_id in self._volumes else None
