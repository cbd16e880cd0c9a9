"""Rebuild and verify on the command line, and the processes that fold beside the first."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

import eventstore
from api.cli.main import app
from api.embedded import EmbeddedPostgres
from api.log_source import source_of
from api.rebuild_lane import Work
from api.rebuilds import LaneFailed, ProcessLane, lanes_of
from api.renewal import Renewal
from eventstore.connections import Database
from projections import audit, pool
from projections.catalogue import ALL
from projections.engine import Engine
from projections.rebuilding import Rebuild
from projections.shadow import PREFIX, Attempt
from projections.stretches import BATCH_EVENTS, Stretch, passes, stretches
from tests.projections.lives import thorough_log
from tests.projections.stories import Story, TestLog
from tests.projections.whole_views import rows_of, shadow_schemas
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def log(database: Database) -> TestLog:
    factory = eventstore.Factory.with_database(database, {"CREATE_TABLE": "no"})
    return TestLog(factory.application_recorder(), factory.mapper())


@pytest.fixture
def followed(database: Database, log: TestLog) -> None:
    log.append(*(entry.event for entry in thorough_log(150)))
    source = source_of(database)
    with closing(Engine(database, source.log, source.to_event)) as engine:
        while engine.step():
            pass


def tenure(url: str, *words: str) -> tuple[int, Any, str]:
    """Exit status, what it printed as JSON, what it said besides."""
    ran = CliRunner().invoke(app, [*words, "--json", "--database", url])
    return ran.exit_code, json.loads(ran.stdout or "null"), ran.stderr


@pytest.mark.usefixtures("followed")
def test_a_second_process_folds_the_same_rows(database_url: str, database: Database) -> None:
    with database.autocommit() as cursor:
        before = rows_of(cursor)
        lanes: list[ProcessLane] = []

        def made(schema: str, views: Any, _: int, stack: ExitStack) -> Sequence[Any]:
            lanes.extend(lanes_of(database_url, lanes_max=2)(schema, views, 10**9, stack))
            return lanes

        Rebuild(source_of(database), ALL, lanes=made).run()
        assert len(lanes) == 1
        assert rows_of(cursor) == before
        with pytest.raises(ProcessLookupError):
            os.kill(lanes[0].process_id, 0)


@pytest.mark.usefixtures("followed")
def test_a_killed_second_process_ends_the_rebuild_and_changes_nothing(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(ProcessLane):
        def folded(self, stretch: Any) -> Iterator[int]:
            os.kill(self.process_id, signal.SIGKILL)
            yield from super().folded(stretch)

    def made(schema: str, views: Any, _: int, stack: ExitStack) -> Sequence[Any]:
        lane = Killed(Work(database_url, schema, tuple(view.NAME for view in views)))
        stack.callback(lane.close)
        return [lane]

    with database.autocommit() as cursor:
        before = rows_of(cursor)
        # In short stretches, so that both get some.
        monkeypatch.setitem(stretches.__kwdefaults__, "events", 5)
        with pytest.raises(LaneFailed):
            Rebuild(source_of(database), ALL, lanes=made, batch_events=1).run()
        assert rows_of(cursor) == before
        assert shadow_schemas(cursor) == []


def test_a_second_process_tells_how_far_it_is_within_a_long_stretch(
    database_url: str, database: Database, log: TestLog
) -> None:
    log.append(*(entry.event for entry in thorough_log(2_000)))
    settled = source_of(database).log.settled_position()
    with closing(Attempt(database.connect, [audit])) as attempt:
        attempt.make()
        with closing(ProcessLane(Work(database_url, attempt.schema, ("audit",)))) as lane:
            done = list(lane.folded(Stretch(("audit",), settled, settled, after=0)))
    assert len(done) == -(-settled // BATCH_EVENTS) > 1
    assert sum(done) == settled


@pytest.mark.usefixtures("followed")
def test_both_commands_count_every_pass_over_the_log(database_url: str, database: Database) -> None:
    settled = source_of(database).log.settled_position()
    for command in ("rebuild", "verify"):
        said = tenure(database_url, command)[2].splitlines()
        told = [json.loads(line) for line in said if line.startswith('{"stage"')]
        folding = [line for line in told if line["stage"] == "folding"]
        assert {line["total"] for line in folding} == {passes(ALL) * settled}
        assert all(line["done"] <= line["total"] for line in folding)


@pytest.mark.usefixtures("followed")
def test_the_command_verifies_finds_what_is_wrong_and_rebuilds_it(
    database_url: str, database: Database
) -> None:
    status, told, _ = tenure(database_url, "verify")
    assert (status, told["equal"]) == (0, True)
    assert [view["view"] for view in told["views"]] == [view.NAME for view in ALL]
    assert told["rows"] == sum(view["rows"] for view in told["views"])
    with database.autocommit() as cursor:
        cursor.execute("UPDATE views.pool SET name = '错' WHERE ctid = '(0,1)'")
    status, told, _ = tenure(database_url, "verify", "pool")
    assert (status, told["equal"]) == (1, False)
    (view,) = told["views"]
    (found,) = view["differences"]
    assert found.keys() == {"table", "key", "kind", "columns", "event"}
    assert (found["table"], found["kind"]) == ("pool", "different")
    assert found["columns"]["name"]["kept"] == "错"
    assert found["event"].keys() == {"position", "topic", "words"}
    assert found["event"]["words"].keys() == {"zh", "en"}
    status, told, _ = tenure(database_url, "rebuild", "pool")
    assert (status, [one["view"] for one in told["rebuilt"]]) == (0, ["pool"])
    assert tenure(database_url, "verify", "pool")[0] == 0


@pytest.mark.usefixtures("followed")
def test_all_differences_come_as_lines_and_the_result_on_the_last(
    database_url: str, database: Database
) -> None:
    with database.autocommit() as cursor:
        cursor.execute("UPDATE views.pool SET name = '错'")
        cursor.execute("SELECT customer_id::text FROM views.pool ORDER BY customer_id")
        wrong = [row[0] for row in cursor.fetchall()]
    asked = ["verify", "pool", "--all", "--database", database_url]
    ran = CliRunner().invoke(app, [*asked, "--json"])
    assert ran.exit_code == 1
    *lines, last = map(json.loads, ran.stdout.splitlines())
    assert [line["key"]["customer_id"] for line in lines] == wrong
    assert {line["view"] for line in lines} == {"pool"}
    naming = {"customer.registered", "customer.profile_changed"}
    assert {line["event"]["topic"] for line in lines} <= naming
    (view,) = last["views"]
    assert last["equal"] is view["equal"] is False
    assert (view["differing"], view["differences"], view["differences_left_out"]) == (
        len(wrong),
        [],
        0,
    )
    shown = CliRunner().invoke(app, asked).stdout
    assert shown.count("kept 现存 '错'") == len(wrong)
    assert f"{len(wrong)} differ 行不同" in shown


def test_for_people_both_commands_print_tables(database_url: str) -> None:
    for command, title in (("rebuild", "rebuilt 已重建"), ("verify", "equal 一致")):
        ran = CliRunner().invoke(app, [command, "pool", "--database", database_url])
        assert ran.exit_code == 0
        assert title in ran.stdout


@pytest.mark.parametrize("command", ["rebuild", "verify"])
def test_an_unknown_view_is_answered_with_those_there_are(database_url: str, command: str) -> None:
    status, told, said = tenure(database_url, command, "pool", "nix")
    assert (status, told) == (2, None)
    error = json.loads(said)
    assert error["error"] == "unknown-view"
    assert "nix" in error["zh"]
    assert "customers" in error["en"]


@pytest.mark.usefixtures("followed")
def test_killed_on_the_command_line_it_leaves_the_views_and_the_next_run_cleans_up(
    database_url: str, database: Database, log: TestLog
) -> None:
    log.append(*(Story().registered() for _ in range(400)))
    command = [sys.executable, "-c", "from api.cli.main import main; main()", "rebuild"]
    command += ["--database", database_url]
    with database.autocommit() as cursor:
        before = rows_of(cursor)
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
            wait_until(lambda: shadow_schemas(cursor), seconds_max=30)
            process.kill()
        assert rows_of(cursor) == before
        left = shadow_schemas(cursor)
        assert all(schema.startswith(PREFIX) for schema in left)

        def is_rebuilt() -> bool:
            return tenure(database_url, "rebuild", "pool")[0] == 0

        wait_until(is_rebuilt, seconds_max=20)
        wait_until(lambda: not shadow_schemas(cursor) or is_rebuilt(), seconds_max=20)
        assert not set(left) & set(shadow_schemas(cursor))


RAISED: Any = SimpleNamespace(
    **{
        **vars(pool),
        "VERSION": pool.VERSION + 1,
        "DDL": pool.DDL.replace("bars jsonb", "bars jsonb, added text DEFAULT 'new'"),
    }
)


@pytest.mark.usefixtures("followed")
def test_a_worker_rebuilds_what_its_release_has_changed(database: Database) -> None:
    service: Any = SimpleNamespace(database=database, embedded=None)
    stop = threading.Event()
    assert Renewal(service, [RAISED]).step(stop) == ["pool"]
    assert Renewal(service, [RAISED]).step(stop) == []
    with database.autocommit() as cursor:
        cursor.execute("SELECT count(*) = count(added), count(*) > 0 FROM views.pool")
        assert cursor.fetchone() == (True, True)


@pytest.mark.usefixtures("followed")
def test_a_worker_without_the_owners_rights_says_what_is_to_be_done(
    postgres: EmbeddedPostgres, database_name: str
) -> None:
    newer = SimpleNamespace(**{**vars(RAISED), "VERSION": RAISED.VERSION + 1})
    url = postgres.url(database=database_name, role="tenure_app")
    stop = threading.Event()
    stop.set()
    with closing(Database(url)) as database, structlog.testing.capture_logs() as logs:
        service: Any = SimpleNamespace(database=database, embedded=None)
        assert Renewal(service, [newer]).step(stop) == []
    assert [(entry["log_level"], entry["view"]) for entry in logs] == [("warning", "pool")]
