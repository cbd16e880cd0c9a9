"""Every question to the audit goes through an index in the order of the log, however long it is."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from eventstore.connections import Database
from projections import audit
from tests.projections.plans import plan_of
from tests.projections.stories import START

EVENTS = 60_000
PAGES = 100
HOUR = timedelta(hours=1)
RARE = "rulebook.version_adopted"


@pytest.fixture(scope="module")
def filled(database_url: str) -> Iterator[Database]:
    """60,000 events over a hundred days. What is asked for lies at the end or is nowhere."""
    database = Database(database_url)
    with database.transaction() as cursor:
        cursor.execute(
            """
            INSERT INTO views.audit
            SELECT n, gen_random_uuid(), 1,
                CASE WHEN mod(n, 4) = 0 THEN 'refusal.recorded' WHEN n > %(last)s THEN %(rare)s
                    WHEN mod(n, 4) = 1 THEN 'customer.claimed' ELSE 'customer.followed_up' END,
                %(start)s + n * %(step)s, %(start)s + n * %(step)s,
                CASE WHEN n > %(last)s THEN 'late' ELSE 'seller-' || mod(n, 20) END,
                md5((mod(n, 1000))::text)::uuid, NULL,
                CASE WHEN mod(n, 4) = 0 THEN CASE WHEN n > %(last)s THEN 'barred'
                    ELSE 'already-protected' END END,
                NULL, NULL, 'zh', 'en', '{}'
            FROM generate_series(1, %(events)s) AS n
            """,
            {
                "events": EVENTS,
                "last": EVENTS - 100,
                "rare": RARE,
                "start": START,
                "step": timedelta(days=100) / EVENTS,
            },
        )
        cursor.execute(
            "INSERT INTO views.audit_days SELECT (at AT TIME ZONE 'UTC')::date, min(position),"
            " max(position) FROM views.audit GROUP BY 1"
        )
    with database.autocommit() as cursor:
        cursor.execute("VACUUM ANALYZE views.audit")
        cursor.execute("ANALYZE views.audit_days")
    yield database
    database.close()


FILTERS: dict[str, dict[str, Any]] = {
    "actor": {"actor": "late"},
    "topic": {"topic": RARE},
    "rule": {"rule": "barred"},
    "span": {"start": START + timedelta(days=80), "end": START + timedelta(days=80, hours=1)},
    "customer": {"customer_id": UUID("c4ca4238-a0b9-2382-0dcc-509a6f75849b")},
}
COMMON: dict[str, dict[str, Any]] = {
    "actor": {"actor": "seller-1"},
    "topic": {"topic": "customer."},
    "rule": {"rule": "already-protected"},
    "span": {"start": START + timedelta(days=10)},
    "customer": FILTERS["customer"],
}
COMBINATIONS = [
    chosen for size in range(len(FILTERS) + 1) for chosen in itertools.combinations(FILTERS, size)
]


def _asked(filters: dict[str, dict[str, Any]], chosen: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for one in chosen for name, value in filters[one].items()}


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest", "newest"])
@pytest.mark.parametrize("chosen", COMBINATIONS, ids="+".join)
def test_no_combination_of_filters_reads_the_whole_audit(
    filled: Database, chosen: tuple[str, ...], newest_first: bool
) -> None:
    for filters in (FILTERS, COMMON):
        asked = _asked(filters, chosen)
        plan = _plan(filled, newest_first=newest_first, **asked)
        assert "Seq Scan on audit" not in [line.strip(" ->").split("  ")[0] for line in plan]
        read = _rows_read(plan)
        # A day has 2,000 events; a customer 200; a page of each topic 51.
        assert read <= 1_000, "\n".join(plan)


@pytest.mark.parametrize("asked", [{}, *COMMON.values()], ids=["all", *COMMON])
def test_the_hundredth_page_costs_what_the_first_costs(
    filled: Database, asked: dict[str, Any]
) -> None:
    first = _rows_read(_plan(filled, **asked))
    with filled.autocommit() as cursor:
        page, pages = audit.audit(cursor, limit=2, **asked), 1
        while page.next is not None and pages < PAGES:
            page, pages = audit.audit(cursor, limit=2, after=page.next, **asked), pages + 1
    last = _rows_read(_plan(filled, after=page.next or (str(EVENTS),), **asked))
    assert last <= first * 1.1


def test_a_page_takes_milliseconds(filled: Database) -> None:
    """A bound so wide that only a scan of everything would miss it."""
    with filled.autocommit() as cursor:
        for chosen in COMBINATIONS:
            seconds = []
            for _ in range(3):
                before = time.perf_counter()
                audit.audit(cursor, **_asked(FILTERS, chosen))
                seconds.append(time.perf_counter() - before)
            assert min(seconds) < 0.05, chosen


def test_a_span_holds_what_took_effect_in_it_when_ever_it_was_recorded(filled: Database) -> None:
    start = START + timedelta(days=50)
    with filled.autocommit() as cursor:
        cursor.execute(
            "SELECT count(*) FROM views.audit WHERE at >= %s AND at < %s", (start, start + HOUR)
        )
        expected = cursor.fetchone()[0]
        page = audit.audit(cursor, start=start, end=start + HOUR, limit=500)
    assert expected == len(page.items) > 20
    assert all(start <= entry.at < start + HOUR for entry in page.items)


def test_a_span_without_events_is_empty(filled: Database) -> None:
    far = datetime.max.replace(tzinfo=START.tzinfo)
    with filled.autocommit() as cursor:
        assert audit.audit(cursor, start=far - HOUR, end=far).items == []
        assert audit.audit(cursor, end=START - timedelta(days=400)).items == []


def _plan(database: Database, **asked: Any) -> list[str]:
    """How PostgreSQL answered the statement that `asked` sends."""
    explain = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)"
    return plan_of(database, lambda cursor: audit.audit(cursor, **asked), explain).splitlines()


def _rows_read(plan: list[str]) -> float:
    """Rows of the table that its scans gave or threw away."""
    read = 0.0
    for number, line in enumerate(plan):
        if " on audit " not in line + " " and " on audit audit_1 " not in line + " ":
            continue
        if "Bitmap Index" in line:
            continue
        rows, loops = _told(line, "rows="), _told(line, "loops=")
        for below in itertools.takewhile(_is_no_node, plan[number + 1 :]):
            if "Rows Removed by" in below:
                rows += float(below.rpartition(" ")[2])
        read += rows * loops
    return read


def _is_no_node(line: str) -> bool:
    return "->" not in line


def _told(line: str, name: str) -> float:
    return float(line.partition(name)[2].split()[0].rstrip(")")) if name in line else 0.0
