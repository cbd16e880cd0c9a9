"""Each kind of fact as the command that it was: one function a kind, no rule of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Final

from domain.contract import dropped
from domain.events import applications, contracts, duplicates, holders
from domain.events import customer as events
from domain.events.customer import CustomerEvent
from domain.supposing.case import Case

Again = Callable[[Case], None]


def as_it_is(case: Case) -> None:
    """A fact that no rule of a rulebook decides: noted as it was."""
    event = case.event
    frame = ("originator_id", "originator_version")
    facts = {found.name: getattr(event, found.name) for found in fields(event)}
    case.customer.trigger_event(
        type(event), **{name: value for name, value in facts.items() if name not in frame}
    )


def _edited(case: Case) -> None:
    case.customer.require_editable(case.event.actor, case.at, case.actors_groups)
    as_it_is(case)


def _claimed(case: Case) -> None:
    """Claim and correction are one command: which of them it is, the state decides (A-09)."""
    event, was = case.event, case.was
    is_claim = isinstance(event, events.Claimed)
    department = event.department if is_claim else (was and was.department) or ""
    leaving = was.leaving if was is not None else None
    case.customer.claim(
        member=event.holder,
        department=department,
        contact=event.contact,
        collision=event.collision if is_claim else (),
        at=case.at,
        rules=case.rules,
        leaves_at=event.leaves_at if is_claim else leaving.at if leaving is not None else None,
    )


def _claim_withdrawn(case: Case) -> None:
    event = case.event
    case.customer.withdraw_claim(
        member=event.holder, reason=event.reason, at=case.at, rules=case.rules
    )


def _passed(case: Case) -> None:
    case.require_same_claim()
    event = case.event
    case.customer.pass_review(
        reviewer=event.actor,
        different_company=event.different_company,
        at=case.at,
        rules=case.rules,
    )


def _review_refused(case: Case) -> None:
    case.require_same_claim()
    event = case.event
    case.customer.refuse_review(
        reviewer=event.actor, reason=event.reason, at=case.at, rules=case.rules
    )


def _followed_up(case: Case) -> None:
    event = case.event
    case.customer.follow_up(
        member=event.actor,
        groups=case.actors_groups,
        channel=event.channel,
        note=event.note,
        next_contact_at=event.next_contact_at,
        contact_id=event.contact_id,
        contacted_at=event.contacted_at,
        at=case.at,
        rules=case.rules,
    )


def _released(case: Case) -> None:
    event = case.event
    case.customer.release(member=event.holder, reason=event.reason, at=case.at, rules=case.rules)


def _removed(case: Case) -> None:
    event = case.event
    if event.cause != "manager":
        as_it_is(case)
        return
    case.require_same_holder()
    case.customer.remove_holder(
        actor=event.actor, reason=event.reason or "", at=case.at, rules=case.rules
    )


def _intent_requested(case: Case) -> None:
    event = case.event
    case.customer.request_intent(
        member=event.actor, reason=event.reason, at=case.at, rules_of=case.rules_of
    )


def _intent_granted(case: Case) -> None:
    case.require_same_application()
    case.customer.grant_intent(decider=case.event.actor, at=case.at, rules=case.rules)


def _extension_requested(case: Case) -> None:
    event = case.event
    case.customer.request_extension(
        member=event.actor,
        reason=event.reason,
        days=case.days_at_most(event.days),
        at=case.at,
        rules_of=case.rules_of,
    )


def _extension_granted(case: Case) -> None:
    case.require_same_application()
    event = case.event
    case.customer.grant_extension(
        decider=event.actor,
        days=case.days_at_most(event.days),
        at=case.at,
        rules_of=case.rules_of,
    )


def _application_refused(case: Case) -> None:
    case.require_same_application()
    event = case.event
    case.customer.refuse_application(
        "intent" if isinstance(event, applications.IntentRefused) else "extension",
        decider=event.actor,
        reason=event.reason,
        at=case.at,
        rules_of=case.rules_of,
    )


def _application_withdrawn(case: Case) -> None:
    case.require_same_application()
    event = case.event
    case.customer.withdraw_application(
        event.kind,
        member=event.holder,
        reason=event.reason,
        at=case.at,
        rules_of=case.rules_of,
    )


def _drawn(case: Case) -> None:
    event = case.event
    case.customer.draw_contract(
        member=event.holder, number=event.number, at=case.at, rules=case.rules
    )


def _detailed(case: Case) -> None:
    case.require_same_contract()
    event = case.event
    case.customer.fill_in_contract(
        member=event.holder,
        number=event.number,
        step=event.step,
        at=case.at,
        rules=case.rules,
        text=event.type or event.payment_method or event.buyer,
        products=event.products,
        promises=event.promises,
    )


def _signed(case: Case) -> None:
    case.require_same_contract()
    event = case.event
    case.customer.sign_contract(
        member=event.holder,
        number=event.number,
        signed_on=event.signed_on,
        at=case.at,
        rules=case.rules,
        rules_of=case.rules_of,
    )


def _confirmed(case: Case) -> None:
    case.require_same_contract()
    case.customer.confirm_contract(
        confirmer=case.event.actor, number=case.event.number, at=case.at, rules=case.rules
    )


def _voided(case: Case) -> None:
    """Who voided another's contract decides contracts; of the holder's own, nobody knows."""
    recorded, event, was = case.require_same_contract(), case.event, case.was
    is_own = was is not None and was.holder == event.actor and recorded.status == "open"
    case.customer.void_contract(
        actor=event.actor,
        decides=not is_own,
        number=event.number,
        reason=event.reason,
        at=case.at,
        rules=case.rules,
        rules_of=case.rules_of,
    )


def _transferred(case: Case) -> None:
    case.require_same_holder()
    event = case.event
    case.customer.transfer(
        actor=event.actor,
        to=event.to,
        department=event.department,
        reason=event.reason,
        at=case.at,
        rules=case.rules,
    )


def _arranged(case: Case) -> None:
    """A leaving concerns what the leaver holds."""
    case.require_same_holder()
    event = case.event
    case.customer.arrange_hand_over(
        actor=event.actor,
        leaves_at=event.leaves_at,
        to=event.to,
        department=event.department,
        reason=event.reason,
        at=case.at,
    )


def _after_sales_named(case: Case) -> None:
    event = case.event
    if event.to is None:
        as_it_is(case)
        return
    case.customer.name_after_sales(
        actor=event.actor, to=event.to, department=event.department, at=case.at, rules=case.rules
    )


def _merged(case: Case) -> None:
    """The record answers no more; a protection that it would not have had does not move."""
    event = case.event
    case.customer.merge_into(
        event.into,
        number=event.number,
        moved=event.moved and case.held is not None,
        actor=event.actor,
        at=case.at,
        rules=case.rules,
    )


def _absorbed(case: Case) -> None:
    """Of two protections the earlier valid one stands (A-11); the other record's as recorded."""
    event, own = case.event, case.held
    theirs = event.protection if event.moved else None
    moved = theirs is not None and (own is None or theirs.comes_before(own))
    kept = {contract.number: contract for contract in event.contracts}
    frame = ("originator_id", "originator_version")
    facts = {found.name: getattr(event, found.name) for found in fields(event)}
    supposed = {
        "protection": theirs if moved else own,
        "moved": moved,
        "gave_way": own.holder if moved and own is not None else None,
        "contracts": event.contracts if moved else list(dropped(kept).values()),
    }
    case.customer.trigger_event(
        type(event),
        **{name: value for name, value in (facts | supposed).items() if name not in frame},
    )


