"""However the log is cut into batches, the rows of every view are the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.contract import Contract
from domain.events import CustomerEvent
from eventstore.connections import Database
from projections.catalogue import ALL
from projections.holding import CUSTOMER_EVENTS, protection_of
from projections.view import LogBatch, LogEntry, View
from tests.projections.lives import random_log, thorough_log

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
    entries = random_log(steps)
    assert _folded(database, _cut(entries, cuts)) == _folded(database, [entries])


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps, cuts=cuts)
def test_folding_stream_by_stream_gives_the_same_rows(
    database: Database, steps: list[tuple[int, int, int]], cuts: list[int]
) -> None:
    views = [view for view in ALL if view.OTHERS is not None]
    entries = random_log(steps)
    by_stream = sorted(
        entries, key=lambda entry: (entry.event.originator_id, entry.event.originator_version)
    )
    found = _folded(database, _cut(by_stream, cuts), views)
    assert found == _folded(database, [entries], views)


def test_folding_one_by_one_gives_the_same_rows_as_at_once(database: Database) -> None:
    entries = thorough_log(320)
    assert {type(entry.event) for entry in entries} >= set(CUSTOMER_EVENTS)
    assert _folded(database, [[entry] for entry in entries]) == _folded(database, [entries])


def test_the_rows_say_what_the_aggregates_say(database: Database) -> None:
    entries = thorough_log(320)
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
        openers = {dispute.opener for dispute in customer.disputes.values()}
        parties = customer.claimants | set(customer.signers) | openers
        assert set(decided["parties"] or ()) == parties
        waiting = {dispute["number"] for dispute in decided["disputes"] or ()}
        if customer.merged_into is None:
            assert waiting == {dispute.number for dispute in customer.open_disputes}
        assert {UUID(one) for one in decided["linked"] or ()} == customer.linked
        assert {UUID(one) for one in decided["different_from"] or ()} == customer.different_from
        assert {report["number"] for report in own.get("reports", ())} == {
            number for number, report in customer.reports.items() if report.resolution is None
        }


def _aggregates(entries: list[LogEntry]) -> list[Any]:
    """Every customer of the log, as its own events make it."""
    folded: dict[UUID, Any] = {}
    for entry in entries:
        if isinstance(entry.event, CustomerEvent):
            stream = entry.event.originator_id
            folded[stream] = entry.event.mutate(folded.get(stream))
    return list(folded.values())


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


def _folded(
    database: Database, batches: Sequence[list[LogEntry]], views: Sequence[View] = ALL
) -> dict[str, list[Any]]:
    """Rows of every table of the views, folded in a transaction that is then undone."""
    rows: dict[str, list[Any]] = {}
    try:
        with database.transaction() as cursor:
            cursor.execute("SET LOCAL search_path TO views")
            for batch in batches:
                for view in views:
                    view.fold(cursor, LogBatch(batch))
            for table in (table for view in views for table in view.TABLES):
                cursor.execute(f"SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text")
                rows[table] = [row for (row,) in cursor]
            raise _Undone
    except _Undone:
        return rows
