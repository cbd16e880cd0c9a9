"""Rules under `kill -9`: what was answered is there, once; the views catch up by themselves."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest

from tests.api.embedded.users import parent_of
from tests.end_to_end.installed import House, Server, claim, register
from tests.waiting import wait_until


@dataclass
class Answered:
    """What clients were told before the service was killed."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    registered: dict[str, str] = field(default_factory=dict)
    claimed: dict[str, str] = field(default_factory=dict)


def act(server: Server, token: str, member: str, first: int, answered: Answered) -> None:
    """Register and claim, one company after the other, until the service is gone."""
    with server.client(token) as client:
        try:
            for number in range(first, first + 1000):
                customer_id = register(client, number)
                with answered.lock:
                    answered.registered[customer_id] = str(number)
                done = client.post(
                    f"/v1/customers/{customer_id}/claim",
                    json=claim(),
                    headers={"Idempotency-Key": f"claim-{number}"},
                )
                assert done.is_success, done.text
                with answered.lock:
                    answered.claimed[customer_id] = member
        except httpx.TransportError:
            return


def check_answers(house: House, answered: Answered) -> None:
    """Every answer is in the log, once, and nothing is there twice."""
    registered = house.column(
        "SELECT originator_id::text FROM tenure.events WHERE topic = 'customer.registered'"
    )
    assert set(answered.registered) <= set(registered)
    assert len(registered) == len(set(registered))
    claims = house.column(
        "SELECT stream || ' ' || (state ->> 'holder')"
        " FROM tenure.event_log WHERE topic = 'customer.claimed'"
    )
    assert {f"{customer_id} {holder}" for customer_id, holder in answered.claimed.items()} <= set(
        claims
    )
    assert len(claims) == len(set(claims))
    names = house.column(
        "SELECT state ->> 'name' FROM tenure.event_log WHERE topic = 'customer.registered'"
    )
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "enough",
    [pytest.param(20, id="soon"), pytest.param(600, id="late", marks=pytest.mark.long)],
)
def test_killed_in_the_middle_of_claims_what_was_answered_is_there_once(
    house: House, enough: int
) -> None:
    tokens = {member: house.token(member, "seller") for member in ("li", "chen")}
    answered = Answered()
    with house.serving() as server, ThreadPoolExecutor(len(tokens)) as pool:
        running = [
            pool.submit(act, server, token, member, 1000 * index, answered)
            for index, (member, token) in enumerate(tokens.items())
        ]
        wait_until(lambda: len(answered.claimed) >= enough, seconds_max=90, what="claims")
        server.kill()
        for one in running:
            one.result(60)
    check_answers(house, answered)
    with house.serving() as server, server.client(tokens["li"]) as client:
        wait_until(lambda: _lag(client) == 0, seconds_max=30, what="the views")
        for customer_id, holder in answered.claimed.items():
            told = client.get(f"/v1/customers/{customer_id}").json()
            assert (told["state"], told["holder"]) == ("waiting", holder)
        again = client.post(f"/v1/customers/{next(iter(answered.claimed))}/claim", json=claim())
        assert again.status_code == 409


@pytest.mark.long
def test_killed_again_and_again_nothing_is_lost_and_nothing_is_twice(house: House) -> None:
    token = house.token("li", "seller")
    answered = Answered()
    for turn in range(8):
        with house.serving() as server, ThreadPoolExecutor(1) as pool:
            before = len(answered.claimed)
            running = pool.submit(act, server, token, "li", 1000 * turn, answered)
            wait_until(
                lambda: len(answered.claimed) >= before + 15,  # noqa: B023 - called at once
                seconds_max=60,
                what="claims",
            )
            server.kill()
            running.result(60)
    check_answers(house, answered)


def _lag(client: httpx.Client) -> int:
    views = client.get("/health/ready").json()["views"]
    return max(view["lag"] for view in views.values())


def test_the_database_comes_back_when_it_was_killed_with_its_keeper(house: House) -> None:
    token = house.token("li", "seller")
    with house.serving() as server, server.client(token) as client:
        first = register(client, 1)
        postgres = int((house.data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        for pid in (parent_of(postgres), postgres):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

        def answers() -> bool:
            return client.get(f"/v1/customers/{first}/holder").status_code == 200

        wait_until(answers, seconds_max=30, what="the database")
        assert register(client, 2) != first
