"""A page of the pool reads an index and looks up its own rows, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from eventstore.connections import Database
from projections import pool
from tests.projections.plans import plan_of

CUSTOMERS = 40_000
PAGES = 100
LIMIT = 40
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
SORTS: tuple[pool.Sort, ...] = ("since", "name", "industry", "last_holder")


@pytest.fixture(scope="module")
def filled(database_url: str) -> Iterator[Database]:
    """40,000 customers, of which every third is held; nothing lies in the order of anything."""
    database = Database(database_url)
    with database.transaction() as cursor:
        cursor.execute("SET LOCAL search_path TO views")
        cursor.execute(
            "INSERT INTO pool (customer_id, name, name_key, address, industry, pool_from,"
            " last_hands) SELECT gen_random_uuid(), key, key, '上海市', 'industry ' || n %% 40,"
            " %(now)s::timestamptz + CASE WHEN n %% 3 = 0 THEN 1 ELSE -1 END"
            " * (n * 7919 %% 100003 + 1) * interval '1 second',"
            " CASE WHEN n %% 4 = 0 THEN '' ELSE 'seller-' || n * 31 %% 200 END"
            " FROM (SELECT n, md5(n::text) AS key FROM generate_series(1, %(customers)s) AS n)"
            " AS numbered",
            {"now": NOW, "customers": CUSTOMERS},
        )
    with database.autocommit() as cursor:
        # Only what is on the disk is known to be seen by everybody, as indexes alone need it.
        cursor.execute("CHECKPOINT")
        cursor.execute("VACUUM ANALYZE views.pool")
        cursor.execute("CHECKPOINT")
        cursor.execute("VACUUM views.pool")
    yield database
    database.close()


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("industry", [None, "industry 7"])
@pytest.mark.parametrize("sort", SORTS)
def test_no_order_of_the_pool_reads_the_whole_table(
    filled: Database, sort: pool.Sort, industry: str | None, descending: bool
) -> None:
    def ask(cursor: Any) -> object:
        return pool.in_pool(cursor, now=NOW, sort=sort, industry=industry, descending=descending)

    plan = plan_of(filled, ask)
    assert "Seq Scan on pool" not in plan, plan


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", SORTS)
def test_the_hundredth_page_of_the_pool_reads_as_little_as_the_first(
    filled: Database, sort: pool.Sort, descending: bool
) -> None:
    asked: dict[str, Any] = {"now": NOW, "sort": sort, "descending": descending, "limit": LIMIT}
    after = None
    with filled.autocommit() as cursor:
        for _ in range(PAGES - 1):
            after = pool.in_pool(cursor, after=after, **asked).next
    first, last = (
        _blocks(filled, lambda cursor, at=at: pool.in_pool(cursor, after=at, **asked))
        for at in (None, after)
    )
    assert after is not None
    assert last <= 1.5 * first + 10
    assert last < CUSTOMERS / 100


def _blocks(database: Database, ask: Any) -> int:
    """How many blocks a question touches."""
    plan = plan_of(database, ask, "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF)")
    told = next(line for line in plan.splitlines() if "Buffers: shared" in line)
    return sum(int(part.split("=")[1]) for part in told.split() if "=" in part)
