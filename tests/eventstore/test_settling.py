"""Readers pass no gap that a slower transaction fills later, and wait for nobody else."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pytest
from eventsourcing.persistence import InternalError, StoredEvent

from eventstore.appending import Append, apply_within
from eventstore.connections import Database
from eventstore.recorders import ApplicationRecorder
from eventstore.settling import Settling
from tests.eventstore.making import a_command, an_event, events
from tests.waiting import wait_until

LITTLE_PATIENCE = 0.05


@contextmanager
def open_append(database: Database, stored: list[StoredEvent]) -> Iterator[list[int]]:
    """The positions of an append whose transaction ends with the block."""
    with database.transaction() as cursor:
        yield apply_within(cursor, Append(stored))


@contextmanager
def foreign_write(database: Database) -> Iterator[None]:
    """A transaction that writes to another table and ends with the block."""
    with database.transaction() as cursor:
        cursor.execute("CREATE TABLE foreign_rows (value integer)")
        cursor.execute("INSERT INTO foreign_rows VALUES (1)")
        yield


@contextmanager
def long_read(database: Database) -> Iterator[None]:
    """A transaction that has read the log and ends with the block, as a dump's would."""
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM tenure.events")
        yield


def test_an_empty_log_is_settled_at_nothing(fresh: Database) -> None:
    recorder = ApplicationRecorder(fresh)
    assert recorder.settled_position() == 0
    assert recorder.read(after=0, limit=10) == []


def test_what_was_appended_is_settled_at_once(fresh: Database) -> None:
    recorder = ApplicationRecorder(fresh)
    for _ in range(5):
        assert recorder.insert_events(events(2))[-1] == recorder.settled_position()


def test_a_later_append_is_not_settled_before_an_earlier_one(fresh: Database) -> None:
    recorder, settling = ApplicationRecorder(fresh), Settling(fresh)
    with open_append(fresh, events(2)) as slow:
        fast = recorder.insert_events(events(1))
        assert slow == [1, 2]
        assert fast == [3]
        assert settling.position(patience_seconds=LITTLE_PATIENCE) == 0
        assert recorder.read(after=0, limit=10) == []
    assert settling.position() == 3
    assert [event.position for event in recorder.read(after=0, limit=10)] == [1, 2, 3]


def test_a_slow_append_is_waited_for_and_a_later_one_is_not(fresh: Database) -> None:
    recorder, settling = ApplicationRecorder(fresh), Settling(fresh)
    with ExitStack() as later:
        with open_append(fresh, events(1)):
            recorder.insert_events(events(1))
            assert settling.position(patience_seconds=LITTLE_PATIENCE) == 0
            later.enter_context(open_append(fresh, events(1)))
        assert settling.position(patience_seconds=LITTLE_PATIENCE) == 2
        assert settling.position(patience_seconds=LITTLE_PATIENCE) == 2


def test_a_foreign_transaction_is_not_waited_for(fresh: Database) -> None:
    recorder = ApplicationRecorder(fresh)
    with foreign_write(fresh):
        assert recorder.insert_events(events(2)) == [1, 2]
        assert recorder.settled_position() == 2


def test_a_long_read_of_the_log_is_not_waited_for(fresh: Database) -> None:
    recorder = ApplicationRecorder(fresh)
    with long_read(fresh), foreign_write(fresh):
        assert recorder.insert_events(events(2)) == [1, 2]
        assert recorder.settled_position() == 2


def test_an_append_that_has_only_its_positions_yet_is_waited_for(fresh: Database) -> None:
    recorder, settling = ApplicationRecorder(fresh), Settling(fresh)
    command = a_command("li-na", "key")
    with ThreadPoolExecutor(1) as other:
        with fresh.transaction() as cursor:
            cursor.execute(
                "INSERT INTO tenure.commands (id, actor, key, recorded_at)"
                " VALUES (gen_random_uuid(), 'li-na', 'key', clock_timestamp())"
            )
            stuck = other.submit(recorder.insert_events, events(1), command=command)
            wait_until(lambda: handed_out(fresh) == 1)
            assert recorder.insert_events(events(1)) == [2]
            assert settling.position(patience_seconds=LITTLE_PATIENCE) == 0
            cursor.connection.rollback()
        assert stuck.result() == [1]
    assert settling.position() == 2


