"""The access log: durable before anything is shown, gapless, never changed."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import uuid4

import msgspec
import psycopg2
import pytest

from api.access.entries import Entry
from api.access.log import AccessLog
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
