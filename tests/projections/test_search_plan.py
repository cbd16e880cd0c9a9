"""Search goes through its index, however many names there are."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from eventstore.connections import Database
from projections import customer_search
from projections.customers import NAMES, NameRow
from tests.projections.plans import plan_of
from tests.projections.stories import START

CUSTOMERS = 50_000
EVERY = 2_000
WANTED = CUSTOMERS // EVERY
COMMON = "机械"
"""In half of the names, which lie together: those that were registered last."""


@pytest.fixture(scope="module")
def filled(database_url: str) -> Iterator[Database]:
    """A database with 50,000 names, of which 25 hold the two characters, and half the common."""
    database = Database(database_url)
    rng = random.Random(1)
    # Characters that are none of those that are searched for.
    characters = [chr(0x4E00 + n) for n in range(1500) if chr(0x4E00 + n) not in "春意" + COMMON]
    rows = []
    for number in range(CUSTOMERS):
        trade = "".join(rng.choices(characters, k=4))
        if number % EVERY == 7:
            trade = "春意" + trade
        if number >= CUSTOMERS // 2:
            trade += COMMON
        key = f"{rng.choice(['上海', '北京市', '苏州市'])}{trade}科技有限公司"
        rows.append(NameRow(UUID(int=number + 1), key, trade + "科技", START))
    with database.transaction() as cursor:
        cursor.execute("SET LOCAL search_path TO views")
        NAMES.insert(cursor, rows)
        cursor.execute(
            "INSERT INTO customers SELECT customer_id, 'enterprise', name_key, '', '', %s, '',"
            " 'open', '', '{}', NULL, now(), 'li' FROM customer_names",
            (json.dumps({"topic": "", "field": "", "subject": str(UUID(int=1)), "box": ""}),),
        )
        cursor.execute(
            "INSERT INTO customer_holdings (customer_id, pool_from, version, position)"
            " SELECT customer_id, now(), 1, 1 FROM customer_names"
        )
    with database.autocommit() as cursor:
        cursor.execute("VACUUM ANALYZE views.customer_names")
        cursor.execute("ANALYZE views.customers; ANALYZE views.customer_holdings")
    yield database
    database.close()


def test_the_collision_check_uses_the_index_over_grams(filled: Database) -> None:
    def ask(cursor: Any) -> None:
        customer_search.collisions(cursor, now=datetime.now(UTC), name="春意")

    plan = plan_of(filled, ask)
    assert "Bitmap Index Scan on customer_names_by_gram" in plan
    # Common names are found among the few rows of a sample, the others in the index.
    assert plan.count("Sample Scan on customer_names") == 1
    assert "Seq Scan on customer_names" not in plan


def test_what_very_many_hold_is_found_among_few_wherever_they_lie(filled: Database) -> None:
    def ask(cursor: Any) -> None:
        customer_search.collisions(cursor, now=datetime.now(UTC), name=COMMON)

    plan = plan_of(filled, ask, "EXPLAIN (ANALYZE)")
    whole = [
        line
        for line in plan.splitlines()
        if "Seq Scan on customer_names" in line or "_gram" in line
    ]
    assert whole
    assert all("never executed" in line for line in whole)


def test_a_list_filtered_by_name_uses_the_index_over_grams(filled: Database) -> None:
    def ask(cursor: Any) -> None:
        customer_search.customers(cursor, now=datetime.now(UTC), name="春意")

    plan = plan_of(filled, ask)
    assert "Bitmap Index Scan on customer_names_by_gram" in plan
    assert "Seq Scan on customer_names" not in plan


@pytest.mark.clause("S1-022", "S1-298")
def test_two_characters_find_all_that_hold_them_among_very_many(filled: Database) -> None:
    with filled.autocommit() as cursor:
        found, _ = customer_search.collisions(cursor, now=datetime.now(UTC), name="春意", limit=100)
        page = customer_search.customers(cursor, now=datetime.now(UTC), name="春意", limit=100)
    assert len(found) == len(page.items) == WANTED
    assert all("春意" in collision.name for collision in found)


@pytest.mark.parametrize("name", ["春意", "科技", "有限", "上海", "意", "不存在"])
def test_a_search_takes_milliseconds(filled: Database, name: str) -> None:
    """A bound so wide that only a scan of everything would miss it: see the benchmarks."""
    seconds = []
    with filled.autocommit() as cursor:
        for _ in range(5):
            before = time.perf_counter()
            customer_search.collisions(cursor, now=datetime.now(UTC), name=name)
            seconds.append(time.perf_counter() - before)
    assert min(seconds) < 0.05
