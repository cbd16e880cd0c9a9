"""The timeline of a bundle as one static page: SVG and tables, Chinese and English, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from domain.replay import History
from domain.words import describe

_WIDTH: Final = 960
_ROW: Final = 26
_COLOURS: Final = {
    "waiting": "#c9b458",
    "rejected": "#b85c5c",
    "potential": "#5b8fb9",
    "intent": "#4a9a78",
    "formal": "#6a5aa8",
}
_PAGE: Final = """\
<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ border-bottom: 1px solid #ccc; padding: .3rem .5rem; text-align: left; }}
td {{ vertical-align: top; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>先运行 verify.py：本页仅供阅读。Run verify.py first: this page is for reading alone.</p>
<h2>保护期 Tenures</h2>
{picture}
{tenures}
<h2>事件 Events</h2>
{events}
</body>
</html>
"""


def page(history: History, tenures: Sequence[Mapping[str, Any]], dispute: int | None = None) -> str:
    """The page of a history and the tenures that follow from it."""
    case = "" if dispute is None else f" · 争议 dispute {dispute}"
    title = f"客户时间线 Timeline {history.customer_id}{case}"
    rows = [
        (
            tenure["holder"] or tenure["group"],
            tenure["stage"],
            _shown(tenure["since"]),
            _shown(tenure["until"]),
            tenure["ended"] or "",
            tenure["rulebook"],
        )
        for tenure in tenures
    ]
    told = []
    for past in history.events:
        words = describe(past.event)
        both = f"{words.zh}\n{words.en}"
        told.append((past.position, _shown(past.event.timestamp), both, past.event.actor))
    return _PAGE.format(
        title=escape(title),
        picture=_picture(history, tenures),
        tenures=_table(
            ("跟进人 holder", "阶段 stage", "自 since", "至 until", "结束 ended", "制度 rules"),
            rows,
        ),
        events=_table(("位置 position", "时间 at", "内容 what", "操作人 actor"), told),
    )


def _picture(history: History, tenures: Sequence[Mapping[str, Any]]) -> str:
    """A bar a tenure, from its beginning to its end."""
    start = history.events[0].event.timestamp
    end = max(
        [past.event.timestamp for past in history.events]
        + [tenure["until"] or tenure["since"] for tenure in tenures]
    )
    scale = (_WIDTH - 10) / max((end - start).total_seconds(), 1.0)
    bars = []
    for row, tenure in enumerate(tenures):
        left = (tenure["since"] - start).total_seconds() * scale
        width = max(2.0, ((tenure["until"] or end) - tenure["since"]).total_seconds() * scale)
        who = escape(f"{tenure['holder'] or tenure['group']} {tenure['stage']}")
        colour = _COLOURS.get(tenure["stage"], "#888")
        bars.append(
            f'<rect x="{left:.1f}" y="{row * _ROW + 3}" width="{width:.1f}" height="{_ROW - 8}"'
            f' fill="{colour}"/><text x="{min(left + 4, _WIDTH - 160):.1f}"'
            f' y="{row * _ROW + 17}" font-size="12">{who}</text>'
        )
    height = len(tenures) * _ROW + 4
    body = "\n".join(bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">\n'
        f"{body}\n</svg>"
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "\n".join(
        "<tr>"
        + "".join(f"<td>{escape(str(cell)).replace(chr(10), '<br>')}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    return f"<table>\n<tr>{head}</tr>\n{body}\n</table>"


def _shown(instant: datetime | None) -> str:
    if instant is None:
        return "…"
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
