"""Two records of one company: reported, then merged into one or declared two companies."""

from datetime import datetime, timedelta
from itertools import product

import pytest

from domain.customer import Customer
from domain.errors import (
    AlreadyPending,
    AlreadyProtected,
    Barred,
    MergedAway,
    NotFound,
    NothingPending,
    OwnDecision,
)
from domain.events import (
    Bar,
    ContactAdded,
    DuplicateAbsorbed,
    DuplicateLinked,
    DuplicateReported,
    DuplicateResolved,
    LikenessEnded,
    Merged,
)
from domain.events.duplicates import Alias
from domain.protection import AFTER_SALES
from tests.domain.stories import (
    DAY,
    MONDAY,
    NUMBER,
    RULES,
    a_contact,
    a_customer,
    arrange,
    ask_intent,
    claimed,
    complete,
    draw,
    fact,
    formal,
    intent,
    new_events,
    potential,
    recorded,
    refused,
    replay_of,
    rules,
    rules_of,
    sign,
    state_of,
)

HOUR = timedelta(hours=1)
AT = MONDAY + DAY
"""When the reports are made and decided: all that was claimed on Monday is still live."""


def in_pool(customer: Customer, member: str = "li", at: datetime = MONDAY) -> Customer:
    """Claimed once and given up, so that only its past tells of the member."""
    potential(customer, member, at).release(member=member, reason="无预算", at=at, rules=RULES)
    return customer


HOLDS = [in_pool, refused, claimed, potential, intent, formal]
RANK = {formal: 0, claimed: 1, potential: 1, intent: 1, refused: 2}
"""A formal customer stays one; a refused claim stands behind any other (A-64)."""


def report(customer: Customer, of: Customer, reporter: str = "wu", at: datetime = AT) -> int:
    known = customer.report_duplicate(of=of.id, statement="同一税号", actor=reporter, at=at)
    of.link_duplicate(other=customer.id, number=known.number, actor=reporter, at=at)
    return known.number


def resolve(customer: Customer, resolution: str, actor: str = "zhao", number: int = 1) -> None:
    customer.resolve_duplicate(
        number=number,
        resolution=resolution,
        reason="已核对营业执照",
        actor=actor,
        at=AT,
        rules=RULES,
    )


def merge(customer: Customer, into: Customer, contacts=()) -> bool:
    """Reported and merged at one instant; True where the protection moved."""
    number = report(customer, into)
    for one in (customer, into):
        new_events(one)
    moved = into.absorb(
        customer, number=number, contacts=contacts, actor="zhao", at=AT, rules=RULES
    )
    resolve(customer, "merge", number=number)
    customer.merge_into(into.id, number=number, moved=moved, actor="zhao", at=AT, rules=RULES)
    return moved


def declare_different(customer: Customer, other: Customer, number: int = 1) -> None:
    resolve(customer, "different", number=number)
    other.end_likeness(other=customer.id, number=number, reason="两家公司", actor="zhao", at=AT)


# Reported.


@pytest.mark.clause("S1-020")
def test_a_report_links_the_two_records_and_stays_open() -> None:
    customer, other = a_customer(), a_customer()
    assert report(customer, other) == 1
    assert recorded(customer) == [
        fact(DuplicateReported, AT, "wu", number=1, of=other.id, statement="同一税号")
    ]
    assert recorded(other) == [fact(DuplicateLinked, AT, "wu", other=customer.id, number=1)]
    assert (customer.linked, other.linked) == ({other.id}, {customer.id})
    assert customer.reports[1].resolution is None
    assert customer.reports[1].reporter == "wu"


@pytest.mark.clause("S1-020")
def test_the_same_pair_is_not_reported_twice_while_the_report_is_open() -> None:
    customer, other, third = a_customer(), a_customer(), a_customer()
    report(customer, other)
    new_events(customer)
    with pytest.raises(AlreadyPending):
        report(customer, other)
    assert recorded(customer) == []
    assert report(customer, third) == 2
    declare_different(customer, other)
    assert report(customer, other) == 3


