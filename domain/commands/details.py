"""Commands on requests to read a customer's details (S4-41)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.commands.claims import reason_problems
from domain.details import DAYS_MAX, DetailsRequests
from domain.errors import FieldProblem, Invalid, NotAllowed, NotFound
from domain.permissions import CLASS_A, may, needs
from domain.work import Decision, Work

FOR_CLASS_A = "decide-details-of-class-a"


@dataclass(frozen=True, slots=True)
class AskDetails:
    """Ask to read a customer's details for some days. member: who asks, and sends this."""

    customer_id: UUID
    member: str
    days: int
    reason: str
    name: str = field(default="ask-details", init=False)

    @property
    def about(self) -> UUID:
        return DetailsRequests.id_of(self.customer_id, self.member)

    def check(self) -> None:
        _raise_for(reason_problems(self.reason) + _days_problems(self.days))

    def streams(self) -> Iterable[UUID]:
        return (self.about,)

    def decide(self, work: Work) -> Decision:
        known = _requests(work, self.about)
        asked: dict[str, Any] = {"days": self.days, "reason": self.reason.strip()}
        if known is None:
            known = DetailsRequests.request(self.customer_id, self.member, **asked, at=work.at)
        else:
            known.request_again(**asked, at=work.at)
        return _decided(known, "open")

    def asserted(self) -> dict[str, Any]:
        return {"days": self.days, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class DecideDetails:
    """Grant or refuse what a member asked for. days: None for as many as he asked for."""

    customer_id: UUID
    member: str
    decision: str
    days: int | None
    reason: str
    name: str = field(default="decide-details", init=False)

    @property
    def about(self) -> UUID:
        return DetailsRequests.id_of(self.customer_id, self.member)

    def check(self) -> None:
        found = reason_problems(self.reason)
        if self.decision not in ("grant", "refuse"):
            known = ("须为 grant 或 refuse", "must be grant or refuse")
            found.append(FieldProblem("decision", "unknown", *known))
        if self.days is not None:
            found += _days_problems(self.days)
        _raise_for(found)

    def streams(self) -> Iterable[UUID]:
        return (self.about,)

    def decide(self, work: Work) -> Decision:
        known = _requests(work, self.about)
        if known is None:
            raise NotFound("details-request", self.member)
        reason = self.reason.strip()
        if self.decision == "refuse":
            known.refuse(reason=reason, actor=work.actor, at=work.at)
            return _decided(known, "refused")
        for_class_a = may(work.signed.roles, FOR_CLASS_A)
        is_class_a = work.customer(self.customer_id).customer_class == CLASS_A
        if is_class_a and not for_class_a:
            raise NotAllowed(FOR_CLASS_A, needs(FOR_CLASS_A))
        known.grant(
            days=self.days, for_class_a=for_class_a, reason=reason, actor=work.actor, at=work.at
        )
        return _decided(known, "granted")

    def asserted(self) -> dict[str, Any]:
        return {"member": self.member, "decision": self.decision, "reason": self.reason}


def _requests(work: Work, stream: UUID) -> DetailsRequests | None:
    found = work.streams.get(stream)
    if not isinstance(found, DetailsRequests):
        return None
    work.at = max(work.at, found.modified_on)
    return found


def _decided(known: DetailsRequests, state: str) -> Decision:
    until = known.granted_until if state == "granted" else None
    extra = {
        "customer_id": str(known.customer_id),
        "member": known.member,
        "state": state,
        "until": until,
    }
    return Decision((known,), extra)


def _days_problems(days: int) -> list[FieldProblem]:
    if 1 <= days <= DAYS_MAX:
        return []
    zh, en = f"须为 1 至 {DAYS_MAX} 天", f"must be 1 to {DAYS_MAX}"
    return [FieldProblem("days", "out-of-range", zh, en)]


def _raise_for(found: list[FieldProblem]) -> None:
    if found:
        raise Invalid(*found)
