"""How far a command is, told to a terminal, to a program, and to a log."""

from __future__ import annotations

import json

import pytest

from api.cli.output import Output
from api.cli.stages import PLAIN_SECONDS, staged

NAMES = {"folding": "folding 折叠", "swapping": "swapping 替换"}
UNITS = {"folding": "events", "swapping": "views"}


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_without_a_terminal_a_plain_line_says_now_and_then_how_far_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hands()
    with staged(Output(is_json=False), NAMES, UNITS, clock=clock) as tell:
        tell("folding", 0, 100_000)
        clock.seconds += PLAIN_SECONDS - 0.1
        tell("folding", 19_900, 100_000)
        assert capsys.readouterr().err == ""
        clock.seconds += 0.1
        tell("folding", 20_000, 100_000)
        tell("folding", 20_001, 100_000)
        clock.seconds += PLAIN_SECONDS
        tell("folding", 40_000, 100_000)
        tell("swapping", 0, 9)
        clock.seconds += PLAIN_SECONDS
        tell("swapping", 0, 9)
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "folding 折叠: 20,000/100,000 events, 2,000 events/s, 40 s remaining 剩余 40 秒",
        "folding 折叠: 40,000/100,000 events, 2,000 events/s, 30 s remaining 剩余 30 秒",
        "swapping 替换: 0/9 views, 0 views/s",
    ]
    assert told.out == ""


def test_a_program_is_told_each_stage_and_once_a_second_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hands()
    with staged(Output(is_json=True), NAMES, UNITS, clock=clock) as tell:
        tell("folding", 0, 100)
        tell("folding", 1, 100)
        clock.seconds += 1
        tell("folding", 20, 100)
        tell("swapping", 0, 9)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["stage"], line["done"], line["remaining_seconds"]) for line in lines] == [
        ("folding", 0, None),
        ("folding", 20, 4.0),
        ("swapping", 0, None),
    ]
