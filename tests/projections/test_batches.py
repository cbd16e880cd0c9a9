"""However the log is cut into batches, the rows of every view are the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.events import Bar, CustomerEvent
from eventstore.connections import Database
from projections.catalogue import ALL
from projections.view import LogBatch, LogEntry
from tests.projections.stories import (
    DAY,
    START,
    Story,
    a_likeness,
    a_member,
    a_refusal,
    an_identity,
)

# Of each state: the steps it allows, and the state that each leads to.
NEXT_STEPS = {
    "registered": {"claim": "waiting", "add": "", "rename": "", "rival": ""},
    "waiting": {
        "pass": "potential",
        "refuse": "rejected",
        "withdraw": "registered",
        "rival": "",
        "follow": "",
        "add": "",
    },
    "rejected": {"correct": "waiting", "remove": "registered", "withdraw": "registered"},
    "potential": {
        "follow": "",
        "release": "registered",
        "lapse": "registered",
        "add": "",
        "rename": "",
        "rival": "",
    },
}
STEPS: dict[str, Callable[[Story, int], Any]] = {
    "claim": lambda story, n: story.claimed(f"seller-{n % 4}", collision=[a_likeness(story)]),
    "add": lambda story, _: story.contact_added(),
    "rename": lambda story, n: story.profile_changed(name=f"第{n}有限公司", phone_hash=f"{n}"),
    "pass": lambda story, _: story.review_passed(),
    "refuse": lambda story, _: story.review_refused(),
    "correct": lambda story, _: story.claim_corrected(),
    "follow": lambda story, n: story.followed_up(next_contact_at=story.at + DAY if n % 2 else None),
    "withdraw": lambda story, _: story.claim_withdrawn(bar=Bar(story.holder, story.at + DAY)),
    "release": lambda story, _: story.released(bar=Bar(None, story.at + DAY)),
    "lapse": lambda story, _: story.lapsed(story.at),
    "remove": lambda story, _: story.holder_removed(story.at),
}
# Which customer, which of the steps that its state allows, hours later.
steps = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 200)), min_size=1, max_size=40
)
cuts = st.lists(st.integers(1, 12), min_size=1, max_size=20)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps, cuts=cuts)
def test_folding_in_any_batches_gives_the_same_rows(
    database: Database, steps: list[tuple[int, int, int]], cuts: list[int]
) -> None:
    entries = _log(steps)
    assert _folded(database, _cut(entries, cuts)) == _folded(database, [entries])


def test_folding_one_by_one_gives_the_same_rows_as_at_once(database: Database) -> None:
    rng = random.Random(4)
    entries = _log([(rng.randrange(3), rng.randrange(6), rng.randrange(99)) for _ in range(150)])
    assert {type(entry.event) for entry in entries} >= set(CustomerEvent.__subclasses__())
    assert _folded(database, [[entry] for entry in entries]) == _folded(database, [entries])


class _Life:
    """A customer that takes only steps that its state allows."""

    def __init__(self) -> None:
        self.story = Story().registered()
        self.state = "registered"

    def step(self, choice: int, hours: int) -> list[Any]:
        allowed = NEXT_STEPS[self.state]
        name = list(allowed)[choice % len(allowed)]
        self.story.then(timedelta(hours=hours))
        if name == "rival":
            return [a_refusal(self.story.id, at=self.story.at)]
        STEPS[name](self.story, hours)
        self.state = allowed[name] or self.state
        return self.taken()

    def taken(self) -> list[Any]:
        new, self.story.new = self.story.new, []
        return new


def _log(steps: list[tuple[int, int, int]]) -> list[LogEntry]:
    lives = [_Life() for _ in range(3)]
    events: list[Any] = [a_member("zhang")]
    for life in lives:
        events += [*life.taken(), an_identity(life.story)]
    for customer, choice, hours in steps:
        events += lives[customer].step(choice, hours)
    return [
        LogEntry(position, START, type(event).TOPIC, event)
        for position, event in enumerate(events, start=1)
    ]


def _cut(entries: list[LogEntry], cuts: list[int]) -> list[list[LogEntry]]:
    batches = []
    rest = entries
    while rest:
        size = cuts[len(batches) % len(cuts)]
        batches.append(rest[:size])
        rest = rest[size:]
    return batches


class _Undone(Exception):
    """Rolls the transaction back."""


def _folded(database: Database, batches: Sequence[list[LogEntry]]) -> dict[str, list[Any]]:
    """Rows of every table of every view, folded in a transaction that is then undone."""
    rows: dict[str, list[Any]] = {}
    try:
        with database.transaction() as cursor:
            cursor.execute("SET LOCAL search_path TO views")
            for batch in batches:
                for view in ALL:
                    view.fold(cursor, LogBatch(batch))
            for table in (table for view in ALL for table in view.TABLES):
                cursor.execute(f"SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text")
                rows[table] = [row for (row,) in cursor]
            raise _Undone
    except _Undone:
        return rows
