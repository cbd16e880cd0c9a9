"""`tenure webhook`: what is sent where, from the operator's console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import ExitStatus, Output, Words, table
from api.cli.running import opened, running, settings_of

if TYPE_CHECKING:
    from api.composition import Service
    from api.outside.overview import Standing
    from domain.webhook import Webhook

app = typer.Typer(
    help="Webhooks: add, list, resend, disable, enable, remove, test. 向外部推送事件。",
    no_args_is_help=True,
)
Id = Annotated[UUID, typer.Argument(metavar="ID", help="Id of the webhook. 编号。")]
_COLOURS = {"active": "green", "resending": "cyan", "failing": "yellow", "disabled": "red"}
_STATES = {"active": "正常", "resending": "重发中", "failing": "失败中", "disabled": "已停用"}


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address to send to. 接收地址。")],
    topic: Annotated[
        list[str] | None,
        typer.Option(help="Only this topic, or a kind such as customer.*; may repeat. 主题。"),
    ] = None,
    start: Annotated[
        str,
        typer.Option(
            "--from", metavar="POSITION|now|beginning", help="From where on. 从何处开始。"
        ),
    ] = "now",
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Send events to an address; the secret is shown once. 添加，密钥只显示一次。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        document = _added(service, url, topic or [], _beginning(service, start))
        output.result(
            document,
            f"added 已添加 {document['webhook_id']}: {document['address']}\n"
            f"sends what follows on position 发送此位置之后的事件: {document['after']}\n"
            f"secret, shown this once 密钥仅显示一次: {document['secret']}\n"
            f"next 下一步: tenure webhook test {document['webhook_id']}",
        )


@app.command("list")
def list_webhooks(database: Database = None, data: Data = None, json_output: Json = False) -> None:
    """How every webhook stands. 列表。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from rich.text import Text

        from api.outside.overview import standings

        found = standings(service)
        rows = [
            (
                str(one.webhook.id),
                one.webhook.address,
                ", ".join(one.webhook.topics) or "all 全部",
                Text(f"{one.word} {_STATES[one.word]}", style=_COLOURS[one.word]),
                one.state.position,
                one.lag,
                _last_answer(one),
                one.state.next_attempt_at if one.webhook.is_active else None,
            )
            for one in found
        ]
        headings = [
            "id",
            "address 地址",
            "topics 主题",
            "state 状态",
            "position 位置",
            "lag 差距",
            "last answer 最近回答",
            "next try 下次尝试",
        ]
        shown = table("Webhooks", headings, rows) if rows else "no webhooks 没有 webhook"
        output.result({"items": [_document(one) for one in found]}, shown)


