"""Customers with a past, as the events that the application would have recorded.

Decided by the aggregate itself and sealed like everybody's, but written to the log in bulk:
a million companies are there in minutes, with real states of real sizes.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

import psycopg2
from eventsourcing.persistence import StoredEvent

from benchmarks.companies import Company
from domain.customer import Customer
from domain.events.customer import ClaimCorrected, Claimed, ContactAdded, Registered
from domain.events.values import Contact, Sealed
from domain.names import NAMES_VERSION, parse
from domain.orders import SubjectKey
from domain.phones import normalise_phone
from domain.rulebook import default_text
from domain.rulebook_text import Rulebook
from domain.rulebook_text import parse as parse_rulebook
from domain.sealing import KEY_BYTES, Sealer
from domain.unique_ids import uuid7
from eventstore.mapper import Mapper

DAY = timedelta(days=1)
SELLERS = tuple(f"seller-{number}" for number in range(1, 21))
REVIEWER = "reviewer-1"
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Life:
    """One customer, and the wrapped keys of those whose data its events seal."""

    customer: Customer
    keys: tuple[SubjectKey, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A life as the store keeps it."""

    events: tuple[StoredEvent, ...]
    keys: tuple[SubjectKey, ...]


class Author:
    """Writes lives. The same seed writes the same lives, but for keys and nonces.

    random: instead of a seed. sealer: one on the same random makes keys and nonces the same, too.
    """

    def __init__(
        self,
        sealer: Sealer,
        *,
        seed: int = 1,
        rules: Rulebook | None = None,
        random: Random | None = None,
    ) -> None:
        self._sealer = sealer
        self._random = random or Random(seed)
        self.rules = rules or parse_rulebook(default_text())

    @classmethod
    def with_new_keys(cls) -> Author:
        """Seals under keys that nobody has: what it writes is never read."""
        keys = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES)
        return cls(Sealer(*keys, random=secrets.token_bytes))

    def registered(self, company: Company, at: datetime, *, by: str | None = None) -> Life:
        """Entered, and held by nobody yet."""
        parts = parse(company.name)
        customer_id = uuid7(at, self._random.randbytes)
        bare, wrapped = self._sealer.new_key(customer_id)
        phone = normalise_phone(company.phone)
        customer = Customer.register(
            customer_id,
            actor=by or self._random.choice(SELLERS),
            at=at,
            profile=self.rules.profile,
            name=company.name,
            name_key=parts.key,
            core=parts.core,
            names_version=NAMES_VERSION,
            address=company.address,
            industry=company.industry,
            phone=self._sealed(bare, phone, customer_id, customer_id, Registered.TOPIC, "phone"),
            phone_hash=self._sealer.keyed_hash("phone", phone),
            introduction=company.introduction,
            contacts=[],
            collision=[],
            override_reason=None,
            warnings=[],
            rulebook=self.rules.version,
        )
        return Life(customer, (SubjectKey(customer_id, wrapped),))

    def claimed(
        self,
        life: Life,
        company: Company,
        at: datetime,
        *,
        by: str | None = None,
        department: str = "一部",
    ) -> tuple[Life, str]:
        """Under review, again where a refused claim is corrected; and who claimed it."""
        is_correction = life.customer.live_protection(at) is not None
        topic = ClaimCorrected.TOPIC if is_correction else Claimed.TOPIC
        seller = by or self._random.choice(SELLERS)
        contact, key = self._contact(company, life.customer.id, at, topic=topic)
        life.customer.claim(
            member=seller,
            department=department,
            contact=contact,
            collision=[],
            at=at,
            rules=self.rules,
        )
        return Life(life.customer, (*life.keys, key)), seller

    def passed(self, life: Life, at: datetime) -> None:
        """In force."""
        life.customer.pass_review(
            reviewer=REVIEWER, different_company=None, at=at, rules=self.rules
        )

    def followed_up(self, life: Life, seller: str, at: datetime) -> None:
        """A note of a call."""
        life.customer.follow_up(
            member=seller,
            channel="phone",
            note="电话沟通采购计划，对方希望下周收到报价单，已约定再次联系的时间。",
            next_contact_at=at + 5 * DAY,
            contact_id=next(iter(life.customer.contacts)),
            contacted_at=at - timedelta(minutes=10),
            at=at,
            rules=self.rules,
        )

    def contact_added(self, life: Life, company: Company, seller: str, at: datetime) -> Life:
        """One more contact person."""
        contact, key = self._contact(company, life.customer.id, at, topic=ContactAdded.TOPIC)
        life.customer.add_contact(contact, actor=seller, at=at)
        return Life(life.customer, (*life.keys, key))

    def life(self, company: Company, now: datetime) -> Life:
        """A past of some kind: four in ten were never claimed, one in ten was refused."""
        born = now - DAY * self._random.uniform(40, 400)
        life = self.registered(company, born)
        kind = self._random.random()
        if kind < 0.4:
            return life
        # The recent ones are still held, the others lapsed.
        claimed = now - DAY * self._random.uniform(5, 39)
        life, seller = self.claimed(life, company, claimed)
        customer, reviewed = life.customer, claimed + DAY
        if kind < 0.5:
            customer.refuse_review(
                reviewer=REVIEWER, reason="联系人电话无法接通", at=reviewed, rules=self.rules
            )
        else:
            self.passed(life, reviewed)
            self.followed_up(life, seller, reviewed + DAY)
            if kind < 0.6:
                customer.release(
                    member=seller,
                    reason="客户暂无采购需求",
                    at=reviewed + 2 * DAY,
                    rules=self.rules,
                )
        customer.expire(now, lambda _: self.rules)
        return life

    def _contact(
        self, company: Company, customer_id: UUID, at: datetime, *, topic: str
    ) -> tuple[Contact, SubjectKey]:
        contact_id = uuid7(at, self._random.randbytes)
        bare, wrapped = self._sealer.new_key(contact_id)
        phone = normalise_phone(company.contact_phone)

        def sealed(text: str, field: str) -> Sealed:
            place = f"contact.{contact_id}.{field}"
            return self._sealed(bare, text, contact_id, customer_id, topic, place)

        contact = Contact(
            id=contact_id,
            position=company.contact_position,
            name=sealed(company.contact_name, "name"),
            phone=sealed(phone, "phone"),
            phone_hash=self._sealer.keyed_hash("phone", phone),
        )
        return contact, SubjectKey(contact_id, wrapped)

    def _sealed(
        self, bare: bytes, text: str, subject: UUID, stream: UUID, topic: str, field: str
    ) -> Sealed:
        return self._sealer.seal(
            bare, text, subject=subject, stream=stream, topic=topic, field=field
        )