def handed_out(database: Database) -> int:
    with database.autocommit() as cursor:
        cursor.execute("SELECT last_value FROM tenure.positions WHERE is_called")
        row = cursor.fetchone()
        return row[0] if row else 0


def test_positions_of_a_failed_append_stay_empty_and_hold_nobody_up(fresh: Database) -> None:
    recorder = ApplicationRecorder(fresh)
    with pytest.raises(ZeroDivisionError), open_append(fresh, events(3)):
        raise ZeroDivisionError
    assert recorder.settled_position() == 0
    assert recorder.insert_events(events(1)) == [4]
    assert recorder.settled_position() == 4


def test_a_read_reaches_as_far_as_asked_and_settled(fresh: Database) -> None:
    recorder = ApplicationRecorder(fresh)
    recorder.insert_events(events(10))
    assert [event.position for event in recorder.read(after=2, limit=3)] == [3, 4, 5]
    assert [event.position for event in recorder.read(after=2, limit=9, upto=4)] == [3, 4]
    assert [event.position for event in recorder.read(after=8, limit=9, upto=99)] == [9, 10]


def test_settling_refuses_a_transaction_that_sees_nothing_new(fresh_url: str) -> None:
    with closing(Database(fresh_url, size=1)) as database:
        with database.autocommit() as cursor:
            cursor.execute("SET default_transaction_isolation = 'repeatable read'")
        with pytest.raises(InternalError, match="repeatable read"):
            ApplicationRecorder(database).settled_position()


@pytest.mark.parametrize(
    "seconds", [4.0, pytest.param(60.0, marks=[pytest.mark.long])], ids=["short", "long"]
)
def test_a_follower_misses_nothing_and_gets_nothing_twice(fresh_url: str, seconds: float) -> None:
    with (
        closing(Database(fresh_url, size=16)) as database,
        closing(Database(fresh_url, idle_timeout_seconds=0)) as foreign,
    ):
        race = Race(database)
        with foreign_write(foreign):
            seen, longest_stall = race.run(seconds)
        seen += [event.position for event in race.recorder.read(after=seen[-1], limit=1_000_000)]
        assert sorted(race.committed) == seen
        assert len(seen) > 10 * seconds
        # The foreign transaction lasts as long as the race, a slow writer 0.3 seconds at the most.
        assert longest_stall < min(10.0, 0.75 * seconds)


class Race:
    """12 writers, of which 4 end their transactions late, and one follower."""

    writers_count = 12
    slow_writers_count = 4
    slow_seconds_max = 0.3

    def __init__(self, database: Database) -> None:
        self.database = database
        self.recorder = ApplicationRecorder(database)
        self.committed: list[int] = []
        self.stop = threading.Event()

    def run(self, seconds: float) -> tuple[list[int], float]:
        """The positions that the follower got, and how long it once waited for the next ones."""
        writers = [
            threading.Thread(target=self._write, args=(nth,)) for nth in range(self.writers_count)
        ]
        timer = threading.Timer(seconds, self.stop.set)
        for thread in (*writers, timer):
            thread.start()
        seen, longest_stall = self._follow()
        for thread in (*writers, timer):
            thread.join()
        return seen, longest_stall

    def _write(self, nth: int) -> None:
        random_ = random.Random(nth)
        while not self.stop.is_set():
            stored = [an_event() for _ in range(random_.randint(1, 3))]
            if nth >= self.slow_writers_count:
                self.committed += self.recorder.insert_events(stored)
                continue
            with self.database.transaction() as cursor:
                positions = apply_within(cursor, Append(stored))
                self.stop.wait(random_.random() * self.slow_seconds_max)
            self.committed += positions

    def _follow(self) -> tuple[list[int], float]:
        seen = [0]
        longest_stall, moved_at = 0.0, time.monotonic()
        while not self.stop.is_set():
            batch = self.recorder.read(after=seen[-1], limit=5000)
            seen += [event.position for event in batch]
            now = time.monotonic()
            longest_stall = max(longest_stall, now - moved_at)
            if batch:
                moved_at = now
        return seen[1:], longest_stall
