"""The customer: the heart. Its methods decide and record; `domain.events.customer` evolves.

Invariants: at most one holder at any instant; a deadline once recorded is moved by no later
rulebook; every command first records the lapse that its instant finds due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.errors import (
    AlreadyProtected,
    Barred,
    Invalid,
    NothingPending,
    NotTheHolder,
    OwnDecision,
    PoolClosed,
    WrongStage,
)
from domain.events import customer as events
from domain.events.values import SYSTEM, Bar, Channel, Contact, Likeness, Stage
from domain.protection import Protection
from domain.rulebook_text import Rulebook
from domain.working_days import end_of_working_day

POOL = "pool"
RulesOf = Callable[[str], Rulebook]


class Customer(Aggregate):
    """A company or person: one stream, never deleted."""

    TOPIC = "customer"
    Event = events.CustomerEvent
    Created = events.Registered
    ContactAdded = events.ContactAdded
    ProfileChanged = events.ProfileChanged
    Claimed = events.Claimed
    ClaimCorrected = events.ClaimCorrected
    ClaimWithdrawn = events.ClaimWithdrawn
    ReviewPassed = events.ReviewPassed
    ReviewRefused = events.ReviewRefused
    FollowedUp = events.FollowedUp
    Released = events.Released
    Lapsed = events.Lapsed
    HolderRemoved = events.HolderRemoved

    if TYPE_CHECKING:  # annotations at run time would make the library write an __init__
        profile: str
        name: str
        name_key: str
        core: str
        phone_hash: str
        contacts: dict[UUID, Contact]
        warnings: tuple[str, ...]
        override_reason: str | None
        protection: Protection | None
        bars: dict[str | None, datetime]
        claimants: frozenset[str]

    @classmethod
    def register(cls, customer_id: UUID, *, actor: str, at: datetime, **facts: Any) -> Customer:
        """Enter a customer; this alone protects nobody (S1-303, S1-304). facts: of Registered."""
        return cls._create(events.Registered, id=customer_id, timestamp=at, actor=actor, **facts)

    # What is true at an instant.

    def live_protection(self, at: datetime) -> Protection | None:
        """The protection that blocks others at `at`, swept or not."""
        if self.protection is not None and self.protection.is_live(at):
            return self.protection
        return None

    def state(self, at: datetime) -> str:
        """`pool`, or the stage of the live protection."""
        live = self.live_protection(at)
        return POOL if live is None else live.stage.value

    def barred_until(self, member: str, at: datetime) -> datetime | None:
        """Until when `member` may not claim; None when no bar runs (S1-037, S1-045, A-01)."""
        ends = [self.bars[key] for key in (member, None) if key in self.bars]
        return max((end for end in ends if at < end), default=None)

    @property
    def has_been_claimed(self) -> bool:
        """True once anybody claimed it: from then on a claim is one from the pool (S1-052)."""
        return bool(self.claimants)

    def end_protection(self, bar: Bar | None) -> None:
        """Assign the pool; called by the events that end a protection."""
        self.protection = None
        if bar is not None:
            self.bars = {**self.bars, bar.member: bar.until}

    # Commands.

    def expire(self, at: datetime, rules_of: RulesOf) -> bool:
        """Record the end that a passed deadline implies (S1-035, S1-318); True if there was one.

        The fact is dated at the deadline and judged by the version that granted the protection.
        """
        ended = self.protection
        if ended is None or ended.until is None or at < ended.until:
            return False
        rules = rules_of(ended.rulebook)
        facts = {
            "timestamp": ended.until,
            "actor": SYSTEM,
            "holder": ended.holder,
            "stage": ended.stage,
            "rulebook": ended.rulebook,
        }
        if ended.stage is Stage.REJECTED:
            bar = _bar("removal", ended.holder, ended.until, rules)
            self.trigger_event(events.HolderRemoved, **facts, cause="review-refused", bar=bar)
        else:
            bar = _bar("lapse", ended.holder, ended.until, rules)
            self.trigger_event(
                events.Lapsed, **facts, deadline=ended.until, cause="term-over", bar=bar
            )
        return True

    def claim(
        self,
        *,
        member: str,
        department: str,
        contact: Contact,
        collision: Sequence[Likeness],
        at: datetime,
        rules: Rulebook,
    ) -> None:
        """Ask for protection (S1-306); a claimant whose claim was refused corrects it (A-09).

        Raises AlreadyProtected, Barred, WrongStage.
        """
        self.require_claimable(member, at, rules)
        review_due = rules.days_after(at, rules.claims.review_due_days)
        facts = {"timestamp": at, "actor": member, "holder": member, "contact": contact}
        facts |= {"review_due": review_due, "rulebook": rules.version}
        if self.live_protection(at) is not None:
            self.trigger_event(events.ClaimCorrected, **facts)
            return
        from_pool = self.has_been_claimed
        self.trigger_event(
            events.Claimed,
            **facts,
            department=department,
            from_pool=from_pool,
            collision=list(collision),
        )
        if not rules.needs_review(from_pool=from_pool):
            self._put_in_force(actor=SYSTEM, at=at, different_company=None, rules=rules)

    def withdraw_claim(self, *, member: str, reason: str, at: datetime, rules: Rulebook) -> None:
        """Take a claim back before it is in force. Raises NotTheHolder, WrongStage."""
        held = self._held_by(member, at)
        _require(self.id, held, (Stage.WAITING, Stage.REJECTED))
        self.trigger_event(
            events.ClaimWithdrawn,
            timestamp=at,
            actor=member,
            holder=member,
            stage=held.stage,
            reason=reason,
            bar=_bar("withdrawal", member, at, rules),
            rulebook=rules.version,
        )

    def pass_review(
        self, *, reviewer: str, different_company: str | None, at: datetime, rules: Rulebook
    ) -> None:
        """Put the claim in force (S1-313). Raises NothingPending, OwnDecision."""
        self.require_reviewable(reviewer, at)
        self._put_in_force(actor=reviewer, at=at, different_company=different_company, rules=rules)

    def refuse_review(self, *, reviewer: str, reason: str, at: datetime, rules: Rulebook) -> None:
        """Refuse the claim with its reason (S1-317); the follower is removed in time (S1-318).

        Raises NothingPending, OwnDecision.
        """
        held = self.require_reviewable(reviewer, at)
        removal = end_of_working_day(at, rules.claims.removal_working_days)
        self.trigger_event(
            events.ReviewRefused,
            timestamp=at,
            actor=reviewer,
            holder=held.holder,
            reason=reason,
            removal_due=removal.at,
            provisional=removal.provisional,
            rulebook=rules.version,
        )

    def follow_up(
        self,
        *,
        member: str,
        channel: Channel,
        note: str,
        next_contact_at: datetime | None,
        contact_id: UUID | None,
        contacted_at: datetime | None,
        at: datetime,
        rules: Rulebook,
    ) -> None:
        """Note a contact (S1-029 to S1-031); it moves no deadline (A-29).

        Raises NotTheHolder, Invalid.
        """
        held = self._held_by(member, at)
        _check_note(note, rules)
        _check_next_contact(next_contact_at, held.stage, at, rules)
        self._check_contacted(contact_id, contacted_at, at)
        self.trigger_event(
            events.FollowedUp,
            timestamp=at,
            actor=member,
            holder=member,
            stage=held.stage,
            channel=channel,
            note=note,
            next_contact_at=next_contact_at,
            contact_id=contact_id,
            contacted_at=contacted_at,
        )

    def release(self, *, member: str, reason: str, at: datetime, rules: Rulebook) -> None:
        """Give the customer up (S1-038). Raises NotTheHolder, WrongStage."""
        held = self._held_by(member, at)
        _require(self.id, held, (Stage.POTENTIAL, Stage.INTENT))
        self.trigger_event(
            events.Released,
            timestamp=at,
            actor=member,
            holder=member,
            stage=held.stage,
            reason=reason,
            bar=_bar("release", member, at, rules),
            rulebook=rules.version,
        )

    def add_contact(self, contact: Contact, *, actor: str, at: datetime) -> None:
        """Fill in a contact person (S1-027). Raises NotTheHolder while somebody else holds it."""
        self.require_editable(actor, at)
        self.trigger_event(events.ContactAdded, timestamp=at, actor=actor, contact=contact)

    def change_profile(self, *, actor: str, at: datetime, **facts: Any) -> None:
        """Correct the record; facts: of ProfileChanged. Raises NotTheHolder."""
        self.trigger_event(events.ProfileChanged, timestamp=at, actor=actor, **facts)

    # Rules that several commands share.

    def require_claimable(self, member: str, at: datetime, rules: Rulebook) -> None:
        """Nobody else holds it, no bar runs, a correction is still allowed (S1-301, S1-302).

        Raises AlreadyProtected, Barred, PoolClosed, WrongStage.
        """
        live = self.live_protection(at)
        if live is not None:
            if live.blocks(member, at):
                raise AlreadyProtected(
                    self.id, live.holder, live.stage, live.claimed_at, live.until
                )
            if not live.may_be_corrected(member, at, rules.claims.corrections):
                raise WrongStage(self.id, live.stage.value, [POOL])
            return
        barred_until = self.barred_until(member, at)
        if barred_until is not None:
            raise Barred(self.id, barred_until)
        opens_at = rules.pool_opening(at)
        if self.has_been_claimed and at < opens_at:
            raise PoolClosed(self.id, opens_at)

    def require_editable(self, actor: str, at: datetime) -> None:
        """While somebody holds the customer, only the holder edits it. Raises NotTheHolder."""
        live = self.live_protection(at)
        if live is not None and live.holder != actor:
            raise NotTheHolder(self.id, live.holder)

    def _check_contacted(
        self, contact_id: UUID | None, contacted_at: datetime | None, at: datetime
    ) -> None:
        """With whom and when a contact was: somebody known, and not in the future."""
        if contacted_at is not None and contacted_at > at:
            raise Invalid.field(
                "contacted_at", "in-the-future", zh="不能晚于现在", en="must not lie in the future"
            )
        if contact_id is not None and contact_id not in self.contacts:
            raise Invalid.field(
                "contact",
                "unknown-contact",
                zh="该客户没有这个联系人",
                en="is no contact of this customer",
            )

    def _held_by(self, member: str, at: datetime) -> Protection:
        live = self.live_protection(at)
        if live is None or live.holder != member:
            raise NotTheHolder(self.id, live.holder if live else None)
        return live

    def require_reviewable(self, reviewer: str, at: datetime) -> Protection:
        """A claim is open, and the reviewer has no part in the matter (S1-310)."""
        live = self.live_protection(at)
        if live is None or live.stage is not Stage.WAITING:
            raise NothingPending(self.id)
        if reviewer == live.holder or reviewer in self.claimants:
            raise OwnDecision(self.id, live.holder)
        return live

    def _put_in_force(
        self, *, actor: str, at: datetime, different_company: str | None, rules: Rulebook
    ) -> None:
        held = self.protection
        if held is None:
            raise NothingPending(self.id)
        counted_from = _term_start(held, at, rules)
        self.trigger_event(
            events.ReviewPassed,
            timestamp=at,
            actor=actor,
            holder=held.holder,
            counted_from=counted_from,
            until=rules.days_after(counted_from, rules.potential_days),
            different_company=different_company,
            rulebook=rules.version,
        )


def _require(customer_id: UUID, held: Protection, allowed: tuple[Stage, ...]) -> None:
    if held.stage not in allowed:
        raise WrongStage(customer_id, held.stage.value, [stage.value for stage in allowed])


def _bar(after: str, member: str, at: datetime, rules: Rulebook) -> Bar | None:
    """The bar that giving up starts, by the rulebook's switches (A-01, A-02)."""
    if after not in rules.bar.after:
        return None
    everyone = rules.bar.applies_to == "everyone"
    return Bar(None if everyone else member, rules.days_after(at, rules.bar.days))


