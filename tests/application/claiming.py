"""Rules of the machine on claims, their review, and what the holder applies for."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from domain.errors import EarlierClaim, NothingPending, OwnDecision, Refused
from domain.orders import ContactInput
from tests.application.agreement import (
    AFTER_SALES,
    DEALING,
    MANAGER,
    PRE_SALES,
    Agreement,
    actors,
    customers,
    holders,
    managers,
    reviewers,
)
from tests.application.believed import Verdict

ASKED = "what was asked for"
kinds = st.sampled_from(("intent", "extension"))
days = st.sampled_from((None, 1, 10, 15, 16, 31))


class Claiming(Agreement):
    """Claim, review, follow up, release, withdraw, ask and decide."""

    alike: list[UUID]
    same_phone: set[UUID]

    @rule(customer=customers, actor=actors, with_note=st.booleans())
    def claim(self, customer: UUID, actor: str, with_note: bool) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        contact = ContactInput("张伟", "采购经理", f"1380013{len(believed.claimants):04}")
        note = self.house.note() if with_note else None
        is_claimed = self.send(
            member,
            customer,
            believed.may_claim(member, self.now, with_note=with_note),
            lambda order: self.house.tenure.claim(order, customer, contact=contact, follow_up=note),
            roles=PRE_SALES,
            events=1 + with_note,
        )
        if is_claimed:
            believed.claim(member, self.now, self.terms, self.leaves.get(member))
        elif isinstance(self.error, Refused):
            believed.sought.add(member)

    @rule(customer=customers, actor=reviewers, passes=st.booleans(), explains=st.booleans())
    def review(self, customer: UUID, actor: str, passes: bool, explains: bool) -> None:
        believed, member = self.believed[customer], self.person(actor)
        similar = self.similar(customer)
        verdict: Verdict = None
        if believed.hold is None or believed.hold.stage != "waiting":
            verdict = NothingPending
        elif self.is_own_case(customer, member, also=similar):
            verdict = OwnDecision
        elif passes and not explains:
            claimed = [hold.claimed_at for one in similar if (hold := self.believed[one].hold)]
            is_later = min(claimed, default=self.now) < believed.hold.claimed_at
            verdict = EarlierClaim if is_later else None
        review = self.house.pass_review if passes else self.house.refuse_review
        more = {"different_company": "地址和法人都不同"} if passes and explains else {}
        sent = partial(review, member, customer, **more)
        if self.send(member, customer, verdict, lambda _: sent(), roles=("reviewer",)):
            believed.review(self.now, self.terms, passes=passes)

    def similar(self, customer: UUID) -> set[UUID]:
        """Those with the same phone, but for those of which one was declared different."""
        different = self.believed[customer].different
        return {
            other
            for other in (self.alike if customer in self.same_phone else ())
            if other not in different and customer not in self.believed[other].different
        }

    @rule(customer=customers, actor=holders)
    def follow_up(self, customer: UUID, actor: str) -> None:
        member = self.member(customer, actor)
        in_after_sales = not set(AFTER_SALES).isdisjoint(self.roles_of(member))
        self.send(
            member,
            customer,
            self.believed[customer].may_follow_up(member, in_after_sales=in_after_sales),
            lambda order: self.house.tenure.follow_up(order, customer, follow_up=self.house.note()),
            roles=DEALING,
        )

    @rule(customer=customers, actor=holders)
    def release(self, customer: UUID, actor: str) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        verdict = believed.held_in(("potential", "intent"), member)
        release = partial(self.house.tenure.release, reason="无预算")
        if self.send(member, customer, verdict, lambda o: release(o, customer), roles=PRE_SALES):
            believed.end(self.now, "release", self.terms)

    @rule(customer=customers, actor=holders, what=st.sampled_from(("claim", ASKED, ASKED)))
    def withdraw(self, customer: UUID, actor: str, what: str) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        what = self.kind(customer, what)
        verdict = believed.may_withdraw(member, what)
        withdraw = partial(self.house.tenure.withdraw, what=what, reason="重新安排")
        if self.send(member, customer, verdict, lambda o: withdraw(o, customer), roles=PRE_SALES):
            if what == "claim":
                believed.end(self.now, "withdrawal", self.terms)
            else:
                believed.recorded += believed.close_application(self.now)

    @rule(customer=customers, actor=holders, what=kinds, days=days)
    def ask(self, customer: UUID, actor: str, what: str, days: int | None) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)

        def ask(order: Any) -> Any:
            if what == "intent":
                return self.house.tenure.request_intent(order, customer, reason="客户要报价")
            return self.house.tenure.request_extension(order, customer, reason="出差", days=days)

        verdict = believed.may_ask(member, what, days, self.now)
        if self.send(member, customer, verdict, ask, roles=PRE_SALES):
            believed.ask(member, what, days)

    def kind(self, customer: UUID, what: str) -> str:
        """Of an application; whatever was asked for, where `what` says so."""
        hold = self.believed[customer].hold
        asked = hold.asked[0] if hold is not None and hold.asked is not None else "extension"
        return asked if what == ASKED else what

    @rule(
        customer=customers,
        actor=managers,
        what=st.sampled_from((ASKED, ASKED, "intent")),
        grants=st.booleans(),
        days=days,
    )
    def decide(self, customer: UUID, actor: str, what: str, grants: bool, days: int | None) -> None:
        believed, member = self.believed[customer], self.person(actor)
        what = self.kind(customer, what)
        told: dict[str, Any] = {"decision": "grant" if grants else "refuse", "reason": "已核实"}

        def decide(order: Any) -> Any:
            if what == "intent":
                return self.house.tenure.decide_intent(order, customer, **told)
            return self.house.tenure.decide_extension(order, customer, days=days, **told)

        is_own = self.is_own_case(customer, member)
        verdict = believed.may_decide(what, days, self.now, is_own=is_own, grants=grants)
        if self.send(member, customer, verdict, decide, roles=MANAGER):
            if grants:
                believed.grant(what, days, self.now, self.terms)
            else:
                believed.recorded += believed.close_application(self.now)
