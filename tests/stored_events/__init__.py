"""One stored sample of every version of every event, kept for ever, as the log holds them.

A file is named after the topic and the version of its class. None is ever edited or removed: a
release that cannot read one of them cannot read the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import JSONTranscoder, StoredEvent

from eventstore.mapper import Mapper

_MAPPER: Mapper[UUID] = Mapper(JSONTranscoder())


@dataclass(frozen=True, slots=True)
class Sample:
    """One file. state: what `events.state` holds, parsed."""

    topic: str
    class_version: int
    stream: UUID
    version: int
    state: dict[str, Any]

    def event(self) -> DomainEvent:
        """The event that the present classes make of it."""
        state = json.dumps(self.state, ensure_ascii=False).encode()
        found = _MAPPER.to_domain_event(StoredEvent(self.stream, self.version, self.topic, state))
        assert isinstance(found, DomainEvent)
        return found

    def stored_again(self) -> dict[str, Any]:
        """What the present classes would store for that event."""
        state: dict[str, Any] = json.loads(_MAPPER.to_stored_event(self.event()).state)
        return state


def samples() -> Iterator[Sample]:
    """Every file, by topic and version."""
    for path in sorted(Path(__file__).parent.glob("*.json")):
        topic, _, version = path.stem.rpartition(".v")
        told = json.loads(path.read_text(encoding="utf-8"))
        yield Sample(topic, int(version), UUID(told["stream"]), told["version"], told["state"])
