"""The keeper: parent of one PostgreSQL server, which it stops when the last user is gone.

Users of a data folder hold a shared `flock` on one file; the kernel drops it when a user ends,
however it ends. The keeper waits for the exclusive lock on that file: it is granted when nobody is
left. A server that dies while it has users is started again. When the keeper itself dies, the
kernel tells the server to shut down (Linux), so no orphan stays behind.

This file runs as a program of its own (`python -I -S keeper.py`, its orders as JSON on the standard
input), imports the standard library alone and is single-threaded, so that it may fork.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
READY = "ready"
_RETRY_SECONDS = 10.0
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.005
_TAIL_BYTES_MAX = 20_000
_PARENT_DEATH_SIGNAL = 1
_PASSING = (b"lock file", b"shared memory block", b"already in use")


@dataclass(frozen=True, slots=True)
class Orders:
    """What a keeper has to know. Paths are absolute; uid and gid are None to stay who we are."""

    postgres: str
    data: str
    socket: str
    log: str
    users_lock: str
    keeper_lock: str
    settings: Mapping[str, str]
    uid: int | None = None
    gid: int | None = None

    def encoded(self) -> bytes:
        """The orders as the keeper reads them."""
        return json.dumps(asdict(self)).encode()


class ServerFailed(Exception):
    """The server ended instead of getting ready; `tail` is what it logged."""

    def __init__(self, tail: str) -> None:
        self.tail = tail
        super().__init__(tail)


def server_pid(data: Path | str) -> int | None:
    """The process id that the server's own file names, None if there is none."""
    lines = _pid_file_lines(data)
    # A single-user server notes its id as a negative number.
    return abs(int(lines[0])) if lines and lines[0].strip().lstrip("-").isdigit() else None


def is_ready(data: Path | str) -> bool:
    """True if the server has written that it accepts connections."""
    lines = _pid_file_lines(data)
    return len(lines) >= 8 and lines[7].strip() == READY


