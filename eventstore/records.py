"""What the store takes and gives: frozen rows, no behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """One stored event as read from the log. position: its place in the whole log, >= 1.

    A Struct, since every reader of the log makes millions of these.
    """

    position: int
    originator_id: UUID
    originator_version: int
    topic: str
    state: bytes
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command, written in the same transaction as its events.

    key: the sender's idempotency key, unique for the actor; None: the command cannot be repeated.
    request: SHA-256 of the request. answer: JSON, whose member "position" the append fills in
    with the position of the last event.
    """

    id: UUID
    actor: str
    key: str | None
    request: bytes
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredCommand:
    """An earlier command as it was recorded, its answer complete."""

    id: UUID
    request: bytes
    answer: dict[str, Any]
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """The data key of one data subject, wrapped by a key that the database does not know."""

    subject_id: UUID
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """What becomes of data keys: restricted, lifted and destroyed ones, each by subject."""

    restricted: Sequence[UUID] = ()
    lifted: Sequence[UUID] = ()
    destroyed: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that one command reads.

    now: the database's clock or the test clock. events: of all asked streams, in the order of
    stream id and version. command: the earlier one under the same actor and key, if there is one.
    snapshots: of those streams at most one each; `events` holds what came later.
    """

    now: datetime
    events: list[Recorded]
    command: StoredCommand | None
    snapshots: list[StoredEvent]