@app.command("resend")
def resend(
    webhook_id: Id,
    start: Annotated[
        int, typer.Option("--from", metavar="POSITION", min=1, help="First position. 起始位置。")
    ],
    end: Annotated[
        int | None,
        typer.Option(
            "--to",
            metavar="POSITION",
            min=1,
            help="Last position (default: what was delivered). 结束位置。",
        ),
    ] = None,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Send a stretch of the log once more, before what is new. 重新发送一段事件。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from domain.orders import CONSOLE, Order

        delivered = _standing(service, webhook_id).state.position
        last = delivered if end is None else min(end, delivered)
        receipt = service.application.resend_webhook(
            Order(CONSOLE), webhook_id, first=start, last=last
        )
        document = {
            "webhook_id": webhook_id,
            "from": start,
            "to": last,
            "position": receipt.position,
        }
        output.result(document, f"resending 重发 {start}–{last} → {webhook_id}")


@app.command("disable")
def disable(
    webhook_id: Id, database: Database = None, data: Data = None, json_output: Json = False
) -> None:
    """Send nothing more for now; its place is kept. 停用。"""
    _switch(webhook_id, "disable", settings_of(database, data), is_json=json_output)


@app.command("enable")
def enable(
    webhook_id: Id, database: Database = None, data: Data = None, json_output: Json = False
) -> None:
    """Go on where it stopped. 启用。"""
    _switch(webhook_id, "enable", settings_of(database, data), is_json=json_output)


@app.command("remove")
def remove(
    webhook_id: Id, database: Database = None, data: Data = None, json_output: Json = False
) -> None:
    """Send nothing more for good. 删除。"""
    _switch(webhook_id, "remove", settings_of(database, data), is_json=json_output)


@app.command("test")
def ping(
    webhook_id: Id, database: Database = None, data: Data = None, json_output: Json = False
) -> None:
    """Send a ping and show the answer; its place does not move. 发送测试消息。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from api.outside.pinging import ping_webhook

        webhook = _standing(service, webhook_id).webhook
        reply = ping_webhook(service, webhook)
        document = {
            "webhook_id": webhook_id,
            "status": reply.status,
            "answer": reply.excerpt,
            "delivered": reply.is_success,
        }
        sent = "delivered 已送达" if reply.is_success else "failed 失败"
        output.result(document, f"{sent}: {webhook.address} → {reply.status} {reply.excerpt}")
        if not reply.is_success:
            raise typer.Exit(ExitStatus.REFUSED)


def _added(service: Service, url: str, topics: list[str], after: int) -> dict[str, Any]:
    from uuid import uuid4

    from api.outside import states
    from api.outside.delivering import rules_of
    from domain.orders import CONSOLE, Order
    from domain.webhook import shown_address

    address = shown_address(url)
    rules_of(service.settings).targets.check(url)
    webhook_id = uuid4()
    # First how far it is, then that it is: should this process die in between, nothing is sent
    # that no event tells of.
    states.begin(service.database, webhook_id, after)
    receipt = service.application.add_webhook(
        Order(CONSOLE), webhook_id, url=url, topics=topics, after=after
    )
    return {
        "webhook_id": webhook_id,
        "address": address,
        "topics": topics,
        "after": after,
        "position": receipt.position,
        "secret": receipt.extra["secret"],
    }


def _switch(
    webhook_id: UUID, what: Literal["disable", "enable", "remove"], settings: Any, *, is_json: bool
) -> None:
    with running(is_json=is_json) as output, opened(settings) as service:
        from domain.orders import CONSOLE, Order

        receipt = service.application.switch_webhook(Order(CONSOLE), webhook_id, what)
        document = {"webhook_id": webhook_id, "done": what, "position": receipt.position}
        _tell_switched(output, document, what, webhook_id)


def _tell_switched(output: Output, document: dict[str, Any], what: str, webhook_id: UUID) -> None:
    words = {
        "disable": Words(zh="已停用", en="disabled"),
        "enable": Words(zh="已启用", en="enabled"),
        "remove": Words(zh="已删除", en="removed"),
    }[what]
    output.result(document, f"{words.en} {words.zh} {webhook_id}")


def _beginning(service: Service, start: str) -> int:
    """The position behind which a webhook begins. Raises BadParameter."""
    settled: int = service.application.recorder.settled_position()
    if start == "now":
        return settled
    if start == "beginning":
        return 0
    if start.isdecimal() and 1 <= int(start) <= settled + 1:
        return int(start) - 1
    raise typer.BadParameter(
        f"a position from 1 to {settled + 1}, now or beginning; "
        f"须为 1 至 {settled + 1} 的位置、now 或 beginning",
        param_hint="--from",
    )


def _standing(service: Service, webhook_id: UUID) -> Standing:
    """How one webhook stands. Raises NotFound."""
    from api.outside.overview import standings
    from domain.errors import NotFound

    for one in standings(service):
        if one.webhook.id == webhook_id:
            return one
    raise NotFound("webhook", webhook_id)


def _last_answer(one: Standing) -> str:
    state = one.state
    if state.last_attempt_at is None:
        return "—"
    told = [str(state.last_status or ""), state.last_answer or ""]
    if not one.webhook.is_active:
        told.append(f"({one.webhook.disabled_for})")
    return " ".join(part for part in told if part)


def _document(one: Standing) -> dict[str, Any]:
    webhook: Webhook = one.webhook
    state = one.state
    return {
        "webhook_id": webhook.id,
        "address": webhook.address,
        "topics": webhook.topics,
        "state": one.word,
        "disabled_for": webhook.disabled_for,
        "position": state.position,
        "lag": one.lag,
        "delivered": state.delivered,
        "delivered_at": state.delivered_at,
        "failures": state.failures,
        "failing_since": state.failing_since,
        "last_attempt_at": state.last_attempt_at,
        "last_status": state.last_status,
        "last_answer": state.last_answer,
        "next_attempt_at": state.next_attempt_at if webhook.is_active else None,
    }
