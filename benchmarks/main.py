"""`tenure bench`, `make bench`, `python -m benchmarks`: everything measured side by side, once."""

from __future__ import annotations

import argparse
import importlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Section
from benchmarks.ground import Ground, Tell
from benchmarks.report import Report
from benchmarks.scales import FULL, QUICK, STANDARD, Scale

DONE, NOT_MEASURED = 0, 1
SECTIONS = {
    "append": "benchmarks.appending",
    "claim": "benchmarks.claiming",
    "follow": "benchmarks.following",
    "find": "benchmarks.finding",
    "pages": "benchmarks.looking",
    "rights": "benchmarks.rights",
    "race": "benchmarks.racing",
    "long": "benchmarks.lasting",
    "seal": "benchmarks.sealing",
    "evidence": "benchmarks.evidence",
    "start": "benchmarks.starting",
    "grow": "benchmarks.growing",
}
"""Imported late: where a part of Tenure is missing, the others are measured all the same."""
ONLY_WHEN_ASKED = {"grow"}
"""What takes too long to be part of every run."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run with command-line arguments; the exit status.

    0: everything was measured, whether or not the targets were met. 1: something was not.
    """
    options = _parser().parse_args(arguments)
    scale = QUICK if options.quick else FULL if options.full else STANDARD
    return run(scale, only=options.only, is_json=options.json, out=options.out, data=options.data)


def run(
    scale: Scale = STANDARD,
    *,
    only: Sequence[str] = (),
    is_json: bool = False,
    out: Path | None = None,
    data: Path | None = None,
) -> int:
    """Measure and print; the exit status. only: names of sections. out: also write JSON there.

    data: folder of the load that questions are asked of; made where it is missing.
    """
    report = measured(scale, only=only, data=data)
    document = json.dumps(report.document(), ensure_ascii=False, indent=2)
    if out is not None:
        out.write_text(document + "\n", encoding="utf-8")
    if is_json:
        print(document)
    else:
        report.print_to(Console(width=None if sys.stdout.isatty() else 160))
    return NOT_MEASURED if report.failed() else DONE


def measured(scale: Scale, *, only: Sequence[str] = (), data: Path | None = None) -> Report:
    """Every section in turn, on one server. One that fails says why; the others go on."""
    began_at, began = datetime.now(UTC), time.monotonic()
    sections: list[Section] = []
    with _interrupted_by_sigterm(), _progress() as tell, Ground(tell, data=data) as ground:
        machine = ground.machine()
        for name in only or [name for name in SECTIONS if name not in ONLY_WHEN_ASKED]:
            section, is_interrupted = _measured(name, ground, scale)
            sections.append(section)
            if is_interrupted:
                break
    return Report(began_at, scale.name, machine, sections, time.monotonic() - began)


def _measured(name: str, ground: Ground, scale: Scale) -> tuple[Section, bool]:
    """The section, and whether the user wants to stop."""
    began, is_interrupted = time.monotonic(), False
    try:
        section = importlib.import_module(SECTIONS[name]).measure(ground, scale)
    except KeyboardInterrupt:
        section, is_interrupted = Section(name, name, error="interrupted"), True
    except Exception as error:  # noqa: BLE001 - one that cannot be measured must not hide the rest
        section = Section(name, name, error=f"{type(error).__name__}: {error}")
    section.seconds = time.monotonic() - began
    return section, is_interrupted


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tenure bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="under a minute, rough figures")
    size.add_argument("--full", action="store_true", help="a million companies; takes long")
    parser.add_argument("--only", action="append", choices=SECTIONS, default=[], metavar="SECTION")
    parser.add_argument("--data", type=Path, metavar="DIR", help="a load to ask, or to make there")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write JSON to FILE")
    return parser


@contextmanager
def _progress() -> Iterator[Tell]:
    """What is being done, on standard error: a moving line on a terminal, else one line each."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda text: print(text, file=sys.stderr, flush=True)
        return
    with console.status("bench") as status:
        yield status.update


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does: every process that was started is ended."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    kept: Callable[..., object] | int | None = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, kept)
