# SPDX-License-Identifier: Apache-2.0
"""The types of the columns of the ensembles database, the same on every database."""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from ensemble_api.planning.message import Message
from ensemble_api.store import characters


class JsonText(sa.TypeDecorator[Any]):
    """JSON in a text column, the same on every database."""

    impl = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Encode on the way in."""
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Decode on the way out."""
        return None if value is None else json.loads(value)


class MessageText(sa.TypeDecorator[Message]):
    """What we tell people, as code and arguments; texts are cut to what every database holds."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Message | None, dialect: sa.Dialect) -> str | None:
        """Encode on the way in."""
        if value is None:
            return None
        stored = value.with_texts(characters.storable).stored
        return json.dumps(stored, separators=(",", ":"), ensure_ascii=False)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Message | None:
        """Decode on the way out."""
        return None if value is None else Message.read(json.loads(value))


class Text(sa.TypeDecorator[str]):
    """What Nova says to people: cut to what every database holds, since it must be saved."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Cut on the way in."""
        return None if value is None else characters.storable(value)


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment in UTC with microseconds; databases without zones give it back with one."""

    impl = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Store in UTC, without the zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Put the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)
