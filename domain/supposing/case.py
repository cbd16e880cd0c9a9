"""One fact that is put to the rules again, with what it was decided on and what it would find."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.contract import Contract
from domain.customer import Customer, RulesOf
from domain.errors import NotFound, NothingPending, NotTheHolder
from domain.events.values import Stage
from domain.protection import AFTER_SALES, Protection
from domain.rulebook_text import Rulebook


class Case:
    """One fact that is put again. was: what it was decided on, by what is recorded."""

    def __init__(
        self, event: Any, *, was: Customer, would_be: Customer, rules: Rulebook, rules_of: RulesOf
    ) -> None:
        self.event = event
        self.at: datetime = event.timestamp
        self.customer = would_be
        self.rules = rules
        self.rules_of = rules_of
        self._was = was

    @property
    def was(self) -> Protection | None:
        """The protection that the fact found."""
        return self._was.protection

    @property
    def held(self) -> Protection | None:
        """The protection that it would have found."""
        return self.customer.live_protection(self.at)

    @property
    def actors_groups(self) -> frozenset[str]:
        """Who acts on a formal customer is of after-sales (S1-049)."""
        is_formal = self.was is not None and self.was.stage is Stage.FORMAL
        return frozenset((AFTER_SALES,)) if is_formal else frozenset()

    def require_same_claim(self) -> None:
        """The claim that was reviewed waits here, too. Raises NothingPending."""
        if self.held is None or self.was is None or self.held.since != self.was.since:
            raise NothingPending(self.customer.id)

    def require_same_application(self) -> None:
        """The application that was decided waits here, too. Raises NothingPending."""
        asked = self.held.application if self.held is not None else None
        decided = self.was.application if self.was is not None else None
        if asked is None or decided is None or asked.asked_at != decided.asked_at:
            raise NothingPending(self.customer.id)

    def require_same_holder(self) -> None:
        """Who had it has it here, too. Raises NotTheHolder."""
        held = self.held
        if held is None or held.holder != self.event.holder:
            raise NotTheHolder(
                self.customer.id, held.holder if held else None, held.group if held else None
            )

    def require_same_contract(self) -> Contract:
        """The contract was drawn here, too. Raises NotFound."""
        contract = self.customer.contract(self.event.number)
        recorded = self._was.contracts.get(self.event.number)
        if recorded is None or recorded.drawn_at != contract.drawn_at:
            raise NotFound("contract", self.event.number)
        return recorded

    def days_at_most(self, days: int) -> int:
        """The days of an extension, no more than one may give."""
        stage = self.held.stage if self.held is not None else None
        if stage not in (Stage.POTENTIAL, Stage.INTENT):
            return days
        return min(days, self.rules.stage(stage.value).extension_days_max)
