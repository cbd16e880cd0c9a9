"""Lives that many customers share: decided once, by the aggregates.

What one customer lives through, another may live through so many days later: terms are counted in
days, and where working days are counted, the calendar must answer alike on both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from eventsourcing.domain import Aggregate
from eventsourcing.persistence import JSONTranscoder

from benchmarks.lives import Author
from benchmarks.load.forms import (
    CONTACT_EVENTS,
    CONTRACT,
    SAMPLE,
    Form,
    form_of,
    known_at_first,
    meet,
)
from benchmarks.load.life import Living
from benchmarks.load.people import People
from benchmarks.load.plan import DAY, Birth, Plan
from domain.events.identity import IdentityEvent
from domain.events.refusal import RefusalRecorded
from domain.orders import SubjectKey
from domain.rulebook_text import Rulebook
from domain.sealing import Sealer
from domain.working_days import ZONE, WorkingDeadline
from eventstore.mapper import Mapper

USES_MAX = 64
"""Of so many customers one life is told at the most."""
_LIVES_A_KIND_MIN = 4
_TRIES = 6
_CUT_DAYS_MAX = 28
"""So much later a life may still begin that the end of the history will then cut short."""
_ALIKE_UP_TO = 12
_ALIKE = 1.25
"""Lives of more events than that are of one kind where their numbers differ by no more."""


class Counted(NamedTuple):
    """A count of working days that a life rests on. days: from that day to the answer."""

    day: date
    working_days: int
    days: timedelta
    is_provisional: bool


@dataclass(slots=True, eq=False)
class Pattern:
    """A life. born, ends: its first and its last day, counted from the beginning of the history.
    days: how many days after its birth what happens. contacts: when and by which topic each was
    filled in; refusals: when each was recorded. uses: of how many customers it is told."""

    born: int
    registered_at: datetime
    counted: list[Counted]
    days: list[tuple[int, list[Form]]] = field(default_factory=list)
    contacts: list[tuple[datetime, str]] = field(default_factory=list)
    refusals: list[datetime] = field(default_factory=list)
    uses: int = 0

    @property
    def ends(self) -> int:
        return self.born + self.days[-1][0]


class Studio:
    """Where patterns are lived: a world without anybody else in it."""

    def __init__(
        self, plan: Plan, *, rules: Rulebook, people: People, sealer: Sealer, random: Random
    ) -> None:
        self._counting = _Counting(**{one.name: getattr(rules, one.name) for one in fields(rules)})
        self.rules: Rulebook = self._counting
        self.author = Author(sealer, rules=self.rules, random=random)
        self.people = people
        self.random = random
        self.until = plan.until
        self._since = plan.since
        self._mapper: Mapper[UUID] = Mapper(JSONTranscoder())
        self._events: list[Any] = []

    def lived(self, birth: Birth) -> Pattern:
        """The life of one who is born then and has so many events."""
        self._events = []
        self._counting.counted.clear()
        for at in Living(self, SAMPLE, birth.at, birth.events).run():
            if at >= self.until:
                break
        pattern = Pattern((birth.at - self._since) // DAY, birth.at, [*self._counting.counted])
        self._keep(pattern)
        return pattern

    def _keep(self, pattern: Pattern) -> None:
        known, counts = known_at_first(), dict[str, int]()
        first_day = (self._since + pattern.born * DAY).date()
        days: dict[int, list[Form]] = {}
        for event in self._events:
            meet(event, known, counts)
            if isinstance(event, RefusalRecorded):
                pattern.refusals.append(event.timestamp)
            elif isinstance(event, CONTACT_EVENTS):
                pattern.contacts.append((event.timestamp, event.TOPIC))
            day, within = divmod(event.timestamp - self._since, DAY)
            moment = within // timedelta(microseconds=1)
            stored = self._mapper.to_stored_event(event)
            form = form_of(event, stored, known, first_day=first_day, moment=moment)
            days.setdefault(day - pattern.born, []).append(form)
        pattern.days = list(days.items())

    # What a life asks of its world (`moments.World`).

    def record(self, *aggregates: Aggregate) -> int:
        events = [event for aggregate in aggregates for event in aggregate.collect_events()]
        self._events += events
        return len(events)

    def record_events(self, *events: IdentityEvent) -> None:
        self._events += events

    def keep(self, *keys: SubjectKey) -> None:
        """Nobody's: of whom the life is told gets keys of his own."""

    def contract_number(self) -> str:
        """No life has two contracts."""
        return CONTRACT


class Patterns:
    """Finds a life for everybody: one that was lived already, where that is as well."""

    def __init__(
        self, plan: Plan, live: Callable[[Birth], Pattern], *, rules: Rulebook, random: Random
    ) -> None:
        self._days = (plan.until - plan.since) // DAY
        self._since = plan.since
        self._live = live
        self._rules = rules
        self._random = random
        self._of_kind: dict[int, list[Pattern]] = {}
        self._answers: dict[tuple[date, int], Counted] = {}
        self.lived = 0

    def of(self, birth: Birth) -> Pattern:
        """With about as many events, and such that its first day may be that of the birth."""
        day = (birth.at - self._since) // DAY
        kind = self._of_kind.setdefault(_kind(birth.events), [])
        for _ in range(_TRIES if len(kind) >= _LIVES_A_KIND_MIN else 0):
            if not kind:
                break
            place = self._random.randrange(len(kind))
            pattern = kind[place]
            later = day - pattern.born
            if pattern.ends + later >= self._days and later > _CUT_DAYS_MAX:
                _take_out(kind, place)
            elif self._answer_alike(pattern, later):
                pattern.uses += 1
                if pattern.uses == USES_MAX:
                    _take_out(kind, place)
                return pattern
        pattern = self._live(birth)
        pattern.uses = 1
        kind.append(pattern)
        self.lived += 1
        return pattern

    def _answer_alike(self, pattern: Pattern, later: int) -> bool:
        """Whether every count of working days comes out the same so many days later."""
        span = timedelta(later)
        for counted in pattern.counted:
            then = counted.day + span
            asked = (then, counted.working_days)
            if (answer := self._answers.get(asked)) is None:
                noon = datetime(then.year, then.month, then.day, 12, tzinfo=ZoneInfo(ZONE))
                found = self._rules.working_day_end(noon, counted.working_days)
                answer = self._answers[asked] = _counted(noon, counted.working_days, found)
            if answer[2:] != counted[2:]:
                return False
        return True


class _Counting(Rulebook):
    """Rules that remember which working days were counted."""

    @property
    def counted(self) -> list[Counted]:
        kept: list[Counted] = self.__dict__.setdefault("counted", [])
        return kept

    def working_day_end(self, instant: datetime, days: int) -> WorkingDeadline:
        found = Rulebook.working_day_end(self, instant, days)
        self.counted.append(_counted(instant, days, found))
        return found


def _counted(instant: datetime, days: int, found: WorkingDeadline) -> Counted:
    day = instant.astimezone(ZoneInfo(ZONE)).date()
    until = found.at.astimezone(ZoneInfo(ZONE)).date()
    return Counted(day, days, until - day, found.provisional)


def _kind(events: int) -> int:
    if events <= _ALIKE_UP_TO:
        return events
    return _ALIKE_UP_TO + 1 + int(math.log(events / _ALIKE_UP_TO, _ALIKE))


def _take_out(kind: list[Pattern], place: int) -> None:
    """In a constant time; the order does not matter."""
    kind[place] = kind[-1]
    kind.pop()