@pytest.mark.clause("S1-020")
def test_a_report_moves_no_protection() -> None:
    customer, other = potential(a_customer(), "li"), claimed(a_customer(), "chen")
    before = (customer.protection, other.protection)
    report(customer, other)
    assert (customer.protection, other.protection) == before


# Who resolves.


@pytest.mark.clause("S1-020")
@pytest.mark.parametrize("resolution", ["merge", "different"])
def test_neither_the_reporter_nor_who_claimed_the_record_resolves(resolution) -> None:
    customer = in_pool(a_customer(), "li")
    report(customer, a_customer(), reporter="wu")
    for party in ("wu", "li"):
        with pytest.raises(OwnDecision) as refusal:
            resolve(customer, resolution, party)
        assert refusal.value.applicant == "wu"
    resolve(customer, resolution)


@pytest.mark.clause("S1-020")
def test_nor_does_who_has_a_part_in_the_other_record() -> None:
    customer, other = a_customer(), in_pool(a_customer(), "chen")
    with pytest.raises(OwnDecision) as refusal:
        customer.require_no_part_in(other, "chen", "wu")
    assert refusal.value.applicant == "wu"
    customer.require_no_part_in(other, "zhao", "wu")


@pytest.mark.clause("S1-020")
def test_a_report_is_resolved_once_and_only_where_there_is_one() -> None:
    customer = a_customer()
    with pytest.raises(NotFound) as refusal:
        resolve(customer, "merge")
    assert (refusal.value.kind, refusal.value.identifier) == ("duplicate", "1")
    report(customer, a_customer())
    resolve(customer, "different")
    for again in ("merge", "different"):
        with pytest.raises(NothingPending):
            resolve(customer, again)


@pytest.mark.clause("S1-020")
def test_a_record_with_another_open_report_is_not_merged_away() -> None:
    customer = a_customer()
    first, second = report(customer, a_customer()), report(customer, a_customer())
    for number in (first, second):
        with pytest.raises(AlreadyPending):
            customer.require_mergeable(number)
    resolve(customer, "different", number=first)
    customer.require_mergeable(second)
    resolve(customer, "merge", number=second)
    customer.require_mergeable(second)


@pytest.mark.clause("S1-020")
@pytest.mark.parametrize("resolution", ["merge", "different"])
def test_a_report_of_a_record_that_was_merged_is_resolved_of_what_it_became(resolution) -> None:
    customer, reported, became = a_customer(), a_customer(), a_customer()
    report(customer, reported)
    customer.link_duplicate(other=became.id, number=1, actor="wu", at=AT)
    new_events(customer)
    customer.resolve_duplicate(
        number=1,
        of=became.id,
        resolution=resolution,
        reason="已核对",
        actor="zhao",
        at=AT,
        rules=RULES,
    )
    (resolved,) = new_events(customer)
    assert (resolved.of, customer.reports[1].of) == (became.id, became.id)
    both = {reported.id, became.id}
    assert customer.different_from == (both if resolution == "different" else set())
    assert customer.linked == (set() if resolution == "different" else both)


# Two companies.


@pytest.mark.clause("S1-020")
def test_declared_different_they_resemble_each_other_no_more() -> None:
    customer, other, third = a_customer(), a_customer(), a_customer()
    report(customer, other)
    report(customer, third)
    for one in (customer, other):
        new_events(one)
    declare_different(customer, other)
    assert recorded(customer) == [
        fact(
            DuplicateResolved,
            AT,
            "zhao",
            number=1,
            of=other.id,
            resolution="different",
            reason="已核对营业执照",
            rulebook="2026-1",
        )
    ]
    assert recorded(other) == [
        fact(LikenessEnded, AT, "zhao", other=customer.id, number=1, reason="两家公司")
    ]
    assert (customer.linked, other.linked) == ({third.id}, set())
    assert (customer.different_from, other.different_from) == ({other.id}, {customer.id})
    assert customer.reports[1].resolution == "different"
    assert customer.reports[2].resolution is None


