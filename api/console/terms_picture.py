"""How long a customer is protected, drawn from a rulebook's values: a pure function, as SVG.

A row a stage: its term, the extensions that may follow, and how long a giver-up is barred.
Colours are attributes, which a sheet of style may override by class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from api.console.band import COLOURS

WIDTH: Final = 960
NAMES: Final = 160
ROW: Final = 34
BLOCKS_MAX: Final = 6
POOL: Final = "#6b7280"
Block = tuple[str, str, int]
"""Class, colour, days."""


def terms_picture(values: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """values: by table and name. words: `title`, `potential`, `intent`, `bar`, `days` (with
    {number}), in the language of the page. Of many extensions the first are drawn."""
    rows = [
        *(
            (words[stage], [(f"bar-{stage}", COLOURS[stage], values[f"{stage}.days"])])
            for stage in ("potential", "intent")
        ),
        (words["bar"], [("bar-pool", POOL, values["bar.days"])]),
    ]
    for (_, blocks), stage in zip(rows, ("potential", "intent"), strict=False):
        extension = (
            f"bar-{stage} further",
            COLOURS[stage],
            values[f"{stage}.extension_days_max"],
        )
        blocks += [extension] * min(values[f"{stage}.extensions"], BLOCKS_MAX)
    most = max([1, *(sum(days for _, _, days in blocks) for _, blocks in rows)])
    scale = (WIDTH - NAMES) / most
    drawn = "".join(
        _row(place, name, blocks, scale=scale, told=words["days"])
        for place, (name, blocks) in enumerate(rows)
    )
    return (
        f'<svg class="band terms" viewBox="0 0 {WIDTH} {ROW * len(rows)}" role="img"'
        f' aria-label="{escape(words["title"])}">{drawn}</svg>'
    )


def _row(place: int, name: str, blocks: Sequence[Block], *, scale: float, told: str) -> str:
    y = place * ROW
    parts = [f'<text x="0" y="{y + 21}">{escape(name)}</text>']
    x = float(NAMES)
    for kind, colour, days in blocks:
        width = days * scale
        label = escape(told.format(number=days))
        parts.append(
            f'<g><title>{escape(name)}: {label}</title><rect class="{kind}" x="{x:.1f}"'
            f' y="{y + 6}" width="{max(width - 2, 1):.1f}" height="{ROW - 12}" rx="3"'
            f' fill="{colour}"/></g>'
        )
        if width > ROW:
            written = "beyond" if "further" in kind else "within"
            parts.append(
                f'<text class="{written}" x="{x + width / 2:.1f}" y="{y + 21}"'
                f' text-anchor="middle">{label}</text>'
            )
        x += width
    if not any(days for _, _, days in blocks):
        parts.append(f'<text x="{NAMES}" y="{y + 21}">—</text>')
    return "".join(parts)