def written(life: Life, mapper: Mapper[UUID]) -> Written:
    """The life with its events that were not collected yet."""
    events = life.customer.collect_events()
    return Written(tuple(mapper.to_stored_event(event) for event in events), life.keys)


def fill_log(
    url: str, lives: Iterable[Written], *, tell: Callable[[int], None] = lambda _: None
) -> int:
    """Append lives to the log in bulk; how many events. Nobody else may be writing.

    url: as the owner of the tables. tell: is told how many lives there are so far.
    """
    count = events = 0
    remaining = iter(lives)
    with closing(psycopg2.connect(url)) as connection:
        while batch := list(islice(remaining, _BATCH)):
            with connection, connection.cursor() as cursor:
                events += _copy_events(cursor, batch)
                _copy_keys(cursor, batch)
            count += len(batch)
            tell(count)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE tenure.events")
    return events


def _copy_events(cursor: Any, batch: list[Written]) -> int:
    cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM tenure.positions")
    position = cursor.fetchone()[0]
    recorded_at = datetime.now(UTC).isoformat()
    events = [event for life in batch for event in life.events]
    lines = io.StringIO(
        "".join(
            f"{place}\t{event.originator_id}\t{event.originator_version}\t{event.topic}"
            f"\t\\\\x{event.state.hex()}\t{recorded_at}\n"
            for place, event in enumerate(events, start=position + 1)
        )
    )
    cursor.copy_expert("COPY tenure.events FROM STDIN", lines)
    cursor.execute("SELECT setval('tenure.positions', %s)", (position + len(events),))
    return len(events)


def _copy_keys(cursor: Any, batch: list[Written]) -> None:
    made_at = datetime.now(UTC).isoformat()
    lines = io.StringIO(
        "".join(
            f"{key.subject_id}\t\\\\x{key.wrapped.hex()}\t{made_at}\n"
            for life in batch
            for key in life.keys
        )
    )
    cursor.copy_expert(
        "COPY tenure_keys.subject_keys (subject_id, wrapped, created_at) FROM STDIN", lines
    )
