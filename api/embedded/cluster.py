"""One data folder: what lies where in it, and how its cluster is first made."""

import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from api.embedded.accounts import Account
from api.embedded.binaries import Installation
from api.embedded.errors import FolderUnusable, PostgresNotStarted
from api.embedded.keeper import locale_name, server_environment

OWNER = "tenure_owner"
LOGIN_ROLES = ("tenure_app", "tenure_auditor")
DATABASE = "tenure"
REACHABLE_FOLDER = Path("/var/lib/tenure")

_LOG_BYTES_MAX = 10_000_000
_BUFFERS_MB_MIN, _BUFFERS_MB_MAX = 128, 1024
_CONTAINER_MEMORY = Path("/sys/fs/cgroup/memory.max")
_CONFIGURATION = """
# Tenure's choices for a server of its own; change them here.
listen_addresses = ''
max_connections = 200
shared_buffers = {buffers}MB
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
"""
_ACCESS = """\
# Every login needs its password; nobody is trusted, nothing comes over the network.
local all all scram-sha-256
local replication tenure_owner scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of one data folder are.

    home is the server's own room, under root a link where the server's account cannot reach
    the data folder; everything else belongs to the users of the folder.
    """

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "postgres"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def socket(self) -> Path:
        return self.home / "socket"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def passwords(self) -> Path:
        return self.folder / "postgres.pgpass"

    @property
    def users_lock(self) -> Path:
        return self.folder / "postgres.users"

    @property
    def start_lock(self) -> Path:
        return self.folder / "postgres.start"

    @property
    def keeper_lock(self) -> Path:
        return self.folder / "postgres.keeper"

    @property
    def locks(self) -> tuple[Path, ...]:
        return (self.users_lock, self.start_lock, self.keeper_lock)


def prepare_folder(folder: Path) -> None:
    """Make the data folder: closed to others; under root passable, for the server's account."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def begin_log(layout: Layout) -> None:
    """The log file exists, begun anew when it has grown large; one older file is kept."""
    with contextlib.suppress(FileNotFoundError):
        if layout.log.stat().st_size > _LOG_BYTES_MAX:
            layout.log.replace(layout.log.with_suffix(".log.1"))
    os.close(open_private(layout.log, os.O_WRONLY))


def open_private(path: Path, flags: int) -> int:
    """Open or make a file that its owner alone may read; it belongs to whom its folder belongs."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def read_passwords(layout: Layout) -> dict[str, str]:
    """Password by role."""
    lines = layout.passwords.read_text().splitlines()
    return dict(line.split(":")[3:5] for line in lines)


def ensure_cluster(
    layout: Layout,
    installation: Installation,
    account: Account | None,
    settings: Mapping[str, str],
) -> None:
    """Make the cluster if there is none, and passwords if they are lost. The server must be down.

    A cluster is made aside and put in place complete, so a start that was killed half-way leaves
    nothing behind that the next one would take for a cluster.
    """
    home = ensure_home(layout, account)
    if not layout.data.is_dir():
        unfinished = home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _initialise(unfinished, installation, account, settings)
        _set_passwords(layout, unfinished, installation, account, settings)
        unfinished.rename(home / "data")
        sync(home)
    elif not layout.passwords.exists():
        _set_passwords(layout, home / "data", installation, account, settings)


def ensure_home(layout: Layout, account: Account | None) -> Path:
    """The server's room, by the path that its account can walk."""
    if not layout.home.is_dir():
        if account is None or account.may_pass(layout.folder):
            layout.home.mkdir(mode=0o700, exist_ok=True)
        else:
            layout.home.symlink_to(_home_elsewhere(layout, account))
    elif account is not None and not account.may_pass(layout.home.resolve().parent):
        raise FolderUnusable(
            layout.folder, "PostgreSQL's account cannot reach its data here: move the folder"
        )
    if layout.home.is_symlink() and layout.home.lstat().st_uid not in (0, os.geteuid()):
        raise FolderUnusable(layout.home, "is a link that somebody else has made")
    home = layout.home.resolve()
    _make_room(home, account)
    _make_room(home / "socket", account)
    return home


