"""Rows go into a table and come out as they were, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.events import Product
from domain.protection import Leaving
from eventstore.connections import Database
from projections.customer_rows import load_customers
from projections.rows import Table

DDL = """
CREATE TEMP TABLE samples (
    customer_id uuid PRIMARY KEY, number integer NOT NULL, text text, at timestamptz,
    other uuid, words text[] NOT NULL, numbers integer[] NOT NULL, facts jsonb, rows jsonb,
    others uuid[] NOT NULL, leaving jsonb, products jsonb NOT NULL, by_name jsonb
)
"""


class Sample(msgspec.Struct):
    customer_id: UUID
    number: int
    text: str | None
    at: datetime | None
    other: UUID | None
    words: list[str]
    numbers: list[int]
    facts: dict[str, Any] | None
    rows: list[dict[str, str]] | None
    others: list[UUID]
    leaving: Leaving | None
    products: list[Product]
    by_name: dict[str, Product] | None


SAMPLES = Table("samples", Sample, ("customer_id",))
# What PostgreSQL's text can hold: everything but NUL and lone surrogates.
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
awkward = st.sampled_from(["None", r"\N", r"\.", "\t", "\n", "\r\n", "\\", '"', "{}", "NULL", ""])
text = texts | awkward | st.builds(str.__add__, awkward, texts)
instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
leavings = st.builds(
    Leaving, at=instants, by=text, to=st.none() | text, department=st.none() | text, reason=text
)
products = st.builds(
    Product, text, st.integers(1, 10**9), st.none() | st.decimals(0, 10**9, places=2)
)
samples = st.builds(
    Sample,
    customer_id=st.uuids(),
    number=st.integers(-(2**31), 2**31 - 1),
    text=st.none() | text,
    at=st.none() | instants,
    other=st.none() | st.uuids(),
    words=st.lists(text, max_size=4),
    numbers=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4),
    facts=st.none() | st.dictionaries(text, text | st.none() | st.integers(-9, 9), max_size=3),
    rows=st.none() | st.lists(st.dictionaries(text, text, max_size=2), max_size=2),
    others=st.lists(st.uuids(), max_size=3),
    leaving=st.none() | leavings,
    products=st.lists(products, max_size=3),
    by_name=st.none() | st.dictionaries(text, products, max_size=2),
)


@pytest.fixture
def cursor(database: Database) -> Iterator[Any]:
    with database.transaction() as cursor:
        cursor.execute(DDL)
        yield cursor


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(samples, max_size=5, unique_by=lambda sample: sample.customer_id))
def test_rows_come_out_of_a_copy_as_they_went_in(cursor: Any, rows: list[Sample]) -> None:
    cursor.execute("TRUNCATE samples")
    SAMPLES.insert(cursor, rows)
    assert _stored(cursor, rows) == {row.customer_id: row for row in rows}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(samples, samples)
def test_rows_come_out_of_an_update_as_they_went_in(
    cursor: Any, first: Sample, second: Sample
) -> None:
    cursor.execute("TRUNCATE samples")
    other = msgspec.structs.replace(first, customer_id=uuid4())
    SAMPLES.insert(cursor, [first, other])
    changed = msgspec.structs.replace(second, customer_id=first.customer_id)
    SAMPLES.update(cursor, [changed])
    expected = {first.customer_id: changed, other.customer_id: other}
    assert _stored(cursor, [first, other]) == expected


def test_nul_is_left_out_of_texts_arrays_and_json(cursor: Any) -> None:
    row = Sample(
        customer_id=uuid4(),
        number=1,
        text="No\x00ne",
        at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=1),
        other=None,
        words=["a\x00b"],
        numbers=[],
        facts={"k\x00": ["v\x00", r"\u0000"]},
        rows=[{"a": "\x00"}],
        others=[],
        leaving=None,
        products=[Product("a\x00b", 1, None)],
        by_name=None,
    )
    cleaned = msgspec.structs.replace(
        row,
        text="None",
        words=["ab"],
        facts={"k": ["v", r"\u0000"]},
        rows=[{"a": ""}],
        products=[Product("ab", 1, None)],
    )
    SAMPLES.insert(cursor, [row])
    assert _stored(cursor, [row]) == {row.customer_id: cleaned}
    SAMPLES.update(cursor, [row])
    assert _stored(cursor, [row]) == {row.customer_id: cleaned}


def _stored(cursor: Any, rows: list[Sample]) -> dict[UUID, Sample]:
    return load_customers(cursor, SAMPLES, [row.customer_id for row in rows])
