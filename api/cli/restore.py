"""`tenure restore`: a backup put in place as the embedded database of an empty folder."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.backup import require_embedded
from api.cli.options import Data, Database, Json
from api.cli.output import Output, Words, shown_instant
from api.cli.running import ended_like_ctrl_c, running, settings_of

if TYPE_CHECKING:
    from api.backups import Restored
    from api.settings import Settings


def restore(
    backup: Annotated[
        Path, typer.Argument(metavar="DIR", help="A backup that tenure backup made. 备份目录。")
    ],
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Verify a backup and put it into the empty folder --data. 恢复。"""
    with running(is_json=json_output) as output, ended_like_ctrl_c():
        settings = settings_of(database, data)
        require_embedded(settings)
        began = monotonic()
        restored = _restored(settings, backup, output)
        seconds, note = monotonic() - began, restored.note
        folder = settings.data.absolute()
        document = {
            "data": folder,
            "position": restored.position,
            "events": restored.events,
            "taken_at": note.ended_at,
            "seconds": round(seconds, 3),
            "keys_missing": restored.keys_missing,
            "next": [f"tenure verify --data {folder}", f"tenure serve --data {folder}"],
        }
        output.result(
            document,
            f"restored 已恢复: {folder}\n"
            f"position 位置: {restored.position}, {restored.events} events 事件, "
            f"taken 备份于 {shown_instant(note.ended)}, {seconds:.1f} s\n"
            + "\n".join(f"next: {command}" for command in document["next"]),
        )
        _tell(output, restored)


def _restored(settings: Settings, backup: Path, output: Output) -> Restored:
    from api.backups import restore_backup
    from api.embedded import EmbeddedPostgres
    from api.keys import key_sources

    with output.progress(unit="MB") as bar:
        task, began = bar.add_task("restore 恢复", total=None, rate=0.0), monotonic()

        def advance(done: int, total: int) -> None:
            rate = done / 1e6 / max(monotonic() - began, 0.001)
            bar.update(task, completed=done, total=total, rate=rate)

        return restore_backup(
            backup, EmbeddedPostgres(settings.data), key_sources(settings), advance=advance
        )


def _tell(output: Output, restored: Restored) -> None:
    """What an operator must know before he lets anybody in again."""
    if restored.keys_missing:
        names = ", ".join(str(file) for file in restored.keys_missing)
        output.notice(
            Words(
                zh=f"尚缺密钥：请先放回 {names}，否则服务不会启动",
                en=f"the keys are missing: put back {names}; nothing starts before",
            )
        )
    output.notice(
        Words(
            zh=f"备份之后的事件不在其中；{restored.position} 之后的位置会再次发出。"
            "记得更大位置的一方（游标、推送、检查点）须从此位置重新开始",
            en=f"what was recorded after the backup is not there, and positions after "
            f"{restored.position} are given out again: whoever remembers a later one (cursors, "
            "webhooks, checkpoints) begins again from here",
        )
    )
