"""Answers of views: rows with the position that they are true at, in pages by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Generic, TypeVar

import psycopg2.errors
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

from domain import names
from domain.protection import AFTER_SALES
from projections.positions import ViewLagging, positions_of

Item = TypeVar("Item")
After = Sequence[Any]
LIMIT_MAX: Final = 500
IN_POOL: Final = SQL("pool_from <= %(now)s")
"""Nobody holds the row's customer at the instant `now` (see `projections.holding`)."""
HELD: Final = SQL("(stage IS NOT NULL AND (pool_from IS NULL OR pool_from > %(now)s))")
"""Somebody holds the row's customer at the instant `now`."""
HOLDER: Final = SQL("CASE WHEN passes_at <= %(now)s THEN passes_to ELSE holder END")
"""Who holds the row's customer at the instant `now`, if anybody does; null: a group."""
# The indexes tell candidates: whose it was, or is to be; the instant decides between them.
HELD_BY: Final = SQL(
    "((holder = %(holder)s OR passes_at IS NOT NULL AND passes_to = %(holder)s)"
    " AND {} = %(holder)s AND {})"
).format(HOLDER, HELD)
"""The member `holder` holds the row's customer at the instant `now`."""
HELD_BY_GROUP: Final = SQL(
    "((holder_group = %(group)s OR passes_at IS NOT NULL AND passes_to IS NULL)"
    " AND CASE WHEN passes_at <= %(now)s"
    " THEN passes_to IS NULL AND %(group)s = {after_sales} ELSE holder_group = %(group)s END"
    " AND {held})"
).format(after_sales=Literal(AFTER_SALES), held=HELD)
"""The group `group` holds the row's customer at the instant `now`."""
DEPARTMENT: Final = SQL(
    "CASE WHEN passes_at <= %(now)s THEN protection -> 'leaving' ->> 'department'"
    " ELSE department END"
)
"""The department of who holds the row's customer at the instant `now`."""
IN_DEPARTMENTS: Final = SQL(
    "(%(departments)s::text[] IS NULL OR {} = ANY (%(departments)s::text[]))"
)
"""A department is one of `departments`, where those limit the question at all."""
IN_REGION: Final = SQL(
    "(starts_with(name_key, %(region)s) OR starts_with(address, %(region_typed)s))"
)
"""The name or the address of the row's customer begins with the region asked for (S1-018)."""
_WITH_POSITION: Final = SQL(
    "SELECT told.is_ours, told.position, asked.* FROM (SELECT"
    " coalesce(bool_and(stored.version = ours.version), false) AS is_ours,"
    " coalesce(min(stored.position), 0) AS position"
    " FROM unnest(%(views)s::text[], %(versions)s::integer[]) AS ours (view, version)"
    " LEFT JOIN views.positions AS stored USING (view)) AS told"
    " LEFT JOIN LATERAL ({query}) AS asked ON true"
)
_STRANGE: Final = (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn)
"""What a question meets in tables of another version."""


