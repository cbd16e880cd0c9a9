"""Answers as a file: CSV for people and spreadsheets, JSON lines for programs.

A file is written a page at a time, so it takes the memory of a page however long it becomes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from api.answers import instant, json_bytes
from api.languages import Language

Format = Literal["csv", "jsonl"]
MEDIA_TYPES: Final[Mapping[Format, str]] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "jsonl": "application/jsonl",
}
BOM: Final = "\ufeff".encode()
FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""By which a spreadsheet knows a formula. Source: OWASP, "CSV Injection"."""
Columns = Mapping[str, tuple[str, str]]
COLUMNS: Final[Columns] = {
    "position": ("日志位置", "position"),
    "at": ("生效时间", "at"),
    "recorded_at": ("记录时间", "recorded_at"),
    "actor": ("操作人", "actor"),
    "topic": ("事件类型", "topic"),
    "words": ("说明", "words"),
    "customer_id": ("客户编号", "customer_id"),
    "reason": ("理由", "reason"),
    "rule": ("违反的规则", "rule"),
    "clause": ("条款", "clause"),
    "rulebook": ("制度版本", "rulebook"),
    "stream_id": ("事件流", "stream_id"),
    "version": ("流内序号", "version"),
    "facts": ("事实", "facts"),
}
"""Of a CSV of the audit: the member of the answer's item, and its header."""


def written(
    pages: Iterable[Sequence[Mapping[str, Any]]],
    form: Format,
    language: Language,
    *,
    bom: bool,
    position: int,
    columns: Columns = COLUMNS,
) -> Iterator[bytes]:
    """The file, piece by piece. pages: the items of the question. bom, columns: for CSV alone.

    position: the one that the file is true at; the last JSON line tells it.
    """
    if form == "jsonl":
        return _json_lines(pages, position)
    return _csv(pages, language, columns, bom=bom)


def _json_lines(pages: Iterable[Sequence[Mapping[str, Any]]], position: int) -> Iterator[bytes]:
    """Items as they are, and at the end that there are no more: a file cut short lacks it."""
    count = 0
    for page in pages:
        count += len(page)
        yield b"".join(json_bytes(item) + b"\n" for item in page)
    yield json_bytes({"complete": True, "count": count, "position": position}) + b"\n"


def _csv(
    pages: Iterable[Sequence[Mapping[str, Any]]], language: Language, columns: Columns, *, bom: bool
) -> Iterator[bytes]:
    """RFC 4180. Nothing stands behind the last row: a line that is none would be counted."""
    header = [zh if language == "zh" else en for zh, en in columns.values()]
    yield (BOM if bom else b"") + _lines([header])
    for page in pages:
        if page:
            yield _lines([_cell(item[column]) for column in columns] for item in page)


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> str:
    """A cell that no spreadsheet reckons with (OWASP)."""
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return instant(value)
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return f"'{text}" if text.startswith(FORMULA_BEGINNINGS) else text
