"""A tenure is contested, and a ruling ends the case (撞单; A-27, design §8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from domain.events.customer import CustomerEvent
from domain.events.values import Stage
from domain.protection import Protection

RulingKind = Literal["uphold", "move", "restore"]


@dataclass(frozen=True, slots=True)
class Contested:
    """The tenure that a dispute is about, as the log told it when the case was opened.

    holder: None while `group` held it. until: its end, or the deadline that it had. ended: how it
    had ended by then; None where it still ran. rulebook: the version that granted it.
    opened_version: of the event that opened it. grounds: versions of the events that granted it,
    moved its end, and ended it.
    """

    holder: str | None
    group: str | None
    stage: Stage
    claimed_at: datetime
    since: datetime
    until: datetime | None
    ended: str | None
    rulebook: str
    opened_version: int
    grounds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A case. contested: None where nobody had ever held the customer by the contested instant.
    rule: the one that its opener names; None: none. ruling: None while it is open."""

    number: int
    opener: str
    contested_at: datetime
    contested: Contested | None
    rule: str | None
    ruling: RulingKind | None


class DisputeOpened(CustomerEvent):
    """A member contested who held the customer at an instant (A-27). number: of the case, here.

    contested_at: that instant. statement: what the member has to say. contested: the tenure that
    held then, or else the one that had ended last by then; None: nobody had ever held it. is_held:
    it held at that instant. rule: the rule that is said to be broken, by its slug or clause; None:
    none was named.
    """

    TOPIC = "customer.dispute_opened"

    number: int
    contested_at: datetime
    statement: str
    contested: Contested | None
    is_held: bool
    rule: str | None

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        case = Dispute(
            self.number, self.actor, self.contested_at, self.contested, self.rule, ruling=None
        )
        aggregate.disputes = {**aggregate.disputes, self.number: case}


class StatementMade(CustomerEvent):
    """A party told its side of an open case, beside what its opener said. number: of the case.

    statement: what the party has to say. It moves nothing, and stays as it was said.
    """

    TOPIC = "customer.dispute_statement_made"

    number: int
    statement: str


class DisputeRuled(CustomerEvent):
    """The case was ruled by somebody with no part in it. number: of the case.

    opener: who had opened it. ruling: `uphold` moves nothing; `move` and `restore` are followed by
    the event that moves the customer. rule: the rule that the ruling rests on, by its slug or
    clause. reason: in writing.
    """

    TOPIC = "customer.dispute_ruled"

    number: int
    opener: str
    ruling: RulingKind
    rule: str
    reason: str
    rulebook: str

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        ruled = replace(aggregate.disputes[self.number], ruling=self.ruling)
        aggregate.disputes = {**aggregate.disputes, self.number: ruled}


class Awarded(CustomerEvent):
    """By a ruling the customer is `to`'s from now on, under a protection of its own.

    Whoever held it has lost it, without a bar; his applications are closed, and so are the
    contracts that are not confirmed, unless it stays with him.
    """

    if TYPE_CHECKING:
        number: int
        holder: str | None
        to: str
        department: str
        stage: Stage
        claimed_at: datetime
        in_force_since: datetime | None
        until: datetime | None
        review_due: datetime | None
        corrections: int
        extensions: int
        held_over_until: datetime | None
        granted_by: str

    @property
    def drops_contracts(self) -> bool:
        """True where contracts that are not confirmed end with the protection that gives way."""
        return self.holder != self.to

    def protection_after(self, before: Protection | None) -> Protection | None:
        signatures = () if before is None or self.drops_contracts else before.signatures
        return Protection(
            holder=self.to,
            stage=self.stage,
            claimed_at=self.claimed_at,
            since=self.timestamp,
            in_force_since=self.in_force_since,
            until=self.until,
            review_due=self.review_due,
            corrections=self.corrections,
            rulebook=self.granted_by,
            department=self.department,
            extensions=self.extensions,
            signatures=signatures,
            held_over_until=self.held_over_until,
        )

    def apply(self, aggregate: Any) -> None:
        if self.drops_contracts:
            aggregate.drop_contracts()
        super().apply(aggregate)
        aggregate.claimants = aggregate.claimants | {self.to}
        aggregate.bars = {
            member: until for member, until in aggregate.bars.items() if member != self.to
        }


class DisputeMoved(Awarded):
    """A ruling gave the customer to another member, whose protection begins now; a bar on him is
    lifted, and none begins for who loses it.

    number: of the case. holder: who loses it; None: it was in the pool. department: that of `to`.
    stage: the stage that `to` has it in. claimed_at: this instant, from which claims are ordered.
    in_force_since: this instant; None under review. until: the deadline; None under review.
    review_due: when the review should be decided; None outside it. corrections: how often the claim
    under review was corrected. extensions: none yet. held_over_until: null, for nothing holds it
    over. granted_by: the version whose terms hold.
    """

    TOPIC = "customer.dispute_moved"

    number: int
    holder: str | None
    to: str
    department: str
    stage: Stage
    claimed_at: datetime
    in_force_since: datetime | None
    until: datetime | None
    review_due: datetime | None
    corrections: int
    extensions: int
    held_over_until: datetime | None
    granted_by: str
    rulebook: str


class Restored(Awarded):
    """A ruling gave a protection back to one who had lost it, with its stage and a stated deadline;
    a bar on him is lifted, and none begins for who loses it.

    number: of the case. holder: who loses it; None: it was in the pool. department: that of `to`.
    stage: the stage that `to` has it in again. claimed_at: when the lost protection was asked for,
    which it keeps. in_force_since: when the lost one came into force; None for a claim that no
    review has passed. until: the stated deadline; None under review. review_due: the stated
    deadline of a claim under review; None outside it. corrections, extensions: as many as the lost
    one had.
    held_over_until: until when a signature of `to` holds it over, where it was his already.
    granted_by: the version whose terms hold: the lost one's, in the same stage.
    """

    TOPIC = "customer.restored"

    number: int
    holder: str | None
    to: str
    department: str
    stage: Stage
    claimed_at: datetime
    in_force_since: datetime | None
    until: datetime | None
    review_due: datetime | None
    corrections: int
    extensions: int
    held_over_until: datetime | None
    granted_by: str
    rulebook: str
