"""A refusal: a command that broke a rule, kept on a stream of its own (design §4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.events.refusal import RefusalEvent, RefusalRecorded


class Refusal(Aggregate):
    """Evidence of one refused command; it slows nobody's stream and moves no version."""

    TOPIC = "refusal"
    Event = RefusalEvent
    Created = RefusalRecorded

    @classmethod
    def record(cls, refusal_id: UUID, *, actor: str, at: datetime, **facts: Any) -> Refusal:
        """Keep a refusal; facts: of RefusalRecorded."""
        return cls._create(RefusalRecorded, id=refusal_id, timestamp=at, actor=actor, **facts)
