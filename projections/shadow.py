"""Tables beside the live ones: made from a view's own DDL, filled, put in their place at once.

Each attempt has a schema of its own, so what a killed one may still write reaches no later one. A
session-level lock says whose attempt is alive; what is left of the others is dropped.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, NamedTuple
from zlib import crc32

import psycopg2
import psycopg2.errors
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from projections.migrating import LOCK, SCHEMA, drop_tables, make_tables
from projections.sessions import let_go, transaction_in
from projections.view import View

PREFIX: Final = "views_next_"
ATTEMPTS: Final = 0x54454E57
"""First half of the locks of schemas: advisory locks of Tenure's rebuilds."""
REBUILDS: Final = 0x54454E58
"""First half of the locks of views that are being rebuilt."""
SWAP_LOCK_TIMEOUT_MS: Final = 250
SWAP_PAUSE_SECONDS: Final = (0.1, 0.6)
_DROP_LOCK_TIMEOUT: Final = "10s"
_QUICK: Final = " USING btree "
# A killed process must not keep a lock because its server process is busy with an index.
_SESSION: Final = (
    "SET client_connection_check_interval = '1s'; SET tcp_keepalives_idle = 5;"
    " SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; SET statement_timeout = 0"
)


class AlreadyRebuilding(Exception):
    """Another process rebuilds the view at this moment."""

    def __init__(self, view: str) -> None:
        super().__init__(f"{view} is being rebuilt by another process")
        self.view = view


class NewerVersion(Exception):
    """The view's tables are of a newer version than this program knows."""

    def __init__(self, view: str) -> None:
        super().__init__(f"{view} is of a newer release")
        self.view = view


class SwapBlocked(Exception):
    """Somebody reads the live tables and does not end. blockers: ids of the server's processes."""

    def __init__(self, view: str, blockers: Sequence[int]) -> None:
        super().__init__(f"{view}: process {', '.join(map(str, blockers))} of the server reads it")
        self.view = view
        self.blockers = list(blockers)


class Index(NamedTuple):
    """An index or a constraint that was left out. make: the statement that makes it again."""

    name: str
    make: sql.Composable


class Attempt:
    """One rebuild of some views, in a session of its own that holds their locks.

    connect: makes a dedicated connection in autocommit. Runs as the owner of the schema `views`.
    """

    def __init__(self, connect: Callable[[], Any], views: Sequence[View]) -> None:
        self.schema = PREFIX + secrets.token_hex(6)
        self.views = list(views)
        self._connection = connect()
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(_SESSION)
                for view in views:
                    _take(cursor, view)
                drop_leftovers(cursor)
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", (ATTEMPTS, _key(self.schema)))
                cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(self.schema)))
        except BaseException:
            self._connection.close()
            raise

    def make(self) -> None:
        """Make the empty tables."""
        with self.transaction() as cursor:
            for view in self.views:
                make_tables(cursor, view, self.schema)

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """A transaction in the session that holds the locks: where they are lost, so is it."""
        with transaction_in(self._connection) as cursor:
            yield cursor

    def close(self) -> None:
        """Drop what was not put in its place, and let go of the views."""
        with suppress(psycopg2.Error), self._connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{_DROP_LOCK_TIMEOUT}'")
            _drop_schema(cursor, self.schema)
        with suppress(psycopg2.Error):
            let_go(self._connection)


def drop_leftovers(cursor: Cursor) -> list[str]:
    """Drop the schemas of attempts that are over, however they ended; their names."""
    cursor.execute(
        "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s) ORDER BY 1", (PREFIX,)
    )
    dropped = []
    for (schema,) in cursor.fetchall():
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", (ATTEMPTS, _key(schema)))
        if cursor.fetchone() == (True,):
            # One that somebody still writes to is left to the next attempt.
            with suppress(psycopg2.errors.LockNotAvailable):
                cursor.execute(f"SET lock_timeout = '{_DROP_LOCK_TIMEOUT}'")
                _drop_schema(cursor, schema)
                dropped.append(schema)
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", (ATTEMPTS, _key(schema)))
    return dropped


