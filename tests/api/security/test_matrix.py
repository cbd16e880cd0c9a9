"""Every route, by every role and by nobody: generated from the document and the one table.

A route without a decision fails here; so does a role that a route lets in or keeps out against the
table, and any answer that the document does not declare.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.openapi import PERMISSION
from api.security import COOKIE, CSRF
from api.sign_in.sessions import csrf_token
from domain import scopes
from domain.orders import CONSOLE, Order
from domain.permissions import PERMISSIONS, PUBLIC, ROLES, condition_of
from tests.api.http.guests import DAY, MONDAY, Guests
from tests.api.sign_in.browser import signed_in

LEFT_TO_THE_RULEBOOK = {"decide-intent", "decide-extension", "confirm-contract", "rule-dispute"}
"""Permissions of which the rulebook chooses among the table's roles."""
WHOSE_IT_IS = {"void-contract"}
"""Permissions that are kept to one's own case by a rule of the aggregate beside the table."""
Headers = list[tuple[str, str]]
EVERYTHING = "everything"
VICTIM = "victim"


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    told: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def permission(self) -> str | None:
        """The row of the table that the route names."""
        found: str | None = self.told.get(PERMISSION)
        return found

    @cached_property
    def body(self) -> dict[str, Any]:
        """The document's own example."""
        content = self.told.get("requestBody", {}).get("content", {}).get("application/json")
        return {} if content is None else {"json": content["example"]}

    @cached_property
    def query(self) -> dict[str, Any]:
        """The parameters that must be sent."""
        return {
            parameter["name"]: parameter["schema"].get("examples", [parameter.get("example")])[0]
            for parameter in self.told.get("parameters", ())
            if parameter.get("in") == "query" and parameter.get("required")
        }

    def address(self, known: dict[str, str]) -> str:
        """The path with ids that exist, or else with some of the right form."""
        path = self.path
        for parameter in self.told.get("parameters", ()):
            if parameter.get("in") == "path":
                name = parameter["name"]
                path = path.replace(f"{{{name}}}", known.get(name) or _example(parameter["schema"]))
        return path


def _example(schema: dict[str, Any]) -> str:
    if schema.get("format") == "uuid":
        return str(uuid4())
    return "1" if schema.get("type") == "integer" else "x1"


@dataclass
class House:
    """A server with one member a role, and every way of not being signed in."""

    guests: Guests
    operations: list[Operation]
    known: dict[str, str]
    strangers: dict[str, Headers]
    """By what is wrong with them: what they show."""

    @property
    def guarded(self) -> Iterator[Operation]:
        """The operations that need somebody to be signed in."""
        return (one for one in self.operations if one.permission != PUBLIC)

    def send(self, operation: Operation, shown: Headers) -> httpx.Response:
        """The operation as whoever shows these headers; held against the document."""
        answer = self.guests.client.request(
            operation.method,
            operation.address(self.known),
            headers=shown,
            params=operation.query or None,
            **operation.body,
        )
        self.guests.contract.check(answer)
        assert answer.status_code < 500 or answer.status_code == 503, (str(operation), answer.text)
        return answer


@pytest.fixture(scope="module")
def house(module_guests: Guests) -> House:
    guests = module_guests
    guests.move_in({f"only-{role}": role for role in ROLES})
    guests.move_in(dict.fromkeys((VICTIM, "ended", "leaver"), "seller"))
    application, console = guests.service.application, Order(CONSOLE)
    for member in (EVERYTHING, "everything-else"):
        application.add_member(
            console, member=member, name="全", roles=list(ROLES), department="一部"
        )
    document = guests.send("GET", "/openapi.json", None).json()
    operations = [
        Operation(method.upper(), path, told)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    ]
    strangers = _strangers(guests)
    known = {"customer_id": guests.register(), "member": VICTIM, "number": "1", "report": "1"}
    return House(guests, operations, known, strangers)


def _strangers(guests: Guests) -> dict[str, Headers]:
    application = guests.service.application
    expired = application.issue_token(
        Order(CONSOLE), "ended", expires_at=MONDAY + timedelta(hours=1)
    )
    revoked = application.issue_token(Order(CONSOLE), "ended")
    application.revoke_token(Order(CONSOLE), "ended", UUID(revoked.extra["token_id"]))
    guests.post(
        "/v1/members/leaver/leave",
        {"reason": "离职", "leaves_at": (MONDAY + timedelta(hours=2)).isoformat()},
        "wang",
    )
    guests.at(MONDAY + DAY)
    browser = signed_in(guests, "ended")
    ended = _session(browser.secret)
    assert browser.send("POST", "/v1/sign-out").status_code == 200
    live = _session(signed_in(guests, EVERYTHING).secret)
    roots = guests.tokens["root"]
    of_li = guests.tokens["li"].rpartition(".")[2]
    shape = secrets.token_urlsafe(32)
    return {
        "nobody": [],
        "expired": _bearer(expired.extra["token"]),
        "revoked": _bearer(revoked.extra["token"]),
        "left": _bearer(guests.tokens["leaver"]),
        "of another house": _bearer(f"tnr.their-root.{shape}"),
        "forged": _bearer(f"tnr.root.{shape}"),
        "another's secret": _bearer(f"tnr.root.{of_li}"),
        "the console's name": _bearer(f"tnr.console.{of_li}"),
        "the system's name": _bearer(f"tnr.system.{of_li}"),
        "no secret": _bearer("tnr.root."),
        "cut off": _bearer(roots[:-1]),
        "longer": _bearer(roots + "A"),
        "another scheme": [("Authorization", f"Basic {roots}")],
        "no scheme": [("Authorization", roots)],
        "two at once": _bearer(roots) + _bearer(guests.tokens["li"]),
        "a token as a cookie": [("Cookie", f"{COOKIE}={of_li}")],
        "a forged session": _session(shape),
        "an ended session": ended,
        "two sessions": live + live,
        "a void token beside a live session": _bearer(f"tnr.root.{shape}") + live,
    }


