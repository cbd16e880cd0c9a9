"""How far each webhook is: the table `outside.webhooks`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.connections import Database


@dataclass(frozen=True, slots=True)
class State:
    """One row.

    position: everything up to there was delivered, or was not asked for. resends_done: of the
    resends that the log orders; resend_position: how far the next one is. since_version: version
    of the webhook's stream since which failures count. delivered: messages in all.
    """

    webhook_id: UUID
    position: int
    resends_done: int = 0
    resend_position: int | None = None
    since_version: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    next_attempt_at: datetime | None = None
    last_attempt_at: datetime | None = None
    last_status: int | None = None
    last_answer: str | None = None
    delivered: int = 0
    delivered_at: datetime | None = None


_COLUMNS = tuple(field.name for field in fields(State))
_NAMES = sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
_ALL = sql.SQL("SELECT {} FROM outside.webhooks ORDER BY webhook_id").format(_NAMES)
_BEGIN = (
    "INSERT INTO outside.webhooks (webhook_id, position) VALUES (%s, %s)"
    " ON CONFLICT (webhook_id) DO NOTHING"
)
# Whoever finds a row elsewhere than he left it has been overtaken, and writes nothing.
_SAVE = sql.SQL(
    "UPDATE outside.webhooks SET ({}) = ROW ({}) WHERE webhook_id = %s AND position = %s"
    " AND resends_done = %s AND resend_position IS NOT DISTINCT FROM %s"
).format(_NAMES, sql.SQL(", ").join(sql.Placeholder() * len(_COLUMNS)))


def begin(database: Database, webhook_id: UUID, position: int) -> None:
    """A row for a webhook that is about to be added; one that is there is left alone."""
    with database.autocommit() as cursor:
        cursor.execute(_BEGIN, (str(webhook_id), position))


def forget(database: Database, webhook_id: UUID) -> None:
    """Remove the row of a webhook that is no more."""
    with database.autocommit() as cursor:
        cursor.execute("DELETE FROM outside.webhooks WHERE webhook_id = %s", (str(webhook_id),))


def states(database: Database) -> list[State]:
    """Every row."""

    def read(cursor: Cursor) -> list[State]:
        cursor.execute(_ALL)
        return [State(*row) for row in cursor.fetchall()]

    return database.repeatedly(read)


def save(database: Database, before: State, after: State) -> bool:
    """Replace a row; False where it is not where `before` has it, so that nothing is written."""
    values: list[Any] = [getattr(after, name) for name in _COLUMNS]
    values += [before.webhook_id, before.position, before.resends_done, before.resend_position]
    plain = [str(value) if isinstance(value, UUID) else value for value in values]
    with database.autocommit() as cursor:
        cursor.execute(_SAVE, plain)
        return bool(cursor.rowcount)
