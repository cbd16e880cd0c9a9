"""One customer's life in a load, from its registration on.

A life is a generator: it records what happens at its instant and yields the next one. So a million
of them are lived in the order of time, and only those that are under way are in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from benchmarks.load.moments import HOUR, Moments
from benchmarks.load.plan import DAY
from domain.commands.contracts import number_key
from domain.events.values import Product
from domain.identity import Identity

Instants = Iterator[datetime]
_EVENTS_TO_FORMAL = 14
"""From an intent to a contract that is confirmed, and a person of after-sales."""
_EVENTS_A_PROTECTION = 40
"""Who has more left than this is followed up daily."""


class Living(Moments):
    """One life."""

    def run(self) -> Instants:
        """Register, then be protected and fall into the pool again until the events are spent."""
        self._register()
        while self._left > 0:
            yield self._after(2 * HOUR, 20 * DAY)
            if self._left < 2 + 2 * self._customer.has_been_claimed:
                self._add_contact()
                continue
            yield from self._protected()
            yield self._after(4 * DAY, 90 * DAY)

    # The stages of a protection.

    def _protected(self) -> Instants:
        self._claim()
        if self._left < 2:
            if self._left > 0:
                yield self._after(2 * HOUR, DAY)
                self._withdraw()
            return
        yield self._after(2 * HOUR, 60 * HOUR)
        self._meet_rival(0.12)
        if self._random.random() < 0.08:
            yield from self._refused()
            return
        self._pass()
        is_wanted = self._left >= _EVENTS_TO_FORMAL and self._random.random() < 0.6
        yield from self._worked(self._random.randint(0, 3 if is_wanted else 7))
        if is_wanted:
            yield from self._intent(granted=True)
            yield from self._contract()
            yield from self._after_sales()
            return
        if self._left >= 4 and self._random.random() < 0.2:
            yield from self._extension()
        elif self._left >= 5 and self._random.random() < 0.2:
            yield from self._intent(granted=self._random.random() < 0.8)
            yield from self._worked(self._random.randint(0, 3))
        yield from self._ended()

    def _refused(self) -> Instants:
        """The claim is refused; its holder is removed in time, or corrects it."""
        customer, reviewer = self._customer, self._other("reviewer")
        customer.refuse_review(
            reviewer=reviewer.member,
            reason="联系人电话无法接通",
            at=self._at,
            rules=self._world.rules,
        )
        self._record(customer)
        if self._left >= 4 and self._random.random() < 0.3:
            yield self._after(HOUR, 12 * HOUR)
            self._take_claim()
            yield self._after(2 * HOUR, 60 * HOUR)
            self._pass()
        yield from self._ended()

    def _worked(self, count: int) -> Instants:
        """Follow-ups and what else happens, `count` times, well before the deadline."""
        for times_left in range(count, 0, -1):
            room = self._deadline - DAY - self._at
            if self._left < 2 or room <= HOUR:
                return
            yield self._after(0 * HOUR, 2 * room / (times_left + 1))
            self._do_something()

    def _extension(self) -> Instants:
        customer, rules_of = self._customer, self._rules_of
        if self._deadline - 2 * DAY > self._at:
            yield self._until(self._deadline - 2 * DAY)
        customer.request_extension(
            member=self._holder.member,
            reason="客户月底开会决定",
            days=self._random.choice((10, 15, 20, 30)),
            at=self._at,
            rules_of=rules_of,
        )
        self._record(customer)
        yield self._after(2 * HOUR, 30 * HOUR)
        decider = self._manager
        if self._random.random() < 0.85:
            customer.grant_extension(
                decider=decider.member, days=None, at=self._at, rules_of=rules_of
            )
        else:
            customer.refuse_application(
                "extension",
                decider=decider.member,
                reason="本期跟进不足",
                at=self._at,
                rules_of=rules_of,
            )
        self._record(customer)
        yield from self._worked(self._random.randint(0, 3))

    def _intent(self, *, granted: bool) -> Instants:
        customer, rules_of = self._customer, self._rules_of
        customer.request_intent(
            member=self._holder.member,
            reason="已报价，客户有意签约",
            at=self._at,
            rules_of=rules_of,
        )
        self._record(customer)
        yield self._after(2 * HOUR, 30 * HOUR)
        decider = self._manager
        if granted:
            customer.grant_intent(decider=decider.member, at=self._at, rules=self._world.rules)
        else:
            customer.refuse_application(
                "intent",
                decider=decider.member,
                reason="尚无书面意向",
                at=self._at,
                rules_of=rules_of,
            )
        self._record(customer)

    def _contract(self) -> Instants:
        """Drawn, filled in, signed, confirmed within the term as intent."""
        customer, rules, holder = self._customer, self._world.rules, self._holder.member
        yield self._after(HOUR, 3 * DAY)
        number = self._world.contract_number()
        customer.draw_contract(member=holder, number=number, at=self._at, rules=rules)
        reserved = Identity.reserve(
            "contract", number_key(number), customer=customer.id, actor=holder, at=self._at
        )
        self._record(customer, reserved)
        self._fill_in(number, "type", text=rules.contracts.types[0])
        yield self._after(HOUR, 3 * DAY)
        customer.sign_contract(
            member=holder,
            number=number,
            signed_on=self._at.date(),
            at=self._at,
            rules=rules,
            rules_of=self._rules_of,
        )
        self._record(customer)
        yield self._after(HOUR, DAY)
        self._fill_in(number, "payment_method", text="银行转账")
        self._fill_in(number, "buyer", text=self._company.name)
        price = Decimal(self._random.randrange(10_000, 900_000)) / 100
        product = Product("年度服务套餐", self._random.randint(1, 20), price)
        self._fill_in(number, "products", products=[product])
        self._fill_in(number, "promises", promises=["赠送一个月"])
        yield self._after(HOUR, 2 * DAY)
        confirmer = self._other("finance").member
        customer.confirm_contract(confirmer=confirmer, number=number, at=self._at, rules=rules)
        self._record(customer)

    def _after_sales(self) -> Instants:
        """A formal customer is followed up for as long as there is time and something to tell."""
        if self._left <= 0:
            return
        yield self._after(2 * HOUR, 3 * DAY)
        self._holder = self._other("after-sales")
        self._customer.name_after_sales(
            actor=self._other("after-sales-manager").member,
            to=self._holder.member,
            department=self._holder.department,
            at=self._at,
            rules=self._world.rules,
        )
        self._record(self._customer)
        while self._left > 0:
            yield self._after(HOUR, 20 * DAY)
            self._follow_up()

    def _ended(self) -> Instants:
        """Given up, or over at the deadline."""
        while self._left > _EVENTS_A_PROTECTION and self._deadline - self._at > 2 * DAY:
            yield self._after(HOUR, DAY)
            self._follow_up()
        is_releasable = self._customer.state(self._at) in ("potential", "intent")
        room = self._deadline - self._at
        if is_releasable and room > 2 * HOUR and self._random.random() < 0.25:
            yield self._after(HOUR, room)
            self._release()
            return
        held = self._customer.protection
        if held is not None and held.deadline is not None:
            yield self._until(held.deadline)
            self._customer.expire(self._at, self._rules_of)
            self._record(self._customer)
