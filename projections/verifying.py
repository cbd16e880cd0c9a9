"""Verifying views: folded aside up to where each stands, and held against it row by row.

The fold goes into temporary tables, which need no right but to read and which the server drops,
whatever becomes of this process. The live view is read in one snapshot together with its position,
so that its follower is never held up; what followed since the fold began is folded into the aside
tables before they are compared.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any, Final, Literal

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from projections.comparing import Comparison, Difference, Side
from projections.explaining import explain
from projections.migrating import SCHEMA, make_tables
from projections.positions import FailedView, Position, positions_of
from projections.sessions import transaction_in
from projections.shadow import leave_out_indexes
from projections.stretches import Lane, Source, Stretch, passes, stretches
from projections.view import LogEntry, View

LISTED_MAX: Final = 200
"""So many differences of a view are told one by one; the others are counted."""
_ASIDE: Final = "pg_temp"
_SESSION: Final = (
    "SET statement_timeout = 0; SET lock_timeout = '10s';"
    " SET idle_in_transaction_session_timeout = 0; SET client_connection_check_interval = '1s'"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A differing row and the event that made it differ; None: no event speaks of it."""

    difference: Difference
    event: LogEntry | None


@dataclass(frozen=True, slots=True)
class Verified:
    """A view as of its position. rows: that follow from the log. left_out: how many differences
    are not listed. told: how many were told as they were found, and are not listed either. behind:
    events that it has still to fold, which is no fault. failed: why it was set aside. is_current:
    whether its tables are of this program's version; if not, they were not compared."""

    view: str
    position: int
    rows: int = 0
    differences: list[Found] = field(default_factory=list)
    left_out: int = 0
    told: int = 0
    behind: int = 0
    failed: FailedView | None = None
    is_current: bool = True

    @property
    def differing(self) -> int:
        """How many rows differ."""
        return len(self.differences) + self.left_out + self.told

    @property
    def is_sound(self) -> bool:
        """Whether it holds what follows from the log, and can go on."""
        return not self.differing and self.failed is None and self.is_current


Stage = Literal["folding", "comparing", "explaining"]
Tell = Callable[[Stage, int, int], None]
"""Is told the stage, how much of it is done and of how much: events, views, or differing rows."""
Take = Callable[[str, Found], None]
"""Is told the view, and a row that differs, as it is found."""


