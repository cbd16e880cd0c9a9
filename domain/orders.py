"""What a command comes with and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from domain.events.values import Channel, Sealed

if TYPE_CHECKING:
    from domain.rulebook_text import Rulebook


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who says to be sending. digest: SHA-256 of the token's secret.

    session: a session that was found live before; then there is no digest. Neither: the local
    console.
    """

    member: str
    digest: str | None
    session: UUID | None = None


CONSOLE = Credentials("console", None)
"""The operator at the machine itself: whoever can read the keys needs no token."""


@dataclass(frozen=True, slots=True)
class Order:
    """Who sends a command, and under which conditions.

    key: idempotency key. request: SHA-256 of the request that the key stands for.
    expected_version: the customer's version that the sender saw. command_id: stored with the
    events, so that a commit whose answer was lost is told from a conflict; None: made on the way.
    """

    credentials: Credentials
    key: str | None = None
    request: bytes = b""
    expected_version: int | None = None
    command_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer of a command. until: the deadline that was given.

    replayed: the answer of an earlier request. group: who holds it while no person does.
    held_over_by, held_over_until: what keeps the protection alive beyond its deadline, and until
    when if nobody decides.
    """

    customer_id: UUID | None
    version: int
    position: int
    state: str | None
    holder: str | None
    until: datetime | None
    extra: Mapping[str, Any]
    replayed: bool = False
    group: str | None = None
    held_over_by: str | None = None
    held_over_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactInput:
    """A contact person as typed (S1-027, S1-306): all three are required."""

    name: str
    position: str
    phone: str


@dataclass(frozen=True, slots=True)
class FollowUpInput:
    """A follow-up as typed (S1-029 to S1-031). contact: id of one of the customer's contacts."""

    channel: Channel
    note: str
    next_contact_at: datetime | None
    contact: UUID | None = None
    contacted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SealedAt:
    """A sealed field and its place, without which it does not open."""

    stream_id: UUID
    topic: str
    field: str
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class Signed:
    """A member whose token or session was live at `at`, with the rights of that instant.

    rules: the version in force at `at`. leaves_at: when the member will leave the company, if that
    is arranged. departments: his own and all below it. scopes: what the token is limited to
    (`domain.scopes`); None: not limited.
    token_id, session_id: by which of them.
    """

    member: str
    name: str
    roles: frozenset[str]
    department: str
    at: datetime
    rules: Rulebook
    leaves_at: datetime | None = None
    departments: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    token_id: UUID | None = None
    session_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """Stored in the transaction of the events; the append fills `position` into the answer."""

    id: UUID
    actor: str
    key: str | None
    request: bytes
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """The wrapped key of a data subject, stored in the transaction of the events."""

    subject_id: UUID
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """What becomes of subjects' keys, in the transaction of the events that say so.

    restricted: kept, given out to nobody. lifted: given out again. destroyed: gone for good.
    """

    restricted: tuple[UUID, ...] = ()
    lifted: tuple[UUID, ...] = ()
    destroyed: tuple[UUID, ...] = ()


class RecordedEvent(Protocol):
    """One stored event as the log gives it back."""

    @property
    def position(self) -> int: ...
    @property
    def originator_id(self) -> UUID: ...
    @property
    def originator_version(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def state(self) -> bytes: ...
    @property
    def recorded_at(self) -> datetime: ...


class StoredAnswer(Protocol):
    """An earlier command under the same key."""

    @property
    def request(self) -> bytes: ...
    @property
    def answer(self) -> dict[str, Any]: ...


Random = Callable[[int], bytes]
