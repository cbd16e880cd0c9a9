"""The versions of the rules, each adopted by an event with an effective instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from eventsourcing.domain import Aggregate


class RulebookEvent(Aggregate.Event):
    """A fact on the one stream of the rulebook."""

    actor: str


class RulebookOpened(RulebookEvent, Aggregate.Created):
    """The rulebook's stream begins; no version is in force yet."""

    TOPIC = "rulebook.opened"

    def apply(self, aggregate: Any) -> None:
        aggregate.adopted = ()


class VersionAdopted(RulebookEvent):
    """A version of the rules was adopted.

    version: the name that decisions carry. toml: the whole text, so that a replay never rests
    on a file. effective_from: the first instant at which it decides.
    """

    TOPIC = "rulebook.version_adopted"

    version: str
    toml: str
    effective_from: datetime
    reason: str

    def apply(self, aggregate: Any) -> None:
        aggregate.adopted = (*aggregate.adopted, self)
