"""One append: a single function call, applied exactly once also when its answer is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.connections import Database, prepare
from eventstore.errors import ConnectionLostError
from eventstore.literals import bigint_array, bytea, bytea_array, uuid_array
from eventstore.records import CommandRecord, KeyChanges, SubjectKey
from eventstore.tracking import insert_tracking

_PREPARE = """
PREPARE tenure_append(
    uuid[], bigint[], text[], bytea[], uuid, text, text, bytea, jsonb, uuid[], bytea[], timestamptz
) AS SELECT tenure.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_PREPARE_WITH_KEYS = """
PREPARE tenure_append_with_keys(
    uuid[], bigint[], text[], bytea[], uuid, text, text, bytea, jsonb, uuid[], bytea[], timestamptz,
    uuid[], uuid[], uuid[]
) AS SELECT tenure.append_with_keys(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_LOOK = "SELECT last_position FROM tenure.commands WHERE id = %s"
_PAUSE_SECONDS_FIRST = 0.01
_PAUSE_SECONDS_MAX = 0.5


@dataclass(frozen=True, slots=True)
class Append:
    """What goes in together: events, the command that caused them, keys of new data subjects.

    key_changes: what becomes of keys of subjects that were known before.
    follower, tracking: how far a follower has come with another log, recorded beside.
    command_id: tells this append from every other, also when no command is recorded with it.
    """

    events: Sequence[StoredEvent]
    command: CommandRecord | None = None
    keys: Sequence[SubjectKey] = ()
    follower: str = ""
    tracking: Tracking | None = None
    key_changes: KeyChanges | None = None
    command_id: UUID = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "command_id", self.command.id if self.command else uuid4())


def apply_once(database: Database, append: Append) -> list[int]:
    """Apply it in a transaction of its own; returns the events' positions, in their order.

    When the connection is lost, nobody knows whether the commit was reached. Then a new
    connection looks for the command id: what is there has been applied, what is not is tried
    again. A first attempt that is still under way meets the second on the command's key.
    Raises IntegrityError if another append took a version, a key or a tracking before this one,
    OperationalError if the database stays away longer than `database.wait_seconds`: then it is
    unknown whether it was applied.
    """
    give_up = time.monotonic() + database.wait_seconds
    pause_seconds = _PAUSE_SECONDS_FIRST
    was_lost = False
    while True:
        try:
            if was_lost and (positions := _look(database, append)) is not None:
                return positions
            return _apply(database, append)
        except ConnectionLostError:
            was_lost = True
            if time.monotonic() + pause_seconds > give_up:
                raise
        except IntegrityError:
            if was_lost and (positions := _look(database, append)) is not None:
                return positions
            raise
        time.sleep(pause_seconds)
        pause_seconds = min(2 * pause_seconds, _PAUSE_SECONDS_MAX)


def apply_within(
    cursor: Cursor, append: Append, *, clock: Callable[[], datetime] | None = None
) -> list[int]:
    """Apply it in the transaction of `cursor`; returns the positions.

    Whoever follows the log waits for the end of this transaction: commit soon. After an error the
    connection must not be used again.
    """
    if append.tracking is not None:
        insert_tracking(cursor, append.follower, append.tracking)
    if append.key_changes is None:
        prepare(cursor, "tenure_append", _PREPARE)
    else:
        prepare(cursor, "tenure_append_with_keys", _PREPARE_WITH_KEYS)
    cursor.execute(*_call(append, clock() if clock is not None else None))
    (last_position,) = cursor.fetchone() or (None,)
    return _positions(last_position, len(append.events))


def _apply(database: Database, append: Append) -> list[int]:
    # One statement is a transaction by itself and saves the round trips of BEGIN and COMMIT.
    is_one_statement = append.tracking is None
    with database.autocommit() if is_one_statement else database.transaction() as cursor:
        return apply_within(cursor, append, clock=database.clock)


def _call(append: Append, now: datetime | None) -> tuple[str, list[str | list[str] | None]]:
    """The function call and its values; what is written into it consists of hexadecimal digits."""
    events, command = append.events, append.command
    ids = uuid_array([event.originator_id for event in events])
    versions = bigint_array([event.originator_version for event in events])
    states = bytea_array([event.state for event in events])
    subjects = uuid_array([key.subject_id for key in append.keys])
    wrapped = bytea_array([key.wrapped for key in append.keys])
    name, changed = "tenure_append", ""
    if append.key_changes is not None:
        name, changed = "tenure_append_with_keys", _changed(append.key_changes)
    statement = (
        f"EXECUTE {name}('{ids}', '{versions}', %s, '{states}', '{append.command_id}',"
        f" %s, %s, %s, %s, '{subjects}', '{wrapped}', %s{changed})"
    )
    topics = [event.topic for event in events]
    stamp = now.isoformat() if now is not None else None
    if command is None:
        return statement, [topics, None, None, None, None, stamp]
    answer = msgspec.json.encode(command.answer).decode()
    return statement, [topics, command.actor, command.key, bytea(command.request), answer, stamp]


def _changed(changes: KeyChanges) -> str:
    """The last values of the call, which consist of hexadecimal digits as well."""
    each = (changes.restricted, changes.lifted, changes.destroyed)
    return "".join(f", '{uuid_array(subjects)}'" for subjects in each)


def _look(database: Database, append: Append) -> list[int] | None:
    """Positions under the command id; None where it was not applied."""

    def read(cursor: Cursor) -> tuple[int | None] | None:
        cursor.execute(_LOOK, (append.command_id,))
        return cursor.fetchone()

    row = database.repeatedly(read)
    return None if row is None else _positions(row[0], len(append.events))


def _positions(last: int | None, count: int) -> list[int]:
    return [] if last is None else list(range(last - count + 1, last + 1))
