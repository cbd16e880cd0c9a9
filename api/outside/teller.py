"""Stretches of the settled log as CloudEvents, for pages, streams and webhooks alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.outside.cloud_events import House, Told, told
from domain.telling import Topics, customer_of
from projections.reading import Log, RecordedEvent

READ_EVENTS = 500
"""Events read at a time: a bound on what one reading holds in memory."""
SCAN_EVENTS_MAX = 5_000
"""Events that one page looks at, however few of them are asked for."""


ALL_TOPICS = Topics()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a follower asked for. customer_id: only events about this customer; None: all."""

    topics: Topics = ALL_TOPICS
    customer_id: UUID | None = None

    def takes(self, event: Told) -> bool:
        """True where the follower asked for this event."""
        return self.topics.matches(event.topic) and (
            self.customer_id is None or event.customer_id == self.customer_id
        )


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events of (after, reached] that were asked for: none of those is missing."""

    events: list[Told]
    reached: int


class Teller:
    """Reads the settled log as CloudEvents.

    to_event: a stored event decoded; every topic must be known by then.
    """

    def __init__(self, log: Log, to_event: Callable[[Any], Any], house: House) -> None:
        self.log = log
        self.house = house
        self._to_event = to_event

    def stretch(
        self,
        *,
        after: int,
        upto: int,
        wanted: Wanted = EVERYTHING,
        limit: int = READ_EVENTS,
        scan_max: int = READ_EVENTS,
    ) -> Stretch:
        """At most `limit` events of (after, upto] that are wanted, of at most `scan_max` looked at.

        upto: settled. Raises PersistenceError.
        """
        found: list[Told] = []
        reached, looked_at = after, 0
        while reached < upto and looked_at < scan_max:
            size = min(READ_EVENTS, scan_max - looked_at)
            recorded = self.log.read(after=reached, limit=size, upto=upto)
            for one in recorded:
                event = self._told(one, wanted)
                if event is not None:
                    if len(found) == limit:
                        return Stretch(found, reached)
                    found.append(event)
                reached = one.position
            looked_at += len(recorded)
            if len(recorded) < size:
                return Stretch(found, upto)
        return Stretch(found, reached)

    def _told(self, recorded: RecordedEvent, wanted: Wanted) -> Told | None:
        """The event, where it is wanted; decoded only where that is not known without."""
        if not wanted.topics.matches(recorded.topic):
            return None
        event = self._to_event(recorded)
        if wanted.customer_id not in {None, customer_of(event)}:
            return None
        return told(self.house, recorded, event)
