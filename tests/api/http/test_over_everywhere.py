"""At its deadline a protection is over in every answer, before anybody has recorded that.

Every route of the document that is asked with GET is either asked here, a microsecond before the
deadline and at it, or named as one that does not tell who holds a customer now.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.api.http.guests import MICROSECOND, Guests

Says = Callable[[Guests, str], bool]
"""Whether an answer says that li holds the customer."""
OF_THE_PAST = frozenset(
    [
        "/v1/audit",
        "/v1/audit/export",
        "/v1/customers/{customer_id}/history",
        "/v1/customers/{customer_id}/replay",
        "/v1/customers/{customer_id}/what-if",
        "/v1/customers/{customer_id}/disputes/{number}",
        "/v1/disputes",
        "/v1/events",
        "/v1/statistics/events",
        "/v1/statistics/habits",
    ]
)
"""They tell events, and how things stood at them."""
OF_PEOPLE_AND_RULES = frozenset(
    [
        "/health/live",
        "/health/ready",
        "/metrics",
        "/problems/{slug}",
        "/v1/access",
        "/v1/access/bursts",
        "/v1/access/export",
        "/v1/access/searches",
        "/v1/audit/checkpoint",
        "/v1/audit/key",
        "/v1/audit/proofs/consistency",
        "/v1/audit/proofs/inclusion",
        "/v1/audit/seals",
        "/v1/departments",
        "/v1/details-requests",
        "/v1/members",
        "/v1/members/{member}",
        "/v1/members/{member}/rights",
        "/v1/members/{member}/tokens",
        "/v1/rulebooks",
        "/v1/rulebooks/{version}",
        "/v1/session",
        "/v1/sessions",
        "/v1/sign-in/oidc",
        "/v1/sign-in/oidc/callback",
        "/v1/subjects",
        "/v1/subjects/{subject_id}",
        "/v1/address-book",
    ]
)
"""They tell nothing of protections. A contact is in the book of who added it, whoever holds."""


def items(guests: Guests, customer: str, path: str, member: str, **asked: Any) -> Any:
    """What a list says of the customer."""
    answer = guests.get(path, member, **asked)
    assert answer.status_code == 200, answer.text
    return [item for item in answer.json()["items"] if item["customer_id"] == customer]


def lines(guests: Guests, customer: str, path: str, member: str) -> Any:
    """What a file says of the customer."""
    answer = guests.get(path, member)
    assert answer.status_code == 200, answer.text
    rows = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    return [row for row in rows if row["customer_id"] == customer]


def told(guests: Guests, customer: str, member: str = "li", rest: str = "") -> Any:
    answer = guests.get(f"/v1/customers/{customer}{rest}", member)
    assert answer.status_code == 200, answer.text
    return answer.json()


def name_of(guests: Guests, customer: str) -> str:
    return str(told(guests, customer)["name"])


def may_follow_up(guests: Guests, customer: str) -> bool:
    rights = {right["command"]: right for right in told(guests, customer, rest="/may")["rights"]}
    assert rights["follow-up"]["allowed"] is not rights["claim"]["allowed"]
    return bool(rights["follow-up"]["allowed"])


def is_found_held(guests: Guests, customer: str) -> bool:
    name = name_of(guests, customer)
    (found,) = items(guests, customer, "/v1/collisions", "chen", name=name)
    return (found["state"], found["holder"]) == ("potential", "li")


def is_listed_held(guests: Guests, customer: str) -> bool:
    (found,) = items(guests, customer, "/v1/customers", "li", name=name_of(guests, customer))
    return (found["state"], found["holder"]) == ("potential", "li")


def counts_one(guests: Guests, customer: str) -> bool:
    lines = guests.get("/v1/board/load", "wang").json()["items"]
    return any(line["member"] == "li" and line["held"] for line in lines)


def is_in_a_briefing(guests: Guests, customer: str) -> bool:
    answer = guests.get("/v1/briefing", "wang")
    assert answer.status_code == 200, answer.text
    quiet = {line["customer_id"] for line in answer.json()["no_contact"]}
    return customer in quiet


def implies_no_lapse(guests: Guests, customer: str) -> bool:
    """An end that nobody has recorded is no event yet, but the figures tell of it."""
    implied = guests.get("/v1/statistics?member=li", "wang").json()["implied"]
    return bool(implied["lapses"] == 0)


def is_held_as_of_now(guests: Guests, customer: str) -> bool:
    now = guests.now.isoformat()
    mine = items(guests, customer, "/v1/tenures", "wu", holder="li", at=now)
    everybodys = items(guests, customer, "/v1/tenures", "wu", at=now)
    assert mine == everybodys
    return bool(mine)


SAYS: Mapping[str, Says] = {
    "/v1/customers/{customer_id}": lambda guests, one: told(guests, one)["holder"] == "li",
    "/v1/customers/{customer_id}/holder": lambda guests, one: (
        told(guests, one, rest="/holder")["holder"] == "li"
    ),
    "/v1/customers/{customer_id}/may": may_follow_up,
    "/v1/customers": is_listed_held,
    "/v1/collisions": is_found_held,
    "/v1/pool": lambda guests, one: (
        not items(guests, one, "/v1/pool", "li", name=name_of(guests, one))
    ),
    "/v1/pool/export": lambda guests, one: not lines(guests, one, "/v1/pool/export", "li"),
    "/v1/board": lambda guests, one: bool(items(guests, one, "/v1/board", "wang")),
    "/v1/board/export": lambda guests, one: bool(lines(guests, one, "/v1/board/export", "wang")),
    "/v1/board/load": counts_one,
    "/v1/agenda": lambda guests, one: bool(items(guests, one, "/v1/agenda", "li")),
    "/v1/briefing": is_in_a_briefing,
    "/v1/members/{member}/portfolio": lambda guests, one: bool(
        items(guests, one, "/v1/members/li/portfolio", "wang")
    ),
    "/v1/statistics": implies_no_lapse,
    "/v1/tenures": is_held_as_of_now,
}
HOLDS_OVER = "/v1/approvals"
"""What waits there keeps a protection alive, up to an instant of its own."""


def test_every_route_that_is_read_is_asked_or_tells_of_no_present_holder(guests: Guests) -> None:
    document = guests.send("GET", "/openapi.json", None).json()
    read = {path for path, methods in document["paths"].items() if "get" in methods}
    assert read == {*SAYS, HOLDS_OVER} | OF_THE_PAST | OF_PEOPLE_AND_RULES


@pytest.fixture(scope="module")
def protected(module_guests: Guests) -> str:
    """The only customer that li holds."""
    return module_guests.potential()


@pytest.fixture
def deadline(guests: Guests, protected: str) -> datetime:
    return datetime.fromisoformat(told(guests, protected)["until"])


@pytest.mark.clause("S1-033", "S1-035")
@pytest.mark.parametrize("route", SAYS)
def test_at_the_deadline_every_answer_says_that_it_is_over(
    guests: Guests, protected: str, deadline: datetime, route: str
) -> None:
    guests.at(deadline - MICROSECOND)
    assert SAYS[route](guests, protected) is True
    guests.at(deadline)
    assert SAYS[route](guests, protected) is False
    assert "customer.lapsed" not in guests.topics(protected)


@pytest.mark.clause("S1-033")
def test_what_is_undecided_no_longer_waits_when_its_hold_over_has_ended(guests: Guests) -> None:
    customer = guests.potential("chen")
    guests.at(datetime.fromisoformat(told(guests, customer, "chen")["until"]) - MICROSECOND)
    assert guests.apply(customer, member="chen").status_code == 201
    end = datetime.fromisoformat(told(guests, customer, "chen")["held_over_until"])
    guests.at(end - MICROSECOND)
    assert items(guests, customer, HOLDS_OVER, "wang")
    assert told(guests, customer)["holder"] == "chen"
    guests.at(end)
    assert items(guests, customer, HOLDS_OVER, "wang") == []
    assert told(guests, customer)["holder"] is None
