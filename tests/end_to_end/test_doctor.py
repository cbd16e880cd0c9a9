"""Rules of `tenure doctor` and of a database of one's own: what is wrong is said."""

from __future__ import annotations

from base64 import b64encode
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from api.embedded import EmbeddedPostgres
from tests.end_to_end.installed import House
from tests.waiting import wait_until

KEYS = {
    "TENURE_KEY": b64encode(b"k" * 32).decode(),
    "TENURE_HASH_KEY": b64encode(b"h" * 32).decode(),
}


def standings(document: dict[str, Any]) -> dict[str, set[str]]:
    """How the checks of each name came out."""
    found: dict[str, set[str]] = {}
    for check in document["checks"]:
        found.setdefault(check["name"], set()).add(check["standing"])
    return found


def test_a_house_that_is_well_is_status_zero(house: House) -> None:
    house.run("member", "list")
    document = house.json("doctor")
    assert document["well"]
    assert all("failure" not in found for found in standings(document).values())
    assert {"version", "append-only", "privileges", "keys", "views", "clock"} <= {
        name for name, found in standings(document).items() if found == {"good"}
    }
    assert "✓" in house.run("doctor").stdout


def test_a_folder_without_a_database_is_left_alone(empty_house: House) -> None:
    assert standings(empty_house.json("doctor")) == {"database": {"warning"}}
    assert not empty_house.data.exists()


def test_a_missing_trigger_and_a_key_that_others_read_are_found(house: House) -> None:
    house.run("member", "list")
    (house.data / "keys" / "subjects.key").chmod(0o644)
    with EmbeddedPostgres(house.data) as server:
        with closing(psycopg2.connect(server.url())) as connection, connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tenure.events DISABLE TRIGGER refuse_change")
            connection.commit()
        document = house.json("doctor", status=1)
    assert not document["well"]
    assert standings(document)["append-only"] == {"failure"}
    assert standings(document)["keys"] == {"warning", "good"}


def test_keys_that_were_lost_are_found_and_not_replaced(open_house: House) -> None:
    open_house.run("member", "list")
    (open_house.data / "keys" / "hashes.key").unlink()
    assert "failure" in standings(open_house.json("doctor", status=1))["keys"]


@pytest.fixture
def own_house(empty_house: House, database_url: str) -> House:
    """A house on a database that somebody else runs."""
    empty_house.environment |= {"TENURE_DATABASE": database_url, "TENURE_DATA": ""}
    return empty_house


def test_a_database_of_ones_own_needs_keys_and_every_command_says_how_to_make_them(
    own_house: House,
) -> None:
    for words in (("serve", "--port", "0"), ("worker",), ("member", "list")):
        done = own_house.run(*words, status=2)
        assert "TENURE_KEY" in done.stderr
        assert "openssl rand" in done.stderr
    assert "openssl rand" in own_house.run("migrate").stderr
    assert "openssl rand" in own_house.run("doctor", status=1).stdout.replace("\n", " ")


def test_a_database_of_ones_own_serves_with_keys(own_house: House) -> None:
    own_house.environment |= KEYS
    own_house.run("migrate")
    token = own_house.token("li", "seller")
    with own_house.serving() as server, server.client(token) as client:
        assert client.get("/v1/agenda").status_code == 200
    assert own_house.column("SELECT count(*) > 0 FROM tenure.events") == [True]
    assert own_house.json("doctor", status=1)["well"] is False  # The tests' server has no fsync.


def test_an_empty_database_of_ones_own_is_told_to_migrate(
    empty_house: House, postgres: EmbeddedPostgres
) -> None:
    empty_house.environment |= KEYS
    done = empty_house.run(
        "member", "list", "--database", postgres.url(database="postgres"), status=2
    )
    assert "tenure migrate" in done.stderr


def test_a_database_that_is_not_there_is_one_clear_line(empty_house: House) -> None:
    empty_house.environment |= KEYS
    url = "postgresql://nobody@127.0.0.1:1/none"
    done = empty_house.run("member", "list", "--database", url, status=1)
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_workers_on_one_database_and_one_goes_on_when_the_other_is_killed(
    own_house: House,
) -> None:
    own_house.environment |= KEYS
    own_house.run("migrate")
    workers = [own_house.start("worker") for _ in range(2)]
    try:
        for worker in workers:
            assert worker.stderr is not None
            assert "后台任务" in worker.stderr.readline()
        own_house.token("first", "seller")
        wait_until(lambda: _is_followed(own_house), seconds_max=30, what="the views")
        workers[0].kill()
        own_house.token("second", "seller")
        wait_until(lambda: _is_followed(own_house), seconds_max=30, what="the views")
        workers[1].terminate()
        assert workers[1].wait(30) == 0
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate(timeout=30)


def _is_followed(house: House) -> bool:
    query = "SELECT min(position) >= (SELECT max(position) FROM tenure.events) FROM views.positions"
    return house.column(query) == [True]
