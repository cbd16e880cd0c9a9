"""What a measurement yields: figures, and verdicts that hold them against their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Need(StrEnum):
    """How much a target counts."""

    MUST = "must"
    AIM = "aim"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. side: who did the work. p50_ms, p99_ms: of single pieces of work."""

    work: str
    side: str
    value: float
    unit: str
    p50_ms: float | None = None
    p99_ms: float | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target and what was reached."""

    work: str
    need: Need
    wanted: str
    reached: float
    unit: str
    is_met: bool


@dataclass(slots=True)
class Section:
    """One kind of measurement. error: why it, or the rest of it, could not be measured."""

    name: str
    title: str
    figures: list[Figure] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    error: str | None = None
    seconds: float = 0.0


def at_least(work: str, need: Need, bound: float, reached: float, unit: str) -> Verdict:
    """A target that more is better for."""
    return Verdict(work, need, f">= {bound:g} {unit}", reached, unit, reached >= bound)


def at_most(work: str, need: Need, bound: float, reached: float, unit: str) -> Verdict:
    """A target that less is better for."""
    return Verdict(work, need, f"<= {bound:g} {unit}", reached, unit, reached <= bound)


def exactly(work: str, need: Need, wanted: float, reached: float, unit: str) -> Verdict:
    """A target that is one number."""
    return Verdict(work, need, f"= {wanted:g} {unit}", reached, unit, reached == wanted)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0 to 1) of all values do not exceed (nearest rank).

    Raises ValueError where there are no values.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)
    return ordered[max(0, min(len(ordered), rank) - 1)]


def timed(
    work: str,
    side: str,
    latencies_ms: Sequence[float],
    *,
    seconds: float,
    unit: str,
    remark: str = "",
) -> Figure:
    """A rate with the percentiles of its single pieces of work."""
    return Figure(
        work,
        side,
        len(latencies_ms) / seconds,
        unit,
        percentile(latencies_ms, 0.5),
        percentile(latencies_ms, 0.99),
        remark,
    )
