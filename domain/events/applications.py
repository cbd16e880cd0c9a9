"""Applications for intent and for more time, and what was decided (S1-036, S1-039 to S1-044)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.events.customer import CustomerEvent
from domain.events.values import Stage
from domain.protection import Application, ApplicationKind, Protection


class IntentRequested(CustomerEvent):
    """The holder asked to make the potential customer an intent customer (S1-039, S1-040).

    deadline: the one that stands. held_over_until: how long the application keeps the protection
    alive if nobody decides (A-05). provisional: that rests on a calendar year not published yet.
    """

    TOPIC = "customer.intent_requested"

    holder: str
    reason: str
    deadline: datetime
    held_over_until: datetime
    provisional: bool
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        asked = Application("intent", self.actor, self.timestamp, self.reason, None)
        return before and replace(before, application=asked, held_over_until=self.held_over_until)


class IntentGranted(CustomerEvent):
    """The application was granted: intent, for its full term (S1-041, S1-042).

    counted_from: the instant from which the term runs (A-05). until: its deadline.
    held_over_until: how long a signature that still stands holds that over. signatures: numbers of
    the signed contracts that wait for their confirmation.
    """

    TOPIC = "customer.intent_granted"

    holder: str
    applicant: str
    counted_from: datetime
    until: datetime
    held_over_until: datetime | None
    rulebook: str
    signatures: tuple[str, ...] = ()

    def protection_after(self, before: Protection | None) -> Protection | None:
        return before and replace(
            before,
            stage=Stage.INTENT,
            since=self.timestamp,
            until=self.until,
            extensions=0,
            application=None,
            signatures=tuple(dict.fromkeys((*before.signatures, *self.signatures))),
            held_over_until=self.held_over_until,
            rulebook=self.rulebook,
        )


class _ApplicationClosed(CustomerEvent):
    """An application came to nothing; the old deadline stands."""

    def protection_after(self, before: Protection | None) -> Protection | None:
        return before and before.without_application()


class IntentRefused(_ApplicationClosed):
    """The application was refused: potential with the old deadline, or over if past it (A-05)."""

    TOPIC = "customer.intent_refused"

    holder: str
    applicant: str
    reason: str
    rulebook: str


class ExtensionRequested(CustomerEvent):
    """The holder asked for more time (S1-036, S1-044). days: how many.

    deadline: the one that stands. held_over_until: how long the application keeps the protection
    alive if nobody decides (A-04). provisional: that rests on a calendar year not published yet.
    """

    TOPIC = "customer.extension_requested"

    holder: str
    stage: Stage
    reason: str
    days: int
    deadline: datetime
    held_over_until: datetime
    provisional: bool
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        asked = Application("extension", self.actor, self.timestamp, self.reason, self.days)
        return before and replace(before, application=asked, held_over_until=self.held_over_until)


class ExtensionGranted(CustomerEvent):
    """More time was granted, counted from the old deadline (A-04). days: as granted.

    until: the new deadline. held_over_until: how long a signature that still stands holds it over.
    signatures: numbers of the signed contracts that wait for their confirmation, which came in time
    for the new deadline whatever the old one was.
    """

    TOPIC = "customer.extension_granted"

    holder: str
    applicant: str
    stage: Stage
    days: int
    until: datetime
    held_over_until: datetime | None
    rulebook: str
    signatures: tuple[str, ...] = ()

    def protection_after(self, before: Protection | None) -> Protection | None:
        return before and replace(
            before,
            until=self.until,
            extensions=before.extensions + 1,
            application=None,
            signatures=tuple(dict.fromkeys((*before.signatures, *self.signatures))),
            held_over_until=self.held_over_until,
        )


class ExtensionRefused(_ApplicationClosed):
    """More time was refused: the old deadline stands, or it is over if past it (A-04)."""

    TOPIC = "customer.extension_refused"

    holder: str
    applicant: str
    reason: str
    rulebook: str


class ApplicationWithdrawn(_ApplicationClosed):
    """The holder took the application back. kind: `intent` or `extension`."""

    TOPIC = "customer.application_withdrawn"

    holder: str
    kind: ApplicationKind
    reason: str
    rulebook: str
