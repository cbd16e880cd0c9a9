"""What happened to a customer: one frozen class a fact, each with the state it leads to.

`apply` only assigns: it runs again on every replay and must succeed for every event ever
stored. The rules that allow a fact are in `domain.customer`. Here are the record, the claim and
the ways it ends; applications, contracts, hand-overs, duplicates and disputes have modules of
their own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.events.values import Bar, Channel, Contact, Likeness, Sealed, Stage
from domain.protection import Leaving, Protection


class CustomerEvent(Aggregate.Event):
    """A fact on a customer's stream. actor: the member who caused it, or `system`."""

    actor: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        """The protection that the fact leads to: aggregate, as-of answers and views all ask here.

        Computes from the fact alone and never judges it. Most facts move none.
        """
        return before

    def apply(self, aggregate: Any) -> None:
        """Evolve the aggregate; a protection that ends takes its unconfirmed contracts along."""
        before = aggregate.protection
        aggregate.protection = self.protection_after(before)
        if before is not None and aggregate.protection is None:
            aggregate.drop_contracts()


class _Ending(CustomerEvent):
    """A protection is over; who gave it up may be barred."""

    if TYPE_CHECKING:
        bar: Bar | None

    def protection_after(self, before: Protection | None) -> Protection | None:
        return None

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        if self.bar is not None:
            aggregate.bars = {**aggregate.bars, self.bar.member: self.bar.until}


class Registered(CustomerEvent, Aggregate.Created):
    """A customer was entered for the first time (S1-024, S1-025, S1-303); nobody holds it yet.

    name_key, core: the normalised full name and its core by `names_version` of the rules of
    likeness. collision: what the check found (S1-171); override_reason: why it is another
    company all the same (A-11). warnings: soft findings for the reviewer (A-39).
    """

    TOPIC = "customer.registered"

    profile: str
    name: str
    name_key: str
    core: str
    names_version: int
    address: str
    industry: str
    phone: Sealed
    phone_hash: str
    introduction: str
    contacts: list[Contact]
    collision: list[Likeness]
    override_reason: str | None
    warnings: list[str]
    rulebook: str

    def apply(self, aggregate: Any) -> None:
        aggregate.profile = self.profile
        aggregate.name = self.name
        aggregate.name_key = self.name_key
        aggregate.core = self.core
        aggregate.phone_hash = self.phone_hash
        aggregate.phone_subject = self.phone.subject
        aggregate.restricted = frozenset()
        aggregate.erased = frozenset()
        aggregate.contacts = {contact.id: contact for contact in self.contacts}
        aggregate.warnings = tuple(self.warnings)
        aggregate.override_reason = self.override_reason
        aggregate.contact_topics = dict.fromkeys(aggregate.contacts, self.TOPIC)
        aggregate.customer_class = None
        aggregate.classified_by = None
        aggregate.protection = None
        aggregate.bars = {}
        aggregate.claimants = frozenset()
        aggregate.contracts = {}
        aggregate.signers = ()
        aggregate.reports = {}
        aggregate.disputes = {}
        aggregate.linked = frozenset()
        aggregate.different_from = frozenset()
        aggregate.merged_into = None
        aggregate.aliases = ()


class _WithContact(CustomerEvent):
    """A contact person came with it (S1-027)."""

    if TYPE_CHECKING:
        contact: Contact
        TOPIC: str

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.contacts = {**aggregate.contacts, self.contact.id: self.contact}
        aggregate.contact_topics = {**aggregate.contact_topics, self.contact.id: self.TOPIC}


class ContactAdded(_WithContact):
    """A contact person was filled in (S1-027)."""

    TOPIC = "customer.contact_added"

    contact: Contact


class ProfileChanged(CustomerEvent):
    """Fields of the record were corrected; None: unchanged.

    A new name or phone ran the collision check again; name_key and core go with the name.
    """

    TOPIC = "customer.profile_changed"

    name: str | None
    name_key: str | None
    core: str | None
    names_version: int
    address: str | None
    industry: str | None
    phone: Sealed | None
    phone_hash: str | None
    introduction: str | None
    collision: list[Likeness]
    override_reason: str | None
    warnings: list[str]
    rulebook: str

    def apply(self, aggregate: Any) -> None:
        if self.name is not None:
            aggregate.name = self.name
            aggregate.name_key = self.name_key
            aggregate.core = self.core
            aggregate.warnings = tuple(self.warnings)
        if self.override_reason is not None:
            aggregate.override_reason = self.override_reason
        if self.phone_hash is not None:
            aggregate.phone_hash = self.phone_hash
        if self.phone is not None:
            aggregate.phone_subject = self.phone.subject


