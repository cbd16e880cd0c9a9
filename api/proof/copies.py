"""What repeats the entries of the access log beside them: columns, further customers, day's counts.

Nothing of it is sealed, so it is held against the entries, which are: whoever deletes a row there
would hide a look from those who ask whom it was about, or a burst of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from api.proof.findings import Finding

COLUMNS: Final = ("at", "kind", "member", "customer_id")
"""Columns of access.entries that only repeat what the sealed state says."""
_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_ABOUT: Final = """
DECLARE about NO SCROLL CURSOR FOR
SELECT position, customer_id FROM access.about ORDER BY position, customer_id
"""
_NEXT_ABOUT: Final = "FETCH FORWARD 10000 FROM about"
_COUNTS: Final = """
SELECT member, day, details, searches, exports, exported FROM access.reads_a_day
ORDER BY member, day
"""
_SETTLED: Final = timedelta(days=2)
"""So long after its end no entry of a day is written any more; its customers are then forgotten."""
Row = tuple[Any, ...]


class _Facts(msgspec.Struct):
    """Of an export: how many rows of it were taken."""

    rows: int | None = None


class _Told(msgspec.Struct):
    """What an entry says and others repeat."""

    at: datetime
    kind: str
    member: str | None = None
    customer_id: UUID | None = None
    customer_ids: list[UUID] = []
    facts: _Facts = msgspec.field(default_factory=_Facts)


_DECODER: Final = msgspec.json.Decoder(_Told)


@dataclass(slots=True)
class _Day:
    """How much a member read on a day, by the entries. shown: each customer as often as shown."""

    customers: set[UUID] = field(default_factory=set)
    details: int = 0
    shown: int = 0
    searches: int = 0
    exports: int = 0
    exported: int = 0

    def count(self, told: _Told, everybody: set[UUID], *, is_forgotten: bool) -> None:
        if told.kind == "details-read":
            self.shown += len(everybody)
            if not is_forgotten:
                self.customers |= everybody
        self.searches += told.kind == "collision-asked"
        self.exports += told.kind == "exported"
        if told.kind in ("exported", "export-ended"):
            self.exported += told.facts.rows or 0

    def forget(self) -> None:
        self.details += len(self.customers)
        self.customers = set()

    def differs_in(self, details: int, searches: int, exports: int, exported: int) -> str | None:
        """What of the counts that are kept is wrong; a clock that was set back over midnight counts
        a customer again, which is no fault."""
        fewest = self.details + len(self.customers)
        if not fewest <= details <= self.shown:
            return f"details {details}, {fewest} by the entries"
        if searches != self.searches:
            return f"searches {searches}, {self.searches} by the entries"
        if exports != self.exports:
            return f"exports {exports}, {self.exports} by the entries"
        if exported != self.exported:
            return f"exported {exported}, {self.exported} by the entries"
        return None


class AccessCopies:
    """Compares them while the entries are read in their order. cursor: in one snapshot."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        cursor.execute(_ABOUT)
        self._about: list[tuple[int, UUID]] = []
        self._place = 0
        self._days: dict[tuple[str, date], _Day] = {}
        self._newest = date.min

    def compare(self, rows: Sequence[Row], upto: int) -> Iterator[Finding]:
        """What is wrong about the entries up to a position, which follow those before."""
        about = self._about_until(upto)
        for position, state, *copies in rows:
            listed = about.pop(position, set())
            try:
                told = _DECODER.decode(state)
            except msgspec.MsgspecError:
                yield _differing(position, "state")
                continue
            for column, copy in zip(COLUMNS, copies, strict=True):
                if getattr(told, column) != copy:
                    yield _differing(position, column)
            further = set(told.customer_ids) - {told.customer_id}
            for customer_id in sorted(listed ^ further):
                said = "missing 缺失" if customer_id in further else "not shown 未展示"
                yield _differing(position, f"access.about {customer_id} {said}")
            self._count(told, further)
        for position in about:
            yield _differing(position, "access.about: no entry 无此记录")

    def counts(self) -> Iterator[Finding]:
        """What is wrong with the days' counts, once every entry was compared."""
        self._cursor.execute(_COUNTS)
        kept = {(row[0], row[1]): row[2:] for row in self._cursor.fetchall()}
        for key in sorted(self._days.keys() | kept.keys()):
            day = self._days.get(key, _NOTHING)
            wrong = day.differs_in(*kept.get(key, (0, 0, 0, 0)))
            if wrong is not None:
                detail = f"access.reads_a_day {key[0]} {key[1]}: {wrong}"
                yield Finding("access", "count-differs", detail=detail)

    def _about_until(self, upto: int) -> dict[int, set[UUID]]:
        """Rows of access.about up to a position, by the entry."""
        found: dict[int, set[UUID]] = {}
        while True:
            if self._place == len(self._about):
                self._cursor.execute(_NEXT_ABOUT)
                self._about, self._place = self._cursor.fetchall(), 0
            if not self._about or self._about[self._place][0] > upto:
                return found
            position, customer_id = self._about[self._place]
            found.setdefault(position, set()).add(customer_id)
            self._place += 1

    def _count(self, told: _Told, further: set[UUID]) -> None:
        if told.member is None:
            return
        day = told.at.astimezone(_SHANGHAI).date()
        if day > self._newest:
            self._newest = day
            for (_, earlier), kept in self._days.items():
                if kept.customers and self._is_forgotten(earlier):
                    kept.forget()
        everybody = further if told.customer_id is None else further | {told.customer_id}
        counted = self._days.setdefault((told.member, day), _Day())
        counted.count(told, everybody, is_forgotten=self._is_forgotten(day))

    def _is_forgotten(self, day: date) -> bool:
        return self._newest - day > _SETTLED


_NOTHING: Final = _Day()


def _differing(position: int, detail: str) -> Finding:
    return Finding("access", "copy-differs", position=position, detail=detail)
