"""A protection: the exclusive right of one holder, in one stage, until a deadline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from domain.stage import Stage

ApplicationKind = Literal["intent", "extension"]
HeldOverBy = Literal["intent", "extension", "contract"]
AFTER_SALES = "after-sales"
"""The group that holds every formal customer until one person of it is named (S1-048, A-31)."""


@dataclass(frozen=True, slots=True)
class Application:
    """What the holder asked for and nobody has decided yet (S1-036, S1-039).

    applicant: who asked; it stays when the customer is transferred meanwhile. days: how long an
    extension is asked for; None for intent.
    """

    kind: ApplicationKind
    applicant: str
    asked_at: datetime
    reason: str
    days: int | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """The holder leaves at `at` and `to` takes over; None: nobody does (S1-283, S1-284, A-47).

    by: who arranged it. department: that of `to`. reason: as stated; None where a claim came after
    the arrangement.
    """

    at: datetime
    by: str
    to: str | None
    department: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Protection:
    """The right that blocks others (S1-302). Intervals are half-open (design §3).

    holder: None while `group` holds it. claimed_at: when it was asked for; it orders claims (A-07).
    since: when the present stage began. in_force_since: when the review passed; None before.
    until: the deadline; None where none runs (a claim under review has no automatic outcome,
    A-08). review_due: when the review should be decided; None outside it. corrections: how often
    the claim was corrected (A-09). extensions: how many the present stage was granted.
    application: what waits for a decision. signatures: numbers of contracts that were signed in
    time and are not confirmed. held_over_until: the end of the hold-over, while an application or
    a signature keeps the protection alive beyond its deadline. leaving: what happens when the
    holder leaves. rulebook: the version that granted the present stage.
    """

    holder: str | None
    stage: Stage
    claimed_at: datetime
    since: datetime
    in_force_since: datetime | None
    until: datetime | None
    review_due: datetime | None
    corrections: int
    rulebook: str
    group: str | None = None
    department: str | None = None
    extensions: int = 0
    application: Application | None = None
    signatures: tuple[str, ...] = ()
    held_over_until: datetime | None = None
    leaving: Leaving | None = None

    @property
    def held_over_by(self) -> HeldOverBy | None:
        """What keeps it alive beyond its deadline until it is decided; None: nothing does."""
        if self.until is None or self.held_over_until is None or self.held_over_until <= self.until:
            return None
        if self.application is not None:
            return self.application.kind
        return "contract" if self.signatures else None

    @property
    def deadline(self) -> datetime | None:
        """The instant at which it is over if nothing is decided: with a hold-over, its end."""
        return self.held_over_until if self.held_over_by is not None else self.until

    @property
    def ends_at(self) -> datetime | None:
        """The instant at which nobody holds it any more by what is known: a deadline, or the
        holder's leaving without a successor. A formal customer falls to after-sales instead."""
        leaving = self.leaving
        if leaving is None or leaving.to is not None or self.stage is Stage.FORMAL:
            return self.deadline
        deadline = self.deadline
        return leaving.at if deadline is None else min(deadline, leaving.at)

    def is_live(self, at: datetime) -> bool:
        """True before its end; the deadline instant itself belongs to nobody (A-10)."""
        ends_at = self.ends_at
        return ends_at is None or at < ends_at

    def as_of(self, at: datetime) -> Protection | None:
        """What it is at `at` by what is known: over, handed over, or as it stands."""
        if not self.is_live(at):
            return None
        leaving = self.leaving
        if leaving is None or at < leaving.at:
            return self
        return self.handed_over(leaving.to, leaving.department)

    def handed_over(self, to: str | None, department: str | None) -> Protection:
        """The same right in other hands: stage, deadline and open application stay (S1-284).

        to: None for the group of after-sales.
        """
        return replace(
            self,
            holder=to,
            group=AFTER_SALES if to is None else None,
            department=department,
            leaving=None,
        )

    def blocks(self, member: str, at: datetime) -> bool:
        """True while `member` may not claim, because somebody holds it (S1-023, S1-302, A-62).

        The holder of a refused claim is not blocked: claiming again is the correction (A-09).
        """
        return self.is_live(at) and not (member == self.holder and self.stage is Stage.REJECTED)

    def may_be_corrected(self, member: str, at: datetime, corrections_max: int) -> bool:
        """True while the claimant may correct a refused claim (A-09)."""
        return (
            self.stage is Stage.REJECTED
            and member == self.holder
            and self.is_live(at)
            and self.corrections < corrections_max
        )

    def is_past_deadline(self, at: datetime) -> bool:
        """True once the deadline that was given has passed, held over or not."""
        return self.until is not None and self.until <= at

    def comes_before(self, other: Protection) -> bool:
        """Of two on one company, the valid one that was asked for first stands (A-27, A-64).

        A formal customer stays one; a refused claim stands behind any other.
        """
        return self._precedence() < other._precedence()

    def _precedence(self) -> tuple[int, datetime]:
        rank = {Stage.FORMAL: 0, Stage.REJECTED: 2}.get(self.stage, 1)
        return rank, self.claimed_at

    def without_application(self) -> Protection:
        """Decided or withdrawn: only a signature holds it over any more."""
        return replace(
            self,
            application=None,
            held_over_until=self.held_over_until if self.signatures else None,
        )

    def without_signature(self, number: str) -> Protection:
        """The contract is void: only what else is open holds it over any more."""
        signatures = tuple(found for found in self.signatures if found != number)
        still_held = signatures or self.application is not None
        return replace(
            self,
            signatures=signatures,
            held_over_until=self.held_over_until if still_held else None,
        )
