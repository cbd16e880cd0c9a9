"""The tour of both READMEs runs as written, and their tables tell what is there.

Every `bash` block of the tour runs in one shell, in the order of the page. The `json` and `text`
blocks that follow one show what it answers, shortened: objects show some of their members, lists
some of their items, except that [] is an empty one, and … stands for anything.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer

from api.cli.main import app
from tests.waiting import wait_until

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "README.zh-CN.md")
TOUR = {"README.md": "Five minutes with curl", "README.zh-CN.md": "用 curl 走一遍"}
SECONDS_MAX = 300
END_OF_BLOCK = "\x1e"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Step:
    """One `bash` block. shown: the blocks that follow it, by language."""

    script: str
    shown: list[tuple[str, str]] = field(default_factory=list)


def section(page: str, heading: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found is not None, f"{page} has no section {heading}"
    return found[1]


def tour(page: str) -> list[Step]:
    steps: list[Step] = []
    for language, text in BLOCK.findall(section(page, TOUR[page])):
        if language == "bash":
            steps.append(Step(text))
        else:
            steps[-1].shown.append((language, text))
    return steps


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that looks like a checkout after `make install`."""
    made = Path(tempfile.mkdtemp(prefix="tenure-tour-"))
    # Under root the embedded server runs as another account, which must be able to pass.
    made.chmod(0o711 if os.geteuid() == 0 else 0o700)
    (made / ".venv").symlink_to(sys.prefix)
    (made / "api").symlink_to(ROOT / "api")
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.skipif(
    shutil.which("curl") is None and not os.environ.get("CI"),
    reason="the tour is a reader's own lines, with curl, which this machine lacks; CI must have it",
)
@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_the_tour_runs_as_written(page: str, folder: Path) -> None:
    steps = tour(page)
    answers = _run(steps, folder)
    assert len(answers) == len(steps), f"the tour stopped in:\n{steps[len(answers) - 1].script}"
    for step, answer in zip(steps, answers, strict=True):
        for language, shown in step.shown:
            if language == "json":
                _assert_objects(shown, answer, step.script)
            else:
                _assert_lines(shown, answer, step.script)


def test_both_tours_give_the_same_commands() -> None:
    english, chinese = ([_without_language(step.script) for step in tour(page)] for page in PAGES)
    assert english == chinese


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_commands_is_the_command_line(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `tenure (\w+)", text, re.MULTILINE))
    assert named == set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES)
def test_the_map_names_folders_and_modules_that_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(
        r"`((?:api|domain|eventstore|projections|tests|benchmarks|docs)/[\w./-]*)`", text
    )
    assert len(named) > 7
    assert [path for path in named if not (ROOT / path).exists()] == []


def _run(steps: list[Step], folder: Path) -> list[str]:
    """What each block printed. The shell and its server are gone when this returns."""
    port = str(_free_port())
    parts = ["set -e"]
    for step in steps:
        lines = [line for line in step.script.splitlines() if not line.startswith("make ")]
        parts += ["\n".join(lines).replace("PORT=8000", f"PORT={port}"), f"printf '{END_OF_BLOCK}'"]
    script = folder / "tour.sh"
    script.write_text("\n".join(parts), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TENURE_")}
    printed = folder / "printed"
    with printed.open("wb") as file:
        shell = subprocess.Popen(
            ["bash", str(script)],
            cwd=folder,
            env=kept | {"LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _end_in_time(shell)
    said = printed.read_text(encoding="utf-8").replace(f":{port}", ":8000")
    assert shell.returncode == 0, said[-2000:]
    return said.split(END_OF_BLOCK)[:-1]


def _end_in_time(shell: subprocess.Popen[bytes]) -> None:
    """Wait for the shell, then end what it left: a tour that fails leaves its server running."""
    with suppress(subprocess.TimeoutExpired):
        shell.wait(SECONDS_MAX)
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, TimeoutError):
            os.killpg(shell.pid, number)
            wait_until(lambda: not _is_alive(shell), seconds_max=20, what="the tour's end")


def _is_alive(shell: subprocess.Popen[bytes]) -> bool:
    """True while a process of the shell's session is there."""
    shell.poll()
    try:
        os.killpg(shell.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _without_language(script: str) -> str:
    return re.sub(r' -H "Accept-Language: [\w-]+"', "", script)


def _assert_objects(shown: str, answer: str, script: str) -> None:
    """Each object shown was answered, in this order."""
    answered = list(_objects(answer))
    for wanted in _objects(shown):
        while answered and not _is_like(wanted, answered[0]):
            answered.pop(0)
        assert answered, f"{script}\nanswered:\n{answer}\nnot:\n{wanted}"
        answered.pop(0)


def _objects(text: str) -> Iterator[Any]:
    for line in text.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def _is_like(wanted: Any, answered: Any) -> bool:
    if wanted == "…":
        return True
    if isinstance(wanted, dict):
        return isinstance(answered, dict) and all(
            name in answered and _is_like(value, answered[name]) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        left = iter(answered)
        shown = all(any(_is_like(item, other) for other in left) for item in wanted)
        return shown and bool(wanted or not answered)
    return bool(wanted == answered)


def _assert_lines(shown: str, answer: str, script: str) -> None:
    """Every line shown was printed, in this order."""
    pattern = ".*".join(re.escape(line.strip()).replace("…", ".*") for line in shown.splitlines())
    assert re.search(pattern, answer, re.DOTALL), f"{script}\nprinted:\n{answer}\nnot:\n{shown}"
