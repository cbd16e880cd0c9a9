"""One attempt at a command: what was read, at which instant, under which rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.customer import Customer
from domain.errors import Invalid, NotFound
from domain.events.customer import CustomerEvent
from domain.events.values import Contact, Sealed
from domain.identity import Identity
from domain.identity import Kind as IdentityKind
from domain.member import Member
from domain.orders import ContactInput, KeyChanges, Random, Signed, SubjectKey
from domain.party import Party
from domain.phones import PhoneProblem, normalise_phone
from domain.replay import History
from domain.rulebook import RulebookStream
from domain.rulebook_text import Rulebook
from domain.sealing import Sealer
from domain.texts import line
from domain.unique_ids import uuid7

Streams = Mapping[UUID, Aggregate]
CountHeld = Callable[[str, datetime], int]
"""How many customers a member holds at an instant, by everything that is written so far."""


@dataclass(slots=True)
class Work:
    """What a command decides on. `read` fetches further streams in one more round trip.

    at: the instant of the decision, never earlier than any event of the customer.
    """

    at: datetime
    signed: Signed
    rulebook: RulebookStream
    streams: dict[UUID, Aggregate]
    sealer: Sealer
    random: Random
    fetch: Callable[[Iterable[UUID]], Streams]
    fetch_key: Callable[[UUID], bytes | None]
    count_held: CountHeld
    fetch_history: Callable[[UUID], History]
    new_keys: list[SubjectKey] = field(default_factory=list)

    @property
    def actor(self) -> str:
        """The member who sent the command."""
        return self.signed.member

    @property
    def rules(self) -> Rulebook:
        """The version in force at this instant."""
        return self.rulebook.in_force(self.at)

    def read(self, ids: Iterable[UUID]) -> None:
        """Fetch further streams, each once."""
        missing = [found for found in dict.fromkeys(ids) if found not in self.streams]
        if missing:
            self.streams.update(self.fetch(missing))

    def customer(self, customer_id: UUID) -> Customer:
        """The customer, its due lapse recorded. Raises NotFound."""
        found = self.streams.get(customer_id)
        if not isinstance(found, Customer):
            raise NotFound("customer", customer_id)
        found.expire(self.at, self.rulebook.rules_of)
        return found

    def other_customer(self, customer_id: UUID) -> Customer | None:
        """Another customer, the ends that are due with it; looked at only, unless it is saved."""
        found = self.streams.get(customer_id)
        if not isinstance(found, Customer):
            return None
        found.expire(self.at, self.rulebook.rules_of)
        return found

    def own_member(self) -> Member:
        """The actor, read afresh: the one of the sign-in is shared and only looked at."""
        member_id = Member.id_of(self.actor)
        found = self.fetch([member_id]).get(member_id)
        if not isinstance(found, Member):
            raise NotFound("member", self.actor)
        return found

    def member(self, member: str) -> Member:
        """Another member. Raises NotFound."""
        found = self.streams.get(Member.id_of(member))
        if not isinstance(found, Member):
            raise NotFound("member", member)
        return found

    def has_part(self, customer_id: UUID) -> bool:
        """Whether the actor sought this customer and was refused. Read `Party.id_of` before."""
        return Party.id_of(customer_id, self.actor) in self.streams

    def not_before(self, customer: Customer) -> None:
        """Another customer takes part: its last event is not later than the decision, either."""
        self.at = max(self.at, customer.modified_on)

    def life(self, customer: Customer) -> list[CustomerEvent]:
        """The customer's own events up to this decision, what it has just recorded included."""
        pending = cast(list[CustomerEvent], list(customer.pending_events))
        loaded = customer.version - len(pending)
        events = (past.event for past in self.fetch_history(customer.id).events)
        return [*(found for found in events if found.originator_version <= loaded), *pending]

    def identity(self, kind: IdentityKind, key: str) -> Identity | None:
        """Who stands behind a name, core, phone or number; None while nobody ever did."""
        found = self.streams.get(Identity.id_of(kind, key))
        return found if isinstance(found, Identity) else None

    def behind(self, kind: IdentityKind, key: str, *, but: UUID | None = None) -> list[UUID]:
        """The customers behind a key, without `but`."""
        identity = self.identity(kind, key)
        return [found for found in identity.customers if found != but] if identity else []

    def stand_behind(self, kind: IdentityKind, key: str, customer: UUID) -> Identity:
        """Reserve a key for `customer`, or share it."""
        identity = self.identity(kind, key)
        if identity is None:
            return Identity.reserve(kind, key, customer=customer, actor=self.actor, at=self.at)
        identity.share(customer=customer, actor=self.actor, at=self.at)
        return identity

    def new_id(self) -> UUID:
        """A fresh id, ordered by time."""
        return uuid7(self.at, self.random)

    def seal(
        self, bare: bytes, text: str, *, subject: UUID, stream: UUID, topic: str, field: str
    ) -> Sealed:
        """`text` under the bare key of its subject, bound to its place."""
        return self.sealer.seal(
            bare, text, subject=subject, stream=stream, topic=topic, field=field
        )

    def new_subject_key(self, subject: UUID) -> bytes:
        """A fresh bare key for `subject`; its wrapped form is stored with the events."""
        bare, wrapped = self.sealer.new_key(subject)
        self.new_keys.append(SubjectKey(subject, wrapped))
        return bare

    def subject_key(self, subject: UUID) -> bytes:
        """The bare key of a subject; a fresh one where the old one was destroyed."""
        bare = self.fetch_key(subject)
        return bare if bare is not None else self.new_subject_key(subject)

    def contact(self, typed: ContactInput, *, stream: UUID, topic: str, at_field: str) -> Contact:
        """A contact person, sealed. `typed` was checked by `checked_contact`."""
        contact_id = self.new_id()
        bare = self.new_subject_key(contact_id)
        phone = normalise_phone(typed.phone)

        def sealed(text: str, field_name: str) -> Sealed:
            return self.seal(
                bare,
                text,
                subject=contact_id,
                stream=stream,
                topic=topic,
                field=f"contact.{contact_id}.{field_name}",
            )

        return Contact(
            id=contact_id,
            position=line(f"{at_field}.position", typed.position, characters_max=100),
            name=sealed(typed.name.strip(), "name"),
            phone=sealed(phone, "phone"),
            phone_hash=self.sealer.keyed_hash("phone", phone),
        )


