"""How far work of several stages is: a bar on a terminal, lines of JSON with `--json`, and where
standard error is neither, as in a service's log, a plain line now and then."""

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
PLAIN_SECONDS = 10.0
"""How often at most a plain line does: what is done sooner says only its result."""
Clock = Callable[[], float]
"""Seconds since whenever."""


@contextmanager
def staged(
    output: Output,
    names: Mapping[str, str],
    units: Mapping[str, str],
    *,
    is_bar: bool = True,
    clock: Clock = time.monotonic,
) -> Iterator[Tell]:
    """What to tell. names, units: of each stage. is_bar: False where results are printed between,
    which a bar would be drawn over."""
    if output.is_json:
        yield _Lines(units, clock).tell
        return
    if not is_bar or not sys.stderr.isatty():
        yield _PlainLines(names, units, clock).tell
        return
    with output.progress(unit="") as bar:
        yield _Bar(bar, names, units, clock).tell


class _Rate:
    """Of the present stage: how much a second, and what remains."""

    def __init__(self, clock: Clock) -> None:
        self.stage = ""
        self.began = 0.0
        self._clock = clock

    def of(self, stage: str, done: int) -> float:
        """How much a second since the stage began."""
        now = self._clock()
        if stage != self.stage:
            self.stage, self.began = stage, now
        return done / max(now - self.began, 0.001)


def _remaining_seconds(rate: float, done: int, total: int) -> float | None:
    """None where nothing tells."""
    return (total - done) / rate if rate and done else None


class _Bar:
    def __init__(
        self, bar: Any, names: Mapping[str, str], units: Mapping[str, str], clock: Clock
    ) -> None:
        self._bar = bar
        self._names = names
        self._units = units
        self._rate = _Rate(clock)
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

    def __init__(self, units: Mapping[str, str], clock: Clock) -> None:
        self._units = units
        self._clock = clock
        self._rate = _Rate(clock)
        self._told_at = float("-inf")

    def tell(self, stage: str, done: int, total: int) -> None:
        is_new = stage != self._rate.stage
        rate = self._rate.of(stage, done)
        now = self._clock()
        if not is_new and now - self._told_at < JSON_SECONDS:
            return
        self._told_at = now
        remaining = _remaining_seconds(rate, done, total)
        line = {
            "stage": stage,
            "done": done,
            "total": total,
            "unit": self._units[stage],
            "rate": round(rate, 1),
            "remaining_seconds": None if remaining is None else round(remaining, 1),
        }
        print(json.dumps(line), file=sys.stderr, flush=True)


class _PlainLines:
    """Sentences on standard error for whoever reads a log afterwards, or waits beside it."""

    def __init__(self, names: Mapping[str, str], units: Mapping[str, str], clock: Clock) -> None:
        self._names = names
        self._units = units
        self._clock = clock
        self._rate = _Rate(clock)
        self._told_at = clock()

    def tell(self, stage: str, done: int, total: int) -> None:
        rate = self._rate.of(stage, done)
        now = self._clock()
        if now - self._told_at < PLAIN_SECONDS:
            return
        self._told_at = now
        unit = self._units[stage]
        remaining = _remaining_seconds(rate, done, total)
        left = (
            "" if remaining is None else f", {remaining:,.0f} s remaining 剩余 {remaining:,.0f} 秒"
        )
        line = f"{self._names[stage]}: {done:,}/{total:,} {unit}, {rate:,.0f} {unit}/s{left}"
        print(line, file=sys.stderr, flush=True)
