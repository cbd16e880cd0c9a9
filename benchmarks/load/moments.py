"""What happens to a customer of a load at one instant, told by the aggregates themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Protocol
from uuid import UUID, uuid5

import msgspec
from eventsourcing.domain import Aggregate

from benchmarks.companies import Company
from benchmarks.lives import Author, Life
from benchmarks.load.people import People, Person
from benchmarks.load.plan import DAY
from domain.contract import Step
from domain.customer import Customer
from domain.errors import AlreadyProtected
from domain.events.identity import IdentityEvent, IdentityReserved
from domain.identity import NAMESPACE, Identity, Kind
from domain.orders import SubjectKey
from domain.party import Party
from domain.permissions import groups
from domain.refusal import Refusal
from domain.rulebook_text import Rulebook
from domain.unique_ids import uuid7

HOUR = timedelta(hours=1)
NOTES = (
    "电话沟通采购计划，对方希望下周收到报价单，已约定再次联系的时间。",
    "拜访客户，演示了产品，对方对售后响应时间有疑问，已答复。",
    "发送报价单与合同样本，等待对方内部审批。",
    "对方负责人出差，改约下周。",
    "微信联系，对方询问年度框架价格与账期，已请示经理，明日答复。",
    "客户反馈试用良好，正在走预算流程，预计月底有结果；已提醒准备资质文件。",
)


class World(Protocol):
    """What a life takes place in."""

    author: Author
    people: People
    random: Random
    rules: Rulebook
    until: datetime

    def record(self, *aggregates: Aggregate) -> int:
        """Keep what is pending in them; how many events that were."""

    def record_events(self, *events: IdentityEvent) -> None:
        """Keep events that were made without their aggregate."""

    def keep(self, *keys: SubjectKey) -> None:
        """Keep the wrapped keys of new subjects."""

    def contract_number(self) -> str:
        """One that no other contract has."""


class Moments:
    """Each method records what happens now. events: that may follow the registration."""

    def __init__(self, world: World, company: Company, at: datetime, events: int) -> None:
        self._world = world
        self._random = world.random
        self._company = company
        self._at = at
        self._left = events
        self._parties: set[str] = set()
        self._life: Life
        self._holder: Person

    @property
    def _customer(self) -> Customer:
        return self._life.customer

    def _register(self) -> None:
        seller = self._random.choice(self._world.people.sellers)
        self._holder = seller
        self._life = self._world.author.registered(self._company, self._at, by=seller.member)
        self._world.keep(*self._life.keys)
        customer = self._customer
        self._world.record(customer)
        self._world.record_events(
            self._reserved("name", customer.name_key),
            self._reserved("core", customer.core),
            self._reserved("phone", customer.phone_hash),
        )

    def _reserved(self, kind: Kind, key: str) -> IdentityReserved:
        """As `Identity.reserve` makes it, which takes five times as long; there are very many."""
        return IdentityReserved(
            originator_id=uuid5(NAMESPACE, f"identity\x00{kind}\x00{key}"),
            originator_version=1,
            originator_topic=Identity.TOPIC,
            timestamp=self._at,
            actor=self._holder.member,
            customer_id=self._customer.id,
            kind=kind,
            key=key,
        )

    def _claim(self) -> None:
        """By the one who entered it, as a rule; from the pool by anybody who may."""
        is_from_pool = self._customer.has_been_claimed
        if is_from_pool or self._random.random() < 0.2:
            self._holder = self._seller_but(self._holder)
        self._take_claim()
        if is_from_pool:
            self._follow_up()

    def _take_claim(self) -> None:
        holder = self._holder
        claimed, _ = self._world.author.claimed(
            Life(self._customer, ()),
            self._company,
            self._at,
            by=holder.member,
            department=holder.department,
        )
        self._world.keep(*claimed.keys)
        self._record(self._customer)

    def _withdraw(self) -> None:
        self._customer.withdraw_claim(
            member=self._holder.member, reason="资料有误", at=self._at, rules=self._world.rules
        )
        self._record(self._customer)

    def _pass(self) -> None:
        self._customer.pass_review(
            reviewer=self._other("reviewer").member,
            different_company=None,
            at=self._at,
            rules=self._world.rules,
        )
        self._record(self._customer)

    def _do_something(self) -> None:
        self._meet_rival(0.15)
        if self._left > 1 and self._random.random() < 0.1:
            self._add_contact()
        elif self._left > 1:
            self._follow_up()

    def _follow_up(self) -> None:
        customer, random, at = self._customer, self._random, self._at
        holder = self._holder
        customer.follow_up(
            member=holder.member,
            groups=groups([holder.role]),
            channel=random.choice(("phone", "phone", "visit", "message", "mail")),
            note=random.choice(NOTES),
            next_contact_at=at + random.randint(1, 10) * DAY,
            contact_id=next(iter(customer.contacts)),
            contacted_at=at - random.randint(5, 240) * HOUR / 60,
            at=at,
            rules=self._world.rules,
        )
        self._record(customer)

    def _add_contact(self) -> None:
        added = self._world.author.contact_added(
            Life(self._customer, ()), self._company, self._holder.member, self._at
        )
        self._world.keep(*added.keys)
        self._record(self._customer)

    def _release(self) -> None:
        self._customer.release(
            member=self._holder.member,
            reason="客户暂无采购需求",
            at=self._at,
            rules=self._world.rules,
        )
        self._record(self._customer)

    def _meet_rival(self, likelihood: float) -> None:
        """Somebody else claims in vain: a refusal, and the part that he has in it from then on."""
        if self._left < 4 or self._random.random() >= likelihood:
            return
        customer, at = self._customer, self._at
        rival = self._seller_but(self._holder).member
        try:
            customer.require_claimable(rival, at, self._world.rules)
        except AlreadyProtected as refused:
            refusal = Refusal.record(
                uuid7(at, self._random.randbytes),
                customer_id=customer.id,
                customer_version=customer.version,
                command="claim",
                rule=refused.slug,
                clause=refused.clause,
                facts=msgspec.to_builtins(refused.facts()),
                asserted={"contact_position": self._company.contact_position},
                rulebook=self._world.rules.version,
                actor=rival,
                at=at,
            )
            self._record(refusal, *self._new_party(refusal.id, rival, refused.slug))

    def _new_party(self, refusal: UUID, rival: str, rule: str) -> list[Party]:
        if rival in self._parties:
            return []
        self._parties.add(rival)
        customer_id = self._customer.id
        return [
            Party.note(customer_id, rival, refusal=refusal, command="claim", rule=rule, at=self._at)
        ]

    def _fill_in(self, number: str, step: Step, **filled: object) -> None:
        self._customer.fill_in_contract(
            member=self._holder.member,
            number=number,
            step=step,
            at=self._at,
            rules=self._world.rules,
            **filled,  # type: ignore[arg-type]
        )
        self._record(self._customer)

    # Time and people.

    def _after(self, least: timedelta, most: timedelta) -> datetime:
        """Some time later; sooner where much is still to happen before the end."""
        room = (self._world.until - self._at) / (max(0, self._left) + 1)
        span = min(most, max(least, 2 * room))
        self._at += least + self._random.random() * max(span - least, timedelta())
        return self._at

    def _until(self, at: datetime) -> datetime:
        self._at = at
        return at

    def _record(self, *aggregates: Aggregate) -> None:
        self._left -= self._world.record(*aggregates)

    @property
    def _deadline(self) -> datetime:
        held = self._customer.protection
        return held.until if held is not None and held.until is not None else self._at

    def _rules_of(self, _version: str) -> Rulebook:
        return self._world.rules

    @property
    def _manager(self) -> Person:
        return self._world.people.managers[self._holder.department]

    def _other(self, role: str) -> Person:
        return self._random.choice(self._world.people.others[role])

    def _seller_but(self, one: Person) -> Person:
        """Another seller, whom no bar keeps from claiming."""
        while True:
            seller = self._random.choice(self._world.people.sellers)
            if seller is not one:
                return seller
