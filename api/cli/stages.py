"""A progress bar for work of several stages: on a terminal, or as lines of JSON with `--json`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from api.cli.output import Output

Tell = Callable[[str, int, int], None]
"""Is told a stage, how much of it is done, and of how much."""
JSON_SECONDS = 1.0
"""How often at most a line of JSON says how far a stage is."""


@contextmanager
def staged(output: Output, names: Mapping[str, str], units: Mapping[str, str]) -> Iterator[Tell]:
    """What to tell. names, units: of each stage."""
    if output.is_json:
        yield _Lines(units).tell
        return
    with output.progress(unit="") as bar:
        yield _Bar(bar, names, units).tell


class _Rate:
    """Of the present stage: how much a second, and what remains."""

    def __init__(self) -> None:
        self.stage = ""
        self.began = 0.0

    def of(self, stage: str, done: int) -> float:
        """How much a second since the stage began."""
        now = time.monotonic()
        if stage != self.stage:
            self.stage, self.began = stage, now
        return done / max(now - self.began, 0.001)


class _Bar:
    def __init__(self, bar: Any, names: Mapping[str, str], units: Mapping[str, str]) -> None:
        self._bar = bar
        self._names = names
        self._units = units
        self._rate = _Rate()
        self._task: Any = None

    def tell(self, stage: str, done: int, total: int) -> None:
        if stage != self._rate.stage:
            if self._task is not None:
                self._bar.remove_task(self._task)
            told = f"{self._names[stage]} ({self._units[stage]})"
            self._task = self._bar.add_task(told, total=total, rate=0.0)
        rate = self._rate.of(stage, done)
        self._bar.update(self._task, completed=done, total=total, rate=rate)


class _Lines:
    """Progress on standard error, one object a line; the result alone is on standard output."""

    def __init__(self, units: Mapping[str, str]) -> None:
        self._units = units
        self._rate = _Rate()
        self._told_at = float("-inf")

    def tell(self, stage: str, done: int, total: int) -> None:
        is_new = stage != self._rate.stage
        rate = self._rate.of(stage, done)
        now = time.monotonic()
        if not is_new and now - self._told_at < JSON_SECONDS:
            return
        self._told_at = now
        line = {
            "stage": stage,
            "done": done,
            "total": total,
            "unit": self._units[stage],
            "rate": round(rate, 1),
            "remaining_seconds": round((total - done) / rate, 1) if rate and done else None,
        }
        print(json.dumps(line), file=sys.stderr, flush=True)
