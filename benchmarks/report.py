"""A run's results: tables for people, one JSON document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from benchmarks.figures import Figure, Section, Verdict

_BUSY = 0.5
"""Load a processor from which on others are taking part in the figures."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one run found."""

    began_at: datetime
    scale: str
    machine: dict[str, Any]
    sections: Sequence[Section]
    seconds: float

    def document(self) -> dict[str, Any]:
        """As JSON carries it."""
        return {
            "began_at": self.began_at.isoformat(),
            "scale": self.scale,
            "seconds": round(self.seconds, 1),
            "machine": self.machine,
            "busy": self.is_busy(),
            "sections": [asdict(section) for section in self.sections],
        }

    def is_busy(self) -> bool:
        """Whether something else was running when the run began."""
        return bool(self.machine["load"] > _BUSY * self.machine["processors"])

    def failed(self) -> list[str]:
        """Names of the sections that could not be measured."""
        return [section.name for section in self.sections if section.error is not None]

    def print_to(self, console: Console) -> None:
        """Every figure, then every target with what was reached."""
        machine = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        console.print(Text(f"Tenure bench, {self.scale}: {machine}", style="bold"))
        if self.is_busy():
            console.print(
                Text(
                    "The machine was busy when this began: every side's figures suffer, "
                    "ratios are less certain.",
                    style="yellow",
                )
            )
        for section in self.sections:
            console.print(Group(*_shown(section)))
        console.print(_summary(self))


def _shown(section: Section) -> Iterator[Any]:
    yield Text(f"\n{section.title} ({section.seconds:.0f} s)", style="bold cyan")
    if section.figures:
        yield _figures_table(section.figures)
    if section.verdicts:
        yield _verdicts_table(section.verdicts)
    for remark in section.remarks:
        yield Text(f"  {remark}", style="dim")
    if section.error is not None:
        yield Text(f"  not measured: {section.error}", style="red")


def _figures_table(figures: Sequence[Figure]) -> Table:
    table = Table(header_style="bold")
    for heading in ("work", "side"):
        table.add_column(heading)
    for heading in ("value", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="right")
    table.add_column("remark")
    for figure in figures:
        table.add_row(
            escape(figure.work),
            figure.side,
            f"{_number(figure.value)} {figure.unit}",
            _number(figure.p50_ms),
            _number(figure.p99_ms),
            escape(figure.remark),
        )
    return table


def _verdicts_table(verdicts: Sequence[Verdict]) -> Table:
    table = Table(header_style="bold")
    for heading in ("target", "need", "wanted", "reached", "met"):
        table.add_column(heading)
    for verdict in verdicts:
        table.add_row(
            escape(verdict.work),
            verdict.need,
            verdict.wanted,
            f"{_number(verdict.reached)} {verdict.unit}",
            Text("yes", style="green") if verdict.is_met else _missed(verdict),
        )
    return table


def _missed(verdict: Verdict) -> Text:
    return Text("no", style="bold red" if verdict.need == "must" else "yellow")


def _summary(report: Report) -> Text:
    verdicts = [verdict for section in report.sections for verdict in section.verdicts]
    counted = []
    for need in ("must", "aim"):
        wanted = [verdict for verdict in verdicts if verdict.need == need]
        met = sum(verdict.is_met for verdict in wanted)
        counted.append(f"{need}: {met} of {len(wanted)} met")
    failed = f"; not measured: {', '.join(report.failed())}" if report.failed() else ""
    return Text(f"\n{'; '.join(counted)}{failed}; {report.seconds:.0f} s", style="bold")


def _number(value: float | None) -> str:
    """Three digits that count, or all before the point."""
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
