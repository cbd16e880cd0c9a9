"""Tells a pattern of one customer: fills in who it is, in whose hands, and on which days."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec
from eventsourcing.persistence import StoredEvent

from benchmarks.companies import company
from benchmarks.load.forms import Form, Hole
from benchmarks.load.patterns import Pattern
from benchmarks.load.people import People
from benchmarks.load.plan import DAY, Plan
from domain.events.customer import Registered
from domain.identity import NAMESPACE
from domain.names import parse
from domain.phones import normalise_phone
from domain.sealing import KEY_BYTES, NONCE_BYTES, Sealer
from domain.unique_ids import uuid7
from eventstore import records

_ID_BYTES = 10
_CUSTOMER_BYTES = _ID_BYTES + KEY_BYTES + 2 * NONCE_BYTES
_CONTACT_BYTES = _CUSTOMER_BYTES + NONCE_BYTES
_PERSONS_KEPT = 100_000
_DAYS_AHEAD_MAX = 400
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(str).decode


class Who(NamedTuple):
    """A customer. id: its own. number: of its company. nth: among all. turn: by how many places
    its sellers, and so their departments and managers, are moved on. later: days from the
    pattern's birth to its own."""

    id: UUID
    number: int
    nth: int
    turn: int
    later: int


class Record(NamedTuple):
    """What a company's name and address come to. texts: JSON, by the holes they fill."""

    texts: dict[Hole, bytes]
    phone: str


class Person(NamedTuple):
    """Whom one talks to there. texts: JSON, by the holes they fill."""

    texts: dict[Hole, bytes]
    name: str
    phone: str


class Teller:
    """Knows everybody. Whatever is random about a customer follows from the seed and its company's
    number, so nothing of it needs to be remembered between two of its days."""

    def __init__(self, plan: Plan, people: People, *, key: bytes, hash_key: bytes) -> None:
        self.sealer = Sealer(key, hash_key, random=self._take)
        # A record is asked for when it is registered, a person with every claim.
        self.record = lru_cache(1)(self._record)
        self.person = lru_cache(_PERSONS_KEPT)(self._person)
        self.sellers = [f'"{person.member}"'.encode() for person in people.sellers]
        self.managers = [f'"{person.member}"'.encode() for person in people.managers.values()]
        self.departments = [f'"{department}"'.encode() for department in people.managers]
        self.days = [
            (plan.since + day * DAY).date().isoformat().encode()
            for day in range(-_DAYS_AHEAD_MAX, plan.days + _DAYS_AHEAD_MAX)
        ]
        self._seed = plan.seed
        self._bytes = io.BytesIO()

    def who(self, pattern: Pattern, number: int, *, nth: int, turn: int, later: int) -> Who:
        """Somebody of whom the pattern is to be told."""
        random = self.random(number, "customer", _ID_BYTES)
        made = uuid7(pattern.registered_at + timedelta(later), lambda _: random)
        return Who(made, number, nth, turn, later)

    def told(
        self, pattern: Pattern, day: int, who: Who, keys: list[records.SubjectKey]
    ) -> list[tuple[int, StoredEvent]]:
        """What happens to that customer on the pattern's day with this number, each with its
        moment. keys: gets those of new subjects."""
        telling = _Telling(self, pattern, who, keys)
        return [(form.moment, telling.event(form)) for form in pattern.days[day][1]]

    def random(self, number: int, what: str, count: int) -> bytes:
        """Bytes for something about the customer; a shorter string begins a longer one."""
        return hashlib.shake_128(f"{self._seed} {number} {what}".encode()).digest(count)

    def seal_with(self, random: bytes) -> Sealer:
        """The sealer, which takes these bytes for the next keys and nonces."""
        self._bytes = io.BytesIO(random)
        return self.sealer

    def _take(self, count: int) -> bytes:
        return self._bytes.read(count)

    def _record(self, number: int) -> Record:
        made = company(number, seed=self._seed)
        parts, phone = parse(made.name), normalise_phone(made.phone)
        texts = {
            "name": made.name,
            "name_key": parts.key,
            "core": parts.core,
            "address": made.address,
            "industry": made.industry,
            "introduction": made.introduction,
            "phone_hash": self.sealer.keyed_hash("phone", phone),
        }
        return Record(_filling(texts), phone)

    def _person(self, number: int) -> Person:
        made = company(number, seed=self._seed)
        phone = normalise_phone(made.contact_phone)
        texts = {
            "position": made.contact_position,
            "contact_phone_hash": self.sealer.keyed_hash("phone", phone),
        }
        return Person(_filling(texts), made.contact_name, phone)


def _filling(texts: dict[str, str]) -> dict[Hole, bytes]:
    return {(kind, 0): _encode(text) for kind, text in texts.items()}