# One company.


@pytest.mark.clause("S1-020", "S1-312")
@pytest.mark.parametrize(
    ("theirs", "own"), list(product(HOLDS, HOLDS)), ids=lambda hold: hold.__name__
)
@pytest.mark.parametrize("theirs_is", ["earlier", "at the same instant", "later"])
def test_of_two_protections_the_earlier_valid_claim_stands(theirs, own, theirs_is) -> None:
    """Whichever record it stood on, and with everything that belongs to it."""
    claimed_at = {
        "earlier": MONDAY - HOUR,
        "at the same instant": MONDAY,
        "later": MONDAY + HOUR,
    }[theirs_is]
    customer = theirs(a_customer(), "chen", claimed_at)
    into = own(a_customer(), "li", MONDAY)
    their_protection, own_protection = customer.protection, into.protection
    if theirs is in_pool:
        moves = False
    elif own is in_pool:
        moves = True
    else:
        moves = (RANK[theirs], claimed_at) < (RANK[own], MONDAY)

    assert merge(customer, into) is moves
    (absorbed,) = new_events(into)
    assert isinstance(absorbed, DuplicateAbsorbed)
    assert absorbed.protection == into.protection
    assert into.protection == (their_protection if moves else own_protection)
    gave_way = moves and own_protection is not None
    assert absorbed.gave_way == (own_protection.holder if gave_way else None)
    assert customer.state(AT) == "merged"
    assert customer.live_protection(AT) is None
    resolved, merged = new_events(customer)
    assert isinstance(resolved, DuplicateResolved)
    assert isinstance(merged, Merged)
    assert (merged.into, merged.number, merged.moved) == (into.id, 1, moves)
    assert merged.holder == (their_protection.holder if their_protection else None)


@pytest.mark.clause("S1-020")
def test_a_merge_is_recorded_on_both_records_with_all_that_moves() -> None:
    customer, into = potential(a_customer(), "chen"), a_customer()
    held = customer.protection
    contact, own = a_contact(), a_contact()
    into.add_contact(own, actor="li", at=MONDAY)
    merge(customer, into, [contact])
    assert recorded(into) == [
        fact(
            DuplicateAbsorbed,
            AT,
            "zhao",
            absorbed=customer.id,
            number=1,
            protection=held,
            moved=True,
            gave_way=None,
            bars=[],
            claimants=["chen"],
            contacts=[contact],
            contracts=[],
            signers=[],
            rulebook="2026-1",
            linked=(),
            different_from=(),
            aliases=(Alias(customer.name_key, customer.core, customer.phone_hash),),
        )
    ]
    assert recorded(customer) == [
        fact(
            DuplicateResolved,
            AT,
            "zhao",
            number=1,
            of=into.id,
            resolution="merge",
            reason="已核对营业执照",
            rulebook="2026-1",
        ),
        fact(
            Merged,
            AT,
            "zhao",
            into=into.id,
            number=1,
            holder="chen",
            moved=True,
            rulebook="2026-1",
        ),
    ]
    assert customer.reports[1].resolution == "merge"
    assert into.contacts == {own.id: own, contact.id: contact}
    assert into.contact_topics == {
        own.id: ContactAdded.TOPIC,
        contact.id: DuplicateAbsorbed.TOPIC,
    }
    assert customer.linked == {into.id}
    assert into.linked == {customer.id}


@pytest.mark.clause("S1-020")
def test_a_deadline_that_has_passed_is_no_protection_that_could_stand() -> None:
    customer, into = potential(a_customer(), "chen", AT - 30 * DAY), claimed(a_customer(), "li")
    assert not merge(customer, into)
    assert into.protection is not None
    assert into.protection.holder == "li"
    assert new_events(customer)[-1].holder is None
    customer = claimed(a_customer(), "chen")
    into = potential(a_customer(), "li", AT - 30 * DAY)
    assert merge(customer, into)
    assert into.protection is not None
    assert into.protection.holder == "chen"
    assert new_events(into)[-1].gave_way is None