def leave_out_indexes(cursor: Cursor, schema: str, *, but: Collection[str] = ()) -> list[Index]:
    """Drop every index of the tables in `schema` but the primary keys and `but`; those left out."""
    cursor.execute(
        "SELECT quoted.name, 'ALTER TABLE ' || quoted.of || ' DROP CONSTRAINT ' || quoted.name,"
        " 'ALTER TABLE ' || quoted.of || ' ADD CONSTRAINT ' || quoted.name || ' '"
        " || pg_get_constraintdef(made.oid)"
        " FROM pg_constraint AS made, LATERAL (SELECT quote_ident(conname) AS name,"
        " conrelid::regclass::text AS of) AS quoted"
        " WHERE connamespace = %(schema)s::regnamespace AND contype IN ('u', 'x')"
        " UNION ALL"
        " SELECT quote_ident(relname), 'DROP INDEX ' || index.indexrelid::regclass::text,"
        " pg_get_indexdef(index.indexrelid)"
        " FROM pg_index AS index JOIN pg_class ON pg_class.oid = index.indexrelid"
        " WHERE relnamespace = %(schema)s::regnamespace AND NOT indisprimary"
        " AND relname <> ALL (%(but)s)"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid)",
        {"schema": schema, "but": list(but)},
    )
    # Those that take longest come first, so that none of them is made alone at the end.
    left_out = sorted(cursor.fetchall(), key=lambda found: _QUICK in found[2])
    for _, drop, _ in left_out:
        cursor.execute(drop)
    return [Index(name, sql.SQL(make)) for name, _, make in left_out]


def swap(
    attempt: Attempt,
    view: View,
    fold_up_to: Callable[[Cursor, int], int],
    *,
    ready: Callable[[], None] = lambda: None,
    patience_seconds: float,
) -> int:
    """Put the view's shadow tables in the place of the live ones; the position they stand at.

    fold_up_to: brings the shadow to the position given, in the transaction given, and returns
    where it stands. ready: called before each try. Readers see the old rows or the new ones.
    Where one keeps the live tables locked, nobody waits behind it for longer than a moment: the
    swap is given up and tried again. Raises SwapBlocked after `patience_seconds`, NewerVersion.
    """
    give_up = time.monotonic() + patience_seconds
    while True:
        ready()
        try:
            with attempt.transaction() as cursor:
                return _swapped(cursor, attempt.schema, view, fold_up_to)
        except (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected) as error:
            if time.monotonic() > give_up:
                with attempt.transaction() as cursor:
                    raise SwapBlocked(view.NAME, _readers(cursor, view)) from error
        time.sleep(random.uniform(*SWAP_PAUSE_SECONDS))  # noqa: S311 - spreads attempts; no secret


def _swapped(
    cursor: Cursor, schema: str, view: View, fold_up_to: Callable[[Cursor, int], int]
) -> int:
    cursor.execute(f"SET LOCAL lock_timeout = {SWAP_LOCK_TIMEOUT_MS}")
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    # The follower locks this row before it touches the tables, and so must we: else both wait.
    cursor.execute(
        "SELECT version, position FROM views.positions WHERE view = %s FOR UPDATE", (view.NAME,)
    )
    row: Any = cursor.fetchone()
    if row is not None and row[0] > view.VERSION:
        raise NewerVersion(view.NAME)
    position = fold_up_to(cursor, row[1] if row is not None else 0)
    drop_tables(cursor, view, SCHEMA)
    for table in view.TABLES:
        cursor.execute(
            sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(
                sql.Identifier(schema, table), sql.Identifier(SCHEMA)
            )
        )
    cursor.execute(
        "INSERT INTO views.positions (view, version, position) VALUES (%s, %s, %s)"
        " ON CONFLICT (view) DO UPDATE SET version = excluded.version,"
        " position = excluded.position, moved_at = clock_timestamp(), failed_position = NULL,"
        " failed_topic = NULL, failed_error = NULL, failed_at = NULL",
        (view.NAME, view.VERSION, position),
    )
    cursor.execute("SELECT views.grant_access()")
    return position


def _readers(cursor: Cursor, view: View) -> list[int]:
    """Who holds locks on the live tables."""
    cursor.execute(
        "SELECT DISTINCT pid FROM pg_locks WHERE granted AND pid <> pg_backend_pid()"
        " AND relation = ANY (SELECT to_regclass(name) FROM unnest(%s) AS name) ORDER BY pid",
        ([f"{SCHEMA}.{table}" for table in view.TABLES],),
    )
    return [process_id for (process_id,) in cursor]


def _take(cursor: Cursor, view: View) -> None:
    cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", (REBUILDS, _key(view.NAME)))
    if cursor.fetchone() != (True,):
        raise AlreadyRebuilding(view.NAME)
    cursor.execute("SELECT version FROM views.positions WHERE view = %s", (view.NAME,))
    row = cursor.fetchone()
    if row is not None and row[0] > view.VERSION:
        raise NewerVersion(view.NAME)


def _drop_schema(cursor: Cursor, schema: str) -> None:
    cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def _key(name: str) -> int:
    return crc32(name.encode()) - 2**31
