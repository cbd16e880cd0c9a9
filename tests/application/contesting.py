"""Rules of the machine on disputes: contested, stated by parties, ruled by one without a part."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from domain.errors import (
    Invalid,
    NotAParty,
    NotFound,
    NothingPending,
    OwnDecision,
    WrongStage,
)
from tests.application.agreement import (
    EVERYBODY,
    GIVER_UP,
    HOLDER,
    LEAVER,
    PRE_SALES,
    customers,
)
from tests.application.believed import Verdict
from tests.application.house import DAY
from tests.application.other_hands import OtherHands

directors = st.sampled_from(("shen", "shen", "gu"))
openers = st.sampled_from(("li", "chen", "wang", "an", "shen", HOLDER, GIVER_UP))
winners = st.sampled_from(("li", "chen", "lin", "wang", HOLDER, GIVER_UP, LEAVER, "an", "shen"))
DIRECTOR = ("director",)


class Contesting(OtherHands):
    """Open a dispute, state a side, uphold, move. To restore, which looks at the past, has tests
    of its own."""

    @rule(customer=customers, actor=openers)
    def contest(self, customer: UUID, actor: str) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        if (member, True) in believed.disputes.values():
            return  # Whether it is about the same tenure is a question to the past.
        contest = partial(self.house.tenure.open_dispute, contested_at=self.now, statement="先联系")
        roles = (*EVERYBODY, *DIRECTOR)
        if self.send(member, customer, None, lambda order: contest(order, customer), roles=roles):
            believed.disputes[len(believed.disputes) + 1] = (member, True)

    @rule(customer=customers, actor=openers, number=st.sampled_from((1, 1, 1, 2, 0)))
    def state_a_side(self, customer: UUID, actor: str, number: int) -> None:
        """Allowed to the very members whom the part that they have keeps from ruling."""
        member = self.member(customer, actor)
        verdict = self.may_rule(customer, member, number)
        if verdict in (None, OwnDecision):
            verdict = None if verdict is OwnDecision else NotAParty
        state = partial(self.house.tenure.state_in_dispute, statement="当日已联系")
        roles = (*EVERYBODY, *DIRECTOR)
        if self.send(
            member, customer, verdict, lambda order: state(order, customer, number), roles=roles
        ):
            self.came_to.add("stated")

    @rule(
        customer=customers,
        actor=directors,
        number=st.integers(0, 3),
        moves=st.booleans(),
        to=winners,
        stage=st.sampled_from((None, "potential", "intent")),
        days=st.sampled_from((None, 1, 45)),
    )
    def rule_a_dispute(
        self,
        customer: UUID,
        actor: str,
        number: int,
        moves: bool,
        to: str,
        stage: str | None,
        days: int | None,
    ) -> None:
        believed, member = self.believed[customer], self.person(actor)
        winner, hold = self.member(customer, to), believed.hold
        if hold is None or hold.stage == "rejected":
            stage = stage or "potential"
        keeps = hold.stage if hold is not None and stage is None else stage
        days = None if keeps == "waiting" else days
        verdict = self.may_rule(customer, member, number)
        told: dict[str, Any] = {"ruling": "uphold"}
        if moves:
            verdict = verdict or self.may_move(customer, member, winner)
            until = self.now + days * DAY if days is not None else None
            told = {"ruling": "move", "to": winner, "stage": stage, "until": until}
        is_ruled = self.send(
            member,
            customer,
            verdict,
            lambda order: self.house.tenure.rule_dispute(
                order, customer, number, reason="已核对", **told
            ),
            roles=DIRECTOR,
            events=1 + moves,
        )
        if is_ruled:
            believed.disputes[number] = (believed.disputes[number][0], False)
            if moves:
                self.came_to.add("awarded")
                believed.award(winner, str(keeps), self.now, self.terms, days=days)

    @rule(
        customer=customers,
        actor=openers,
        to=st.sampled_from(("li", "chen", "lin", "wang")),
        stage=st.sampled_from((None, "potential", "intent")),
    )
    def contest_and_move(self, customer: UUID, actor: str, to: str, stage: str | None) -> None:
        """By one who has no part in it, to one who may have it, as far as there is one."""
        customer = self.surviving(customer)
        self.contest(customer, actor)
        disputes = self.believed[customer].disputes
        still_open = [number for number, (_, is_open) in disputes.items() if is_open]
        self.rule_a_dispute(customer, "gu", (still_open or [0])[-1], True, to, stage, None)

    def may_rule(self, customer: UUID, member: str, number: int) -> Verdict:
        disputes = self.believed[customer].disputes
        if number not in disputes:
            return NotFound
        if not disputes[number][1]:
            return NothingPending
        return OwnDecision if self.is_own_case(customer, member) else None

    def may_move(self, customer: UUID, member: str, to: str) -> Verdict:
        believed = self.believed[customer]
        if believed.hold is not None and believed.hold.stage == "formal":
            return WrongStage
        if to == member:
            return OwnDecision
        if to == believed.holder:
            return Invalid
        return self.may_receive(to, (*PRE_SALES, *DIRECTOR))
