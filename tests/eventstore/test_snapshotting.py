"""Snapshots: what a load begins with instead of the events before; kept beside the log."""

import time
from contextlib import closing
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import OperationalError, PersistenceError, StoredEvent

from api.embedded import EmbeddedPostgres
from eventstore.connections import Database
from eventstore.recorders import ApplicationRecorder
from eventstore.records import Loaded
from tests.eventstore.making import a_command, events

TOPIC = "test.snapshot.2"
WANTED = (TOPIC, "test.other_kind.1")


def a_snapshot(stream: UUID, version: int, topic: str = TOPIC, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(stream, version, topic, state)


@pytest.fixture
def stream(recorder: ApplicationRecorder) -> UUID:
    """A stream of six events."""
    made = uuid4()
    recorder.insert_events(events(6, made))
    return made


def versions(loaded: Loaded) -> tuple[list[int], list[int]]:
    """Of the snapshots and of the events."""
    return (
        [found.originator_version for found in loaded.snapshots],
        [found.originator_version for found in loaded.events],
    )


def kept(database: Database, stream: UUID) -> list[tuple[int, str, bytes]]:
    with database.autocommit() as cursor:
        cursor.execute(
            "SELECT originator_version, topic, state FROM tenure.snapshots"
            " WHERE originator_id = %s ORDER BY originator_version",
            (stream,),
        )
        return cursor.fetchall()


def insert(database: Database, *snapshots: StoredEvent) -> None:
    """Several of one stream, as processes that do not know of each other would leave them."""
    with database.autocommit() as cursor:
        for shot in snapshots:
            cursor.execute(
                "INSERT INTO tenure.snapshots VALUES (%s, %s, %s, %s)",
                (shot.originator_id, shot.originator_version, shot.topic, shot.state),
            )


def test_a_load_begins_with_the_newest_snapshot(
    recorder: ApplicationRecorder, database: Database, stream: UUID
) -> None:
    state = bytes(range(256)) + "汉字 '%s' \\ {}".encode()
    insert(database, a_snapshot(stream, 2), a_snapshot(stream, 4, state=state))
    loaded = recorder.load([(stream, 0)], snapshot_topics=WANTED)
    assert loaded.snapshots == [a_snapshot(stream, 4, state=state)]
    assert versions(loaded) == ([4], [5, 6])


def test_a_load_may_end_with_the_snapshot(
    recorder: ApplicationRecorder, database: Database, stream: UUID
) -> None:
    insert(database, a_snapshot(stream, 6))
    assert versions(recorder.load([(stream, 0)], snapshot_topics=WANTED)) == ([6], [])


def test_a_snapshot_under_another_topic_is_passed_over(
    recorder: ApplicationRecorder, database: Database, stream: UUID
) -> None:
    insert(database, a_snapshot(stream, 3), a_snapshot(stream, 5, "test.snapshot.3"))
    assert versions(recorder.load([(stream, 0)], snapshot_topics=WANTED)) == ([3], [4, 5, 6])
    loaded = recorder.load([(stream, 0)], snapshot_topics=("test.snapshot.1",))
    assert versions(loaded) == ([], [1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize(("known", "found"), [(2, ([3], [4, 5, 6])), (3, ([], [4, 5, 6]))])
def test_what_is_known_already_needs_no_snapshot(
    recorder: ApplicationRecorder,
    database: Database,
    stream: UUID,
    known: int,
    found: tuple[list[int], list[int]],
) -> None:
    insert(database, a_snapshot(stream, 3))
    assert versions(recorder.load([(stream, known)], snapshot_topics=WANTED)) == found


def test_without_topics_every_event_comes(
    recorder: ApplicationRecorder, database: Database, stream: UUID
) -> None:
    insert(database, a_snapshot(stream, 3))
    assert versions(recorder.load([(stream, 0)])) == ([], [1, 2, 3, 4, 5, 6])


def test_streams_with_and_without_snapshots_come_in_their_order(
    recorder: ApplicationRecorder, database: Database
) -> None:
    first, second, third = sorted(uuid4() for _ in range(3))
    command = a_command(key="with snapshots", version=3)
    stored = [*events(2, third), *events(3, first), *events(3, second)]
    recorder.insert_events(stored, command=command)
    insert(database, a_snapshot(second, 2), a_snapshot(third, 1))
    loaded = recorder.load(
        [(third, 0), (second, 0), (uuid4(), 0), (first, 1)],
        actor=command.actor,
        key=command.key,
        snapshot_topics=WANTED,
    )
    assert [shot.originator_id for shot in loaded.snapshots] == [second, third]
    assert [(event.originator_id, event.originator_version) for event in loaded.events] == [
        (first, 2),
        (first, 3),
        (second, 3),
        (third, 2),
    ]
    assert loaded.command is not None
    assert loaded.command.answer["version"] == 3
    assert loaded.now >= loaded.events[-1].recorded_at


def test_the_newest_snapshot_of_a_stream_is_kept_and_no_older_one(
    recorder: ApplicationRecorder, database: Database
) -> None:
    first, second = uuid4(), uuid4()
    recorder.keep_snapshots([a_snapshot(first, 2), a_snapshot(second, 3)])
    recorder.keep_snapshots([a_snapshot(first, 5, "test.snapshot.3")])
    assert kept(database, first) == [(5, "test.snapshot.3", b"{}")]
    assert kept(database, second) == [(3, TOPIC, b"{}")]


def test_a_snapshot_that_is_there_already_stays(
    recorder: ApplicationRecorder, database: Database
) -> None:
    stream = uuid4()
    recorder.keep_snapshots([a_snapshot(stream, 2, state=b"first")])
    recorder.keep_snapshots([a_snapshot(stream, 2, state=b"second")])
    assert kept(database, stream) == [(2, TOPIC, b"first")]


def test_a_late_snapshot_harms_no_newer_one(
    recorder: ApplicationRecorder, database: Database, stream: UUID
) -> None:
    recorder.keep_snapshots([a_snapshot(stream, 4)])
    recorder.keep_snapshots([a_snapshot(stream, 2)])
    assert versions(recorder.load([(stream, 0)], snapshot_topics=WANTED)) == ([4], [5, 6])
    recorder.keep_snapshots([a_snapshot(stream, 6)])
    assert [version for version, _, _ in kept(database, stream)] == [6]


def test_nobody_waits_for_the_disk_to_keep_a_snapshot(fresh: Database) -> None:
    with fresh.autocommit() as cursor:
        cursor.execute(
            "CREATE TABLE seen (setting text);"
            "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;"
            "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON tenure.snapshots"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION see()"
        )
    durable = f"{fresh.url}{'&' if '?' in fresh.url else '?'}options=-c%20synchronous_commit%3Don"
    with closing(Database(durable, size=1)) as single:
        ApplicationRecorder(single).keep_snapshots([a_snapshot(uuid4(), 1)])
        with single.autocommit() as cursor:
            cursor.execute("SELECT setting, current_setting('synchronous_commit') FROM seen")
            # What comes next on that connection is as durable as ever.
            assert cursor.fetchall() == [("off", "on")]


def test_a_snapshot_is_tried_once(postgres: EmbeddedPostgres, database_url: str) -> None:
    with (
        closing(Database(database_url, lock_timeout_seconds=0.2)) as hurried,
        closing(Database(database_url)) as other,
        other.transaction() as cursor,
    ):
        cursor.execute("LOCK TABLE tenure.snapshots")
        with pytest.raises(OperationalError):
            ApplicationRecorder(hurried).keep_snapshots([a_snapshot(uuid4(), 1)])
    gone = Database(postgres.url(database="never_made"), wait_seconds=60)
    began = time.monotonic()
    with pytest.raises(PersistenceError):
        ApplicationRecorder(gone).keep_snapshots([a_snapshot(uuid4(), 1)])
    assert time.monotonic() - began < 30


def test_the_app_may_keep_snapshots_and_read_them(
    postgres: EmbeddedPostgres, database_name: str
) -> None:
    url = postgres.url(role="tenure_app", database=database_name)
    with closing(Database(url)) as app:
        recorder, stream = ApplicationRecorder(app), uuid4()
        recorder.insert_events(events(3, stream))
        for version in (1, 2):
            recorder.keep_snapshots([a_snapshot(stream, version)])
        assert versions(recorder.load([(stream, 0)], snapshot_topics=WANTED)) == ([2], [3])
        assert [version for version, _, _ in kept(app, stream)] == [2]


@pytest.fixture
def grown(fresh: Database) -> Database:
    """50,000 events of 5,000 streams, every second of which has a snapshot."""
    with fresh.autocommit() as cursor:
        cursor.execute(
            "INSERT INTO tenure.events SELECT nextval('tenure.positions'), md5(nth::text)::uuid,"
            " version, 'test.happened', '{}', now()"
            " FROM generate_series(1, 5000) AS nth, generate_series(1, 10) AS version"
        )
        cursor.execute(
            "INSERT INTO tenure.snapshots SELECT md5(nth::text)::uuid, 8, %s, '{}'"
            " FROM generate_series(1, 5000, 2) AS nth",
            (TOPIC,),
        )
        cursor.execute("ANALYZE")
    return fresh


def test_a_load_reads_neither_table_as_a_whole(grown: Database) -> None:
    recorder, stream = ApplicationRecorder(grown), UUID("c4ca4238a0b923820dcc509a6f75849b")
    assert versions(recorder.load([(stream, 0)], snapshot_topics=WANTED)) == ([8], [9, 10])
    with grown.autocommit() as cursor:  # the connection that has just prepared the statement
        cursor.execute(
            "EXPLAIN EXECUTE tenure_load_from_snapshots(%s::uuid[], '{0}', %s, NULL, NULL)",
            ([str(stream)], list(WANTED)),
        )
        plan = "\n".join(line for (line,) in cursor)
    assert "using snapshots_pkey" in plan
    assert "events_originator_id_originator_version_key" in plan
    assert "Seq Scan on events" not in plan
    assert "Seq Scan on snapshots" not in plan