class Claimed(_WithContact):
    """A seller asked for protection (S1-306, S1-314): it blocks others from this instant.

    contact: the contact person that the claim must carry (S1-306). from_pool: somebody had
    held the customer before (S1-052). review_due: when the review should be decided (A-08).
    collision: what the collision check found at the claim (A-66). leaves_at: when the claimant
    will leave, if that is arranged already: the protection ends then (A-47).
    """

    TOPIC = "customer.claimed"

    holder: str
    department: str
    contact: Contact
    from_pool: bool
    review_due: datetime
    collision: list[Likeness]
    rulebook: str
    leaves_at: datetime | None = None

    def protection_after(self, before: Protection | None) -> Protection | None:
        leaving = None
        if self.leaves_at is not None:
            leaving = Leaving(self.leaves_at, self.actor, None, None, None)
        return Protection(
            holder=self.holder,
            stage=Stage.WAITING,
            claimed_at=self.timestamp,
            since=self.timestamp,
            in_force_since=None,
            until=None,
            review_due=self.review_due,
            corrections=0,
            rulebook=self.rulebook,
            department=self.department,
            leaving=leaving,
        )

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.claimants = aggregate.claimants | {self.holder}


class ClaimCorrected(_WithContact):
    """The claimant of a refused claim corrected it (A-09); the claim keeps its time."""

    TOPIC = "customer.claim_corrected"

    holder: str
    contact: Contact
    review_due: datetime
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        return before and replace(
            before,
            stage=Stage.WAITING,
            since=self.timestamp,
            until=None,
            review_due=self.review_due,
            corrections=before.corrections + 1,
        )


class ClaimWithdrawn(_Ending):
    """The claimant took the claim back before it was in force."""

    TOPIC = "customer.claim_withdrawn"

    holder: str
    stage: Stage
    reason: str
    bar: Bar | None
    rulebook: str


class ReviewPassed(CustomerEvent):
    """The service centre passed the claim (S1-313): in force, potential, for its full term.

    counted_from: the instant from which the term runs (A-07). until: its deadline (S1-033).
    different_company: why an earlier claim on a similar record does not stand against it (A-64).
    """

    TOPIC = "customer.review_passed"

    holder: str
    counted_from: datetime
    until: datetime
    different_company: str | None
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        return before and replace(
            before,
            stage=Stage.POTENTIAL,
            since=self.timestamp,
            in_force_since=self.timestamp,
            until=self.until,
            review_due=None,
            rulebook=self.rulebook,
        )


class ReviewRefused(CustomerEvent):
    """The service centre refused the claim and wrote why (S1-317).

    removal_due: when the follower is removed unless the claim is corrected (S1-318, A-09).
    provisional: that instant rests on a calendar year that is not published yet.
    """

    TOPIC = "customer.review_refused"

    holder: str
    reason: str
    removal_due: datetime
    provisional: bool
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        return before and replace(
            before,
            stage=Stage.REJECTED,
            since=self.timestamp,
            until=self.removal_due,
            review_due=None,
        )


class FollowedUp(CustomerEvent):
    """A contact with the customer was noted (S1-029 to S1-031); it moves no clock (A-29).

    holder: None while the group of after-sales holds it (S1-049). contact_id: whom it was with.
    contacted_at: when it took place, as its author says.
    """

    TOPIC = "customer.followed_up"

    holder: str | None
    stage: Stage
    channel: Channel
    note: str
    next_contact_at: datetime | None
    contact_id: UUID | None
    contacted_at: datetime | None

    def apply(self, aggregate: Any) -> None:
        """A note changes no right, so there is nothing to keep for deciding."""


class Released(_Ending):
    """The holder gave the customer up (S1-038); the bar of S1-037 and S1-045 begins."""

    TOPIC = "customer.released"

    holder: str
    stage: Stage
    reason: str
    bar: Bar | None
    rulebook: str


class Lapsed(_Ending):
    """The deadline passed (S1-035, S1-043): `timestamp` is the deadline, not the sweep.

    With a hold-over its end is the deadline. cause: `term-over`; `undecided`, where nobody decided
    by then; after the deadline that was given, `application-refused`, `application-withdrawn` or
    `contract-voided`, which end what held it over (A-04, A-05).
    """

    TOPIC = "customer.lapsed"

    holder: str
    stage: Stage
    deadline: datetime
    cause: str
    bar: Bar | None
    rulebook: str


class HolderRemoved(_Ending):
    """The holder was taken off the record, the record stays (S1-318 to S1-320).

    cause: `review-refused`; `manager`, who gave a reason; `left`, where the holder left the company
    and nobody took over (A-47).
    """

    TOPIC = "customer.holder_removed"

    holder: str
    stage: Stage
    cause: str
    bar: Bar | None
    rulebook: str
    reason: str | None = None
