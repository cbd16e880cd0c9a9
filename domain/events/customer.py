"""What happened to a customer: one frozen class a fact, each with the state it leads to.

`apply` only assigns: it runs again on every replay and must succeed for every event ever
stored. The rules that allow a fact are in `domain.customer`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.events.values import Bar, Channel, Contact, Likeness, Sealed, Stage
from domain.protection import Protection


class CustomerEvent(Aggregate.Event):
    """A fact on a customer's stream. actor: the member who caused it, or `system`."""

    actor: str


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
        aggregate.contacts = {contact.id: contact for contact in self.contacts}
        aggregate.warnings = tuple(self.warnings)
        aggregate.override_reason = self.override_reason
        aggregate.protection = None
        aggregate.bars = {}
        aggregate.claimants = frozenset()


class ContactAdded(CustomerEvent):
    """A contact person was filled in (S1-027)."""

    TOPIC = "customer.contact_added"

    contact: Contact

    def apply(self, aggregate: Any) -> None:
        aggregate.contacts = {**aggregate.contacts, self.contact.id: self.contact}


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


class Claimed(CustomerEvent):
    """A seller asked for protection (S1-306, S1-314): it blocks others from this instant.

    contact: the contact person that the claim must carry (S1-306). from_pool: somebody had
    held the customer before (S1-052). review_due: when the review should be decided (A-08).
    collision: what the collision check found at the claim (A-66).
    """

    TOPIC = "customer.claimed"

    holder: str
    department: str
    contact: Contact
    from_pool: bool
    review_due: datetime
    collision: list[Likeness]
    rulebook: str

    def apply(self, aggregate: Any) -> None:
        aggregate.contacts = {**aggregate.contacts, self.contact.id: self.contact}
        aggregate.claimants = aggregate.claimants | {self.holder}
        aggregate.protection = Protection(
            holder=self.holder,
            stage=Stage.WAITING,
            claimed_at=self.timestamp,
            since=self.timestamp,
            in_force_since=None,
            until=None,
            review_due=self.review_due,
            corrections=0,
            rulebook=self.rulebook,
        )


class ClaimCorrected(CustomerEvent):
    """The claimant of a refused claim corrected it (A-09); the claim keeps its time."""

    TOPIC = "customer.claim_corrected"

    holder: str
    contact: Contact
    review_due: datetime
    rulebook: str

    def apply(self, aggregate: Any) -> None:
        aggregate.contacts = {**aggregate.contacts, self.contact.id: self.contact}
        aggregate.protection = replace(
            aggregate.protection,
            stage=Stage.WAITING,
            since=self.timestamp,
            until=None,
            review_due=self.review_due,
            corrections=aggregate.protection.corrections + 1,
        )


class ClaimWithdrawn(CustomerEvent):
    """The claimant took the claim back before it was in force."""

    TOPIC = "customer.claim_withdrawn"

    holder: str
    stage: Stage
    reason: str
    bar: Bar | None
    rulebook: str

    def apply(self, aggregate: Any) -> None:
        aggregate.end_protection(self.bar)


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

    def apply(self, aggregate: Any) -> None:
        aggregate.protection = replace(
            aggregate.protection,
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

    def apply(self, aggregate: Any) -> None:
        aggregate.protection = replace(
            aggregate.protection,
            stage=Stage.REJECTED,
            since=self.timestamp,
            until=self.removal_due,
            review_due=None,
        )


class FollowedUp(CustomerEvent):
    """A contact with the customer was noted (S1-029 to S1-031); it moves no clock (A-29).

    contact_id: whom it was with. contacted_at: when it took place, as its author says.
    """

    TOPIC = "customer.followed_up"

    holder: str
    stage: Stage
    channel: Channel
    note: str
    next_contact_at: datetime | None
    contact_id: UUID | None
    contacted_at: datetime | None

    def apply(self, aggregate: Any) -> None:
        """A note changes no right, so there is nothing to keep for deciding."""


class Released(CustomerEvent):
    """The holder gave the customer up (S1-038); the bar of S1-037 and S1-045 begins."""

    TOPIC = "customer.released"

    holder: str
    stage: Stage
    reason: str
    bar: Bar | None
    rulebook: str

    def apply(self, aggregate: Any) -> None:
        aggregate.end_protection(self.bar)


class Lapsed(CustomerEvent):
    """The deadline passed (S1-035, S1-043): `timestamp` is the deadline, not the sweep."""

    TOPIC = "customer.lapsed"

    holder: str
    stage: Stage
    deadline: datetime
    cause: str
    bar: Bar | None
    rulebook: str

    def apply(self, aggregate: Any) -> None:
        aggregate.end_protection(self.bar)


class HolderRemoved(CustomerEvent):
    """The holder was taken off the record, the record stays (S1-318 to S1-320)."""

    TOPIC = "customer.holder_removed"

    holder: str
    stage: Stage
    cause: str
    bar: Bar | None
    rulebook: str

    def apply(self, aggregate: Any) -> None:
        aggregate.end_protection(self.bar)
