"""Rules under kills of workers and of the database, while clients write.

After every kill the views equal the log, every acknowledged command is in it at its place, and
nothing is there twice; clients have met nothing worse than a 503 that says when to come back.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest

from api.cli.verify_logs import verified_logs
from api.embedded import EmbeddedPostgres
from api.log_source import opened_source
from projections.catalogue import ALL
from projections.verifying import Verification
from tests.end_to_end.installed import House
from tests.end_to_end.ledger import Ledger, writing
from tests.end_to_end.workers import Workers
from tests.waiting import wait_until

CLIENTS = 16
FAILOVER_SECONDS_MAX = 20.0
"""Two seconds are promised; a machine that does other work must not fail the test."""


@pytest.fixture
def random() -> Random:
    """Chance that can be had again: the seed is printed, and TESTS_SEED sets it."""
    seed = int(os.environ.get("TESTS_SEED") or secrets.randbelow(1_000_000))
    print(f"TESTS_SEED={seed}")
    return Random(seed)


@pytest.fixture
def workers(kept_house: House) -> Iterator[Workers]:
    made = Workers(kept_house)
    yield made
    made.stop()


@pytest.mark.parametrize(
    "rounds", [pytest.param(5, id="five"), pytest.param(50, id="fifty", marks=pytest.mark.long)]
)
def test_workers_killed_again_and_again_leave_every_view_equal_and_every_command_there(
    kept_house: House,
    workers: Workers,
    random: Random,
    rounds: int,
) -> None:
    ledger, seconds = Ledger(), []
    tokens = [kept_house.token(member, "seller") for member in ("li", "chen", "zhao")]
    workers.start()
    with kept_house.serving("--no-worker") as server:
        with writing(server.address, tokens, ledger, clients=CLIENTS):
            for _ in range(rounds):
                workers.start()
                ledger.wait_for(random.randrange(60))
                victim = random.choice(sorted(wait_until(workers.leaders)))
                seconds.append(workers.kill(victim))
                ledger.wait_for(random.randrange(20))
                check(kept_house, ledger)
        check(kept_house, ledger, is_over=True)
    told = ", ".join(f"{one:.2f}" for one in sorted(seconds))
    print(f"{rounds} rounds, {len(ledger.receipts)} commands, {ledger.unavailable} times 503")
    print(f"seconds until others led: {told}")
    assert max(seconds) < FAILOVER_SECONDS_MAX


@pytest.mark.parametrize(
    "rounds", [pytest.param(2, id="two"), pytest.param(24, id="many", marks=pytest.mark.long)]
)
def test_a_rebuild_killed_anywhere_leaves_the_live_views_and_the_next_one_cleans_up(
    kept_house: House, workers: Workers, random: Random, rounds: int
) -> None:
    ledger = Ledger()
    tokens = [kept_house.token(member, "seller") for member in ("li", "chen", "zhao")]
    workers.start()
    with kept_house.serving("--no-worker") as server:
        with writing(server.address, tokens, ledger, clients=CLIENTS):
            ledger.wait_for(100)
            for number in range(rounds):
                view = random.choice(("pool", "tenures", "audit"))
                match number % 3:
                    case 0:
                        kill_in_the_fold(kept_house, ledger, random.randrange(20))
                    case 1:
                        kill_before_the_swap(kept_house, view)
                    case _:
                        kill_in_the_swap(kept_house, view)
                check(kept_house, ledger)
        kept_house.json("rebuild")
        assert begun(kept_house) == []
        check(kept_house, ledger, is_over=True)


def kill_in_the_fold(house: House, ledger: Ledger, more: int) -> None:
    """Once it has begun, so many commands later."""
    left = begun(house)
    rebuilding = house.start("rebuild", "--json")
    wait_until(
        lambda: set(begun(house)) - set(left) or rebuilding.poll() is not None,
        seconds_max=60,
        what="a rebuild",
    )
    ledger.wait_for(more)
    kill(rebuilding)


def kill_before_the_swap(house: House, view: str) -> None:
    """While it waits for one who reads the live table and does not end."""
    with waiting_swap(house, view) as rebuilding:
        kill(rebuilding)


def kill_in_the_swap(house: House, view: str) -> None:
    """Once it has dropped the live tables, and before it commits: it waits for one who reads the
    table that takes their place."""
    left, live = begun(house), identity(house, view)
    with house.cursor() as behind:
        with waiting_swap(house, view) as rebuilding:
            (schema,) = set(begun(house)) - set(left)
            behind.execute(f"SELECT FROM {schema}.{view} LIMIT 1")
        backend = wait_until(
            lambda: caught(house, f"views.{view}", f"{schema}.{view}"),
            seconds_max=60,
            what="a swap that holds its lock",
        )
        try:
            kill(rebuilding)
        finally:
            os.kill(backend, signal.SIGCONT)
    assert identity(house, view) == live


@contextmanager
def waiting_swap(house: House, view: str) -> Iterator[subprocess.Popen[str]]:
    """A rebuild that waits with its swap, in the block, for one who reads the live table."""
    with house.cursor() as reader:
        reader.execute(f"SELECT FROM views.{view} LIMIT 1")
        rebuilding = house.start("rebuild", "--json", view)
        waits = (
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
            f" AND relation = 'views.{view}'::regclass"
        )
        wait_until(lambda: house.column(waits) != [0], seconds_max=60, what="a swap")
        yield rebuilding


def caught(house: House, held: str, wanted: str) -> int | None:
    """The server's process that has one table for itself and waits for the other. It is stopped
    there, or it might go on, or give up, before its client is killed; None: there is none yet."""
    query = (
        "SELECT pid FROM pg_locks AS has JOIN pg_locks AS waits USING (pid)"
        f" WHERE has.granted AND has.relation = '{held}'::regclass"
        " AND has.mode = 'AccessExclusiveLock'"
        f" AND NOT waits.granted AND waits.relation = '{wanted}'::regclass"
    )
    for backend in house.column(query):
        os.kill(backend, signal.SIGSTOP)
        if house.column(query) == [backend]:
            return int(backend)
        os.kill(backend, signal.SIGCONT)
    return None


def identity(house: House, view: str) -> int:
    """Of the table that serves: another one has another."""
    (found,) = house.column(f"SELECT 'views.{view}'::regclass::oid::bigint")
    return int(found)


def kill(process: subprocess.Popen[str]) -> None:
    """`kill -9`, of every process of it."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)


