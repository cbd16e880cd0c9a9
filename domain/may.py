"""What a member may do with a customer at an instant, and which rule forbids the rest (design §4).

Asks the very rules that the commands ask, so both always say the same. What rests on other streams
(a similar name, a number that is taken, who receives a transfer) is the command's own question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.customer import Customer
from domain.customer.applications import EXTENDABLE
from domain.customer.claims import RELEASABLE
from domain.errors import (
    AlreadyProtected,
    Barred,
    NothingPending,
    OwnDecision,
    PoolClosed,
    Refused,
)
from domain.events.values import Stage
from domain.outcomes import Outcome, outcomes
from domain.permissions import (
    DECISIONS,
    Condition,
    beyond,
    condition_of,
    covers,
    groups,
    permitted,
)
from domain.rulebook import RulebookStream
from domain.rulebook_text import Rulebook


@dataclass(frozen=True, slots=True)
class Right:
    """Whether one command is allowed.

    rule: the slug of what forbids it: a rule, or `not-allowed` where the roles do not permit it;
    None where it is allowed. until: from when on that rule forbids it no more, where that is known.
    needs: roles of which one would be enough, where the roles are in the way. condition: how far
    those that the member has do reach, which is not far enough. outcomes: where the command decides
    something that waits, what each way of deciding it would lead to.
    """

    command: str
    allowed: bool
    rule: str | None = None
    clause: str | None = None
    until: datetime | None = None
    needs: tuple[str, ...] = ()
    condition: Condition | None = None
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the member with the roles of that instant. departments: his own, and those below.

    has_part: he sought this customer, or a linked one, in vain, or has a part in a linked one.
    """

    member: str
    roles: frozenset[str]
    has_part: bool
    departments: frozenset[str] = frozenset()


def rights(customer: Customer, asker: Asker, at: datetime, rulebook: RulebookStream) -> list[Right]:
    """Every command on the customer, in the order of a protection's life."""
    question = _Question(customer, asker, at, rulebook)
    return [question.right(command) for command in _RULES]


