"""Small pictures of numbers, drawn as SVG: how many in each stage, how many a day, how long still.

Pure functions of told numbers. Colours are attributes, which the sheet of style overrides by class,
as in `api.console.band`; every number that a picture shows stands beside it as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup, escape

from api.console.band import COLOURS

WIDTH: Final = 200
HEIGHT: Final = 12
COLUMN: Final = 48
LEFT_DAYS: Final = 30
"""What fills the bar of the time left: the term of a potential customer."""


def stacked(stages: Mapping[str, int], most: int, words: Mapping[str, str]) -> Markup:
    """One bar, a part a stage. most: how many fill the whole width. words: of each stage."""
    parts, x = "", 0.0
    for stage, colour in COLOURS.items():
        count = stages.get(stage, 0)
        if count:
            width = WIDTH * count / max(most, 1)
            parts += _part(stage, colour, x, width)
            x += width
    told = ", ".join(f"{words[stage]} {stages[stage]}" for stage in COLOURS if stages.get(stage))
    return _picture("load", told, parts)


def column(count: int, most: int) -> Markup:
    """One upright bar. most: how many reach the top."""
    height = round(COLUMN * count / max(most, 1), 1)
    return _drawn(
        f'<svg class="column" viewBox="0 0 20 {COLUMN}" preserveAspectRatio="none"'
        f' aria-hidden="true"><rect y="{round(COLUMN - height, 1)}" width="20" height="{height}"'
        ' rx="2" fill="#1c5bb5"/></svg>'
    )


def left(ends_at: datetime | None, now: datetime, stage: str) -> Markup:
    """How much time is left, as part of thirty days; full where no end is."""
    share = 1.0 if ends_at is None else (ends_at - now) / timedelta(days=LEFT_DAYS)
    width = WIDTH * min(max(share, 0.01), 1.0)
    return _picture("left", "", _part(stage, COLOURS[stage], 0, width))


def _part(stage: str, colour: str, x: float, width: float) -> str:
    """stage: one of `COLOURS`, so that there is nothing to escape."""
    return (
        f'<rect class="bar-{stage}" x="{round(x, 1)}" width="{round(width, 1)}" height="{HEIGHT}"'
        f' fill="{colour}"/>'
    )


def _picture(name: str, told: str, parts: str) -> Markup:
    meaning = f'role="img" aria-label="{escape(told)}"' if told else 'aria-hidden="true"'
    return _drawn(
        f'<svg class="{name}" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" {meaning}>'
        f'<g class="band">{parts}</g></svg>'
    )


def _drawn(picture: str) -> Markup:
    """Of numbers and names of our own, and of words that are escaped."""
    return Markup(picture)  # noqa: S704
