"""Appends: positions, commands, idempotency keys, the clock, races."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent

from eventstore.connections import Database
from eventstore.recorders import ApplicationRecorder
from eventstore.records import CommandRecord, SubjectKey
from tests.eventstore.making import a_command, an_event, events

INSTANT = datetime(2026, 3, 5, 6, 3, 0, 123456, tzinfo=UTC)


def test_positions_are_consecutive_in_the_order_of_the_events(
    recorder: ApplicationRecorder,
) -> None:
    streams = sorted((uuid4() for _ in range(5)), reverse=True)
    stored = [an_event(stream) for stream in streams]
    positions = recorder.insert_events(stored)
    assert positions == list(range(positions[0], positions[0] + 5))
    log = recorder.read(after=positions[0] - 1, limit=5)
    assert [event.originator_id for event in log] == streams


def test_an_answer_carries_the_position_of_the_last_event(recorder: ApplicationRecorder) -> None:
    command = a_command(key="key-1", version=2, names=["春意"], position=None)
    positions = recorder.insert_events(events(2), command=command)
    stored = recorder.load([], actor=command.actor, key="key-1").command
    assert stored is not None
    assert stored.id == command.id
    assert stored.request == command.request
    assert stored.answer == {"version": 2, "names": ["春意"], "position": positions[-1]}


def test_a_command_without_events_keeps_its_answer(recorder: ApplicationRecorder) -> None:
    assert recorder.insert_events([], command=a_command(key="nothing", position=7)) == []
    stored = recorder.load([], actor="zhang-wei", key="nothing").command
    assert stored is not None
    assert stored.answer == {"position": 7}


def test_a_key_is_taken_once_by_one_actor_and_nothing_else_is_written(
    recorder: ApplicationRecorder,
) -> None:
    recorder.insert_events(events(1), command=a_command("li-na", "key-2"))
    stream = uuid4()
    with pytest.raises(IntegrityError):
        recorder.insert_events(
            [an_event(stream)],
            command=a_command("li-na", "key-2"),
            keys=[SubjectKey(stream, b"wrapped")],
        )
    assert recorder.select_events(stream) == []
    assert recorder.subject_keys([stream]) == {}
    assert recorder.insert_events([an_event(stream)], command=a_command("wang-fang", "key-2"))


def test_commands_without_a_key_do_not_meet(recorder: ApplicationRecorder) -> None:
    for _ in range(2):
        assert recorder.insert_events(events(1), command=a_command("li-na"))


def test_a_lost_race_writes_neither_command_nor_key(recorder: ApplicationRecorder) -> None:
    stream = uuid4()
    recorder.insert_events([an_event(stream)])
    with pytest.raises(IntegrityError):
        recorder.insert_events(
            [an_event(), an_event(stream)],
            command=a_command(key="loser"),
            keys=[SubjectKey(stream, b"wrapped")],
        )
    assert recorder.load([], actor="zhang-wei", key="loser").command is None
    assert recorder.subject_keys([stream]) == {}


def test_keys_of_subjects_come_back_and_destroyed_ones_are_missing(
    recorder: ApplicationRecorder, database: Database
) -> None:
    kept, destroyed, unknown = uuid4(), uuid4(), uuid4()
    keys = [SubjectKey(kept, b"\x00\xff"), SubjectKey(destroyed, b"1")]
    recorder.insert_events(events(1), keys=keys)
    with database.autocommit() as cursor:
        cursor.execute(
            "UPDATE tenure_keys.subject_keys SET wrapped = NULL, destroyed_at = clock_timestamp()"
            " WHERE subject_id = %s",
            (destroyed,),
        )
    assert recorder.subject_keys([kept, destroyed, unknown]) == {kept: b"\x00\xff"}


def test_a_load_brings_only_what_is_not_known_in_the_order_of_streams(
    recorder: ApplicationRecorder,
) -> None:
    first, second = sorted((uuid4(), uuid4()))
    recorder.insert_events([*events(3, second), *events(2, first)])
    loaded = recorder.load([(second, 1), (first, 0), (uuid4(), 0)])
    places = [(event.originator_id, event.originator_version) for event in loaded.events]
    assert places == [(first, 1), (first, 2), (second, 2), (second, 3)]
    assert loaded.command is None
    assert loaded.now >= loaded.events[-1].recorded_at
    assert loaded.now.utcoffset() == timedelta(0)


def test_a_load_of_nothing_tells_the_time(recorder: ApplicationRecorder) -> None:
    loaded = recorder.load([])
    assert loaded.events == []
    assert abs(loaded.now - recorder.now()) < timedelta(seconds=10)


@pytest.mark.parametrize(
    "state",
    [b"", b"\x00\xff\\x", "汉字 'quoted' \\ %s {} \U0001f600".encode(), bytes(range(256)) * 400],
)
def test_states_are_kept_byte_by_byte(recorder: ApplicationRecorder, state: bytes) -> None:
    stored = StoredEvent(uuid4(), 1, 'topic "%s" \\ {a,b}', state)
    recorder.insert_events([stored])
    assert recorder.select_events(stored.originator_id) == [stored]
    assert recorder.load([(stored.originator_id, 0)]).events[0].state == state


def test_stamps_ascend_with_the_positions(fresh: Database) -> None:
    recorder = ApplicationRecorder(fresh)
    with ThreadPoolExecutor(8) as writers:
        for _ in range(200):
            writers.submit(recorder.insert_events, events(2))
    log = recorder.read(after=0, limit=1000)
    assert len(log) == 400
    assert log == sorted(log, key=lambda event: (event.recorded_at, event.position))


@pytest.fixture
def test_clock(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url, clock=lambda: INSTANT)) as database:
        yield database


def test_the_test_clock_replaces_every_time(test_clock: Database) -> None:
    recorder = ApplicationRecorder(test_clock)
    stream = uuid4()
    recorder.insert_events([an_event(stream)], command=a_command(key="clock"))
    loaded = recorder.load([(stream, 0)], actor="zhang-wei", key="clock")
    assert loaded.command is not None
    times = {loaded.now, recorder.now(), test_clock.now(), loaded.command.recorded_at}
    assert {*times, loaded.events[0].recorded_at} == {INSTANT}


def test_commands_are_forgotten_after_their_time_alone(
    recorder: ApplicationRecorder, test_clock: Database
) -> None:
    ApplicationRecorder(test_clock).insert_events(events(1), command=a_command(key="old"))
    recorder.insert_events(events(1), command=a_command(key="new"))
    assert recorder.forget_commands(older_than=timedelta(days=30)) >= 1
    assert recorder.forget_commands(older_than=timedelta(days=30)) == 0
    assert recorder.load([], actor="zhang-wei", key="old").command is None
    assert recorder.load([], actor="zhang-wei", key="new").command is not None


def test_one_of_many_wins_a_version(recorder: ApplicationRecorder) -> None:
    stream = uuid4()

    def attempt(_: int) -> bool:
        try:
            recorder.insert_events(events(2, stream))
        except IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(16) as writers:
        assert sum(writers.map(attempt, range(48))) == 1
    assert len(recorder.select_events(stream)) == 2


def test_opposite_orders_of_the_same_streams_do_not_deadlock(
    recorder: ApplicationRecorder,
) -> None:
    lost: list[int] = []
    start = threading.Barrier(4, timeout=10)
    streams = [uuid4() for _ in range(200)]

    def write(direction: int) -> None:
        for version in range(1, 16):
            start.wait()
            try:
                recorder.insert_events([an_event(s, version) for s in streams[::direction]])
            except IntegrityError:
                lost.append(version)

    with ThreadPoolExecutor(4) as writers:
        for writing in [writers.submit(write, direction) for direction in (1, -1, 1, -1)]:
            writing.result()
    assert len(lost) == 45


def test_a_stuck_table_is_an_error_and_no_hang(database_url: str) -> None:
    with (
        closing(Database(database_url, lock_timeout_seconds=0.2)) as hurried,
        closing(Database(database_url)) as other,
    ):
        with other.transaction() as cursor:
            cursor.execute("LOCK TABLE tenure.events IN SHARE MODE")
            with pytest.raises(OperationalError):
                ApplicationRecorder(hurried).insert_events(events(1))
        assert ApplicationRecorder(hurried).insert_events(events(1))


def test_a_stuck_allocation_is_an_error_and_leaves_no_lock_behind(database_url: str) -> None:
    with (
        closing(Database(database_url, lock_timeout_seconds=0.2, size=1)) as hurried,
        closing(Database(database_url)) as other,
    ):
        with other.autocommit() as cursor:
            cursor.execute("SELECT pg_advisory_lock(127978993709669)")
            with pytest.raises(OperationalError):
                ApplicationRecorder(hurried).insert_events(events(1))
            cursor.execute("SELECT pg_advisory_unlock(127978993709669)")
        assert ApplicationRecorder(hurried).insert_events(events(1))


def test_a_command_id_is_applied_once(recorder: ApplicationRecorder) -> None:
    command = CommandRecord(uuid4(), "li-na", None, b"", {})
    recorder.insert_events(events(1), command=command)
    with pytest.raises(IntegrityError):
        recorder.insert_events(events(1), command=command)
