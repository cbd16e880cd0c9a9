"""No answer tells an instant that a customer's card hides from the role that asks: every question
of the document as every role, held against the veil of that role's card (A-34)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.orders import CONSOLE, Order
from domain.permissions import ROLES, reach_of
from projections.figures import FIGURES
from tests.api.http.guests import CONTACT, DAY, MONDAY, Guests
from tests.api.outside.asking import Asked, questions_of
from tests.api.outside.test_typed_words import WHOLE_LOG

ELSEWHERE = "别的部门"
HOUR = timedelta(hours=1)
PASSER = "passer"
"""A reviewer of the other department, whose manager may ask what he did."""


@dataclass
class Life:
    """A customer with the instants at which something was done about it, since its claim."""

    customer: str
    instants: list[datetime] = field(default_factory=list)

    @property
    def secrets(self) -> list[str]:
        """Minute and second, which no time zone changes and that no other instant has."""
        return [f"{instant:%M:%S}" for instant in self.instants]


class Clock:
    """Gives each deed an instant of its own, by which it is known again."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests
        self._count = 0

    def telling(self, life: Life, days: int) -> None:
        """The next deed is one of the customer's life."""
        self._count += 1
        minutes, seconds = 7 + self._count, (11 + 7 * self._count) % 59 + 1
        at = MONDAY + days * DAY + timedelta(minutes=minutes, seconds=seconds)
        self._guests.at(at)
        life.instants.append(at)


def done(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def lives(guests: Guests) -> dict[str, Life]:
    """Customers of li's, each in another state, and by everything that may be done meanwhile."""
    console, application = Order(CONSOLE), guests.service.application
    for name, role in ((f"only-{role}", role) for role in ROLES):
        application.add_member(console, member=name, name=name, roles=[role], department=ELSEWHERE)
        guests.tokens[name] = application.issue_token(console, name).extra["token"]
    application.add_member(
        console, member=PASSER, name=PASSER, roles=["reviewer"], department=ELSEWHERE
    )
    guests.tokens[PASSER] = application.issue_token(console, PASSER).extra["token"]
    clock = Clock(guests)
    states = ("waiting", "potential", "merged")
    lives = {state: Life(guests.register()) for state in states}
    for state, life in lives.items():
        clock.telling(life, 1)
        done(guests.claim(life.customer))
        if state != "waiting":
            clock.telling(life, 1)
            done(guests.review(life.customer, member=PASSER))
    _contested(guests, clock, lives["potential"])
    _merged(guests, clock, lives["merged"], lives["potential"])
    guests.at(MONDAY + 3 * DAY)
    for member in ("li", "chen", "wang", "zhao", "shen", PASSER):
        # So that no token was last used at one of these instants.
        done(guests.get("/v1/session", member))
    return lives


def _contested(guests: Guests, clock: Clock, life: Life) -> None:
    """Refused to a rival, extended, followed up and contested, and the dispute ruled."""
    path = f"/v1/customers/{life.customer}"
    body = {"contact": CONTACT, "follow_up": guests.follow_up()}
    clock.telling(life, 2)
    assert guests.post(f"{path}/claim", body, "chen").status_code == 409
    for act in (guests.apply, guests.decide):
        clock.telling(life, 2)
        done(act(life.customer, "extension"))
    clock.telling(life, 2)
    done(guests.post(f"{path}/follow-ups", guests.follow_up()))
    clock.telling(life, 2)
    contested = {"contested_at": MONDAY.isoformat(), "statement": "我先联系的客户"}
    number = done(guests.post(f"{path}/disputes", contested, "chen"))["dispute"]
    ruling = {"ruling": "uphold", "reason": "先报备者得"}
    clock.telling(life, 2)
    done(guests.post(f"{path}/disputes/{number}/ruling", ruling, "shen"))


def _merged(guests: Guests, clock: Clock, life: Life, into: Life) -> None:
    """Reported as a duplicate of a customer of the same holder, and merged into it."""
    path = f"/v1/customers/{life.customer}/duplicates"
    clock.telling(life, 2)
    report = done(guests.post(path, {"of": into.customer, "statement": "同一家"}))["report"]
    clock.telling(life, 2)
    told = {"resolution": "merge", "reason": "同一家"}
    done(guests.post(f"{path}/{report}/resolution", told, "zhao"))


def hides(guests: Guests, role: str, life: Life) -> bool:
    """Whether the card hides from the role when the customer was claimed."""
    card = done(guests.get(f"/v1/customers/{life.customer}", f"only-{role}"))
    if card["state"] == "merged":
        return card["details_hidden"] is not None
    return life.secrets[0] not in card["claimed_at"]


def asked_about(guests: Guests, lives: dict[str, Life]) -> list[Asked]:
    """Every question about every customer, by whom and whose they are, and of every figure."""
    document = done(guests.send("GET", "/openapi.json", None))
    found = []
    for life in lives.values():
        found += questions_of(document, life.customer, party="chen")
    customer = lives["potential"].customer
    found += questions_of(document, customer, party="li", actor=PASSER, member=PASSER)
    found += [Asked("/v1/statistics/events", {"figure": one, "limit": 500}) for one in FIGURES]
    kept = {(one.path, *sorted(map(str, one.parameters.items()))): one for one in found}
    return list(kept.values())


@pytest.mark.clause("S1-021", "S1-272")
@pytest.mark.parametrize("role", ROLES)
def test_no_answer_tells_a_role_an_instant_that_the_customers_card_hides(
    guests: Guests, lives: dict[str, Life], role: str
) -> None:
    hidden = {
        secret: state
        for state, life in lives.items()
        if hides(guests, role, life)
        for secret in life.secrets
    }
    position = {"Tenure-Min-Position": str(guests.settled())}
    # Whoever may read the whole log reads in it when everything was written.
    reads_log = reach_of(frozenset((role,)), "see-audit") == "any"
    answered, told = 0, set()
    for asked in asked_about(guests, lives):
        answer = guests.send(
            "GET", asked.path, f"only-{role}", params=dict(asked.parameters), headers=position
        )
        answered += answer.status_code == 200
        for secret, state in hidden.items():
            if secret in answer.text and not (reads_log and asked.path in WHOLE_LOG):
                told.add((asked.path, state))
    assert not told, role
    assert answered > 20


def test_who_is_no_stranger_is_told_every_instant(guests: Guests, lives: dict[str, Life]) -> None:
    """So the instants of the test above are there, and it would see them."""
    for life in lives.values():
        assert not hides(guests, "auditor", life)
        text = guests.get(f"/v1/customers/{life.customer}/history", "only-auditor").text
        assert all(secret in text for secret in life.secrets)
    assert any(hides(guests, "seller", life) for life in lives.values())


def test_a_manager_finds_no_hidden_instant_by_asking_the_audit_for_time_after_time(
    guests: Guests, lives: dict[str, Life]
) -> None:
    _, passed, *_ = lives["potential"].instants

    def found(at: datetime, name: str) -> list[Any]:
        parameters = {"actor": PASSER, name: at.isoformat()}
        answer = done(guests.get("/v1/audit", "only-manager", **parameters))
        return [
            (item["position"], item["at"], item["recorded_at"])
            for item in answer["items"]
            if item["customer_id"] == lives["potential"].customer
        ]

    around = (passed - HOUR, passed, passed + timedelta(microseconds=1), passed + HOUR)
    for name in ("from", "to"):
        told = [found(at, name) for at in around]
        assert all(one == told[0] for one in told), name
    assert found(passed + HOUR, "to"), "and yet he finds it, by its day"
