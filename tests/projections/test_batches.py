"""However the log is cut into batches, the rows of every view are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.contract import Contract
from domain.events import Bar, ContractDrawn, CustomerEvent, DuplicateReported
from eventstore.connections import Database
from projections.catalogue import ALL
from projections.holding import CUSTOMER_EVENTS, protection_of
from projections.view import LogBatch, LogEntry
from tests.projections.stories import (
    DAY,
    START,
    Story,
    a_contact,
    a_leave,
    a_likeness,
    a_member,
    a_party,
    a_refusal,
    an_identity,
)

# Of each state: the steps it allows, and the state that each leads to; "" for the same.
ANYWHERE = {"add": "", "rename": "", "rival": "", "report": "", "differ": "", "link": ""}
NEXT_STEPS = {
    "registered": {"claim": "waiting", "take over": "potential", **ANYWHERE, "merge": "merged"},
    "waiting": {
        "pass": "potential",
        "refuse": "rejected",
        "withdraw": "registered",
        "follow": "",
        "transfer": "",
        "arrange": "",
        **ANYWHERE,
    },
    "rejected": {"correct": "waiting", "remove": "registered", "withdraw": "registered"},
    "potential": {
        "ask intent": "asked",
        "ask extension": "extending",
        "follow": "",
        "arrange": "",
        "transfer": "",
        "release": "registered",
        "lapse": "registered",
        "leave": "registered",
        "absorb": "",
        "merge away": "merged",
        **ANYWHERE,
    },
    "asked": {
        "grant intent": "intent",
        "refuse intent": "potential",
        "take back": "potential",
        "transfer": "",
        "lapse undecided": "registered",
    },
    "extending": {"grant extension": "potential", "refuse extension": "potential"},
    "intent": {"draw": "drawn", "arrange": "", "release": "registered", "lapse": "registered"},
    "drawn": {"detail": "typed", "void": "intent", "lapse": "registered"},
    "typed": {"sign": "signed"},
    "signed": {"promise": "", "confirm": "formal", "void": "intent", "take over": "potential"},
    "formal": {"move": "", "follow": "", "arrange": "", "absorb": "", **ANYWHERE},
    "merged": {"rival": ""},
}
STEPS: dict[str, Callable[[Story, int], Any]] = {
    "claim": lambda story, n: story.claimed(
        f"seller-{n % 4}",
        collision=[a_likeness(story)],
        leaves_at=story.at + 9 * DAY if n % 3 == 0 else None,
    ),
    "add": lambda story, _: story.contact_added(),
    "rename": lambda story, n: story.profile_changed(name=f"第{n}有限公司", phone_hash=f"{n}"),
    "pass": lambda story, _: story.review_passed(),
    "refuse": lambda story, _: story.review_refused(),
    "correct": lambda story, _: story.claim_corrected(),
    "follow": lambda story, n: story.followed_up(next_contact_at=story.at + DAY if n % 2 else None),
    "withdraw": lambda story, _: story.claim_withdrawn(bar=Bar(story.holder, story.at + DAY)),
    "release": lambda story, _: story.released(bar=Bar(None, story.at + DAY)),
    "lapse": lambda story, _: story.lapsed(story.at),
    "lapse undecided": lambda story, _: story.lapsed(story.at, cause="undecided"),
    "remove": lambda story, _: story.holder_removed(story.at),
    "leave": lambda story, _: story.holder_removed(story.at, cause="left"),
    "transfer": lambda story, n: story.transferred(f"seller-{n % 4}"),
    "arrange": lambda story, n: story.hand_over_arranged(
        story.at + n * DAY, to="seller-9" if n % 2 else None
    ),
    "ask intent": lambda story, _: story.intent_requested(),
    "grant intent": lambda story, _: story.intent_granted(),
    "refuse intent": lambda story, _: story.intent_refused(),
    "take back": lambda story, _: story.application_withdrawn(),
    "ask extension": lambda story, _: story.extension_requested(),
    "grant extension": lambda story, _: story.extension_granted(),
    "refuse extension": lambda story, _: story.extension_refused(),
    "draw": lambda story, n: story.contract_drawn(f"HT-{n % 3}"),
    "detail": lambda story, _: story.contract_detailed("type", _number(story), type="采购"),
    "sign": lambda story, _: story.contract_signed(_number(story)),
    "promise": lambda story, n: story.contract_detailed(
        "promises", _number(story), promises=[f"第{n}条"]
    ),
    "confirm": lambda story, _: story.contract_confirmed(_number(story)),
    "void": lambda story, _: story.contract_voided(_number(story)),
    "move": lambda story, n: story.moved_to_after_sales(f"after-{n % 2}" if n % 3 else None),
    "report": lambda story, n: story.duplicate_reported(OTHERS[n % 2], number=n % 2),
    "differ": lambda story, n: (
        story.duplicate_resolved(OTHERS[n % 3], number=n % 2)
        if n % 3 and _is_reported(story, n % 2)
        else story.likeness_ended(OTHERS[n % 2])
    ),
    "link": lambda story, n: story.duplicate_linked(OTHERS[n % 2]),
    "absorb": lambda story, _: story.absorbed(
        OTHERS[0], bars=[Bar("rest", story.at + DAY)], claimants=["rest"], signers=["seller-7"]
    ),
    "take over": lambda story, _: story.absorbed(
        OTHERS[1],
        moved=True,
        contacts=[a_contact()],
        contracts=[Contract("HT-8", "first", story.at, story.at + 30 * DAY)],
        linked=[OTHERS[0]],
        different_from=[OTHERS[2]],
    ),
    "merge": lambda story, _: story.merged(OTHERS[0]),
    "merge away": lambda story, _: story.merged(OTHERS[0], moved=True),
}
OTHERS = [
    Story().registered(),
    Story().registered().claimed("first").review_passed(),
    Story().registered(),
]
# Which customer, which of the steps that its state allows, hours later.
steps = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(0, 200)), min_size=1, max_size=60
)
cuts = st.lists(st.integers(1, 12), min_size=1, max_size=20)


@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps, cuts=cuts)
def test_folding_in_any_batches_gives_the_same_rows(
    database: Database, steps: list[tuple[int, int, int]], cuts: list[int]
) -> None:
    entries = _log(steps)
    assert _folded(database, _cut(entries, cuts)) == _folded(database, [entries])


def test_folding_one_by_one_gives_the_same_rows_as_at_once(database: Database) -> None:
    entries = _thorough_log(320)
    assert {type(entry.event) for entry in entries} >= set(CUSTOMER_EVENTS)
    assert _folded(database, [[entry] for entry in entries]) == _folded(database, [entries])


def test_the_rows_say_what_the_aggregates_say(database: Database) -> None:
    entries = _thorough_log(320)
    rows = _folded(database, [entries])
    told = {row["customer_id"]: row for row in rows["customer_holdings"]}
    matters = {row["customer_id"]: row for row in rows["customer_matters"]}
    agenda = {row["customer_id"]: row for row in rows["agenda"]}
    approvals = {row["customer_id"]: row for row in rows["approvals"]}
    for customer in _aggregates(entries):
        row, own = told[str(customer.id)], matters.get(str(customer.id), {})
        for table in ("customer_holdings", "agenda", "approvals", "pool"):
            (found,) = (one for one in rows[table] if one["customer_id"] == str(customer.id))
            assert protection_of(found) == customer.protection
        assert {
            bar["member"]: datetime.fromisoformat(bar["until"]) for bar in row["bars"] or ()
        } == customer.bars
        assert row["merged_into"] == (customer.merged_into and str(customer.merged_into))
        contracts = msgspec.convert(own.get("contracts", {}), dict[str, Contract])
        assert contracts == customer.contracts
        still_open = {n: one for n, one in contracts.items() if one.status == "open"}
        kept = agenda[str(customer.id)]["contracts"] or {}
        assert msgspec.convert(kept, dict[str, Contract]) == still_open
        assert tuple(own.get("signers", ())) == customer.signers
        assert {UUID(one) for one in own.get("different_from", ())} == customer.different_from
        decided = approvals[str(customer.id)]
        assert set(decided["parties"] or ()) == customer.claimants | set(customer.signers)
        assert {UUID(one) for one in decided["linked"] or ()} == customer.linked
        assert {UUID(one) for one in decided["different_from"] or ()} == customer.different_from
        assert {report["number"] for report in own.get("reports", ())} == {
            number for number, report in customer.reports.items() if report.resolution is None
        }


class _Life:
    """A customer that takes only steps that its state allows."""

    def __init__(self) -> None:
        self.story = Story().registered()
        self.state = "registered"
        self.rivals = 0

    def step(self, choice: int, hours: int) -> list[Any]:
        allowed = list(NEXT_STEPS[self.state])
        return self.take(allowed[choice % len(allowed)], hours)

    def take(self, name: str, hours: int) -> list[Any]:
        self.story.then(timedelta(hours=hours))
        if name == "rival":
            self.rivals += 1
            rival = f"rival-{self.rivals}"
            party = a_party(self.story.id, rival, at=self.story.at)
            return [a_refusal(self.story.id, actor=rival, at=self.story.at), party]
        STEPS[name](self.story, hours)
        self.state = NEXT_STEPS[self.state][name] or self.state
        return self.taken()

    def taken(self) -> list[Any]:
        new, self.story.new = self.story.new, []
        return new


def _log(steps: list[tuple[int, int, int]]) -> list[LogEntry]:
    lives = [_Life() for _ in range(3)]
    events = _beginning(lives)
    for customer, choice, hours in steps:
        events += lives[customer].step(choice, hours)
    return _entries(events)


def _thorough_log(count: int) -> list[LogEntry]:
    """Lives that always take the step which was taken least so far; so every one is taken."""
    lives = [_Life() for _ in range(12)]
    events = _beginning(lives)
    taken: Counter[str] = Counter()
    for number in range(count):
        life = lives[number % len(lives)]
        name = min(NEXT_STEPS[life.state], key=lambda step: taken[step])
        # A merge ends a life, so one of each kind is enough.
        taken[name] += 1_000 if name.startswith("merge") else 1
        events += life.take(name, number % 50)
    return _entries(events)


def _beginning(lives: list[_Life]) -> list[Any]:
    joined = a_member("zhang")
    events: list[Any] = [joined, a_leave(joined, START + DAY), a_member("stays")]
    for life in lives:
        events += [*life.taken(), an_identity(life.story)]
    return events


def _entries(events: list[Any]) -> list[LogEntry]:
    return [
        LogEntry(position, START, type(event).TOPIC, event)
        for position, event in enumerate(events, start=1)
    ]


def _aggregates(entries: list[LogEntry]) -> list[Any]:
    """Every customer of the log, as its own events make it."""
    folded: dict[UUID, Any] = {}
    for entry in entries:
        if isinstance(entry.event, CustomerEvent):
            stream = entry.event.originator_id
            folded[stream] = entry.event.mutate(folded.get(stream))
    return list(folded.values())


def _is_reported(story: Story, number: int) -> bool:
    return any(type(e) is DuplicateReported and e.number == number for e in story.events)


def _number(story: Story) -> str:
    """The contract that was drawn last."""
    drawn = [event for event in story.events if isinstance(event, ContractDrawn)]
    return str(drawn[-1].number)


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
