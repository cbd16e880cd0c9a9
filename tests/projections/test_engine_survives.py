"""The engine outlives what it rests on: other engines, connections, the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import eventstore
import projections
from api.embedded import EmbeddedPostgres
from eventstore.connections import Database
from projections.catalogue import ALL
from projections.engine import Engine
from tests.projections.stories import Story, TestLog
from tests.waiting import wait_until

# Follows until it is killed, a few events a batch; says so once it leads every view.
FOLLOWER = """
import sys, threading
import domain.application
import eventstore
from eventstore.connections import Database
from projections.engine import Engine

database = Database(sys.argv[1])
factory = eventstore.Factory.with_database(database, {"CREATE_TABLE": "no"})
engine = Engine(database, factory.application_recorder(), factory.mapper().to_domain_event,
                batch_events=int(sys.argv[2]), poll_seconds=0.001)
stop = threading.Event()
threading.Thread(target=engine.run, args=(stop,), daemon=True).start()
while not all(lag.is_leader for lag in engine.lag().values()):
    stop.wait(0.01)
print("leading", flush=True)
stop.wait()
"""


@pytest.fixture
def database(own_url: str) -> Iterator[Database]:
    with closing(Database(own_url)) as pool:
        yield pool


def test_another_engine_takes_over_within_two_seconds_of_a_kill(
    own_url: str, log: TestLog, new_engine: Any, cursor: Any
) -> None:
    with _follower(own_url, batch_events=5000) as holder:
        standby = new_engine()
        with _running(standby):
            first = log.append(Story().registered())
            wait_until(lambda: _positions(cursor) == {first})
            assert not any(lag.is_leader for lag in standby.lag().values())
            os.kill(holder.pid, signal.SIGKILL)
            killed_at = time.monotonic()
            last = log.append(Story().registered())
            wait_until(lambda: _positions(cursor) == {last}, seconds_max=10)
            assert time.monotonic() - killed_at < 2
    assert _told(cursor) == list(range(1, last + 1))


def test_engines_killed_anywhere_leave_nothing_out_and_do_nothing_twice(
    own_url: str, log: TestLog, new_engine: Any, cursor: Any
) -> None:
    last = log.append(*(Story().registered().claimed().review_passed() for _ in range(400)))
    for _ in range(3):
        with _follower(own_url, batch_events=20) as holder:
            before = _furthest(cursor)
            wait_until(
                lambda before=before: _furthest(cursor) > before + 60 or _furthest(cursor) == last
            )
            os.kill(holder.pid, signal.SIGKILL)
    engine = new_engine()
    wait_until(lambda: engine.step() == 0 and _positions(cursor) == {last}, seconds_max=30)
    assert _told(cursor) == list(range(1, last + 1))
    for table in ("pool", "agenda", "approvals", "customers", "customer_holdings"):
        cursor.execute(f"SELECT count(*) FROM views.{table}")
        assert cursor.fetchone() == (400,), table
    cursor.execute("SELECT count(*) FROM views.tenures")
    assert cursor.fetchone() == (800,)


@pytest.mark.long
def test_an_engine_goes_on_after_a_restart_of_the_server(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    tmp_path.chmod(0o755)
    server = EmbeddedPostgres(folder, settings={"fsync": "off"})
    server.start()
    try:
        url = server.url()
        eventstore.migrate(url)
        projections.migrate(url)
        with closing(Database(url)) as database:
            factory = eventstore.Factory.with_database(database, {"CREATE_TABLE": "no"})
            log = TestLog(factory.application_recorder(), factory.mapper())
            engine = Engine(database, log.recorder, log.mapper.to_domain_event)
            with _running(engine):
                log.append(Story().registered())
                engine.wait_for([view.NAME for view in ALL], 1, 10)
                server.stop()
                wait_until(lambda: _append(log) is None, what="the loss of the server")
                server.start()
                last = wait_until(lambda: _append(log), seconds_max=20)
                engine.wait_for([view.NAME for view in ALL], last, 10)
            with database.autocommit() as cursor:
                assert _told(cursor) == list(range(1, last + 1))
    finally:
        server.stop()


def _append(log: TestLog) -> int | None:
    try:
        return log.append(Story().registered())
    except eventstore.factory.persistence.PersistenceError:
        return None


@contextmanager
def _follower(url: str, *, batch_events: int) -> Iterator[subprocess.Popen[str]]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", FOLLOWER, url, str(batch_events)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "leading\n"
            yield process
        finally:
            process.kill()


@contextmanager
def _running(engine: Engine) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=engine.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def _positions(cursor: Any) -> set[int]:
    cursor.execute("SELECT DISTINCT position FROM views.positions")
    return {position for (position,) in cursor}


def _furthest(cursor: Any) -> int:
    return max(_positions(cursor))


def _told(cursor: Any) -> list[int]:
    cursor.execute("SELECT position FROM views.audit ORDER BY position")
    return [position for (position,) in cursor]
