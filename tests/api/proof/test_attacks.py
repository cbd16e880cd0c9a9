"""A superuser rewrites the database behind the service: `tenure verify` finds it and says where."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from typer.testing import CliRunner

import eventstore
from api.access.entries import Entry
from api.access.log import AccessLog
from api.cli.main import app
from api.embedded import EmbeddedPostgres
from api.log_source import source_of
from api.proof.keeping import CheckpointFile
from api.proof.logs import ACCESS, EVENTS
from api.proof.notes import Checkpoint, Signer
from api.proof.signing import Checkpointer, Signing
from eventstore.connections import Database
from projections.catalogue import ALL
from projections.engine import Engine
from tests.api.proof.conftest import seal
from tests.projections.lives import thorough_log
from tests.projections.stories import TestLog

SEED = bytes(range(32))
NAME = "example.cn/tenure"
KEY = Signer(f"{NAME}/events", SEED).verifier.written()
LATER = 40
"""Events behind the first checkpoint."""
_numbers = count(1)


def append(database: Database, events: list[Any]) -> None:
    factory = eventstore.Factory.with_database(database, {"CREATE_TABLE": "no"})
    TestLog(factory.application_recorder(), factory.mapper()).append(*events)


def follow(database: Database) -> None:
    source = source_of(database)
    with closing(Engine(database, source.log, source.to_event, ALL)) as engine:
        while engine.step():
            pass


def look(database: Database, looks: int) -> None:
    log = AccessLog(database, database.now)
    for number in range(looks):
        log.record(Entry("details-read", f"m{number}", "holder", None, {"fields": ["phone"]}))


def search(database: Database) -> None:
    """A look at three customers at once, and an export."""
    log = AccessLog(database, database.now)
    shown = tuple(UUID(int=number) for number in range(1, 4))
    log.record(Entry("details-read", "reader", "holder", None, customer_ids=shown))
    log.record(Entry("exported", "reader", "holder", None, facts={"rows": 5}))


@dataclass
class Kept:
    """What stands outside: the folder of the checkpoints."""

    folder: Path

    def signing(self, seed: bytes = SEED) -> Signing:
        return Signing(NAME, seed, self.folder)

    def sign(self, database: Database) -> None:
        for log in (EVENTS, ACCESS):
            Checkpointer(database, self.signing()).sign(log)

    def append(self, checkpoint: Checkpoint, seed: bytes = SEED) -> None:
        file = CheckpointFile(self.folder / f"{checkpoint.origin.rpartition('/')[2]}.checkpoints")
        with file.appending() as appending:
            appending.append(Signer(checkpoint.origin, seed).sign(checkpoint.text()))


@pytest.fixture(scope="module")
def lived(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, dict[str, Any]]:
    """A database that was sealed and signed twice; its name, the checkpoints, what it holds."""
    folder = tmp_path_factory.mktemp("checkpoints")
    with closing(Database(database_url)) as database:
        events = [entry.event for entry in thorough_log(700)]
        append(database, events[:-LATER])
        look(database, 20)
        seal(database)
        Kept(folder).sign(database)
        append(database, events[-LATER:])
        look(database, 5)
        search(database)
        seal(database)
        look(database, 1)
        Kept(folder).sign(database)
        follow(database)
        with database.autocommit() as cursor:
            cursor.execute(
                "SELECT position, originator_id, originator_version, topic FROM tenure.events"
                " ORDER BY position"
            )
            events = cursor.fetchall()
    return psycopg2.extensions.parse_dsn(database_url)["dbname"], folder, {"events": events}


@dataclass
class House:
    """A copy of that database, its checkpoints, and the command."""

    url: str
    kept: Kept
    events: list[tuple[Any, ...]]

    def as_superuser(self, *statements: str) -> None:
        """What a superuser can do to it, triggers or not."""
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("ALTER TABLE tenure.events DISABLE TRIGGER ALL")
            cursor.execute("ALTER TABLE access.entries DISABLE TRIGGER ALL")
            cursor.execute("ALTER TABLE access.about DISABLE TRIGGER ALL")
            for statement in statements:
                cursor.execute(statement)
                assert cursor.rowcount != 0, statement
            connection.commit()

    def verify(self, *words: str, status: int = 1) -> dict[str, Any]:
        environment = {
            "TENURE_SIGNING_KEY": SEED.hex(),
            "TENURE_CHECKPOINTS": str(self.kept.folder),
            "TENURE_ORIGIN": NAME,
        }
        words = ("verify", *words, "--json", "--database", self.url)
        ran = CliRunner().invoke(app, words, env=environment)
        assert ran.exit_code == status, ran.stderr[-2000:] + repr(ran.exception)
        assert ran.stdout, ran.stderr[-2000:] + repr(ran.exception)
        return json.loads(ran.stdout)

    def findings(self, *words: str) -> list[dict[str, Any]]:
        """What is wrong with the logs; of the views only one is looked at, to save time."""
        told = self.verify("disputes", "--key", KEY, *words)
        assert not told["equal"]
        return [finding for log in told["logs"] for finding in log["findings"]]

    def sealed_again(self) -> None:
        """The whole tree made anew from what the log holds now, as an attacker would."""
        self.as_superuser(
            "DELETE FROM proof.tiles",
            "UPDATE proof.trees SET size = 0, last_position = 0, root = sha256('')",
        )
        with closing(Database(self.url)) as database:
            seal(database)

    def event(self, number: int) -> dict[str, Any]:
        position, stream, version, topic = self.events[number]
        return {
            "position": position,
            "stream": str(stream),
            "version": version,
            "topic": topic,
            "leaf": number,
        }


@pytest.fixture
def house(
    lived: tuple[str, Path, dict[str, Any]], postgres: EmbeddedPostgres, tmp_path: Path
) -> Iterator[House]:
    template, folder, held = lived
    name = f"{template}_{next(_numbers)}"
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with closing(psycopg2.connect(postgres.url(database="postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
            yield House(postgres.url(database=name), Kept(tmp_path), held["events"])
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def assert_told(finding: dict[str, Any], **expected: Any) -> None:
    assert {name: finding[name] for name in expected} == expected
    assert finding["zh"]
    assert finding["en"]


def test_nothing_is_found_where_nothing_was_rewritten(house: House) -> None:
    told = house.verify(status=0)
    assert told["equal"]
    events, access = told["logs"]
    assert events["size"] == events["leaves"] == len(house.events)
    assert (events["unsealed"], events["checkpoints"]) == (0, 2)
    assert (access["size"], access["checkpoints"], access["sound"]) == (27, 2, True)


@pytest.mark.parametrize(
    "column",
    [
        "state = set_byte(state, 3, get_byte(state, 3) # 1)",
        "state = state || ' '::bytea",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "topic = 'customer.released'",
        "originator_version = 900",
        "originator_id = gen_random_uuid()",
    ],
)
def test_a_byte_that_was_changed_is_found_at_its_event(house: House, column: str) -> None:
    event = house.event(300)
    house.as_superuser(f"UPDATE tenure.events SET {column} WHERE position = {event['position']}")
    (found,) = house.findings()
    assert_told(found, log="events", kind="changed", position=event["position"], leaf=300)


def test_an_event_that_was_deleted_is_found_at_its_position(house: House) -> None:
    position = house.event(7)["position"]
    house.as_superuser(f"DELETE FROM tenure.events WHERE position = {position}")
    (found,) = house.findings()
    assert_told(
        found, log="events", kind="deleted", position=position, position_max=position, leaf=7
    )


def test_an_event_that_was_inserted_is_found(house: House) -> None:
    # Room for it: a position that was deleted, or one that never was.
    first = house.event(0)["position"]
    for position in (0, -5):
        house.as_superuser(
            "INSERT INTO tenure.events SELECT"
            f" {position}, gen_random_uuid(), 1, topic, state, recorded_at"
            f" FROM tenure.events WHERE position = {first}"
        )
    found = house.findings()
    assert [one["kind"] for one in found] == ["inserted", "inserted"]
    assert [one["position"] for one in found] == [-5, 0]


def test_two_events_that_were_swapped_are_found_with_where_they_were(house: House) -> None:
    one, other = house.event(100)["position"], house.event(140)["position"]
    house.as_superuser(
        f"UPDATE tenure.events SET position = -1 WHERE position = {one}",
        f"UPDATE tenure.events SET position = {one} WHERE position = {other}",
        f"UPDATE tenure.events SET position = {other} WHERE position = -1",
    )
    first, second = house.findings()
    assert_told(first, kind="swapped", position=one, leaf=100)
    assert_told(second, kind="swapped", position=other, leaf=140)
    assert str(other) in first["detail"]
    assert str(one) in second["detail"]


def test_two_states_that_were_swapped_are_found(house: House) -> None:
    one, other = house.event(100)["position"], house.event(140)["position"]
    house.as_superuser(
        "UPDATE tenure.events AS event SET state = twin.state FROM tenure.events AS twin"
        f" WHERE (event.position, twin.position) IN (({one}, {other}), ({other}, {one}))"
    )
    assert [(found["kind"], found["position"]) for found in house.findings()] == [
        ("swapped", one),
        ("swapped", other),
    ]


def test_an_end_that_was_cut_off_is_found_from_where_it_lacks(house: House) -> None:
    first = house.event(len(house.events) - 3)
    house.as_superuser(f"DELETE FROM tenure.events WHERE position >= {first['position']}")
    found = house.findings()
    assert [one["kind"] for one in found] == ["deleted"] * 3
    assert found[0]["position"] == first["position"]


def test_an_end_that_was_cut_off_with_its_tree_is_found_by_the_checkpoint_outside(
    house: House,
) -> None:
    first = house.event(len(house.events) - 3)
    house.as_superuser(f"DELETE FROM tenure.events WHERE position >= {first['position']}")
    house.sealed_again()
    (found,) = house.findings()
    assert_told(found, log="events", kind="checkpoint-beyond")
    assert str(house.kept.folder / "events.checkpoints") in found["detail"]


def test_a_fork_is_found_between_the_checkpoints_that_it_lies_between(house: House) -> None:
    changed = house.event(len(house.events) - 5)
    house.as_superuser(
        "UPDATE tenure.events SET recorded_at = recorded_at + interval '1 hour'"
        f" WHERE position = {changed['position']}"
    )
    house.sealed_again()
    (found,) = house.findings()
    assert_told(found, log="events", kind="checkpoint-forked", leaf=len(house.events) - LATER)
    assert found["position"] <= changed["position"] <= found["position_max"]


def test_a_log_that_went_on_from_an_old_backup_is_found(house: House) -> None:
    first = house.event(len(house.events) - 30)
    house.as_superuser(f"DELETE FROM tenure.events WHERE position >= {first['position']}")
    with closing(Database(house.url)) as database, database.autocommit() as cursor:
        cursor.execute(
            "INSERT INTO tenure.events SELECT nextval('tenure.positions'), gen_random_uuid(), 1,"
            " topic, state, recorded_at FROM tenure.events WHERE topic = 'refusal.recorded'"
        )
    house.sealed_again()
    (found,) = house.findings()
    assert_told(found, kind="checkpoint-forked", leaf=len(house.events) - LATER)


def test_a_checkpoint_that_another_key_signed_is_found(house: House) -> None:
    house.kept.append(Checkpoint(f"{NAME}/events", 5, bytes(32)), seed=bytes(32))
    (found,) = house.findings()
    assert_told(found, log="events", kind="checkpoint-untrusted")
    assert found["detail"].endswith("#3")


def test_a_checkpoint_that_was_edited_is_found(house: House) -> None:
    path = house.kept.folder / "access.checkpoints"
    path.write_text(path.read_text().replace("\n20\n", "\n21\n"))
    (found,) = house.findings()
    assert_told(found, log="access", kind="checkpoint-untrusted")
    path.write_text(path.read_text().replace("\n21\n", "\nmany\n"))
    (found,) = house.findings()
    assert_told(found, log="access", kind="checkpoint-malformed")


def test_a_row_of_a_view_that_was_edited_is_found(house: House) -> None:
    house.as_superuser("UPDATE views.tenures SET holder = 'thief' WHERE ctid = '(0,1)'")
    told = house.verify()
    assert all(log["sound"] for log in told["logs"])
    (differing,) = [view for view in told["views"] if not view["equal"]]
    (difference,) = differing["differences"]
    assert difference["columns"]["holder"]["kept"] == "thief"


def test_a_tile_that_was_edited_is_found_whatever_its_level(house: House) -> None:
    edit = "UPDATE proof.tiles SET hashes = set_byte(hashes, 70, get_byte(hashes, 70) # 1)"
    where = "log = 'events' AND level = {} AND index = 0"
    house.as_superuser(f"{edit} WHERE {where.format(1)}")
    (found,) = house.findings()
    assert_told(found, log="events", kind="tile-edited", leaf=512)
    house.as_superuser(f"{edit} WHERE {where.format(1)}", f"{edit} WHERE {where.format(0)}")
    kinds = [(one["kind"], one["leaf"]) for one in house.findings()]
    assert ("changed", 2) in kinds
    assert ("tile-edited", 0) in kinds


def test_tiles_and_heads_that_lie_about_places_are_found(house: House) -> None:
    where = "log = 'events' AND level = 0 AND index = 0"
    house.as_superuser(f"UPDATE proof.tiles SET first_position = 2 WHERE {where}")
    (found,) = house.findings()
    assert_told(found, kind="tile-edited", leaf=0)
    house.as_superuser(f"UPDATE proof.tiles SET first_position = 1 WHERE {where}")
    house.as_superuser("UPDATE proof.trees SET root = sha256('x') WHERE log = 'access'")
    (found,) = house.findings()
    assert_told(found, log="access", kind="tree-edited")


def test_a_tile_that_is_gone_is_found_and_what_was_not_verified_said(house: House) -> None:
    house.as_superuser("DELETE FROM proof.tiles WHERE log = 'events' AND level = 0 AND index = 1")
    found = house.findings()
    assert_told(found[0], kind="tile-edited", leaf=256)
    assert "nothing behind it" in found[0]["detail"]


@pytest.mark.parametrize(
    ("attack", "kind"),
    [
        ("UPDATE access.entries SET state = state || ' '::bytea WHERE position = 9", "changed"),
        ("UPDATE access.entries SET member = 'x' WHERE position = 9", "copy-differs"),
        ("UPDATE access.entries SET kind = 'exported' WHERE position = 9", "copy-differs"),
        ("UPDATE access.entries SET at = at - interval '1 day' WHERE position = 9", "copy-differs"),
        (
            "UPDATE access.entries SET customer_id = gen_random_uuid() WHERE position = 9",
            "copy-differs",
        ),
        ("DELETE FROM access.entries WHERE position = 9", "deleted"),
    ],
)
def test_an_entry_of_the_access_log_that_was_rewritten_is_found(
    house: House, attack: str, kind: str
) -> None:
    house.as_superuser(attack)
    (found,) = house.findings()
    assert_told(found, log="access", kind=kind, position=9)


@pytest.mark.parametrize(
    ("attack", "kind", "position"),
    [
        (f"DELETE FROM access.about WHERE customer_id = '{UUID(int=2)}'", "copy-differs", 26),
        (f"UPDATE access.about SET position = 9 WHERE customer_id = '{UUID(int=2)}'", None, None),
        (f"INSERT INTO access.about VALUES ('{UUID(int=9)}', 26)", "copy-differs", 26),
        (f"INSERT INTO access.about VALUES ('{UUID(int=9)}', -1)", "copy-differs", -1),
        (f"INSERT INTO access.about VALUES ('{UUID(int=9)}', 99)", "copy-differs", 99),
        ("DELETE FROM access.reads_a_day WHERE member = 'reader'", "count-differs", None),
        ("UPDATE access.reads_a_day SET details = 2 WHERE details = 3", "count-differs", None),
        ("UPDATE access.reads_a_day SET details = 4 WHERE details = 3", "count-differs", None),
        ("UPDATE access.reads_a_day SET exports = 0 WHERE exports = 1", "count-differs", None),
        ("UPDATE access.reads_a_day SET exported = 0 WHERE exported = 5", "count-differs", None),
        ("UPDATE access.reads_a_day SET searches = 7 WHERE member = 'm3'", "count-differs", None),
    ],
)
def test_what_repeats_the_access_log_beside_it_is_held_against_it(
    house: House, attack: str, kind: str | None, position: int | None
) -> None:
    house.as_superuser(attack)
    found = house.findings()
    if kind is None:
        assert [(one["kind"], one["position"]) for one in found] == [
            ("copy-differs", 9),
            ("copy-differs", 26),
        ]
        return
    assert_told(found[0], log="access", kind=kind, position=position)
    assert len(found) == 1


def test_a_witnesss_file_finds_what_the_houses_own_folder_hides(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    witness = tmp_path_factory.mktemp("witness") / "kept"
    witness.write_bytes((house.kept.folder / "events.checkpoints").read_bytes())
    house.as_superuser("UPDATE tenure.events SET recorded_at = now() WHERE position = 5")
    house.sealed_again()
    for path in house.kept.folder.iterdir():
        path.unlink()
    with closing(Database(house.url)) as database:
        house.kept.sign(database)
        follow(database)
    assert all(log["sound"] for log in house.verify()["logs"])
    found = house.findings("--checkpoints", str(witness))
    assert {one["kind"] for one in found} == {"checkpoint-forked"}


def test_people_are_told_each_finding_with_its_place(house: House) -> None:
    event = house.event(300)
    house.as_superuser(
        f"UPDATE tenure.events SET recorded_at = now() WHERE position = {event['position']}"
    )
    ran = CliRunner().invoke(app, ["verify", "disputes", "--key", KEY, "--database", house.url])
    assert ran.exit_code == 1
    line = next(line for line in ran.stdout.splitlines() if line.startswith("events: changed"))
    for part in (event["position"], event["stream"], event["topic"], "与封存时不同"):
        assert str(part) in line
    # Without a checkpoint outside, that is said.
    assert "compared with no checkpoint outside" in ran.stderr


def test_checkpoints_without_a_key_and_files_that_are_not_there_are_refused(
    house: House, tmp_path: Path
) -> None:
    run: Callable[..., Any] = lambda *words: CliRunner().invoke(  # noqa: E731
        app, ["verify", "--json", "--database", house.url, *words]
    )
    for words, name in (
        (("--checkpoints", str(tmp_path / "nothing")), "nothing"),
        (("--checkpoints", str(house.kept.folder)), "--key"),
        (("--key", "no-key"), "--key"),
    ):
        ran = run(*words)
        assert ran.exit_code == 2
        assert name in json.loads(ran.stderr.splitlines()[-1])["en"]
