"""Commands on disputes: opened by a member, stated by parties, ruled by somebody else (A-27)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast, get_args
from uuid import UUID

from domain.citations import CITABLE, FIRST_VALID_CLAIM
from domain.commands.claims import REASON_CHARACTERS_MAX, reason_problems
from domain.commands.parties import has_part, receiving_member, require_no_part
from domain.commands.records import problems_of
from domain.contesting import contested, lost_by, tenures_of
from domain.customer import Customer
from domain.customer.disputes import AWARDABLE, MOVABLE, UNREVIEWED, Award
from domain.errors import FieldProblem, Invalid
from domain.events.disputes import Contested, Dispute, RulingKind
from domain.events.values import Stage
from domain.member import Member
from domain.party import Party
from domain.protection import Protection
from domain.texts import prose
from domain.work import Decision, Work

RULINGS: Final[tuple[RulingKind, ...]] = get_args(RulingKind)
_AWARDED: Final = tuple(stage.value for stage in AWARDABLE)
_SAME_HOLDER: Final = FieldProblem(
    "to", "same-holder", "该成员已是跟进人", "holds the customer already"
)


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """Contest who held a customer at an instant (A-27). rule: the one that is said to be broken."""

    customer_id: UUID
    contested_at: datetime
    statement: str
    rule: str | None = None
    name: str = field(default="open-dispute", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = problems_of(
            prose, "statement", self.statement, characters_max=REASON_CHARACTERS_MAX
        )
        found += _rule_problems(self.rule)
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        if self.contested_at > work.at:
            raise Invalid.field(
                "contested_at", "in-the-future", zh="不能晚于现在", en="must not lie in the future"
            )
        if self.contested_at < customer.created_on:
            raise Invalid.field(
                "contested_at",
                "before-registration",
                zh="不能早于该客户的登记",
                en="must not lie before the customer was registered",
            )
        tenure, is_held = contested(tenures_of(work.life(customer)), self.contested_at)
        dispute = customer.open_dispute(
            contested_at=self.contested_at,
            statement=self.statement.strip(),
            contested=tenure,
            is_held=is_held,
            rule=self.rule,
            actor=work.actor,
            at=work.at,
        )
        return Decision((customer,), {"dispute": dispute.number})

    def asserted(self) -> dict[str, Any]:
        return {
            "contested_at": self.contested_at.isoformat(),
            "statement": self.statement,
            "rule": self.rule,
        }


@dataclass(frozen=True, slots=True)
class StateInDispute:
    """Tell one's side of an open case, as one with a part in the matter (A-27)."""

    customer_id: UUID
    number: int
    statement: str
    name: str = field(default="state-in-dispute", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = problems_of(
            prose, "statement", self.statement, characters_max=REASON_CHARACTERS_MAX
        )
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        work.read([Party.id_of(customer.id, work.actor)])
        customer.state_in_dispute(
            self.number,
            self.statement.strip(),
            has_part=has_part(work, customer),
            actor=work.actor,
            at=work.at,
        )
        return Decision((customer,), {"dispute": self.number})

    def asserted(self) -> dict[str, Any]:
        return {"number": self.number, "statement": self.statement}


@dataclass(frozen=True, slots=True)
class RuleDispute:
    """Rule a dispute (A-27). to, stage, until: of the protection that a ruling gives, which upholds
    nothing; what is left out follows from the case. rule: what the ruling rests on; None: the rule
    that the case names, or that the first valid claim wins."""

    customer_id: UUID
    number: int
    ruling: str
    reason: str
    to: str | None = None
    stage: str | None = None
    until: datetime | None = None
    rule: str | None = None
    name: str = field(default="rule-dispute", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = [*reason_problems(self.reason), *_rule_problems(self.rule)]
        if self.ruling not in RULINGS:
            known = "uphold、move 或 restore", "uphold, move or restore"
            found.append(
                FieldProblem("ruling", "unknown", f"须为 {known[0]}", f"must be {known[1]}")
            )
        found += self._terms_problems()
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return () if self.to is None else (Member.id_of(self.to),)

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        dispute = customer.require_rulable(self.number, work.actor)
        require_no_part(work, customer, dispute.opener)
        award = None
        if self.ruling != "uphold":
            award = self._award(work, customer, dispute)
        customer.rule_dispute(
            self.number,
            cast(RulingKind, self.ruling),
            rule=self.rule or dispute.rule or FIRST_VALID_CLAIM,
            reason=self.reason.strip(),
            award=award,
            actor=work.actor,
            at=work.at,
            rules=work.rules,
        )
        return Decision((customer,), {"dispute": self.number, "ruling": self.ruling})

    def _terms_problems(self) -> list[FieldProblem]:
        """What the ruling lacks of the protection that it gives, or has too much."""
        found = []
        if self.ruling == "uphold":
            given = {"to": self.to, "stage": self.stage, "until": self.until}
            found += [_not_used(name) for name, value in given.items() if value is not None]
        elif self.stage is not None and self.stage not in _AWARDED:
            found.append(
                FieldProblem(
                    "stage",
                    "unknown",
                    "须为 waiting、potential 或 intent",
                    "must be waiting, potential or intent",
                )
            )
        required = {"move": ("to", self.to), "restore": ("until", self.until)}.get(self.ruling)
        if required is not None and required[1] is None:
            found.append(FieldProblem(required[0], "missing", "必填", "is required"))
        return found

    def _award(self, work: Work, customer: Customer, dispute: Dispute) -> Award:
        held = customer.require_movable(work.at)
        is_restored = self.ruling == "restore"
        to = self.to or _who_lost_it(dispute, held)
        customer.require_winner(to, work.actor, held, is_restored=is_restored)
        work.read([Member.id_of(to)])
        department = receiving_member(work, to, "claim").department
        self._require_deadline_in_range(work)
        if is_restored:
            return self._restored(work, customer, held, to, department)
        return self._moved(work, dispute.contested, held, to, department)

    def _moved(
        self,
        work: Work,
        tenure: Contested | None,
        held: Protection | None,
        to: str,
        department: str,
    ) -> Award:
        """A protection that begins now, in the stage that was stated, or the present one."""
        stage = self._stage_after(tenure, held)
        if stage is Stage.WAITING:
            if self.until is not None:
                raise Invalid(_not_used("until"))
            under_review = held if held is not None and held.stage is stage else None
            own_due = work.rules.days_after(work.at, work.rules.claims.review_due_days)
            return Award(
                to,
                department,
                stage,
                claimed_at=work.at,
                in_force_since=None,
                until=None,
                granted_by=work.rules.version,
                review_due=under_review.review_due if under_review else own_due,
                corrections=under_review.corrections if under_review else 0,
            )
        days = work.rules.stage(stage.value).days
        return Award(
            to,
            department,
            stage,
            claimed_at=work.at,
            in_force_since=work.at,
            until=self.until or work.rules.days_after(work.at, days),
            granted_by=work.rules.version,
        )

    def _stage_after(self, tenure: Contested | None, held: Protection | None) -> Stage:
        """The stated stage; else the present one; of what nobody holds, the contested one."""
        if self.stage is not None:
            return Stage(self.stage)
        if held is not None and held.stage in AWARDABLE:
            return held.stage
        return tenure.stage if tenure and tenure.stage in AWARDABLE else Stage.POTENTIAL

    def _restored(
        self, work: Work, customer: Customer, held: Protection | None, to: str, department: str
    ) -> Award:
        """The protection that `to` lost, with what it had used up; the deadline alone is new: of a
        claim under review when that is due, of a refused one until when it may be corrected."""
        found = lost_by(tenures_of(work.life(customer)), to)
        if found is None:
            raise Invalid.field(
                "to", "never-lost", zh="该成员未曾失去此客户", en="never lost this customer"
            )
        lost = found.protection
        is_his = held is not None and held.holder == to
        if held is not None and is_his and held.claimed_at == lost.claimed_at:
            raise Invalid(_SAME_HOLDER)
        own = lost.stage if lost.stage in MOVABLE else Stage.POTENTIAL
        stage = Stage(self.stage) if self.stage is not None else own
        goes_on = stage is lost.stage
        granted_by = lost.rulebook if goes_on else work.rules.version
        deadline = cast(datetime, self.until)
        until, review_due = (None, deadline) if stage is Stage.WAITING else (deadline, None)
        held_over_until = None
        if until is not None and held is not None and is_his and held.signatures:
            held_over_until = work.rulebook.rules_of(granted_by).hold_over_end(until).at
        return Award(
            to,
            department,
            stage,
            claimed_at=lost.claimed_at,
            in_force_since=None if stage in UNREVIEWED else lost.in_force_since or work.at,
            until=until,
            granted_by=granted_by,
            review_due=review_due,
            corrections=lost.corrections,
            extensions=lost.extensions if goes_on else 0,
            held_over_until=held_over_until,
        )

    def _require_deadline_in_range(self, work: Work) -> None:
        days = work.rules.disputes.deadline_days_max
        if self.until is None or work.at < self.until <= work.rules.days_after(work.at, days):
            return
        raise Invalid.field(
            "until",
            "out-of-range",
            zh=f"须晚于现在，且不超过 {days} 天",
            en=f"must lie in the future, at most {days} days ahead",
        )

    def asserted(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "ruling": self.ruling,
            "to": self.to,
            "stage": self.stage,
            "until": self.until.isoformat() if self.until else None,
            "rule": self.rule,
            "reason": self.reason,
        }


def _who_lost_it(dispute: Dispute, held: Protection | None) -> str:
    """To whom a protection comes back where nobody is named: the contested holder, unless he has
    the customer; then the opener."""
    tenure = dispute.contested
    if tenure is None or tenure.holder is None or (held and held.holder == tenure.holder):
        return dispute.opener
    return tenure.holder


def _not_used(name: str) -> FieldProblem:
    return FieldProblem(name, "not-used", "此裁决不应填写", "does not belong to this ruling")


def _rule_problems(rule: str | None) -> list[FieldProblem]:
    """A rule is named by a slug or a clause that decides (`domain.citations`)."""
    if rule is None or rule in CITABLE:
        return []
    return [
        FieldProblem(
            "rule",
            "unknown",
            "须为一条规则的代码或条文号，如 already-protected 或 S1-053",
            "must be the slug or the clause of a rule, as already-protected or S1-053",
        )
    ]
