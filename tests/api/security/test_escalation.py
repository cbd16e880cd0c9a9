"""What is limited makes nothing that is not: no new token gets round the scopes of an old one."""

from __future__ import annotations

import pytest

from domain.orders import CONSOLE, Order
from tests.api.http.guests import Guests, assert_problem


def limited(guests: Guests, *scopes: str) -> str:
    """The name under which an administrator's token with these scopes is sent."""
    issued = guests.service.application.issue_token(Order(CONSOLE), "root", scopes=scopes)
    name = "root limited to " + ",".join(scopes)
    guests.tokens[name] = issued.extra["token"]
    return name


@pytest.mark.parametrize(
    ("own", "asked"),
    [
        (["issue-token"], None),
        (["issue-token"], ["write"]),
        (["issue-token"], ["issue-token", "add-member"]),
        (["write"], None),
        (["write"], ["read"]),
        (["write"], ["read", "write"]),
        (["write"], ["see-audit"]),
    ],
)
def test_a_limited_token_makes_no_wider_one(
    guests: Guests, own: list[str], asked: list[str] | None
) -> None:
    sender = limited(guests, *own)
    body = {} if asked is None else {"scopes": asked}
    before = guests.log_length()
    problem = assert_problem(
        guests.post("/v1/members/root/tokens", body, sender), 403, "not-allowed"
    )
    assert all(need.startswith("scope:") for need in problem["needs"])
    assert guests.log_length() == before


@pytest.mark.parametrize(
    ("own", "asked"),
    [
        (["issue-token"], ["issue-token"]),
        (["write"], ["write"]),
        (["write"], ["register"]),
        (["write", "read"], ["see-audit"]),
    ],
)
def test_a_limited_token_makes_one_that_may_no_more(
    guests: Guests, own: list[str], asked: list[str]
) -> None:
    answer = guests.post("/v1/members/root/tokens", {"scopes": asked}, limited(guests, *own))
    assert answer.status_code == 201, answer.text


def test_a_limited_token_sets_no_password(guests: Guests) -> None:
    """With it anybody could sign in, and a session is not limited."""
    for scope in ("write", "set-password"):
        answer = guests.post("/v1/members/root/password", None, limited(guests, scope))
        assert_problem(answer, 403, "not-allowed")
