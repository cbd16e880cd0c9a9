"""The predicates of a protection, asked directly: each rule by itself."""

from dataclasses import replace
from datetime import datetime

import pytest

from domain.permissions import groups
from domain.protection import AFTER_SALES, Application, Leaving, Protection
from domain.stage import Stage
from tests.domain.stories import DAY, MICROSECOND, MONDAY, NUMBER

DEADLINE = MONDAY + 30 * DAY
LATER = DEADLINE + 5 * DAY
ASKED = Application("intent", "li", MONDAY, "有意", None)


def held(**changes: object) -> Protection:
    """A potential customer of `li`, from Monday on."""
    values: dict[str, object] = {
        "holder": "li",
        "stage": Stage.POTENTIAL,
        "claimed_at": MONDAY,
        "since": MONDAY,
        "in_force_since": MONDAY,
        "until": DEADLINE,
        "review_due": None,
        "corrections": 0,
        "rulebook": "2026-1",
    }
    return Protection(**{**values, **changes})  # type: ignore[arg-type]


def leaving(at: datetime, to: str | None = None) -> Leaving:
    return Leaving(at, "sun", to, "二部" if to else None, "离职")


@pytest.mark.clause("S1-048")
def test_the_group_of_after_sales_is_whom_its_roles_belong_to() -> None:
    assert groups(("after-sales",)) == groups(("after-sales-manager",)) == {AFTER_SALES}
    assert groups(("seller", "manager", "director", "finance")) == frozenset()


@pytest.mark.clause("S1-035", "S1-302")
def test_it_blocks_others_and_its_holder_until_it_is_over() -> None:
    protection = held()
    for member in ("li", "chen"):
        assert protection.blocks(member, DEADLINE - MICROSECOND)
        assert not protection.blocks(member, DEADLINE)


@pytest.mark.clause("S1-317", "S1-318")
def test_a_refused_claim_blocks_others_and_not_its_claimant() -> None:
    protection = held(stage=Stage.REJECTED)
    assert protection.blocks("chen", MONDAY)
    assert not protection.blocks("li", MONDAY)


@pytest.mark.clause("S1-317")
def test_only_a_refused_claim_is_corrected_by_its_claimant_in_time_and_not_too_often() -> None:
    protection = held(stage=Stage.REJECTED, corrections=1)
    assert protection.may_be_corrected("li", DEADLINE - MICROSECOND, 2)
    assert not protection.may_be_corrected("li", DEADLINE, 2)
    assert not protection.may_be_corrected("li", MONDAY, 1)
    assert not protection.may_be_corrected("chen", MONDAY, 2)
    assert not replace(protection, stage=Stage.WAITING).may_be_corrected("li", MONDAY, 2)


def test_it_is_held_over_by_an_application_or_a_signature_and_by_nothing_else() -> None:
    assert held().held_over_by is None
    assert held(held_over_until=LATER).held_over_by is None
    assert held(application=ASKED).held_over_by is None
    assert held(application=ASKED, held_over_until=DEADLINE).held_over_by is None
    assert held(application=ASKED, held_over_until=LATER).held_over_by == "intent"
    assert held(signatures=(NUMBER,), held_over_until=LATER).held_over_by == "contract"
    both = held(application=ASKED, signatures=(NUMBER,), held_over_until=LATER)
    assert both.held_over_by == "intent"
    assert held(signatures=(NUMBER,), until=None, held_over_until=LATER).held_over_by is None


def test_what_counts_as_its_deadline_is_the_end_of_the_hold_over() -> None:
    assert held().deadline == DEADLINE
    assert held(application=ASKED, held_over_until=LATER).deadline == LATER
    assert held(held_over_until=LATER).deadline == DEADLINE
    assert held(until=None).deadline is None


@pytest.mark.clause("S1-283")
def test_without_a_successor_it_ends_at_the_leaving_or_at_its_deadline() -> None:
    assert held(leaving=leaving(MONDAY + DAY)).ends_at == MONDAY + DAY
    assert held(leaving=leaving(LATER)).ends_at == DEADLINE
    assert held(until=None, leaving=leaving(LATER)).ends_at == LATER
    assert held(leaving=leaving(MONDAY + DAY, "zhou")).ends_at == DEADLINE
    formal = held(stage=Stage.FORMAL, until=None, leaving=leaving(LATER))
    assert formal.ends_at is None


def test_decided_or_withdrawn_only_a_signature_holds_it_over() -> None:
    asked = held(application=ASKED, held_over_until=LATER)
    assert asked.without_application() == held()
    both = replace(asked, signatures=(NUMBER,))
    assert both.without_application() == held(signatures=(NUMBER,), held_over_until=LATER)


def test_without_one_signature_what_else_is_open_holds_it_over() -> None:
    signed = held(signatures=(NUMBER,), held_over_until=LATER)
    assert signed.without_signature(NUMBER) == held()
    assert signed.without_signature("HT-9") == signed
    two = replace(signed, signatures=("HT-9", NUMBER))
    assert two.without_signature("HT-9") == signed
    both = replace(signed, application=ASKED)
    assert both.without_signature(NUMBER) == held(application=ASKED, held_over_until=LATER)


@pytest.mark.clause("S1-284")
def test_in_other_hands_it_is_the_same_right() -> None:
    protection = held(
        leaving=leaving(MONDAY + DAY, "zhou"),
        department="一部",
        application=ASKED,
        extensions=1,
        signatures=(NUMBER,),
        held_over_until=LATER,
    )
    given = replace(protection, holder="zhou", department="二部", leaving=None)
    assert protection.handed_over("zhou", "二部") == given
    assert protection.as_of(MONDAY + DAY) == given
    assert protection.as_of(MONDAY + DAY - MICROSECOND) == protection
    group = replace(protection, holder=None, group=AFTER_SALES, department=None, leaving=None)
    assert protection.handed_over(None, None) == group


@pytest.mark.clause("S1-312", "S1-053")
def test_of_two_the_formal_one_stands_then_the_earlier_and_a_refused_one_last() -> None:
    later = held(claimed_at=MONDAY + DAY)
    assert held().comes_before(later)
    assert not later.comes_before(held())
    assert not held().comes_before(held())
    formal = held(stage=Stage.FORMAL, claimed_at=LATER)
    refused = held(stage=Stage.REJECTED, claimed_at=MONDAY - DAY)
    assert formal.comes_before(held())
    assert later.comes_before(refused)
    for stage in (Stage.WAITING, Stage.INTENT):
        assert held(stage=stage).comes_before(later)
        assert not replace(later, stage=stage).comes_before(held())
