"""`python -m benchmarks.growth_pictures FIGURES.json FOLDER`: the pictures of docs/scale.md.

FIGURES.json: what `tenure bench --only grow --out FIGURES.json` wrote.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.growing import EVENTS_A_CUSTOMER, PAGES

WIDTH, HEIGHT = 960, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 300, 64, 60
_FONT = (
    "'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'Helvetica Neue', Arial, "
    "sans-serif"
)
_EVENTS_A = {"bytes/event": 1, "bytes/customer": EVENTS_A_CUSTOMER}
_COLOURS = (
    "#2f6f9f",
    "#b44d12",
    "#3c7a3c",
    "#7a4b94",
    "#a8842c",
    "#4a5b6c",
    "#b03a5b",
    "#2a8a8a",
    "#6b7f1f",
    "#8a5a44",
    "#5560a8",
    "#7b8794",
    "#c27ba0",
    "#3f3f3f",
)


def main(arguments: Sequence[str]) -> None:
    source, folder = (Path(argument) for argument in arguments)
    document = json.loads(source.read_text("utf-8"))
    figures = [figure for section in document["sections"] for figure in section["figures"]]
    (folder / "growth-pages.svg").write_text(pages_picture(figures), "utf-8")
    (folder / "growth-bytes.svg").write_text(bytes_picture(figures), "utf-8")


def pages_picture(figures: Sequence[dict[str, Any]]) -> str:
    """Pages an answer looks at, by the number of customers; both axes by powers of ten."""
    lines: dict[str, dict[int, float]] = {}
    for figure in figures:
        if figure["work"].endswith(PAGES):
            work = figure["work"].removesuffix(PAGES)
            lines.setdefault(work, {})[_customers(figure)] = max(1.0, figure["value"])
    sizes = sorted({size for line in lines.values() for size in line})
    most = max(value for line in lines.values() for value in line.values())
    decades = max(1, math.ceil(math.log10(most)))
    ordered = sorted(lines.items(), key=lambda line: -line[1].get(sizes[-1], 0))
    body = [*_grid(sizes, decades)]
    for place, (work, line) in enumerate(ordered):
        points = [
            (_across(size, sizes), _up(math.log10(value) / decades))
            for size, value in sorted(line.items())
        ]
        body += _line(place, work, points, line[max(line)])
    return _svg(
        "Pages of 8 KB that one answer looks at · 每个查询读取的页数",
        "Most kinds of answer look at as many pages among many customers as among few.",
        body,
    )


def bytes_picture(figures: Sequence[dict[str, Any]]) -> str:
    """Bytes an event of the largest database, by the table that they lie in."""
    largest = max(_customers(figure) for figure in figures)
    told = [figure for figure in figures if _customers(figure) == largest]
    parts = {
        figure["work"]: figure["value"]
        / (1 if figure["unit"] == "bytes/event" else EVENTS_A_CUSTOMER)
        for figure in told
        if figure["unit"] in _EVENTS_A and "." in figure["work"]
    }
    whole, at, body = sum(parts.values()), float(_LEFT), []
    room = WIDTH - 2 * _LEFT
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    for place, (table, value) in enumerate(ordered):
        wide, colour = room * value / whole, _COLOURS[place % len(_COLOURS)]
        row, column = divmod(place, 3)
        body += [
            f'<rect x="{at:.1f}" y="90" width="{wide:.1f}" height="90" fill="{colour}"/>',
            f'<rect x="{_LEFT + column * 270}" y="{218 + row * 34}" width="14" height="14"'
            f' fill="{colour}"/>',
            f'<text x="{_LEFT + 22 + column * 270}" y="{230 + row * 34}">{escape(table)}:'
            f" {value:,.0f}</text>",
        ]
        at += wide
    return _svg(
        f"{whole:,.0f} bytes an event, indexes included · 每条事件占用的字节",
        "The log itself is the smaller part; the views can be folded again from it.",
        body,
    )


def _customers(figure: dict[str, Any]) -> int:
    return int(figure["side"].split()[0].replace(",", ""))


def _across(size: int, sizes: Sequence[int]) -> float:
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])
    share = (math.log10(size) - first) / (last - first) if last > first else 0.5
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _up(share: float) -> float:
    return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def _grid(sizes: Sequence[int], decades: int) -> Iterator[str]:
    for decade in range(decades + 1):
        height = _up(decade / decades)
        yield (
            f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{height:.1f}" y2="{height:.1f}"'
            ' stroke="#d9d6cf"/>'
        )
        yield f'<text x="{_LEFT - 10}" y="{height + 5:.1f}" text-anchor="end">{10**decade:,}</text>'
    for size in sizes:
        across = _across(size, sizes)
        yield (
            f'<text x="{across:.1f}" y="{HEIGHT - 28}" text-anchor="middle">{size:,}'
            " customers</text>"
        )


def _line(
    place: int, work: str, points: Sequence[tuple[float, float]], last: float
) -> Iterator[str]:
    """The line and, in the order of their ends, its name at the right."""
    colour = _COLOURS[place % len(_COLOURS)]
    drawn = " ".join(f"{across:.1f},{height:.1f}" for across, height in points)
    across, height = points[-1]
    label = _TOP + 14 + place * 26
    yield f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points)
    yield (
        f'<path d="M{across:.1f} {height:.1f} L{WIDTH - _RIGHT + 34} {label - 5}" fill="none"'
        f' stroke="{colour}" stroke-width="0.7" stroke-dasharray="3 3"/>'
    )
    yield (
        f'<text x="{WIDTH - _RIGHT + 40}" y="{label}" fill="{colour}">{escape(work)}:'
        f" {last:,.0f}</text>"
    )


def _svg(title: str, description: str, body: Sequence[str]) -> str:
    lines = "\n  ".join(body)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" \
width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="title description" \
font-family="{_FONT}" font-size="14" fill="#1f2933">
  <title id="title">{escape(title)}</title>
  <desc id="description">{escape(description)}</desc>
  <rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfaf7"/>
  <text x="{_LEFT}" y="34" font-size="17" font-weight="600">{escape(title)}</text>
  {lines}
</svg>
"""


if __name__ == "__main__":
    main(sys.argv[1:])
