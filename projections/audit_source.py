"""Which rows of the audit a question reads: through one index, in the order of the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg2.sql import SQL, Composable, Identifier, Literal

from domain.events import RefusalRecorded
from projections.answers import LIMIT_MAX, After, where


def utc_day(at: datetime) -> date:
    """The day in UTC that the instant lies in."""
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).date()


class Asked(NamedTuple):
    """A question. topics: [""] for any. rules: the names of one rule; none of them for any."""

    actor: str | None
    customer_id: UUID | None
    topics: list[str]
    rules: Sequence[str]
    positions: Collection[int] | None
    start: datetime | None
    end: datetime | None
    upto: int | None

    @property
    def _index(self) -> tuple[str, ...]:
        """What stands before the position in the index to read, which has the fewest rows."""
        if self.positions is not None:
            return ()
        if self.customer_id:
            return ("customer_id",)
        # Nearly all that rests on a rule is a refusal.
        by_rule = self.rules and {"", RefusalRecorded.TOPIC} & set(self.topics)
        by_topic = self.topics != [""] and not by_rule
        given = {"rule": by_rule, "actor": self.actor, "topic": by_topic}
        return tuple(column for column, is_given in given.items() if is_given)

    def source(self, *, descending: bool, limit: int, after: After | None) -> Composable:
        """The audit as far as a page can need it: of each topic, and of each name of a rule, no
        more events than the page holds.

        An index gives those of one in the order of the log, and of several only one by one.
        Bounds of all its columns together and its whole order leave the planner no other, with
        which it would bet on meeting enough rows early in the log.
        """
        keys = [SQL("audit.{}").format(Identifier(column)) for column in self._index]
        values = [_VALUES[column] for column in self._index]
        order = [*keys, SQL("audit.position")]
        direction = SQL(" DESC" if descending else " ASC")
        return _SOURCE.format(
            keys=SQL(", ").join(order),
            lowest=SQL(", ").join([*values, self._lowest(after if not descending else None)]),
            highest=SQL(", ").join([*values, self._highest(after if descending else None)]),
            filters=SQL(" AND ").join([SQL("true"), *self._filters()]),
            by=SQL(", ").join(key + direction for key in order),
            direction=direction,
            limit=Literal(max(1, min(limit, LIMIT_MAX)) + 1),
        )

    def _filters(self) -> list[Composable]:
        conditions: dict[str, object] = {
            "actor": self.actor and SQL("actor = %(actor)s"),
            "topic": self.topics != [""] and SQL("audit.topic = ANY (%(topics)s)"),
            "rule": self.rules and SQL("audit.rule = ANY (%(rules)s)"),
            "positions": self.positions is not None
            and SQL("audit.position = ANY (%(positions)s::bigint[])"),
            **{column: SQL(column + " IS NOT NULL") for column in _PARTIAL & set(self._index)},
            "start": self.start and SQL("at >= %(start)s"),
            "end": self.end and SQL("at < %(end)s"),
        }
        return [
            condition
            for column, condition in conditions.items()
            if isinstance(condition, Composable)
            and (column not in self._index or column in _PARTIAL)
        ]

    def _lowest(self, after: After | None) -> Composable:
        """The first position that may be told. Where no event lies in the span, there is none."""
        bounds: list[Composable] = [SQL("0")]
        if after:
            bounds.append(SQL("%(after_position)s::bigint + 1"))
        if self.start or self.end:
            bounds.append(
                SQL("coalesce({}, {})").format(self._of_days("min(first_position)"), _MAX)
            )
        return SQL("(SELECT greatest({}))").format(SQL(", ").join(bounds))

    def _highest(self, after: After | None) -> Composable:
        bounds: list[Composable] = [_MAX]
        if after:
            bounds.append(SQL("%(after_position)s::bigint - 1"))
        if self.upto is not None:
            bounds.append(SQL("%(upto)s"))
        if self.start or self.end:
            bounds.append(SQL("coalesce({}, 0)").format(self._of_days("max(last_position)")))
        return SQL("(SELECT least({}))").format(SQL(", ").join(bounds))

    def _of_days(self, told: str) -> Composable:
        """Of the days between start and end."""
        return SQL("(SELECT {} FROM views.audit_days {})").format(
            SQL(told),
            where(
                self.start and SQL("day >= %(first_day)s"),
                self.end and SQL("day <= %(last_day)s"),
            ),
        )

    @property
    def _one_by_one(self) -> list[str]:
        if "topic" in self._index:
            return self.topics
        return list(self.rules) if "rule" in self._index else [""]

    def given(self, after: After | None) -> dict[str, Any]:
        """The parameters of `source`."""
        return {
            **self._asdict(),
            "rules": list(self.rules),
            "one_by_one": self._one_by_one,
            "customer_id": str(self.customer_id),
            "positions": list(self.positions or ()),
            "first_day": self.start and utc_day(self.start),
            "last_day": self.end and utc_day(self.end),
            "after_position": after and after[0],
        }


_MAX: Final = SQL("9223372036854775807")
_VALUES: Final[Mapping[str, Composable]] = {
    "actor": SQL("%(actor)s"),
    "customer_id": SQL("%(customer_id)s::uuid"),
    "rule": SQL("asked.one"),
    "topic": SQL("asked.one"),
}
_SOURCE: Final = SQL(
    "(SELECT each.position FROM unnest(%(one_by_one)s::text[]) AS asked (one)"
    " CROSS JOIN LATERAL ("
    "SELECT audit.position FROM views.audit"
    " WHERE ({keys}) >= ({lowest}) AND ({keys}) <= ({highest}) AND {filters}"
    " ORDER BY {by} LIMIT {limit}) AS each ORDER BY each.position {direction} LIMIT {limit}"
    ") AS found JOIN views.audit USING (position)"
)
_PARTIAL: Final = frozenset(("customer_id", "rule"))
"""Columns that are null for most, whose indexes leave those out."""
