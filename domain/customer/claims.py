"""Claims and their review, and how a holder gives up (S1-306 to S1-319)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.customer.state import POOL, CustomerState, bar_after
from domain.errors import (
    AlreadyProtected,
    Barred,
    NothingPending,
    PoolClosed,
    WrongStage,
)
from domain.events import customer as events
from domain.events.values import SYSTEM, Contact, Likeness, Stage
from domain.protection import Protection
from domain.rulebook_text import Rulebook

RELEASABLE = (Stage.POTENTIAL, Stage.INTENT)


class Claims(CustomerState):
    """Claim, correct, withdraw, review, release."""

    def claim(
        self,
        *,
        member: str,
        department: str,
        contact: Contact,
        collision: Sequence[Likeness],
        at: datetime,
        rules: Rulebook,
        leaves_at: datetime | None = None,
    ) -> None:
        """Ask for protection (S1-306); a claimant whose claim was refused corrects it (A-09).

        leaves_at: when the member will leave, if that is arranged. Raises AlreadyProtected, Barred,
        PoolClosed, WrongStage.
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
            leaves_at=leaves_at,
        )
        if not rules.needs_review(from_pool=from_pool):
            self._put_in_force(actor=SYSTEM, at=at, different_company=None, rules=rules)

    def withdraw_claim(self, *, member: str, reason: str, at: datetime, rules: Rulebook) -> None:
        """Take a claim back before it is in force. Raises NotTheHolder, WrongStage."""
        held = self.require_holder(member, at, (Stage.WAITING, Stage.REJECTED))
        self.trigger_event(
            events.ClaimWithdrawn,
            timestamp=at,
            actor=member,
            holder=member,
            stage=held.stage,
            reason=reason,
            bar=bar_after("withdrawal", member, at, rules),
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
        removal = rules.working_day_end(at, rules.claims.removal_working_days)
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

    def release(self, *, member: str, reason: str, at: datetime, rules: Rulebook) -> None:
        """Give the customer up (S1-038). Raises NotTheHolder, WrongStage."""
        held = self.require_holder(member, at, RELEASABLE)
        self.trigger_event(
            events.Released,
            timestamp=at,
            actor=member,
            holder=member,
            stage=held.stage,
            reason=reason,
            bar=bar_after("release", member, at, rules),
            rulebook=rules.version,
        )

    def require_claimable(self, member: str, at: datetime, rules: Rulebook) -> None:
        """Nobody else holds it, no bar runs, a correction is still allowed (S1-301, S1-302).

        Raises AlreadyProtected, Barred, PoolClosed, WrongStage.
        """
        live = self.live_protection(at)
        if live is not None:
            if live.blocks(member, at):
                raise AlreadyProtected(
                    self.id, live.holder, live.stage, live.claimed_at, live.ends_at, live.group
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

    def require_reviewable(self, reviewer: str, at: datetime) -> Protection:
        """A claim is open, and the reviewer has no part in the matter (S1-310).

        Raises NothingPending, OwnDecision.
        """
        live = self.live_protection(at)
        if live is None or live.stage is not Stage.WAITING:
            raise NothingPending(self.id)
        self.require_no_party(reviewer, live.holder or "")
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


def _term_start(held: Protection, at: datetime, rules: Rulebook) -> datetime:
    """From which instant the potential term runs (A-07)."""
    match rules.claims.potential_counts_from:
        case "claim":
            return held.claimed_at
        case "earlier-of-pass-and-review-due" if held.review_due is not None:
            return min(at, held.review_due)
        case _:
            return at
