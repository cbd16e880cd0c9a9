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
    finish: Callable[[R], None] | None = None,
) -> None:
    """Fold a table of one row a customer: one SELECT, one INSERT and one UPDATE a batch.

    begins, begin: the event that makes a row, the first of its stream. changes: what each other
    event does to the row; an event that is not named does nothing. finish: what is done to a row
    that changed before it is written, once, however many events changed it.
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
            _apply(row, steps, finish)
        elif steps:
            touched[customer_id] = steps
    kept = load_customers(cursor, table, touched)
    for customer_id, steps in touched.items():
        _apply(kept[customer_id], steps, finish)
    table.insert(cursor, new)
    table.update(cursor, kept.values())


def joined(*parts: Mapping[type[Any], Change[R]]) -> Mapping[type[Any], Change[R]]:
    """What an event does by each of `parts`, in their order, as one change."""

    def change_of(steps: Sequence[Change[R]]) -> Change[R]:
        def changed(row: R, entry: LogEntry) -> None:
            for step in steps:
                step(row, entry)

        return changed

    found: dict[type[Any], list[Change[R]]] = {}
    for part in parts:
        for kind, step in part.items():
            found.setdefault(kind, []).append(step)
    return {
        kind: steps[0] if len(steps) == 1 else change_of(steps) for kind, steps in found.items()
    }


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
        columns=sql.SQL(", ").join(table.selected[column] for column in columns),
        table=sql.Identifier(table.name),
        condition=condition,
    )
    cursor.execute(query, (ids(asked),))
    make: Callable[..., R] = table.row
    decoders = [(columns.index(column), decode) for column, decode in table.decoders.items()]
    rows: dict[UUID, R] = {}
    for nth, *values in cursor:
        for place, decode in decoders:
            if values[place] is not None:
                values[place] = decode(values[place])
        customer_id = asked[nth - 1]
        rows[customer_id] = make(customer_id=customer_id, **dict(zip(columns, values, strict=True)))
    return rows


def _apply(
    row: R, steps: Sequence[tuple[Change[R], LogEntry]], finish: Callable[[R], None] | None
) -> None:
    if steps:
        for change, entry in steps:
            change(row, entry)
        if finish is not None:
            finish(row)
