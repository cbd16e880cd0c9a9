"""Of a customer that somebody else holds a stranger is told no instant from which its deadline
could be reckoned: the term is open, so the beginning is as telling as the end (A-34)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.http.guests import CONTACT, DAY, MICROSECOND, MONDAY, Guests
from tests.api.http.test_strangers_deadlines import ROUTES, told

HOUR = timedelta(hours=1)
REGISTERED = MONDAY + timedelta(minutes=3, seconds=5, microseconds=111111)
CLAIMED = MONDAY + 3 * HOUR + timedelta(minutes=41, seconds=43, microseconds=678901)
PASSED = CLAIMED + HOUR + timedelta(minutes=5, seconds=7)
EXTENDED = PASSED + DAY + timedelta(minutes=4, seconds=6)
SECRETS = tuple(f"{instant:%M:%S}" for instant in (CLAIMED, PASSED, EXTENDED))
"""Minute and second, which no time zone changes."""
DAY_BEFORE, DAY_AFTER = "2026-03-01T16:00:00.000000Z", "2026-03-02T16:00:00.000000Z"
ASKED = (
    *ROUTES,
    "/v1/customers?sort=registered_at&limit=1",
    "/v1/customers/{0}/holder?at=2026-03-02T09:00:00Z",
    "/v1/customers/{0}/holder?known_at=2026-03-03T01:00:00Z",
    "/v1/customers/{0}/replay?until=2026-03-04T00:00:00Z",
    "/v1/customers/{0}/may?at=2026-03-03T00:00:00Z",
    "/v1/customers/{0}/replay?known_at=2026-03-03T01:00:00Z",
    "/v1/customers/{0}/may?known_at=2026-03-03T01:00:00Z",
    "/v1/tenures?at=2026-03-03T00:00:00Z",
    "/v1/members/li",
    "/v1/statistics/events?figure=claims",
    "/v1/details-requests",
)


@pytest.fixture
def held(guests: Guests) -> tuple[str, str]:
    """Id and name of a customer that li holds, claimed, passed and extended at telling instants."""
    guests.at(REGISTERED)
    customer = guests.register()
    guests.at(CLAIMED)
    assert guests.claim(customer).status_code == 201
    guests.at(PASSED)
    assert guests.review(customer).status_code == 200
    guests.at(EXTENDED)
    assert guests.apply(customer, "extension").status_code == 201
    assert guests.decide(customer, "extension").status_code == 200
    guests.at(EXTENDED + timedelta(minutes=20))
    contested = {"contested_at": (REGISTERED + DAY).isoformat(), "statement": "我先联系的客户"}
    opened = guests.post(f"/v1/customers/{customer}/disputes", contested, "chen")
    assert opened.status_code == 201
    assert not [secret for secret in SECRETS if secret in opened.text]
    guests.at(EXTENDED + 2 * DAY + timedelta(minutes=30))
    return customer, guests.get(f"/v1/customers/{customer}").json()["name"]


@pytest.mark.clause("S1-021")
def test_no_answer_tells_a_stranger_an_instant_from_which_the_deadline_follows(
    guests: Guests, held: tuple[str, str]
) -> None:
    told(guests, "chen", "/v1/collisions?name=" + held[1])
    for route in ASKED:
        for language in ("zh", "en"):
            text = told(guests, "chen", route.format(*held), language)
            assert not [secret for secret in SECRETS if secret in text], route
    card = guests.get(f"/v1/customers/{held[0]}", "chen").json()
    assert card["registered_at"] == f"{REGISTERED:%Y-%m-%dT%H:%M:%S.%fZ}", "of before the claim"
    # Those who are no strangers are told, so the test would see it.
    for member in ("li", "wang", "wu", "shen"):
        assert SECRETS[0] in told(guests, member, f"/v1/customers/{held[0]}"), member
        assert SECRETS[1] in told(guests, member, f"/v1/customers/{held[0]}/history"), member


def test_a_refused_rival_learns_the_day_of_the_claim_alone_and_knows_his_own_instant(
    guests: Guests, held: tuple[str, str]
) -> None:
    body = {"contact": CONTACT, "follow_up": guests.follow_up()}
    answer = guests.post(f"/v1/customers/{held[0]}/claim", body, "chen")
    assert answer.status_code == 409
    assert answer.json()["claimed_at"] == DAY_BEFORE
    assert not [secret for secret in SECRETS if secret in answer.text]
    report = {"of": guests.register("chen"), "statement": "同一家"}
    answer = guests.post(f"/v1/customers/{held[0]}/duplicates", report, "chen")
    assert answer.status_code == 201
    assert not [secret for secret in SECRETS if secret in answer.text]
    history = guests.get(f"/v1/customers/{held[0]}/history", "chen", limit=500).json()["items"]
    (refused,) = (event for event in history if event["topic"] == "refusal.recorded")
    assert refused["at"] == f"{guests.now:%Y-%m-%dT%H:%M:%S.%fZ}"


def test_of_a_claim_that_waits_a_stranger_knows_no_instant_either(guests: Guests) -> None:
    guests.at(CLAIMED)
    customer = guests.register("chen")
    guests.at(PASSED)
    guests.claim(customer)
    guests.at(PASSED + HOUR + timedelta(minutes=20))
    name = guests.get(f"/v1/customers/{customer}").json()["name"]
    for route in ("", "/history", "/replay", "/holder", "/may", "/what-if?rulebook=2026-1"):
        text = told(guests, "chen", f"/v1/customers/{customer}{route}")
        assert SECRETS[1] not in text, route
    assert SECRETS[1] not in told(guests, "chen", f"/v1/collisions?name={name}")
    body = {"contact": CONTACT, "follow_up": guests.follow_up()}
    answer = guests.post(f"/v1/customers/{customer}/claim", body, "chen")
    assert answer.json()["claimed_at"] == DAY_BEFORE


def test_asking_for_instant_after_instant_finds_out_no_beginning(
    guests: Guests, held: tuple[str, str]
) -> None:
    customer = held[0]

    def holder(at: datetime) -> Any:
        answer = _asked(guests, f"/v1/customers/{customer}/holder", at=at)
        return answer["holder"], answer["stage"], answer["at"]

    def known(at: datetime) -> Any:
        answer = _asked(guests, f"/v1/customers/{customer}/holder", known_at=at)
        return answer["holder"], answer["stage"], answer["position"]

    def replayed(name: str) -> Callable[[datetime], Any]:
        def found(at: datetime) -> Any:
            answer = _asked(guests, f"/v1/customers/{customer}/replay", **{name: at})
            return len(answer["steps"]), answer["situation"]

        return found

    def rights(name: str) -> Callable[[datetime], Any]:
        return lambda at: _asked(guests, f"/v1/customers/{customer}/may", **{name: at})["rights"]

    def tenures(name: str) -> Callable[[datetime], Any]:
        def found(at: datetime) -> Any:
            items = _asked(guests, "/v1/tenures", customer=customer, **{name: at})["items"]
            return [(item["stage"], item["since"], item["until"]) for item in items]

        return found

    questions = [
        *(holder, known),
        *map(replayed, ("until", "known_at")),
        *map(rights, ("at", "known_at")),
        *map(tenures, ("at", "from", "to")),
    ]
    for question in questions:
        for instant in (CLAIMED, PASSED):
            around = (instant - MICROSECOND, instant, instant + MICROSECOND, instant + 9 * HOUR)
            told_around = [question(at) for at in around]
            assert all(one == told_around[0] for one in told_around), (question, told_around)
    assert holder(REGISTERED - DAY)[0] is None
    assert holder(CLAIMED + DAY)[0] == "li"


@pytest.mark.parametrize("route", ["holder", "replay", "may"])
def test_asking_again_and_again_as_known_before_finds_out_no_end(
    guests: Guests, held: tuple[str, str], route: str
) -> None:
    """The deadline before the extension tells the one after it."""
    customer = held[0]
    events = guests.events(customer)
    asked_for = next(one for one in events if one["topic"] == "customer.extension_requested")
    passed = next(one for one in events if one["topic"] == "customer.review_passed")
    old = datetime.fromisoformat(passed["facts"]["until"])

    def asked(**known: Any) -> Any:
        told = _asked(guests, f"/v1/customers/{customer}/{route}", **known)
        return {name: told.get(name) for name in ("holder", "stage", "situation", "rights")}

    for known in (
        {"known_position": asked_for["position"] - 1},
        {"known_at": datetime.fromisoformat(passed["at"]) + 12 * HOUR},
    ):
        guests.at(old - MICROSECOND)
        before = asked(**known)
        guests.at(old + MICROSECOND)
        assert asked(**known) == before, known
        guests.at(old + DAY)
        assert route == "may" or asked(**known) != before, known


def _asked(guests: Guests, path: str, **asked: Any) -> Any:
    parameters = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asked.items()
    }
    answer = guests.get(path, "chen", **parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_is_over_is_told_to_the_instant(guests: Guests) -> None:
    guests.at(CLAIMED)
    customer = guests.register()
    guests.claim(customer)
    guests.at(PASSED)
    guests.review(customer)
    guests.at(PASSED + DAY)
    released = guests.post(f"/v1/customers/{customer}/release", {"reason": "预算取消"})
    assert released.status_code == 200
    for path in (f"/v1/customers/{customer}/history", f"/v1/tenures?customer={customer}"):
        assert SECRETS[0] in told(guests, "chen", path)
        assert SECRETS[1] in told(guests, "chen", path)


def test_where_the_rulebook_shows_instants_a_stranger_is_told_them(guests: Guests) -> None:
    """The same value decides about deadlines and beginnings; in a time where no other test is."""
    guests.at(CLAIMED + 400 * DAY)
    customer = guests.potential()
    rulebook = guests.get("/v1/rulebooks/2026-1", "root").json()["toml"]
    assert 'deadline_to_strangers = "day"' in rulebook
    toml = rulebook.replace('deadline_to_strangers = "day"', 'deadline_to_strangers = "instant"')
    toml = toml.replace('version = "2026-1"', 'version = "2026-open"')
    adopted = guests.post("/v1/rulebooks", {"toml": toml, "reason": "内部公开"}, "root")
    assert adopted.status_code == 201, adopted.text
    guests.at(CLAIMED + 400 * DAY + HOUR)
    assert SECRETS[0] in told(guests, "chen", f"/v1/customers/{customer}")
    assert SECRETS[0] in told(guests, "chen", f"/v1/customers/{customer}/history")
