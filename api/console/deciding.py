"""What waits for a decision, as the approvals page lists it, and the command that decides it.

Who may decide is not here: the route that lists tells whoever may, and the command decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api.console.actions import BY_COMMAND, Action
from api.console.catalogue import marked
from api.console.forms import Entry
from api.console.shown import DECIDING
from domain.errors import NotFound

DETAILS: Final = "details"
"""Requests to read details: the one kind that a route of its own lists."""
REFERENCE_CHARACTERS_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Way:
    """One way of deciding. label: on its button. is_yes: what was asked for is given."""

    value: str
    label: str
    is_yes: bool


@dataclass(frozen=True, slots=True)
class Deciding:
    """How one kind is decided. choice: the field that says which way; None where there is one way.
    is_for_several: it is decided without more than a reason, so several can be at once."""

    action: Action
    choice: str | None
    ways: tuple[Way, ...]
    is_for_several: bool = False

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is typed for it; the ways are buttons, and which one is meant is open already."""
        return tuple(entry for entry in self.action.entries if entry.name != self.choice)

    def way(self, *, is_yes: bool) -> Way | None:
        """The way that gives what was asked for, or the one that does not; None: there is none."""
        return next((way for way in self.ways if way.is_yes is is_yes), None)


def _decided_by(kind: str, choice: str | None, *ways: Way, several: bool = False) -> Deciding:
    command = "decide-details" if kind == DETAILS else DECIDING[kind]
    return Deciding(BY_COMMAND[command], choice, ways, several)


_REFUSE: Final = Way("refuse", marked("Refuse"), is_yes=False)
_PASS: Final = Way("pass", marked("Pass"), is_yes=True)
_GRANT: Final = Way("grant", marked("Grant"), is_yes=True)
KINDS: Final[Mapping[str, Deciding]] = {
    "review": _decided_by("review", "decision", _PASS, _REFUSE, several=True),
    "intent": _decided_by("intent", "decision", _GRANT, _REFUSE, several=True),
    "extension": _decided_by("extension", "decision", _GRANT, _REFUSE, several=True),
    "contract": _decided_by(
        "contract", None, Way("confirm", marked("Confirm"), is_yes=True), several=True
    ),
    "duplicate": _decided_by(
        "duplicate",
        "resolution",
        Way("merge", marked("One company: merge them"), is_yes=True),
        Way("different", marked("Two companies"), is_yes=False),
    ),
    "dispute": _decided_by("dispute", None),
    "after-sales": _decided_by(
        "after-sales", None, Way("name", marked("Name the person"), is_yes=True)
    ),
    DETAILS: _decided_by(DETAILS, "decision", _GRANT, _REFUSE, several=True),
}
"""Disputes have no way here: they are ruled where their parties' statements are."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing that waits, as addresses and forms name it. case: number of the contract, report or
    dispute, or who asked for details."""

    customer_id: UUID
    kind: str
    case: str | None = None

    def __str__(self) -> str:
        return "/".join(part for part in (str(self.customer_id), self.kind, self.case) if part)

    @property
    def deciding(self) -> Deciding:
        """How it is decided."""
        return KINDS[self.kind]

    @property
    def typed(self) -> dict[str, str]:
        """The field that says which contract, report, dispute or request is meant."""
        entry = self.deciding.action.case
        return {entry.name: self.case or ""} if entry else {}


def reference(text: str) -> Reference | None:
    """What `str` made of a reference; None for any other text."""
    parts = text[:REFERENCE_CHARACTERS_MAX].split("/", 2)
    if len(parts) < 2 or parts[1] not in KINDS:
        return None
    try:
        return Reference(UUID(parts[0]), parts[1], parts[2] if len(parts) > 2 else None)
    except ValueError:
        return None


def referred(customer_id: UUID, kind: str, case: str | None) -> Reference:
    """The reference of these parts. Raises NotFound for a kind that nothing decides."""
    if kind not in KINDS:
        raise NotFound("address", kind)
    return Reference(customer_id, kind, case or None)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the list. told: as its route told it. version: of the customer, where the
    decision is one on the customer."""

    reference: Reference
    name: str
    applicant: str | None
    asked_at: datetime
    due_at: datetime | None = None
    version: int | None = None
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_words(self) -> bool:
        """True of a claim whose record resembles one with an earlier claim (A-64)."""
        return any(like.earlier_claim for like in self.told.get("similar", ()))

    @property
    def is_for_several(self) -> bool:
        """True where it can be decided together with others."""
        return self.reference.deciding.is_for_several and not self.needs_words

    @property
    def may_be_refused(self) -> bool:
        """True where that can be done together with others."""
        return self.is_for_several and self.reference.deciding.way(is_yes=False) is not None


def from_approvals(line: Mapping[str, Any]) -> Waiting:
    """A line of `/v1/approvals`."""
    return Waiting(
        Reference(line["customer_id"], line["kind"], line["number"]),
        line["name"],
        line["applicant"],
        line["asked_at"],
        line["due_at"],
        line["version"],
        line,
    )


def from_requests(line: Mapping[str, Any]) -> Waiting:
    """A line of `/v1/details-requests`."""
    return Waiting(
        Reference(line["customer_id"], DETAILS, line["member"]),
        line["name"] or "",
        line["member"],
        line["asked_at"],
        told=line,
    )
