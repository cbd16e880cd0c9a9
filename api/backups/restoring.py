"""Putting a backup in place: compared with its list first, started once, held against its note."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from api.backups.errors import BackupBroken, KeysUnfit, TargetInUse
from api.backups.note import CLUSTER, KEYS, Note, mark_of, read_note
from api.backups.programs import ProgramFailed, verify
from api.embedded import EmbeddedPostgres, binaries
from api.keys import KeySource, decoded
from eventstore.connections import Database

COUNT_SECONDS_MAX = 3600.0


@dataclass(frozen=True, slots=True)
class Restored:
    """What stands where a backup was put. keys_missing: their files, which nobody gave yet."""

    note: Note
    position: int
    events: int
    keys_missing: tuple[Path, ...]


def restore_backup(
    backup: Path,
    server: EmbeddedPostgres,
    sources: tuple[KeySource, ...],
    *,
    advance: Callable[[int, int], None],
) -> Restored:
    """The backup as the database of `server`'s folder, which must hold none; stopped again.

    sources: where that house takes its keys from. Keys that are there must be those of the backup;
    keys that the backup holds are put beside the data. Raises BackupError, EmbeddedPostgresError;
    what was put in place is taken away again then.
    """
    backup = backup.expanduser().resolve()
    note = read_note(backup)
    _require_room(server, note)
    keys = _keys(backup, note, sources)
    _verify(backup)
    server.adopt(backup / CLUSTER, _counted(note, advance))
    is_done = False
    try:
        position, events = _looked_at(server, backup, note)
        missing = tuple(_put(keys, sources))
        is_done = True
    finally:
        if not is_done:
            server.remove()
    return Restored(note, position, events, missing)


def _require_room(server: EmbeddedPostgres, note: Note) -> None:
    """Nothing is written over: the folder may hold keys, and what a killed restore left."""
    layout = server.layout
    ours = {layout.folder / KEYS, layout.home, layout.log, *layout.locks}
    found = set(layout.folder.iterdir()) if layout.folder.is_dir() else set()
    if layout.data.exists() or found - ours:
        raise TargetInUse(
            zh=f"{layout.folder} 并非空目录：恢复绝不覆盖，请用 --data 指定一个新目录",
            en=f"{layout.folder} is not empty: a restore never writes over anything, name a new "
            "folder with --data",
        )
    ours_major = binaries.find_installation().major_version()
    if note.postgresql_major != ours_major:
        raise BackupBroken(
            zh=f"备份来自 PostgreSQL {note.postgresql}，本机为 {ours_major}：主版本必须相同",
            en=f"the backup is of PostgreSQL {note.postgresql}, here is {ours_major}: "
            "the major version must be the same",
        )


def _keys(backup: Path, note: Note, sources: Iterable[KeySource]) -> dict[str, bytes | None]:
    """The keys by file name: those at hand, else those of the backup. Raises KeysUnfit."""
    keys: dict[str, bytes | None] = {}
    for source in sources:
        key, place = source.read(), str(source.file or source.name)
        if key is None and note.has_keys:
            kept = backup / KEYS / source.file_name
            place = str(kept)
            key = decoded(_text(kept), place)
        mark = note.keys.get(source.file_name)
        if key is not None and mark is not None and mark_of(key) != mark:
            raise KeysUnfit(
                zh=f"{place} 不是此备份的密钥：用它打不开已封存的字段，或找不到已登记的电话",
                en=f"{place} is not the key of this backup: with it, what is sealed would not "
                "open, or phones that are registered would not be found",
            )
        keys[source.file_name] = key
    return keys


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise BackupBroken(
            zh=f"备份中的密钥无法读取：{error}", en=f"a key in the backup cannot be read: {error}"
        ) from error


def _verify(backup: Path) -> None:
    try:
        verify(backup / CLUSTER)
    except ProgramFailed as error:
        raise BackupBroken(
            zh=f"{backup} 已损坏，未作任何恢复：{error}",
            en=f"{backup} is damaged, nothing was restored: {error}",
        ) from error


def _counted(note: Note, advance: Callable[[int, int], None]) -> Callable[[int], None]:
    done = 0

    def more(size: int) -> None:
        nonlocal done
        done += size
        advance(min(done, note.size), note.size)

    return more


def _looked_at(server: EmbeddedPostgres, backup: Path, note: Note) -> tuple[int, int]:
    """Position and number of events of what was put in place. Raises BackupBroken."""
    with (
        server,
        closing(
            Database(server.url(), size=1, statement_timeout_seconds=COUNT_SECONDS_MAX)
        ) as database,
        database.autocommit() as cursor,
    ):
        cursor.execute(
            "SELECT coalesce(max(position), 0), count(*),"
            " count(*) FILTER (WHERE position <= %s) FROM tenure.events",
            (note.position,),
        )
        position, events, noted = cursor.fetchone() or (0, 0, 0)
    if not note.position <= position <= note.position_max or noted != note.events:
        raise BackupBroken(
            zh=f"{backup} 恢复后位置为 {position}、事件 {noted} 个，与记录不符"
            f"（{note.position} 至 {note.position_max}，{note.events} 个）",
            en=f"{backup} came up at position {position} with {noted} events, not as noted "
            f"({note.position} to {note.position_max}, {note.events})",
        )
    return position, events


def _put(keys: dict[str, bytes | None], sources: Iterable[KeySource]) -> Iterable[Path]:
    """Put keys beside the data where they are not yet; the files of those that are missing."""
    for source in sources:
        key = keys[source.file_name]
        if key is None:
            yield source.file or Path(source.name)
        elif source.may_be_made:
            source.put(key)