def begun(house: House) -> list[str]:
    """Schemas of rebuilds that have begun and were not ended properly."""
    return house.column(
        "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'views_next_')"
    )


@pytest.mark.parametrize(
    "times", [pytest.param(1, id="once"), pytest.param(6, id="often", marks=pytest.mark.long)]
)
def test_a_database_that_is_restarted_under_load_loses_nothing_that_was_acknowledged(
    house: House, times: int
) -> None:
    ledger = Ledger()
    tokens = [house.token(member, "seller") for member in ("li", "chen", "zhao")]
    with (
        house.serving() as server,
        EmbeddedPostgres(house.data) as postgres,
    ):
        with writing(server.address, tokens, ledger, clients=CLIENTS):
            for sent in times * (signal.SIGQUIT, signal.SIGINT):
                ledger.wait_for(40)
                restart(postgres, sent)
                ledger.wait_for(40)
                check(house, ledger)
        check(house, ledger, is_over=True)
    print(f"{2 * times} restarts, {len(ledger.receipts)} commands, {ledger.unavailable} times 503")


def restart(postgres: EmbeddedPostgres, sent: signal.Signals) -> None:
    """End the server by a signal (SIGQUIT: as in a crash); its keeper starts it again."""

    def pid() -> int | None:
        postgres.start()
        return postgres.server_pid()

    before = pid()
    assert before is not None
    os.kill(before, sent)
    wait_until(lambda: pid() not in (before, None), seconds_max=60, what="the database")


def check(house: House, ledger: Ledger, *, is_over: bool = False) -> None:
    """The log holds what clients were told, and every view what the log says."""
    with house.cursor() as cursor:
        ledger.check(cursor, is_over=is_over)
    if is_over:
        assert house.json("verify")["equal"]
    else:
        assert unsound(house) == []


def unsound(house: House) -> list[Any]:
    """What `tenure verify` finds, looked for in this process, where nothing has to start."""
    settings = house.settings()
    with opened_source(settings) as source:
        logs = verified_logs(source, settings, None, None, lambda *_: None)
        views = Verification(source, ALL).run()
    assert len(views) == len(ALL)
    return [one for one in (*logs, *views) if not one.is_sound]
