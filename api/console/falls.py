"""Falls to the pool as bars, two counts a day, drawn as SVG: a pure function of told counts.

Colours are attributes, which a sheet of style may override by class; nothing in it is a script or
an inline style. A long time is drawn by weeks, so that a picture stays small.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any, Final

WIDTH: Final = 960
HEIGHT: Final = 170
LEFT: Final = 40
TOP: Final = 12
FLOOR: Final = 140
DAYS_MAX: Final = 70
WEEK: Final = 7
LABELS: Final = 8
FELL: Final = "#6b7280"
WOULD: Final = "#a3231c"


@dataclass(slots=True)
class Stretch:
    """Some days from `start` on, and what fell and would have fallen in them."""

    start: date
    days: int
    fell: int = 0
    would_have_fallen: int = 0

    @property
    def name(self) -> str:
        """The day, or the first and the last one."""
        if self.days == 1:
            return self.start.isoformat()
        return f"{self.start.isoformat()} – {self.start + timedelta(days=self.days - 1)}"


def stretches(days: Sequence[Mapping[str, Any]], first: date, last: date) -> list[Stretch]:
    """Every day from `first` to `last`, or every week where those are too many to draw."""
    length = 1 if (last - first).days < DAYS_MAX else WEEK
    count = (last - first).days // length + 1
    found = [Stretch(first + timedelta(days=length * place), length) for place in range(count)]
    for told in days:
        stretch = found[min(max((told["day"] - first).days // length, 0), count - 1)]
        stretch.fell += told["fell"]
        stretch.would_have_fallen += told["would_have_fallen"]
    return found


def falls(found: Sequence[Stretch], words: Mapping[str, str]) -> str:
    """The picture. words: `title`, `fell`, `would` in the language of the page."""
    most = max([1, *(max(one.fell, one.would_have_fallen) for one in found)])
    step = (WIDTH - LEFT) / max(len(found), 1)
    drawn = "".join(_drawn(found, words, step=step, most=most))
    return (
        f'<svg class="falls" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{escape(words["title"])}">'
        f'<g class="axis"><text x="{LEFT - 6}" y="{TOP + 8}" text-anchor="end">{most}</text>'
        f'<text x="{LEFT - 6}" y="{FLOOR}" text-anchor="end">0</text>'
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{FLOOR}" y2="{FLOOR}" stroke="#888"/></g>'
        f"{drawn}</svg>"
    )


def _drawn(
    found: Sequence[Stretch], words: Mapping[str, str], *, step: float, most: int
) -> Iterator[str]:
    every = max(1, -(-len(found) // LABELS))
    for place, one in enumerate(found):
        x = LEFT + place * step
        if place % every == 0:
            yield f'<text class="day" x="{x:.0f}" y="{HEIGHT - 10}">{one.start:%m-%d}</text>'
        if not one.fell and not one.would_have_fallen:
            continue
        told = f"{one.name}: {words['fell']} {one.fell}, {words['would']} {one.would_have_fallen}"
        yield f"<g><title>{escape(told)}</title>"
        width = max(step * 0.42, 1.5)
        for offset, count, name, colour in (
            (0.04, one.fell, "fell", FELL),
            (0.5, one.would_have_fallen, "would", WOULD),
        ):
            height = (FLOOR - TOP) * count / most
            if count:
                yield (
                    f'<rect class="{name}" x="{x + step * offset:.1f}" y="{FLOOR - height:.1f}"'
                    f' width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
                )
        yield "</g>"