class Command(Protocol):
    """One command: what it needs to read, and its decision."""

    @property
    def name(self) -> str:
        """Its row in the table of permissions."""

    @property
    def customer_id(self) -> UUID | None:
        """The customer it is about, if it is about one that exists."""

    @property
    def about(self) -> UUID | None:
        """The stream whose version If-Match is compared with; None where it is yet to begin."""

    def check(self) -> None:
        """Raise Invalid for what is malformed whatever the state."""

    def streams(self) -> Iterable[UUID]:
        """Streams to read besides the customer's."""

    def decide(self, work: Work) -> Decision:
        """Ask the aggregates. Raises Refused, Invalid, NotFound."""

    def asserted(self) -> dict[str, Any]:
        """What the sender claimed, less personal data; kept with a refusal."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Aggregates with new events, the first of which the answer is about; what else to answer.

    shown_once: answered now, but never stored with the idempotency key. key_changes: what becomes
    of subjects' keys with it.
    """

    aggregates: tuple[Aggregate, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)
    shown_once: Mapping[str, Any] = field(default_factory=dict)
    key_changes: KeyChanges | None = None


def checked_contact(typed: ContactInput, *, at_field: str) -> None:
    """Raise Invalid where one of the three is empty or malformed (S1-306)."""
    line(f"{at_field}.name", typed.name, characters_max=100)
    line(f"{at_field}.position", typed.position, characters_max=100)
    checked_phone(typed.phone, at_field=f"{at_field}.phone")


def checked_phone(typed: str, *, at_field: str) -> str:
    """The normalised phone. Raises Invalid (S1-157, S1-158)."""
    try:
        return normalise_phone(typed)
    except PhoneProblem as problem:
        raise Invalid.field(at_field, problem.code, zh=problem.zh, en=problem.en) from problem