class _Telling:
    """One day of one customer."""

    def __init__(
        self, teller: Teller, pattern: Pattern, who: Who, keys: list[records.SubjectKey]
    ) -> None:
        self._teller = teller
        self._pattern = pattern
        self._who = who
        self._keys = keys
        self._filled: dict[Hole, bytes] = {}
        self._first_day = pattern.born + who.later + _DAYS_AHEAD_MAX

    def event(self, form: Form) -> StoredEvent:
        days, first_day, filled = self._teller.days, self._first_day, self._filled
        values = []
        for hole in form.holes:
            if isinstance(hole, int):
                values.append(days[first_day + hole])
                continue
            text = filled.get(hole)
            values.append(text if text is not None else self._text(hole))
        kind, which = form.stream
        stream = self._who.id if kind == "customer" else _STREAMS[kind](self, which)
        return StoredEvent(stream, form.version, form.topic, form.text % tuple(values))

    def _text(self, hole: Hole) -> bytes:
        found = self._filled.get(hole)
        if found is None:
            kind, which = hole
            if (filler := _FILLERS.get(kind)) is not None:
                found = filler(self, which)
            else:
                texts = (self._person if kind in _PERSONS else self._record).texts
                found = texts[hole]
            self._filled[hole] = found
        return found

    @property
    def _record(self) -> Record:
        return self._teller.record(self._who.number)

    @property
    def _person(self) -> Person:
        return self._teller.person(self._who.number)

    # Ids.

    def identity(self, which: tuple[str, Hole]) -> UUID:
        kind, key = which
        return uuid5(NAMESPACE, f"identity\x00{kind}\x00{_decode(self._text(key))}")

    def party(self, seller: int) -> UUID:
        member = _decode(self.seller(seller))
        return uuid5(NAMESPACE, f"party\x00{self._who.id}\x00{member}")

    def refusal(self, which: int) -> UUID:
        return self._id("refusal", which, self._pattern.refusals[which])

    def contact(self, which: int) -> UUID:
        return self._id("contact", which, self._pattern.contacts[which][0])

    def _id(self, kind: str, which: int, at: datetime) -> UUID:
        random = self._teller.random(self._who.number, f"{kind} {which}", _ID_BYTES)
        return uuid7(at + timedelta(self._who.later), lambda _: random)

    # People and contracts.

    def seller(self, number: int) -> bytes:
        sellers = self._teller.sellers
        return sellers[(number - 1 + self._who.turn) % len(sellers)]

    def manager(self, number: int) -> bytes:
        managers = self._teller.managers
        return managers[(number - 1 + self._who.turn) % len(managers)]

    def department(self, number: int) -> bytes:
        departments = self._teller.departments
        return departments[(number - 1 + self._who.turn) % len(departments)]

    def contract(self, _: int) -> bytes:
        return f'"HT-{self._who.nth:08d}"'.encode()

    # Personal data, sealed.

    def phone(self, _: int) -> bytes:
        who, record = self._who, self._record
        random = self._teller.random(who.number, "customer", _CUSTOMER_BYTES)
        sealer = self._teller.seal_with(random[_ID_BYTES:])
        bare, wrapped = sealer.new_key(who.id)
        self._keys.append(records.SubjectKey(who.id, wrapped))
        topic = Registered.TOPIC
        sealed = sealer.seal(
            bare, record.phone, subject=who.id, stream=who.id, topic=topic, field="phone"
        )
        return _encode(sealed.box)

    def contact_name(self, which: int) -> bytes:
        """Sealed under a new key, and the phone with it: its place comes behind that of the name
        in every state."""
        contact_id, person, stream = self.contact(which), self._person, self._who.id
        random = self._teller.random(self._who.number, f"contact {which}", _CONTACT_BYTES)
        sealer = self._teller.seal_with(random[_ID_BYTES:])
        bare, wrapped = sealer.new_key(contact_id)
        self._keys.append(records.SubjectKey(contact_id, wrapped))
        topic = self._pattern.contacts[which][1]
        name, phone = (
            sealer.seal(
                bare,
                text,
                subject=contact_id,
                stream=stream,
                topic=topic,
                field=f"contact.{contact_id}.{field}",
            )
            for field, text in (("name", person.name), ("phone", person.phone))
        )
        self._filled["contact_phone", which] = _encode(phone.box)
        return _encode(name.box)


_STREAMS: dict[str, Callable[[_Telling, Any], UUID]] = {
    "identity": _Telling.identity,
    "party": _Telling.party,
    "refusal": _Telling.refusal,
}
_FILLERS: dict[str, Callable[[_Telling, Any], bytes]] = {
    "customer": lambda telling, _: _encode(telling._who.id),
    "contact": lambda telling, which: _encode(telling.contact(which)),
    "refusal": lambda telling, which: _encode(telling.refusal(which)),
    "seller": _Telling.seller,
    "manager": _Telling.manager,
    "department": _Telling.department,
    "contract": _Telling.contract,
    "phone": _Telling.phone,
    "contact_name": _Telling.contact_name,
}
"""How each kind of hole is filled that is the same for nobody else, or is sealed."""
_PERSONS = frozenset(("position", "contact_phone_hash"))
"""Kinds of holes that the person fills; the record fills the others."""
