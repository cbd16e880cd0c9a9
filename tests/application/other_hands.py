"""Rules of the machine on customers that change hands, and on records of one company."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from domain.errors import (
    AlreadyPending,
    Barred,
    Invalid,
    MergedAway,
    NotAllowed,
    NotFound,
    NothingPending,
    OwnDecision,
)
from tests.application.agreement import (
    AFTER_SALES,
    GIVER_UP,
    HOLDER,
    LEAVER,
    MANAGER,
    PRE_SALES,
    customers,
    managers,
    reviewers,
)
from tests.application.believed import Verdict
from tests.application.claiming import Claiming
from tests.application.house import DAY, MICROSECOND

receivers = st.sampled_from(("li", "chen", "wang", GIVER_UP, LEAVER, "an", "shi"))
leavers = st.sampled_from((HOLDER, HOLDER, HOLDER, "li", "wang", "an"))
notices = st.sampled_from((timedelta(0), MICROSECOND, DAY, 10 * DAY, None))
"""How long before the leaving; None: it falls on a deadline."""


class OtherHands(Claiming):
    """Transfer, remove, leave, name a person of after-sales; report and resolve duplicates."""

    @rule(customer=customers, actor=managers, to=receivers)
    def transfer(self, customer: UUID, actor: str, to: str) -> None:
        believed, member = self.believed[customer], self.person(actor)
        receiver = self.member(customer, to)
        verdict = believed.held_in(("waiting", "potential", "intent"))
        if verdict is None and (self.is_own_case(customer, member) or receiver == member):
            verdict = OwnDecision
        if verdict is None and receiver == believed.holder:
            verdict = Invalid
        if verdict is None and believed.is_barred(receiver, self.now):
            verdict = Barred
        verdict = verdict or self.may_receive(receiver, PRE_SALES)
        transfer = partial(self.house.tenure.transfer, to=receiver, reason="团队调整")
        if self.send(member, customer, verdict, lambda o: transfer(o, customer), roles=MANAGER):
            believed.pass_to(receiver)

    @rule(customer=customers, actor=managers)
    def remove_holder(self, customer: UUID, actor: str) -> None:
        believed, member = self.believed[customer], self.person(actor)
        verdict = believed.held_in(("waiting", "rejected", "potential", "intent"))
        if verdict is None and self.is_own_case(customer, member):
            verdict = OwnDecision
        remove = partial(self.house.tenure.remove_holder, reason="长期未跟进")
        if self.send(member, customer, verdict, lambda o: remove(o, customer), roles=MANAGER):
            believed.end(self.now, "removal", self.terms)

    @rule(customer=customers, to=st.sampled_from(("an", "shi", "xue", "li", LEAVER)))
    def name_after_sales(self, customer: UUID, to: str) -> None:
        believed, member = self.believed[customer], self.person("xue")
        receiver = self.member(customer, to)
        verdict = believed.held_in(("formal",))
        if verdict is None and receiver == member:
            verdict = OwnDecision
        if verdict is None and receiver == believed.holder:
            verdict = Invalid
        verdict = verdict or self.may_receive(receiver, AFTER_SALES)
        name = partial(self.house.tenure.name_after_sales, to=receiver)
        if self.send(member, customer, verdict, lambda order: name(order, customer)):
            believed.pass_to(receiver)

    def may_receive(self, member: str, roles: Collection[str]) -> Verdict:
        """Nobody who leaves, and nobody who could not hold it."""
        is_fit = member not in self.leaves and not set(roles).isdisjoint(self.roles_of(member))
        return None if is_fit else Invalid

    # Leaving.

    @rule(
        customer=customers,
        actor=leavers,
        by=managers,
        notice=notices,
        to=st.one_of(st.none(), receivers),
        scope=st.sampled_from(("all", "all", "one", "one too many")),
    )
    def leave(
        self,
        customer: UUID,
        actor: str,
        by: str,
        notice: timedelta | None,
        to: str | None,
        scope: str,
    ) -> None:
        leaver, manager = self.member(customer, actor), self.person(by)
        held = [one for one, believed in self.believed.items() if believed.holder == leaver]
        named = {"all": held, "one": held[:1], "one too many": list(self.believed)}[scope]
        receiver = self.member(customer, to) if to is not None else None
        hand_over = {one: receiver for one in named if receiver is not None}
        leaves_at = self.leaving_instant(customer, notice)
        verdict, about = self.may_leave(leaver, manager, hand_over, held, leaves_at)
        is_arranged = self.attempt(
            manager,
            verdict,
            lambda order: self.house.tenure.arrange_leave(
                order,
                leaver,
                leaves_at=leaves_at,
                hand_over=list(hand_over.items()),
                reason="离职",
                held=held,
            ),
            roles=MANAGER,
            about=about or customer,
        )
        if is_arranged:
            self.leaves[leaver] = leaves_at
            for one in held:
                self.arrange(one, leaves_at, hand_over.get(one))

    def leaving_instant(self, customer: UUID, notice: timedelta | None) -> datetime:
        hold = self.believed[customer].hold
        if notice is None and hold is not None and hold.ends_at is not None:
            return hold.ends_at
        return self.now + (notice or timedelta(0))

    def may_leave(
        self,
        leaver: str,
        manager: str,
        hand_over: dict[UUID, str],
        held: list[UUID],
        leaves_at: datetime,
    ) -> tuple[Verdict, UUID | None]:
        """Also the customer that is in the way."""
        if leaver == manager:
            return NotAllowed, None
        for customer, receiver in hand_over.items():
            if customer in held:
                verdict = self.may_hand_over(customer, manager, receiver, leaves_at)
                if verdict is not None:
                    return verdict, customer
        is_sound = leaver not in self.leaves and set(hand_over) <= set(held)
        return (None if is_sound else Invalid), None

    def may_hand_over(
        self, customer: UUID, manager: str, receiver: str, leaves_at: datetime
    ) -> Verdict:
        """A bar counts that still runs at the leaving, never on a formal customer."""
        believed = self.believed[customer]
        is_formal = believed.hold is not None and believed.hold.stage == "formal"
        verdict = believed.held_in(("waiting", "potential", "intent", "formal"))
        if verdict is None and (self.is_own_case(customer, manager) or receiver == manager):
            verdict = OwnDecision
        if verdict is None and receiver == believed.holder:
            verdict = Invalid
        if verdict is None and not is_formal and believed.is_barred(receiver, leaves_at):
            verdict = Barred
        return verdict or self.may_receive(receiver, AFTER_SALES if is_formal else PRE_SALES)

    def arrange(self, customer: UUID, leaves_at: datetime, to: str | None) -> None:
        """Recorded at once, and so is what is due at once."""
        believed = self.believed[customer]
        if believed.hold is not None:
            believed.hold.leaving = (leaves_at, to)
        self.record(customer, 1)
        believed.settle(self.now)
        self.record(customer, 0)

    @rule()
    def arrange_for_leavers(self) -> None:
        """Whom a leaver holds by a hand-over that was arranged before his own leaving."""
        held = {
            customer: believed.holder
            for customer, believed in self.believed.items()
            if believed.holder is not None and believed.holder in self.leaves
        }
        overlooked = [
            customer
            for customer in held
            if (hold := self.believed[customer].hold) is not None and hold.leaving is None
        ]
        assert self.house.tenure.arrange_for_leavers(list(held.items())) == len(overlooked)
        for customer in overlooked:
            self.arrange(customer, max(self.now, self.leaves[held[customer]]), None)

    # Duplicates.

    def another(self, customer: UUID, other: UUID) -> UUID:
        """The other, or the one after where that is the same."""
        everyone = list(self.believed)
        if other != customer:
            return other
        return everyone[(everyone.index(customer) + 1) % len(everyone)]

    @rule(customer=customers, of=customers, actor=st.sampled_from(("li", "chen", "lin", "an")))
    def report(self, customer: UUID, of: UUID, actor: str) -> None:
        of = self.another(customer, of)
        if of == customer:
            return
        believed, other, member = self.believed[customer], self.believed[of], self.person(actor)
        verdict: Verdict = None
        if other.merged_into is not None:
            verdict = MergedAway
        elif believed.has_reported(of) or other.has_reported(customer):
            verdict = AlreadyPending
        report = partial(self.house.tenure.report_duplicate, of=of, statement="同一家公司")
        if self.send(member, customer, verdict, lambda order: report(order, customer)):
            believed.reports[len(believed.reports) + 1] = (of, member, True)
            believed.linked.add(of)
            other.linked.add(customer)
            self.record(of, 1)

    @rule(customer=customers, actor=reviewers, number=st.integers(0, 5), merges=st.booleans())
    def resolve(self, customer: UUID, actor: str, number: int, merges: bool) -> None:
        believed, member = self.believed[customer], self.person(actor)
        number = number % (len(believed.reports) + 1)
        reported, reporter, is_open = believed.reports.get(number, (customer, "", False))
        of = self.surviving(reported)
        verdict: Verdict = None
        if number not in believed.reports:
            verdict = NotFound
        elif not is_open:
            verdict = NothingPending
        elif self.is_own_case(customer, member) or member == reporter:
            verdict = OwnDecision
        elif merges and of != customer and believed.has_open_reports(but=number):
            verdict = AlreadyPending
        told = {"resolution": "merge" if merges else "different", "reason": "已核对"}
        is_resolved = self.send(
            member,
            customer,
            verdict,
            lambda order: self.house.tenure.resolve_duplicate(order, customer, number, **told),
            roles=("reviewer",),
            events=2 if merges and of != customer else 1,
        )
        if is_resolved:
            believed.reports[number] = (reported, reporter, False)
            if of == customer:
                return  # Other merges have made them one already.
            self.record(of, 1)
            if merges:
                self.merge(customer, of)
            else:
                believed.declare_different(of)
                believed.declare_different(reported)
                self.believed[of].declare_different(customer)

    @rule(
        customer=customers,
        of=customers,
        actor=reviewers,
        merges=st.booleans(),
        gives_up=st.booleans(),
    )
    def report_and_resolve(
        self, customer: UUID, of: UUID, actor: str, merges: bool, gives_up: bool
    ) -> None:
        """gives_up: so that a bar runs on it."""
        if gives_up:
            self.release(customer, HOLDER)
        self.report(customer, of, "li")
        self.resolve(customer, actor, len(self.believed[customer].reports), merges)

    def merge(self, customer: UUID, into: UUID) -> None:
        """The surviving record is found by whatever the other was found by."""
        self.believed[into].absorb(into, customer, self.believed[customer], self.now)
        self.believed[customer].merged_into = into
        if customer in self.same_phone:
            self.same_phone.add(into)
        if customer in self.alike:
            self.alike.remove(customer)
            if into not in self.alike:
                self.alike.append(into)
