"""The access log: durable before anything is shown, gapless, never changed."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import psycopg2
import pytest

from api.access.entries import Entry
from api.access.log import AccessLog, CapReached
from api.access.migrating import MIGRATIONS
from domain.errors import Unavailable
from eventstore.connections import Database


@pytest.fixture
def log(database: Database) -> AccessLog:
    return AccessLog(database, database.now)


def entries(database: Database) -> list[tuple[int, str, bytes]]:
    with database.autocommit() as cursor:
        cursor.execute("SELECT position, member, state FROM access.entries ORDER BY position")
        return cursor.fetchall()


@pytest.mark.clause("S0-25")
def test_an_entry_names_the_person_and_the_time(log: AccessLog, database: Database) -> None:
    customer = uuid4()
    log.record(Entry("details-read", "li", "holder", customer, {"fields": ["phone"]}, "r1", "::1"))
    position, member, state = entries(database)[-1]
    told = msgspec.json.decode(state)
    assert (member, told["member"], told["customer_id"]) == ("li", "li", str(customer))
    assert told["at"].endswith("Z")
    assert position == len(entries(database))


def test_many_threads_leave_no_gap_and_lose_nothing(log: AccessLog, database: Database) -> None:
    before = len(entries(database))
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda n: log.record(Entry("exported", f"m{n}", "role")), range(200)))
    found = entries(database)
    assert [position for position, _, _ in found] == list(range(1, before + 201))
    assert {member for _, member, _ in found[before:]} == {f"m{n}" for n in range(200)}


@pytest.mark.parametrize(
    "change", ["UPDATE access.entries SET member = 'x'", "TRUNCATE access.entries"]
)
def test_an_entry_is_never_changed(log: AccessLog, database_url: str, change: str) -> None:
    log.record(Entry("signed-in", "li"))
    with (
        closing(psycopg2.connect(database_url)) as connection,
        connection.cursor() as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute(change)


def test_what_cannot_be_written_may_not_be_shown(database_url: str) -> None:
    gone = Database(database_url, wait_seconds=0.1)
    log = AccessLog(gone, gone.now)
    gone.close()
    with pytest.raises(Unavailable):
        log.record(Entry("signed-in", "li"))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO access.entries VALUES (9223372036854775807, now(), 'x', 'x', NULL, '')",
        "INSERT INTO access.about VALUES (gen_random_uuid(), 1)",
        "UPDATE access.entries SET member = 'x'",
        "DELETE FROM access.entries",
        "TRUNCATE access.entries",
        "UPDATE access.reads_a_day SET details = 0",
        "DELETE FROM access.seen_a_day",
        "SELECT access.count_read('li', current_date, 'exported', 0, 1)",
    ],
)
@pytest.mark.parametrize("role", ["tenure_app", "tenure_auditor"])
def test_nobody_writes_into_the_log_but_by_recording(
    log: AccessLog, database_url: str, role: str, statement: str
) -> None:
    log.record(Entry("signed-in", "li"))
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)


def test_the_service_records_and_the_auditor_only_reads(log: AccessLog, database_url: str) -> None:
    record = (
        "SELECT access.record(ARRAY[now()], ARRAY['signed-in'], ARRAY['li'], ARRAY[NULL::uuid],"
        " ARRAY['{}'::bytea], '{}', '{}', ARRAY[NULL::integer])"
    )
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SET ROLE tenure_app")
        cursor.execute(record)
        connection.commit()
        cursor.execute("SET ROLE tenure_auditor")
        cursor.execute("SELECT count(*) FROM access.entries")
        assert cursor.fetchone() > (0,)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(record)


@pytest.mark.parametrize("name", ["li\0na", "x" * 5000, "\ud800", "a\nb"])
def test_a_name_that_somebody_typed_never_keeps_the_others_from_being_written(
    log: AccessLog, database: Database, name: str
) -> None:
    log.record(Entry("sign-in-failed", name, client="::1"))
    _, member, _ = entries(database)[-1]
    assert member.isprintable()
    assert len(member) <= 100


def test_an_entry_that_cannot_be_written_fails_alone(log: AccessLog, database: Database) -> None:
    before = len(entries(database))

    def write(number: int) -> bool:
        facts = {"what": object()} if number % 4 == 0 else {}
        try:
            log.record(Entry("exported", "li", facts=facts))
        except TypeError:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        written = list(threads.map(write, range(64)))
    assert written.count(True) == 48
    assert len(entries(database)) == before + 48


def test_reads_are_counted_by_member_and_day_of_shanghai(
    log: AccessLog, database: Database
) -> None:
    first, second = uuid4(), uuid4()
    evening = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)
    for at in (evening, evening + timedelta(minutes=1)):
        for customer in (first, first, second):
            log.record(Entry("details-read", "xu", "holder", customer, at=at))
        log.record(Entry("collision-asked", "xu", customer_ids=[first, second], at=at))
        log.record(Entry("exported", "xu", at=at), Entry("export-ended", "xu", at=at))
        log.record(Entry("waiting-read", "xu", customer_ids=[uuid4(), uuid4()], at=at))
    with database.autocommit() as cursor:
        cursor.execute(
            "SELECT day::text, details, searches, exports FROM access.reads_a_day"
            " WHERE member = 'xu' ORDER BY day"
        )
        assert cursor.fetchall() == [("2026-03-02", 2, 1, 1), ("2026-03-03", 2, 1, 1)]
        cursor.execute("SELECT DISTINCT day::text FROM access.seen_a_day WHERE member = 'xu'")
        assert cursor.fetchall() == [("2026-03-03",)]


def test_rows_that_were_exported_before_they_were_counted_are_counted_by_the_migration(
    log: AccessLog, database: Database, database_url: str
) -> None:
    """A page of events tells its rows with the export itself, a file at its end."""
    at = datetime(2026, 3, 5, 1, tzinfo=UTC)
    file = {"view": "board", "rows": 40, "complete": True}
    log.record(
        Entry("exported", "early", facts={"view": "events", "rows": 7}, at=at),
        Entry("exported", "early", facts={"view": "board"}, at=at),
        Entry("export-ended", "early", facts=file, at=at),
        Entry("export-ended", "early", facts=file, at=at + timedelta(days=1)),
    )
    counted = [("2026-03-05", 2, 47), ("2026-03-06", 0, 40)]
    asked = "SELECT day::text, exports, exported FROM access.reads_a_day WHERE member = 'early'"
    with database.autocommit() as cursor:
        cursor.execute(f"{asked} ORDER BY day")
        assert cursor.fetchall() == counted
    migration = (MIGRATIONS / "0012_exported_rows.sql").read_text("utf-8")
    backfill = "INSERT INTO" + migration.partition("INSERT INTO")[2].partition(";")[0]
    with closing(psycopg2.connect(database_url)) as owner, owner.cursor() as cursor:
        cursor.execute("UPDATE access.reads_a_day SET exported = 0")
        cursor.execute("DELETE FROM access.reads_a_day WHERE day = '2026-03-06'")
        cursor.execute(backfill)
        cursor.execute(f"{asked} ORDER BY day")
        assert cursor.fetchall() == counted
        owner.rollback()


def test_a_cap_counts_each_customer_once_a_day_whatever_the_race(
    log: AccessLog, database: Database
) -> None:
    customers = [uuid4() for _ in range(40)]
    at = datetime(2026, 3, 2, 1, tzinfo=UTC)

    def read(customer: UUID) -> bool:
        try:
            log.record(Entry("details-read", "bo", "role", customer, at=at, details_max=10))
        except CapReached:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(read, customers)).count(True) == 10
    seen = [customer for customer in customers if read(customer)]
    assert len(seen) == 10
    log.record(Entry("details-read", "bo", "role", seen[0], at=at + timedelta(days=1)))
    before = len(entries(database))
    both = {"customer_ids": [seen[1], uuid4()], "at": at, "details_max": 10}
    with pytest.raises(CapReached):
        log.record(Entry("details-read", "bo", "role", **both))
    assert len(entries(database)) == before
