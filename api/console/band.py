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
Step = Mapping[str, Any]
"""As `GET /v1/customers/{id}/replay` tells it: event, after, changed."""

WIDTH: Final = 960
NAMES: Final = 130
ROW: Final = 34
TOP: Final = 26
ROWS_MAX: Final = 12
MARKS_MAX: Final = 60
MARK_PIXELS_MIN: Final = 8.0
MARK_PIXELS_GROWTH: Final = 1.5
TITLE_EVENTS_MAX: Final = 2
WORDS_MAX: Final = 80
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
    "customer.review_passed": "decision",
    "customer.review_refused": "decision",
    "customer.intent_granted": "decision",
    "customer.intent_refused": "decision",
    "customer.extension_granted": "decision",
    "customer.extension_refused": "decision",
    "customer.contract_confirmed": "decision",
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
    """Events that lie too close to be told apart by eye."""

    kind: str
    x: float
    row: int
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
) -> str:
    """The SVG. words: of stages, groups, `title`, `others`, and `more` with `{number}` in it.

    shown_at: an instant to point at. link: where a mark's event is told; left out:
    `#event-<position>` of the page that the band is on.
    """
    if not steps:
        return ""
    bars = bars_of(steps, situation, now)
    rows = _rows(bars)
    scale = Scale(steps[0]["event"]["at"], max(now, steps[-1]["event"]["at"]), zone)
    height = TOP + ROW * max(len(rows), 1) + 8
    parts = [
        f'<svg class="band" viewBox="0 0 {WIDTH} {height}" role="group"'
        f' xmlns="http://www.w3.org/2000/svg" font-family="sans-serif"'
        f' aria-label="{escape(words["title"])}">',
        *_axis(scale, height),
        *_names(rows, words),
        *_bars(bars, rows, scale, words),
        *_marks(_few(steps, rows, scale, link or in_page), words),
    ]
    if shown_at is not None:
        x = scale.x(shown_at)
        parts.append(
            f'<line class="now" x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height}" stroke="#1c5bb5"/>'
        )
    return "".join([*parts, "</svg>"])


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

    def told(self, at: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        """An instant in words."""
        return f"{at.astimezone(self.zone):{form}}"

    def ticks(self) -> Iterator[datetime]:
        """Instants to write at the axis."""
        for number in range(TICKS):
            yield self.start + (self.end - self.start) * number / (TICKS - 1)


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
            f"<title>{escape('、'.join(names))}</title></text>"
        )


def _bars(
    bars: Sequence[Bar], rows: Mapping[str, int], scale: Scale, words: Mapping[str, str]
) -> Iterator[str]:
    for bar in bars:
        x, end = scale.x(bar.start), scale.x(bar.end)
        y = TOP + ROW * rows[bar.holder] + 6
        title = (
            f"{words.get(bar.holder, bar.holder)} · {words.get(bar.stage, bar.stage)}:"
            f" {scale.told(bar.start)} – {scale.told(bar.end)}"
        )
        width = max(round(end - x, 1), BAR_PIXELS_MIN)
        yield (
            f'<rect class="bar-{bar.stage}" x="{x}" y="{y}" width="{width}" height="{ROW - 12}"'
            f' rx="2" fill="{COLOURS.get(bar.stage, "#6b7280")}"><title>{escape(title)}</title>'
            "</rect>"
        )


def _marks(marks: Iterable[Mark], words: Mapping[str, str]) -> Iterator[str]:
    for mark in marks:
        told = [_short(event, WORDS_MAX) for event in mark.told[:TITLE_EVENTS_MAX]]
        if len(mark.told) > len(told):
            told.append(words["more"].format(number=len(mark.told) - len(told)))
        y = TOP + ROW * mark.row + ROW / 2
        colour = "#a3231c" if mark.kind == "refused" else "#1d2433"
        title = escape("\n".join(told))
        yield (
            f'<a href="{escape(mark.link)}"><title>{title}</title><path class="mark'
            f' mark-{mark.kind}" transform="translate({mark.x} {y})" d="{SHAPES[mark.kind]}"'
            f' fill="{colour}" stroke="#fff"/></a>'
        )


def _few(
    steps: Sequence[Step], rows: Mapping[str, int], scale: Scale, link: Link
) -> Sequence[Mark]:
    """The marks, told together over wider stretches until they are not too many for a page."""
    pixels = MARK_PIXELS_MIN
    while True:
        marks = list(_merged(steps, rows, scale, link, pixels))
        if len(marks) <= MARKS_MAX or pixels > WIDTH:
            return marks
        pixels *= MARK_PIXELS_GROWTH


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
            continue
        if near is not None:
            yield near
        last[row, kind] = Mark(kind, x, row, [told], link(event))
    yield from last.values()


def in_page(event: Mapping[str, Any]) -> str:
    """Where an event is told; what would only have been is told nowhere else."""
    return "#" if event["position"] is None else f"#event-{event['position']}"


def _short(text: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else f"{text[: characters_max - 1]}…"
