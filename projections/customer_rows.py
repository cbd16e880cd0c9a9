"""Tables of one row a customer: loaded, folded in memory and written once a batch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from projections.rows import Table, ids
from projections.view import LogBatch, LogEntry

R = TypeVar("R")
Change = Callable[[R, LogEntry], None]


def fold_customers(
    cursor: Cursor,
    table: Table[R],
    batch: LogBatch,
    *,
    begins: type[Any],
    begin: Callable[[LogEntry], R],
    changes: Mapping[type[Any], Change[R]],
) -> None:
    """Fold a table of one row a customer: one SELECT, one INSERT and one UPDATE a batch.

    begins, begin: the event that makes a row, the first of its stream. changes: what each other
    event does to the row; an event that is not named does nothing.
    """
    new: list[R] = []
    touched: dict[UUID, list[tuple[Change[R], LogEntry]]] = {}
    for customer_id, entries in batch.customers.items():
        steps = [
            (change, entry)
            for entry in entries
            if (change := changes.get(type(entry.event))) is not None
        ]
        if type(entries[0].event) is begins:
            row = begin(entries[0])
            new.append(row)
            _apply(row, steps)
        elif steps:
            touched[customer_id] = steps
    kept = load_customers(cursor, table, touched)
    for customer_id, steps in touched.items():
        _apply(kept[customer_id], steps)
    table.insert(cursor, new)
    table.update(cursor, kept.values())


def load_customers(
    cursor: Cursor,
    table: Table[R],
    customer_ids: Collection[UUID],
    *,
    condition: sql.Composable = sql.SQL("true"),
) -> dict[UUID, R]:
    """The rows of these customers for which `condition` holds, one each at most.

    They are told apart by their place in the question, which spares making ids of text.
    """
    if not customer_ids:
        return {}
    asked = list(customer_ids)
    columns = [column for column in table.columns if column != "customer_id"]
    query = sql.SQL(
        "SELECT nth, {columns} FROM unnest(%s::uuid[]) WITH ORDINALITY AS asked (customer_id, nth)"
        " JOIN {table} USING (customer_id) WHERE {condition}"
    ).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        table=sql.Identifier(table.name),
        condition=condition,
    )
    cursor.execute(query, (ids(asked),))
    make: Callable[..., R] = table.row
    rows: dict[UUID, R] = {}
    for nth, *values in cursor:
        customer_id = asked[nth - 1]
        rows[customer_id] = make(customer_id=customer_id, **dict(zip(columns, values, strict=True)))
    return rows


def _apply(row: R, steps: Sequence[tuple[Change[R], LogEntry]]) -> None:
    for change, entry in steps:
        change(row, entry)
