"""The engine: each view follows the log exactly once, whatever happens to engines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from eventstore.connections import Database
from projections import audit, pool
from projections.catalogue import ALL
from projections.engine import Engine
from projections.following import Follower, Overtaken
from projections.positions import ViewLagging, position_of
from projections.view import LogBatch, LogEntry
from tests.projections.stories import Story, TestLog, a_refusal
from tests.waiting import wait_until

EVERY_VIEW = {view.NAME for view in ALL}


@pytest.fixture
def database(own_url: str) -> Iterator[Database]:
    """A log of the test's own, in place of the module's."""
    with closing(Database(own_url)) as pool:
        yield pool


@contextmanager
def running(*engines: Engine) -> Iterator[list[threading.Thread]]:
    """Each engine follows in a thread of its own."""
    stop = threading.Event()
    threads = [threading.Thread(target=engine.run, args=(stop,)) for engine in engines]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()


def positions(cursor: Any) -> dict[str, int]:
    cursor.execute("SELECT view, position FROM views.positions")
    return dict(cursor.fetchall())


def told(cursor: Any) -> list[int]:
    cursor.execute("SELECT position FROM views.audit ORDER BY position")
    return [position for (position,) in cursor]


def a_view(name: str = "probe", *, version: int = 1, fold: Any = None) -> Any:
    """A view without tables."""

    def nothing(cursor: Any, batch: LogBatch) -> None:
        """Keeps no rows."""

    return SimpleNamespace(NAME=name, VERSION=version, DDL="", TABLES=(), fold=fold or nothing)


def adopt(cursor: Any, view: Any) -> Any:
    """Make the view known to the database, as `migrate` does."""
    cursor.execute(
        "INSERT INTO views.positions (view, version) VALUES (%s, %s)", (view.NAME, view.VERSION)
    )
    return view


# Following.


def test_every_view_is_brought_to_the_end_of_the_log_in_batches(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    last = log.append(*(Story().registered().claimed() for _ in range(5)))
    engine = new_engine(batch_events=4)
    assert [engine.step(), engine.step(), engine.step(), engine.step()] == [4, 4, 2, 0]
    assert positions(cursor) == dict.fromkeys(EVERY_VIEW, last)
    assert told(cursor) == list(range(1, last + 1))


def test_an_engine_goes_on_where_the_rows_are(log: TestLog, new_engine: Any, cursor: Any) -> None:
    log.append(Story().registered())
    first = new_engine()
    first.step()
    first.close()
    last = log.append(Story().registered())
    second = new_engine()
    assert second.step() == 1
    assert told(cursor) == list(range(1, last + 1))


def test_an_event_is_read_once_for_all_views_that_stand_at_one_place(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    read_events: list[int] = []

    def read(*, after: int, limit: int, upto: int | None = None) -> Any:
        events = log.recorder.read(after=after, limit=limit, upto=upto)
        read_events.extend(event.position for event in events)
        return events

    source = SimpleNamespace(read=read, settled_position=log.recorder.settled_position)
    engine = new_engine(log=source, batch_events=4)
    log.append(*(Story().registered() for _ in range(10)))
    while engine.step():
        pass
    assert read_events == list(range(1, 11))
    # A view that is made anew reads for itself what the others have had.
    engine.close()
    read_events.clear()
    cursor.execute("TRUNCATE views.pool")
    cursor.execute("UPDATE views.positions SET position = 0 WHERE view = 'pool'")
    last = log.append(Story().registered())
    while engine.step():
        pass
    assert sorted(read_events) == [*range(1, 11), last, last]
    assert set(positions(cursor).values()) == {last}


def test_a_view_far_behind_does_not_hold_up_the_others(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    log.append(*(Story().registered() for _ in range(20)))
    engine = new_engine()
    engine.step()
    engine.close()
    cursor.execute("TRUNCATE views.pool")
    cursor.execute("UPDATE views.positions SET position = 0 WHERE view = 'pool'")
    last = log.append(Story().registered())
    slow = new_engine(batch_events=5)
    slow.step()
    stands = positions(cursor)
    assert stands.pop("pool") == 5
    assert set(stands.values()) == {last}
    while slow.step():
        pass
    cursor.execute("SELECT count(*) FROM views.pool")
    assert cursor.fetchone() == (last,)


def test_a_position_that_no_event_has_stops_nobody(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    log.append(Story().registered())
    cursor.execute("SELECT nextval('tenure.positions')")
    last = log.append(Story().registered())
    engine = new_engine(batch_events=1)
    assert [engine.step(), engine.step(), engine.step()] == [1, 1, 0]
    assert told(cursor) == [1, 3]
    assert set(positions(cursor).values()) == {last} == {3}


def test_rows_and_position_change_together(log: TestLog, new_engine: Any, cursor: Any) -> None:
    def fold(cursor: Any, batch: LogBatch) -> None:
        for entry in batch.entries:
            cursor.execute("INSERT INTO views.probe VALUES (%s)", (entry.position,))
            if entry.position == 5:
                raise KeyboardInterrupt

    def rows_and_position() -> tuple[int, int]:
        cursor.execute("SELECT count(*) FROM views.probe")
        return cursor.fetchone()[0], position_of(cursor, "probe")

    cursor.execute("CREATE TABLE views.probe (position bigint)")
    log.append(*(Story().registered() for _ in range(10)))
    engine = new_engine([adopt(cursor, a_view(fold=fold))], batch_events=3)
    engine.step()
    assert rows_and_position() == (3, 3)
    with pytest.raises(KeyboardInterrupt):
        engine.step()
    assert rows_and_position() == (3, 3)


# Several engines.


def test_two_engines_at_once_fold_every_event_exactly_once(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    engines = [new_engine(batch_events=7, poll_seconds=0.001) for _ in range(2)]
    with running(*engines):
        for _ in range(60):
            story = Story().registered().claimed()
            last = log.append(story, a_refusal(story.id))
        wait_until(lambda: set(positions(cursor).values()) == {last}, what="the views")
    assert told(cursor) == list(range(1, last + 1))
    cursor.execute("SELECT count(*) FROM views.agenda WHERE stage = 'waiting'")
    assert cursor.fetchone() == (60,)


def test_each_view_has_one_leader(log: TestLog, new_engine: Any) -> None:
    first, second = new_engine(), new_engine()
    first.step()
    second.step()
    assert {name for name, lag in first.lag().items() if lag.is_leader} == EVERY_VIEW
    assert not any(lag.is_leader for lag in second.lag().values())


def test_a_leader_that_was_given_up_on_cannot_write(
    database: Database, log: TestLog, cursor: Any
) -> None:
    log.append(*(Story().registered() for _ in range(4)))
    batch = LogBatch(
        [
            LogEntry(event.position, event.recorded_at, event.topic, decoded)
            for event in log.recorder.read(after=0, limit=10)
            for decoded in [log.mapper.to_domain_event(event)]
        ]
    )
    former, present = Follower(audit, database), Follower(audit, database)
    present.follow(LogBatch(batch.entries[:2]), 2)
    with pytest.raises(Overtaken):
        former.follow(batch, 4)
    assert told(cursor) == [1, 2]
    present.follow(batch, 4)
    assert told(cursor) == [1, 2, 3, 4]


def test_an_engine_that_was_overtaken_begins_again_from_the_rows(
    database: Database, log: TestLog, new_engine: Any, cursor: Any
) -> None:
    log.append(Story().registered())
    engine = new_engine()
    engine.step()
    last = log.append(*(Story().registered() for _ in range(3)))
    other = Follower(audit, database)
    entries = [
        LogEntry(event.position, event.recorded_at, event.topic, log.mapper.to_domain_event(event))
        for event in log.recorder.read(after=0, limit=10)
    ]
    other.follow(LogBatch(entries), last)
    while engine.step():
        pass
    engine.step()
    assert told(cursor) == list(range(1, last + 1))
    assert set(positions(cursor).values()) == {last}


def test_a_lost_connection_is_a_lost_lead_and_another_takes_over(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    first, second = new_engine(poll_seconds=0.01), new_engine(poll_seconds=0.01)
    with running(first, second):
        engines = (first, second)
        log.append(Story().registered())
        wait_until(lambda: any(_leads(engine) == EVERY_VIEW for engine in engines))
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        last = log.append(Story().registered())
        wait_until(lambda: set(positions(cursor).values()) == {last}, seconds_max=5)
    assert told(cursor) == list(range(1, last + 1))


# Waking and waiting.


def test_a_writer_of_the_same_process_wakes_the_engine(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    engine = new_engine(poll_seconds=30.0)
    with running(engine):
        wait_until(lambda: _leads(engine) == EVERY_VIEW)
        last = log.append(Story().registered())
        engine.wake()
        wait_until(lambda: set(positions(cursor).values()) == {last}, seconds_max=5)
        engine.wake()


def test_whoever_waits_for_a_position_gets_it(log: TestLog, new_engine: Any, cursor: Any) -> None:
    engine = new_engine()
    with running(engine):
        last = log.append(Story().registered())
        engine.wait_for(EVERY_VIEW, last, 10)
        assert min(positions(cursor).values()) >= last


def test_who_follows_elsewhere_is_waited_for_as_well(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    follower, reader = new_engine(), new_engine()
    with running(follower):
        last = log.append(Story().registered())
        reader.wait_for(["customers", "pool"], last, 10)


def test_waiting_in_vain_says_which_view_lags_by_how_much(log: TestLog, new_engine: Any) -> None:
    engine = new_engine()
    log.append(Story().registered())
    engine.step()
    last = log.append(Story().registered(), Story().registered())
    began = time.monotonic()
    with pytest.raises(ViewLagging) as raised:
        engine.wait_for(["pool"], last, 0.2)
    assert (raised.value.view, raised.value.lag) == ("pool", 2)
    assert 0.2 <= time.monotonic() - began < 2


def test_the_lag_of_each_view_is_told(log: TestLog, new_engine: Any, cursor: Any) -> None:
    engine = new_engine()
    last = log.append(*(Story().registered() for _ in range(3)))
    before = engine.lag()["tenures"]
    assert (before.position, before.settled, before.lag) == (0, last, last)
    assert (before.is_leader, before.is_current, before.failed) == (False, True, None)
    engine.step()
    after = engine.lag()["tenures"]
    assert (after.position, after.lag, after.is_leader) == (last, 0, True)


def test_a_stopped_engine_ends_at_once_and_lets_go(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    engine = new_engine(poll_seconds=0.05)
    stop = threading.Event()
    thread = threading.Thread(target=engine.run, args=(stop,))
    thread.start()
    wait_until(lambda: _leads(engine) == EVERY_VIEW)
    stop.set()
    thread.join(2)
    assert not thread.is_alive()
    other = new_engine()
    wait_until(lambda: other.step() == 0 and _leads(other) == EVERY_VIEW)


# Failures.


def failing_at(position: int, error: Exception) -> Callable[[Any, LogBatch], None]:
    def fold(cursor: Any, batch: LogBatch) -> None:
        if any(entry.position == position for entry in batch.entries):
            raise error

    return fold


def test_a_view_whose_fold_raises_is_set_aside_and_the_others_go_on(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    view = adopt(cursor, a_view(fold=failing_at(7, ValueError("cannot fold this"))))
    last = log.append(*(Story().registered().claimed() for _ in range(5)))
    engine = new_engine([*ALL, view])
    with structlog.testing.capture_logs() as logs:
        while engine.step():
            pass
    stands = positions(cursor)
    assert stands.pop("probe") == 6
    assert set(stands.values()) == {last}
    lag = engine.lag()["probe"]
    assert (lag.failed.position, lag.failed.topic) == (7, "customer.registered")
    assert lag.failed.error == "ValueError: cannot fold this"
    assert (lag.lag, lag.is_leader) == (last - 6, False)
    (entry,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (entry["view"], entry["position"], entry["topic"]) == ("probe", 7, "customer.registered")
    with pytest.raises(ViewLagging):
        engine.wait_for(["probe"], last, 60)


def test_a_view_that_was_set_aside_is_tried_again_by_the_next_engine(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    broken = adopt(cursor, a_view(fold=failing_at(1, RuntimeError("a bug"))))
    last = log.append(Story().registered())
    first = new_engine([broken])
    first.step()
    log.append(Story().registered())
    assert first.step() == 0
    assert first.lag()["probe"].failed is not None
    mended = new_engine([a_view()])
    while mended.step():
        pass
    assert mended.lag()["probe"].failed is None
    assert position_of(cursor, "probe") == last + 1


def test_an_error_of_the_database_in_a_fold_names_its_event(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    def fold(cursor: Any, batch: LogBatch) -> None:
        for entry in batch.entries:
            cursor.execute("SELECT 1 / (%s - 2)", (entry.position,))

    view = adopt(cursor, a_view(fold=fold))
    log.append(*(Story().registered() for _ in range(3)))
    engine = new_engine([view])
    engine.step()
    failed = engine.lag()["probe"].failed
    assert failed.position == 2
    assert "division by zero" in failed.error
    assert position_of(cursor, "probe") == 1


def test_an_event_that_cannot_be_read_sets_every_view_aside_before_it(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    def to_event(recorded: Any) -> Any:
        if recorded.position == 3:
            raise LookupError("a topic of a newer release")
        return log.mapper.to_domain_event(recorded)

    last = log.append(*(Story().registered() for _ in range(5)))
    engine = new_engine(to_event=to_event)
    while engine.step():
        pass
    assert set(positions(cursor).values()) == {2}
    assert {lag.failed.position for lag in engine.lag().values()} == {3}
    newer = new_engine()
    while newer.step():
        pass
    assert told(cursor) == list(range(1, last + 1))


def test_a_view_of_another_version_is_not_followed(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    view = adopt(cursor, a_view(version=2))
    log.append(Story().registered())
    older = new_engine([a_view(version=1), pool])
    while older.step():
        pass
    assert position_of(cursor, "probe") == 0
    assert position_of(cursor, "pool") == 1
    assert older.lag()["probe"].is_current is False
    newer = new_engine([view])
    while newer.step():
        pass
    assert position_of(cursor, "probe") == 1


def test_an_engine_waits_until_the_tables_are_made(
    log: TestLog, new_engine: Any, cursor: Any
) -> None:
    log.append(Story().registered())
    cursor.execute("ALTER TABLE views.positions RENAME TO hidden")
    engine = new_engine()
    with structlog.testing.capture_logs() as logs, running(engine):
        wait_until(lambda: any(entry["log_level"] == "error" for entry in logs))
        cursor.execute("ALTER TABLE views.hidden RENAME TO positions")
        wait_until(lambda: set(positions(cursor).values()) == {1})


def _leads(engine: Engine) -> set[str]:
    return {name for name, lag in engine.lag().items() if lag.is_leader}
