"""How the webhooks stand: for the command line, for health and for metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventsourcing.persistence import PersistenceError

from api.outside.rounds import current, pending_resend
from api.outside.states import State, states

if TYPE_CHECKING:
    from api.composition import Service
    from domain.webhook import Webhook


@dataclass(frozen=True, slots=True)
class Standing:
    """One webhook that was not removed. lag: events of the log that it has still to pass."""

    webhook: Webhook
    state: State
    lag: int

    @property
    def word(self) -> str:
        """`active`, `failing`, `resending`, or `disabled`."""
        if not self.webhook.is_active:
            return "disabled"
        if self.state.failures:
            return "failing"
        return "resending" if pending_resend(self.webhook, self.state) else "active"


def standings(service: Service) -> list[Standing]:
    """Every webhook that was not removed, in the order of their adding."""
    known = {state.webhook_id: state for state in states(service.database)}
    if not known:
        return []
    settled = service.application.recorder.settled_position()
    found = [
        Standing(webhook, current(webhook, known[one]), max(0, settled - known[one].position))
        for one, webhook in service.application.webhooks(known.keys()).items()
        if not webhook.is_removed
    ]
    return sorted(found, key=lambda one: (one.webhook.created_on, one.webhook.id))


def counts(service: Service) -> dict[str, int]:
    """How many webhooks are active, failing and disabled. Raises PersistenceError."""
    found = standings(service)
    words = [one.word for one in found]
    disabled, failing = words.count("disabled"), words.count("failing")
    return {"active": len(found) - disabled, "failing": failing, "disabled": disabled}


def gauges(service: Service) -> Iterator[tuple[str, str, Mapping[str, str], float]]:
    """What every process can show of every webhook, read at every scrape."""
    try:
        found = standings(service)
    except PersistenceError:
        return
    for one in found:
        labels = {"webhook": str(one.webhook.id)}
        yield (
            "tenure_webhook_lag_events",
            "Events that a webhook has still to pass.",
            labels,
            one.lag,
        )
        yield "tenure_webhook_failures", "Failures in a row.", labels, one.state.failures
        is_disabled = float(not one.webhook.is_active)
        yield "tenure_webhook_disabled", "1 where nothing is sent any more.", labels, is_disabled
