"""What lies in a backup, and the note that says what it is."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from api.backups.errors import BackupBroken

FORM = 1
CLUSTER = "postgres"
MANIFEST = "backup_manifest"
KEYS = "keys"
NOTE = "backup.json"
_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True)
class Note:
    """What a backup is; `backup.json` in it.

    position: every event up to there is in the backup. position_max: none beyond is; the two differ
    where commands were answered while the copy ended. events: how many there are up to `position`.
    wal_end: the log sequence number at which the copy is consistent. manifest_sha256: of
    PostgreSQL's own list of files. wal_sha256: of each file of the write-ahead log, which that list
    leaves out. size: bytes of the copied cluster. keys: the mark of each of
    the house's keys by its file's name, null for one that was not there.
    """

    tenure: str
    postgresql: str
    began_at: str
    ended_at: str
    position: int
    position_max: int
    events: int
    size: int
    wal_end: str
    manifest_sha256: str
    wal_sha256: dict[str, str]
    keys: dict[str, str | None]
    has_keys: bool
    form: int = FORM

    @property
    def postgresql_major(self) -> int:
        """Major version of the server that the cluster needs."""
        return int(self.postgresql.split(".")[0])

    @property
    def ended(self) -> datetime:
        """When the copy was complete."""
        return datetime.fromisoformat(self.ended_at)

    def document(self) -> dict[str, Any]:
        """The note as JSON."""
        return asdict(self)

    def write(self, backup: Path) -> None:
        """Put the note into the backup, durably."""
        with (backup / NOTE).open("x", encoding="utf-8") as file:
            json.dump(self.document(), file, ensure_ascii=False, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())


def read_note(backup: Path) -> Note:
    """The note of a backup, its list of files compared with it. Raises BackupBroken."""
    if not (backup / NOTE).is_file():
        raise _no_backup(backup)
    try:
        document = json.loads((backup / NOTE).read_text(encoding="utf-8"))
        if (form := document.get("form")) != FORM:
            raise BackupBroken(
                zh=f"{backup} 的格式为 {form}，此版本只认识 {FORM}：请使用写出它的版本",
                en=f"{backup} has the form {form}, this release knows {FORM}: use the one "
                "that wrote it",
            )
        note = Note(**document)
        has_list = note.manifest_sha256 == digest(backup / CLUSTER / MANIFEST)
        has_log = note.wal_sha256 == digests_of_log(backup / CLUSTER)
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise BackupBroken(
            zh=f"{backup} 已损坏：{error}", en=f"{backup} is damaged: {error}"
        ) from error
    if not (has_list and has_log):
        part = "pg_wal" if has_list else MANIFEST
        raise BackupBroken(
            zh=f"{backup} 中的 {part} 与 {NOTE} 所记不符：备份已损坏或被改动",
            en=f"{part} in {backup} is not what {NOTE} says: the backup is damaged or was changed",
        )
    return note


def digest(file: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def digests_of_log(cluster: Path) -> dict[str, str]:
    """SHA-256 of each file of a copied cluster's write-ahead log, by its name."""
    found = sorted(path for path in (cluster / "pg_wal").iterdir() if path.is_file())
    return {path.name: digest(path) for path in found}


def mark_of(key: bytes) -> str:
    """Tells one key from another and nothing about it: 16 hexadecimal digits (HMAC-SHA-256)."""
    return hmac.digest(key, b"tenure: which key is this?", "sha256").hex()[:16]


def _no_backup(folder: Path) -> BackupBroken:
    """The words for a folder without a note; of a folder that holds backups, they name them."""
    found = sorted((path.parent for path in folder.glob(f"*/{NOTE}")), reverse=True)
    if not found:
        return BackupBroken(
            zh=f"{folder} 不是 Tenure 的备份（缺少 {NOTE}，或备份未完成）",
            en=f"{folder} is no backup of Tenure ({NOTE} is missing, or it was never finished)",
        )
    names = ", ".join(str(path) for path in found[:_SHOWN_MAX])
    return BackupBroken(
        zh=f"{folder} 中有多个备份，请指明其一，最新在前：{names}",
        en=f"{folder} holds backups, name one of them; the newest first: {names}",
    )
