"""Bringing the schema `views` up to date: the engine's table, then the tables of every view.

A view that has none yet gets empty ones. One whose VERSION was raised keeps what it has: the new
form is folded beside it (`projections.rebuilding`) and takes its place whole, so that the previous
release goes on answering meanwhile. A version that is newer than ours is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from importlib.resources import files

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from projections.catalogue import ALL
from projections.positions import positions_of
from projections.view import View

SCHEMA = "views"
LOCK = 0x54454E5552450002
"""Held by whoever changes what tables there are, or who may read them."""


def migrate(url: str, views: Sequence[View] = ALL) -> list[str]:
    """Bring the views' schema up to date; one process at a time, safe to call at every start.

    Runs as the owner of the schema. Returns what was done: names of migrations and of views
    whose tables were made. Which views are of an older version, `outdated` tells.
    """
    with closing(psycopg2.connect(url)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL client_min_messages = warning; SET LOCAL lock_timeout = '10s'"
            )
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            done = _run_migrations(cursor)
            done += [view.NAME for view in views if _ensure(cursor, view)]
            cursor.execute("SELECT views.grant_access()")
        return done


def outdated(cursor: Cursor, views: Sequence[View] = ALL) -> list[View]:
    """The views whose tables are of an older version than ours, or missing."""
    stored = positions_of(cursor, [view.NAME for view in views])
    return [
        view
        for view in views
        if view.NAME not in stored or stored[view.NAME].version < view.VERSION
    ]


def make_tables(cursor: Cursor, view: View, schema: str) -> None:
    """Make a view's empty tables in `schema`."""
    cursor.execute(search_path(cursor, schema))
    cursor.execute(view.DDL)


def drop_tables(cursor: Cursor, view: View, schema: str) -> None:
    """Drop a view's tables in `schema`, as far as they are there."""
    for table in view.TABLES:
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(schema, table)))


def _run_migrations(cursor: Cursor) -> list[str]:
    """Run the numbered files that the ledger does not name yet."""
    cursor.execute(
        "CREATE SCHEMA IF NOT EXISTS views;"
        " CREATE TABLE IF NOT EXISTS views.migrations (number integer PRIMARY KEY,"
        " name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp());"
        " SELECT number FROM views.migrations"
    )
    applied = {number for (number,) in cursor.fetchall()}
    done = []
    for path in sorted(files("projections.migrations").iterdir(), key=lambda path: path.name):
        number, _, name = path.name.removesuffix(".sql").partition("_")
        if not path.name.endswith(".sql") or int(number) in applied:
            continue
        cursor.execute(path.read_text(encoding="utf-8"))
        cursor.execute("INSERT INTO views.migrations VALUES (%s, %s)", (int(number), name))
        done.append(name)
    return done


def _ensure(cursor: Cursor, view: View) -> bool:
    """Make the view's tables where there are none."""
    cursor.execute("SELECT FROM views.positions WHERE view = %s", (view.NAME,))
    if cursor.fetchone() is not None:
        return False
    drop_tables(cursor, view, SCHEMA)
    make_tables(cursor, view, SCHEMA)
    cursor.execute(
        "INSERT INTO views.positions (view, version) VALUES (%s, %s)", (view.NAME, view.VERSION)
    )
    return True


def search_path(cursor: Cursor, schema: str) -> sql.Composed:
    """Unqualified names mean `schema` first, then the one that btree_gist was put into."""
    cursor.execute(
        "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'btree_gist'"
    )
    row = cursor.fetchone()
    schemas = [schema, *(row or ()), "public"]
    return sql.SQL("SET LOCAL search_path TO {}").format(
        sql.SQL(", ").join(map(sql.Identifier, dict.fromkeys(schemas)))
    )
