"""Commands on a protection: claim, withdraw, review, follow up, release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from domain.commands.likeness import identity_ids, likenesses
from domain.commands.parties import require_no_part
from domain.commands.records import problems_of
from domain.customer import Customer
from domain.errors import EarlierClaim, FieldProblem, Invalid
from domain.events.customer import ClaimCorrected, Claimed
from domain.events.duplicates import Alias
from domain.events.values import CHANNELS, Likeness
from domain.member import Member
from domain.orders import ContactInput, FollowUpInput
from domain.permissions import groups
from domain.texts import prose
from domain.work import Decision, Work, checked_contact

NOTE_CHARACTERS_MAX = 100_000
"""What no rulebook may allow more of; each sets its own bound below."""
REASON_CHARACTERS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Claim:
    """Ask for protection (S1-306, S1-314); by the claimant of a refused claim, correct it (A-09).

    follow_up: required when somebody claimed the customer before (S1-052, A-33).
    """

    customer_id: UUID
    contact: ContactInput | None
    follow_up: FollowUpInput | None
    name: str = field(default="claim", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = []
        if self.contact is None:
            found.append(
                FieldProblem(
                    "contact",
                    "required",
                    "须填写联系人：姓名、职位、电话",
                    "is required: name, position, phone",
                )
            )
        else:
            found += problems_of(checked_contact, self.contact, at_field="contact")
        if self.follow_up is not None:
            found += follow_up_problems(self.follow_up, prefix="follow_up.")
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        customer.require_claimable(work.actor, work.at, work.rules)
        is_correction = customer.live_protection(work.at) is not None
        if customer.has_been_claimed and not is_correction and self.follow_up is None:
            raise Invalid.field(
                "follow_up",
                "required",
                zh="从公海保护须填写跟踪记录",
                en="is required: the customer was held before",
            )
        topic = ClaimCorrected.TOPIC if is_correction else Claimed.TOPIC
        contact = self.contact
        if contact is None:
            raise Invalid.field("contact", "required", zh="须填写联系人", en="is required")
        customer.claim(
            member=work.actor,
            department=work.signed.department,
            contact=work.contact(contact, stream=customer.id, topic=topic, at_field="contact"),
            collision=similar_customers(work, customer),
            at=work.at,
            rules=work.rules,
            leaves_at=work.signed.leaves_at,
        )
        if self.follow_up is not None:
            record_follow_up(work, customer, self.follow_up)
        counted = () if is_correction else _counted(work, customer)
        return Decision((customer, *counted), {"correction": is_correction})

    def asserted(self) -> dict[str, Any]:
        asserted: dict[str, Any] = {}
        if self.contact is not None:
            asserted["contact_position"] = self.contact.position
        if self.follow_up is not None:
            asserted["follow_up"] = msgspec.to_builtins(self.follow_up)
        return asserted


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take back a claim before it is in force, or an application before it is decided.

    what: `claim`, `intent` or `extension`.
    """

    customer_id: UUID
    what: str
    reason: str
    name: str = field(default="withdraw", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = reason_problems(self.reason)
        if self.what not in ("claim", "intent", "extension"):
            found.append(
                FieldProblem(
                    "what",
                    "unknown",
                    "须为 claim、intent 或 extension",
                    "must be claim, intent or extension",
                )
            )
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        reason = self.reason.strip()
        if self.what == "claim":
            customer.withdraw_claim(member=work.actor, reason=reason, at=work.at, rules=work.rules)
        else:
            customer.withdraw_application(
                "intent" if self.what == "intent" else "extension",
                member=work.actor,
                reason=reason,
                at=work.at,
                rules_of=work.rulebook.rules_of,
            )
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        return {"what": self.what, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Review:
    """The service centre decides a claim (S1-309 to S1-313, S1-317). decision: `pass`, `refuse`.

    different_company: why an earlier claim on a similar record does not stand against it (A-64).
    """

    customer_id: UUID
    decision: str
    reason: str | None
    different_company: str | None
    name: str = field(default="review", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = []
        if self.decision not in ("pass", "refuse"):
            found.append(
                FieldProblem("decision", "unknown", "须为 pass 或 refuse", "must be pass or refuse")
            )
        if self.decision == "refuse" or self.reason is not None:
            found += reason_problems(self.reason or "")
        if self.different_company is not None:
            found += problems_of(
                prose,
                "different_company",
                self.different_company,
                characters_max=REASON_CHARACTERS_MAX,
            )
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        held = customer.require_reviewable(work.actor, work.at)
        similar = [found.customer_id for found in similar_customers(work, customer)]
        require_no_part(work, customer, held.holder or "", also=similar)
        if self.decision == "refuse":
            customer.refuse_review(
                reviewer=work.actor,
                reason=(self.reason or "").strip(),
                at=work.at,
                rules=work.rules,
            )
            return Decision((customer,))
        earlier = earlier_claim(work, customer, similar)
        if earlier is not None and not self.different_company:
            raise earlier
        customer.pass_review(
            reviewer=work.actor,
            different_company=self.different_company if earlier else None,
            at=work.at,
            rules=work.rules,
        )
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        return {
            "decision": self.decision,
            "reason": self.reason,
            "different_company": self.different_company,
        }


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Note a contact with the customer (S1-029)."""

    customer_id: UUID
    follow_up: FollowUpInput
    name: str = field(default="follow-up", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = follow_up_problems(self.follow_up, prefix="")
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        record_follow_up(work, customer, self.follow_up)
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        asserted: dict[str, Any] = msgspec.to_builtins(self.follow_up)
        return asserted


@dataclass(frozen=True, slots=True)
class Release:
    """Give the customer up (S1-038)."""

    customer_id: UUID
    reason: str
    name: str = field(default="release", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = reason_problems(self.reason)
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        customer.release(
            member=work.actor, reason=self.reason.strip(), at=work.at, rules=work.rules
        )
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        return {"reason": self.reason}


def _counted(work: Work, customer: Customer) -> Iterable[Member]:
    """The claimant, the claim counted, where the rulebook limits how many one may hold (A-35).

    Read first, counted then, saved with the claim: of two claims at once one is decided again.
    Raises PortfolioFull.
    """
    held_max = work.rules.claims.held_max
    if held_max is None:
        return ()
    member = work.own_member()
    held = work.count_held(member.member, work.at)
    member.count_claim(customer.id, held=held, held_max=held_max, at=work.at)
    return (member,)


def record_follow_up(work: Work, customer: Customer, follow_up: FollowUpInput) -> None:
    """The follow-up, by the holder (S1-029)."""
    customer.follow_up(
        member=work.actor,
        groups=groups(work.signed.roles),
        channel=follow_up.channel,
        note=follow_up.note.strip(),
        next_contact_at=follow_up.next_contact_at,
        contact_id=follow_up.contact,
        contacted_at=follow_up.contacted_at,
        at=work.at,
        rules=work.rules,
    )


def similar_customers(work: Work, customer: Customer) -> list[Likeness]:
    """Other records behind the name, core or phone of this one, or of one that it absorbed (A-66).

    Two of which either was declared different from the other resemble each other no more (A-11).
    """
    by_phone = work.rules.names.phone == "similar"
    own = Alias(customer.name_key, customer.core, customer.findable_phone or "")
    called = [own, *customer.aliases]
    keys = [
        # Nobody else can stand behind the same name.
        {"name_key": None, "core": one.core, "phone_hash": one.phone_hash if by_phone else None}
        for one in called
    ]
    work.read([identity for known in keys for identity in identity_ids(**known)])
    found: dict[UUID, Likeness] = {}
    for known in keys:
        for likeness in likenesses(work, **known, but=customer.id):
            found.setdefault(likeness.customer_id, likeness)
    work.read(found)
    return [
        likeness
        for likeness in found.values()
        if not _differ(customer, work.other_customer(likeness.customer_id))
    ]


def _differ(customer: Customer, other: Customer | None) -> bool:
    return other is not None and (
        other.id in customer.different_from or customer.id in other.different_from
    )


def earlier_claim(work: Work, customer: Customer, similar: Sequence[UUID]) -> EarlierClaim | None:
    """The earliest live claim on a similar record that came before this one (S1-312, A-64)."""
    own = customer.protection
    work.read(similar)
    rivals = []
    for customer_id in similar:
        other = work.other_customer(customer_id)
        held = other.live_protection(work.at) if other is not None else None
        if own is not None and held is not None and held.claimed_at < own.claimed_at:
            rivals.append(EarlierClaim(customer_id, held.holder, held.claimed_at))
    return min(rivals, key=lambda rival: rival.claimed_at, default=None)


def follow_up_problems(follow_up: FollowUpInput, *, prefix: str) -> list[FieldProblem]:
    """What is malformed in a follow-up whatever the state (S1-030)."""
    found = problems_of(prose, f"{prefix}note", follow_up.note, characters_max=NOTE_CHARACTERS_MAX)
    if follow_up.channel not in CHANNELS:
        known = "、".join(CHANNELS)
        found.append(
            FieldProblem(f"{prefix}channel", "unknown", f"须为 {known}", f"must be one of {known}")
        )
    return found


def reason_problems(reason: str) -> list[FieldProblem]:
    """A reason is required and says something (S1-317)."""
    return problems_of(prose, "reason", reason, characters_max=REASON_CHARACTERS_MAX)
