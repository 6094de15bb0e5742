# SPDX-License-Identifier: Apache-2.0
"""Sentences as code and arguments; what was written before stays, under a code of its own."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MANY = 500  # rows that are read at a time


def upgrade() -> None:
    _convert("events", "id", "message", _message)
    _convert("ensembles", "id", "blocked", _message)
    _convert("ensembles", "id", "fault", lambda text: _message(json.loads(text)["message"]))
    _convert("ensembles", "id", "plan", _plan)


def _message(text: str) -> str:
    return json.dumps(_legacy(text), separators=(",", ":"), ensure_ascii=False)


def _legacy(text: str) -> dict[str, Any]:
    return {"code": "legacy-text", "arguments": {"text": text}}


def _plan(text: str) -> str:
    plan = json.loads(text)
    for each in plan.get("violations", ()):
        each["message"] = _legacy(each["message"])
    return json.dumps(plan, separators=(",", ":"))


def _convert(table: str, key: str, column: str, change: Callable[[str], str]) -> None:
    """Change a column of all rows that have a value, in the order of their keys."""
    rows = sa.table(table, sa.column(key), sa.column(column))
    connection = op.get_bind()
    last: Any = None
    while True:
        query = sa.select(rows.c[key], rows.c[column]).order_by(rows.c[key]).limit(MANY)
        found = connection.execute(query if last is None else query.where(rows.c[key] > last)).all()
        for number, value in found:
            if value is not None:
                connection.execute(
                    sa.update(rows).where(rows.c[key] == number).values({column: change(value)})
                )
        if len(found) < MANY:
            return
        last = found[-1][0]
