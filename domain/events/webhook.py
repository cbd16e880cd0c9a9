"""Webhooks: who sends the house's events where, since when, and by whom (decision 0018)."""

from __future__ import annotations

from typing import Any

from eventsourcing.domain import Aggregate

from domain.events.values import Sealed


class WebhookEvent(Aggregate.Event):
    """A fact on a webhook's stream."""

    actor: str


class WebhookAdded(WebhookEvent, Aggregate.Created):
    """Events are sent to an address from now on.

    address: scheme, host and path, without the query, which may hold a secret. url: the whole of
    it, and secret: what its requests are signed with, both sealed under a key of the webhook's
    own. topics: topics, or kinds such as `customer.*`; empty: all that are told outside. after:
    the position behind which it begins.
    """

    TOPIC = "webhook.added"

    address: str
    url: Sealed
    secret: Sealed
    topics: list[str]
    after: int

    def apply(self, aggregate: Any) -> None:
        aggregate.address = self.address
        aggregate.url = self.url
        aggregate.secret = self.secret
        aggregate.topics = tuple(self.topics)
        aggregate.after = self.after
        aggregate.is_active = True
        aggregate.is_removed = False
        aggregate.since_version = self.originator_version
        aggregate.disabled_for = None
        aggregate.resends = ()


class WebhookDisabled(WebhookEvent):
    """Nothing is sent any more until it is enabled again; its place in the log is kept.

    cause: `asked`: somebody did; `failing`: it failed for too long; `gone`: it answered 410.
    """

    TOPIC = "webhook.disabled"

    cause: str

    def apply(self, aggregate: Any) -> None:
        aggregate.is_active = False
        aggregate.disabled_for = self.cause


class WebhookEnabled(WebhookEvent):
    """Sending goes on where it stopped; earlier failures count no more."""

    TOPIC = "webhook.enabled"

    def apply(self, aggregate: Any) -> None:
        aggregate.is_active = True
        aggregate.disabled_for = None
        aggregate.since_version = self.originator_version


class WebhookRemoved(WebhookEvent):
    """Nothing is sent there any more, for good."""

    TOPIC = "webhook.removed"

    def apply(self, aggregate: Any) -> None:
        aggregate.is_active = False
        aggregate.is_removed = True


class WebhookResent(WebhookEvent):
    """Events of a stretch of the log are sent once more, before what comes next.

    first, last: positions, both included.
    """

    TOPIC = "webhook.resent"

    first: int
    last: int

    def apply(self, aggregate: Any) -> None:
        aggregate.resends = (*aggregate.resends, (self.first, self.last))
