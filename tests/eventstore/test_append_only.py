"""The database refuses to change what was recorded, whoever asks."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from uuid import uuid4

import pytest
from eventsourcing.persistence import ProgrammingError, Tracking

from api.embedded import EmbeddedPostgres
from eventstore import Factory
from eventstore.connections import Database
from eventstore.recorders import ApplicationRecorder, ProcessRecorder
from eventstore.records import SubjectKey
from tests.eventstore.making import a_command, an_event, events

CHANGES = [
    "UPDATE tenure.events SET topic = 'forged'",
    "UPDATE tenure.events SET topic = 'forged' WHERE position = -1",
    "DELETE FROM tenure.events",
    "TRUNCATE tenure.events",
    "TRUNCATE tenure.events CASCADE",
    "INSERT INTO tenure.events SELECT * FROM tenure.events"
    " ON CONFLICT (position) DO UPDATE SET topic = 'forged'",
    "MERGE INTO tenure.events e USING tenure.events f ON e.position = f.position"
    " WHEN MATCHED THEN DELETE",
]


@pytest.fixture
def app(postgres: EmbeddedPostgres, database_name: str) -> Iterator[Database]:
    url = postgres.url(role="tenure_app", database=database_name)
    with closing(Database(url)) as database:
        yield database


@pytest.fixture
def auditor(postgres: EmbeddedPostgres, database_name: str) -> Iterator[Database]:
    url = postgres.url(role="tenure_auditor", database=database_name)
    with closing(Database(url)) as database:
        yield database


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_cannot_change_the_log(
    database: Database, recorder: ApplicationRecorder, change: str
) -> None:
    recorder.insert_events(events(2))
    before = recorder.read(after=0, limit=1000)
    with pytest.raises(ProgrammingError, match="refused"), database.autocommit() as cursor:
        cursor.execute(change)
    assert recorder.read(after=0, limit=1000) == before


def test_a_replication_role_cannot_change_the_log(
    database: Database, recorder: ApplicationRecorder
) -> None:
    recorder.insert_events(events(1))
    with pytest.raises(ProgrammingError, match="refused"), database.autocommit() as cursor:
        cursor.execute("SET session_replication_role = replica; DELETE FROM tenure.events")


@pytest.mark.parametrize("change", [*CHANGES, "SELECT setval('tenure.positions', 1)"])
def test_the_app_may_not_change_the_log(app: Database, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), app.autocommit() as cursor:
        cursor.execute(change)


def test_the_app_may_do_all_that_a_recorder_does(app: Database) -> None:
    recorder = Factory.with_database(app, {"CREATE_TABLE": "y"}).application_recorder()
    stream = uuid4()
    command = a_command(key="as the app")
    keys = [SubjectKey(stream, b"wrapped")]
    positions = recorder.insert_events([an_event(stream)], command=command, keys=keys)
    assert recorder.settled_position() == positions[-1]
    assert recorder.read(after=positions[-1] - 1, limit=1)[0].originator_id == stream
    assert recorder.load([(stream, 0)], actor=command.actor, key=command.key).command is not None
    assert recorder.subject_keys([stream]) == {stream: b"wrapped"}
    assert recorder.forget_commands(older_than=timedelta(0)) >= 1
    process = ProcessRecorder(app, follower="app")
    process.insert_events(events(1), tracking=Tracking("upstream", 1))
    assert process.max_tracking_id("upstream") == 1


def test_the_auditor_reads_the_log_as_json_and_never_the_keys(
    auditor: Database, recorder: ApplicationRecorder
) -> None:
    stream = uuid4()
    recorder.insert_events(
        [an_event(stream, 1, '{"holder":"李娜"}'.encode()), an_event(stream, 2, b"\xff")]
    )
    with auditor.autocommit() as cursor:
        cursor.execute(
            "SELECT version, topic, state ->> 'holder', recorded_at IS NOT NULL"
            " FROM tenure.event_log WHERE stream = %s ORDER BY position",
            (stream,),
        )
        assert cursor.fetchall() == [
            (1, "test.happened", "李娜", True),
            (2, "test.happened", None, True),
        ]
    for forbidden in (
        "SELECT * FROM tenure_keys.subject_keys",
        "SELECT * FROM tenure.commands",
        "SELECT nextval('tenure.positions')",
        "INSERT INTO tenure.events SELECT * FROM tenure.events",
    ):
        with pytest.raises(ProgrammingError), auditor.autocommit() as cursor:
            cursor.execute(forbidden)
