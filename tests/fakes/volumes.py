# SPDX-License-Identifier: Apache-2.0
"""In the place of ``cloud.volumes.Volumes``, which needs a Cinder."""

import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ensemble_api import exception

DELETABLE = ("available", "error")


class FakeVolumes:
    """Volumes that are available and bootable, unless a test says otherwise.

    One that is made is "creating" for ``looks`` looks; ``before`` is called before each write with
    what it does, and may raise. ``refuse`` has Cinder's answer to requests by the ends of names.
    """

    def __init__(self, **volumes: dict[str, Any]) -> None:
        facts = {"status": "available", "size": 5, "bootable": True}
        self.volumes: dict[str, dict[str, Any]] = {
            volume_id: {"id": volume_id, **facts, **each} for volume_id, each in volumes.items()
        }
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.types: set[str] = set()
        self.absolute: dict[str, int] = {}
        self.looks = 1
        self.refuse: dict[str, tuple[int, str]] = {}
        self.before: Callable[[str], None] = lambda what: None
        self.after: Callable[[str], None] = lambda what: None
        self.deleted: list[str] = []
        self._lock = threading.Lock()

    def volume(self, context: Any, volume_id: str) -> dict[str, Any] | None:
        found = self.volumes.get(volume_id)
        if found is None:
            return None
        if found["status"] == "creating":
            found["looks"] += 1
            if found["looks"] > self.looks:
                found["status"] = found["becomes"]
        return dict(found)

    def snapshot(self, context: Any, snapshot_id: str) -> dict[str, Any] | None:
        return self.snapshots.get(snapshot_id)

    def type(self, context: Any, name: str) -> dict[str, Any] | None:
        return {"name": name} if name in self.types else None

    def limits(self, context: Any) -> dict[str, int]:
        return self.absolute

    def create(
        self,
        context: Any,
        name: str,
        wanted: Mapping[str, Any],
        image_id: str | None,
        metadata: Mapping[str, str],
    ) -> str:
        self.before("create")
        for end, (status, message) in self.refuse.items():
            if name.endswith(end):
                raise exception.CloudError(status, message)
        volume_id = str(uuid.uuid4())
        with self._lock:
            self.volumes[volume_id] = {
                "id": volume_id,
                "name": name,
                "size": wanted["size"],
                "wanted": dict(wanted),
                "image": image_id,
                "metadata": dict(metadata),
                "project_id": context.project_id,
                "user_id": context.user_id,
                "bootable": True,
                "status": "creating",
                "becomes": "available",
                "looks": 0,
            }
        self.after("create")
        return volume_id

    def made_with(
        self, context: Any, project_id: str, metadata: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        return [
            dict(each)
            for each in self.volumes.values()
            if each.get("project_id") == project_id
            and metadata.items() <= each.get("metadata", {}).items()
        ]

    def delete(self, context: Any, volume_id: str) -> None:
        self.before("delete")
        found = self.volume(context, volume_id)
        if found is None:
            return
        if found["status"] not in DELETABLE:
            raise exception.CloudError(400, f"Invalid volume: its status is {found['status']}")
        del self.volumes[volume_id]
        self.deleted.append(volume_id)
