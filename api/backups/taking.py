"""Taking a backup: a physical copy of the embedded cluster, while it serves.

PostgreSQL's `pg_basebackup` copies the files and streams the write-ahead log that was written
meanwhile; `pg_verifybackup` compares what arrived. A backup is made under a name that no restore
takes, and gets its own when it is complete and on the disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

from api.backups.errors import NotTaken
from api.backups.note import CLUSTER, KEYS, MANIFEST, Note, digest, digests_of_log, mark_of
from api.backups.programs import ProgramFailed, run, verify
from api.embedded import EmbeddedPostgres
from api.embedded.cluster import sync
from api.keys import KeySource
from eventstore.connections import Database
from eventstore.settling import Settling

UNFINISHED = ".unfinished-"
COUNT_SECONDS_MAX = 3600.0
Advance = Callable[[int, int], None]
"""Told how many bytes are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A finished backup."""

    backup: Path
    note: Note


def take_backup(
    server: EmbeddedPostgres,
    sources: tuple[KeySource, ...],
    folder: Path,
    *,
    with_keys: bool,
    advance: Advance,
) -> Taken:
    """A backup in a new folder of its own inside `folder`, named by its instant and position.

    server: running. sources: where the house's keys come from; their marks go into the note, they
    themselves only where `with_keys` is set. Raises NotTaken; nothing half is left behind.
    """
    folder = folder.expanduser().resolve()
    keys = {source.file_name: source.read() for source in sources}
    _require_keys(keys, with_keys=with_keys)
    if folder.is_relative_to(server.layout.folder):
        raise NotTaken(
            zh=f"{folder} 在数据目录之内：数据目录丢失时备份随之丢失，请选择别处",
            en=f"{folder} lies inside the data folder and would be lost with it: name another",
        )
    database = Database(server.url(), size=2, statement_timeout_seconds=COUNT_SECONDS_MAX)
    with closing(database), _unfinished_in(folder) as unfinished:
        copying = _Copying(server, database, unfinished / CLUSTER, advance)
        _require_room(copying, folder)
        note = _copied(copying, keys, with_keys=with_keys)
        if with_keys:
            _write_keys(unfinished / KEYS, keys)
        note.write(unfinished)
        sync(unfinished)
        backup = _free_name(folder, note)
        unfinished.rename(backup)
        sync(folder)
    return Taken(backup, note)


@dataclass(slots=True)
class _Copying:
    """One run of pg_basebackup, and what was seen while it ran."""

    server: EmbeddedPostgres
    database: Database
    target: Path
    advance: Advance
    name: str = field(default_factory=lambda: f"tenure-backup-{secrets.token_hex(4)}")
    seen: list[tuple[int, int]] = field(default_factory=list)
    settling: Settling = field(init=False)

    def __post_init__(self) -> None:
        self.settling = Settling(self.database)

    def run(self) -> None:
        """Copy. Raises ProgramFailed."""
        arguments = [
            *("--pgdata", str(self.target), "--wal-method", "stream", "--checkpoint", "fast"),
            *("--manifest-checksums", "SHA256", "--label", self.name, "--no-password"),
        ]
        environment = self.server.environment() | {"PGAPPNAME": self.name}
        self.look()
        run("pg_basebackup", arguments, environment=environment, look=self.look)

    def look(self) -> None:
        """Note how far the log is settled, and where in the write-ahead log that was seen.

        The position is read first: what it covers is committed before the place read after it.
        """
        settled = self.settling.position()
        self.seen.append((_place(self.one("SELECT pg_current_wal_insert_lsn()::text")), settled))
        row = self.row(
            "SELECT backup_streamed, backup_total FROM pg_stat_progress_basebackup"
            " JOIN pg_stat_activity USING (pid) WHERE application_name = %s",
            self.name,
        )
        if row and row[1]:
            self.advance(min(row), row[1])

    def position_at(self, wal_end: str) -> int:
        """The last position that was seen to be settled before `wal_end`."""
        return max(position for place, position in self.seen if place <= _place(wal_end))

    def row(self, statement: str, *values: object) -> Any:
        with self.database.autocommit() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchone()

    def one(self, statement: str, *values: object) -> Any:
        return self.row(statement, *values)[0]


def _copied(copying: _Copying, keys: Mapping[str, bytes | None], *, with_keys: bool) -> Note:
    """Copy, compare with the list, and say what was copied. Raises NotTaken."""
    began_at = copying.database.now()
    try:
        copying.run()
        verify(copying.target)
    except ProgramFailed as error:
        raise NotTaken(zh=f"备份失败，未留下任何文件：{error}", en=f"no backup: {error}") from error
    size = sum(path.stat().st_size for path in copying.target.rglob("*") if path.is_file())
    copying.advance(size, size)
    listed = json.loads((copying.target / MANIFEST).read_text(encoding="utf-8"))
    wal_end = listed["WAL-Ranges"][-1]["End-LSN"]
    position = copying.position_at(wal_end)
    handed_out = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM tenure.positions"
    return Note(
        tenure=version("tenure"),
        postgresql=copying.one("SHOW server_version"),
        began_at=_shown(began_at),
        ended_at=_shown(copying.database.now()),
        position=position,
        position_max=copying.one(handed_out),
        events=copying.one("SELECT count(*) FROM tenure.events WHERE position <= %s", position),
        size=size,
        wal_end=wal_end,
        manifest_sha256=digest(copying.target / MANIFEST),
        wal_sha256=digests_of_log(copying.target),
        keys={name: mark_of(key) if key is not None else None for name, key in keys.items()},
        has_keys=with_keys,
    )


@contextmanager
def _unfinished_in(folder: Path) -> Iterator[Path]:
    """A folder for what is not complete yet; gone afterwards unless it was renamed.

    A lock on it tells other processes that somebody works in it: what a killed one left is removed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(f"{UNFINISHED}*"):
        with _locked(left) as is_free:
            if is_free:
                shutil.rmtree(left, ignore_errors=True)
    unfinished = folder / f"{UNFINISHED}{secrets.token_hex(6)}"
    unfinished.mkdir(mode=0o700)
    with _locked(unfinished):
        try:
            yield unfinished
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether the lock on `folder` was free; it is ours meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _require_keys(keys: Mapping[str, bytes | None], *, with_keys: bool) -> None:
    missing = [name for name, key in keys.items() if key is None]
    if with_keys and missing:
        names = ", ".join(missing)
        raise NotTaken(
            zh=f"要求连同密钥备份，但缺少密钥：{names}；tenure doctor 说明去处",
            en=f"the keys were asked for, but are not there: {names}; see tenure doctor",
        )