class Verification:
    """One verification of `views`. take: of every row that differs, which none of them then lists;
    None: the first of each view are listed and the others counted."""

    def __init__(
        self,
        source: Source,
        views: Sequence[View],
        *,
        tell: Tell = lambda *_: None,
        take: Take | None = None,
    ) -> None:
        self._log = source
        self._views = list(views)
        self._tell = tell
        self._take = take

    def run(self) -> list[Verified]:
        """Every view. Raises FoldFailed where the log itself cannot be folded."""
        with closing(self._log.database.connect()) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SET temp_buffers = '64MB';" + _SESSION)
                stored = positions_of(cursor, [view.NAME for view in self._views])
            views = [view for view in self._views if _is_current(view, stored)]
            aside = Source(_Session(connection), self._log.log, self._log.to_event)
            start = min((stored[view.NAME].position for view in views), default=0)
            lane = self._folded(aside, views, start)
            verified = []
            for done, view in enumerate(self._views):
                self._tell("comparing", done, len(self._views))
                if view in views:
                    verified.append(self._verified(aside, connection, lane, view, start))
                else:
                    position = stored[view.NAME].position if view.NAME in stored else 0
                    verified.append(Verified(view.NAME, position, is_current=False))
            self._tell("comparing", len(self._views), len(self._views))
            return verified

    def _folded(self, aside: Source, views: Sequence[View], upto: int) -> Lane:
        """The lane whose tables hold every view at `upto`."""
        with aside.database.transaction() as cursor:
            for view in views:
                make_tables(cursor, view, _ASIDE)
            cursor.execute("SELECT pg_my_temp_schema()::regnamespace::text")
            found: Any = cursor.fetchone()
            if views:
                kept = [index for view in views for index in view.READS]
                leave_out_indexes(cursor, found[0], but=kept)
        lane = Lane(aside, views, _ASIDE)
        total = upto * passes(views)
        done = 0
        if views:
            self._tell("folding", done, total)
            for stretch in stretches(aside.log, views, upto):
                within = 0
                for events in lane.folded(stretch):
                    within = min(within + events, stretch.events)
                    self._tell("folding", min(done + within, total), total)
                done += stretch.events
        return lane

    def _verified(
        self, aside: Source, connection: Any, lane: Lane, view: View, start: int
    ) -> Verified:
        # To explain a row ends the transaction that compares: what was found waits in a file.
        with TemporaryFile() as kept:
            with self._snapshot(view) as (live, stored):
                if stored is None or stored.version != view.VERSION:
                    return Verified(
                        view.NAME, 0 if stored is None else stored.position, is_current=False
                    )
                upto = stored.position
                for _ in lane.folded(Stretch((view.NAME,), upto, upto - start, after=start)):
                    pass
                rows, differing = _compared(aside, connection, live, view, self._limit, kept)
            explained = (
                Found(one, explain(aside, connection, view, one, upto)) for one in _read(kept)
            )
            listed, told = self._told(view, explained, min(differing, self._limit))
        return Verified(
            view=view.NAME,
            position=upto,
            rows=rows,
            differences=listed,
            left_out=differing - len(listed) - told,
            told=told,
            behind=max(0, aside.log.settled_position() - upto),
            failed=stored.failed,
        )

    @property
    def _limit(self) -> int:
        return LISTED_MAX if self._take is None else sys.maxsize

    def _told(self, view: View, explained: Iterator[Found], total: int) -> tuple[list[Found], int]:
        """Those to list, and how many were told instead."""
        listed: list[Found] = []
        told = 0
        for done, found in enumerate(explained):
            self._tell("explaining", done, total)
            if self._take is None:
                listed.append(found)
            else:
                self._take(view.NAME, found)
                told += 1
        return listed, told

    @contextmanager
    def _snapshot(self, view: View) -> Iterator[tuple[Any, Position | None]]:
        """A connection that sees the live view and its position as of one instant."""
        tables = [sql.Identifier(SCHEMA, table) for table in ("positions", *view.TABLES)]
        with closing(self._log.database.connect()) as connection:
            with connection.cursor() as cursor:
                cursor.execute(_SESSION)
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            connection.autocommit = False
            with connection.cursor() as cursor:
                # Locked before the snapshot is taken: a swap in between would show no rows at all.
                cursor.execute(
                    sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(tables))
                )
                stored = positions_of(cursor, [view.NAME]).get(view.NAME)
            yield connection, stored


def _compared(
    aside: Source, connection: Any, live: Any, view: View, limit: int, kept: IO[bytes]
) -> tuple[int, int]:
    """Rows that follow from the log, and how many differ; the first of these go into `kept`."""
    rows = differing = 0
    with aside.database.transaction():
        for table in view.TABLES:
            comparison = Comparison(
                table,
                Side(live, sql.Identifier(SCHEMA, table)),
                Side(connection, sql.Identifier(_ASIDE, table)),
            )
            for difference in comparison.differences():
                if differing < limit:
                    pickle.dump(difference, kept)
                differing += 1
            rows += comparison.rows
    return rows, differing


def _read(kept: IO[bytes]) -> Iterator[Difference]:
    """What `_compared` has written."""
    end = kept.tell()
    kept.seek(0)
    while kept.tell() < end:
        yield pickle.load(kept)  # noqa: S301 - this process wrote it


def _is_current(view: View, stored: dict[str, Position]) -> bool:
    return view.NAME in stored and stored[view.NAME].version == view.VERSION


class _Session:
    """One connection as a database: its transactions share what is temporary in it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.url = connection.dsn

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        with transaction_in(self._connection) as cursor:
            yield cursor

    @contextmanager
    def autocommit(self) -> Iterator[Cursor]:
        """Single statements, each a transaction of its own."""
        with self._connection.cursor() as cursor:
            yield cursor

    def connect(self) -> Any:
        """The same connection."""
        return self._connection
