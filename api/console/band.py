"""The ownership band: who held a customer when, drawn as SVG from the steps of its replay.

One row a holder, bars coloured by stage, marks for what happened in between. A pure function of
told steps: pages show it, evidence bundles may carry it. Colours are attributes, which a sheet of
style may override by class; nothing in it is a script or an inline style.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any, Final

Link = Callable[[Mapping[str, Any]], str]
Spans = Callable[[datetime, datetime], str]
"""Where what happened from one instant to another is told."""
Step = Mapping[str, Any]
"""As `GET /v1/customers/{id}/replay` tells it: event, after, changed."""

WIDTH: Final = 960
NAMES: Final = 130
ROW: Final = 34
TOP: Final = 26
ROWS_MAX: Final = 12
MARKS_MAX: Final = 32
MARK_PIXELS_MIN: Final = 8.0
BARS_MAX: Final = 32
BARS_PIXELS_MIN: Final = 6.0
PIXELS_GROWTH: Final = 1.5
"""What lies closer than so many pixels is gathered; where there is still too much, what lies closer
than this many times as many."""
NAMES_MAX: Final = 30
SECOND: Final = timedelta(seconds=1)
TITLE_EVENTS_MAX: Final = 2
WORDS_MAX: Final = (400, 200, 120, 80, 48)
"""Characters of a sentence in a mark's title: the most with which all titles together are still
small. What is cut is whole in the list that the mark leads to."""
TITLES_BYTES_MAX: Final = 9_000
MARK_PIXELS_APART: Final = 11.0
"""Between marks of one row, whatever their kind: those of one instant stand side by side."""
NAME_MAX: Final = 16
BAR_PIXELS_MIN: Final = 2.5
TICKS: Final = 6
HELD: Final = frozenset({"waiting", "rejected", "potential", "intent", "formal"})
COLOURS: Final[Mapping[str, str]] = {
    "waiting": "#9a5b00",
    "rejected": "#a3231c",
    "potential": "#1c5bb5",
    "intent": "#6d3bb0",
    "formal": "#17703a",
}
MARKS: Final[Mapping[str, str]] = {
    "customer.followed_up": "follow-up",
    "customer.intent_requested": "application",
    "customer.extension_requested": "application",
    "customer.claimed": "application",
    "customer.claim_corrected": "application",
    "customer.claim_withdrawn": "application",
    "customer.application_withdrawn": "application",
    "customer.review_passed": "decision",
    "customer.review_refused": "decision",
    "customer.intent_granted": "decision",
    "customer.intent_refused": "decision",
    "customer.extension_granted": "decision",
    "customer.extension_refused": "decision",
    "customer.contract_confirmed": "decision",
    "customer.contract_voided": "decision",
    "customer.transferred": "decision",
    "customer.holder_removed": "decision",
    "customer.duplicate_resolved": "decision",
    "customer.dispute_ruled": "decision",
    "refusal.recorded": "refused",
}
SHAPES: Final[Mapping[str, str]] = {
    "follow-up": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
    "application": "M0 -5L5 4H-5Z",
    "decision": "M0 -5L5 0L0 5L-5 0Z",
    "refused": "M-4 -2L-2 -4L0 -2L2 -4L4 -2L2 0L4 2L2 4L0 2L-2 4L-4 2L-2 0Z",
}
"""A shape a kind, so that colour alone tells nothing."""


@dataclass(slots=True)
class Bar:
    """One holder in one stage, from one instant to another."""

    holder: str
    stage: str
    start: datetime
    end: datetime
    version: int


@dataclass(slots=True)
class Mark:
    """Events that lie too close to be told apart by eye; link: to the first of them."""

    kind: str
    x: float
    row: int
    start: datetime
    end: datetime
    told: list[str]
    link: str


def bars_of(steps: Sequence[Step], situation: Step | None, now: datetime) -> list[Bar]:
    """The stretches of one holder in one stage, in order. situation: as it stands at `now`, which
    ends a bar at its deadline where nobody has written that down."""
    bars: list[Bar] = []
    is_open = False
    for step in steps:
        after, event = step["after"], step["event"]
        holder = after["holder"] or after["group"]
        stage = after["state"]
        if is_open and (bars[-1].holder, bars[-1].stage) == (holder, stage):
            continue
        if is_open:
            bars[-1].end = event["at"]
        is_open = holder is not None and stage in HELD
        if is_open:
            bars.append(Bar(holder, stage, event["at"], now, event["version"] or 0))
    if is_open and situation is not None and situation["state"] != bars[-1].stage:
        last = steps[-1]["after"]
        ends = [at for at in (last["held_over_until"], last["until"]) if at is not None]
        bars[-1].end = min([*ends[:1], now])
    return bars


def band(
    steps: Sequence[Step],
    *,
    situation: Step | None,
    now: datetime,
    words: Mapping[str, str],
    zone: tzinfo,
    shown_at: datetime | None = None,
    link: Link | None = None,
    span: tuple[datetime, datetime] | None = None,
    spans: Spans | None = None,
) -> str:
    """The SVG, of bounded size however long the life. words: of stages, groups, `title`, `others`,
    and `more` and `several` with `{number}` in them.

    shown_at: an instant to point at. link: where a mark's event is told; left out:
    `#event-<position>` of the page that the band is on. span: what is drawn alone; left out: the
    whole life. spans: where what was gathered is told; left out: where its first event is.
    """
    if not steps:
        return ""
    whole = (steps[0]["event"]["at"], max(now, steps[-1]["event"]["at"]))
    scale = Scale(*(span or whole), zone)
    bars = [bar for bar in bars_of(steps, situation, now) if scale.shows(bar.start, bar.end)]
    shown = [step for step in steps if scale.shows(step["event"]["at"], step["event"]["at"])]
    rows = _rows(bars)
    height = TOP + ROW * (max(rows.values(), default=0) + 1) + 8
    parts = [
        f'<svg class="band" viewBox="0 0 {WIDTH} {height}" role="group"'
        f' xmlns="http://www.w3.org/2000/svg" font-family="sans-serif"'
        f' aria-label="{escape(words["title"])}">',
        *_axis(scale, height),
        *_names(rows, words),
        *_bars(_few_bars(bars, rows, scale), rows, scale, words, spans),
        *_marks(_few(shown, rows, scale, link or in_page), words, spans),
        *_pointer(shown_at, scale, height),
        "</svg>",
    ]
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Scale:
    """Instants as places from left to right."""

    start: datetime
    end: datetime
    zone: tzinfo

    def x(self, at: datetime) -> float:
        """Where an instant is; what lies outside is at the edge."""
        whole = max((self.end - self.start).total_seconds(), 1.0)
        part = (at - self.start).total_seconds() / whole
        return round(NAMES + min(max(part, 0.0), 1.0) * (WIDTH - NAMES - 12), 1)

    def shows(self, start: datetime, end: datetime) -> bool:
        """True where something of what lasted so long lies in it."""
        return start <= self.end and end >= self.start

    def told(self, at: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        """An instant in words."""
        return f"{at.astimezone(self.zone):{form}}"

    def ticks(self) -> Iterator[datetime]:
        """Instants to write at the axis."""
        for number in range(TICKS):
            yield self.start + (self.end - self.start) * number / (TICKS - 1)


def _pointer(at: datetime | None, scale: Scale, height: int) -> Iterator[str]:
    if at is not None and scale.shows(at, at):
        x = scale.x(at)
        yield f'<line class="now" x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height}" stroke="#1c5bb5"/>'


def _rows(bars: Sequence[Bar]) -> dict[str, int]:
    """The row of each holder, the first on top; those that are too many share the last one."""
    rows: dict[str, int] = {}
    for bar in bars:
        rows.setdefault(bar.holder, min(len(rows), ROWS_MAX - 1))
    return rows


def _axis(scale: Scale, height: int) -> Iterator[str]:
    whole = scale.end - scale.start
    form = "%Y-%m-%d" if whole > timedelta(days=4) else "%m-%d %H:%M"
    yield '<g class="axis">'
    for number, at in enumerate(scale.ticks()):
        x = scale.x(at)
        anchor = "start" if number == 0 else "end" if number == TICKS - 1 else "middle"
        yield f'<line x1="{x}" x2="{x}" y1="{TOP - 4}" y2="{height}" stroke="#d9dde4"/>'
        told = scale.told(at, form)
        yield f'<text x="{x}" y="12" text-anchor="{anchor}" font-size="11">{told}</text>'
    yield "</g>"


def _names(rows: Mapping[str, int], words: Mapping[str, str]) -> Iterator[str]:
    named: dict[int, list[str]] = {}
    for holder, row in rows.items():
        named.setdefault(row, []).append(words.get(holder, holder))
    for row, names in named.items():
        told = names[0] if len(names) == 1 else words["others"]
        y = TOP + ROW * row
        yield (
            f'<rect class="row" x="{NAMES}" y="{y + 4}" width="{WIDTH - NAMES - 12}"'
            f' height="{ROW - 8}" rx="3" fill="#000" fill-opacity=".05"/>'
            f'<text x="4" y="{y + ROW / 2 + 4}" font-size="12">{escape(_short(told, NAME_MAX))}'
            f"<title>{escape(_listed(names, NAMES_MAX, words))}</title></text>"
        )


def _bars(
    groups: Iterable[Sequence[Bar]],
    rows: Mapping[str, int],
    scale: Scale,
    words: Mapping[str, str],
    spans: Spans | None,
) -> Iterator[str]:
    for bars in groups:
        first, end = bars[0], max(bar.end for bar in bars)
        x, y = scale.x(first.start), TOP + ROW * rows[first.holder] + 6
        names = list(dict.fromkeys(words.get(bar.holder, bar.holder) for bar in bars))
        stage, kind = words.get(first.stage, first.stage), first.stage
        if len(bars) > 1:
            stage, kind = words["several"].format(number=len(bars)), "several"
        title = (
            f"{_listed(names, TITLE_EVENTS_MAX, words)} · {stage}:"
            f" {scale.told(first.start)} – {scale.told(end)}"
        )
        width = max(round(scale.x(end) - x, 1), BAR_PIXELS_MIN)
        drawn = (
            f'<rect class="bar-{kind}" x="{x}" y="{y}" width="{width}" height="{ROW - 12}"'
            f' rx="2" fill="{COLOURS.get(kind, "#6b7280")}"><title>{escape(title)}</title></rect>'
        )
        is_link = spans is not None and len(bars) > 1 and first.start < end
        address = spans(first.start, end + SECOND) if spans is not None and is_link else ""
        yield f'<a href="{escape(address)}">{drawn}</a>' if is_link else drawn


def _few_bars(
    bars: Sequence[Bar], rows: Mapping[str, int], scale: Scale
) -> Sequence[Sequence[Bar]]:
    """The bars; those of one row that together are too narrow to be told apart are gathered, and
    wider ones until they are not too many for a page."""
    pixels = BARS_PIXELS_MIN
    while True:
        groups: list[list[Bar]] = []
        last: dict[int, list[Bar]] = {}
        for bar in bars:
            row = rows[bar.holder]
            if row in last and scale.x(bar.end) - scale.x(last[row][0].start) < pixels:
                last[row].append(bar)
                continue
            last[row] = [bar]
            groups.append(last[row])
        if len(groups) <= BARS_MAX or pixels > WIDTH:
            return groups
        pixels *= PIXELS_GROWTH


def _marks(marks: Sequence[Mark], words: Mapping[str, str], spans: Spans | None) -> Iterator[str]:
    for mark, title in zip(marks, _titles(marks, words), strict=True):
        count = len(mark.told)
        y = TOP + ROW * mark.row + ROW / 2
        colour = "#a3231c" if mark.kind == "refused" else "#1d2433"
        number, address = "", mark.link
        if count > 1:
            number = (
                f'<text class="count" x="{mark.x}" y="{y - 7}" font-size="9"'
                f' text-anchor="middle">{count}</text>'
            )
            # What happened at one instant lies together in any list, and no scale parts it.
            if spans is not None and mark.start < mark.end:
                address = spans(mark.start, mark.end + SECOND)
        yield (
            f'<a href="{escape(address)}"><title>{title}</title><path class="mark'
            f' mark-{mark.kind}" transform="translate({mark.x} {y})" d="{SHAPES[mark.kind]}"'
            f' fill="{colour}" stroke="#fff"/>{number}</a>'
        )


def _titles(marks: Sequence[Mark], words: Mapping[str, str]) -> list[str]:
    """What each mark tells, escaped: whole sentences where all of them together are small."""
    titles: list[str] = []
    for characters_max in WORDS_MAX:
        titles = [_title(mark, characters_max, words) for mark in marks]
        if sum(len(title.encode()) for title in titles) <= TITLES_BYTES_MAX:
            break
    return titles


def _title(mark: Mark, characters_max: int, words: Mapping[str, str]) -> str:
    told = [_short(event, characters_max) for event in mark.told[:TITLE_EVENTS_MAX]]
    more = len(mark.told) - len(told)
    return escape("\n".join([*told, *([words["more"].format(number=more)] if more else [])]))


def _few(
    steps: Sequence[Step], rows: Mapping[str, int], scale: Scale, link: Link
) -> Sequence[Mark]:
    """The marks, told together over wider stretches until they are not too many for a page."""
    pixels = MARK_PIXELS_MIN
    while True:
        marks = list(_merged(steps, rows, scale, link, pixels))
        if len(marks) <= MARKS_MAX or pixels > WIDTH:
            return _apart(sorted(marks, key=lambda mark: mark.start))
        pixels *= PIXELS_GROWTH


def _apart(marks: Sequence[Mark]) -> Sequence[Mark]:
    """The marks, in the order of their instants, none of them upon another of its row. They are so
    few that a row has room for all."""
    before: dict[int, float] = {}
    for mark in marks:
        mark.x = round(max(mark.x, before.get(mark.row, 0.0) + MARK_PIXELS_APART), 1)
        before[mark.row] = mark.x
    after: dict[int, float] = {}
    for mark in reversed(marks):
        mark.x = round(min(mark.x, after.get(mark.row, WIDTH + 6.0) - MARK_PIXELS_APART), 1)
        after[mark.row] = mark.x
    return marks


def _merged(
    steps: Sequence[Step], rows: Mapping[str, int], scale: Scale, link: Link, pixels: float
) -> Iterator[Mark]:
    """The marks; one that would lie upon the one before of its row and kind is told with it."""
    last: dict[tuple[int, str], Mark] = {}
    row = 0
    for step in steps:
        event, after = step["event"], step["after"]
        holder = after["holder"] or after["group"]
        row = rows.get(holder, row) if holder is not None else row
        kind = MARKS.get(event["topic"])
        if kind is None:
            continue
        x = scale.x(event["at"])
        told = f"{scale.told(event['at'])} {event['words']}"
        near = last.get((row, kind))
        if near is not None and x - near.x < pixels:
            near.told.append(told)
            near.end = event["at"]
            continue
        if near is not None:
            yield near
        last[row, kind] = Mark(kind, x, row, event["at"], event["at"], [told], link(event))
    yield from last.values()


def in_page(event: Mapping[str, Any]) -> str:
    """Where an event is told; what would only have been is told nowhere else."""
    return "#" if event["position"] is None else f"#event-{event['position']}"


def _listed(names: Sequence[str], names_max: int, words: Mapping[str, str]) -> str:
    """The first names, and how many more there are."""
    told = "、".join(_short(name, NAME_MAX) for name in names[:names_max])
    more = len(names) - names_max
    return f"{told} {words['more'].format(number=more)}" if more > 0 else told


def _short(text: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else f"{text[: characters_max - 1]}…"
