"""Migrations run in order, once each, by one process at a time, and leave nothing half done."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg2
import psycopg2.errors
import pytest
from eventsourcing.persistence import OperationalError
from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class

from eventstore import Factory, migrate
from eventstore.connections import Database
from eventstore.factory import LEDGER, MIGRATIONS
from eventstore.migrating import (
    MisnumberedMigrations,
    migrations_in,
    missing_migrations,
    run_migrations,
)


@pytest.fixture
def empty_url(fresh_url: str) -> str:
    """A database without the store's tables."""
    with closing(psycopg2.connect(fresh_url)) as connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA tenure, tenure_keys CASCADE")
        connection.commit()
    return fresh_url


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with closing(psycopg2.connect(database_url)) as connection:
        yield connection


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name.removeprefix('n')}.sql").write_text(text)
    return folder


def rows(connection: Connection, question: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def test_an_empty_database_gets_every_table_once(empty_url: str) -> None:
    names = [migration.name for migration in migrations_in(MIGRATIONS)]
    assert migrate(empty_url) == names
    assert migrate(empty_url) == []
    with closing(psycopg2.connect(empty_url)) as connection:
        assert missing_migrations(connection, MIGRATIONS, ledger=LEDGER) == []


def test_many_may_migrate_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        ran = list(threads.map(migrate, [empty_url] * 8))
    assert sorted(len(names) for names in ran)[:7] == [0] * 7
    with closing(Database(empty_url)) as database:
        assert Factory.with_database(database).application_recorder().settled_position() == 0


def test_a_factory_makes_the_tables_where_they_are_missing(empty_url: str) -> None:
    with Factory({"TENURE_DATABASE": empty_url}) as factory:
        assert factory.application_recorder().settled_position() == 0


def test_a_factory_may_be_told_to_make_no_tables(empty_url: str) -> None:
    with Factory({"TENURE_DATABASE": empty_url, "CREATE_TABLE": "no"}) as factory:
        factory.application_recorder()
    with closing(psycopg2.connect(empty_url)) as connection:
        assert rows(connection, "SELECT to_regnamespace('tenure') IS NULL") == [(True,)]


def test_a_factory_without_a_database_says_what_is_missing() -> None:
    with pytest.raises(OSError, match="TENURE_DATABASE"):
        Factory({})


def test_a_factory_knows_nothing_of_other_purposes(database: Database) -> None:
    with pytest.raises(ValueError, match="statistics"):
        Factory.with_database(database).aggregate_recorder("statistics")


def test_a_given_pool_stays_open(database: Database) -> None:
    with Factory.with_database(database) as factory:
        assert factory.database is database
    assert database.now()


def test_a_database_that_is_away_is_an_operational_error(fresh_url: str) -> None:
    with pytest.raises(OperationalError):
        migrate(f"{fresh_url}_gone")


def test_files_run_in_the_order_of_their_numbers(tmp_path: Path, connection: Connection) -> None:
    folder = write(
        tmp_path,
        n10_last="INSERT INTO first VALUES (10)",
        n0009_first="CREATE TABLE first (value integer)",
        unnumbered="nonsense",
    )
    assert run_migrations(connection, folder, ledger="ordered.ran") == ["first", "last"]
    assert rows(connection, "SELECT number, name FROM ordered.ran ORDER BY number") == [
        (9, "first"),
        (10, "last"),
    ]


def test_a_file_that_fails_leaves_nothing_and_is_tried_again(
    tmp_path: Path, connection: Connection
) -> None:
    folder = write(
        tmp_path,
        n1_good="CREATE TABLE good (value integer)",
        n2_bad="CREATE TABLE half (value integer); SELECT 1/0",
        n3_after="CREATE TABLE after (value integer)",
    )
    with pytest.raises(psycopg2.errors.DivisionByZero):
        run_migrations(connection, folder, ledger="failing.ran")
    assert rows(connection, "SELECT to_regclass('half'), to_regclass('after')") == [(None, None)]
    write(folder, n2_bad="CREATE TABLE half (value integer)")
    assert run_migrations(connection, folder, ledger="failing.ran") == ["bad", "after"]


def test_a_table_in_use_is_not_waited_for_without_end(
    tmp_path: Path, connection: Connection, database: Database
) -> None:
    folder = write(tmp_path, n1_stuck="LOCK TABLE tenure.snapshots")
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM tenure.snapshots")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            run_migrations(connection, folder, ledger="stuck.ran", lock_timeout_ms=100)
    assert run_migrations(connection, folder, ledger="stuck.ran") == ["stuck"]


def test_what_a_newer_release_ran_is_left_alone(tmp_path: Path, connection: Connection) -> None:
    newer = write(tmp_path, n1_old="SELECT 1", n2_new="SELECT 1")
    run_migrations(connection, newer, ledger="shared.ran")
    (newer / "2_new.sql").unlink()
    assert run_migrations(connection, newer, ledger="shared.ran") == []


def test_two_files_of_one_number_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MisnumberedMigrations):
        migrations_in(write(tmp_path, n1_one="", n01_other=""))
