"""A contested tenure: opened by a member, ruled by somebody with no part in it (A-27)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from domain.customer.state import POOL, CustomerState
from domain.errors import (
    AlreadyPending,
    Invalid,
    NotAParty,
    NotFound,
    NothingPending,
    OwnDecision,
    WrongStage,
)
from domain.events import disputes as events
from domain.events.disputes import Contested, Dispute, RulingKind
from domain.events.values import Stage
from domain.protection import Protection
from domain.rulebook_text import Rulebook

MOVABLE = (Stage.WAITING, Stage.REJECTED, Stage.POTENTIAL, Stage.INTENT)
AWARDABLE = (Stage.WAITING, Stage.POTENTIAL, Stage.INTENT)
"""Stages that a ruling may name: under review, and those of a protection that a deadline ends."""
UNREVIEWED = (Stage.WAITING, Stage.REJECTED)
"""Stages of a claim that no review has passed: it is not in force."""


@dataclass(frozen=True, slots=True)
class Award:
    """The protection that a ruling gives. granted_by: the version whose terms hold."""

    to: str
    department: str
    stage: Stage
    claimed_at: datetime
    in_force_since: datetime | None
    until: datetime | None
    granted_by: str
    review_due: datetime | None = None
    corrections: int = 0
    extensions: int = 0
    held_over_until: datetime | None = None


class Disputes(CustomerState):
    """Open a case, state a side in it, rule it."""

    def open_dispute(
        self,
        *,
        contested_at: datetime,
        statement: str,
        contested: Contested | None,
        is_held: bool,
        rule: str | None,
        actor: str,
        at: datetime,
    ) -> Dispute:
        """Contest who held the customer at contested_at. Raises what `require_contestable` does.

        contested: what its own events say of that instant (`domain.contesting`).
        """
        self.require_contestable(actor, contested)
        number = len(self.disputes) + 1
        self.trigger_event(
            events.DisputeOpened,
            timestamp=at,
            actor=actor,
            number=number,
            contested_at=contested_at,
            statement=statement,
            contested=contested,
            is_held=is_held,
            rule=rule,
        )
        return self.disputes[number]

    def state_in_dispute(
        self, number: int, statement: str, *, has_part: bool, actor: str, at: datetime
    ) -> None:
        """Tell one's side of an open case; it moves nothing. Raises what `require_statable` does.

        has_part: actor has a part in the matter that this record does not know of.
        """
        self.require_statable(number, actor, has_part=has_part)
        self.trigger_event(
            events.StatementMade, timestamp=at, actor=actor, number=number, statement=statement
        )

    def rule_dispute(
        self,
        number: int,
        ruling: RulingKind,
        *,
        rule: str,
        reason: str,
        award: Award | None,
        actor: str,
        at: datetime,
        rules: Rulebook,
    ) -> None:
        """End a case; where the customer moves, another event says so. award: None upholds.

        Raises what the three rules below do.
        """
        dispute = self.require_rulable(number, actor)
        held = self.require_movable(at) if award is not None else None
        if award is not None:
            self.require_winner(award.to, actor, held, is_restored=ruling == "restore")
        told = {"timestamp": at, "actor": actor, "number": number, "rulebook": rules.version}
        self.trigger_event(
            events.DisputeRuled,
            **told,
            opener=dispute.opener,
            ruling=ruling,
            rule=rule,
            reason=reason,
        )
        if award is None:
            return
        self.trigger_event(
            events.Restored if ruling == "restore" else events.DisputeMoved,
            **told,
            holder=held.holder if held is not None else None,
            **asdict(award),
        )

    # Rules.

    def require_contestable(self, member: str, contested: Contested | None) -> None:
        """One open case of a member and a tenure. Raises AlreadyPending."""
        version = contested.opened_version if contested is not None else None
        for dispute in self.open_disputes:
            about = dispute.contested.opened_version if dispute.contested is not None else None
            if dispute.opener == member and about == version:
                raise AlreadyPending(self.id)

    def require_statable(self, number: int, actor: str, *, has_part: bool) -> None:
        """An open case, and somebody with a part in it, who therefore cannot rule it. Raises
        NotFound, NothingPending, NotAParty."""
        self._require_open(number)
        if not has_part and not self.is_party(actor):
            raise NotAParty(self.id)

    def require_rulable(self, number: int, actor: str) -> Dispute:
        """An open case, and somebody with no part in it. Raises NotFound, NothingPending,
        OwnDecision."""
        dispute = self._require_open(number)
        self.require_no_party(actor, dispute.opener)
        return dispute

    def _require_open(self, number: int) -> Dispute:
        """Raises NotFound, NothingPending."""
        dispute = self.disputes.get(number)
        if dispute is None:
            raise NotFound("dispute", number)
        if dispute.ruling is not None:
            raise NothingPending(self.id)
        return dispute

    def require_movable(self, at: datetime) -> Protection | None:
        """In the pool, or held before it is formal: a confirmed contract is no case of disputes
        (S1-046, S1-048). Raises WrongStage."""
        held = self.live_protection(at)
        if held is not None and held.stage not in MOVABLE:
            allowed = [POOL, *(stage.value for stage in MOVABLE)]
            raise WrongStage(self.id, held.stage.value, allowed)
        return held

    def require_winner(
        self, to: str, actor: str, held: Protection | None, *, is_restored: bool
    ) -> None:
        """Not the one who rules; nor the holder, but for one whose earlier protection comes back.

        Raises OwnDecision, Invalid.
        """
        if to == actor:
            raise OwnDecision(self.id, actor)
        if held is not None and held.holder == to and not is_restored:
            raise Invalid.field(
                "to", "same-holder", zh="该成员已是跟进人", en="holds the customer already"
            )
