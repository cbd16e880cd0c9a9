"""`tenure doctor`: is everything as it must be, and if not, what to do."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import ExitStatus, table
from api.cli.running import running, settings_of

if TYPE_CHECKING:
    from api.checks import Check
    from api.settings import Settings

_SIGNS = {"good": "[green]✓[/]", "warning": "[yellow]![/]", "failure": "[bold red]✗[/]"}


def doctor(database: Database = None, data: Data = None, json_output: Json = False) -> None:
    """Check database, keys, clock, views and calendar; exit status 1 on a failure. 自检。"""
    with running(is_json=json_output) as output:
        found = _examined(settings_of(database, data))
        is_well = all(check.standing != "failure" for check in found)
        document = {
            "well": is_well,
            "checks": [
                {"name": one.name, "standing": one.standing, "zh": one.zh, "en": one.en}
                for one in found
            ],
        }
        rows = [(_sign(one), one.name, f"{one.zh}\n{one.en}") for one in found]
        output.result(document, table("Doctor 自检", ["", "check 检查", "finding 结果"], rows))
        if not is_well:
            raise typer.Exit(ExitStatus.REFUSED)


def _examined(settings: Settings) -> list[Check]:
    """What was found. A folder without a database is left as it is."""
    from api.checks import Examined, checks_of, warning
    from api.composition import APP_ROLE
    from api.embedded import EmbeddedPostgres
    from eventstore.connections import Database as Connections

    with ExitStack() as stack:
        url = settings.database
        if url is None:
            server = EmbeddedPostgres(settings.data)
            if not server.layout.home.exists():
                return [
                    warning(
                        "database",
                        f"{settings.data} 中还没有数据库；tenure serve 首次启动时创建",
                        f"{settings.data} holds no database yet; tenure serve makes one",
                    )
                ]
            url = stack.enter_context(server).url(role=APP_ROLE)
        connections = stack.enter_context(closing(Connections(url, size=2)))
        connections.now()
        return list(checks_of(Examined(settings, connections)))


def _sign(check: Check) -> object:
    from rich.text import Text

    return Text.from_markup(_SIGNS[check.standing])
