"""Requests to read details: one is open at most, and nobody decides his own (S4-41)."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.details import DetailsRequests
from domain.errors import AlreadyPending, NothingPending, OwnDecision
from tests.domain.stories import DAY, MICROSECOND, MONDAY

CUSTOMER = UUID(int=7)
UNTIL = MONDAY + 7 * DAY


def a_request() -> DetailsRequests:
    return DetailsRequests.request(CUSTOMER, "sun", days=7, reason="核对", at=MONDAY)


def granted(*, for_class_a: bool = False) -> DetailsRequests:
    found = a_request()
    given = {"days": None, "for_class_a": for_class_a, "reason": "需要"}
    assert found.grant(**given, actor="ke", at=MONDAY) == UNTIL
    return found


@pytest.mark.clause("S4-41")
def test_a_request_opens_nothing_until_it_is_granted() -> None:
    assert not a_request().opens(None, MONDAY)
    refused = a_request()
    refused.refuse(reason="不必", actor="ke", at=MONDAY)
    assert not refused.opens(None, MONDAY)


@pytest.mark.clause("S4-41")
def test_a_grant_ends_at_its_instant() -> None:
    assert granted().opens("B", UNTIL - MICROSECOND)
    assert not granted().opens("B", UNTIL)


@pytest.mark.clause("S4-40", "S4-41")
def test_of_class_a_a_grant_counts_only_by_who_may_read_it() -> None:
    assert not granted().opens("A", MONDAY)
    assert granted(for_class_a=True).opens("A", MONDAY)


@pytest.mark.clause("S4-41")
def test_nobody_decides_his_own_request() -> None:
    found = a_request()
    with pytest.raises(OwnDecision):
        found.grant(days=1, for_class_a=True, reason="我", actor="sun", at=MONDAY)
    with pytest.raises(OwnDecision):
        found.refuse(reason="我", actor="sun", at=MONDAY)


def test_one_request_is_open_at_most_and_is_decided_once() -> None:
    found = a_request()
    with pytest.raises(AlreadyPending):
        found.request_again(days=1, reason="再", at=MONDAY)
    found.refuse(reason="不必", actor="ke", at=MONDAY)
    with pytest.raises(NothingPending):
        found.refuse(reason="不必", actor="ke", at=MONDAY)


def test_a_grant_stands_while_a_further_request_waits_or_is_refused() -> None:
    found = granted()
    found.request_again(days=30, reason="再", at=MONDAY + DAY)
    assert found.opens(None, MONDAY + DAY)
    found.refuse(reason="不必", actor="ke", at=MONDAY + DAY)
    assert found.opens(None, UNTIL - MICROSECOND)
