"""Commands on applications: for intent, for more time, and their decisions (S1-036, S1-039)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.commands.claims import reason_problems
from domain.commands.parties import require_no_part
from domain.errors import FieldProblem, Invalid
from domain.work import Decision, Work

DAYS_MAX = 3650
"""What no rulebook may allow more of; each sets its own bound below."""


@dataclass(frozen=True, slots=True)
class RequestIntent:
    """Ask to make a potential customer an intent customer (S1-039, S1-040)."""

    customer_id: UUID
    reason: str
    name: str = field(default="intent", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        _raise_for(reason_problems(self.reason))

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        customer.request_intent(
            member=work.actor,
            reason=self.reason.strip(),
            at=work.at,
            rules_of=work.rulebook.rules_of,
        )
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        return {"reason": self.reason}


@dataclass(frozen=True, slots=True)
class DecideIntent:
    """Grant or refuse intent (S1-041, A-05). decision: `grant`, `refuse`."""

    customer_id: UUID
    decision: str
    reason: str | None
    name: str = field(default="decide-intent", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        _raise_for(_decision_problems(self.decision, self.reason))

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        _, application = customer.require_decidable("intent", work.actor, work.at)
        require_no_part(work, customer, application.applicant)
        if self.decision == "grant":
            customer.grant_intent(decider=work.actor, at=work.at, rules=work.rules)
        else:
            customer.refuse_application(
                "intent",
                decider=work.actor,
                reason=(self.reason or "").strip(),
                at=work.at,
                rules_of=work.rulebook.rules_of,
            )
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        return {"decision": self.decision, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class RequestExtension:
    """Ask for more time (S1-036, S1-044). days: None for as many as one grant may give (A-04)."""

    customer_id: UUID
    reason: str
    days: int | None
    name: str = field(default="extension", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        _raise_for([*reason_problems(self.reason), *_days_problems(self.days)])

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        customer.request_extension(
            member=work.actor,
            reason=self.reason.strip(),
            days=self.days,
            at=work.at,
            rules_of=work.rulebook.rules_of,
        )
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        return {"reason": self.reason, "days": self.days}


@dataclass(frozen=True, slots=True)
class DecideExtension:
    """Grant more time or refuse it (A-04). days: None for as many as were asked for."""

    customer_id: UUID
    decision: str
    days: int | None
    reason: str | None
    name: str = field(default="decide-extension", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        _raise_for([*_decision_problems(self.decision, self.reason), *_days_problems(self.days)])

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        _, application = customer.require_decidable("extension", work.actor, work.at)
        require_no_part(work, customer, application.applicant)
        rules_of = work.rulebook.rules_of
        if self.decision == "grant":
            customer.grant_extension(
                decider=work.actor, days=self.days, at=work.at, rules_of=rules_of
            )
        else:
            customer.refuse_application(
                "extension",
                decider=work.actor,
                reason=(self.reason or "").strip(),
                at=work.at,
                rules_of=rules_of,
            )
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        return {"decision": self.decision, "days": self.days, "reason": self.reason}


def _decision_problems(decision: str, reason: str | None) -> list[FieldProblem]:
    """A decision is one of two words; a refusal says why."""
    found = []
    if decision not in ("grant", "refuse"):
        found.append(
            FieldProblem("decision", "unknown", "须为 grant 或 refuse", "must be grant or refuse")
        )
    if decision == "refuse" or reason is not None:
        found += reason_problems(reason or "")
    return found


def _days_problems(days: int | None) -> list[FieldProblem]:
    if days is None or 1 <= days <= DAYS_MAX:
        return []
    return [
        FieldProblem(
            "days", "out-of-range", f"须为 1 至 {DAYS_MAX} 天", f"must be from 1 to {DAYS_MAX}"
        )
    ]


def _raise_for(found: list[FieldProblem]) -> None:
    if found:
        raise Invalid(*found)