@pytest.mark.clause("S1-020")
def test_a_merged_record_answers_no_more() -> None:
    customer, into = potential(a_customer(), "chen"), a_customer()
    customer.require_not_merged()
    merge(customer, into)
    with pytest.raises(MergedAway) as refusal:
        customer.require_not_merged()
    assert (refusal.value.customer_id, refusal.value.into) == (customer.id, into.id)
    into.require_not_merged()
    assert not customer.expire(AT + 900 * DAY, rules_of)


@pytest.mark.clause("S1-020", "S1-302")
def test_what_moved_lives_on_as_it_was() -> None:
    customer = ask_intent(potential(a_customer(), "chen"), "chen")
    into = claimed(a_customer(), "li", AT)
    arrange(customer, AT + DAY, "zhou")
    assert merge(customer, into)
    with pytest.raises(AlreadyProtected) as refusal:
        claimed(into, "feng", AT)
    assert refusal.value.holder == "chen"
    held = into.live_protection(AT + DAY)
    assert held is not None
    assert (held.holder, held.held_over_by, held.until) == ("zhou", "intent", MONDAY + 30 * DAY)
    into.grant_intent(decider="sun", at=AT, rules=RULES)
    assert into.state(AT) == "intent"


@pytest.mark.clause("S1-037", "S1-020")
@pytest.mark.parametrize(("theirs", "own"), [(0, 1), (1, 0), (1, 1)])
def test_of_two_bars_the_longer_one_stays(theirs, own) -> None:
    customer = in_pool(a_customer(), "li", MONDAY + theirs * HOUR)
    into = in_pool(a_customer(), "li", MONDAY + own * HOUR)
    merge(customer, into)
    absorbed = new_events(into)[-1]
    longer = MONDAY + HOUR + 3 * DAY
    assert absorbed.bars == ([Bar("li", longer)] if theirs > own else [])
    assert into.barred_until("li", AT) == longer
    with pytest.raises(Barred):
        claimed(into, "li", AT)


@pytest.mark.clause("S1-037", "S1-020")
def test_bars_of_others_and_of_everybody_move_along_and_what_has_ended_does_not() -> None:
    everybody = rules(bar__applies_to="everyone")
    customer = in_pool(a_customer(), "feng", AT - 3 * DAY)
    in_pool(customer, "zhou", AT - 3 * DAY + HOUR)
    potential(customer, "chen", MONDAY)
    customer.release(member="chen", reason="无预算", at=MONDAY, rules=everybody)
    into = in_pool(a_customer(), "li")
    merge(customer, into)
    assert new_events(into)[-1].bars == [Bar("zhou", AT + HOUR), Bar(None, MONDAY + 3 * DAY)]
    assert into.barred_until("feng", AT) == MONDAY + 3 * DAY
    assert into.barred_until("li", AT) == MONDAY + 3 * DAY


@pytest.mark.clause("S1-037", "S1-020")
def test_of_ones_own_bar_and_that_of_everybody_the_longer_one_counts() -> None:
    everybody = rules(bar__applies_to="everyone")
    for own, of_all in ((0, 1), (1, 0)):
        customer = in_pool(a_customer(), "li", MONDAY + own * HOUR)
        into = potential(a_customer(), "chen", MONDAY + of_all * HOUR)
        into.release(member="chen", reason="无预算", at=MONDAY + of_all * HOUR, rules=everybody)
        merge(customer, into)
        assert into.barred_until("li", AT) == MONDAY + HOUR + 3 * DAY
        assert into.barred_until("zhou", AT) == MONDAY + of_all * HOUR + 3 * DAY


@pytest.mark.clause("S1-037", "S1-020")
def test_a_bar_that_has_ended_replaces_none_that_ended_before_it() -> None:
    customer = in_pool(a_customer(), "li", AT - 3 * DAY)
    into = in_pool(a_customer(), "li", AT - 4 * DAY)
    merge(customer, into)
    assert new_events(into)[-1].bars == []


