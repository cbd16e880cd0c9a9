"""The board of a department reads indexes alone, however many customers the others hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eventstore.connections import Database
from projections import board
from projections.board import Wanted
from tests.projections.plans import plan_of

CUSTOMERS, SELLERS, DEPARTMENTS = 60_000, 200, 40
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
WEEK = NOW + timedelta(days=7)


@pytest.fixture(scope="module")
def filled(database_url: str) -> Iterator[Database]:
    """200 sellers in 40 departments hold 300 customers each; every fifth is formal for good, and
    every tenth after-sales' as a group."""
    database = Database(database_url)
    with database.transaction() as cursor:
        cursor.execute("SET LOCAL search_path TO views")
        cursor.execute(
            "INSERT INTO customers SELECT gen_random_uuid(), 'enterprise', 'name ' || n, '', '',"
            " '{}', '', 'open', '', '{}', NULL, now(), 'li' FROM generate_series(1, %s) AS n",
            (CUSTOMERS,),
        )
        cursor.execute(
            "INSERT INTO customer_holdings (customer_id, protection, pool_from, holder, department,"
            " holder_group, stage, version, position) SELECT customer_id,"
            " jsonb_build_object('holder', 'seller-' || n %% %(sellers)s, 'stage', 'potential',"
            " 'claimed_at', %(now)s, 'since', %(now)s, 'in_force_since', null, 'until', null,"
            " 'review_due', null, 'corrections', 0, 'rulebook', '1'),"
            " CASE WHEN n %% 5 > 0 THEN %(now)s::timestamptz + n %% 997 * interval '1 hour' END,"
            " CASE WHEN n %% 10 > 0 THEN 'seller-' || n %% %(sellers)s END,"
            " CASE WHEN n %% 10 > 0 THEN 'department-' || n %% %(departments)s END,"
            " CASE WHEN n %% 10 = 0 THEN 'after-sales' END,"
            " CASE WHEN n %% 5 > 0 THEN 'potential' ELSE 'formal' END, 1, 1"
            " FROM (SELECT customer_id, row_number() OVER () AS n FROM customers) AS numbered",
            {"now": NOW, "sellers": SELLERS, "departments": DEPARTMENTS},
        )
    with database.autocommit() as cursor:
        # Only what is on the disk is known to be seen by everybody, as indexes alone need it.
        for table in ("customers", "customer_holdings"):
            cursor.execute("CHECKPOINT")
            cursor.execute(f"VACUUM ANALYZE views.{table}")
        cursor.execute("CHECKPOINT")
        cursor.execute("VACUUM views.customer_holdings")
    yield database
    database.close()


DEPARTMENT = Wanted(departments=["department-3", "department-7"])
QUESTIONS: dict[str, Callable[[Any], object]] = {
    "a department": lambda cursor: board.held(cursor, DEPARTMENT, now=NOW),
    "a department and the group": lambda cursor: board.held(
        cursor, Wanted(departments=DEPARTMENT.departments, group="after-sales"), now=NOW
    ),
    "a seller": lambda cursor: board.held(cursor, Wanted(member="seller-3"), now=NOW),
    "everybody": lambda cursor: board.held(cursor, Wanted(), now=NOW),
    "a stage": lambda cursor: board.held(
        cursor, Wanted(departments=["department-3"], stage="formal"), now=NOW
    ),
    "load of a department": lambda cursor: board.load(cursor, DEPARTMENT, now=NOW, before=WEEK),
    "load of everybody": lambda cursor: board.load(cursor, Wanted(), now=NOW, before=WEEK),
    "the week of a department": lambda cursor: board.falling(
        cursor, DEPARTMENT, now=NOW, before=WEEK
    ),
    "the week of everybody": lambda cursor: board.falling(cursor, Wanted(), now=NOW, before=WEEK),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_of_the_board_reads_the_whole_table(filled: Database, question: str) -> None:
    plan = plan_of(filled, QUESTIONS[question])
    assert "Seq Scan on customer_holdings" not in plan, plan
    assert "Seq Scan on customers" not in plan, plan
    assert "Index Only Scan" in plan, plan


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_look_at_the_board_takes_milliseconds(filled: Database, question: str) -> None:
    """A bound so wide that only a scan of everything would miss it."""
    seconds = []
    with filled.autocommit() as cursor:
        for _ in range(5):
            before = time.perf_counter()
            QUESTIONS[question](cursor)
            seconds.append(time.perf_counter() - before)
    assert min(seconds) < 0.05