def _pid_file_lines(data: Path | str) -> list[str]:
    try:
        return Path(data, "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def main() -> None:
    """Read the orders, detach, serve until the last user is gone."""
    orders = Orders(**json.load(sys.stdin))
    if os.fork():
        os._exit(0)
    with contextlib.suppress(OSError):
        os.chdir("/")
    # Only the end of the users ends the keeper; a signal to the whole group must not come before.
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    try:
        log = os.open(orders.log, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
        keeper_lock = os.open(orders.keeper_lock, os.O_RDWR | os.O_NOFOLLOW)
        fcntl.flock(keeper_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        users_lock = os.open(orders.users_lock, os.O_RDWR | os.O_NOFOLLOW)
        server = _start(orders, log)
    except (OSError, ServerFailed) as error:
        print(error, flush=True)
        os._exit(1)
    print(READY, flush=True)
    for stream in (0, 1, 2):
        os.dup2(log, stream)
    _keep(orders, server, log=log, users_lock=users_lock, keeper_lock=keeper_lock)


def _keep(orders: Orders, server: int, *, log: int, users_lock: int, keeper_lock: int) -> None:
    watcher = _fork_watcher(users_lock, keeper_lock)
    while True:
        ended, status = os.wait()
        if ended == watcher and status == 0:
            _stop(server)
            return
        if ended == watcher:
            watcher = _fork_watcher(users_lock, keeper_lock)
        elif ended == server:
            os.write(log, b"keeper: the server ended while it had users; it is started again\n")
            try:
                server = _start(orders, log)
            except ServerFailed:
                os.write(log, b"keeper: the server cannot be started again\n")
                os.kill(watcher, signal.SIGKILL)
                return


def _fork_watcher(users_lock: int, keeper_lock: int) -> int:
    """A child that ends when no user is left.

    A lock belongs to the open file, which parent and child share: what the child was granted
    stays with the keeper, and nobody can join a server that is about to stop.
    """
    keeper = os.getpid()
    watcher = os.fork()
    if watcher:
        return watcher
    _end_with_parent(keeper, signal.SIGKILL)
    os.close(keeper_lock)
    fcntl.flock(users_lock, fcntl.LOCK_EX)
    os._exit(0)


def _start(orders: Orders, log: int) -> int:
    """Start the server and wait until it is ready; returns its process id.

    What a killed server leaves for a moment (a zombie that still holds the lock file, shared
    memory of its last child) is waited for, up to 10 seconds. Raises ServerFailed.
    """
    give_up = time.monotonic() + _RETRY_SECONDS
    while True:
        log_offset = os.fstat(log).st_size
        server = _spawn(orders, log)
        if _becomes_ready(server, orders.data):
            return server
        tail = os.pread(log, _TAIL_BYTES_MAX, log_offset)
        if time.monotonic() > give_up or not any(mark in tail for mark in _PASSING):
            raise ServerFailed(tail.decode(errors="replace"))
        time.sleep(0.05)


def _becomes_ready(server: int, data: str) -> bool:
    """Wait for the server, however long its crash recovery takes; False if it ended."""
    while os.waitpid(server, os.WNOHANG) == (0, 0):
        if is_ready(data) and server_pid(data) == server:
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _spawn(orders: Orders, log: int) -> int:
    keeper = os.getpid()
    server = os.fork()
    if server:
        return server
    try:
        _become_server(orders, log, keeper)
    except BaseException as error:  # noqa: BLE001 - a forked child must never return
        os.write(log, f"keeper: {error!r}\n".encode())
    os._exit(127)


def _become_server(orders: Orders, log: int, keeper: int) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.umask(0o077)
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_DFL)
    if orders.uid is not None and orders.gid is not None:
        os.setgroups([])
        os.setgid(orders.gid)
        os.setuid(orders.uid)
    # A change of account clears the wish to end with the parent, so this comes after it.
    _end_with_parent(keeper, signal.SIGINT)
    _clear_remains(orders)
    arguments = [orders.postgres, "-D", orders.data]
    for name, value in _settings(orders).items():
        arguments += ["-c", f"{name}={value}"]
    os.execve(orders.postgres, arguments, server_environment())  # noqa: S606 - our own PostgreSQL


def _settings(orders: Orders) -> dict[str, str]:
    """The caller's settings; below what keeps the server private, which no caller may change."""
    # PostgreSQL's working directory is its data: so the socket's path is short wherever that lies.
    socket = os.path.relpath(orders.socket, orders.data)
    return dict(orders.settings) | {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": socket,
        "unix_socket_permissions": "0700",
        "logging_collector": "off",
    }


def locale_name() -> str:
    """The UTF-8 locale of this platform that changes nothing but the encoding."""
    return "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"


def server_environment() -> dict[str, str]:
    """The environment of PostgreSQL's own programs, with nothing of the caller's but the PATH."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": locale_name(), "TZ": "UTC"}


def _end_with_parent(parent: int, with_signal: signal.Signals) -> None:
    """Ask the kernel for `with_signal` when the parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, int(with_signal), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _clear_remains(orders: Orders) -> None:
    """Remove the lock files of a server that is gone, and end one whose keeper is gone.

    PostgreSQL takes any process with the noted id for the old server: a zombie that nobody reaps,
    or a stranger that was given the same number after a restart of the machine, would block it for
    ever. Every process of a server works in its data folder, so there we look (Linux only).
    """
    remains = [
        Path(orders.data, "postmaster.pid"),
        Path(orders.socket, f"{SOCKET_NAME}.lock"),
        Path(orders.socket, SOCKET_NAME),
    ]
    if not any(path.exists() for path in remains) or not Path("/proc/self/cwd").exists():
        return
    working = _processes_in(orders.data)
    noted = server_pid(orders.data)
    if noted in working:
        os.kill(noted, signal.SIGINT)
    elif not working:
        for path in remains:
            path.unlink(missing_ok=True)


def _processes_in(folder: str) -> set[int]:
    """Process ids whose working directory is `folder`; a zombie has none."""
    target = os.path.realpath(folder)
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == Path(target):
                    found.add(int(entry.name))
    return found


def _stop(server: int) -> None:
    """End the server: politely (fast shutdown), then at once, then by force."""
    for with_signal, seconds in (
        (signal.SIGINT, _STOP_SECONDS),
        (signal.SIGQUIT, _RETRY_SECONDS),
        (signal.SIGKILL, _RETRY_SECONDS),
    ):
        os.kill(server, with_signal)
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if os.waitpid(server, os.WNOHANG) != (0, 0):
                return
            time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    main()