@pytest.mark.clause("S1-037", "S1-284")
def test_a_bar_of_everybody_that_a_merge_brought_keeps_receivers_out_and_nobody_else() -> None:
    customer = potential(a_customer(), "chen")
    customer.release(
        member="chen", reason="无预算", at=MONDAY, rules=rules(bar__applies_to="everyone")
    )
    into = potential(a_customer(), "li")
    merge(customer, into)
    into.require_transferable("sun", None, AT)
    with pytest.raises(Barred):
        into.require_transferable("sun", "zhou", AT)


@pytest.mark.clause("S1-020", "S1-310")
def test_whoever_claimed_or_signed_either_record_is_a_party_from_then_on() -> None:
    customer, into = formal(a_customer(), "chen"), in_pool(a_customer(), "li")
    merge(customer, into)
    for party in ("li", "chen"):
        assert into.is_party(party)
    assert into.signers == ("chen",)
    assert into.has_been_claimed


@pytest.mark.clause("S1-052", "S1-020")
def test_a_claim_on_the_merged_record_is_one_from_the_pool() -> None:
    customer, into = in_pool(a_customer(), "chen"), a_customer()
    assert not into.has_been_claimed
    merge(customer, into)
    claimed(into, "li", AT)
    assert new_events(into)[-1].from_pool


@pytest.mark.clause("S1-020", "S1-046")
def test_formal_on_either_record_is_formal_after_the_merge() -> None:
    for theirs, own in ((formal, potential), (potential, formal), (formal, formal)):
        customer, into = theirs(a_customer(), "chen"), own(a_customer(), "li")
        merge(customer, into)
        assert into.state(AT + 900 * DAY) == "formal"
        assert into.protection is not None
        assert into.protection.group == AFTER_SALES
        signers = {"li" if own is formal else None, "chen" if theirs is formal else None}
        assert set(into.signers) == signers - {None}


# Contracts of the two.


@pytest.mark.clause("S1-020", "S1-060")
def test_open_contracts_go_on_with_the_protection_that_stands() -> None:
    customer = sign(intent(a_customer(), "chen"), "chen", number="HT-A")
    into = sign(intent(a_customer(), "li", MONDAY + HOUR), "li", MONDAY + HOUR, number="HT-B")
    assert merge(customer, into)
    assert into.contract("HT-A").state(AT) == "signed"
    assert into.contract("HT-B").state(AT) == "dropped"
    assert into.protection is not None
    assert into.protection.signatures == ("HT-A",)
    assert customer.contract("HT-A").state(AT) == "dropped"


@pytest.mark.clause("S1-020", "S1-060")
def test_open_contracts_of_the_protection_that_gives_way_are_dropped() -> None:
    customer = sign(intent(a_customer(), "chen", MONDAY + HOUR), "chen", MONDAY + HOUR)
    draw(customer, "chen", MONDAY + HOUR, number="HT-C")
    into = sign(intent(a_customer(), "li"), "li", number="HT-B")
    assert not merge(customer, into)
    assert set(into.contracts) == {NUMBER, "HT-B"}
    assert into.contract("HT-B").state(AT) == "signed"
    assert into.contract(NUMBER).state(AT) == "dropped"


@pytest.mark.clause("S1-020", "S1-046")
def test_confirmed_contracts_move_along_also_where_the_protection_does_not() -> None:
    customer = formal(a_customer(), "chen", MONDAY + HOUR)
    into = formal(a_customer(), "li", MONDAY, number="HT-B")
    assert not merge(customer, into)
    assert into.contract(NUMBER).state(AT) == "confirmed"
    assert into.contract("HT-B").state(AT) == "confirmed"
    assert into.signers == ("li", "chen")
    assert customer.contract(NUMBER).state(AT) == "confirmed"


def drawn_in_vain(member: str) -> Customer:
    """In the pool, with a contract that was drawn, never signed, and gave its number back."""
    customer = draw(intent(a_customer(), member, MONDAY - 9 * DAY), member, MONDAY - 9 * DAY)
    customer.release(member=member, reason="无预算", at=MONDAY - 5 * DAY, rules=RULES)
    return customer