def region_parameters(region: str | None) -> dict[str, str]:
    """The parameters of `IN_REGION`."""
    return {"region": names.normalise(region or ""), "region_typed": (region or "").strip()}


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order.

    next: what the next page begins behind; None on the last page. position: the place in the log
    at which the page is true.
    """

    items: list[Item]
    next: tuple[str, ...] | None
    position: int


def ask(
    cursor: Cursor, views: Sequence[str], query: Composable, parameters: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], int]:
    """Rows of `query` and the position of `views`, from one snapshot: one statement, one trip.

    query: a SELECT whose first column is never null. Where it reads several views, the position
    is that of the one furthest behind. Raises ViewLagging where the tables of one are of another
    version than this program's: nothing is answered from those.
    """
    versions = [_versions()[view] for view in views]
    asked = {**parameters, "views": list(views), "versions": versions}
    try:
        cursor.execute(_WITH_POSITION.format(query=query), asked)
    except _STRANGE as error:
        if not cursor.connection.autocommit:
            raise
        require_ours(cursor, views, error)
        raise
    found = cursor.fetchall()
    columns = [column.name for column in cursor.description or ()][2:]
    if not found[0][0]:
        require_ours(cursor, views)
    rows = [dict(zip(columns, row[2:], strict=True)) for row in found if row[2] is not None]
    return rows, found[0][1]


def require_ours(cursor: Cursor, views: Sequence[str], cause: Exception | None = None) -> None:
    """Raise ViewLagging for a view whose tables are of another version: all that they had told
    is still to be folded anew. What asks in a transaction asks this first, since after an error it
    could ask nothing more."""
    stored = positions_of(cursor, views)
    for view in views:
        if view not in stored or stored[view].version != _versions()[view]:
            raise ViewLagging(view, stored[view].position if view in stored else 0) from cause


@cache
def _versions() -> Mapping[str, int]:
    """The version that this program knows of each view. The catalogue is imported late: its views
    import this module."""
    from projections.catalogue import ALL

    return {view.NAME: view.VERSION for view in ALL}


class Order:
    """An order in which no two rows are equal: SQL expressions and their types, the last of them a
    key. Pages go by it: one begins behind the values that the last row of another had."""

    def __init__(self, *keys: tuple[str, str]) -> None:
        self._keys = [SQL(expression) for expression, _ in keys]
        self._given = SQL(", ").join(
            SQL("%(after_" + str(place) + ")s::" + kind) for place, (_, kind) in enumerate(keys)
        )
        self.columns = SQL(", ").join(
            SQL("({})::text AS {}").format(key, Identifier(f"after_{place}"))
            for place, key in enumerate(self._keys)
        )

    def behind(self, *, descending: bool) -> Composed:
        """The condition that a row comes after the given values."""
        sign = SQL("<" if descending else ">")
        return SQL("({}) {} ({})").format(SQL(", ").join(self._keys), sign, self._given)

    def by(self, *, descending: bool) -> Composed:
        """What to ORDER BY."""
        direction = SQL(" DESC" if descending else " ASC")
        return SQL(", ").join(key + direction for key in self._keys)

    def values(self, row: dict[str, Any]) -> tuple[str, ...]:
        """Take the values of `columns` out of a row."""
        return tuple(row.pop(f"after_{place}") for place in range(len(self._keys)))


def ask_page(
    cursor: Cursor,
    views: Sequence[str],
    columns: Composable,
    source: Composable,
    *,
    order: Order,
    make: Callable[[dict[str, Any]], Item],
    parameters: Mapping[str, Any],
    conditions: Sequence[object] = (),
    descending: bool = False,
    limit: int,
    after: After | None,
) -> Page[Item]:
    """One page of `columns` from `source`, of the rows for which every condition holds.

    conditions: those that are no SQL are left out. make: an item from its row.

    The planner cannot see the limit, for which it would bet on meeting enough rows early in the
    order asked for; where those that match lie elsewhere, that reads the whole table.
    """
    wanted = max(1, min(limit, LIMIT_MAX))
    query = SQL(
        "SELECT {columns}, {keys} FROM {source} {where} ORDER BY {by} LIMIT (SELECT %(limit)s)"
    ).format(
        columns=columns,
        keys=order.columns,
        source=source,
        where=where(*conditions, after and order.behind(descending=descending)),
        by=order.by(descending=descending),
    )
    given = {f"after_{place}": value for place, value in enumerate(after or ())}
    rows, position = ask(cursor, views, query, {**parameters, **given, "limit": wanted + 1})
    keys = [order.values(row) for row in rows]
    following = keys[wanted - 1] if len(rows) > wanted else None
    return Page([make(row) for row in rows[:wanted]], following, position)


def where(*conditions: object) -> Composed:
    """The WHERE clause of the conditions that are given; whatever is no SQL is left out."""
    given = [condition for condition in conditions if isinstance(condition, Composable)]
    return SQL("WHERE {}").format(SQL(" AND ").join(given)) if given else Composed([])
