"""`tenure member`: people, their roles and departments, from the operator's console."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import shown_instant, table
from api.cli.running import opened, running, settings_of

if TYPE_CHECKING:
    from domain.application import Tenure
    from domain.member import Member

MEMBERS_MAX = 100_000
app = typer.Typer(help="Members: add, change, list. 成员。", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="Sign-in name. 登录名。")]


@app.command("add")
def add(
    member: Id,
    name: Annotated[str, typer.Option(help="Full name. 姓名。")],
    role: Annotated[list[str], typer.Option(help="A role; may repeat. 角色，可重复。")],
    department: Annotated[str, typer.Option(help="Department. 部门。")],
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Add a member. 增加成员。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from domain.orders import CONSOLE, Order

        receipt = service.application.add_member(
            Order(CONSOLE), member=member, name=name, roles=role, department=department
        )
        output.result(
            {
                "member": member,
                "name": name,
                "roles": role,
                "department": department,
                "version": receipt.version,
                "position": receipt.position,
            },
            f"added {member}: {name}, {department}, {', '.join(role)}\nnext: tenure token {member}",
        )


@app.command("change")
def change(
    member: Id,
    role: Annotated[
        list[str] | None, typer.Option(help="All roles from now on. 今后的全部角色。")
    ] = None,
    department: Annotated[str | None, typer.Option(help="Department. 部门。")] = None,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Set a member's roles or department. 修改角色或部门。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from domain.orders import CONSOLE, Order

        receipt = service.application.change_member(
            Order(CONSOLE), member, roles=role or None, department=department
        )
        document = {"member": member, "version": receipt.version, "position": receipt.position}
        output.result(document, f"changed {member}, version {receipt.version}")


@app.command("list")
def list_members(database: Database = None, data: Data = None, json_output: Json = False) -> None:
    """All members with their roles of this instant. 成员列表。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        found = [
            {
                "member": one.member,
                "name": one.name,
                "roles": sorted(one.roles),
                "department": one.department,
            }
            for one in _everybody(service.application)
        ]
        rows = [
            (one["member"], one["name"], ", ".join(one["roles"]), one["department"])
            for one in found
        ]
        headings = ["id", "name 姓名", "roles 角色", "department 部门"]
        output.result({"items": found}, table("Members 成员", headings, rows))


@app.command("password")
def password(
    member: Id, database: Database = None, data: Data = None, json_output: Json = False
) -> None:
    """Set a one-time password; it is the last word of the output. 设置一次性密码，只显示一次。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from api.sign_in.passwords import Origin
        from domain.orders import CONSOLE

        made, expires_at = service.sign_in.set_one_time(member, by=CONSOLE.member, origin=Origin())
        if json_output:
            output.result({"member": member, "expires_at": expires_at, "password": made}, "")
            return
        until = shown_instant(expires_at)
        print(f"One-time password of {member}, until {until}; shown this once 仅显示一次：")
        print(made)


@app.command("sessions")
def sessions(
    member: Id,
    end: Annotated[bool, typer.Option("--end", help="End them all. 全部结束。")] = False,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """A member's live sessions. 成员的登录会话。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from api.sign_in.passwords import Origin
        from domain.orders import CONSOLE

        service.application.member_at(member)
        found = service.sessions.of(member, service.application.now())
        for session in found if end else ():
            service.sign_in.sign_out(
                session.session_id, by=CONSOLE.member, origin=Origin(), member=member
            )
        rows = [
            (
                str(one.session_id),
                one.client or "-",
                shown_instant(one.last_seen_at),
                shown_instant(one.expires_at),
            )
            for one in found
        ]
        headings = ["session 会话", "from 来自", "last seen 最近", "until 至"]
        title = f"Sessions of {member} 会话" + (" (ended 已结束)" if end else "")
        document = {"items": [asdict(one) for one in found], "ended": end}
        output.result(document, table(title, headings, rows))


@app.command("tokens")
def tokens(
    member: Id, database: Database = None, data: Data = None, json_output: Json = False
) -> None:
    """A member's tokens and their last use. 成员的令牌及其最近使用。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from api.sign_in.token_uses import last_uses

        found = service.application.member_at(member).tokens
        used = last_uses(service.database, found)
        document = [
            {
                "token_id": token.token_id,
                "name": token.name,
                "scopes": None if token.scopes is None else sorted(token.scopes),
                "expires_at": token.expires_at,
                "last_used_at": used[digest].at if digest in used else None,
            }
            for digest, token in found.items()
        ]
        rows = [
            (
                str(one["token_id"]),
                one["name"] or "-",
                "-" if one["scopes"] is None else " ".join(one["scopes"]),
                shown_instant(one["expires_at"]),
                shown_instant(one["last_used_at"]),
            )
            for one in document
        ]
        headings = ["token 令牌", "name 名称", "scopes 范围", "until 至", "last used 最近使用"]
        output.result({"items": document}, table(f"Tokens of {member} 令牌", headings, rows))


def _everybody(application: Tenure) -> list[Member]:
    """All members as of now, from their own streams, in the order of their joining."""
    from domain.events import MemberJoined
    from domain.member import Member

    joined = [
        notification.originator_id
        for notification in application.recorder.select_notifications(
            None, MEMBERS_MAX, topics=[MemberJoined.TOPIC]
        )
    ]
    streams = application.reader.load([(member_id, 0) for member_id in joined]).streams
    found = (streams[member_id] for member_id in joined)
    return [one for one in found if isinstance(one, Member)]
