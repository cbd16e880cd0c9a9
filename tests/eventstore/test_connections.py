"""The pool: threads share it, broken connections are replaced, what is stuck ends."""

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import psycopg2
import pytest
from eventsourcing import persistence
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.connections import Database
from eventstore.errors import ConnectionLostError
from tests.waiting import wait_until


@pytest.fixture
def single(database_url: str) -> Iterator[Database]:
    """A pool of one connection that gives up soon."""
    with closing(
        Database(
            database_url,
            size=1,
            wait_seconds=0.3,
            statement_timeout_seconds=0.5,
            lock_timeout_seconds=0.2,
            idle_timeout_seconds=0.2,
        )
    ) as database:
        yield database


def asked(database: Database, question: str) -> object:
    with database.autocommit() as cursor:
        return value(cursor, question)


def value(cursor: Cursor, question: str) -> object:
    cursor.execute(question)
    row = cursor.fetchone()
    assert row is not None
    return row[0]


def backend(database: Database) -> object:
    return asked(database, "SELECT pg_backend_pid()")


def end_backend(database: Database, pid: object) -> None:
    with database.autocommit() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_transaction_is_committed_at_the_end_of_its_block(database: Database) -> None:
    with database.transaction() as cursor:
        cursor.execute("CREATE TABLE committed (value integer)")
    assert asked(database, "SELECT count(*) FROM committed") == 0


def test_a_snapshot_shows_what_was_there_when_it_began_and_writes_nothing(
    database: Database,
) -> None:
    with database.transaction() as cursor:
        cursor.execute("CREATE TABLE photographed AS SELECT 1 AS value")
    with database.snapshot() as cursor:
        assert value(cursor, "SELECT count(*) FROM photographed") == 1
        with database.autocommit() as other:
            other.execute("INSERT INTO photographed VALUES (2)")
        assert value(cursor, "SELECT count(*) FROM photographed") == 1
    assert asked(database, "SELECT count(*) FROM photographed") == 2
    with pytest.raises(persistence.PersistenceError), database.snapshot() as cursor:
        cursor.execute("INSERT INTO photographed VALUES (3)")
    assert asked(database, "SELECT count(*) FROM photographed") == 2


def test_snapshots_take_no_place_in_the_pool_and_are_no_more_than_a_few(
    database_url: str,
) -> None:
    with closing(Database(database_url, size=1, wait_seconds=0.05, snapshots_max=1)) as few:
        with few.snapshot() as cursor:
            pid = value(cursor, "SELECT pg_backend_pid()")
            assert asked(few, "SELECT 1") == 1
            with pytest.raises(persistence.ConnectionUnavailableError), few.snapshot():
                pass
        with few.snapshot() as cursor:
            assert value(cursor, "SELECT pg_backend_pid()") != pid


def test_a_transaction_that_raises_is_rolled_back(single: Database) -> None:
    def fail() -> None:
        with single.transaction() as cursor:
            cursor.execute("CREATE TABLE rolled_back (value integer)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert asked(single, "SELECT to_regclass('rolled_back') IS NULL") is True


def test_a_connection_is_used_again(single: Database) -> None:
    first = backend(single)
    with single.transaction() as cursor:
        cursor.execute("SELECT 1")
    assert backend(single) == first


def test_a_connection_on_which_something_failed_is_thrown_away(single: Database) -> None:
    first = backend(single)
    with pytest.raises(persistence.DataError):
        asked(single, "SELECT 1/0")
    second = backend(single)
    with pytest.raises(KeyError), single.autocommit():
        raise KeyError
    assert len({first, second, backend(single)}) == 3


def test_a_lost_race_costs_no_connection(single: Database) -> None:
    with single.autocommit() as cursor:
        cursor.execute("CREATE TABLE taken (value integer PRIMARY KEY); INSERT INTO taken SELECT 1")
    first = backend(single)
    with pytest.raises(persistence.IntegrityError, match=r"duplicate key.*\(1\)"):
        asked(single, "INSERT INTO taken SELECT 1")
    assert backend(single) == first
    with pytest.raises(persistence.IntegrityError), single.transaction() as cursor:
        cursor.execute("INSERT INTO taken SELECT 1")
    assert backend(single) != first


def test_an_idle_connection_that_the_server_ended_is_replaced_unnoticed(
    single: Database, database: Database
) -> None:
    first = backend(single)
    end_backend(database, first)
    assert backend(single) != first


def test_a_connection_lost_in_use_is_reported_as_such_and_replaced(
    single: Database, database: Database
) -> None:
    with single.autocommit() as cursor:
        end_backend(database, value(cursor, "SELECT pg_backend_pid()"))
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute("SELECT 1")
    assert backend(single)


def test_a_lost_connection_is_told_from_a_failed_statement(single: Database) -> None:
    with pytest.raises(ConnectionLostError):
        asked(single, "SELECT pg_terminate_backend(pg_backend_pid())")


def test_when_one_connection_is_lost_the_idle_ones_are_not_trusted(database: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        meet = threading.Barrier(4)

        def meet_and_ask(_: int) -> object:
            with database.autocommit() as cursor:
                meet.wait(5)
                return value(cursor, "SELECT pg_backend_pid()")

        backends = set(threads.map(meet_and_ask, range(4)))
        assert len(backends) == 4
        with pytest.raises(ConnectionLostError), database.autocommit() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        assert backends.isdisjoint(threads.map(meet_and_ask, range(4)))


def test_threads_wait_for_a_free_connection(single: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: backend(single), range(100)))) == 1


