"""Races through a real server: one winner, and everybody else is told who it is."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.api.http.guests import CONTACT, Guests, assert_problem

RIVALS = 100
Request = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def rivals(module_guests: Guests) -> list[str]:
    members = {f"rival-{number}": "seller" for number in range(RIVALS)}
    module_guests.move_in(members)
    return list(members)


def at_once(guests: Guests, requests: Sequence[Request]) -> list[httpx.Response]:
    """Answers to requests (member, path, body) that are sent together, each on its own line."""

    async def all_of_them() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=len(requests))
        async with httpx.AsyncClient(
            base_url=guests.client.base_url, limits=limits, timeout=60, trust_env=False
        ) as client:
            await asyncio.gather(*(client.get("/health/live") for _ in requests))
            return await asyncio.gather(
                *(
                    client.post(
                        path,
                        json=body,
                        headers={"Authorization": f"Bearer {guests.tokens[member]}"},
                    )
                    for member, path, body in requests
                )
            )

    return asyncio.run(all_of_them())


@pytest.mark.clause("S1-053", "S1-302")
def test_of_a_hundred_claims_at_one_instant_one_wins(guests: Guests, rivals: list[str]) -> None:
    customer = guests.register()
    path, body = f"/v1/customers/{customer}/claim", {"contact": CONTACT}
    answers = at_once(guests, [(rival, path, body) for rival in rivals])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: RIVALS - 1}
    winner = next(answer.json()["holder"] for answer in answers if answer.status_code == 201)
    for answer in answers:
        if answer.status_code == 409:
            assert assert_problem(answer, 409, "already-protected")["holder"] == winner
    topics = Counter(guests.topics(customer))
    assert topics == {
        "customer.registered": 1,
        "customer.claimed": 1,
        "refusal.recorded": RIVALS - 1,
    }
    refused = {event["actor"] for event in guests.events(customer)[2:]}
    assert refused == set(rivals) - {winner}
    assert guests.get(f"/v1/customers/{customer}", "wu").json()["version"] == 2


@pytest.mark.clause("S1-024", "S1-173")
@pytest.mark.parametrize("towns", [("靖江市", "靖江市"), ("靖江市", "泰州市")])
def test_of_two_registrations_of_one_company_at_once_one_is_made(
    guests: Guests, towns: tuple[str, str]
) -> None:
    for _ in range(8):
        first = guests.company()
        second = guests.company(name=first["name"].replace("靖江市", towns[1]))
        answers = at_once(
            guests, [("li", "/v1/customers", first), ("chen", "/v1/customers", second)]
        )
        made, refused = sorted(answers, key=lambda answer: answer.status_code)
        assert made.status_code == 201
        problem = assert_problem(refused, 409, "duplicate-name")
        assert problem["customer_id"] == made.json()["customer_id"]
        assert problem["match"] == ("same" if towns[0] == towns[1] else "similar")


def test_a_claim_and_a_release_at_once_leave_one_story(guests: Guests, rivals: list[str]) -> None:
    for _ in range(5):
        customer = guests.potential()
        requests: list[Request] = [
            ("li", f"/v1/customers/{customer}/release", {"reason": "无需求"})
        ]
        claim = {"contact": CONTACT, "follow_up": guests.follow_up()}
        requests += [(rival, f"/v1/customers/{customer}/claim", claim) for rival in rivals[:9]]
        answers = at_once(guests, requests)
        assert answers[0].status_code == 200
        codes = Counter(answer.status_code for answer in answers[1:])
        assert codes[201] <= 1
        assert codes[201] + codes[409] == 9
        card = guests.get(f"/v1/customers/{customer}", "wu").json()
        assert (card["holder"] is not None) == (codes[201] == 1)
