"""`tenure backup`: a verified copy of the embedded database, taken while it serves."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import Output, Words
from api.cli.running import ended_like_ctrl_c, running, settings_of

if TYPE_CHECKING:
    from api.backups import Taken
    from api.settings import Settings


def backup(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to; a new folder is made in it. 存放处。")
    ],
    with_keys: Annotated[
        bool,
        typer.Option("--with-keys", help="Put both keys in as well; guard it then. 连同密钥。"),
    ] = False,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Copy the embedded database while it serves, and verify the copy. 备份。"""
    with running(is_json=json_output) as output, ended_like_ctrl_c():
        settings = settings_of(database, data)
        require_embedded(settings)
        began = monotonic()
        taken = _taken(settings, folder, output, with_keys=with_keys)
        seconds = monotonic() - began
        note = taken.note
        document = {"backup": taken.backup, "seconds": round(seconds, 3), **note.document()}
        output.result(
            document,
            f"backup 备份: {taken.backup}\n"
            f"position 位置: {note.position}, {note.events} events 事件, "
            f"{note.size / 1e6:,.1f} MB, {seconds:.1f} s\n"
            f"next: tenure restore {taken.backup} --data DIR",
        )
        _tell_of_keys(output, with_keys=with_keys)


def require_embedded(settings: Settings) -> None:
    """Raises SettingsInvalid for a database that somebody else keeps."""
    from api.settings import SettingsInvalid

    if not settings.is_embedded:
        raise SettingsInvalid(
            zh="backup 与 restore 只用于内置数据库。自备的 PostgreSQL 请用 pg_basebackup、"
            "pgBackRest 或云平台的快照与时间点恢复，并另行保管两个密钥；见 docs/operations.md",
            en="backup and restore are for the embedded database. For a PostgreSQL of yours use "
            "pg_basebackup, pgBackRest or the provider's snapshots and point-in-time recovery, "
            "and keep both keys apart: docs/operations.md says how",
        )


def _taken(settings: Settings, folder: Path, output: Output, *, with_keys: bool) -> Taken:
    from api.backups import BackupError, take_backup
    from api.embedded import EmbeddedPostgres
    from api.keys import key_sources

    server = EmbeddedPostgres(settings.data)
    if not server.layout.data.exists():
        raise BackupError(
            zh=f"{settings.data} 中没有数据库", en=f"{settings.data} holds no database"
        )
    with server, output.progress(unit="MB") as bar:
        task, began = bar.add_task("backup 备份", total=None, rate=0.0), monotonic()

        def advance(done: int, total: int) -> None:
            rate = done / 1e6 / max(monotonic() - began, 0.001)
            bar.update(task, completed=done, total=total, rate=rate)

        return take_backup(
            server, key_sources(settings), folder, with_keys=with_keys, advance=advance
        )


def _tell_of_keys(output: Output, *, with_keys: bool) -> None:
    if with_keys:
        words = Words(
            zh="此备份含两个密钥：得到它的人可以读取全部联系人。请像密钥一样保管",
            en="this backup holds both keys: whoever has it can read every contact. "
            "Guard it as you guard the keys",
        )
    else:
        words = Words(
            zh="密钥不在此备份中：请另行保管 keys/ 中的两个文件，没有它们，已封存的字段永远打不开",
            en="the keys are NOT in this backup: keep both files of keys/ somewhere else; without "
            "them what is sealed never opens again",
        )
    output.notice(words)