def _make_room(room: Path, account: Account | None) -> None:
    """A folder for the server alone; a link in its place is refused, for root would follow it."""
    room.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(room, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if account is not None:
            os.fchown(descriptor, account.uid, account.gid)
        os.fchmod(descriptor, 0o700)
    finally:
        os.close(descriptor)


def sync(folder: Path) -> None:
    """Make what was made or renamed in `folder` survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _home_elsewhere(layout: Layout, account: Account) -> Path:
    """A room for the server outside a data folder that its account cannot reach."""
    REACHABLE_FOLDER.mkdir(mode=0o711, parents=True, exist_ok=True)
    home = REACHABLE_FOLDER / f"{layout.folder.name.lstrip('.')}-{secrets.token_hex(4)}"
    if not account.may_pass(REACHABLE_FOLDER):
        raise FolderUnusable(layout.folder, "name a data folder that every account may pass")
    home.mkdir(mode=0o700)
    return home


def _initialise(
    data: Path,
    installation: Installation,
    account: Account | None,
    settings: Mapping[str, str],
) -> None:
    arguments = [
        *("--pgdata", str(data), "--username", OWNER, "--auth", "reject"),
        *("--encoding", "UTF8", "--locale", locale_name(), "--data-checksums"),
    ]
    if installation.major_version() >= 17:
        arguments += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    if settings.get("fsync") == "off":
        arguments.append("--no-sync")
    run_program(installation, "initdb", arguments, account)
    configuration = _CONFIGURATION.format(buffers=buffers_mb(memory_bytes()))
    _write(data / "postgresql.conf", configuration, os.O_APPEND)
    _write(data / "pg_hba.conf", _ACCESS, os.O_TRUNC)


def buffers_mb(memory: int) -> int:
    """What a new cluster may keep of its tables: a quarter of the memory, as PostgreSQL's own
    documentation advises (section 19.4.1), within bounds that suit a laptop. Taken when needed."""
    return max(_BUFFERS_MB_MIN, min(memory // 4 // 2**20, _BUFFERS_MB_MAX))


def memory_bytes() -> int:
    """Of the machine, or of the container where that is less (cgroup v2, `memory.max`)."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(_CONTAINER_MEMORY.read_text()))
    except (OSError, ValueError):
        return machine


def _write(existing: Path, text: str, how: int) -> None:
    with os.fdopen(os.open(existing, os.O_WRONLY | os.O_NOFOLLOW | how), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _set_passwords(
    layout: Layout,
    data: Path,
    installation: Installation,
    account: Account | None,
    settings: Mapping[str, str],
) -> None:
    """Make roles and database where they are missing, and give every role a new password.

    A single-user server does this: it opens no door, so no moment exists without passwords.
    """
    passwords = {role: secrets.token_urlsafe(32) for role in (OWNER, *LOGIN_ROLES)}
    statements = [f"CREATE ROLE {role} LOGIN" for role in LOGIN_ROLES]
    statements += [f"CREATE DATABASE {DATABASE}"]
    statements += [f"ALTER ROLE {role} PASSWORD '{word}'" for role, word in passwords.items()]
    arguments = ["--single", "-D", str(data)]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    said = run_program(
        installation, "postgres", [*arguments, "postgres"], account, "\n".join(statements) + "\n"
    )
    errors = [line for line in said.splitlines() if "ERROR:" in line]
    if unexpected := [line for line in errors if "already exists" not in line]:
        raise PostgresNotStarted(data, "\n".join(unexpected))
    _write_passwords(layout, passwords)


def _write_passwords(layout: Layout, passwords: Mapping[str, str]) -> None:
    """In libpq's own form, so that `PGPASSFILE` serves people who use psql by hand."""
    unfinished = layout.passwords.with_suffix(".unfinished")
    with contextlib.suppress(FileNotFoundError):
        unfinished.unlink()
    with os.fdopen(open_private(unfinished, os.O_WRONLY), "w") as file:
        file.writelines(f"*:*:*:{role}:{word}\n" for role, word in passwords.items())
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(layout.passwords)


def run_program(
    installation: Installation,
    program: str,
    arguments: list[str],
    account: Account | None,
    orders: str = "",
) -> str:
    """Run one of PostgreSQL's programs as the server's account; returns what it said as errors."""
    ended: subprocess.CompletedProcess[str] = subprocess.run(
        [installation.binary(program), *arguments],
        input=orders,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=server_environment(),
        umask=0o077,
        **(account.as_process() if account is not None else {}),
    )
    if ended.returncode != 0:
        told = [line for line in ended.stderr.splitlines() if "STATEMENT:" not in line]
        raise PostgresNotStarted(installation.programs, "\n".join((f"{program} failed", *told)))
    return ended.stderr
