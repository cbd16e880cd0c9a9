"""Replay and rights in two dimensions: as of an instant, by what was known at another."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem

HOUR = DAY / 24


@pytest.fixture
def customer(guests: Guests) -> str:
    """Held by li from Monday on, given up on Wednesday, claimed by chen a week later."""
    guests.at(MONDAY)
    found = guests.potential()
    guests.at(MONDAY + 2 * DAY)
    guests.post(f"/v1/customers/{found}/release", {"reason": "预算取消"})
    guests.at(MONDAY + 9 * DAY)
    assert guests.claim(found, "chen").status_code == 201
    return found


def commands(guests: Guests, customer: str, member: str, **asked: Any) -> set[str]:
    """What a member may do, as an auditor is told."""
    told = guests.get(
        f"/v1/customers/{customer}/may?{urlencode({'member': member, **asked})}", "wu"
    )
    assert told.status_code == 200, told.text
    return {right["command"] for right in told.json()["rights"] if right["allowed"]}


@pytest.mark.parametrize(
    ("at", "known_at", "state", "holder", "may_release"),
    [
        (MONDAY + DAY, None, "potential", "li", True),
        (MONDAY + DAY, MONDAY + 3 * DAY, "potential", "li", True),
        (MONDAY + 3 * DAY, MONDAY + DAY, "potential", "li", True),
        (MONDAY + 3 * DAY, MONDAY + 3 * DAY, "pool", None, False),
        (MONDAY + 9 * DAY, MONDAY + DAY, "potential", "li", True),
        (MONDAY + 9 * DAY, MONDAY + 3 * DAY, "pool", None, False),
        (MONDAY + 9 * DAY, None, "waiting", "chen", False),
    ],
)
def test_situation_holder_and_rights_agree_in_both_dimensions(
    guests: Guests,
    customer: str,
    at: datetime,
    known_at: datetime | None,
    state: str,
    holder: str | None,
    may_release: bool,
) -> None:
    known = {"known_at": known_at.isoformat()} if known_at else {}
    path = f"/v1/customers/{customer}"
    told = guests.get(f"{path}/replay", "wu", until=at.isoformat(), **known).json()
    assert (told["situation"]["state"], told["situation"]["holder"]) == (state, holder)
    held = guests.get(f"{path}/holder", "wu", at=at.isoformat(), **known).json()
    assert held["holder"] == holder
    assert (
        "release" in commands(guests, customer, "li", at=at.isoformat(), **known)
    ) is may_release


def test_a_known_deadline_is_over_though_nobody_had_written_it_down(
    guests: Guests, customer: str
) -> None:
    guests.at(MONDAY + 60 * DAY)
    asked = {"until": (MONDAY + 50 * DAY).isoformat(), "known_at": (MONDAY + DAY).isoformat()}
    told = guests.get(f"/v1/customers/{customer}/replay", "wu", **asked).json()
    assert [step["event"]["topic"] for step in told["steps"]][-1] == "customer.review_passed"
    assert told["situation"]["state"] == "pool"


def test_before_it_was_recorded_there_was_nothing(guests: Guests, customer: str) -> None:
    known = {"known_at": (MONDAY - DAY).isoformat()}
    told = guests.get(f"/v1/customers/{customer}/replay", "wu", **known).json()
    assert (told["steps"], told["situation"], told["record"]) == ([], None, None)
    assert_problem(guests.get(f"/v1/customers/{customer}/may", "wu", **known), 404, "not-found")


def test_roles_that_were_given_later_were_not_known(guests: Guests, customer: str) -> None:
    guests.at(MONDAY + 9 * DAY)
    riser = f"riser-{next(guests.numbers)}"
    guests.move_in({riser: "seller"})
    guests.at(MONDAY + 9 * DAY + HOUR)
    answer = guests.patch(f"/v1/members/{riser}", {"roles": ["reviewer"]}, "root")
    assert answer.status_code == 200, answer.text
    now, before = MONDAY + 9 * DAY + 2 * HOUR, MONDAY + 9 * DAY + HOUR / 2
    guests.at(now)

    at = now.isoformat()
    assert "review" in commands(guests, customer, riser, at=at)
    assert "review" not in commands(guests, customer, riser, at=at, known_at=before.isoformat())


def test_an_event_of_an_instant_is_told_apart_from_those_after_it_by_position(
    guests: Guests,
) -> None:
    guests.at(MONDAY + 70 * DAY)
    customer = guests.potential()
    states = []
    for event in guests.events(customer):
        told = guests.get(
            f"/v1/customers/{customer}/replay", "wu", known_position=event["position"]
        ).json()
        states.append(told["situation"]["state"])
    assert states == ["pool", "waiting", "waiting", "potential"]


def test_the_record_is_what_it_said_then_and_not_for_strangers(guests: Guests) -> None:
    guests.at(MONDAY + 80 * DAY)
    customer = guests.potential()
    guests.at(MONDAY + 81 * DAY)
    guests.patch(f"/v1/customers/{customer}", {"industry": "暖通"})
    path = f"/v1/customers/{customer}/replay"
    then = {"until": (MONDAY + 80 * DAY).isoformat()}
    assert guests.get(path, "li", **then).json()["record"]["industry"] == "空调"
    now = guests.get(path, "li").json()["record"]
    assert now["industry"] == "暖通"
    card = guests.get(f"/v1/customers/{customer}").json()
    assert [one["id"] for one in now["contacts"]] == [one["id"] for one in card["contacts"]]
    assert guests.get(path, "chen").json()["record"] is None
