"""The table of subjects' keys as a whole: wrapped anew, and written anew without what is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from eventsourcing.persistence import OperationalError
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.connections import Database
from eventstore.literals import bytea_array, uuid_array

BATCH: Final = 1_000
_ALL: Final = """
SELECT subject_id, wrapped FROM tenure_keys.subject_keys
WHERE subject_id > %s AND wrapped IS NOT NULL ORDER BY subject_id LIMIT %s
"""
_BEFORE_ALL: Final = UUID(int=0)
# A key that was destroyed meanwhile is not there any more, so it does not come back.
_REPLACE: Final = """
UPDATE tenure_keys.subject_keys AS kept SET wrapped = given.new
FROM unnest('{ids}'::uuid[], '{old}'::bytea[], '{new}'::bytea[]) AS given (id, old, new)
WHERE kept.subject_id = given.id AND kept.wrapped = given.old
"""

Wrapped = tuple[UUID, bytes]


def wrapped_keys(database: Database) -> Iterator[Sequence[Wrapped]]:
    """Every wrapped key that there is, in batches, in the order of the subjects' ids."""
    after = _BEFORE_ALL
    while batch := _batch_after(database, after):
        yield batch
        after = batch[-1][0]


def replace_wrapped(database: Database, changed: Sequence[tuple[UUID, bytes, bytes]]) -> int:
    """Wrapped keys in the place of others, each where the old one still stands; how many.

    changed: subject, old, new. The table is to be rewritten for it.
    """
    statement = _REPLACE.format(
        ids=uuid_array([subject for subject, _, _ in changed]),
        old=bytea_array([old for _, old, _ in changed]),
        new=bytea_array([new for _, _, new in changed]),
    )
    with database.transaction() as cursor:
        cursor.execute(statement)
        replaced = cursor.rowcount
        cursor.execute("UPDATE tenure_keys.upkeep SET is_due = true")
        return replaced


def is_rewrite_due(database: Database) -> bool:
    """True where the table's pages still hold keys that were destroyed or wrapped anew."""

    def read(cursor: Cursor) -> bool:
        cursor.execute("SELECT is_due FROM tenure_keys.upkeep")
        return cursor.fetchone() == (True,)

    return database.repeatedly(read)


def rewrite_if_due(database: Database) -> bool:
    """Write the table anew where that is due; True where it was done.

    False as well where somebody else held the table for too long: it stays due.
    """
    if not is_rewrite_due(database):
        return False
    try:
        with database.autocommit() as cursor:
            cursor.execute("SELECT tenure_keys.rewrite()")
    except OperationalError:
        return False  # So comes a lock that was not to be had in time, and a lost connection.
    return True


def _batch_after(database: Database, after: UUID) -> list[Wrapped]:
    def read(cursor: Cursor) -> list[Wrapped]:
        cursor.execute(_ALL, (str(after), BATCH))
        return [(subject, bytes(wrapped)) for subject, wrapped in cursor.fetchall()]

    return database.repeatedly(read)