def test_a_thread_that_waits_too_long_is_told_so(single: Database) -> None:
    with single.autocommit(), pytest.raises(persistence.ConnectionUnavailableError):
        backend(single)
    assert backend(single)


def test_a_closed_pool_gives_no_connection(database_url: str) -> None:
    database = Database(database_url)
    with database.autocommit() as cursor:
        database.close()
        assert value(cursor, "SELECT 1") == 1
    with pytest.raises(persistence.ConnectionPoolClosedError):
        backend(database)


@pytest.mark.parametrize(
    "stick",
    [
        lambda cursor: cursor.execute("SELECT pg_sleep(10)"),
        lambda cursor: cursor.execute("SELECT pg_advisory_lock(4711)"),
    ],
    ids=["statement", "lock"],
)
def test_what_is_stuck_ends_as_an_operational_error(
    single: Database, database: Database, stick: Callable[[Cursor], None]
) -> None:
    with closing(database.connect()) as holder, holder.cursor() as holding:
        holding.execute("SELECT pg_advisory_lock(4711)")
        began = time.monotonic()
        with pytest.raises(persistence.OperationalError), single.autocommit() as cursor:
            stick(cursor)
        assert time.monotonic() - began < 5


def test_a_transaction_that_does_nothing_is_ended(single: Database, database: Database) -> None:
    def dawdle() -> None:
        with single.transaction() as cursor:
            pid = value(cursor, "SELECT pg_backend_pid()")
            gone = f"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {pid}"
            wait_until(lambda: asked(database, gone))
            cursor.execute("SELECT 1")

    with pytest.raises(ConnectionLostError):
        dawdle()


def test_a_dedicated_connection_is_not_of_the_pool(single: Database) -> None:
    with single.autocommit() as cursor, closing(single.connect()) as dedicated:
        with dedicated.cursor() as other:
            assert value(cursor, "SELECT pg_backend_pid()") != value(
                other, "SELECT pg_backend_pid()"
            )
        assert dedicated.autocommit is True


def test_reads_are_repeated_while_the_database_is_away(single: Database) -> None:
    attempts: list[int] = []

    def read(cursor: Cursor) -> object:
        attempts.append(1)
        if len(attempts) == 1:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return value(cursor, "SELECT 42")

    assert single.repeatedly(read) == 42
    assert len(attempts) == 2


def test_a_wrong_password_is_an_operational_error(database_url: str) -> None:
    wrong = database_url.replace("tenure_owner:", "tenure_owner:wrong")
    with closing(Database(wrong)) as database, pytest.raises(persistence.OperationalError):
        backend(database)


def test_a_url_that_is_none_is_a_programming_error() -> None:
    with pytest.raises(persistence.ProgrammingError):
        Database("postgresql://host/database?nonsense=1")


def test_options_of_the_url_count_and_connections_tell_who_they_are(database_url: str) -> None:
    url = f"{database_url}?options=-c%20work_mem%3D5MB"
    with closing(Database(url, application_name="tenure api")) as database:
        assert asked(database, "SHOW work_mem") == "5MB"
        assert asked(database, "SHOW application_name") == "tenure api"
        assert asked(database, "SHOW timezone") == "UTC"
        assert asked(database, "SHOW transaction_isolation") == "read committed"


def test_values_come_back_as_what_they_are(database: Database) -> None:
    assert asked(database, "SELECT '\\x00ff'::bytea") == b"\x00\xff"
    assert asked(database, "SELECT NULL::bytea") is None
    stream = uuid4()
    with database.autocommit() as cursor:
        cursor.execute("SELECT %s, %s::uuid[]", (stream, [stream]))
        assert cursor.fetchone() == (stream, [stream])
    assert isinstance(asked(database, "SELECT gen_random_uuid()"), UUID)


def test_now_is_the_databases_clock_or_the_test_clock(database: Database) -> None:
    assert abs(database.now() - datetime.now(UTC)) < timedelta(seconds=10)
    assert database.now().utcoffset() == timedelta(0)
    noon = datetime(2026, 3, 5, 12, tzinfo=timezone(timedelta(0)))
    database.clock = lambda: noon
    assert database.now() == noon


def test_a_forked_child_opens_connections_of_its_own(database: Database) -> None:
    with database.autocommit() as cursor:
        parents = {value(cursor, "SELECT pg_backend_pid()"), backend(database)}
        assert backend_of_a_child(database) not in parents
        assert value(cursor, "SELECT pg_backend_pid()") in parents
    assert backend(database) in parents


def backend_of_a_child(database: Database) -> int:
    reader, writer = os.pipe()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        child = os.fork()
    if child == 0:
        # Nothing of pytest may run on in the child, whatever happens.
        try:
            os.write(writer, str(backend(database)).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        return int(pipe.read())
