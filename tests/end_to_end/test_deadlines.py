"""Rules of time over the whole service: at its deadline a protection is over, running or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.installed import House, claim, register
from tests.waiting import wait_until

BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TERM = timedelta(days=30)


@pytest.fixture
def clock(house: House) -> Path:
    """The file that the service takes its time from."""
    path = house.folder / "clock"
    path.write_text(BEGIN.isoformat())
    house.environment["TENURE_TEST_CLOCK"] = str(path)
    return path


def held(house: House, client: httpx.Client, reviewer: str) -> str:
    """A customer that `li` holds as potential from the present instant on."""
    customer_id = register(client, 1)
    assert client.post(f"/v1/customers/{customer_id}/claim", json=claim()).is_success
    headers = {"Authorization": f"Bearer {reviewer}"}
    passed = client.post(
        f"/v1/customers/{customer_id}/review", json={"decision": "pass"}, headers=headers
    )
    assert passed.is_success, passed.text
    assert datetime.fromisoformat(passed.json()["until"]) == BEGIN + TERM
    return customer_id


def until_true(condition: Callable[[], bool], what: str) -> None:
    wait_until(condition, seconds_max=30, what=what)


@pytest.mark.clause("S1-033", "S1-035")
def test_stopped_over_a_deadline_every_answer_gives_the_deadline_before_any_sweep(
    house: House, clock: Path
) -> None:
    seller, reviewer = house.token("li", "seller"), house.token("zhao", "reviewer")
    with house.serving() as server, server.client(seller) as client:
        customer_id = held(house, client, reviewer)
        until_true(lambda: client.get(f"/v1/customers/{customer_id}").is_success, "the card")
    deadline = BEGIN + TERM
    clock.write_text((deadline + timedelta(days=1)).isoformat())
    # Nobody sweeps: without a worker the answers rest on the recorded deadline alone.
    with house.serving("--no-worker") as server, server.client(seller) as client:
        card = client.get(f"/v1/customers/{customer_id}").json()
        assert (card["state"], card["holder"]) == ("pool", None)
        now = client.get(f"/v1/customers/{customer_id}/holder")
        assert now.headers["Tenure-Test-Clock"]
        assert now.json()["holder"] is None
        before = client.get(
            f"/v1/customers/{customer_id}/holder",
            params={"at": (deadline - timedelta(microseconds=1)).isoformat()},
        ).json()
        assert before["holder"] == "li"
        assert datetime.fromisoformat(before["until"]) == deadline
        at = client.get(
            f"/v1/customers/{customer_id}/holder", params={"at": deadline.isoformat()}
        ).json()
        assert at["holder"] is None
        pool = client.get("/v1/pool").json()["items"]
        assert [item["customer_id"] for item in pool] == [customer_id]
        lapsed = "SELECT count(*) FROM tenure.events WHERE topic = 'customer.lapsed'"
        assert house.column(lapsed) == [0]
    with house.serving():
        until_true(lambda: house.column(lapsed) == [1], "the sweep")
    dated = "SELECT (state ->> 'timestamp')::timestamptz FROM tenure.event_log"
    assert house.column(f"{dated} WHERE topic = 'customer.lapsed'") == [deadline]


@pytest.mark.clause("S1-302")
def test_at_the_exact_deadline_the_old_protection_is_over(house: House, clock: Path) -> None:
    seller, rival = house.token("li", "seller"), house.token("chen", "seller")
    reviewer = house.token("zhao", "reviewer")
    note = {"channel": "phone", "note": "愿意面谈", "next_contact_at": "2026-05-01T09:00:00Z"}
    with house.serving("--no-worker") as server, server.client(seller) as client:
        customer_id = held(house, client, reviewer)
        with server.client(rival) as other:
            path = f"/v1/customers/{customer_id}/claim"
            clock.write_text((BEGIN + TERM - timedelta(microseconds=1)).isoformat())
            assert other.post(path, json=claim() | {"follow_up": note}).status_code == 409
            clock.write_text((BEGIN + TERM).isoformat())
            won = other.post(path, json=claim() | {"follow_up": note})
            assert won.is_success, won.text
            assert won.json()["holder"] == "chen"


def test_a_clock_file_that_holds_no_instant_is_a_clear_error(house: House, clock: Path) -> None:
    clock.write_text("tomorrow")
    done = house.run("serve", "--port", "0", status=1)
    assert str(clock) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_clock_that_breaks_while_serving_makes_commands_fail_not_lie(
    house: House, clock: Path
) -> None:
    seller = house.token("li", "seller")
    with house.serving() as server, server.client(seller) as client:
        register(client, 1)
        clock.write_text("tomorrow")
        assert client.post("/v1/customers", json={}).status_code in (422, 503)
        assert client.get("/v1/agenda").status_code == 503
        clock.write_text((BEGIN + timedelta(days=1)).isoformat())
        register(client, 2)
