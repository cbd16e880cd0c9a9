"""What one append writes in this measurement: a claim and its follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from eventsourcing.persistence import JSONTranscoder, StoredEvent

from benchmarks.companies import companies
from benchmarks.lives import DAY, Author, written
from eventstore.mapper import Mapper


@dataclass(frozen=True, slots=True)
class AppendShape:
    """Topics and states of the two events, and the answer that is kept with the command."""

    topics: tuple[str, str]
    states: tuple[bytes, bytes]
    actor: str
    answer: dict[str, Any]

    def events(self) -> list[StoredEvent]:
        """Both events at the next versions of a stream of their own."""
        stream = uuid4()
        return [
            StoredEvent(stream, version, topic, state)
            for version, topic, state in zip((2, 3), self.topics, self.states, strict=True)
        ]


def claim_with_follow_up() -> AppendShape:
    """As the application records it: the states are the mapper's, of their usual size."""
    author = Author.with_new_keys()
    mapper: Mapper[UUID] = Mapper(JSONTranscoder())
    company = next(companies(1))
    now = datetime.now(UTC)
    life = author.registered(company, now - 400 * DAY)
    life.customer.collect_events()
    life, seller = author.claimed(life, company, now)
    author.passed(life, now)
    author.followed_up(life, seller, now)
    claimed, _, followed_up = written(life, mapper).events
    receipt = {
        "customer_id": str(life.customer.id),
        "version": 3,
        "position": 0,
        "state": "waiting",
        "holder": seller,
        "until": None,
        "extra": {"correction": False},
        "replayed": False,
    }
    return AppendShape(
        (claimed.topic, followed_up.topic),
        (claimed.state, followed_up.state),
        seller,
        msgspec.to_builtins({"receipt": receipt}),
    )
