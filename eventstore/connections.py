"""A pool of connections to one PostgreSQL database, which survives restarts and forks."""

from __future__ import annotations

import os
import select
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar, cast
from uuid import UUID

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from eventsourcing.persistence import ConnectionUnavailableError
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.errors import ConnectionLostError, PoolClosedError, translated

psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]

Answer = TypeVar("Answer")


def _bytes(value: str | bytes | None, _: Cursor) -> bytes | None:
    return bytes.fromhex(value[2:]) if isinstance(value, str) else value


def _uuid(value: str | bytes | None, _: Cursor) -> UUID | None:
    return _uuid_of(value) if isinstance(value, str) else None


# An id comes back with each event of its stream: looking it up takes a tenth of reading it.
_uuid_of = lru_cache(maxsize=8_192)(UUID)
_BYTES = psycopg2.extensions.new_type((17,), "BYTES", _bytes)
_UUID = psycopg2.extensions.new_type((2950,), "UUID", _uuid)


class Connection(psycopg2.extensions.connection):
    """A connection that knows which statements it has prepared and which process made it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prepared: set[str] = set()
        self.made_by = os.getpid()

    def is_disturbed(self) -> bool:
        """Whether the server has sent something unasked while idle: as a rule, its farewell."""
        if self.closed:
            return True
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(0))


def prepare(cursor: Cursor, name: str, statement: str) -> None:
    """Prepare `statement`, which says `PREPARE <name> …`, unless the connection knows the name."""
    connection = cast(Connection, cursor.connection)
    if name not in connection.prepared:
        cursor.execute(statement)
        connection.prepared.add(name)


class Database:
    """Connections to one database, at most `size` in the pool; threads wait for a free one.

    url: libpq URL or keywords. clock: stands in for the database's clock everywhere (a test
    clock). wait_seconds: how long to wait for a free connection, and how long operations that may
    be repeated go on trying while the database is away. statement_timeout_seconds,
    lock_timeout_seconds, idle_timeout_seconds: after them the server ends a statement, a wait for
    a lock, a transaction that does nothing, so that what is stuck becomes an OperationalError.

    A connection on which anything but a lost race failed is thrown away. All failures come out as
    errors of `eventsourcing.persistence`.
    """

    def __init__(
        self,
        url: str,
        *,
        size: int = 10,
        clock: Callable[[], datetime] | None = None,
        application_name: str = "tenure",
        wait_seconds: float = 5.0,
        statement_timeout_seconds: float = 30.0,
        lock_timeout_seconds: float = 5.0,
        idle_timeout_seconds: float = 30.0,
        snapshots_max: int = 4,
    ) -> None:
        self.url = url
        self.size = size
        self.snapshots_max = snapshots_max
        self.clock = clock
        self.wait_seconds = wait_seconds
        self._arguments = _connection_arguments(
            url,
            application_name,
            statement_timeout_seconds,
            lock_timeout_seconds,
            idle_timeout_seconds,
        )
        self._is_closed = False
        self._forget()
        _databases.add(self)

    def _forget(self) -> None:
        """Start with an empty pool: at first, and in a child that a fork has made."""
        self._idle: list[Connection] = []
        self._in_use = 0
        self._changed = threading.Condition(threading.Lock())
        self._snapshots = threading.BoundedSemaphore(self.snapshots_max)

    @property
    def connections_in_use(self) -> int:
        """Connections that threads have borrowed at this moment; for metrics."""
        return self._in_use

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        with self._borrowed() as connection:
            connection.autocommit = False
            with connection.cursor() as cursor:
                yield cursor
            connection.commit()
            connection.autocommit = True

    @contextmanager
    def autocommit(self) -> Iterator[Cursor]:
        """Single statements, each a transaction of its own."""
        with self._borrowed() as connection, connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def snapshot(self) -> Iterator[Cursor]:
        """Everything as it is at the first statement, for what is read in many: one transaction
        that writes nothing, on a connection beside the pool, which others go on using.

        Raises ConnectionUnavailableError where `snapshots_max` are open.
        """
        places = self._snapshots
        if not places.acquire(timeout=self.wait_seconds):
            raise ConnectionUnavailableError(f"all {self.snapshots_max} snapshots are in use")
        try:
            connection = self.connect()
            try:
                connection.set_session("REPEATABLE READ", readonly=True, autocommit=False)
                with connection.cursor() as cursor:
                    yield cursor
            except psycopg2.Error as error:
                lost = bool(connection.closed)
                raise translated(error, is_connection_lost=lost) from error
            finally:
                _discard(connection)
        finally:
            places.release()

    def repeatedly(self, read: Callable[[Cursor], Answer]) -> Answer:
        """The answer of `read`, called again while the database is away (up to `wait_seconds`).

        For statements that may run twice. Raises OperationalError when it stays away.
        """
        give_up = time.monotonic() + self.wait_seconds
        pause_seconds = 0.01
        while True:
            try:
                with self.autocommit() as cursor:
                    return read(cursor)
            except ConnectionLostError:
                if time.monotonic() + pause_seconds > give_up:
                    raise
            time.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, 0.5)

    def connect(self) -> Connection:
        """A dedicated connection outside the pool, in autocommit; its owner closes it."""
        try:
            connection: Connection = psycopg2.connect(
                connection_factory=Connection, **self._arguments
            )
        except psycopg2.Error as error:
            raise translated(error, is_connection_lost=True) from error
        connection.autocommit = True
        psycopg2.extensions.register_type(_BYTES, connection)
        psycopg2.extensions.register_type(_UUID, connection)
        return connection

    def now(self) -> datetime:
        """The one clock: the database's, or the test clock."""
        if self.clock is not None:
            return self.clock()

        def read(cursor: Cursor) -> datetime:
            cursor.execute("SELECT clock_timestamp()")
            (now,) = cursor.fetchone() or ()
            return cast(datetime, now)

        return self.repeatedly(read)

    def close(self) -> None:
        """Close all idle connections now and the others when they come back."""
        with self._changed:
            self._is_closed = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        for connection in idle:
            _discard(connection)

    @contextmanager
    def _borrowed(self) -> Iterator[Connection]:
        connection = self._take()
        try:
            yield connection
        except psycopg2.Error as error:
            is_connection_lost = bool(connection.closed)
            self._give_back(connection, is_usable=_is_harmless(error, connection))
            if is_connection_lost:
                self._discard_idle()
            raise translated(error, is_connection_lost=is_connection_lost) from error
        except BaseException:
            self._give_back(connection, is_usable=False)
            raise
        else:
            self._give_back(connection, is_usable=True)

    def _take(self) -> Connection:
        with self._changed:
            if not self._changed.wait_for(self._may_take, self.wait_seconds):
                raise ConnectionUnavailableError(f"all {self.size} connections are in use")
            if self._is_closed:
                raise PoolClosedError("the pool is closed")
            self._in_use += 1
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_disturbed():
                    return connection
                _discard(connection)
        try:
            return self.connect()
        except BaseException:
            self._release_place()
            raise

    def _may_take(self) -> bool:
        return self._is_closed or self._in_use < self.size

    def _give_back(self, connection: Connection, *, is_usable: bool) -> None:
        if connection.made_by != os.getpid():
            return
        if not is_usable or self._is_closed or connection.closed:
            _discard(connection)
            self._release_place()
            return
        with self._changed:
            self._idle.append(connection)
            self._in_use -= 1
            self._changed.notify()

    def _release_place(self) -> None:
        with self._changed:
            self._in_use -= 1
            self._changed.notify()

    def _discard_idle(self) -> None:
        """One connection was lost, so the server has probably gone and taken them all along."""
        with self._changed:
            idle, self._idle = self._idle, []
        for connection in idle:
            _discard(connection)


