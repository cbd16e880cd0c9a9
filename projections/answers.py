"""Answers of views: rows with the position that they are true at, in pages by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable, Composed

from projections.rows import as_json

Item = TypeVar("Item")
After = Sequence[Any]
LIMIT_MAX: Final = 500
IN_POOL: Final = SQL("pool_from <= %(now)s")
"""Nobody holds the row's customer at the instant `now` (see `projections.holding`)."""
HELD: Final = SQL("(pool_from IS NULL OR pool_from > %(now)s)")
"""Somebody holds the row's customer at the instant `now`."""
IN_REGION: Final = SQL(
    "(starts_with(name_key, %(region)s) OR starts_with(address, %(region_typed)s))"
)
"""The name or the address of the row's customer begins with the region asked for (S1-018)."""
_WITH_POSITION: Final = SQL(
    "SELECT told.position, asked.* FROM (SELECT coalesce(min(position), 0) AS position"
    " FROM views.positions WHERE view = ANY (%(views)s)) AS told"
    " LEFT JOIN LATERAL ({query}) AS asked ON true"
)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order.

    next: where the next page begins, as plain JSON values; None on the last page. position: the
    place in the log at which the page is true.
    """

    items: list[Item]
    next: tuple[Any, ...] | None
    position: int


def ask(
    cursor: Cursor, views: Sequence[str], query: Composable, parameters: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], int]:
    """Rows of `query` and the position of `views`, from one snapshot: one statement, one trip.

    query: a SELECT whose first column is never null. Where it reads several views, the position
    is that of the one furthest behind.
    """
    cursor.execute(_WITH_POSITION.format(query=query), {**parameters, "views": list(views)})
    found = cursor.fetchall()
    names = [column.name for column in cursor.description or ()][1:]
    rows = [dict(zip(names, row[1:], strict=True)) for row in found if row[1] is not None]
    return rows, found[0][0]


def ask_page(
    cursor: Cursor,
    views: Sequence[str],
    query: Composable,
    parameters: Mapping[str, Any],
    *,
    limit: int,
    make: Callable[[dict[str, Any]], Item],
    key: Callable[[dict[str, Any]], Sequence[Any]],
) -> Page[Item]:
    """One page of `query`, which ends in LIMIT %(limit)s.

    make: an item from its row. key: of a row, what `after` of the next page begins behind.
    """
    wanted = max(1, min(limit, LIMIT_MAX))
    rows, position = ask(cursor, views, query, {**parameters, "limit": wanted + 1})
    has_more = len(rows) > wanted
    rows = rows[:wanted]
    following = tuple(map(_plain, key(rows[-1]))) if has_more else None
    return Page([make(row) for row in rows], following, position)


def where(*conditions: object) -> Composed:
    """The WHERE clause of the conditions that are given; whatever is no SQL is left out."""
    given = [condition for condition in conditions if isinstance(condition, Composable)]
    return SQL("WHERE {}").format(SQL(" AND ").join(given)) if given else Composed([])


def _plain(value: Any) -> Any:
    """A value as JSON can carry it and PostgreSQL reads it again."""
    if value is None or isinstance(value, bool | int | str):
        return value
    return as_json(value).strip('"')
