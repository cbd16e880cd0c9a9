"""The commands on webhooks, one method each, and what the application says of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from domain import commands
from domain.events.values import SYSTEM
from domain.events.webhook import WebhookAdded
from domain.orders import Order, Receipt, SealedAt
from domain.webhook import Webhook

if TYPE_CHECKING:
    from domain.command_path import CommandPath
    from domain.log import Log


class WebhookCommands:
    """The part of the application that says what is sent where."""

    if TYPE_CHECKING:
        reader: Log
        _path: CommandPath

        def save(self, *aggregates: Any, **kwargs: Any) -> Any: ...
        def open_sealed(self, items: Sequence[SealedAt]) -> list[str | None]: ...

    def add_webhook(
        self, order: Order, webhook_id: UUID, *, url: str, topics: Sequence[str], after: int
    ) -> Receipt:
        """Send events to an address; extra["secret"] shows once what signs them."""
        return self._path.carry_out(order, commands.AddWebhook(webhook_id, url, topics, after))

    def switch_webhook(
        self, order: Order, webhook_id: UUID, what: Literal["disable", "enable", "remove"]
    ) -> Receipt:
        """Disable a webhook, enable it again, or remove it."""
        return self._path.carry_out(order, commands.SwitchWebhook(webhook_id, what))

    def resend_webhook(self, order: Order, webhook_id: UUID, *, first: int, last: int) -> Receipt:
        """Send the events of [first, last] once more, before what comes next."""
        return self._path.carry_out(order, commands.ResendWebhook(webhook_id, first, last))

    def give_up_webhook(self, webhook_id: UUID, *, cause: Literal["failing", "gone"]) -> None:
        """Disable a webhook on behalf of nobody; whoever changes it meanwhile wins."""
        read = self.reader.load([(webhook_id, 0)])
        webhook = read.streams.get(webhook_id)
        if isinstance(webhook, Webhook):
            webhook.disable(cause=cause, actor=SYSTEM, at=max(read.now, webhook.modified_on))
            with suppress(IntegrityError):
                self.save(webhook)

    def webhooks(self, ids: Collection[UUID]) -> dict[UUID, Webhook]:
        """Those of the ids that were added, removed ones among them; look at them only."""
        streams = self.reader.load([], cached=ids).streams
        return {found: one for found, one in streams.items() if isinstance(one, Webhook)}

    def webhook_target(self, webhook: Webhook) -> tuple[str, str] | None:
        """URL and secret in plain text; None where the webhook's key was destroyed."""
        sealed = {"url": webhook.url, "secret": webhook.secret}
        url, secret = self.open_sealed(
            [SealedAt(webhook.id, WebhookAdded.TOPIC, name, box) for name, box in sealed.items()]
        )
        return None if url is None or secret is None else (url, secret)
