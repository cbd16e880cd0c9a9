"""The two logs that are sealed, and how their rows become leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from psycopg2.sql import SQL, Composed

from api.proof.leaves import ACCESS_LEAF, EVENT_LEAF, access_content, event_content
from api.proof.tree import leaf_hash
from eventstore.connections import Database
from eventstore.settling import Settling

Name = Literal["events", "access"]
# By the primary key, whatever the planner believes of a log that it has not looked at lately: any
# other way would sort all that is left of it for every batch.
IN_ORDER: Final = "SET LOCAL enable_seqscan TO off; SET LOCAL enable_bitmapscan TO off"
_NEXT_TILES: Final = """
SELECT (%(size)s + place - 1) / 256 AS tile,
    string_agg(leaf, ''::bytea ORDER BY place), min(position), max(position)
FROM (
    SELECT position, row_number() OVER (ORDER BY position) AS place, {leaf} AS leaf
    FROM {table}
    WHERE position > %(after)s AND position <= %(upto)s
    ORDER BY position
    LIMIT %(limit)s
) AS next
GROUP BY tile ORDER BY tile
"""
_ROWS: Final = """
SELECT {columns} FROM {table} WHERE position > %s AND position <= %s ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class SealedLog:
    """One log. columns: those that are hashed, in their order; position is the first.

    content: the content of a leaf from these columns.
    """

    name: Name
    table: str
    columns: tuple[str, ...]
    leaf: str
    content: Callable[..., bytes]

    @property
    def next_tiles(self) -> Composed:
        """The statement that makes the leaves behind a position, tile by tile."""
        return SQL(_NEXT_TILES).format(leaf=SQL(self.leaf), table=SQL(self.table))

    def rows(self, *more: str) -> Composed:
        """The statement that reads the hashed columns, and more, of a stretch of the log."""
        columns = SQL(", ").join(SQL(column) for column in (*self.columns, *more))
        return SQL(_ROWS).format(columns=columns, table=SQL(self.table))

    def hash_of(self, row: tuple[Any, ...]) -> bytes:
        """The hash of the leaf that a row is; columns behind those that are hashed may follow."""
        return leaf_hash(self.content(*row[: len(self.columns)]))


EVENTS: Final = SealedLog(
    "events",
    "tenure.events",
    ("position", "originator_id", "originator_version", "topic", "state", "recorded_at"),
    EVENT_LEAF,
    event_content,
)
ACCESS: Final = SealedLog(
    "access", "access.entries", ("position", "state"), ACCESS_LEAF, access_content
)
LOGS: Final[dict[str, SealedLog]] = {log.name: log for log in (EVENTS, ACCESS)}


class Ends:
    """How far each log may be sealed: nothing can appear any more at or below that position."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._settling = Settling(database)

    def end(self, log: SealedLog) -> int:
        """The end of a log."""
        if log is EVENTS:
            return self._settling.position()
        with self._database.autocommit() as cursor:
            # Access entries become visible in the order of their positions (decision 0020).
            cursor.execute("SELECT coalesce(max(position), 0) FROM access.entries")
            (found,) = cursor.fetchone() or (0,)
        return int(found)
