"""Commands on webhooks."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal
from uuid import UUID

from domain.errors import NotFound
from domain.events.webhook import WebhookAdded
from domain.telling import Topics
from domain.webhook import ASKED, Webhook, shown_address
from domain.work import Decision, Work

SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - what secrets begin with
"""Source: Standard Webhooks 1.0.0, "Signature scheme"."""


@dataclass(frozen=True, slots=True)
class AddWebhook:
    """Send events to an address; the secret of its signatures is answered once.

    webhook_id: made by the sender, who keeps under it how far the sending is.
    """

    webhook_id: UUID
    url: str
    topics: Sequence[str]
    after: int
    name: str = field(default="add-webhook", init=False)
    customer_id: UUID | None = field(default=None, init=False)

    @property
    def about(self) -> None:
        return None

    def check(self) -> None:
        shown_address(self.url)
        Topics.chosen(self.topics)

    def streams(self) -> Iterable[UUID]:
        return (self.webhook_id,)

    def decide(self, work: Work) -> Decision:
        secret = SECRET_PREFIX + b64encode(work.random(SECRET_BYTES)).decode()
        bare = work.new_subject_key(self.webhook_id)
        url, sealed_secret = (
            work.seal(
                bare,
                text,
                subject=self.webhook_id,
                stream=self.webhook_id,
                topic=WebhookAdded.TOPIC,
                field=field_name,
            )
            for field_name, text in (("url", self.url), ("secret", secret))
        )
        webhook = Webhook.add(
            self.webhook_id,
            address=shown_address(self.url),
            url=url,
            secret=sealed_secret,
            topics=list(Topics.chosen(self.topics)),
            after=self.after,
            actor=work.actor,
            at=work.at,
        )
        return Decision(
            (webhook,), {"webhook_id": str(self.webhook_id)}, shown_once={"secret": secret}
        )

    def asserted(self) -> dict[str, Any]:
        return {"topics": list(self.topics)}


class _OnWebhook:
    """A command on a webhook that exists."""

    webhook_id: UUID
    customer_id: ClassVar[None] = None

    @property
    def about(self) -> UUID:
        return self.webhook_id

    def check(self) -> None:
        """Nothing is malformed whatever the state."""

    def streams(self) -> Iterable[UUID]:
        return (self.webhook_id,)

    def asserted(self) -> dict[str, Any]:
        return {"webhook": str(self.webhook_id)}

    def webhook(self, work: Work) -> Webhook:
        """The webhook. Raises NotFound, also for a removed one."""
        found = work.streams.get(self.webhook_id)
        if not isinstance(found, Webhook) or found.is_removed:
            raise NotFound("webhook", self.webhook_id)
        return found


@dataclass(frozen=True)
class SwitchWebhook(_OnWebhook):
    """Disable a webhook, enable it again, or remove it."""

    webhook_id: UUID
    what: Literal["disable", "enable", "remove"]

    @property
    def name(self) -> str:
        return f"{self.what}-webhook"

    def decide(self, work: Work) -> Decision:
        webhook = self.webhook(work)
        match self.what:
            case "disable":
                webhook.disable(cause=ASKED, actor=work.actor, at=work.at)
            case "enable":
                webhook.enable(actor=work.actor, at=work.at)
            case "remove":
                webhook.remove(actor=work.actor, at=work.at)
        return Decision((webhook,))


@dataclass(frozen=True)
class ResendWebhook(_OnWebhook):
    """Send the events of [first, last] to a webhook once more."""

    webhook_id: UUID
    first: int
    last: int
    name: str = field(default="resend-webhook", init=False)

    def decide(self, work: Work) -> Decision:
        webhook = self.webhook(work)
        webhook.resend(self.first, self.last, actor=work.actor, at=work.at)
        return Decision((webhook,))
