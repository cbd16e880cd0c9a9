"""Events as forms: what differs from customer to customer is left open, the rest is text."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from eventsourcing.persistence import StoredEvent

from benchmarks.companies import Company
from domain.events.customer import ClaimCorrected, Claimed, ContactAdded, Registered
from domain.events.identity import IdentityReserved
from domain.events.party import PartyNoted
from domain.events.refusal import RefusalRecorded
from domain.names import parse

Hole = tuple[str, Any]
"""Something left open: of which kind, and which one of that kind."""
Known = dict[bytes, Hole]
"""Texts of JSON that stand for something that is left open."""
SAMPLE = Company(
    name="杭州市样板Ａ贸易有限公司",
    address="〔地址〕",
    industry="〔行业〕",
    phone="0571-80000000",
    introduction="〔简介〕",
    contact_name="〔姓名〕",
    contact_position="〔职务〕",
    contact_phone="13800000000",
)
"""Who lives the lives that forms are made of. No two of its texts are alike."""
CONTRACT = "HT-00000000"
"""Its contract's number. No life has two."""
CONTACT_EVENTS = (Claimed, ClaimCorrected, ContactAdded)
"""With which a contact is filled in."""
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
_ON_A_DAY = re.compile(rb'"(\d{4}-\d{2}-\d{2})(T[0-9:.]+Z)?"')
_SOMEBODY = re.compile(r'"(seller|manager)-(\d+)"|"销售(\d+)部"'.encode())


class Form(NamedTuple):
    """An event. moment: in microseconds of its day. text: its state, where `%b` is left open; a
    number among the holes is a day."""

    moment: int
    stream: Hole
    version: int
    topic: str
    text: bytes
    holes: tuple[Hole | int, ...]


def known_at_first() -> Known:
    """What is left open in every life."""
    parts = parse(SAMPLE.name)
    texts = {
        SAMPLE.name: ("name", 0),
        parts.key: ("name_key", 0),
        parts.core: ("core", 0),
        SAMPLE.address: ("address", 0),
        SAMPLE.industry: ("industry", 0),
        SAMPLE.introduction: ("introduction", 0),
        SAMPLE.contact_position: ("position", 0),
        CONTRACT: ("contract", 0),
    }
    return {literal(text): hole for text, hole in texts.items()}


def meet(event: Any, known: Known, counts: dict[str, int]) -> None:
    """Whatever first appears in this event. counts: of contacts and refusals so far."""
    if isinstance(event, Registered):
        known[literal(event.originator_id)] = ("customer", 0)
        known[literal(event.phone.box)] = ("phone", 0)
        known[literal(event.phone_hash)] = ("phone_hash", 0)
    elif isinstance(event, RefusalRecorded):
        known[literal(event.originator_id)] = ("refusal", _next(counts, "refusal"))
    elif isinstance(event, CONTACT_EVENTS):
        contact, number = event.contact, _next(counts, "contact")
        known[literal(contact.id)] = ("contact", number)
        known[literal(contact.name.box)] = ("contact_name", number)
        known[literal(contact.phone.box)] = ("contact_phone", number)
        known[literal(contact.phone_hash)] = ("contact_phone_hash", 0)


def form_of(event: Any, stored: StoredEvent, known: Known, *, first_day: date, moment: int) -> Form:
    """The event with everything open that is known. first_day: from which days are counted."""
    holes: list[Hole | int] = []

    def leave_open(found: re.Match[bytes]) -> bytes:
        text = found[0]
        if (hole := known.get(text)) is not None:
            holes.append(_one_for_all(hole))
            return b"%b"
        if (on_a_day := _ON_A_DAY.fullmatch(text)) is not None:
            days = (date.fromisoformat(on_a_day[1].decode()) - first_day).days
            holes.append(days)
            return b'"%b' + (on_a_day[2] or b"") + b'"'
        if (somebody := _SOMEBODY.fullmatch(text)) is not None:
            kind = somebody[1].decode() if somebody[1] else "department"
            holes.append(_one_for_all((kind, int(somebody[2] or somebody[3]))))
            return b"%b"
        return text.replace(b"%", b"%%")

    text = _TEXT.sub(leave_open, stored.state)
    stream = _stream(event, known)
    return Form(moment, stream, stored.originator_version, stored.topic, text, tuple(holes))


def literal(value: object) -> bytes:
    """A text as it stands in a stored state; it needs no escaping."""
    return f'"{value}"'.encode()


@cache
def _one_for_all(hole: Hole) -> Hole:
    """The same object for equal holes: patterns have hundreds of thousands."""
    return hole


def _stream(event: Any, known: Known) -> Hole:
    """Whose stream: some ids follow from what the event says."""
    if isinstance(event, IdentityReserved):
        return ("identity", (event.kind, known[literal(event.key)]))
    if isinstance(event, PartyNoted):
        return ("party", int(event.member.removeprefix("seller-")))
    return known[literal(event.originator_id)]


def _next(counts: dict[str, int], kind: str) -> int:
    counts[kind] = counts.get(kind, -1) + 1
    return counts[kind]
