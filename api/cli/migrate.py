"""`tenure migrate`: the schema up to date, once, before the API and the workers start.

A view whose form has changed is rebuilt here, beside the old one, which the previous release goes
on serving until the swap.
"""

from __future__ import annotations

from api.cli.options import Data, Database, Json
from api.cli.output import Words
from api.cli.running import running, settings_of


def migrate(database: Database = None, data: Data = None, json_output: Json = False) -> None:
    """Bring the schema up to date, views too; safe to repeat. 更新数据库结构。"""
    with running(is_json=json_output) as output:
        from api.cli.rebuild import rebuild_outdated
        from api.composition import migrated
        from api.keys import HOW_TO_MAKE, key_sources

        settings = settings_of(database, data)
        versions = migrated(settings)
        rebuilt = [one.view for one in rebuild_outdated(settings, output)]
        told = f"schema up to date: {versions}"
        output.result(
            {"schema": versions, "rebuilt": rebuilt},
            f"{told}; views rebuilt: {', '.join(rebuilt)}" if rebuilt else told,
        )
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
