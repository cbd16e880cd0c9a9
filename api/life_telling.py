"""A customer's life as its reader may see it: situations, steps, and the refusals between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from api.disclosure import Disclosure
from api.explanations import logged_event, past_event
from api.routes.calls import QueryCall
from api.veil import Veil, end_of_day
from domain.errors import NotFound
from domain.replay import History, PastEvent
from domain.replaying import Record, Situation, Step, customer_at, situation, situations_at
from projections import audit
from projections.audit import AuditEntry

PAGE = 500
REFUSAL = "refusal.recorded"
PUBLIC = frozenset(
    (
        "state",
        "holder",
        "group",
        "department",
        "claimed_at",
        "until",
        "held_over_by",
        "held_over_until",
        "leaves_at",
        "bars",
        "open_reports",
        "open_disputes",
        "merged_into",
        "class",
    )
)
"""What everybody may see of a situation (A-34)."""
_CALLED = {"customer_class": "class"}
"""What a field of the situation is called outside, where that is no name in Python."""
DEADLINES = ("until", "held_over_until", "leaves_at")


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal, and how the customer stood at its instant: an end that was due by then had come,
    though it was written down later."""

    entry: AuditEntry
    stood: Situation


class Teller:
    """Steps and situations as the caller may read them."""

    def __init__(
        self, call: QueryCall, disclosure: Disclosure, veil: Veil, *, sees_details: bool
    ) -> None:
        self.language = call.language
        self.sees_details = sees_details
        self.veil = veil
        self._disclosure = disclosure

    def steps(
        self, steps: Iterator[Step], refusals: Iterable[Refused], at: datetime
    ) -> Iterator[dict[str, Any]]:
        """The steps with the refusals between them, in the order of the log."""
        waiting = [refused for refused in refusals if refused.entry.at <= at]
        before: dict[str, Any] | None = None
        for step in steps:
            while waiting and before and waiting[0].entry.position < step.past.position:
                yield self._refused(waiting.pop(0))
            after = self.situation(step.after)
            yield {
                "event": self.past(step.past),
                "after": after,
                "changed": _changed(step, before, after),
            }
            before = after
        for refused in waiting:
            if before is not None:
                yield self._refused(refused)

    def past(self, past: PastEvent) -> dict[str, Any]:
        """An event of the customer."""
        return self.veil.event(past_event(past, self.language, sees_details=self.sees_details))

    def logged(self, entry: AuditEntry) -> dict[str, Any]:
        """An event from the view `audit`."""
        return self.veil.event(logged_event(entry, self.language, sees_details=self.sees_details))

    def situation(self, told: Situation) -> dict[str, Any]:
        """A situation; strangers see its public part, and deadlines that still run to the day."""
        shown = fields_of(told)
        shown["claimed_at"] = self.veil.shown(shown["claimed_at"])
        for name in DEADLINES:
            shown[name] = self.deadline(
                shown[name], holder=told.holder, state=told.state, department=told.department
            )
        shown["class"] = shown.pop("customer_class")
        shown["bars"] = [{"member": member, "until": end} for member, end in told.bars]
        shown["contracts"] = [
            {"number": number, "state": state} for number, state in told.contracts
        ]
        if self.sees_details:
            return shown
        return {name: value if name in PUBLIC else None for name, value in shown.items()}

    def record(self, told: Record | None) -> dict[str, Any] | None:
        """What the record said; strangers are told no fact of an event, so not this either."""
        if told is None or not self.sees_details:
            return None
        contacts = [{"id": one.id, "position": one.position} for one in told.contacts]
        return fields_of(told) | {"contacts": contacts}

    def deadline(
        self, until: datetime | None, *, holder: str | None, state: str, department: str | None
    ) -> datetime | None:
        """A deadline; strangers see one that still runs to the day."""
        shown = self._disclosure.deadline(until, holder=holder, state=state, department=department)
        return self.veil.deadline(shown)

    def beginning(
        self, since: datetime, *, holder: str | None, state: str, department: str | None
    ) -> datetime | None:
        """When a tenure began; one that is still to begin does so at another's deadline."""
        if since <= self._disclosure.signed.at:
            return self.veil.shown(since)
        return self.deadline(since, holder=holder, state=state, department=department)

    def day_of(self, instant: datetime | None) -> datetime | None:
        """For strangers the end of its day, passed or not, where the rulebook shows them days."""
        if instant is None or self.sees_details or not self._disclosure.by_day:
            return instant
        return end_of_day(instant)

    def _refused(self, refused: Refused) -> dict[str, Any]:
        return {
            "event": self.logged(refused.entry),
            "after": self.situation(refused.stood),
            "changed": {},
        }


def _changed(
    step: Step, before: dict[str, Any] | None, after: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """What changed, as far as the caller sees it."""
    return {
        name: {"before": before[name] if before is not None else None, "after": after[name]}
        for name in (_CALLED.get(changed, changed) for changed in step.changed)
        if before is None or before[name] != after[name]
    }


def situation_at(call: QueryCall, history: History, at: datetime) -> Situation | None:
    """How the customer stood at `at`; None where it was not registered yet. A life is folded once
    for each instant that a request asks about."""
    known, key = call.known.situations, (history.customer_id, len(history.events), at)
    if key not in known:
        try:
            customer = customer_at(history, at, call.rulebooks().rules_of)
        except NotFound:
            known[key] = None
        else:
            known[key] = situation(customer, at)
    return known[key]


def refusals_about(cursor: Any, customer_id: UUID) -> tuple[list[AuditEntry], int]:
    """Every refusal about the customer, and the position at which that is true."""
    found: list[AuditEntry] = []
    after: Any = None
    while True:
        page = audit.history(cursor, customer_id, limit=PAGE, after=after)
        found += [entry for entry in page.items if entry.topic == REFUSAL]
        after = page.next
        if after is None:
            return found, page.position


def refused_in(
    call: QueryCall, history: History, refusals: Sequence[AuditEntry]
) -> Iterator[Refused]:
    """Each refusal with how the customer stood then. refusals: in the order of the log."""
    asked = [(refusal.position, refusal.at) for refusal in refusals]
    stood = situations_at(history, asked, call.rulebooks().rules_of)
    return map(Refused, refusals, stood)


def fields_of(told: Any) -> dict[str, Any]:
    return {field.name: getattr(told, field.name) for field in fields(told)}