def _require_room(copying: _Copying, folder: Path) -> None:
    """A copy that cannot fit is not begun, and one that would be no copy neither."""
    others = copying.one(
        "SELECT string_agg(spcname, ', ') FROM pg_tablespace"
        " WHERE spcname NOT IN ('pg_default', 'pg_global')"
    )
    if others:
        raise NotTaken(
            zh=f"有另设的表空间（{others}），不在数据目录内：请用 pg_basebackup 自行备份",
            en=f"there are tablespaces outside the data folder ({others}): "
            "use pg_basebackup by hand",
        )
    needed = int(copying.one("SELECT sum(pg_database_size(oid)) FROM pg_database"))
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise NotTaken(
            zh=f"{folder} 仅剩 {free / 1e6:,.0f} MB，需要约 {needed / 1e6:,.0f} MB",
            en=f"{folder} has {free / 1e6:,.0f} MB left, about {needed / 1e6:,.0f} MB are needed",
        )


def _write_keys(folder: Path, keys: Mapping[str, bytes | None]) -> None:
    folder.mkdir(mode=0o700)
    for name, key in keys.items():
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b64encode(key or b"") + b"\n")
            file.flush()
            os.fsync(file.fileno())
    sync(folder)


def _free_name(folder: Path, note: Note) -> Path:
    """Named by instant and position; a number tells two of one second apart."""
    name = f"{note.ended:%Y%m%dT%H%M%SZ}-p{note.position}"
    names = (name if nth == 1 else f"{name}-{nth}" for nth in count(1))
    return next(path for path in map(folder.joinpath, names) if not path.exists())


def _place(text: str) -> int:
    """A log sequence number such as 0/2000100 as a number."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def _shown(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
