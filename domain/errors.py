"""Every way in which a command can fail, one class a rule.

    TenureError
    ├── NotSignedIn            no live token
    ├── Invalid                malformed: one entry per field
    ├── NotFound               no such customer, member, version, ...
    ├── NotAllowed             the member's roles do not permit it
    ├── VersionConflict        the stream moved on since its sender looked (If-Match)
    ├── IdempotencyMismatch    the key was used for another request
    ├── Unavailable            lost too many races, or the database failed: try again
    ├── ViewBehind             a view did not reach the asked position in time
    └── Refused                a rule of the documents forbids it; kept as an event
        ├── AlreadyProtected   somebody holds the customer
        ├── Barred             the bar after giving up still runs
        ├── PoolClosed         the pool is not open at this hour
        ├── NotTheHolder       only the holder may
        ├── WrongStage         not in this stage of the protection
        ├── OwnDecision        a party may not decide
        ├── NotAParty          only a party may state a side
        ├── DuplicateName      the same or a similar company is registered
        ├── NothingPending     there is nothing to decide
        ├── AlreadyPending     it waits for a decision already
        ├── TooLate            the time for it has passed
        ├── ExtensionsUsedUp   no further extension in this stage
        ├── EarlierClaim       a similar record has an earlier open claim
        ├── NumberTaken        another contract has the number
        ├── PortfolioFull      the member holds as many customers as one may
        ├── MergedAway         the record was merged into another
        └── AlreadyErased      the person's data was erased for good

Errors carry facts, not sentences: `api.problems` words them in Chinese and English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self, get_type_hints
from uuid import UUID

import msgspec

from domain.events.values import Match, Stage


class TenureError(Exception):
    """Base of all. slug: the name that clients branch on."""

    slug: ClassVar[str]
    clause: ClassVar[str | None] = None

    def facts(self) -> dict[str, Any]:
        """What the error rests on: values that JSON can carry once encoded by msgspec."""
        return {}


class NotSignedIn(TenureError):
    """No token, an unknown one, a revoked one or an expired one."""

    slug = "not-signed-in"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One malformed field. code: a stable word. zh, en: what is wrong and what would be right."""

    field: str
    code: str
    zh: str
    en: str


class Invalid(TenureError):
    """Malformed input; nothing was stored."""

    slug = "invalid"

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.en}" for problem in problems))
        self.problems = problems

    @classmethod
    def field(cls, field: str, code: str, *, zh: str, en: str) -> Self:
        """One problem in one field."""
        return cls(FieldProblem(field, code, zh, en))


class NotFound(TenureError):
    """Nothing under this id. kind: `customer`, `member`, `rulebook`, ..."""

    slug = "not-found"

    def __init__(self, kind: str, identifier: object) -> None:
        super().__init__(f"{kind} {identifier}")
        self.kind = kind
        self.identifier = str(identifier)

    def facts(self) -> dict[str, Any]:
        return {"kind": self.kind, "id": self.identifier}


class NotAllowed(TenureError):
    """The roles at this instant do not permit the command or question.

    needs: roles that would. condition: how far the member's own roles permit it, which is not far
    enough: `own`, or `department` for his own and those below; None: not at all.
    """

    slug = "not-allowed"

    def __init__(
        self, command: str, needs: tuple[str, ...], *, condition: str | None = None
    ) -> None:
        super().__init__(f"{command} needs one of {', '.join(needs)}")
        self.command = command
        self.needs = needs
        self.condition = condition

    def facts(self) -> dict[str, Any]:
        return {"command": self.command, "needs": list(self.needs), "condition": self.condition}


class VersionConflict(TenureError):
    """The stream is at another version than the sender saw."""

    slug = "version-conflict"

    def __init__(self, version: int) -> None:
        super().__init__(f"the version is {version}")
        self.version = version

    def facts(self) -> dict[str, Any]:
        return {"version": self.version}


class IdempotencyMismatch(TenureError):
    """The idempotency key belongs to another request."""

    slug = "idempotency-mismatch"


class Unavailable(TenureError):
    """Not now: races lost too often, or no database. Nothing was stored."""

    slug = "unavailable"


class ViewBehind(TenureError):
    """A view did not reach the asked position in time. lag: events still to fold."""

    slug = "view-behind"

    def __init__(self, view: str, lag: int) -> None:
        super().__init__(f"{view} is {lag} events behind")
        self.view = view
        self.lag = lag

    def facts(self) -> dict[str, Any]:
        return {"view": self.view, "lag": self.lag}


