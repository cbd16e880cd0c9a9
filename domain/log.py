"""Reading the log: streams folded into aggregates, one round trip a read.

Members and the rulebook are asked for with every command but change seldom: the log keeps the
last fold of each and asks the store only for what came later. That is as fresh as reading the
whole stream, in the same round trip; nothing is ever answered from the cache alone.

Customers come from their newest snapshot and what came after it; histories from events alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol, cast
from uuid import UUID

from eventsourcing.domain import Aggregate
from eventsourcing.persistence import Mapper, PersistenceError, StoredEvent

from domain import snapshots
from domain.customer import Customer
from domain.errors import NotFound
from domain.events.customer import CustomerEvent, Registered
from domain.member import Member
from domain.orders import RecordedEvent, StoredAnswer
from domain.replay import History, PastEvent

CACHED_STREAMS_MAX = 10_000


class LoadedStreams(Protocol):
    """What the store answers to one load."""

    @property
    def now(self) -> datetime: ...
    @property
    def events(self) -> Sequence[RecordedEvent]: ...
    @property
    def command(self) -> StoredAnswer | None: ...
    @property
    def snapshots(self) -> Sequence[StoredEvent]: ...


class Recorder(Protocol):
    """What the log asks of the event store beyond the library's interface."""

    def load(
        self,
        streams: Sequence[tuple[UUID, int]],
        *,
        actor: str | None = None,
        key: str | None = None,
        snapshot_topics: Sequence[str] = (),
    ) -> LoadedStreams: ...
    def keep_snapshots(self, snapshots: Sequence[StoredEvent]) -> None: ...
    def streams(
        self, originator_ids: Sequence[UUID], *, without: Sequence[str] = ()
    ) -> Sequence[StoredEvent]: ...
    def settled_position(self) -> int: ...
    def subject_keys(
        self, subjects: Sequence[UUID], *, restricted_too: bool = False
    ) -> dict[UUID, bytes]: ...
    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Read:
    """Streams as aggregates, the instant of the read, and the answer under the asked key."""

    now: datetime
    streams: dict[UUID, Aggregate]
    command: StoredAnswer | None


class Log:
    """Aggregates and histories from a recorder."""

    def __init__(self, recorder: Any, mapper: Mapper[UUID]) -> None:
        self._recorder = cast(Recorder, recorder)
        self._to_event: Callable[[Any], Any] = mapper.to_domain_event
        self._to_stored: Callable[[Any], StoredEvent] = mapper.to_stored_event
        self._kept: dict[UUID, Aggregate] = {}

    def load(
        self,
        streams: Iterable[tuple[UUID, int]],
        *,
        cached: Collection[UUID] = (),
        actor: str | None = None,
        key: str | None = None,
    ) -> Read:
        """Aggregates of `streams` folded afresh and of `cached` folded forward.

        Cached aggregates are shared: look at them only. actor, key: whose earlier command to look
        up. A stream without events is not in the answer.
        """
        kept = {stream: self._kept[stream] for stream in cached if stream in self._kept}
        asked = [
            *streams,
            *((stream, kept[stream].version if stream in kept else 0) for stream in cached),
        ]
        loaded = self._recorder.load(asked, actor=actor, key=key, snapshot_topics=snapshots.TOPICS)
        folded: dict[UUID, Aggregate] = dict(kept)
        for stored in loaded.snapshots:
            customer: Customer = self._to_event(stored).restored()
            folded[customer.id] = customer
        for recorded in loaded.events:
            stream = recorded.originator_id
            before = folded.get(stream)
            if before is not None and before is kept.get(stream):
                # Others look at the kept one; events assign, so a shallow copy is a fresh one.
                before = copy.copy(before)
            folded[stream] = self._to_event(recorded).mutate(before)
        self._keep({stream: folded[stream] for stream in cached if stream in folded})
        return Read(loaded.now, folded, loaded.command)

    def keep_snapshots(self, customers: Sequence[Customer]) -> None:
        """Store the states of customers whose events have been saved."""
        taken = [snapshots.CustomerSnapshot.take(customer) for customer in customers]
        # What is decided is committed and must be answered. Without its snapshot a customer is
        # folded from a little further back, until the next one is taken.
        with suppress(PersistenceError):
            self._recorder.keep_snapshots([self._to_stored(snapshot) for snapshot in taken])

    def history(self, customer_id: UUID) -> History:
        """The events of one customer with their positions and times. Raises NotFound."""
        loaded = self._recorder.load([(customer_id, 0)])
        events = tuple(
            PastEvent(recorded.position, recorded.recorded_at, self._to_event(recorded))
            for recorded in loaded.events
        )
        if not events or not isinstance(events[0].event, Registered):
            raise NotFound("customer", customer_id)
        return History(customer_id, loaded.now, events)

    def lives(
        self, customer_ids: Sequence[UUID], *, without: Sequence[str] = ()
    ) -> Iterator[list[CustomerEvent]]:
        """The events of many customers in one round trip, customer by customer in order of ids.

        without: topics that are left out.
        """
        stored = self._recorder.streams(customer_ids, without=without)
        for _, events in groupby(stored, key=lambda event: event.originator_id):
            yield [self._to_event(event) for event in events]

    def member_at(self, member: str, at: datetime | None) -> Member:
        """A member as of an instant. Raises NotFound."""
        folded: Any = None
        for recorded in self._recorder.load([(Member.id_of(member), 0)]).events:
            event = self._to_event(recorded)
            if at is None or event.timestamp <= at:
                folded = event.mutate(folded)
        if not isinstance(folded, Member):
            raise NotFound("member", member)
        return folded

    def subject_keys(
        self, subjects: Collection[UUID], *, restricted_too: bool = False
    ) -> dict[UUID, bytes]:
        """Wrapped keys of data subjects; one that was destroyed is missing, and so is one that is
        restricted, unless it is asked for."""
        if not subjects:
            return {}
        return self._recorder.subject_keys(list(subjects), restricted_too=restricted_too)

    def settled_position(self) -> int:
        """The highest position that no slower writer can still fill below."""
        return self._recorder.settled_position()

    def now(self) -> datetime:
        """The one clock."""
        return self._recorder.now()

    def _keep(self, folded: dict[UUID, Aggregate]) -> None:
        if len(self._kept) + len(folded) > CACHED_STREAMS_MAX:
            self._kept.clear()
        for stream, aggregate in folded.items():
            known = self._kept.get(stream)
            if known is None or known.version < aggregate.version:
                self._kept[stream] = aggregate
