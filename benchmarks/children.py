"""Processes that a benchmark starts, each ended by its id, whatever happens."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

_END_SECONDS = 15.0
_TETHER = Path(__file__).with_name("tether.py")


class ChildFailed(Exception):
    """A process of the benchmark ended or fell silent. The message holds what it said last."""


class Child:
    """One process, in a session of its own so that a Ctrl-C at the terminal is not meant for it.

    It must be started by a thread that outlives it: the kernel ends it with that thread.
    """

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path | None
    ) -> None:
        self.name = " ".join(arguments[:4])
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )

    @property
    def process_id(self) -> int:
        return self.process.pid

    def tell(self, message: Any) -> None:
        """Write one line of JSON to it. Raises ChildFailed."""
        try:
            _piped(self.process.stdin).write(json.dumps(message).encode() + b"\n")
            _piped(self.process.stdin).flush()
        except BrokenPipeError as error:
            raise self.failure("has ended") from error

    def hear(self, *, seconds_max: float) -> Any:
        """The next line of JSON that it writes. Raises ChildFailed."""
        line = self.read_line(seconds_max=seconds_max)
        try:
            return json.loads(line)
        except ValueError as error:
            raise self.failure(f"said {line.strip()!r}") from error

    def read_line(self, *, seconds_max: float) -> str:
        """The next line that it writes. Raises ChildFailed."""
        output = _piped(self.process.stdout)
        ready, _, _ = select.select([output], [], [], seconds_max)
        line = output.readline() if ready else b""
        if not line:
            raise self.failure("has ended" if ready else f"was silent for {seconds_max:g} s")
        return line.decode()

    def ask(self, message: Any, *, seconds_max: float) -> Any:
        """Its answer to one message."""
        self.tell(message)
        return self.hear(seconds_max=seconds_max)

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def wait(self, *, seconds_max: float) -> int:
        """Its exit status. Raises ChildFailed where it does not end in time."""
        try:
            return self.process.wait(seconds_max)
        except subprocess.TimeoutExpired as error:
            raise self.failure(f"did not end within {seconds_max:g} s") from error

    def end(self) -> None:
        """Ask it to end, then end it."""
        for with_signal in (signal.SIGTERM, signal.SIGKILL):
            if self.has_ended():
                break
            self.process.send_signal(with_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_END_SECONDS)
        for stream in (self.process.stdin, self.process.stdout, self._said):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def last_words(self) -> str:
        """The end of what it wrote to its standard error."""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return "\n".join(lines[-12:])

    def failure(self, what: str) -> ChildFailed:
        return ChildFailed(f"{self.name} {what}\n{self.last_words()}".strip())


class Children:
    """The processes of one run. folder: where they work, away from any settings of the caller."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Child] = []

    def start(self, *arguments: str, environment: Mapping[str, str]) -> Child:
        """Start a program; its first argument is its path."""
        child = Child(arguments, environment, self._folder)
        self._started.append(child)
        return child

    def start_module(self, module: str, *arguments: str, environment: Mapping[str, str]) -> Child:
        """Start `python -m module`."""
        return self._start_python(environment, "-m", module, *arguments)

    def start_code(self, code: str, *arguments: str, environment: Mapping[str, str]) -> Child:
        """Start `python -c code`."""
        return self._start_python(environment, "-c", code, *arguments)

    @contextmanager
    def module(
        self, module: str, *arguments: str, environment: Mapping[str, str]
    ) -> Iterator[Child]:
        """A module that runs for as long as the block."""
        child = self.start_module(module, *arguments, environment=environment)
        try:
            yield child
        finally:
            self.end(child)

    def _start_python(self, environment: Mapping[str, str], *arguments: str) -> Child:
        """With the same interpreter and the same place to import from."""
        root = str(Path(__file__).parent.parent)
        paths = [root, *filter(None, [environment.get("PYTHONPATH")])]
        made = {**environment, "PYTHONPATH": os.pathsep.join(paths)}
        return self.start(sys.executable, *arguments, environment=made)

    def end(self, child: Child) -> None:
        child.end()
        self._started.remove(child)

    def end_all(self) -> None:
        for child in reversed(self._started):
            child.end()
        self._started.clear()


def _piped(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("the process was started without this pipe")
    return stream
