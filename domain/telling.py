"""What of the log is told outside the house: which events, and what of each (decision 0018).

An event is told with the facts that the audit shows. Two kinds are not told at all: identities,
which reserve names and keyed hashes, and parties, whose refusals are told anyway. Both only say
again, in the store's own terms, what another event says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self
from uuid import UUID

from domain import events
from domain.errors import Invalid
from domain.events import CustomerEvent
from domain.events.facts import facts_of

NOT_TOLD: Final = frozenset(("identity", "party"))
"""Kinds of streams that are the store's own business."""
_TOO_LONG: Final = frozenset(("toml",))
"""Left out for its length; `GET /v1/rulebooks/{version}` has the text."""
WHOLE_KIND: Final = ".*"
TOPICS_MAX: Final = 50


@cache
def told_topics() -> frozenset[str]:
    """The topics of all events that are told outside."""
    classes = (getattr(events, name) for name in events.__all__)
    topics = {
        vars(found)["TOPIC"] for found in classes if "TOPIC" in getattr(found, "__dict__", ())
    }
    return frozenset(topic for topic in topics if is_told(topic))


def is_told(topic: str) -> bool:
    """True where events of this topic leave the house."""
    return topic.partition(".")[0] not in NOT_TOLD


def told_facts(event: object) -> dict[str, Any]:
    """The event's facts as they leave the house: nothing sealed, hashed or secret."""
    return {name: value for name, value in facts_of(event).items() if name not in _TOO_LONG}


def customer_of(event: Any) -> UUID | None:
    """The customer that an event is about; None: none."""
    if isinstance(event, CustomerEvent):
        return event.originator_id
    found = getattr(event, "customer_id", None)
    return found if isinstance(found, UUID) else None


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics that a follower asked for. wanted: topics, or kinds such as `customer.*`; empty: all
    that are told."""

    wanted: frozenset[str] = frozenset()

    @classmethod
    def chosen(cls, named: Iterable[str], *, field: str = "topic") -> Self:
        """The topics of these names. Raises Invalid for one that no event has."""
        wanted = frozenset(named)
        unknown = sorted(name for name in wanted if not _is_known(name))
        if unknown:
            kinds = sorted({f"{topic.partition('.')[0]}.*" for topic in told_topics()})
            raise Invalid.field(
                field,
                "unknown-topic",
                zh=f"没有对外发送的事件主题：{unknown[0][:80]}；"
                f"见 docs/events.md，或用 {'、'.join(kinds)}",
                en=f"no event that is told outside has the topic {unknown[0][:80]}; see "
                f"docs/events.md, or take one of {', '.join(kinds)}",
            )
        if len(wanted) > TOPICS_MAX:
            raise Invalid.field(
                field,
                "too-many",
                zh=f"最多 {TOPICS_MAX} 个主题",
                en=f"at most {TOPICS_MAX} topics may be named",
            )
        return cls(wanted)

    def matches(self, topic: str) -> bool:
        """True where an event of this topic is told to the follower."""
        if not is_told(topic):
            return False
        kind = topic.partition(".")[0]
        return not self.wanted or topic in self.wanted or f"{kind}{WHOLE_KIND}" in self.wanted

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.wanted))


def _is_known(name: str) -> bool:
    if name.endswith(WHOLE_KIND):
        kind = name.removesuffix("*")
        return any(topic.startswith(kind) for topic in told_topics())
    return name in told_topics()
