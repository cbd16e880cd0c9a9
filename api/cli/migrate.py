"""`tenure migrate`: the schema up to date, once, before the API and the workers start."""

from __future__ import annotations

from api.cli.options import Data, Database, Json
from api.cli.output import Words
from api.cli.running import running, settings_of


def migrate(database: Database = None, data: Data = None, json_output: Json = False) -> None:
    """Bring the schema up to date; safe to repeat. 更新数据库结构。"""
    with running(is_json=json_output) as output:
        from api.composition import migrated
        from api.keys import HOW_TO_MAKE, key_sources

        settings = settings_of(database, data)
        versions = migrated(settings)
        output.result({"schema": versions}, f"schema up to date: {versions}")
        missing = [
            source.name
            for source in key_sources(settings)
            if not source.may_be_made and source.read() is None
        ]
        if missing:
            names = ", ".join(missing)
            output.notice(
                Words(
                    zh=f"尚缺密钥 {names}，serve 与 worker 启动前须给出。生成方法：{HOW_TO_MAKE}",
                    en=f"keys still missing: {names}; serve and worker need them. "
                    f"To make one: {HOW_TO_MAKE}",
                )
            )