_databases: weakref.WeakSet[Database] = weakref.WeakSet()


def _forget_inherited() -> None:
    """A forked child must not talk on its parent's sockets; psycopg2 leaves them open there."""
    for database in list(_databases):
        database._forget()


os.register_at_fork(after_in_child=_forget_inherited)


def _is_harmless(error: psycopg2.Error, connection: Connection) -> bool:
    """Whether a connection may be used again after `error`.

    Only when a lost race ended a single statement: append() has given its advisory lock back
    before it can meet a unique key, whereas a cancel may leave it held by the session.
    """
    return (
        isinstance(error, psycopg2.errors.UniqueViolation)
        and not connection.closed
        and connection.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
    )


def _discard(connection: Connection) -> None:
    with suppress(psycopg2.Error):
        connection.close()


def _connection_arguments(
    url: str,
    application_name: str,
    statement_timeout_seconds: float,
    lock_timeout_seconds: float,
    idle_timeout_seconds: float,
) -> dict[str, Any]:
    try:
        given = psycopg2.extensions.parse_dsn(url)
    except psycopg2.Error as error:
        raise translated(error, is_connection_lost=False) from error
    settings = {
        "TimeZone": "UTC",
        "bytea_output": "hex",
        "default_transaction_isolation": r"read\ committed",
        # What is prepared here finds few rows by a key, whatever the values: plan it once.
        "plan_cache_mode": "force_generic_plan",
        "statement_timeout": round(statement_timeout_seconds * 1000),
        "lock_timeout": round(lock_timeout_seconds * 1000),
        "idle_in_transaction_session_timeout": round(idle_timeout_seconds * 1000),
        # A client that vanished must not keep its locks for the hours that are the default.
        "tcp_keepalives_idle": 30,
        "tcp_keepalives_interval": 10,
        "tcp_keepalives_count": 3,
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return {
        "application_name": application_name,
        "connect_timeout": 5,
        "keepalives_idle": 30,
        "tcp_user_timeout": 30_000,
        **given,
        "options": f"{options} {given.get('options', '')}".strip(),
        "client_encoding": "UTF8",
    }
