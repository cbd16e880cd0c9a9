"""An event of the log as a CloudEvent 1.0 in structured JSON.

Source: CloudEvents 1.0.2, "CloudEvents - Version 1.0.2" and "JSON Event Format for CloudEvents".
A position may pass the 31 bits of an Integer there, so it is a String: as `id`, and again as the
extension `position`. Attributes without a value are left out, which the format demands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

from api.answers import instant, json_bytes
from api.strangers import is_about_somebody, open_facts, strangers_words
from domain.telling import customer_of, told_facts
from domain.words import Words, describe

MEDIA_TYPE = "application/cloudevents+json"
_DATA_TYPE = "application/json"


class RecordedEvent(Protocol):
    """One stored event as the log gives it back."""

    @property
    def position(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def recorded_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class House:
    """How the house names itself outside. source: a URI reference, which with `id` is unique.

    type_prefix: stands before every topic, such as `cn.example.tenure.`; empty: nothing does.
    """

    source: str
    type_prefix: str = ""


@dataclass(frozen=True)
class Told:
    """An event as it leaves the house. frame: the attributes of the CloudEvent. facts, words: what
    its `data` says to whoever reads all details."""

    position: int
    topic: str
    customer_id: UUID | None
    frame: dict[str, Any]
    facts: dict[str, Any]
    words: Words

    def body(self, *, sees_details: bool) -> bytes:
        """The CloudEvent, UTF-8 JSON. sees_details: false where what people typed about customers
        and persons is not for the reader (A-34)."""
        return self._whole if sees_details else self._without_details

    @cached_property
    def _whole(self) -> bytes:
        return _written(self.frame, self.facts, self.words)

    @cached_property
    def _without_details(self) -> bytes:
        if not is_about_somebody(self.topic, self.customer_id):
            return self._whole
        words = strangers_words(self.topic, self.words)
        return _written(self.frame, open_facts(self.facts), words)


def told(house: House, recorded: RecordedEvent, event: Any) -> Told:
    """The CloudEvent of a stored event and the same decoded."""
    customer_id = customer_of(event)
    attributes = {
        **frame(house, str(recorded.position), recorded.topic, event.timestamp),
        "subject": str(customer_id) if customer_id is not None else None,
        "position": str(recorded.position),
        "recordedtime": instant(recorded.recorded_at),
        "streamid": str(event.originator_id),
        "streamversion": event.originator_version,
        "actor": event.actor,
        "rulebook": getattr(event, "rulebook", None),
    }
    known = {name: value for name, value in attributes.items() if value is not None}
    facts, words = told_facts(event), describe(event)
    return Told(recorded.position, recorded.topic, customer_id, known, facts, words)


def ping(house: House, identifier: str, at: datetime) -> bytes:
    """A CloudEvent that says nothing but that the way is open."""
    words = {"zh": "测试：通道可用", "en": "A test: the way is open"}
    attributes = frame(house, identifier, "webhook.ping", at)
    return json_bytes({**attributes, "data": {"facts": {}, "words": words}})


def _written(attributes: Mapping[str, Any], facts: Mapping[str, Any], words: Words) -> bytes:
    data = {"facts": facts, "words": {"zh": words.zh, "en": words.en}}
    return json_bytes({**attributes, "data": data})


def frame(house: House, identifier: str, topic: str, at: datetime) -> dict[str, Any]:
    """The attributes that every CloudEvent of the house has."""
    return {
        "specversion": "1.0",
        "id": identifier,
        "source": house.source,
        "type": f"{house.type_prefix}{topic}",
        "time": instant(at),
        "datacontenttype": _DATA_TYPE,
    }
