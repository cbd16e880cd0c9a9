"""A message that says nothing but that the way is open, sent at once."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from api.outside.cloud_events import ping
from api.outside.delivering import rules_of
from api.outside.following import teller_of
from api.outside.sending import Courier, Reply

if TYPE_CHECKING:
    from api.composition import Service
    from domain.webhook import Webhook


def ping_webhook(service: Service, webhook: Webhook) -> Reply:
    """What the receiver answered. The webhook's place in the log does not move."""
    target = service.application.webhook_target(webhook)
    if target is None:
        return Reply(None, "the key of this webhook was destroyed")
    rules = rules_of(service.settings)
    identifier = f"ping_{secrets.token_hex(16)}"
    body = ping(teller_of(service).house, identifier, service.application.now())
    with Courier(*target, rules.targets, timeout_seconds=rules.timeout_seconds) as courier:
        return courier.send(identifier, body)
