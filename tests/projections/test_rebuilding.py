"""Rebuilding: beside the live views, equal to them, and nothing of it seen before it is whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest

from eventstore.connections import Database
from projections import audit, pool, tenures
from projections.catalogue import ALL
from projections.following import FoldFailed
from projections.rebuilding import Progress, Rebuild, Stopped
from projections.shadow import AlreadyRebuilding, Attempt, NewerVersion, SwapBlocked
from projections.stretches import Source
from tests.projections.lives import thorough_log
from tests.projections.stories import Story, TestLog, a_refusal
from tests.projections.whole_views import forms_of, rows_of, shadow_schemas
from tests.waiting import wait_until


@pytest.fixture
def source(database: Database, log: TestLog) -> Source:
    return Source(database, log.recorder, log.mapper.to_domain_event)


@pytest.fixture(autouse=True)
def no_shadow_is_left(cursor: Any) -> Iterator[None]:
    yield
    assert shadow_schemas(cursor) == []


def test_rebuilt_views_equal_the_ones_that_were_followed(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    log.append(*(entry.event for entry in thorough_log(300)))
    follow()
    before, form = rows_of(cursor), forms_of(cursor)
    told: list[Progress] = []
    rebuilt = Rebuild(source, ALL, tell=told.append, batch_events=40).run()
    assert rows_of(cursor) == before
    assert forms_of(cursor) == form
    settled = log.recorder.settled_position()
    assert [(one.view, one.position) for one in rebuilt] == [(view.NAME, settled) for view in ALL]
    assert sum(one.rows for one in rebuilt) == sum(map(len, before.values()))
    assert {progress.stage for progress in told} == {"folding", "indexing", "swapping"}
    assert all(0 <= progress.done <= progress.total for progress in told)


def test_rows_that_are_wrong_are_right_again_after_a_rebuild(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    log.append(*(Story().registered().claimed() for _ in range(3)))
    follow()
    before = rows_of(cursor, [pool, tenures])
    cursor.execute("UPDATE views.pool SET name = '错'; DELETE FROM views.tenures")
    Rebuild(source, [pool, tenures]).run()
    assert rows_of(cursor, [pool, tenures]) == before


def test_a_rebuild_while_writers_go_on_loses_nothing(
    log: TestLog, new_engine: Any, source: Source, cursor: Any
) -> None:
    stop = threading.Event()

    def write() -> int:
        last = 0
        for _ in range(60):
            story = Story().registered().claimed()
            last = log.append(story, a_refusal(story.id))
        return last

    engine = new_engine(poll_seconds=0.001)
    following = threading.Thread(target=engine.run, args=(stop,))
    following.start()
    with ThreadPoolExecutor(4) as threads:
        writers = [threads.submit(write) for _ in range(4)]
        rebuilds = 0
        while rebuilds < 2 or not all(writer.done() for writer in writers):
            Rebuild(source, ALL, batch_events=100).run()
            rebuilds += 1
        last = max(writer.result() for writer in writers)
    stop.set()
    following.join()
    engine.close()
    after = new_engine()
    wait_until(lambda: after.step() == 0 and _positions(cursor) == {last})
    cursor.execute("SELECT position FROM views.audit ORDER BY position")
    assert [position for (position,) in cursor] == list(range(1, last + 1))
    followed = rows_of(cursor)
    Rebuild(source, ALL).run()
    assert rows_of(cursor) == followed


def test_an_engine_that_follows_goes_on_after_the_swap(
    log: TestLog, new_engine: Any, source: Source, cursor: Any
) -> None:
    log.append(Story().registered())
    engine = new_engine()
    engine.step()
    cursor.execute("UPDATE views.positions SET position = 0 WHERE view = 'audit'")
    cursor.execute("TRUNCATE views.audit")
    Rebuild(source, [audit]).run()
    last = log.append(Story().registered())
    wait_until(lambda: engine.step() == 0 and _positions(cursor) == {last})
    cursor.execute("SELECT count(*) FROM views.audit")
    assert cursor.fetchone() == (last,)


@pytest.mark.parametrize("stage", ["folding", "indexing", "swapping"])
def test_stopped_at_any_stage_it_leaves_the_live_views_as_they_were(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any, stage: str
) -> None:
    log.append(*(Story().registered() for _ in range(50)))
    follow()
    cursor.execute("UPDATE views.pool SET name = 'as it was'")
    before, form = rows_of(cursor), forms_of(cursor)

    def tell(progress: Progress) -> None:
        if progress.stage == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Rebuild(source, [pool, tenures], tell=tell, batch_events=10).run()
    assert shadow_schemas(cursor) == []
    assert rows_of(cursor) == before
    assert forms_of(cursor) == form
    Rebuild(source, [pool]).run()
    assert rows_of(cursor) != before


def test_told_to_stop_it_ends_at_the_next_batch(log: TestLog, source: Source) -> None:
    log.append(*(Story().registered() for _ in range(30)))
    stop = threading.Event()
    with pytest.raises(Stopped):
        Rebuild(source, ALL, tell=lambda _: stop.set(), stop=stop, batch_events=10).run()


def test_what_a_killed_rebuild_left_is_dropped_by_the_next(
    database: Database, log: TestLog, source: Source, cursor: Any
) -> None:
    log.append(Story().registered())
    connections: list[Any] = []

    def connect() -> Any:
        connections.append(database.connect())
        return connections[-1]

    killed = Attempt(connect, ALL)
    killed.make()
    assert shadow_schemas(cursor) == [killed.schema]
    connections[0].close()  # As the kernel does for a process that is gone.
    wait_until(lambda: _locks(cursor) == 0)
    Rebuild(source, [pool]).run()
    assert shadow_schemas(cursor) == []


def test_two_rebuilds_of_one_view_at_once_are_refused_of_two_views_are_not(
    database: Database, log: TestLog, source: Source, cursor: Any
) -> None:
    log.append(Story().registered())
    with closing(Attempt(database.connect, [pool])) as attempt:
        attempt.make()
        with pytest.raises(AlreadyRebuilding) as refused:
            Rebuild(source, ALL).run()
        assert refused.value.view == "pool"
        Rebuild(source, [tenures]).run()
        assert shadow_schemas(cursor) == [attempt.schema]


def test_a_slow_reader_does_not_stall_those_behind_it_and_the_swap_comes_after_it(
    database_url: str, log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    log.append(Story().registered())
    follow()
    swapping = threading.Event()

    def tell(progress: Progress) -> None:
        if progress.stage == "swapping":
            swapping.set()

    with closing(psycopg2.connect(database_url)) as slow, ThreadPoolExecutor(1) as threads:
        slow.cursor().execute("SELECT * FROM views.pool")
        rebuilding = threads.submit(Rebuild(source, [pool], tell=tell).run)
        assert swapping.wait(10)
        longest = 0.0
        for _ in range(100):
            began = time.monotonic()
            cursor.execute("SELECT count(*) FROM views.pool")
            longest = max(longest, time.monotonic() - began)
        assert longest < 1.0
        assert not rebuilding.done()
        slow.rollback()
        assert rebuilding.result(timeout=10)[0].rows >= 1


def test_a_reader_that_never_ends_is_named(
    database_url: str, log: TestLog, follow: Callable[[], None], source: Source
) -> None:
    log.append(Story().registered())
    follow()
    with closing(psycopg2.connect(database_url)) as slow:
        slow.cursor().execute("SELECT * FROM views.pool")
        with pytest.raises(SwapBlocked) as blocked:
            Rebuild(source, [pool], patience_seconds=0.1).run()
        assert blocked.value.blockers == [slow.info.backend_pid]


def test_readers_see_rows_at_every_instant_of_a_swap(
    database: Database, log: TestLog, follow: Callable[[], None], source: Source
) -> None:
    log.append(*(Story().registered() for _ in range(20)))
    follow()
    stop, seen = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            with database.autocommit() as reading:
                reading.execute("SELECT count(*) FROM views.pool")
                seen.add(reading.fetchone())

    with ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(read) for _ in range(2)]
        try:
            for _ in range(5):
                Rebuild(source, [pool]).run()
        finally:
            stop.set()
        for reader in readers:
            reader.result()
    assert len(seen) == 1


def test_a_fold_that_raises_ends_the_rebuild_with_the_event_named(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    last = log.append(*(Story().registered() for _ in range(5)))
    follow()
    before = rows_of(cursor)

    def fold(cursor: Any, batch: Any) -> None:
        if any(entry.position == last - 2 for entry in batch.entries):
            raise ValueError("cannot fold this")
        pool.fold(cursor, batch)

    broken = SimpleNamespace(**{**vars(pool), "fold": fold})
    with pytest.raises(FoldFailed) as failed:
        Rebuild(source, [broken]).run()
    assert (failed.value.view, failed.value.entry.position) == ("pool", last - 2)
    assert "cannot fold this" in str(failed.value.__cause__)
    assert rows_of(cursor) == before


def test_a_view_without_a_declared_order_is_folded_in_that_of_the_log(
    log: TestLog, source: Source
) -> None:
    last = log.append(*(Story().registered().claimed() for _ in range(20)))
    met: list[int] = []

    def fold(cursor: Any, batch: Any) -> None:
        met.extend(entry.position for entry in batch.entries)

    ordered = SimpleNamespace(**{**vars(pool), "fold": fold, "OTHERS": None})
    Rebuild(source, [ordered], batch_events=7).run()
    assert met == list(range(1, last + 1))
    Rebuild(source, [pool]).run()


def test_a_view_of_a_newer_release_is_left_alone(log: TestLog, source: Source, cursor: Any) -> None:
    cursor.execute("UPDATE views.positions SET version = version + 1 WHERE view = 'pool'")
    with pytest.raises(NewerVersion):
        Rebuild(source, [pool]).run()
    cursor.execute("UPDATE views.positions SET version = version - 1 WHERE view = 'pool'")


def _positions(cursor: Any) -> set[int]:
    cursor.execute("SELECT DISTINCT position FROM views.positions")
    return {position for (position,) in cursor}


def _locks(cursor: Any) -> int:
    """Advisory locks that rebuilds of this database hold."""
    cursor.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1413829208"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    found: tuple[int] = cursor.fetchone()
    return found[0]
