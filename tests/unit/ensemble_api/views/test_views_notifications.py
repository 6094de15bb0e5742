# SPDX-License-Identifier: Apache-2.0
"""The samples of notifications are what is sent, go with the schema, and none is missing.

``ENSEMBLES_UPDATE_DOCS=1`` writes them anew.
"""

import json
import os
from pathlib import Path

import jsonschema
import pytest

from ensemble_api import occurrences, views
from ensemble_api.execution import engine  # whose sentence is in samples
from ensemble_api.occurrences import WORDS, Facts, Occurrence
from ensemble_api.operations import Goal, Operation, OperationStatus, OperationType, Requester
from ensemble_api.planning.message import Message

assert engine

DOC = Path(__file__).parents[4] / "doc/notifications"
SAMPLES = DOC / "samples"
SCHEMA = json.loads((DOC / "schema.json").read_text())
REQUEST = "req-5f2c1a70-8f0e-4f0c-9a63-0d9f5f0a4b11"

_WHY = Message("event.no-other-host", (("member", "web-2"),))
_BROKEN = Message("degraded.cut-off", (("members", "web-2"), ("count", 1)))
_STATUSES = {
    "start": OperationStatus.RUNNING,
    "end": OperationStatus.SUCCEEDED,
    "error": OperationStatus.FAILED,
    "cancel": OperationStatus.CANCELLED,
}


def sample(event: str) -> Occurrence:
    """An occurrence of an event, as it might be."""
    word, _, phase = event.partition(".")
    types = {word: kind for kind, word in WORDS.items()}
    operation = _operation(types[word], _STATUSES[phase]) if word in types else None
    lost = event == occurrences.PROMISE_LOST
    return Occurrence(
        event, _facts(_status(event, operation)), operation, (_BROKEN,) if lost else ()
    )


def _status(event: str, operation: Operation | None) -> str:
    if event == occurrences.PROMISE_LOST:
        return "DEGRADED"
    if operation is not None and operation.type is OperationType.DELETE:
        return "DELETING"
    if operation is None or operation.type is not OperationType.CREATE:
        return "ACTIVE"
    statuses = {OperationStatus.RUNNING: "BUILDING", OperationStatus.SUCCEEDED: "ACTIVE"}
    statuses |= {OperationStatus.FAILED: "ERROR", OperationStatus.CANCELLED: "DELETING"}
    return statuses[operation.status]


def _facts(status: str) -> Facts:
    return Facts(
        "c3f6f5a5-9f0d-4a4e-8a6e-7b6c1a2d3e4f",
        "shop",
        "6f70656e737461636b20939349102db0",
        "0b6d7c1e5a0f4c4a9f0a1b2c3d4e5f60",
        status,
        2,
        "2026-11-28T10:00:00Z",
        "2026-11-28T12:03:41Z",
    )


def _operation(kind: OperationType, status: OperationStatus) -> Operation:
    host = None if kind is OperationType.DELETE else "compute1"
    goals = tuple(Goal(f"member-{number}", f"web-{number}", host) for number in range(3))
    return Operation(
        "9d0c5b7e-2a67-4a8e-9c43-3f2e1d0c9b8a",
        kind,
        status,
        Requester("0b6d7c1e5a0f4c4a9f0a1b2c3d4e5f60", request_id=REQUEST),
        goals,
        reason=_WHY if status is OperationStatus.FAILED else None,
        started_at="2026-11-28T12:03:10Z",
        ended_at="2026-11-28T12:03:41Z" if status.ended else "",
    )


@pytest.mark.parametrize("event", occurrences.EVENTS)
def test_the_sample_of_an_event_is_what_is_sent(event: str) -> None:
    told = sample(event)
    sent = {
        "publisher_id": "ensembles:controller",
        "event_type": views.event_type(told),
        "priority": "ERROR" if event.endswith(".error") else "INFO",
        "payload": views.notification(told),
    }
    path = SAMPLES / f"{event.replace('.', '-')}.json"
    if os.environ.get("ENSEMBLES_UPDATE_DOCS"):
        path.write_text(json.dumps(sent, indent=2) + "\n")
    assert json.loads(path.read_text()) == sent
    jsonschema.validate(sent["payload"], SCHEMA)


def test_there_are_samples_of_what_is_notified_and_no_others() -> None:
    names = {path.stem for path in SAMPLES.glob("*.json")}
    assert names == {each.replace(".", "-") for each in occurrences.EVENTS}


def test_the_documentation_names_each_field_and_each_event() -> None:
    text = (DOC / "README.md").read_text()
    for name in ("EnsemblePayload", "OperationPayload"):
        data = SCHEMA["$defs"][name]["properties"]["ensemble_object.data"]
        assert set(data["required"]) == set(data["properties"])
        for field in data["properties"]:
            assert f"`{field}`" in text, field
    for event in occurrences.EVENTS:
        known = f"`ensemble.{event}`" in text
        ended = event.rpartition(".")[2] in ("end", "error", "cancel")
        assert known or ended, event
    for phase in ("end", "error", "cancel"):
        assert f"`ensemble.*.{phase}`" in text


def test_the_schema_refuses_what_is_not_documented() -> None:
    payload = views.notification(sample("create.start"))
    payload["ensemble_object.data"]["host"] = "compute1"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(payload, SCHEMA)


def test_nothing_but_an_event_occurs() -> None:
    with pytest.raises(ValueError, match=r"event: create\.begin is none"):
        Occurrence("create.begin", _facts("ACTIVE"))
