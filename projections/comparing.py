"""Two tables of one form held against each other, row by row, in memory that does not grow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from psycopg2 import sql

Kind = Literal["missing", "superfluous", "different"]
VALUE_CHARACTERS_MAX: Final = 200
_FETCH_ROWS: Final = 2_000
_KEY_COLUMNS: Final = (
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_index"
    " JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)"
    " WHERE indrelid = %s::regclass AND indisprimary ORDER BY array_position(indkey, attnum)"
)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. connection: in a transaction that sees the rows. table: its full name."""

    connection: Any
    table: sql.Composable


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the log says.

    missing: it is not there; superfluous: it should not be. columns: those that differ, each with
    the value that is kept and the one that follows from the log. stretch: of a row that sums up a
    stretch of the log, the first and the last position that it should be about.
    """

    table: str
    key: Mapping[str, Any]
    kind: Kind
    columns: Mapping[str, tuple[Any, Any]]
    stretch: tuple[int, int] | None = None


class Comparison:
    """Holds `live` against `folded`. rows: how many of `folded` have been seen."""

    def __init__(self, table: str, live: Side, folded: Side) -> None:
        self.rows = 0
        self._table = table
        self._live = live
        self._folded = folded
        with folded.connection.cursor() as cursor:
            cursor.execute(_KEY_COLUMNS, (folded.table.as_string(cursor),))
            self._key: list[tuple[str, str]] = cursor.fetchall()

    def differences(self) -> Iterator[Difference]:
        """Each differing row, in the order of the key."""
        kept, right = self._rows(self._live, "live"), self._rows(self._folded, "folded")
        one, other = next(kept, None), next(right, None)
        while one is not None or other is not None:
            if other is None or (one is not None and one[0] < other[0]):
                yield self._difference("superfluous", one[0] if one else ())
                one = next(kept, None)
                continue
            self.rows += 1
            if one is None or other[0] < one[0]:
                yield self._difference("missing", other[0])
            else:
                if one[1] != other[1]:
                    yield self._difference("different", other[0])
                one = next(kept, None)
            other = next(right, None)

    def _rows(self, side: Side, name: str) -> Iterator[tuple[tuple[Any, ...], str]]:
        """Key and text of each row. Texts are ordered by their characters, as Python does."""
        columns = [sql.Identifier(column) for column, _ in self._key]
        order = [
            sql.SQL('{} COLLATE "C"').format(column) if kind == "text" else column
            for column, (_, kind) in zip(columns, self._key, strict=True)
        ]
        query = sql.SQL("SELECT {key}, kept::text FROM {table} AS kept ORDER BY {order}").format(
            key=sql.SQL(", ").join(columns),
            table=side.table,
            order=sql.SQL(", ").join(order),
        )
        with side.connection.cursor(f"{name}_{self._table}") as cursor:
            cursor.itersize = _FETCH_ROWS
            cursor.execute(query)
            for *key, text in cursor:
                yield tuple(key), text

    def _difference(self, kind: Kind, key: Sequence[Any]) -> Difference:
        named = {column: value for (column, _), value in zip(self._key, key, strict=True)}
        kept = row_of(self._live, named) or {}
        right = row_of(self._folded, named) or {}
        columns = {
            column: (_cut(kept.get(column)), _cut(right.get(column)))
            for column in dict.fromkeys((*right, *kept))
            if column not in named and kept.get(column) != right.get(column)
        }
        stretch = None
        if {"first_position", "last_position"} <= right.keys():
            stretch = right["first_position"], right["last_position"]
        return Difference(self._table, named, kind, columns, stretch)


def row_of(side: Side, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row of this key, its columns as JSON; None: there is none."""
    condition = sql.SQL(" AND ").join(
        sql.SQL("{} = %s").format(sql.Identifier(column)) for column in key
    )
    query = sql.SQL("SELECT to_jsonb(kept) FROM {} AS kept WHERE {}").format(side.table, condition)
    with side.connection.cursor() as cursor:
        cursor.execute(query, list(key.values()))
        found = cursor.fetchone()
    return None if found is None else found[0]


def _cut(value: Any) -> Any:
    """A value of a sane length."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= VALUE_CHARACTERS_MAX:
        return value
    return text[: VALUE_CHARACTERS_MAX - 1] + "…"
