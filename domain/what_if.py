"""What if other rules had held: a life beside the one that it would have had (design §8).

Pure: the recorded events and another rulebook in, steps and tenures out. How a fact is put to the
other rules, and what counts as one, is in `domain.supposing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal, cast
from uuid import UUID

from domain.customer import Customer, RulesOf
from domain.errors import Refused
from domain.events.customer import CustomerEvent, Registered
from domain.replay import History, PastEvent
from domain.replaying import Situation, situation
from domain.rulebook_text import Rulebook
from domain.supposing import Refusal, Supposition, Taken, follows
from domain.tenures import Ending, Interval, fold, implied_ending, successor

Outcome = Literal[
    "stands",
    "would-have-been-refused",
    "would-not-have-been-refused",
    "would-not-have-followed",
    "would-have-followed",
]
"""Of a step. `stands`: it is a fact, was refused, or followed, under both rules. The last two are
of what follows from deadlines and switches: it did and would not have, or would have and did not.
"""
CLAIM_RULES: Final = frozenset(("already-protected", "barred", "pool-closed", "wrong-stage"))
"""Rules that the customer alone asks of a claim."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A command that was refused, by its place in the log. rule: the slug of what forbade it."""

    position: int
    timestamp: datetime
    member: str
    command: str
    rule: str


@dataclass(frozen=True, slots=True)
class Step:
    """One event under both rules, in the order of time.

    event: as recorded; where it would have followed alone, as it would have been; or an attempt
    that was refused. past: its place in the log; None where it is not on the customer's stream.
    refusal: the rule that it would have broken.
    was, would_be: how the customer stood after it, and how it would have stood.
    """

    event: CustomerEvent | Attempt
    past: PastEvent | None
    outcome: Outcome
    refusal: Refusal | None
    was: Situation
    would_be: Situation

    @property
    def differences(self) -> dict[str, tuple[Any, Any]]:
        """Value as it was and as it would have been, by field of the situation."""
        return {
            field.name: (was, would_be)
            for field in fields(Situation)
            if (was := getattr(self.was, field.name))
            != (would_be := getattr(self.would_be, field.name))
        }

    @property
    def differs(self) -> bool:
        """True where the event or what it led to would have been another."""
        return self.outcome != "stands" or self.was != self.would_be


@dataclass(frozen=True, slots=True)
class Tenure:
    """One interval under either rules. ending: how it ended, or will by what is known; None where
    no end is known. has_ended: by the instant of the question."""

    interval: Interval
    ending: Ending | None
    has_ended: bool

    @property
    def ended_at(self) -> datetime | None:
        """Its end, or when it ends by what is known."""
        return self.interval.until

    @property
    def told(self) -> tuple[object, ...]:
        """What two tenures are compared by."""
        held = self.interval
        return held.holder, held.group, held.stage, held.since, held.until, self.ending


