"""How much is measured: quick, standard or full."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts and times of one run.

    rounds: how often the sides take turns. append_seconds: of one side's turn.
    claims: of one side's turn. followed: events that the views follow. names: customers that are
    asked about, with events_a_customer each on the average. searches: questions asked of each kind.
    deadlines: protections that end at one instant. long_commands: on customers of each kind of
    past. grown: sizes at which growth is measured, in customers, with ten events each. clients:
    that claim one customer at once. long_events: of a long past, a multiple of those between two
    snapshots.
    """

    name: str
    writers: tuple[int, ...]
    rounds: int
    append_seconds: float
    claims: int
    followed: int
    names: int
    events_a_customer: int
    searches: int
    deadlines: int
    long_commands: int
    grown: tuple[int, ...]
    clients: int = 100
    long_events: int = 5_000


QUICK = Scale(
    name="quick",
    writers=(1, 4, 16),
    rounds=2,
    append_seconds=1.0,
    claims=250,
    followed=3_000,
    names=3_000,
    events_a_customer=6,
    searches=200,
    deadlines=1_000,
    long_commands=200,
    grown=(1_000, 3_000),
)
STANDARD = Scale(
    name="standard",
    writers=(1, 4, 16),
    rounds=5,
    append_seconds=1.0,
    claims=500,
    followed=60_000,
    names=100_000,
    events_a_customer=6,
    searches=2_000,
    deadlines=10_000,
    long_commands=1_000,
    grown=(10_000, 100_000),
)
FULL = Scale(
    name="full",
    writers=(1, 4, 16),
    rounds=10,
    append_seconds=2.0,
    claims=2_000,
    followed=100_000,
    names=1_000_000,
    events_a_customer=10,
    searches=5_000,
    deadlines=100_000,
    long_commands=5_000,
    grown=(10_000, 100_000, 1_000_000),
)
