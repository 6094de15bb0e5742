# SPDX-License-Identifier: Apache-2.0
"""What an older release wrote as sentences is read as messages, on every database."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from database_0004 import OldMember, insert
from test_store import record

from ensemble_api import views
from ensemble_api.planning.message import LEGACY, legacy_text
from ensemble_api.store import characters, migration
from ensemble_api.store.api import Store

EVERY_DATABASE = True
SAID = 'Nova refused web-0: "no host" \U0001f600'
TIER = {"name": "web", "count": 2, "server": {}}
MISSED = "at most 1 of web in a rack: 1 too many"


def test_sentences_of_an_older_release_are_shown_as_they_are(
    new_database: Callable[[], Store],
) -> None:
    store = new_database()
    migration.upgrade(store.engine, "0004")
    characters.convert(store.engine)
    new = record("shop")
    plan = {"objectives": [], "violations": [{"policy": 0, "level": "rack", "message": MISSED}]}
    row: dict[str, Any] = {
        "id": new.id,
        "project_id": new.project_id,
        "user_id": new.user_id,
        "name": new.name,
        "status": "ROLLING_BACK",
        "body": json.dumps({**new.body, "tiers": [TIER]}),
        "plan": json.dumps(plan),
        "exclusive": False,
        "fault": json.dumps({"message": SAID, "reasons": []}),
        "blocked": "The server of web-0 is locked.",
        "created_at": "2026-11-22 10:00:00",
        "updated_at": "2026-11-22 10:00:00",
    }
    untouched = {**row, "id": new.id[::-1], "fault": None, "blocked": None}
    with store.engine.begin() as connection:
        for each in (row, untouched):
            names = ", ".join(each)
            values = ", ".join(f":{name}" for name in each)
            connection.execute(sa.text(f"INSERT INTO ensembles ({names}) VALUES ({values})"), each)
        for number in range(1200):
            connection.execute(
                sa.text(
                    "INSERT INTO events (ensemble_id, at, type, message)"
                    " VALUES (:id, '2026-11-22 10:00:00', 'BUILDING', :message)"
                ),
                {"id": new.id, "message": f"{SAID} {number}"},
            )
    members = [
        OldMember(number, ("az1", f"r{number}", f"h{number}"), str(uuid.uuid4()))
        for number in range(2)
    ]
    insert(store.engine, "members", [each.row(new.id) for each in members])
    store.upgrade()

    found = store.get(new.id)
    assert (found.fault, found.blocked) == (
        legacy_text(SAID),
        legacy_text("The server of web-0 is locked."),
    )
    assert [str(each["message"]) for each in found.events] == [
        f"{SAID} {number}" for number in range(1100, 1200)
    ]
    shown = views.translated(
        views.ensemble(found, zone_level="zone", names=True, detail=True), "de"
    )
    assert shown["fault"]["message"] == f"{SAID} The server of web-0 is locked."
    assert (shown["fault"]["code"], shown["events"][0]["code"]) == (LEGACY, LEGACY)
    assert [each["message"] for each in shown["violations"]] == [MISSED]
    other = store.get(untouched["id"])
    assert (other.fault, other.blocked) == (None, None)
    store.remove(new.id)
    store.remove(other.id)
