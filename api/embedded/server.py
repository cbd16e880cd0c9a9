"""A PostgreSQL of our own: joined by every process that uses one data folder."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self
from urllib.parse import quote

from api.embedded import keeper
from api.embedded.accounts import server_account
from api.embedded.adopting import adopt_cluster, remove_cluster
from api.embedded.binaries import copy_for_everyone, find_installation
from api.embedded.cluster import (
    DATABASE,
    OWNER,
    Layout,
    begin_log,
    ensure_cluster,
    open_private,
    prepare_folder,
    read_passwords,
)
from api.embedded.errors import FolderUnusable, PostgresNotStarted
from api.embedded.socket_path import answers, forget_socket_folder, reachable_socket_folder

_PATIENCE_SECONDS = 90.0
_POLL_SECONDS = 0.01
_LOOKS = 3
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class EmbeddedPostgres:
    """A real PostgreSQL on one data folder, with no Docker and no installation.

    The first user starts it, the last one to leave stops it, also when users are killed. It listens
    on a socket that only its account (and root) can reach, and every login needs a password.

    folder: made where it is missing. settings: values as in postgresql.conf, which count when
    this object is the one that starts the server.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] = _NO_SETTINGS) -> None:
        self.layout = Layout(Path(folder).expanduser().resolve())
        self._settings = dict(settings)
        self._users_lock: int | None = None
        self._process = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Join the server of this folder, or start it; makes the cluster at the first start.

        Called again it finds out whether the server is still there and starts it where it is not.
        Raises EmbeddedPostgresError.
        """
        try:
            prepare_folder(self.layout.folder)
            if self._users_lock is None or self._process != os.getpid():
                self._users_lock = self._locked(self.layout.users_lock, fcntl.LOCK_SH)
                self._process = os.getpid()
            with self._alone():
                self._ensure_server()
            # A URL given before a stop names the short link, which the stop took away.
            reachable_socket_folder(self.layout.socket)
        except OSError as error:
            self._leave()
            raise FolderUnusable(self.layout.folder, str(error)) from error
        except BaseException:
            self._leave()
            raise

    def stop(self) -> None:
        """Leave. The last user's stop returns when the server is down."""
        if self._users_lock is not None:
            is_ours = self._process == os.getpid()
            self._leave()
            if is_ours:
                self._wait_while_stopping()
            if not self._has_keeper():
                forget_socket_folder(self.layout.socket)

    def adopt(self, cluster: Path, advance: Callable[[int], None] = lambda _: None) -> None:
        """Put a copy of a cluster in place; the next start gives its roles new passwords.

        advance: told how many bytes more are there. Raises EmbeddedPostgresError, also where the
        folder holds a cluster. What was not put in place whole is taken away again.
        """
        prepare_folder(self.layout.folder)
        with self._alone():
            if self.layout.data.exists():
                raise FolderUnusable(self.layout.folder, "holds a database already")
            installation = find_installation()
            account = server_account(self.layout.folder, self.layout.home)
            if account is not None:
                installation = copy_for_everyone(installation)
            try:
                adopt_cluster(self.layout, installation, account, cluster, advance)
            except BaseException:
                remove_cluster(self.layout)
                raise

    def remove(self) -> None:
        """Take the cluster away. Raises FolderUnusable while others use it."""
        self._wait_while_stopping()
        with self._alone():
            if self._has_keeper():
                raise FolderUnusable(self.layout.folder, "is in use")
            remove_cluster(self.layout)

    def url(self, *, role: str = OWNER, database: str = DATABASE) -> str:
        """A libpq URL over the socket. It holds the role's password: keep it out of logs."""
        host = quote(str(reachable_socket_folder(self.layout.socket)), safe="")
        word = quote(self.password(role), safe="")
        return f"postgresql://{role}:{word}@{host}:{keeper.PORT}/{quote(database, safe='')}"

    def password(self, role: str = OWNER) -> str:
        """The password of one of the roles that the cluster was made with."""
        return read_passwords(self.layout)[role]

    def environment(self, *, role: str = OWNER, database: str = DATABASE) -> dict[str, str]:
        """Environment for PostgreSQL's client programs; keeps the password off the command line."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return kept | {
            "PGHOST": str(reachable_socket_folder(self.layout.socket)),
            "PGPORT": str(keeper.PORT),
            "PGUSER": role,
            "PGPASSWORD": self.password(role),
            "PGDATABASE": database,
        }

    def server_pid(self) -> int | None:
        """The process id of the running server, None if none is running."""
        return keeper.server_pid(self.layout.data) if self._has_keeper() else None

    def _ensure_server(self) -> None:
        """Wait for a server that has a keeper, else start one. The caller holds the start lock."""
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while self._has_keeper():
            if keeper.is_ready(self.layout.data) and answers(self.layout.socket):
                return
            if time.monotonic() > give_up:
                raise PostgresNotStarted(self.layout.folder, self._log_tail())
            time.sleep(_POLL_SECONDS)
        installation = find_installation()
        account = server_account(self.layout.folder, self.layout.home)
        if account is not None:
            installation = copy_for_everyone(installation)
        ensure_cluster(self.layout, installation, account, self._settings)
        begin_log(self.layout)
        os.close(open_private(self.layout.keeper_lock, os.O_RDWR))
        home = self.layout.home.resolve()
        orders = keeper.Orders(
            postgres=str(installation.binary("postgres")),
            data=str(home / "data"),
            socket=str(home / "socket"),
            log=str(self.layout.log),
            users_lock=str(self.layout.users_lock),
            keeper_lock=str(self.layout.keeper_lock),
            settings=self._settings,
            uid=account.uid if account is not None else None,
            gid=account.gid if account is not None else None,
        )
        self._run_keeper(orders)

    def _run_keeper(self, orders: keeper.Orders) -> None:
        """Start a keeper of its own session; a Ctrl-C at the terminal is not meant for it."""
        with subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        ) as process:
            said, _ = process.communicate(orders.encoded())
        if said.decode(errors="replace").strip() != keeper.READY:
            raise PostgresNotStarted(self.layout.folder, said.decode(errors="replace").strip())

    def _has_keeper(self) -> bool:
        try:
            lock = os.open(self.layout.keeper_lock, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            return not _try_lock(lock, fcntl.LOCK_SH)
        finally:
            os.close(lock)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One start at a time on this folder."""
        lock = self._locked(self.layout.start_lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(lock)

    def _locked(self, path: Path, kind: int) -> int:
        """The open file with the lock on it; a server that is just stopping is waited for."""
        descriptor = open_private(path, os.O_RDWR)
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while not _try_lock(descriptor, kind):
            if time.monotonic() > give_up:
                os.close(descriptor)
                raise PostgresNotStarted(self.layout.folder, f"{path.name} stays locked")
            time.sleep(_POLL_SECONDS)
        return descriptor

    def _leave(self) -> None:
        """Closing, not unlocking: a forked child that shares the lock stays a user."""
        if self._users_lock is not None:
            os.close(self._users_lock)
            self._users_lock = None

    def _wait_while_stopping(self) -> None:
        give_up = time.monotonic() + _PATIENCE_SECONDS
        others_seen = 0
        while self._has_keeper() and others_seen < _LOOKS and time.monotonic() < give_up:
            # Who is just leaving, too, looks in the same way and may be taken for one who stays.
            others_seen = others_seen + 1 if self._has_other_users() else 0
            time.sleep(_POLL_SECONDS)

    def _has_other_users(self) -> bool:
        """True if another user is there; a keeper that is stopping the server is none."""
        users = open_private(self.layout.users_lock, os.O_RDWR)
        try:
            # Shared is granted unless the keeper is stopping; exclusive only where nobody is.
            return (
                _try_lock(users, fcntl.LOCK_SH)
                and not _try_lock(users, fcntl.LOCK_EX)
                and _try_lock(users, fcntl.LOCK_SH)
            )
        finally:
            os.close(users)

    def _log_tail(self) -> str:
        return "\n".join(self.layout.log.read_text(errors="replace").splitlines()[-20:])


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