@dataclass(eq=False)
class Refused(TenureError):
    """A rule forbids the command. Subclasses are dataclasses: their fields are the facts.

    position: where the refusal stands in the log, once it was recorded. replayed: it is the
    answer of an earlier request under the same idempotency key.
    """

    def __post_init__(self) -> None:
        self.position: int | None = None
        self.replayed = False
        Exception.__init__(self, f"{self.slug}: {self.facts()}")

    def facts(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_facts(cls, slug: str, facts: Mapping[str, Any]) -> Refused:
        """The refusal again from its stored answer. Raises KeyError on an unknown slug."""
        kind = next(found for found in REFUSALS if found.slug == slug)
        hints = get_type_hints(kind)
        values = {
            field.name: msgspec.convert(facts.get(field.name), hints[field.name])
            for field in fields(kind)
        }
        return kind(**values)


@dataclass(eq=False)
class AlreadyProtected(Refused):
    """Somebody holds the customer (S1-023, S1-302). until: None under review.

    holder: None while `group` holds it.
    """

    slug = "already-protected"
    clause = "S1-302"

    customer_id: UUID
    holder: str | None
    stage: Stage
    claimed_at: datetime
    until: datetime | None
    group: str | None = None


@dataclass(eq=False)
class Barred(Refused):
    """The giver-up may not claim again yet (S1-037, S1-045). until: the first instant allowed."""

    slug = "barred"
    clause = "S1-037"

    customer_id: UUID
    until: datetime


@dataclass(eq=False)
class PoolClosed(Refused):
    """Pool customers are claimed at the rulebook's hours only. opens_at: the next such instant."""

    slug = "pool-closed"

    customer_id: UUID
    opens_at: datetime


@dataclass(eq=False)
class NotTheHolder(Refused):
    """Only the holder may (S1-029, S1-038). holder: None in the pool, or while `group` holds it."""

    slug = "not-the-holder"
    clause = "S1-038"

    customer_id: UUID
    holder: str | None
    group: str | None = None


@dataclass(eq=False)
class WrongStage(Refused):
    """The protection is not in a stage that allows the command. stage: `pool` without one."""

    slug = "wrong-stage"

    customer_id: UUID
    stage: str
    allowed: list[str]


@dataclass(eq=False)
class OwnDecision(Refused):
    """Who decides is not a party (S1-310). applicant: whose case it is."""

    slug = "own-decision"
    clause = "S1-310"

    customer_id: UUID
    applicant: str


@dataclass(eq=False)
class NotAParty(Refused):
    """Who states a side in a dispute has a part in the matter (A-27)."""

    slug = "not-a-party"

    customer_id: UUID


@dataclass(eq=False)
class DuplicateName(Refused):
    """The company is registered already, or a similar one is (S1-024, S1-173)."""

    slug = "duplicate-name"
    clause = "S1-173"

    customer_id: UUID
    match: Match


@dataclass(eq=False)
class NothingPending(Refused):
    """There is no claim or application to decide."""

    slug = "nothing-pending"

    customer_id: UUID


@dataclass(eq=False)
class AlreadyPending(Refused):
    """The same is waiting for a decision already."""

    slug = "already-pending"

    customer_id: UUID


@dataclass(eq=False)
class ExtensionsUsedUp(Refused):
    """No further extension of this protection in this stage (A-04)."""

    slug = "extensions-used-up"

    customer_id: UUID
    stage: Stage
    extensions: int
    extensions_max: int


@dataclass(eq=False)
class TooLate(Refused):
    """The time for it has passed."""

    slug = "too-late"

    customer_id: UUID
    deadline: datetime


@dataclass(eq=False)
class EarlierClaim(Refused):
    """A similar record has an earlier open claim (S1-312, A-64): pass needs a written reason."""

    slug = "earlier-claim"
    clause = "S1-312"

    customer_id: UUID
    holder: str | None
    claimed_at: datetime


@dataclass(eq=False)
class NumberTaken(Refused):
    """Another contract has, or had, the number: each is drawn once (S1-057)."""

    slug = "number-taken"
    clause = "S1-057"

    customer_id: UUID
    number: str


@dataclass(eq=False)
class PortfolioFull(Refused):
    """The member holds as many customers as the rulebook allows one (A-35)."""

    slug = "portfolio-full"

    customer_id: UUID
    held: int
    held_max: int


@dataclass(eq=False)
class MergedAway(Refused):
    """The record was merged into another, which answers from now on (S1-020). into: its id."""

    slug = "merged"
    clause = "S1-020"

    customer_id: UUID
    into: UUID


@dataclass(eq=False)
class AlreadyErased(Refused):
    """The data of this subject was erased; nothing brings it back."""

    slug = "already-erased"

    customer_id: UUID
    subject_id: UUID


REFUSALS: tuple[type[Refused], ...] = (
    AlreadyProtected,
    Barred,
    PoolClosed,
    NotTheHolder,
    WrongStage,
    OwnDecision,
    NotAParty,
    DuplicateName,
    NothingPending,
    AlreadyPending,
    TooLate,
    ExtensionsUsedUp,
    EarlierClaim,
    NumberTaken,
    PortfolioFull,
    MergedAway,
    AlreadyErased,
)
