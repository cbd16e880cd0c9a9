"""Rebuilding views: folded anew beside the live ones, which serve meanwhile, and swapped whole.

Folding: everything up to a settled position, in stretches that lanes fold side by side, into
tables that have their primary keys alone. Indexing: what was left out is made at once, which takes
a fraction of the time. Catching up: what was written meanwhile, in the order of the log. Swapping:
one transaction a view. Whatever ends it before that leaves the live view as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from projections.following import FoldFailed
from projections.migrating import search_path
from projections.positions import positions_of
from projections.reading import Reader, Reading
from projections.shadow import Attempt, Index, leave_out_indexes, swap
from projections.stretches import (
    BATCH_EVENTS,
    Lane,
    Source,
    Stretch,
    begin_aside,
    passes,
    stretches,
)
from projections.view import View

Stage = Literal["folding", "indexing", "catching-up", "swapping"]
SWAP_PATIENCE_SECONDS: Final = 300.0
CLOSE_EVENTS: Final = 1_000
"""What may still be missing when the swap begins: it is folded in the swap itself."""
_INDEXERS: Final = 2
_STOP_SECONDS: Final = 0.5
_INDEX_SESSION: Final = (
    "SET LOCAL statement_timeout TO 0; SET LOCAL lock_timeout TO 0;"
    " SET LOCAL maintenance_work_mem TO '128MB'; SET LOCAL synchronous_commit TO off;"
    " SET LOCAL client_connection_check_interval TO '1s'"
)


class Stopped(Exception):
    """The rebuild was told to stop; the live views are as they were."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is: done of total, in events or, while indexing, in indexes."""

    stage: Stage
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A view that was rebuilt. position: where it stands. rows: of all its tables."""

    view: str
    position: int
    rows: int


class Folds(Protocol):
    """Something that folds stretches: a lane of this process or of another one."""

    def folded(self, stretch: Stretch) -> Iterator[int]:
        """Write the rows; now and then, how many events more are done."""
        ...


class Lanes(Protocol):
    """Makes further lanes, beside that of this process, for the tables in a schema; each is used
    by one thread, and closed when the stack is."""

    def __call__(
        self, schema: str, views: Sequence[View], events: int, stack: ExitStack
    ) -> Sequence[Folds]: ...


def no_lanes(_: str, __: Sequence[View], ___: int, ____: ExitStack) -> Sequence[Folds]:
    """This process alone."""
    return ()


class Rebuild:
    """One rebuild of `views` by this process.

    source: the database as the owner of its tables. lanes: who folds beside us. tell: is told the
    progress. stop: ends it at the next batch.
    """

    def __init__(
        self,
        source: Source,
        views: Sequence[View],
        *,
        lanes: Lanes = no_lanes,
        tell: Callable[[Progress], None] = lambda _: None,
        stop: threading.Event | None = None,
        batch_events: int = BATCH_EVENTS,
        patience_seconds: float = SWAP_PATIENCE_SECONDS,
    ) -> None:
        self._source = source
        self._views = list(views)
        self._lanes = lanes
        self._tell = tell
        self._stop = stop or threading.Event()
        self._batch_events = batch_events
        self._patience_seconds = patience_seconds

    def run(self) -> list[Rebuilt]:
        """Rebuild every view. Raises AlreadyRebuilding, NewerVersion, FoldFailed, SwapBlocked,
        Stopped; a view that was swapped by then stays so, the others are as they were."""
        attempt = Attempt(self._source.database.connect, self._views)
        try:
            attempt.make()
            with attempt.transaction() as cursor:
                kept = [index for view in self._views for index in view.READS]
                left_out = leave_out_indexes(cursor, attempt.schema, but=kept)
            upto = self._source.log.settled_position()
            self._fold(attempt.schema, upto)
            self._index(attempt, left_out)
            shadows = [_Shadow(self._source, view, attempt.schema, upto) for view in self._views]
            self._catch_up(shadows)
            return [self._swap(attempt, *numbered) for numbered in enumerate(shadows)]
        finally:
            attempt.close()

    def _fold(self, schema: str, upto: int) -> None:
        total = upto * passes(self._views)
        shared = _Shared(stretches(self._source.log, self._views, upto))
        done = _Counter(lambda events: self._tell(Progress("folding", min(events, total), total)))
        done.add(0)
        with ExitStack() as stack:
            others = self._lanes(schema, self._views, total, stack)
            pool = stack.enter_context(ThreadPoolExecutor(max(1, len(others))))
            stack.callback(shared.end)
            futures = [pool.submit(_fold_shared, lane, shared, done) for lane in others]
            own = Lane(self._source, self._views, schema, batch_events=self._batch_events)
            for stretch in shared:
                for events in own.folded(stretch):
                    self._require_going()
                    done.add(events, of=stretch)
                done.complete(stretch)
            # A lane beside us may have a long stretch in hand.
            while wait(futures, _STOP_SECONDS).not_done:
                self._require_going()
            for future in futures:
                future.result()

    def _index(self, attempt: Attempt, left_out: Sequence[Index]) -> None:
        """What was left out, then what the planner must know."""
        schema = attempt.schema
        tables = [sql.Identifier(schema, table) for view in self._views for table in view.TABLES]
        steps = (
            [index.make for index in left_out],
            [sql.SQL("ANALYZE {}").format(table) for table in tables],
        )
        total = sum(map(len, steps))
        done = _Counter(lambda count: self._tell(Progress("indexing", count, total)))
        done.add(0)
        for statements in steps:
            with ThreadPoolExecutor(_INDEXERS, thread_name_prefix="index") as pool:
                futures = [pool.submit(self._make, schema, one, done) for one in statements]
                try:
                    for future in futures:
                        future.result()
                finally:
                    pool.shutdown(cancel_futures=True)

    def _make(self, schema: str, statement: sql.Composable, done: _Counter) -> None:
        self._require_going()
        with self._source.database.transaction() as cursor:
            cursor.execute(_INDEX_SESSION)
            cursor.execute(search_path(cursor, schema))
            cursor.execute(statement)
        done.add(1)

    def _catch_up(self, shadows: Sequence[_Shadow]) -> None:
        """To where the live views are, up to a little that the swap itself folds. The log's end is
        not waited for: writers may be faster than any fold, and followers go on after the swap."""
        reader = Reader(self._source.log, self._source.to_event, batch_events=self._batch_events)
        began = min(shadow.position for shadow in shadows)
        while True:
            reached = min(shadow.position for shadow in shadows)
            target = self._live_position(shadows)
            if target - reached <= CLOSE_EVENTS:
                return
            self._tell(Progress("catching-up", reached - began, target - began))
            reading = reader.read(after=reached, settled=target)
            for shadow in shadows:
                self._require_going()
                shadow.fold(reading)

    def _live_position(self, shadows: Sequence[_Shadow]) -> int:
        with self._source.database.autocommit() as cursor:
            stored = positions_of(cursor, [shadow.view.NAME for shadow in shadows])
        return max((found.position for found in stored.values()), default=0)

    def _swap(self, attempt: Attempt, done: int, shadow: _Shadow) -> Rebuilt:
        def ready() -> None:
            self._require_going()
            self._catch_up([shadow])
            self._tell(Progress("swapping", done, len(self._views)))

        position = swap(
            attempt,
            shadow.view,
            shadow.fold_up_to,
            ready=ready,
            patience_seconds=self._patience_seconds,
        )
        with self._source.database.transaction() as cursor:
            cursor.execute("SET LOCAL statement_timeout TO 0")
            return Rebuilt(shadow.view.NAME, position, count_rows(cursor, shadow.view, "views"))

    def _require_going(self) -> None:
        if self._stop.is_set():
            raise Stopped


class _Shadow:
    """A view's shadow tables, followed in the order of the log. position: where they stand."""

    def __init__(self, source: Source, view: View, schema: str, position: int) -> None:
        self.view = view
        self.position = position
        self._source = source
        self._schema = schema

    def fold(self, reading: Reading) -> None:
        """What is new to it of a batch that begins at its position or before."""
        if reading.reached > self.position or reading.broken is not None:
            with self._source.database.transaction() as cursor:
                begin_aside(cursor, self._schema)
                self._fold(cursor, reading, self.position)
            self.position = reading.reached

    def fold_up_to(self, cursor: Cursor, position: int) -> int:
        """What is missing up to `position`, in the caller's transaction: should that fail, the
        shadow stands where it stood."""
        begin_aside(cursor, self._schema)
        reader = Reader(self._source.log, self._source.to_event, batch_events=BATCH_EVENTS)
        reached = self.position
        while reached < position:
            reading = reader.read(after=reached, settled=position)
            self._fold(cursor, reading, reached)
            reached = reading.reached
        return reached

    def _fold(self, cursor: Cursor, reading: Reading, after: int) -> None:
        batch = reading.batch.after(after)
        if batch.entries:
            self.view.fold(cursor, batch)
        if reading.broken is not None:
            raise FoldFailed(self.view.NAME, reading.broken) from reading.error


