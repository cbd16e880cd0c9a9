"""`tenure token`: a bearer token, printed once."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import shown_instant
from api.cli.running import opened, running, settings_of

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
DAYS_MAX = 36_500


def token(
    member: Annotated[str, typer.Argument(metavar="ID", help="Sign-in name. 登录名。")],
    expires: Annotated[
        str | None, typer.Option(metavar="90d", help="Void after so long: 90d, 12h, 30m. 有效期。")
    ] = None,
    name: Annotated[str, typer.Option(help="What it is for. 用途。")] = "",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read, write, or a permission; may repeat. 范围，可重复。"),
    ] = None,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Make a bearer token; it is the last word of the output. 生成令牌，只显示一次。"""
    lifetime = _lifetime(expires) if expires is not None else None
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from domain.orders import CONSOLE, Order

        expires_at: datetime | None = None
        if lifetime is not None:
            expires_at = service.application.now() + lifetime
        receipt = service.application.issue_token(
            Order(CONSOLE), member, expires_at=expires_at, name=name, scopes=scope or None
        )
        document = {
            "member": member,
            "name": name,
            "scopes": scope or None,
            "token_id": receipt.extra["token_id"],
            "expires_at": expires_at,
            "token": receipt.extra["token"],
        }
        if json_output:
            output.result(document, "")
            return
        # Plain text: rich would break a long token over two lines.
        until = shown_instant(expires_at) if expires_at else "revoked 撤销"
        print(f"Token of {member}, valid until {until}; shown this once 仅显示一次：")
        print(document["token"])


def _lifetime(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,7})([dhm])", text.strip())
    lifetime = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < lifetime <= timedelta(days=DAYS_MAX):
        raise typer.BadParameter(
            "a number with d, h or m, such as 90d; 数字加 d、h 或 m，例如 90d",
            param_hint="--expires",
        )
    return lifetime
