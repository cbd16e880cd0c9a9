"""How a load is laid out: who is born when, and how many events each customer is to have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise, starmap
from random import Random

from benchmarks.companies import distinct_numbers
from benchmarks.load.people import People

SHARDS = 2
"""In how many parts a load is written, one process each. It belongs to the seed: another number
would give another log."""
CUSTOMERS_MAX = 4_000_000
"""So many companies can be made of which no two resemble each other, whatever the seed."""
YEARS = 3
EVENTS_A_REGISTRATION = 4
"""The customer's own, and one each for name, core and phone."""
DAY = timedelta(days=1)
_SKEW = 1.25
_WINDOW_EVENTS = 5_000
_WINDOWS_MIN = 20
_NOT_CUT = 1.03
"""Lives that the end of the history cuts short leave about this share of their events unlived."""


@dataclass(frozen=True, slots=True)
class Birth:
    """One customer to be. number: of its company. events: that follow its registration."""

    at: datetime
    number: int
    events: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a load is to hold. events: all together, which a large one meets within a few in a
    hundred.

    until: the end of the history; with the seed and both counts it fixes every event.
    Raises ValueError where the events are not enough to register the customers.
    """

    customers: int
    events: int
    seed: int
    until: datetime

    def __post_init__(self) -> None:
        if self.customers < 1 or self.events < EVENTS_A_REGISTRATION * self.customers:
            raise ValueError("a customer has four events at the least")

    @property
    def since(self) -> datetime:
        """The beginning of the history."""
        return self.until - self.days * DAY

    def births(self, shard: int) -> list[Birth]:
        """Every SHARDS-th customer in the order of their births."""
        random = Random(f"{self.seed} births")
        events = self._events(random)
        days = float(self.days)
        ages = [
            random.uniform(0.0, days - min(count, 0.9 * days)) for count in events
        ]  # Who is to have many events must have the time for them.
        order = sorted(range(self.customers), key=ages.__getitem__)
        numbers = distinct_numbers(self.customers, seed=self.seed)
        return [
            Birth(self.since + ages[place] * DAY, number, events[place])
            for number, place in list(zip(numbers, order, strict=True))[shard::SHARDS]
        ]

    @property
    def days(self) -> int:
        """How long the history is."""
        return 365 * YEARS

    def windows(self) -> Iterator[range]:
        """The spans of days that the shards write in turn, so that the log is in order."""
        count = min(self.days, max(_WINDOWS_MIN, self.events // _WINDOW_EVENTS))
        ends = (number * self.days // count for number in range(count + 1))
        return starmap(range, pairwise(ends))

    def _events(self, random: Random) -> list[int]:
        """Of each customer after its registration: few for most, hundreds for some."""
        weights = [random.lognormvariate(0.0, _SKEW) for _ in range(self.customers)]
        others = EVENTS_A_REGISTRATION * self.customers + len(People(self.customers).everybody())
        share = _NOT_CUT * max(0, self.events - others) / sum(weights)
        counts, passed, owed = [], 0, 0.0
        for weight in weights:
            owed += weight * share
            counts.append(int(owed) - passed)
            passed = int(owed)
        return counts


def start_of_day(now: datetime) -> datetime:
    """The last midnight in UTC: where a history ends for which no end is given."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
