"""Contracts: drawn, filled in step by step, signed, confirmed (S1-054 to S1-061)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from domain.contract import Contract, Step
from domain.customer.state import CustomerState, RulesOf
from domain.errors import NotFound, NothingPending, NumberTaken, TooLate, WrongStage
from domain.events import contracts as events
from domain.events.values import Product, Stage
from domain.protection import AFTER_SALES, Protection
from domain.rulebook_text import Rulebook


class Contracting(CustomerState):
    """Draw, fill in, sign, confirm, void."""

    def draw_contract(self, *, member: str, number: str, at: datetime, rules: Rulebook) -> None:
        """Draw a contract in advance, by its number (S1-057).

        Raises NotTheHolder, WrongStage, NumberTaken.
        """
        held = self.require_drawing(member, at, rules)
        known = self.contracts.get(number)
        if known is not None and not known.gives_its_number_back(at):
            raise NumberTaken(self.id, number)
        self.trigger_event(
            events.ContractDrawn,
            timestamp=at,
            actor=member,
            holder=member,
            stage=held.stage,
            number=number,
            expires_at=rules.days_after(at, rules.contracts.drawn_days),
            rulebook=rules.version,
        )

    def fill_in_contract(
        self,
        *,
        member: str,
        number: str,
        step: Step,
        at: datetime,
        rules: Rulebook,
        text: str | None = None,
        products: Sequence[Product] | None = None,
        promises: Sequence[str] | None = None,
    ) -> None:
        """Take the next step of a contract, any but the signature (S1-056, S1-058, S1-061).

        text: what is filled in, for the steps that are a text. Raises NotFound, NotTheHolder,
        WrongStage, TooLate.
        """
        self.require_step(member, number, step, at, rules)
        self.trigger_event(
            events.ContractDetailed,
            timestamp=at,
            actor=member,
            holder=member,
            number=number,
            step=step,
            type=text if step == "type" else None,
            payment_method=text if step == "payment_method" else None,
            buyer=text if step == "buyer" else None,
            products=list(products) if products is not None else None,
            promises=list(promises) if promises is not None else None,
        )

    def sign_contract(
        self,
        *,
        member: str,
        number: str,
        signed_on: date,
        at: datetime,
        rules: Rulebook,
        rules_of: RulesOf,
    ) -> None:
        """Record the signature (S1-054); in time, it holds the drop over (design §3).

        Raises NotFound, NotTheHolder, WrongStage, TooLate.
        """
        held = self.require_step(member, number, "signed_on", at, rules)
        hold_over = None
        if held.until is not None and at < held.until:
            hold_over = rules_of(held.rulebook).hold_over_end(held.until)
        self.trigger_event(
            events.ContractSigned,
            timestamp=at,
            actor=member,
            holder=member,
            number=number,
            signed_on=signed_on,
            deadline=held.until,
            held_over_until=hold_over and hold_over.at,
            provisional=hold_over is not None and hold_over.provisional,
            rulebook=held.rulebook,
        )

    def confirm_contract(
        self, *, confirmer: str, number: str, at: datetime, rules: Rulebook
    ) -> None:
        """Confirm a complete contract: the customer is formal for good (S1-046, S1-060).

        Raises NotFound, NothingPending, OwnDecision, WrongStage.
        """
        held, contract = self.require_confirmable(confirmer, number, at, rules)
        self.trigger_event(
            events.ContractConfirmed,
            timestamp=at,
            actor=confirmer,
            holder=contract.signed_by,
            number=number,
            group=None if held.stage is Stage.FORMAL else AFTER_SALES,
            rulebook=rules.version,
        )

    def void_contract(
        self,
        *,
        actor: str,
        decides: bool,
        number: str,
        reason: str,
        at: datetime,
        rules: Rulebook,
        rules_of: RulesOf,
    ) -> None:
        """Declare a contract void; a formal customer stays formal (A-32).

        decides: the actor may decide contracts of others. Raises what `require_voidable` does.
        """
        self.require_voidable(actor, number, at, rules, decides=decides)
        self.trigger_event(
            events.ContractVoided,
            timestamp=at,
            actor=actor,
            number=number,
            reason=reason,
            rulebook=rules.version,
        )
        self.end_unless_held_over(at, "contract-voided", rules_of)

    # Rules.

    def contract(self, number: str) -> Contract:
        """A contract of this customer. Raises NotFound."""
        found = self.contracts.get(number)
        if found is None:
            raise NotFound("contract", number)
        return found

    def require_drawing(self, member: str, at: datetime, rules: Rulebook) -> Protection:
        """The holder, in a stage in which contracts are made (S1-054, S1-055, A-06).

        Raises NotTheHolder, WrongStage.
        """
        return self.require_holder(member, at, _stages(rules))

    def require_step(
        self, member: str, number: str, step: Step, at: datetime, rules: Rulebook
    ) -> Protection:
        """The holder takes the steps of an open contract in their order (S1-056, S1-057).

        Raises NotFound, NotTheHolder, WrongStage, TooLate.
        """
        contract = self.contract(number)
        held = self.require_holder(member, at, _stages(rules))
        if contract.has_expired(at):
            raise TooLate(self.id, contract.expires_at)
        if step not in contract.next_steps:
            done = contract.step if contract.is_open(at) else None
            raise WrongStage(self.id, done or contract.state(at), list(contract.next_steps))
        return held

    def require_unconfirmed(
        self, number: str, at: datetime, rules: Rulebook
    ) -> tuple[Protection, Contract]:
        """An open contract of a live protection. Raises NotFound, NothingPending."""
        contract = self.contract(number)
        held = self.live_protection(at)
        if held is None or not contract.is_open(at) or held.stage not in _stages(rules):
            raise NothingPending(self.id)
        return held, contract

    def require_confirmable(
        self, confirmer: str, number: str, at: datetime, rules: Rulebook
    ) -> tuple[Protection, Contract]:
        """A complete contract of a live protection, and somebody who has no part in it (S1-060).

        Raises NotFound, NothingPending, OwnDecision, WrongStage.
        """
        held, contract = self.require_unconfirmed(number, at, rules)
        self.require_no_party(confirmer, contract.signed_by or contract.drawn_by)
        if not contract.is_complete:
            raise WrongStage(self.id, contract.step or "drawn", list(contract.next_steps))
        return held, contract

    def require_voidable(
        self, actor: str, number: str, at: datetime, rules: Rulebook, *, decides: bool
    ) -> None:
        """The holder's own open contract; any other by somebody who decides and is no party.

        Raises NotFound, NotTheHolder, WrongStage, OwnDecision, NothingPending.
        """
        contract = self.contract(number)
        held = self.live_protection(at)
        is_holder = held is not None and held.holder == actor
        if not (is_holder and contract.status == "open"):
            if not decides:
                self.require_holder(actor, at, _stages(rules))
                raise WrongStage(self.id, contract.state(at), ["drawn", "signed"])
            self.require_no_party(actor, contract.signed_by or contract.drawn_by)
        if contract.state(at) in ("voided", "dropped", "expired"):
            raise NothingPending(self.id)


def _stages(rules: Rulebook) -> tuple[Stage, ...]:
    """Stages in which contracts are drawn and signed (S1-054, A-06)."""
    return tuple(Stage(stage) for stage in rules.contracts.stages)
