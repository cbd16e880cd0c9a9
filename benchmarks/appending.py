"""Appends of two events by 1, 4 and 16 writers: Tenure, the library's recorder, pgbench."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from benchmarks import append_sides
from benchmarks.append_shape import claim_with_follow_up
from benchmarks.children import Child
from benchmarks.figures import Figure, Need, Section, at_least, timed
from benchmarks.ground import Ground, machine
from benchmarks.pgbench import TABLES, Pgbench
from benchmarks.scales import Scale

NAME = "append"
_READY_SECONDS = 120.0
_REMARKS = (
    "Two events an append (a claim and its follow-up, about 600 and 370 bytes), each on a stream "
    "of its own. Tenure and pgbench also write the row of the command; the library has none.",
    "Every writer is a process with one connection, for Tenure and the library alike, so that "
    "neither is throttled by Python's global lock; pgbench uses a thread a processor.",
    "The sides take turns, in one database server with fsync on.",
)
Turn = Callable[[float], tuple[list[float], float]]


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Appends of two events", remarks=list(_REMARKS))
    urls = {side: ground.database(f"append_{side}") for side in append_sides.SIDES}
    for side, url in urls.items():
        append_sides.prepare(side, url)
    ground.run_sql("append_tenure", TABLES)
    pgbench = Pgbench(
        ground.folder,
        ground.server.environment(database="append_tenure"),
        claim_with_follow_up(),
        threads=machine()["processors"],
    )
    for writers in scale.writers:
        _measure(ground, scale, section, urls, pgbench, writers)
    return section


def _measure(
    ground: Ground,
    scale: Scale,
    section: Section,
    urls: dict[str, str],
    pgbench: Pgbench,
    writers: int,
) -> None:
    children = _started(ground, urls, writers)
    turns: dict[str, Turn] = {
        "tenure": lambda seconds: _turn(children["tenure"], seconds),
        "library": lambda seconds: _turn(children["library"], seconds),
        "pgbench": lambda seconds: pgbench.turn(writers, seconds),
    }
    latencies: dict[str, list[float]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    for number in range(scale.rounds):
        for side, turn in turns.items():
            ground.tell(f"append, writers: {writers}, round {number + 1}/{scale.rounds}: {side}")
            found, took = turn(scale.append_seconds)
            latencies[side] += found
            seconds[side] += took
    for child in children.values():
        ground.children.end(child)
    work = f"append, {writers} {'writer' if writers == 1 else 'writers'}"
    figures = {
        side: timed(work, side, latencies[side], seconds=seconds[side], unit="appends/s")
        for side in turns
    }
    section.figures += figures.values()
    _judge(section, work, figures, need=Need.MUST if writers == max(scale.writers) else None)


def _judge(section: Section, work: str, figures: dict[str, Figure], need: Need | None) -> None:
    """The targets are for the most writers; the other ratios are told as well."""
    ours = figures["tenure"].value
    to_library = ours / figures["library"].value
    to_pgbench = 100 * ours / figures["pgbench"].value
    if need is None:
        section.remarks.append(
            f"{work}: {to_library:.1f} x library, {to_pgbench:.0f} % of pgbench (no target)."
        )
        return
    section.verdicts += [
        at_least(work, need, 4.0, to_library, "x library"),
        at_least(work, need, 30.0, to_pgbench, "% of pgbench"),
        at_least(work, Need.AIM, 50.0, to_pgbench, "% of pgbench"),
    ]


def _started(ground: Ground, urls: dict[str, str], writers: int) -> dict[str, Child]:
    """The writers of both sides, connected and waiting for the word."""
    children = {}
    for side, url in urls.items():
        child = ground.children.start_module(
            "benchmarks.append_writers", environment=ground.environment()
        )
        child.tell({"side": side, "url": url, "writers": writers, "arrangement": "processes"})
        children[side] = child
    for child in children.values():
        child.hear(seconds_max=_READY_SECONDS)
    return children


def _turn(child: Child, seconds: float) -> tuple[list[float], float]:
    answer = child.ask({"seconds": seconds}, seconds_max=seconds + _READY_SECONDS)
    return answer["latencies_ms"], seconds