def _session(secret: str) -> Headers:
    """A cookie, and the token that its own page would send along."""
    return [("Cookie", f"{COOKIE}={secret}"), (CSRF, csrf_token(secret))]


def _bearer(token: str) -> Headers:
    return [("Authorization", f"Bearer {token}")]


STRANGERS = (
    *("nobody", "expired", "revoked", "left", "of another house", "forged", "another's secret"),
    *("the console's name", "the system's name", "no secret", "cut off", "longer"),
    *("another scheme", "no scheme", "two at once", "a token as a cookie", "a forged session"),
    *("an ended session", "two sessions", "a void token beside a live session"),
)


def _slug(answer: httpx.Response) -> str:
    is_problem = answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition("/")[2] if is_problem else ""


def test_every_operation_has_a_decision(house: House) -> None:
    for operation in house.operations:
        row = operation.permission
        assert row == PUBLIC or row in PERMISSIONS, f"{operation} names {row}"


@pytest.mark.clause("S1-271")
@pytest.mark.parametrize("stranger", STRANGERS)
def test_nobody_gets_in_who_is_not_signed_in(house: House, stranger: str) -> None:
    """And is told the same whatever he asks for: not what exists, nor what was malformed."""
    before = house.guests.log_length()
    for operation in house.guarded:
        answer = house.send(operation, house.strangers[stranger])
        told = (answer.status_code, _slug(answer))
        assert told == (401, "not-signed-in"), f"{operation}: {answer.text}"
        assert answer.headers["www-authenticate"].startswith("Bearer "), str(operation)
        assert "set-cookie" not in answer.headers
    assert house.guests.log_length() == before


def test_every_stranger_is_tried(house: House) -> None:
    assert set(STRANGERS) == set(house.strangers)


def test_a_session_without_the_token_of_its_page_commands_nothing(house: House) -> None:
    """Whatever another site makes a browser send: no token, another's, or another method."""
    secret = signed_in(house.guests, "everything-else").secret
    cookie = [("Cookie", f"{COOKIE}={secret}")]
    tries: list[Headers] = [
        cookie,
        [*cookie, (CSRF, csrf_token("another"))],
        [*cookie, ("X-HTTP-Method-Override", "GET"), ("X-Requested-With", "XMLHttpRequest")],
    ]
    before = house.guests.log_length()
    for operation in house.guarded:
        if operation.method == "GET":
            continue
        for shown in tries:
            answer = house.send(operation, shown)
            assert (answer.status_code, _slug(answer)) == (403, "csrf"), str(operation)
    assert house.guests.log_length() == before


@pytest.mark.clause("S1-271", "S1-272")
def test_a_role_without_the_permission_is_refused_and_nothing_happens(house: House) -> None:
    before = house.guests.log_length()
    for operation, role, condition in _cells(house):
        if condition is None:
            answer = house.send(operation, _bearer(house.guests.tokens[f"only-{role}"]))
            assert (answer.status_code, _slug(answer)) == (403, "not-allowed"), (
                f"{operation} as {role}: {answer.text}"
            )
            assert answer.json()["command"] == operation.permission
            assert role not in answer.json()["needs"]
    assert house.guests.log_length() == before


def test_a_token_out_of_scope_is_refused_whatever_its_member_may(house: House) -> None:
    tokens = {
        is_question: _token(house, [scopes.WRITE if is_question else scopes.READ])
        for is_question in (True, False)
    }
    before = house.guests.log_length()
    for operation in house.guarded:
        permission = str(operation.permission)
        answer = house.send(operation, _bearer(tokens[scopes.is_question(permission)]))
        assert (answer.status_code, _slug(answer)) == (403, "not-allowed"), (
            f"{operation}: {answer.text}"
        )
        assert all(need.startswith("scope:") for need in answer.json()["needs"]), str(operation)
    assert house.guests.log_length() == before


@pytest.mark.clause("S1-272")
def test_a_role_with_the_permission_gets_in(house: House) -> None:
    """Last, since these do what they may; another refusal than the role's is no matter here."""
    for operation, role, condition in _cells(house):
        if condition is None:
            continue
        answer = house.send(operation, _bearer(house.guests.tokens[f"only-{role}"]))
        where = f"{operation} as {role}: {answer.text}"
        assert _slug(answer) != "not-signed-in", where
        if condition == "any" and operation.permission not in LEFT_TO_THE_RULEBOOK | WHOSE_IT_IS:
            assert _slug(answer) != "not-allowed", where


def _cells(house: House) -> Iterator[tuple[Operation, str, str | None]]:
    for operation in house.guarded:
        for role in ROLES:
            yield operation, role, condition_of({role}, PERMISSIONS[str(operation.permission)])


def _token(house: House, named: list[str]) -> str:
    issue: Callable[..., Any] = house.guests.service.application.issue_token
    return str(issue(Order(CONSOLE), EVERYTHING, scopes=named).extra["token"])
