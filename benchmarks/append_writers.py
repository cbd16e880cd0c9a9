"""`python -m benchmarks.append_writers`: writers that append as fast as they can, when told to.

Reads one JSON line: side, url, writers, arrangement. Then for each line {"seconds": s} all
writers begin at one instant, and one line with the latencies of what they finished is written.

`processes`: every writer is a process with one connection, as pgbench's clients are, so that no
side is throttled by Python's global lock. `threads`: all writers share one process and one pool.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.append_shape import AppendShape, claim_with_follow_up
from benchmarks.append_sides import Append, append_of

_LEAD_SECONDS = 0.1
"""Between the word and the start, so that every writer has heard it."""
Turn = Callable[[float, float], list[float]]


def main() -> None:
    # Leaving properly ends the writers, too; they themselves have nothing to leave.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    order = json.loads(sys.stdin.readline())
    start = _as_processes if order["arrangement"] == "processes" else _as_threads
    take_turn = start(order["side"], order["url"], order["writers"])
    _say({"ready": True})
    for line in sys.stdin:
        seconds = json.loads(line)["seconds"]
        begin = time.monotonic() + _LEAD_SECONDS
        _say({"latencies_ms": take_turn(begin, begin + seconds)})


def _as_processes(side: str, url: str, writers: int) -> Turn:
    # Forked before any thread or connection exists here, so each writer makes its own.
    context = multiprocessing.get_context("fork")
    pipes = []
    for _ in range(writers):
        ours, theirs = context.Pipe()
        context.Process(target=_write, args=(side, url, theirs, ours), daemon=True).start()
        theirs.close()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()

    def take_turn(begin: float, end: float) -> list[float]:
        for pipe in pipes:
            pipe.send((begin, end))
        return [latency for pipe in pipes for latency in pipe.recv()]

    return take_turn


def _write(side: str, url: str, orders: Connection, other_end: Connection) -> None:
    """One writer, until its pipe is closed."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    other_end.close()
    append, shape = append_of(side, url, connections=1), claim_with_follow_up()
    append(shape)
    orders.send("ready")
    while True:
        try:
            begin, end = orders.recv()
        except EOFError:
            return
        orders.send(_appended(append, shape, begin, end))


def _as_threads(side: str, url: str, writers: int) -> Turn:
    append, shape = append_of(side, url, connections=writers), claim_with_follow_up()
    append(shape)

    def take_turn(begin: float, end: float) -> list[float]:
        done: list[list[float]] = []
        threads = [
            threading.Thread(target=lambda: done.append(_appended(append, shape, begin, end)))
            for _ in range(writers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [latency for latencies in done for latency in latencies]

    return take_turn


def _appended(append: Append, shape: AppendShape, begin: float, end: float) -> list[float]:
    """Latencies in milliseconds of the appends that were finished before `end`."""
    time.sleep(max(0.0, begin - time.monotonic()))
    latencies: list[float] = []
    before = time.monotonic()
    while True:
        append(shape)
        after = time.monotonic()
        if after > end:
            return latencies
        latencies.append((after - before) * 1000)
        before = after


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
