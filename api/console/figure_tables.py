"""Figures as tables that plots are drawn from: one row a stretch of days, or a member.

Every number that counts events leads to them; what has none leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from api.console.catalogue import marked

DAYS_APART_MAX: Final = 31
"""A row a day up to here, then a row a week, then a row a month: a page stays small."""
WEEKS_APART_MAX: Final = 27
WEEK: Final = 7
PARTS_MAX: Final = 3
"""Parts of a figure that have a column of their own, the largest first."""
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days [start, end) that one row is of."""

    start: date
    end: date

    @property
    def query(self) -> dict[str, str]:
        """As the address of a question says it."""
        if self.end - self.start == timedelta(days=1):
            return {"day": self.start.isoformat()}
        return {"from": self.start.isoformat(), "to": self.end.isoformat()}


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a row. value: None: there is none. address: of its events; empty: none."""

    value: float | None
    address: str = ""
    is_hours: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column. label: before translation, or a slug of `words`. number: its place among what is
    drawn, from 1; 0: not drawn. tell: its cell."""

    label: str
    words: str
    number: int
    tell: Callable[[Row], Cell]


@dataclass(slots=True)
class Row:
    """What is counted together. query: what its events are asked with; None: nothing asks for them
    alone. link: where its name leads. parts: by figure the counts of its parts."""

    name: Any
    query: Mapping[str, str] | None
    link: str = ""
    figures: dict[str, int] = field(default_factory=dict)
    parts: dict[str, dict[str, int]] = field(default_factory=dict)
    reviews: int = 0
    waited_seconds: float = 0.0
    waited_most: float | None = None

    def add(self, line: Any) -> None:
        """Count a told line in."""
        _count_in(self.figures, line.figures)
        for figure, found in (
            ("refusals", line.refusals_by_rule),
            ("lapses", line.lapses_by_cause),
        ):
            _count_in(self.parts.setdefault(figure, {}), found)
        waiting = line.review_waiting
        self.reviews += waiting.count
        self.waited_seconds += waiting.seconds_sum
        if waiting.seconds_max is not None:
            self.waited_most = max(self.waited_most or 0.0, waiting.seconds_max)

    def count(self, figure: str, part: str = "") -> Cell:
        """How many events there were, and where they are."""
        found = self.parts.get(figure, {}).get(part, 0) if part else self.figures.get(figure, 0)
        if not found or self.query is None:
            return Cell(found)
        query = {**self.query, **({"rule": part} if part else {})}
        return Cell(found, f"/figures/{figure}?{urlencode(query)}")

    def waited(self) -> Cell:
        """How many hours a review waited, in the mean."""
        mean = self.waited_seconds / self.reviews / _HOUR if self.reviews else None
        return Cell(mean, is_hours=True)

    def waited_longest(self) -> Cell:
        """How many hours the review waited that waited longest."""
        most = None if self.waited_most is None else self.waited_most / _HOUR
        return Cell(most, is_hours=True)


@dataclass(frozen=True, slots=True)
class Plot:
    """One small plot and its table."""

    name: str
    heading: str
    columns: Sequence[Column]


def plots(total: Row) -> Iterator[Plot]:
    """The plots, of the parts that there are."""
    yield Plot("claims", marked("Claims"), [_counted(marked("Claims"), "claims", 1)])
    refusals = _counted(marked("All"), "refusals", 1)
    rules = [_part("refusals", rule, place + 2) for place, rule in _largest(total, "refusals")]
    yield Plot("refusals", marked("Refusals by rule"), [refusals, *rules])
    yield Plot(
        "waiting",
        marked("Waiting of reviews, in hours"),
        [
            _counted(marked("Passed"), "reviews_passed", 0),
            _counted(marked("Refused"), "reviews_refused", 0),
            Column(marked("In the mean"), "", 1, Row.waited),
            Column(marked("Longest"), "", 2, Row.waited_longest),
        ],
    )
    lapses = _counted(marked("All"), "lapses", 1)
    causes = [_part("lapses", cause, place + 2) for place, cause in _largest(total, "lapses")]
    yield Plot("lapses", marked("Lapses by cause"), [lapses, *causes])
    yield Plot(
        "conversions",
        marked("Conversions"),
        [
            _counted(marked("To intent"), "intents_granted", 1),
            _counted(marked("To formal"), "formal", 2),
        ],
    )


def stretches(start: date, end: date) -> list[Stretch]:
    """The days [start, end) as rows: days, weeks or months, so that there are few."""
    days = (end - start).days
    if days > WEEKS_APART_MAX * WEEK:
        return list(_months(start, end))
    step = 1 if days <= DAYS_APART_MAX else WEEK
    first, last = start.toordinal(), end.toordinal()
    return [
        Stretch(date.fromordinal(day), date.fromordinal(min(day + step, last)))
        for day in range(first, last, step)
    ]


def by_time(lines: Iterable[Any], parts: Sequence[Stretch], whose: Mapping[str, str]) -> list[Row]:
    """A row for every stretch, whether there is anything in it or not. whose: further filters."""
    rows = [Row(part, {**part.query, **whose}) for part in parts]
    place = 0
    for line in sorted(lines, key=lambda line: line.day):
        while line.day >= parts[place].end:
            place += 1
        rows[place].add(line)
    for row, part in zip(rows, parts, strict=True):
        if (part.end - part.start).days > 1:
            row.link = "/figures?" + urlencode({**part.query, **whose})
    return rows


def by_whom(
    lines: Iterable[Any], kind: str, span: Mapping[str, str], whose: Mapping[str, str]
) -> list[Row]:
    """A row for every member, or department. What is nobody's leads nowhere: no question asks for
    that alone."""
    rows = []
    for line in lines:
        name = getattr(line, kind)
        row = Row(name, {**span, **whose, kind: name} if name else None)
        if name:
            row.link = "/figures?" + urlencode({**span, **whose, kind: name})
        row.add(line)
        rows.append(row)
    return rows


def in_all(line: Any, span: Mapping[str, str], whose: Mapping[str, str]) -> Row:
    """What all lines come to."""
    row = Row(None, {**span, **whose})
    row.add(line)
    return row


def _months(start: date, end: date) -> Iterator[Stretch]:
    while start < end:
        is_last = (start.year, start.month) == (end.year, end.month)
        year, month = divmod(start.year * 12 + start.month, 12)
        following = end if is_last else date(year, month + 1, 1)
        yield Stretch(start, following)
        start = following


def _largest(total: Row, figure: str) -> list[tuple[int, str]]:
    counts = total.parts.get(figure, {})
    found = sorted(counts, key=lambda part: (-counts[part], part))
    return list(enumerate(found[:PARTS_MAX]))


def _counted(label: str, figure: str, number: int) -> Column:
    return Column(label, "", number, lambda row: row.count(figure))


def _part(figure: str, part: str, number: int) -> Column:
    words = "rule" if figure == "refusals" else "ending"
    return Column(part, words, number, lambda row: row.count(figure, part))


def _count_in(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count
