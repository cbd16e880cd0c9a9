"""`tenure keys`: the keys that wrap the subjects' keys, shown by their marks, and changed."""

from __future__ import annotations

from dataclasses import asdict

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import ExitStatus, table
from api.cli.running import opened, running, settings_of

app = typer.Typer(
    help="Keys that wrap the subjects' keys: show, rotate, retire. 主密钥。", no_args_is_help=True
)


@app.command("show")
def show(database: Database = None, data: Data = None, json_output: Json = False) -> None:
    """Which keys there are, by mark, and what each wraps; never a key. 显示密钥指纹。"""
    settings = settings_of(database, data)
    with running(is_json=json_output) as output, opened(settings) as service:
        from api.backups.note import mark_of
        from api.key_rotation import standings
        from api.keys import key_sources

        found, unopened = standings(settings, service.database)
        hashes = key_sources(settings)[1]
        key = hashes.read()
        document = {
            "keys": [asdict(one) for one in found],
            "hash_key": {"place": str(hashes.file or hashes.name), "mark": key and mark_of(key)},
            "unopened": unopened,
        }
        rows = [(one.name, one.place, one.mark, one.wraps) for one in found]
        rows.append((hashes.name, str(hashes.file or hashes.name), mark_of(key or b""), "—"))
        headings = ["key 密钥", "place 位置", "mark 指纹", "wraps 包裹"]
        output.result(document, table("Keys", headings, rows))
        if unopened:
            raise typer.Exit(ExitStatus.REFUSED)


@app.command("rotate")
def rotate(database: Database = None, data: Data = None, json_output: Json = False) -> None:
    """Wrap every subject's key by a new one, while services run; may be stopped and run again.
    更换主密钥。"""
    settings = settings_of(database, data)
    with running(is_json=json_output) as output, opened(settings) as service:
        from api.key_rotation import rotate as rotated

        with output.progress(unit="keys") as progress:
            task = progress.add_task("keys 密钥", total=None, rate=0.0)
            done = rotated(
                settings,
                service.database,
                advance=lambda count: progress.update(task, advance=count),
            )
        output.result(
            asdict(done),
            f"every key is wrapped by 全部密钥已由此密钥包裹: {done.mark}"
            f" ({done.rewrapped} now 本次)\n"
            "The old key still lies beside it: tenure keys retire destroys it.\n"
            "旧密钥仍在原处：tenure keys retire 将其销毁。",
        )


@app.command("retire")
def retire(database: Database = None, data: Data = None, json_output: Json = False) -> None:
    """Destroy the old key, once nothing needs it. Older backups open no more. 销毁旧密钥。"""
    settings = settings_of(database, data)
    with running(is_json=json_output) as output, opened(settings) as service:
        from api.key_rotation import retire as retired

        places = retired(settings, service.database)
        is_made = settings.is_embedded and settings.key_old is None and not settings.key_old_file
        told = (
            f"destroyed 已销毁 {places[0]}"
            if is_made
            else f"nothing needs it any more: remove 已无用，请移除 {places[0]}"
        )
        output.result({"places": places, "destroyed": is_made}, told)
