"""Commands on people: transfer, removal, leaving, after-sales (S1-048, S1-283; A-31, A-47)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.commands.claims import reason_problems
from domain.commands.parties import receiving_member, require_no_part
from domain.customer import Customer
from domain.customer.hand_over import LEAVABLE
from domain.errors import FieldProblem, Invalid, NotAllowed
from domain.events.values import Stage
from domain.member import Member
from domain.party import Party
from domain.permissions import needs
from domain.work import Decision, Work

LEAVES_DAYS_MAX = 366


@dataclass(frozen=True, slots=True)
class Transfer:
    """Give a customer to another member; deadline and open applications stay (S1-284)."""

    customer_id: UUID
    to: str
    reason: str
    name: str = field(default="transfer", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        _raise_for(reason_problems(self.reason))

    def streams(self) -> Iterable[UUID]:
        return (Member.id_of(self.to),)

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        held = customer.require_transferable(work.actor, None, work.at)
        require_no_part(work, customer, held.holder or work.actor)
        customer.require_transferable(work.actor, self.to, work.at)
        to = receiving_member(work, self.to, "claim")
        customer.transfer(
            actor=work.actor,
            to=self.to,
            department=to.department,
            reason=self.reason.strip(),
            at=work.at,
            rules=work.rules,
        )
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        return {"to": self.to, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class RemoveHolder:
    """Take the holder off the record: the customer is public."""

    customer_id: UUID
    reason: str
    name: str = field(default="remove-holder", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        _raise_for(reason_problems(self.reason))

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        held = customer.require_removable(work.actor, work.at)
        require_no_part(work, customer, held.holder or work.actor)
        customer.remove_holder(
            actor=work.actor, reason=self.reason.strip(), at=work.at, rules=work.rules
        )
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        return {"reason": self.reason}


@dataclass(frozen=True, slots=True)
class NameAfterSales:
    """Name the person of after-sales who is responsible for a formal customer (S1-048, A-31)."""

    customer_id: UUID
    to: str
    name: str = field(default="name-after-sales", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        """Who it may be is a question to the member's stream."""

    def streams(self) -> Iterable[UUID]:
        return (Member.id_of(self.to),)

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        customer.require_formal(work.actor, self.to, work.at)
        to = receiving_member(work, self.to, "receive-formal")
        customer.name_after_sales(
            actor=work.actor, to=self.to, department=to.department, at=work.at, rules=work.rules
        )
        return Decision((customer,))

    def asserted(self) -> dict[str, Any]:
        return {"to": self.to}


@dataclass(frozen=True, slots=True)
class ArrangeLeave:
    """A member leaves at leaves_at: in one act, who takes over what (S1-283, A-47).

    held: the customers that the member holds as far as the sender knows; each is looked at again.
    hand_over: who takes over which of them; what is not named is public at that instant, formal
    customers fall to after-sales. leaves_at: None for now.
    """

    member: str
    leaves_at: datetime | None
    hand_over: Sequence[tuple[UUID, str]]
    reason: str
    held: Sequence[UUID]
    name: str = field(default="leave", init=False)
    customer_id: UUID | None = field(default=None, init=False)

    @property
    def about(self) -> UUID:
        return Member.id_of(self.member)

    def check(self) -> None:
        found = reason_problems(self.reason)
        named = [customer_id for customer_id, _ in self.hand_over]
        if len(set(named)) < len(named):
            found.append(
                FieldProblem("hand_over", "twice", "同一客户只能列出一次", "names a customer twice")
            )
        _raise_for(found)

    def streams(self) -> Iterable[UUID]:
        receivers = {to for _, to in self.hand_over}
        return (
            Member.id_of(self.member),
            *(Member.id_of(to) for to in receivers),
            *self._customer_ids(),
        )

    def decide(self, work: Work) -> Decision:
        member = work.member(self.member)
        if self.member == work.actor:
            raise NotAllowed(self.name, needs(self.name))
        customers = [
            found
            for customer_id in self._customer_ids()
            if isinstance(found := work.streams.get(customer_id), Customer)
        ]
        for customer in customers:
            work.not_before(customer)
        leaves_at = self._checked_instant(work.at)
        arranged = []
        for customer in customers:
            customer.expire(work.at, work.rulebook.rules_of)
            held = customer.live_protection(work.at)
            if held is not None and held.holder == self.member:
                self._arrange(work, customer, leaves_at)
                arranged.append(customer)
        self._require_all_held(arranged)
        member.arrange_leave(
            leaves_at,
            reason=self.reason.strip(),
            customers=len(arranged),
            actor=work.actor,
            at=work.at,
        )
        told = {"leaves_at": leaves_at.isoformat(), "customers": len(arranged)}
        return Decision((member, *arranged), told)

    def _arrange(self, work: Work, customer: Customer, leaves_at: datetime) -> None:
        """What becomes of one customer; where the instant is now, it happens now."""
        to = dict(self.hand_over).get(customer.id)
        department = None
        if to is not None:
            held = customer.require_held(work.at, LEAVABLE)
            work.read([Party.id_of(customer.id, work.actor)])
            require_no_part(work, customer, self.member)
            customer.require_leaving(work.actor, to, leaves_at, work.at)
            takes = "receive-formal" if held.stage is Stage.FORMAL else "claim"
            index = [named for named, _ in self.hand_over].index(customer.id)
            receiver = receiving_member(work, to, takes, field=f"hand_over.{index}.to")
            department = receiver.department
        customer.arrange_hand_over(
            actor=work.actor,
            leaves_at=leaves_at,
            to=to,
            department=department,
            reason=self.reason.strip(),
            at=work.at,
        )
        customer.expire(work.at, work.rulebook.rules_of)

    def _checked_instant(self, at: datetime) -> datetime:
        leaves_at = self.leaves_at or at
        if not at <= leaves_at <= at + timedelta(days=LEAVES_DAYS_MAX):
            raise Invalid.field(
                "leaves_at",
                "out-of-range",
                zh=f"不能早于现在，且须在 {LEAVES_DAYS_MAX} 天之内",
                en=f"must not lie in the past, nor more than {LEAVES_DAYS_MAX} days ahead",
            )
        return leaves_at

    def _require_all_held(self, arranged: Sequence[Customer]) -> None:
        """Nobody hands over what the leaver does not hold. Raises Invalid."""
        known = {customer.id for customer in arranged}
        _raise_for(
            [
                FieldProblem(
                    f"hand_over.{index}.customer_id",
                    "not-held",
                    "该成员不是此客户的跟进人",
                    "is not held by the member",
                )
                for index, (customer_id, _) in enumerate(self.hand_over)
                if customer_id not in known
            ]
        )

    def _customer_ids(self) -> list[UUID]:
        return list(dict.fromkeys((*(named for named, _ in self.hand_over), *self.held)))

    def asserted(self) -> dict[str, Any]:
        return {
            "member": self.member,
            "leaves_at": self.leaves_at.isoformat() if self.leaves_at else None,
            "hand_over": [[str(customer_id), to] for customer_id, to in self.hand_over],
            "reason": self.reason,
        }


def _raise_for(found: list[FieldProblem]) -> None:
    if found:
        raise Invalid(*found)
