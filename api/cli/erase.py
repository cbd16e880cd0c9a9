"""`tenure erase`: a person's data erased, by two people, from the operator's console."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.options import Data, Database, Json
from api.cli.running import opened, running, settings_of

if TYPE_CHECKING:
    from api.composition import Service
    from domain.orders import Order, Receipt

TOKEN = "TENURE_TOKEN"  # noqa: S105 - the name of a variable


class Ground(StrEnum):
    """Why personal data must go (PIPL art. 47)."""

    CONSENT_WITHDRAWN = "consent-withdrawn"
    PURPOSE_ACHIEVED = "purpose-achieved"
    SERVICE_STOPPED = "service-stopped"
    RETENTION_OVER = "retention-over"
    UNLAWFUL = "unlawful"
    OTHER = "other"


def erase(
    subject: Annotated[
        UUID, typer.Argument(metavar="SUBJECT", help="Id of the contact or phone. 主体编号。")
    ],
    reason: Annotated[
        str | None, typer.Option(help="Why, without naming the person. 理由，勿写姓名电话。")
    ] = None,
    ground: Annotated[
        Ground, typer.Option(help="By which ground of the law. 法定情形。")
    ] = Ground.CONSENT_WITHDRAWN,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Confirm, as somebody else. 由另一人确认。")
    ] = False,
    lift: Annotated[
        bool, typer.Option("--lift", help="Lift the restriction instead. 解除限制。")
    ] = False,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Ask for a person's data to be erased, confirm, or lift it. 删除个人信息。

    Whoever calls is the console, or the member whose token TENURE_TOKEN holds.
    """
    if confirm and lift:
        raise typer.BadParameter("not together; 不可同时使用", param_hint="--confirm, --lift")
    if not confirm and reason is None:
        raise typer.BadParameter("is required; 必须填写", param_hint="--reason")
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        order = _order()
        step = "confirm" if confirm else "lift" if lift else "ask"
        with _refusals_kept(service, order, step):
            if confirm:
                receipt = _confirmed(service, order, subject)
            elif lift:
                receipt = service.application.lift_restriction(order, subject, reason=reason or "")
            else:
                receipt = _asked(service, order, subject, ground, reason or "")
        document = {**receipt.extra, "version": receipt.version, "position": receipt.position}
        output.result(document, _told(document["subject_state"], subject))


def _order() -> Order:
    """As the member whose token is given, else as the console. Raises NotSignedIn."""
    from starlette.datastructures import Headers

    from api.security import credentials_in
    from domain.orders import CONSOLE, Order

    token = os.environ.get(TOKEN)
    if not token:
        return Order(CONSOLE)
    return Order(credentials_in(Headers({"authorization": f"Bearer {token.strip()}"})))


@contextmanager
def _refusals_kept(service: Service, order: Order, step: str) -> Iterator[None]:
    """Who wanted what he may not is kept before he is told so, as over HTTP (S0-25).

    Raises Unavailable where it cannot be kept.
    """
    from api.access.entries import Entry
    from domain.errors import NotAllowed, OwnDecision

    try:
        yield
    except (NotAllowed, OwnDecision) as error:
        signed = service.application.authenticate(order.credentials)
        right = error.command if isinstance(error, NotAllowed) else "own-decision"
        service.access_log.record(
            Entry(
                "refused",
                signed.member,
                right,
                facts={"command": "tenure erase", "step": step},
                token_id=signed.token_id,
            )
        )
        raise


def _asked(service: Service, order: Order, subject: UUID, ground: Ground, reason: str) -> Receipt:
    from api.routes.calls import require
    from api.subjects import customers_of

    # Nothing is looked up for whoever may not ask.
    require(service.application.authenticate(order.credentials), "ask-erasure")
    return service.application.ask_erasure(
        order,
        subject,
        customers=customers_of(service, subject),
        ground=ground.value,
        reason=reason,
    )


def _confirmed(service: Service, order: Order, subject: UUID) -> Receipt:
    """Erased, and what is left of the key in its table's file rewritten at once, if it can be."""
    from eventstore.key_table import rewrite_if_due

    receipt = service.application.confirm_erasure(order, subject)
    rewrite_if_due(service.database)
    return receipt


def _told(state: str, subject: UUID) -> str:
    return {
        "restricted": f"restricted 已限制 {subject}: shown to nobody 不再显示\n"
        f"next, as somebody else 下一步，由另一人: {TOKEN}=… tenure erase {subject} --confirm",
        "open": f"lifted 已解除限制 {subject}",
        "erased": f"erased 已删除 {subject}: its key is destroyed 密钥已销毁\n"
        "Note the id outside the database: after a restore from an older backup, erase it again.\n"
        "请在数据库之外记下该编号：从较早的备份恢复后，须再次删除。",
    }[state]
