"""Numbered SQL files, run in order, once each, one process at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class
from psycopg2.extensions import cursor as Cursor  # noqa: N812

_NUMBERED = re.compile(r"(\d+)_(\w+)\.sql")


class MisnumberedMigrations(Exception):
    """Two files of one folder carry the same number."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    path: Path


def migrations_in(folder: Path) -> list[Migration]:
    """The numbered files of `folder` by number. Raises MisnumberedMigrations."""
    found = [
        Migration(int(match[1]), match[2], path)
        for path in folder.iterdir()
        if (match := _NUMBERED.fullmatch(path.name))
    ]
    found.sort(key=lambda migration: migration.number)
    if len({migration.number for migration in found}) < len(found):
        raise MisnumberedMigrations(folder)
    return found


def missing_migrations(connection: Connection, folder: Path, *, ledger: str) -> list[Migration]:
    """The files of `folder` that `ledger` does not name yet."""
    applied: set[int] = set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", (ledger,))
        if cursor.fetchone() != (None,):
            cursor.execute(sql.SQL("SELECT number FROM {}").format(_identifier(ledger)))
            applied = {number for (number,) in cursor.fetchall()}
    return [migration for migration in migrations_in(folder) if migration.number not in applied]


def run_migrations(
    connection: Connection, folder: Path, *, ledger: str, lock_timeout_ms: int = 10_000
) -> list[str]:
    """Run the files of `folder` that `ledger` does not name yet; returns their names.

    ledger: "schema.table" of what has run; both are made where missing. Each file and its ledger
    row are one transaction. A file waits at most `lock_timeout_ms` for a table that others use,
    then psycopg2's LockNotAvailable comes out, and the next run goes on from there. Another
    process that migrates the same ledger is waited for, however long it takes.
    """
    connection.autocommit = True
    with connection.cursor() as cursor:
        if not missing_migrations(connection, folder, ledger=ledger):
            return []
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (ledger,))
        try:
            cursor.execute(f"SET lock_timeout = {lock_timeout_ms:d}")
            _make_ledger(cursor, ledger)
            missing = missing_migrations(connection, folder, ledger=ledger)
            for migration in missing:
                _run(connection, cursor, migration, ledger)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (ledger,))
    return [migration.name for migration in missing]


def _make_ledger(cursor: Cursor, ledger: str) -> None:
    cursor.execute("SELECT to_regnamespace(%s), to_regclass(%s)", (ledger.split(".")[0], ledger))
    schema, table = cursor.fetchone() or (None, None)
    if schema is None:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(ledger.split(".")[0])))
    if table is None:
        cursor.execute(
            sql.SQL(
                "CREATE TABLE {} (number integer PRIMARY KEY, name text NOT NULL,"
                " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
            ).format(_identifier(ledger))
        )


def _run(connection: Connection, cursor: Cursor, migration: Migration, ledger: str) -> None:
    connection.autocommit = False
    try:
        cursor.execute(migration.path.read_text(encoding="utf-8"))
        cursor.execute(
            sql.SQL("INSERT INTO {} (number, name) VALUES (%s, %s)").format(_identifier(ledger)),
            (migration.number, migration.name),
        )
        connection.commit()
    finally:
        connection.rollback()
        connection.autocommit = True


def _identifier(ledger: str) -> sql.Identifier:
    return sql.Identifier(*ledger.split("."))