AGAIN: Final[Mapping[type[CustomerEvent], Again]] = {
    events.ContactAdded: _edited,
    events.ProfileChanged: _edited,
    events.Claimed: _claimed,
    events.ClaimCorrected: _claimed,
    events.ClaimWithdrawn: _claim_withdrawn,
    events.ReviewPassed: _passed,
    events.ReviewRefused: _review_refused,
    events.FollowedUp: _followed_up,
    events.Released: _released,
    events.HolderRemoved: _removed,
    applications.IntentRequested: _intent_requested,
    applications.IntentGranted: _intent_granted,
    applications.IntentRefused: _application_refused,
    applications.ExtensionRequested: _extension_requested,
    applications.ExtensionGranted: _extension_granted,
    applications.ExtensionRefused: _application_refused,
    applications.ApplicationWithdrawn: _application_withdrawn,
    contracts.ContractDrawn: _drawn,
    contracts.ContractDetailed: _detailed,
    contracts.ContractSigned: _signed,
    contracts.ContractConfirmed: _confirmed,
    contracts.ContractVoided: _voided,
    holders.Transferred: _transferred,
    holders.HandOverArranged: _arranged,
    holders.MovedToAfterSales: _after_sales_named,
    duplicates.Merged: _merged,
    duplicates.DuplicateAbsorbed: _absorbed,
}
"""How a fact is put again; one that is not here is noted as it was."""
