"""What deciding something that waits would lead to, told before it is decided.

The very commands are run on a copy that nobody records, so the answer is what they would do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.customer import Customer
from domain.errors import Invalid
from domain.protection import ApplicationKind
from domain.rulebook import RulebookStream

_UNSAID: Final = "-"
"""A reason that is still to be written; it changes nothing of what follows."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the customer would stand. holder, until: None where there would be none."""

    decision: str
    state: str
    holder: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _Decider:
    customer: Customer
    member: str
    at: datetime
    rulebook: RulebookStream

    def pass_review(self) -> None:
        self.customer.pass_review(
            reviewer=self.member,
            different_company=None,
            at=self.at,
            rules=self.rulebook.in_force(self.at),
        )

    def refuse_review(self) -> None:
        self.customer.refuse_review(
            reviewer=self.member,
            reason=_UNSAID,
            at=self.at,
            rules=self.rulebook.in_force(self.at),
        )

    def grant_intent(self) -> None:
        self.customer.grant_intent(
            decider=self.member, at=self.at, rules=self.rulebook.in_force(self.at)
        )

    def grant_extension(self) -> None:
        self.customer.grant_extension(
            decider=self.member, days=None, at=self.at, rules_of=self.rulebook.rules_of
        )

    def refuse_intent(self) -> None:
        self._refuse("intent")

    def refuse_extension(self) -> None:
        self._refuse("extension")

    def _refuse(self, kind: ApplicationKind) -> None:
        self.customer.refuse_application(
            kind,
            decider=self.member,
            reason=_UNSAID,
            at=self.at,
            rules_of=self.rulebook.rules_of,
        )


def outcomes(
    customer: Customer, command: str, member: str, at: datetime, rulebook: RulebookStream
) -> tuple[Outcome, ...]:
    """How the customer would stand after each way of deciding; none for what decides nothing that
    has two ways, and without a way that is not open any more."""
    found = []
    for decision, decide in _WAYS.get(command, {}).items():
        tried = deepcopy(customer)
        try:
            decide(_Decider(tried, member, at, rulebook))
        except Invalid:  # As many days as were asked for would end before now.
            continue
        live = tried.live_protection(at)
        found.append(
            Outcome(
                decision,
                tried.state(at),
                live.holder if live else None,
                live.deadline if live else None,
            )
        )
    return tuple(found)


_WAYS: Final[Mapping[str, Mapping[str, Callable[[_Decider], None]]]] = {
    "review": {"pass": _Decider.pass_review, "refuse": _Decider.refuse_review},
    "decide-intent": {"grant": _Decider.grant_intent, "refuse": _Decider.refuse_intent},
    "decide-extension": {"grant": _Decider.grant_extension, "refuse": _Decider.refuse_extension},
}