@dataclass(frozen=True, slots=True)
class _Question:
    customer: Customer
    asker: Asker
    at: datetime
    rulebook: RulebookStream

    @property
    def rules(self) -> Rulebook:
        return self.rulebook.in_force(self.at)

    def right(self, command: str) -> Right:
        permits = permitted(command, self.rules)
        condition = condition_of(self.asker.roles, permits)
        if condition is None or (condition == "department" and not self._is_of_department()):
            return Right(
                command, False, "not-allowed", needs=beyond(permits, condition), condition=condition
            )
        try:
            self.customer.require_not_merged()
            _RULES[command](self)
            if self.asker.has_part and self._decides_for_others(command):
                raise OwnDecision(self.customer.id, self.asker.member)
        except Refused as refused:
            return Right(command, False, refused.slug, refused.clause, _until(refused))
        leads_to = outcomes(self.customer, command, self.asker.member, self.at, self.rulebook)
        return Right(command, True, outcomes=leads_to)

    def _decides_for_others(self, command: str) -> bool:
        """True for a decision in somebody's case; a holder voids his own contract as he likes."""
        if command == "void-contract":
            live = self.customer.live_protection(self.at)
            return live is None or live.holder != self.asker.member
        return command in DECISIONS

    def _is_of_department(self) -> bool:
        """True of what the asker or his departments hold, and of what no department does."""
        live = self.customer.live_protection(self.at)
        if live is None or live.department is None:
            return True
        return covers(self.asker, "department", member=live.holder, department=live.department)

    # One rule a command.

    def claim(self) -> None:
        self.customer.require_claimable(self.asker.member, self.at, self.rules)

    def withdraw(self) -> None:
        customer, member, at = self.customer, self.asker.member, self.at
        held = customer.require_holder(member, at, (Stage.WAITING, Stage.REJECTED, *EXTENDABLE))
        if held.stage in EXTENDABLE and held.application is None:
            raise NothingPending(customer.id)

    def review(self) -> None:
        self.customer.require_reviewable(self.asker.member, self.at)

    def follow_up(self) -> None:
        self.customer.require_following_up(self.asker.member, groups(self.asker.roles), self.at)

    def release(self) -> None:
        self.customer.require_holder(self.asker.member, self.at, RELEASABLE)

    def edit(self) -> None:
        self.customer.require_editable(self.asker.member, self.at, groups(self.asker.roles))

    def request_intent(self) -> None:
        self.customer.require_intent_request(self.asker.member, self.at)

    def decide_intent(self) -> None:
        self.customer.require_decidable("intent", self.asker.member, self.at)

    def request_extension(self) -> None:
        self.customer.require_extension_request(self.asker.member, self.at, self.rulebook.rules_of)

    def decide_extension(self) -> None:
        self.customer.require_decidable("extension", self.asker.member, self.at)

    def draw(self) -> None:
        self.customer.require_drawing(self.asker.member, self.at, self.rules)

    def detail(self) -> None:
        self._of_any_open_contract(
            lambda number: self.customer.require_step(
                self.asker.member,
                number,
                self.customer.contract(number).next_steps[0],
                self.at,
                self.rules,
            )
        )

    def confirm(self) -> None:
        self._of_any_open_contract(
            lambda number: self.customer.require_confirmable(
                self.asker.member, number, self.at, self.rules
            )
        )

    def void(self) -> None:
        decides = not self.asker.roles.isdisjoint(permitted("confirm-contract", self.rules))
        self._of_any(
            self.customer.contracts,  # Confirmed ones as well.
            lambda number: self.customer.require_voidable(
                self.asker.member, number, self.at, self.rules, decides=decides
            ),
        )

    def transfer(self) -> None:
        self.customer.require_transferable(self.asker.member, None, self.at)

    def remove(self) -> None:
        self.customer.require_removable(self.asker.member, self.at)

    def name_after_sales(self) -> None:
        self.customer.require_formal(self.asker.member, None, self.at)

    def report(self) -> None:
        """Anybody may, of any record that stands."""

    def resolve(self) -> None:
        open_reports = [
            number for number, report in self.customer.reports.items() if report.resolution is None
        ]
        self._of_any(
            open_reports,
            lambda number: self.customer.require_resolvable(number, self.asker.member),
        )

    def contest(self) -> None:
        """Anybody may, of any record that stands."""

    def classify(self) -> None:
        """Of any record that stands, whoever holds it."""

    def details(self) -> None:
        """Of any record that stands; whether a request is open is another stream's to say."""

    def state_in_dispute(self) -> None:
        self._of_any(
            [dispute.number for dispute in self.customer.open_disputes],
            lambda number: self.customer.require_statable(
                number, self.asker.member, has_part=self.asker.has_part
            ),
        )

    def rule_dispute(self) -> None:
        self._of_any(
            [dispute.number for dispute in self.customer.open_disputes],
            lambda number: self.customer.require_rulable(number, self.asker.member),
        )

    def _of_any_open_contract(self, rule: Callable[[str], object]) -> None:
        still_open = [
            contract.number
            for contract in self.customer.contracts.values()
            if contract.is_open(self.at)
        ]
        self._of_any(still_open, rule)

    def _of_any(self, cases: Iterable[Any], rule: Callable[[Any], object]) -> None:
        """Allowed where one of the cases allows it. Raises what the last one does."""
        forbidden: Refused = NothingPending(self.customer.id)
        for case in cases:
            try:
                rule(case)
            except Refused as refused:
                forbidden = refused
            else:
                return
        raise forbidden


def _until(refused: Refused) -> datetime | None:
    match refused:
        case AlreadyProtected() | Barred():
            return refused.until
        case PoolClosed():
            return refused.opens_at
    return None


_RULES: Final[Mapping[str, Callable[[_Question], None]]] = {
    "claim": _Question.claim,
    "withdraw": _Question.withdraw,
    "review": _Question.review,
    "follow-up": _Question.follow_up,
    "add-contact": _Question.edit,
    "change-profile": _Question.edit,
    "release": _Question.release,
    "intent": _Question.request_intent,
    "decide-intent": _Question.decide_intent,
    "extension": _Question.request_extension,
    "decide-extension": _Question.decide_extension,
    "draw-contract": _Question.draw,
    "detail-contract": _Question.detail,
    "confirm-contract": _Question.confirm,
    "void-contract": _Question.void,
    "transfer": _Question.transfer,
    "remove-holder": _Question.remove,
    "name-after-sales": _Question.name_after_sales,
    "report-duplicate": _Question.report,
    "resolve-duplicate": _Question.resolve,
    "open-dispute": _Question.contest,
    "state-in-dispute": _Question.state_in_dispute,
    "rule-dispute": _Question.rule_dispute,
    "classify": _Question.classify,
    "ask-details": _Question.details,
    "decide-details": _Question.details,
}
