"""Rebuilding with processes beside this one, so that two processors fold at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

import msgspec

from api.collector import quieten_collector
from api.rebuild_lane import Answer, Work
from projections.following import FoldFailed
from projections.rebuilding import Folds, Progress, Rebuild, Rebuilt
from projections.stretches import Source, Stretch
from projections.view import LogEntry, View

EVENTS_WORTH_A_PROCESS = 15_000
"""Fewer are folded before a second process has started."""
LANES_MAX = 2
_END_SECONDS = 10.0


class LaneFailed(Exception):
    """A process that folded beside this one ended, or met an error that is no fold's."""


class ProcessLane:
    """A lane in a process of its own, for one thread."""

    def __init__(self, work: Work) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "api.rebuild_lane"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # A Ctrl-C at the terminal is for whoever leads.
        )
        self._write(msgspec.json.encode(work))

    @property
    def process_id(self) -> int:
        return self._process.pid

    def folded(self, stretch: Stretch) -> Iterator[int]:
        """Raises FoldFailed, LaneFailed."""
        self._write(msgspec.json.encode(stretch))
        while (answer := self._answer()).events is not None:
            yield answer.events
        if answer.failed is not None:
            view, position, topic, cause = answer.failed
            entry = LogEntry(position, datetime.now(UTC), topic, None)
            raise FoldFailed(view, entry) from LaneFailed(cause)
        if answer.error is not None:
            raise LaneFailed(answer.error)

    def close(self) -> None:
        """End the process; it ends by itself with its input."""
        process = self._process
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _answer(self) -> Answer:
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise LaneFailed("a process of the rebuild has ended")
        return msgspec.json.decode(line, type=Answer)

    def _write(self, line: bytes) -> None:
        if self._process.stdin is None:
            raise LaneFailed("a process of the rebuild cannot be told anything")
        try:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise LaneFailed("a process of the rebuild has ended") from error


def lanes_of(url: str, *, lanes_max: int = LANES_MAX) -> Callable[..., Sequence[Folds]]:
    """Further lanes for a rebuild on this database, as many as there are processors and work."""

    def made(schema: str, views: Sequence[View], events: int, stack: ExitStack) -> Sequence[Folds]:
        wanted = min(os.cpu_count() or 1, lanes_max, 1 + events // EVENTS_WORTH_A_PROCESS)
        work = Work(url, schema, tuple(view.NAME for view in views))
        lanes = []
        for _ in range(wanted - 1):
            lane = ProcessLane(work)
            stack.callback(lane.close)
            lanes.append(lane)
        return lanes

    return made


def rebuilt(
    source: Source, url: str, views: Sequence[View], tell: Callable[[Progress], None]
) -> list[Rebuilt]:
    """Rebuild `views` as the one thing that this process does."""
    quieten_collector()
    return Rebuild(source, views, lanes=lanes_of(url), tell=tell).run()