class _Shared:
    """Stretches that several threads take from."""

    def __init__(self, source: Iterator[Stretch]) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._is_ended = False

    @property
    def is_ended(self) -> bool:
        """What is in hand need not be finished either."""
        return self._is_ended

    def __iter__(self) -> Iterator[Stretch]:
        while (stretch := self._take()) is not None:
            yield stretch

    def end(self) -> None:
        """There are no more."""
        with self._lock:
            self._is_ended = True

    def _take(self) -> Stretch | None:
        with self._lock:
            return None if self._is_ended else next(self._source, None)


class _Counter:
    """Counts for several threads. A stretch counts whole when it is complete, also where some of
    its events were not read."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._count = 0
        self._within: dict[int, int] = {}

    def add(self, count: int, of: Stretch | None = None) -> None:
        with self._lock:
            if of is not None:
                before = self._within.get(id(of), 0)
                count = min(count, of.events - before)
                self._within[id(of)] = before + count
            self._count += count
            self._tell(self._count)

    def complete(self, stretch: Stretch) -> None:
        with self._lock:
            self._count += stretch.events - self._within.pop(id(stretch), 0)
            self._tell(self._count)


def _fold_shared(lane: Folds, shared: _Shared, done: _Counter) -> None:
    try:
        for stretch in shared:
            for events in lane.folded(stretch):
                if shared.is_ended:
                    return
                done.add(events, of=stretch)
            done.complete(stretch)
    except BaseException:
        shared.end()
        raise


def count_rows(cursor: Cursor, view: View, schema: str) -> int:
    """How many rows the view's tables in `schema` have."""
    rows = 0
    for table in view.TABLES:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table)))
        found: Any = cursor.fetchone()
        rows += found[0]
    return rows
