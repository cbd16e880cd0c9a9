"""Questions to the access log, in the order of time, page by page behind a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable

from projections.answers import where

After = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters; an entry passes every one that is given.

    kinds: any of them. fields: that showed one of these. start, end: in [start, end). phone_hash:
    searches for this number. upto: none behind this position.
    """

    member: str | None = None
    customer_id: UUID | None = None
    kinds: Sequence[str] = ()
    fields: Sequence[str] = ()
    start: datetime | None = None
    end: datetime | None = None
    phone_hash: str | None = None
    upto: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One entry. state: everything that is kept of it. customer_ids: every customer it names."""

    position: int
    at: datetime
    kind: str
    member: str | None
    state: Mapping[str, Any]
    customer_ids: list[UUID]

    @property
    def facts(self) -> Mapping[str, Any]:
        """What was shown or asked."""
        found: Mapping[str, Any] = self.state["facts"]
        return found


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Entries and the key behind which the next page begins; None on the last."""

    items: list[Found]
    next: After | None


def entries(
    cursor: Cursor, wanted: Wanted, *, newest_first: bool, limit: int, after: After | None = None
) -> FoundPage:
    """One page of the entries for which every given filter holds, by time."""
    sign, direction = (SQL("<"), SQL("DESC")) if newest_first else (SQL(">"), SQL("ASC"))
    behind = SQL("(kept.at, position) {} (%(after_at)s::timestamptz, %(after_position)s::bigint)")
    query = SQL(
        "SELECT position, at, at::text AS at_exactly, kind, member, state FROM {source} {where}"
        " ORDER BY kept.at {direction}, position {direction} LIMIT %(limit)s"
    ).format(
        source=_OF_CUSTOMER if wanted.customer_id is not None else SQL("access.entries AS kept"),
        where=where(*_conditions(wanted), after and behind.format(sign)),
        direction=direction,
    )
    cursor.execute(query, _parameters(wanted, after) | {"limit": limit + 1})
    rows = cursor.fetchall()
    last = rows[limit - 1] if len(rows) > limit else None
    return FoundPage([_found(row) for row in rows[:limit]], last and [last[2], last[0]])


def end_of(cursor: Cursor) -> int:
    """The position of the last entry; 0 of an empty log."""
    cursor.execute("SELECT coalesce(max(position), 0) FROM access.entries")
    row: Any = cursor.fetchone()
    return int(row[0])


def _found(row: Any) -> Found:
    position, at, _, kind, member, state = row
    told = msgspec.json.decode(state)
    named = [told["customer_id"], *told.get("customer_ids", ())]
    return Found(position, at, kind, member, told, [UUID(one) for one in named if one is not None])


_OF_CUSTOMER: Final = SQL(
    "(SELECT position FROM access.entries WHERE customer_id = %(customer_id)s::uuid"
    " UNION ALL SELECT position FROM access.about WHERE customer_id = %(customer_id)s::uuid)"
    " AS named JOIN access.entries AS kept USING (position)"
)
_FACTS: Final = "convert_from(state, 'UTF8')::jsonb -> 'facts'"


def _conditions(wanted: Wanted) -> list[Composable]:
    """The conditions of the filters that are given; which customer is one of the source."""
    given = {
        "member = %(member)s": wanted.member,
        "kind = ANY (%(kinds)s)": wanted.kinds,
        "kept.at >= %(start)s": wanted.start,
        "kept.at < %(end)s": wanted.end,
        "position <= %(upto)s": wanted.upto,
        f"{_FACTS} -> 'fields' ?| %(fields)s": wanted.fields,
        f"({_FACTS} ->> 'phone_hash' = %(phone_hash)s"
        f" OR {_FACTS} -> 'numbers' ? %(phone_hash)s)": wanted.phone_hash,
    }
    return [SQL(condition) for condition, value in given.items() if value not in (None, (), [])]


def _parameters(wanted: Wanted, after: After | None) -> dict[str, Any]:
    at, position = after or (None, None)
    return {
        "member": wanted.member,
        "customer_id": wanted.customer_id and str(wanted.customer_id),
        "kinds": list(wanted.kinds),
        "fields": list(wanted.fields),
        "start": wanted.start,
        "end": wanted.end,
        "upto": wanted.upto,
        "phone_hash": wanted.phone_hash,
        "after_at": at,
        "after_position": position,
    }