@dataclass(frozen=True, slots=True)
class Pair:
    """A tenure as it was beside the one that the same event would have opened.

    was: None where there would have been one that never was; would_be: None where there would not
    have been one.
    """

    was: Tenure | None
    would_be: Tenure | None

    @property
    def differs(self) -> bool:
        """True where it would have ended at another time or another way, or not have been."""
        if self.was is None or self.would_be is None:
            return True
        return self.was.told != self.would_be.told

    @property
    def begins_at(self) -> datetime:
        """When the first of the two began."""
        return min(one.interval.since for one in (self.was, self.would_be) if one is not None)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A life under other rules. was, would_be: how the customer stands at `at`."""

    customer_id: UUID
    at: datetime
    steps: tuple[Step, ...]
    pairs: tuple[Pair, ...]
    was: Situation
    would_be: Situation


def what_if(
    history: History, rules: Rulebook, rules_of: RulesOf, attempts: Sequence[Attempt] = ()
) -> WhatIf:
    """The same facts under `rules`, up to the instant of the history and with what is due then.

    rules_of: the adopted versions, which decided what is recorded. attempts: what was refused, in
    the order of the log: it stays without effect, but is said where nothing would have forbidden
    it.
    """
    telling = _Telling(history, rules)
    steps = tuple(telling.steps(rules_of, attempts))
    return WhatIf(
        history.customer_id,
        history.now,
        steps,
        tuple(_pairs(telling)),
        situation(telling.supposed.was, history.now),
        situation(telling.supposed.would_be, history.now),
    )


class _Telling:
    """One pass over the life.

    recorded: its events, those included that are due and not written down. made: what the other
    rules would have recorded. beside: of that, the versions of the recorded events beside it.
    """

    def __init__(self, history: History, rules: Rulebook) -> None:
        registered = cast(Registered, history.events[0].event)
        self.history = history
        self.supposed = Supposition(registered, rules)
        self.recorded: list[CustomerEvent] = [registered]
        self.made: list[CustomerEvent] = [registered]
        self.beside: dict[int, int] = {1: 1}
        self._shadow = cast(Customer, registered.mutate(None))
        self._waiting: list[CustomerEvent] = []

    def steps(self, rules_of: RulesOf, attempts: Sequence[Attempt]) -> Iterator[Step]:
        """Every step up to the instant of the history."""
        first = self.history.events[0]
        yield self._step(first.event, first, "stands")
        waiting = list(attempts)
        for past in self.history.events[1:]:
            while waiting and self._comes_first(waiting[0], past):
                yield from self._attempted(waiting.pop(0))
            yield from self._taken(past.event, past)
        for attempt in waiting:
            yield from self._implied(attempt.timestamp, rules_of)
            yield from self._attempted(attempt)
        yield from self._implied(self.history.now, rules_of)
        self._waiting += self.supposed.reach(self.history.now)
        yield from self._alone(len(self._waiting))

    def _comes_first(self, attempt: Attempt, past: PastEvent) -> bool:
        """By place in the log; but what follows from a deadline came with it, written when ever."""
        event = past.event
        if follows(event, self.supposed.was.protection) and event.timestamp <= attempt.timestamp:
            return False
        return attempt.position < past.position

    def _implied(self, at: datetime, rules_of: RulesOf) -> Iterator[Step]:
        """What is due by `at` and nobody wrote down."""
        for event in self.supposed.implied(at, rules_of):
            yield from self._taken(event, None)

    def _taken(self, event: CustomerEvent, past: PastEvent | None) -> Iterator[Step]:
        """The next event, behind what would have followed by itself before it."""
        self._waiting += self.supposed.reach(event.timestamp)
        if not follows(event, self.supposed.was.protection):
            yield from self._alone(len(self._waiting))
            yield self._fact(event, past)
            return
        place = next((n for n, made in enumerate(self._waiting) if _are_alike(made, event)), None)
        if place is None:
            yield from self._alone(sum(made.timestamp < event.timestamp for made in self._waiting))
            self._take(event)
            yield self._step(event, past, "would-not-have-followed")
            return
        yield from self._alone(place)
        self._take(event)
        self._evolve(self._waiting.pop(0), event)
        yield self._step(event, past, "stands")

    def _attempted(self, attempt: Attempt) -> Iterator[Step]:
        """What was refused. Of a claim, the customer says whether it would have been."""
        self._waiting += self.supposed.reach(attempt.timestamp)
        yield from self._alone(len(self._waiting))
        if attempt.command != "claim" or attempt.rule not in CLAIM_RULES:
            yield self._step(attempt, None, "stands")
            return
        try:
            self.supposed.would_be.require_claimable(
                attempt.member, attempt.timestamp, self.supposed.rules
            )
        except Refused as refusal:
            yield self._step(attempt, None, "stands", refusal)
        else:
            yield self._step(attempt, None, "would-not-have-been-refused")

    def _fact(self, event: CustomerEvent, past: PastEvent | None) -> Step:
        taken = self._take(event)
        if taken.refused is not None:
            return self._step(event, past, "would-have-been-refused", taken.refused)
        self._evolve(taken.made[0], event)
        self._waiting += taken.made[1:]
        return self._step(event, past, "stands")

    def _take(self, event: CustomerEvent) -> Taken:
        self.recorded.append(event)
        return self.supposed.take(event)

    def _alone(self, count: int) -> Iterator[Step]:
        """The first of what waits to be told, which nothing recorded stands beside."""
        for _ in range(count):
            made = self._waiting.pop(0)
            self._evolve(made, None)
            yield self._step(made, None, "would-have-followed")

    def _evolve(self, made: CustomerEvent, beside: CustomerEvent | None) -> None:
        made.apply(self._shadow)
        self.made.append(made)
        if beside is not None:
            self.beside[made.originator_version] = beside.originator_version

    def _step(
        self,
        event: CustomerEvent | Attempt,
        past: PastEvent | None,
        outcome: Outcome,
        refusal: Refusal | None = None,
    ) -> Step:
        was = situation(self.supposed.was, event.timestamp)
        would_be = situation(self._shadow, event.timestamp)
        return Step(event, past, outcome, refusal, was, would_be)


def _are_alike(made: CustomerEvent, recorded: CustomerEvent) -> bool:
    """True for one consequence under both rules: of one kind, at one instant."""
    return type(made) is type(recorded) and made.timestamp == recorded.timestamp


def _pairs(telling: _Telling) -> list[Pair]:
    """The tenures that the same events opened, in the order in which they began."""
    now = telling.history.now
    was = {found.opened_version: _tenure(found, now) for found in _intervals(telling.recorded)}
    pairs = []
    for found in _intervals(telling.made):
        beside = telling.beside.get(found.opened_version, 0)
        pairs.append(Pair(was.pop(beside, None), _tenure(found, now)))
    pairs += [Pair(found, None) for found in was.values()]
    return sorted(pairs, key=lambda pair: pair.begins_at)


def _intervals(events: Sequence[CustomerEvent]) -> list[Interval]:
    """As `History.intervals`, of events that need not have been recorded."""
    told: dict[int, Interval] = {}
    still_open: Interval | None = None
    for event in events:
        still_open, changed = fold(still_open, event)
        told.update({interval.opened_version: interval for interval in changed})
    follows_by_itself = successor(still_open) if still_open is not None else None
    return [*told.values(), *([follows_by_itself] if follows_by_itself is not None else [])]


def _tenure(interval: Interval, now: datetime) -> Tenure:
    ended = interval.ending_at(now)
    ending = ended
    if ending is None and interval.until is not None and interval.protection is not None:
        ending = implied_ending(interval.protection)
    return Tenure(interval, ending, ended is not None)
