"""A customer in other hands: transfer, removal, leaving, after-sales (S1-048; A-31, A-47)."""

from __future__ import annotations

from datetime import datetime

from domain.customer.state import CustomerState, bar_after
from domain.errors import Barred, Invalid, OwnDecision
from domain.events import customer as events
from domain.events import holders
from domain.events.values import Stage
from domain.protection import Protection
from domain.rulebook_text import Rulebook

TRANSFERABLE = (Stage.WAITING, Stage.POTENTIAL, Stage.INTENT)
REMOVABLE = (*TRANSFERABLE, Stage.REJECTED)
LEAVABLE = (*TRANSFERABLE, Stage.FORMAL)


class HandOver(CustomerState):
    """Transfer, remove, arrange for a leaver, name a person of after-sales."""

    def transfer(
        self, *, actor: str, to: str, department: str, reason: str, at: datetime, rules: Rulebook
    ) -> None:
        """Give the customer to another member: stage, deadline and open application stay (S1-284).

        Raises NotTheHolder, WrongStage, OwnDecision, Barred, Invalid.
        """
        held = self.require_transferable(actor, to, at)
        self.trigger_event(
            holders.Transferred,
            timestamp=at,
            actor=actor,
            holder=held.holder,
            to=to,
            department=department,
            stage=held.stage,
            until=held.until,
            reason=reason,
            rulebook=rules.version,
        )

    def remove_holder(self, *, actor: str, reason: str, at: datetime, rules: Rulebook) -> None:
        """Take the holder off the record; the customer is public.

        Raises NotTheHolder, WrongStage, OwnDecision.
        """
        held = self.require_removable(actor, at)
        self.trigger_event(
            events.HolderRemoved,
            timestamp=at,
            actor=actor,
            holder=held.holder,
            stage=held.stage,
            cause="manager",
            bar=bar_after("removal", held.holder, at, rules),
            rulebook=rules.version,
            reason=reason,
        )

    def arrange_hand_over(
        self,
        *,
        actor: str,
        leaves_at: datetime,
        to: str | None,
        department: str | None,
        reason: str,
        at: datetime,
    ) -> None:
        """The holder leaves at leaves_at; from then on `to` has it, or nobody (S1-283, A-47).

        Raises NotTheHolder, OwnDecision, Barred, Invalid.
        """
        held = self.require_leaving(actor, to, leaves_at, at)
        self.trigger_event(
            holders.HandOverArranged,
            timestamp=at,
            actor=actor,
            holder=held.holder,
            stage=held.stage,
            leaves_at=leaves_at,
            to=to,
            department=department,
            reason=reason,
        )

    def name_after_sales(
        self, *, actor: str, to: str, department: str, at: datetime, rules: Rulebook
    ) -> None:
        """Name the person who is responsible for a formal customer (S1-048, A-31).

        Raises NotTheHolder, WrongStage, OwnDecision, Invalid.
        """
        held = self.require_formal(actor, to, at)
        self.trigger_event(
            holders.MovedToAfterSales,
            timestamp=at,
            actor=actor,
            holder=held.holder,
            to=to,
            department=department,
            rulebook=rules.version,
        )

    # Rules.

    def require_transferable(self, actor: str, to: str | None, at: datetime) -> Protection:
        """Held before it is formal; the actor is no party and does not take it himself.

        to: None for any other member. Raises NotTheHolder, WrongStage, OwnDecision, Barred,
        Invalid.
        """
        held = self.require_held(at, TRANSFERABLE)
        self.require_no_party(actor, held.holder or actor)
        if to is not None:
            self._require_receiver(held, actor, to, at)
        return held

    def require_removable(self, actor: str, at: datetime) -> Protection:
        """Held before it is formal, by somebody else, and the actor is no party.

        Raises NotTheHolder, WrongStage, OwnDecision.
        """
        held = self.require_held(at, REMOVABLE)
        self.require_no_party(actor, held.holder or actor)
        return held

    def require_leaving(
        self, actor: str, to: str | None, leaves_at: datetime, at: datetime
    ) -> Protection:
        """Held in a stage that `to` may take over; with nobody to take over, in any.

        Raises NotTheHolder, WrongStage, OwnDecision, Barred, Invalid.
        """
        held = self.require_held(at, tuple(Stage) if to is None else LEAVABLE)
        if to is not None:
            self.require_no_party(actor, held.holder or actor)
            self._require_receiver(held, actor, to, leaves_at)
        return held

    def require_formal(self, actor: str, to: str | None, at: datetime) -> Protection:
        """A formal customer that the actor does not take himself. to: None for anybody else.

        Raises NotTheHolder, WrongStage, OwnDecision, Invalid.
        """
        held = self.require_held(at, (Stage.FORMAL,))
        if to is not None:
            self._require_receiver(held, actor, to, at)
        return held

    def _require_receiver(self, held: Protection, actor: str, to: str, at: datetime) -> None:
        if to == actor:
            raise OwnDecision(self.id, actor)
        if to == held.holder:
            raise Invalid.field(
                "to", "same-holder", zh="该成员已是跟进人", en="holds the customer already"
            )
        barred_until = self.barred_until(to, at)
        if barred_until is not None and held.stage is not Stage.FORMAL:
            raise Barred(self.id, barred_until)
