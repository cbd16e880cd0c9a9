"""What commands print: tables and sentences for people, JSON with `--json`; errors in both tongues.

Results go to standard output; progress, notices and errors to standard error, so that a result
can be piped on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table


class ExitStatus(IntEnum):
    """What the shell is told (api.md)."""

    DONE = 0
    REFUSED = 1
    USAGE = 2


class Words:
    """A sentence in Chinese and English."""

    def __init__(self, *, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en


class Output:
    """Where one command prints."""

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json

    def result(self, document: Mapping[str, Any], shown: Any, *, is_line: bool = False) -> None:
        """The command's one result: `document` as JSON, or `shown` (a table, text) for people.
        is_line: the JSON is one line, the last of many."""
        if self.is_json and is_line:
            self.line(document)
        elif self.is_json:
            print(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))
        else:
            people = self.people
            for part in shown if isinstance(shown, list) else [shown]:
                if isinstance(part, str):
                    # Names and ids are neither markup nor broken over lines.
                    people.print(part, markup=False, soft_wrap=True)
                else:
                    people.print(part)

    def line(self, document: Mapping[str, Any]) -> None:
        """One of many results, on a line of its own: JSON, whole once it is printed."""
        print(json.dumps(document, ensure_ascii=False, default=_plain), flush=True)

    def notice(self, words: Words) -> None:
        """Something to know that is not the result."""
        self.errors.print(words.zh, style="yellow", markup=False)
        self.errors.print(words.en, style="yellow", markup=False)

    @property
    def people(self) -> Console:
        """Standard output for people; a pipe gets lines as long as they are."""
        return _console(sys.stdout)

    @property
    def errors(self) -> Console:
        """Standard error for people."""
        return _console(sys.stderr)

    def progress(self, *, unit: str) -> Progress:
        """A progress bar with rate and remaining time; silent where nobody looks."""
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]:,.0f} " + unit + "/s"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.errors,
            disable=self.is_json or not sys.stderr.isatty(),
            transient=True,
        )


def table(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table of texts; markup in them is shown, not obeyed."""
    from rich.markup import escape
    from rich.table import Table

    made = Table(title=title, title_justify="left", header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    for row in rows:
        made.add_row(
            *(cell if not isinstance(cell, str) else escape(cell) for cell in map(_cell, row))
        )
    return made


def print_error(error: BaseException, words: Words, *, is_json: bool, slug: str = "") -> None:
    """One error on standard error, in Chinese and English."""
    if is_json:
        document = {"error": slug or type(error).__name__, "zh": words.zh, "en": words.en}
        facts = getattr(error, "facts", None)
        if callable(facts):
            document |= {"facts": facts()}
        print(json.dumps(document, ensure_ascii=False, default=_plain), file=sys.stderr)
        return
    # Plain text, not rich: an error must come out whole, in a pipe and without any import.
    is_terminal = sys.stderr.isatty()
    red, plain = ("\x1b[31m", "\x1b[0m") if is_terminal else ("", "")
    print(f"{red}错误：{words.zh}{plain}", file=sys.stderr)
    print(f"{red}Error: {words.en}{plain}", file=sys.stderr)


def shown_instant(instant: datetime | None) -> str:
    """An instant in the time zone of the machine, for people."""
    return instant.astimezone().strftime("%Y-%m-%d %H:%M:%S %z") if instant else "—"


def _console(stream: Any) -> Console:
    from rich.console import Console

    width = None if stream.isatty() else 200
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return shown_instant(value)
    if value is None:
        return "—"
    return value if hasattr(value, "__rich__") or isinstance(value, str) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Path):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