def _term_start(held: Protection, at: datetime, rules: Rulebook) -> datetime:
    """From which instant the potential term runs (A-07)."""
    match rules.claims.potential_counts_from:
        case "claim":
            return held.claimed_at
        case "earlier-of-pass-and-review-due" if held.review_due is not None:
            return min(at, held.review_due)
        case _:
            return at


def _check_note(note: str, rules: Rulebook) -> None:
    """S1-030: a note is no longer than the rulebook allows; that it is not empty was checked."""
    characters_max = rules.follow_up.note_characters_max
    if len(note) > characters_max:
        raise Invalid.field(
            "note",
            "too-long",
            zh=f"最多 {characters_max} 个字符",
            en=f"must have at most {characters_max} characters",
        )


def _check_next_contact(
    next_contact_at: datetime | None, stage: Stage, at: datetime, rules: Rulebook
) -> None:
    """S1-031, A-28: mandatory in the stages the rulebook names; in the future, not too far."""
    if next_contact_at is None:
        if stage.value in rules.follow_up.next_contact_required_stages:
            raise Invalid.field(
                "next_contact_at", "required", zh="必须填写下次联系时间", en="is required"
            )
        return
    days_max = rules.follow_up.next_contact_days_max
    if not at < next_contact_at <= at + timedelta(days=days_max):
        raise Invalid.field(
            "next_contact_at",
            "out-of-range",
            zh=f"须在将来 {days_max} 天之内",
            en=f"must lie in the future, at most {days_max} days ahead",
        )
