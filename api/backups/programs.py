"""PostgreSQL's own programs for backups, run so that nothing of them outlives us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from api.embedded import binary

LOOK_SECONDS = 0.2
_LINES_MAX = 8
_PARENT_DEATH_SIGNAL = 1
# Loaded here: in a forked child of a process with threads nothing may be loaded any more.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProgramFailed(Exception):
    """One of PostgreSQL's programs failed; carries what it said."""


def run(
    program: str,
    arguments: list[str],
    *,
    environment: Mapping[str, str] | None = None,
    look: Callable[[], None] = lambda: None,
) -> None:
    """Run a program to its end, calling `look` a few times a second meanwhile.

    Whatever interrupts us ends it, with the children that it has. Raises ProgramFailed.
    """
    with subprocess.Popen(
        [binary(program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=dict(environment) if environment is not None else None,
        text=True,
        errors="replace",
        umask=0o077,
        # A Ctrl-C at the terminal is ours to deal with.
        start_new_session=True,
        preexec_fn=_end_with_us,
    ) as process:
        try:
            said = _waited_for(process, look)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        lines = [line.removeprefix(f"{program}: ") for line in said.splitlines() if line.strip()]
        shown = "; ".join(lines[:_LINES_MAX]) or f"exit status {process.returncode}"
        raise ProgramFailed(f"{program}: {shown}")


def verify(cluster: Path) -> None:
    """Compare every file of a copied cluster, and its write-ahead log, with its list.

    Raises ProgramFailed, which names what differs.
    """
    run("pg_verifybackup", ["--quiet", str(cluster)])


def _end_with_us() -> None:
    """Ask the kernel to end this child when we are killed (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)


def _waited_for(process: subprocess.Popen[str], look: Callable[[], None]) -> str:
    while True:
        try:
            return process.communicate(timeout=LOOK_SECONDS)[1]
        except subprocess.TimeoutExpired:
            look()