@pytest.mark.clause("S1-020", "S1-057")
def test_a_number_that_one_record_gave_back_does_not_hide_the_contract_that_the_other_drew() -> (
    None
):
    into = drawn_in_vain("li")
    customer = complete(intent(a_customer(), "chen"), "chen")
    assert merge(customer, into)
    assert into.contract(NUMBER).state(AT) == "signed"
    into.confirm_contract(confirmer="he", number=NUMBER, at=AT, rules=RULES)
    assert into.state(AT) == "formal"


@pytest.mark.clause("S1-020", "S1-057")
def test_nor_does_one_that_the_other_gave_back_hide_ones_own() -> None:
    customer = potential(drawn_in_vain("chen"), "chen", MONDAY - HOUR)
    into = complete(intent(a_customer(), "li"), "li")
    assert merge(customer, into)
    assert into.contract(NUMBER).drawn_by == "li"


@pytest.mark.clause("S1-020", "S1-057")
@pytest.mark.parametrize("how", ["voided", "dropped", "gave way"])
def test_a_contract_that_was_signed_keeps_its_number_through_a_merge(how) -> None:
    customer = sign(intent(a_customer(), "chen", MONDAY + HOUR), "chen", MONDAY + HOUR)
    if how == "voided":
        customer.void_contract(
            actor="chen",
            decides=False,
            number=NUMBER,
            reason="客户改了主意",
            at=MONDAY + HOUR,
            rules=RULES,
            rules_of=rules_of,
        )
    elif how == "dropped":
        customer.release(member="chen", reason="无预算", at=MONDAY + HOUR, rules=RULES)
    into = intent(a_customer(), "li")
    assert not merge(customer, into)
    moved = into.contract(NUMBER)
    assert not moved.gives_its_number_back(AT)
    assert moved.state(AT) == ("voided" if how == "voided" else "dropped")


def test_links_differences_and_what_it_was_called_move_along() -> None:
    customer, into, linked, other = (a_customer() for _ in range(4))
    report(linked, customer)
    report(customer, other)
    declare_different(customer, other)
    report(into, customer)
    merge(customer, into)
    absorbed = new_events(into)[-1]
    assert absorbed.linked == (linked.id,)
    assert absorbed.different_from == (other.id,)
    assert [(alias.name_key, alias.core, alias.phone_hash) for alias in absorbed.aliases] == [
        (customer.name_key, customer.core, customer.phone_hash)
    ]
    assert into.linked == {customer.id, linked.id}
    assert into.different_from == {other.id}
    assert into.aliases == absorbed.aliases
    merge(a_customer(), into)
    assert len(into.aliases) == 2


def test_a_merge_of_a_merge_knows_both() -> None:
    first, second, third = in_pool(a_customer(), "li"), a_customer(), a_customer()
    merge(first, second)
    merge(second, third)
    assert third.is_party("li")
    assert third.linked == {first.id, second.id}
    assert len(third.aliases) == 2
    assert first.merged_into == second.id


@pytest.mark.parametrize("moves", [True, False])
def test_a_replay_of_a_merge_gives_the_same_state(moves) -> None:
    into = potential(a_customer(), "li", MONDAY - (not moves) * HOUR)
    customer = intent(a_customer(), "chen", MONDAY - moves * HOUR)
    number = report(customer, into)
    moved = into.absorb(
        customer, number=number, contacts=[a_contact()], actor="zhao", at=AT, rules=RULES
    )
    assert moved is moves
    resolve(customer, "merge")
    customer.merge_into(into.id, number=number, moved=moved, actor="zhao", at=AT, rules=RULES)
    assert state_of(replay_of(into)) == state_of(into)
    assert state_of(replay_of(customer)) == state_of(customer)


def test_a_likeness_that_ended_is_replayed_on_both() -> None:
    customer, other = a_customer(), a_customer()
    report(customer, other)
    declare_different(customer, other)
    for one in (customer, other):
        assert state_of(replay_of(one)) == state_of(one)
