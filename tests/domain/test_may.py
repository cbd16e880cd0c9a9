"""What a member may do is what the commands let him do: in every state, for every command."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from domain.customer import Customer
from domain.errors import Refused
from domain.may import Asker, Right, rights
from domain.permissions import DECISIONS, ROLES, groups, needs
from domain.rulebook import RulebookStream, default_text
from tests.domain.stories import (
    DAY,
    MICROSECOND,
    MONDAY,
    NUMBER,
    RULES,
    a_contact,
    a_customer,
    an_id,
    arrange,
    ask_extension,
    ask_intent,
    claimed,
    complete,
    draw,
    formal,
    intent,
    name_person,
    potential,
    refused,
    rules_of,
    sign,
    take_step,
)

HOUR = timedelta(hours=1)
SOON = MONDAY + HOUR
DEPARTMENTS = frozenset(("一部", "二部", "售后部"))
"""Those of everybody in the lives: the asker leads them all."""
ALL_ROLES = frozenset(ROLES)
RULEBOOK = RulebookStream.open(at=MONDAY - 500 * DAY)


def given_up(customer: Customer) -> Customer:
    potential(customer).release(member="li", reason="无预算", at=MONDAY, rules=RULES)
    return customer


def corrected_once(customer: Customer) -> Customer:
    claimed(refused(customer))
    customer.refuse_review(reviewer="zhao", reason="仍有误", at=MONDAY, rules=RULES)
    return customer


def transferred(customer: Customer) -> Customer:
    ask_intent(potential(customer)).transfer(
        actor="sun", to="chen", department="二部", reason="调整", at=MONDAY, rules=RULES
    )
    return customer


def extended(customer: Customer) -> Customer:
    ask_extension(potential(customer))
    customer.grant_extension(decider="sun", days=None, at=MONDAY, rules_of=rules_of)
    return customer


def voided(customer: Customer) -> Customer:
    formal(customer).void_contract(
        actor="he",
        decides=True,
        number=NUMBER,
        reason="退款",
        at=MONDAY,
        rules=RULES,
        rules_of=rules_of,
    )
    return customer


def reported(customer: Customer, reporter: str = "wu") -> Customer:
    customer.report_duplicate(of=an_id(), statement="同一税号", actor=reporter, at=MONDAY)
    return customer


def stated(customer: Customer, number: int, by: "By") -> Customer:
    customer.state_in_dispute(number, "当日已联系", has_part=False, actor=by.member, at=by.at)
    return customer


def upheld(customer: Customer, number: int, by: "By") -> Customer:
    customer.rule_dispute(
        number,
        "uphold",
        rule="S1-053",
        reason="先申请者有效",
        award=None,
        actor=by.member,
        **by.now,
    )
    return customer


def resolved(customer: Customer) -> Customer:
    reported(customer).resolve_duplicate(
        number=1, resolution="different", reason="两家", actor="zhao", at=MONDAY, rules=RULES
    )
    return customer


def merged(customer: Customer) -> Customer:
    claimed(customer).merge_into(
        an_id(), number=1, moved=False, actor="zhao", at=MONDAY, rules=RULES
    )
    return customer


def contested(customer: Customer, opener: str = "wu") -> Customer:
    customer.open_dispute(
        contested_at=MONDAY,
        statement="先联系",
        contested=None,
        is_held=False,
        rule=None,
        actor=opener,
        at=MONDAY,
    )
    return customer


def ruled(customer: Customer) -> Customer:
    return upheld(contested(customer), 1, By("shen", ALL_ROLES, MONDAY))


STATES: dict[str, tuple[Callable[[], Customer], datetime]] = {
    "in the pool, never claimed": (a_customer, SOON),
    "in the pool, given up": (lambda: given_up(a_customer()), SOON),
    "in the pool, the bar over": (lambda: given_up(a_customer()), MONDAY + 3 * DAY),
    "waiting": (lambda: claimed(a_customer()), SOON),
    "refused": (lambda: refused(a_customer()), SOON),
    "refused after a correction": (lambda: corrected_once(a_customer()), SOON),
    "refused and to be removed": (lambda: refused(a_customer()), MONDAY + 5 * DAY),
    "potential": (lambda: potential(a_customer()), SOON),
    "potential, to lapse": (lambda: potential(a_customer()), MONDAY + 30 * DAY),
    "potential, extended": (lambda: extended(a_customer()), SOON),
    "potential, the window over": (lambda: extended(a_customer()), MONDAY + 31 * DAY),
    "asked for intent": (lambda: ask_intent(potential(a_customer())), SOON),
    "asked for more time": (lambda: ask_extension(potential(a_customer())), SOON),
    "transferred with an application": (lambda: transferred(a_customer()), SOON),
    "held over": (lambda: ask_intent(potential(a_customer())), MONDAY + 31 * DAY),
    "undecided": (lambda: ask_intent(potential(a_customer())), MONDAY + 60 * DAY),
    "intent": (lambda: intent(a_customer()), SOON),
    "drawn": (lambda: draw(intent(a_customer())), SOON),
    "drawn and expired": (
        lambda: extended_intent(draw(intent(a_customer()))),
        MONDAY + 30 * DAY,
    ),
    "signed": (lambda: sign(intent(a_customer())), SOON),
    "signed and held over": (lambda: sign(intent(a_customer())), MONDAY + 16 * DAY),
    "complete": (lambda: complete(intent(a_customer())), SOON),
    "complete and drawn": (lambda: draw(complete(intent(a_customer())), number="HT-2"), SOON),
    "products filled in": (lambda: with_products(sign(intent(a_customer()))), SOON),
    "a contract of an ended protection": (
        lambda: potential(intent_in_vain(a_customer()), "li", MONDAY + 40 * DAY),
        MONDAY + 40 * DAY,
    ),
    "formal": (lambda: formal(a_customer()), SOON),
    "formal with a person": (lambda: name_person(formal(a_customer())), SOON),
    "formal with a further contract": (
        lambda: complete(name_person(formal(a_customer())), "xu", number="HT-2"),
        SOON,
    ),
    "formal, its contract void": (lambda: voided(a_customer()), SOON),
    "leaving": (lambda: arrange(potential(a_customer()), MONDAY + DAY, "chen"), SOON),
    "left to a successor": (
        lambda: arrange(potential(a_customer()), MONDAY + DAY, "chen"),
        MONDAY + DAY,
    ),
    "left to nobody": (lambda: arrange(potential(a_customer()), MONDAY + DAY), MONDAY + DAY),
    "left to the group": (
        lambda: arrange(name_person(formal(a_customer())), MONDAY + DAY),
        MONDAY + DAY,
    ),
    "reported": (lambda: reported(a_customer()), SOON),
    "reported by the asker": (lambda: reported(a_customer(), "chen"), SOON),
    "reported twice": (lambda: reported(reported(a_customer()), "chen"), SOON),
    "resolved": (lambda: resolved(a_customer()), SOON),
    "contested": (lambda: contested(potential(a_customer())), SOON),
    "contested by the asker": (lambda: contested(a_customer(), "chen"), SOON),
    "contested twice": (lambda: contested(contested(a_customer()), "chen"), SOON),
    "ruled": (lambda: ruled(a_customer()), SOON),
    "merged": (lambda: merged(a_customer()), SOON),
}
ASKERS = ("li", "chen", "xu")
"""Who holds or held it, somebody else, and the person of after-sales."""
ROLE_SETS = [ALL_ROLES, *(frozenset((role,)) for role in ROLES)]


def extended_intent(customer: Customer) -> Customer:
    ask_extension(customer)
    customer.grant_extension(decider="sun", days=None, at=MONDAY, rules_of=rules_of)
    ask_extension(customer)
    customer.grant_extension(decider="sun", days=None, at=MONDAY, rules_of=rules_of)
    return customer


def with_products(customer: Customer) -> Customer:
    for step in ("payment_method", "buyer", "products"):
        take_step(customer, step)
    return customer


def intent_in_vain(customer: Customer) -> Customer:
    draw(intent(customer)).expire(MONDAY + 20 * DAY, rules_of)
    return customer


@dataclass(frozen=True)
class By:
    """Who gives a command, and when."""

    member: str
    roles: frozenset[str]
    at: datetime

    @property
    def now(self) -> dict[str, Any]:
        return {"at": self.at, "rules": RULES}

    @property
    def then(self) -> dict[str, Any]:
        return {"at": self.at, "rules_of": rules_of}

    def decide(self, one: Customer, kind: Any, grants: bool) -> None:
        if not grants:
            one.refuse_application(kind, decider=self.member, reason="否", **self.then)
        elif kind == "intent":
            one.grant_intent(decider=self.member, **self.now)
        else:
            one.grant_extension(decider=self.member, days=None, **self.then)

    def follow_up(self, one: Customer) -> None:
        one.follow_up(
            member=self.member,
            groups=groups(self.roles),
            channel="phone",
            note="谈",
            contact_id=None,
            contacted_at=None,
            next_contact_at=self.at + DAY,
            **self.now,
        )

    def void(self, one: Customer, number: str) -> None:
        one.void_contract(
            actor=self.member,
            decides=bool(chosen_roles("confirm-contract", self.roles)),
            number=number,
            reason="作废",
            **self.now,
            rules_of=rules_of,
        )

    def withdraw(self, one: Customer, kind: Any) -> None:
        one.withdraw_application(kind, member=self.member, reason="误", **self.then)


Attempt = Callable[[Customer, By], object]
ATTEMPTS: dict[str, list[Attempt]] = {
    "claim": [
        lambda one, by: one.claim(
            member=by.member, department="一部", contact=a_contact(), collision=[], **by.now
        )
    ],
    "withdraw": [
        lambda one, by: one.withdraw_claim(member=by.member, reason="误", **by.now),
        lambda one, by: by.withdraw(one, "intent"),
        lambda one, by: by.withdraw(one, "extension"),
    ],
    "review": [
        lambda one, by: one.pass_review(reviewer=by.member, different_company=None, **by.now),
        lambda one, by: one.refuse_review(reviewer=by.member, reason="误", **by.now),
    ],
    "follow-up": [lambda one, by: by.follow_up(one)],
    "add-contact": [
        lambda one, by: one.add_contact(
            a_contact(), actor=by.member, at=by.at, groups=groups(by.roles)
        )
    ],
    "change-profile": [lambda one, by: one.require_editable(by.member, by.at, groups(by.roles))],
    "release": [lambda one, by: one.release(member=by.member, reason="无预算", **by.now)],
    "intent": [lambda one, by: one.request_intent(member=by.member, reason="有意", **by.then)],
    "decide-intent": [
        lambda one, by: by.decide(one, "intent", True),
        lambda one, by: by.decide(one, "intent", False),
    ],
    "extension": [
        lambda one, by: one.request_extension(member=by.member, reason="忙", days=None, **by.then)
    ],
    "decide-extension": [
        lambda one, by: by.decide(one, "extension", True),
        lambda one, by: by.decide(one, "extension", False),
    ],
    "draw-contract": [lambda one, by: one.draw_contract(member=by.member, number="N", **by.now)],
    "transfer": [
        lambda one, by: one.transfer(
            actor=by.member, to="zhou", department="二部", reason="调整", **by.now
        )
    ],
    "remove-holder": [lambda one, by: one.remove_holder(actor=by.member, reason="违规", **by.now)],
    "name-after-sales": [
        lambda one, by: one.name_after_sales(
            actor=by.member, to="feng", department="售后部", **by.now
        )
    ],
    "report-duplicate": [
        lambda one, by: one.report_duplicate(
            of=an_id(), statement="同一", actor=by.member, at=by.at
        )
    ],
    "open-dispute": [lambda one, by: contested(one, an_id().hex)],
    "classify": [lambda one, by: one.classify("A", reason="大客户", actor=by.member, at=by.at)],
    # The customer has no rule for them: a request is a stream of its own.
    "ask-details": [lambda _, __: None],
    "decide-details": [lambda _, __: None],
}
"""Every way in which a command can be given; those about a contract or report are below."""


def attempts(command: str, customer: Customer, at: datetime) -> Iterator[Attempt]:
    """Every way in which the command could be given as things stand."""
    yield from ATTEMPTS.get(command, ())
    if command == "resolve-duplicate":
        for number in customer.reports:
            yield lambda one, by, number=number: one.resolve_duplicate(
                number=number, resolution="different", reason="两家", actor=by.member, **by.now
            )
    for number in customer.disputes:
        if command in ("state-in-dispute", "rule-dispute"):
            does = stated if command == "state-in-dispute" else upheld
            yield lambda one, by, number=number, does=does: does(one, number, by)
    for number, contract in customer.contracts.items():
        if command == "void-contract":
            yield lambda one, by, number=number: by.void(one, number)
        elif command == "confirm-contract" and contract.is_open(at):
            yield lambda one, by, number=number: one.confirm_contract(
                confirmer=by.member, number=number, **by.now
            )
        elif command == "detail-contract" and contract.is_open(at):
            for step in contract.next_steps:
                yield lambda one, by, number=number, step=step: take_step(
                    one, step, by.member, by.at, number=number
                )


def tried(command: str, customer: Customer, by: By) -> set[str | None]:
    """The rules that the attempts met; None where one was carried out."""
    if customer.merged_into is not None:
        return {"merged"}
    met: set[str | None] = set()
    for attempt in attempts(command, customer, by.at):
        try:
            attempt(copy.deepcopy(customer), by)
        except Refused as refusal:
            met.add(refusal.slug)
        else:
            met.add(None)
    return met or {"nothing-pending"}


def looked_at(state: str) -> tuple[Customer, datetime]:
    make, at = STATES[state]
    customer = make()
    customer.expire(at, rules_of)
    return customer, at


def asked(
    customer: Customer,
    member: str,
    at: datetime,
    roles: frozenset[str] = ALL_ROLES,
    *,
    has_part: bool = False,
    rulebook: RulebookStream = RULEBOOK,
) -> dict[str, Right]:
    found = rights(customer, Asker(member, roles, has_part, DEPARTMENTS), at, rulebook)
    return {right.command: right for right in found}


def chosen_roles(command: str, roles: frozenset[str]) -> set[str]:
    """Roles of the table that the default rulebook leaves, and the member has."""
    chosen = {
        "decide-intent": {"manager", "director"},
        "decide-extension": {"manager", "director"},
        "confirm-contract": {"finance", "manager"},
        "rule-dispute": {"director"},
    }
    return set(needs(command)) & chosen.get(command, ALL_ROLES) & roles


@pytest.mark.clause("S1-297", "S1-301")
@pytest.mark.parametrize("member", ASKERS)
@pytest.mark.parametrize("state", STATES)
def test_what_one_may_do_is_what_the_command_does(state: str, member: str) -> None:
    customer, at = looked_at(state)
    for roles in ROLE_SETS:
        for command, right in asked(customer, member, at, roles).items():
            told = (command, sorted(roles), right)
            if not chosen_roles(command, roles):
                assert (right.allowed, right.rule) == (False, "not-allowed"), told
                continue
            met = tried(command, customer, By(member, roles, at))
            assert right.allowed == (None in met), (told, met)
            if not right.allowed:
                assert right.rule in met, (told, met)
                assert right.needs == (), told


def test_every_command_on_a_customer_is_answered_once_in_the_order_of_a_life() -> None:
    found = [right.command for right in rights(*looked_at_by("li"), RULEBOOK)]
    assert found == [
        "claim",
        "withdraw",
        "review",
        "follow-up",
        "add-contact",
        "change-profile",
        "release",
        "intent",
        "decide-intent",
        "extension",
        "decide-extension",
        "draw-contract",
        "detail-contract",
        "confirm-contract",
        "void-contract",
        "transfer",
        "remove-holder",
        "name-after-sales",
        "report-duplicate",
        "resolve-duplicate",
        "open-dispute",
        "state-in-dispute",
        "rule-dispute",
        "classify",
        "ask-details",
        "decide-details",
    ]
    assert set(found) >= DECISIONS


def test_a_manager_of_another_department_is_told_how_far_his_role_reaches() -> None:
    customer, at = looked_at("asked for intent")
    roles, elsewhere = frozenset(("manager",)), frozenset(("三部",))
    for command in ("decide-intent", "transfer", "remove-holder"):
        found = {
            right.command: right
            for right in rights(customer, Asker("wu", roles, False, elsewhere), at, RULEBOOK)
        }[command]
        assert (found.allowed, found.rule) == (False, "not-allowed")
        assert (found.condition, found.needs) == ("department", ("director",))
    there = rights(customer, Asker("wu", roles, False, DEPARTMENTS), at, RULEBOOK)
    assert {right.command for right in there if right.allowed} >= {"decide-intent", "transfer"}


def looked_at_by(member: str) -> tuple[Customer, Asker, datetime]:
    customer, at = looked_at("potential")
    return customer, Asker(member, ALL_ROLES, False, DEPARTMENTS), at


def test_to_ask_records_nothing() -> None:
    for state in STATES:
        customer, at = looked_at(state)
        before = copy.deepcopy(vars(customer))
        asked(customer, "li", at)
        assert vars(customer) == before


@pytest.mark.clause("S1-310")
@pytest.mark.parametrize("state", STATES)
def test_who_has_a_part_in_a_linked_matter_decides_nothing_here(state: str) -> None:
    """He states his side of a dispute instead. What is one's own, and no decision, stays: a holder
    voids his own open contract."""
    customer, at = looked_at(state)
    for member in ASKERS:
        without = asked(customer, member, at)
        with_part = asked(customer, member, at, has_part=True)
        live = customer.live_protection(at)
        for command, right in without.items():
            is_own = command == "void-contract" and live is not None and live.holder == member
            if command in DECISIONS and right.allowed and not is_own:
                assert with_part[command].rule == "own-decision"
                assert with_part[command].clause == "S1-310"
            elif command == "state-in-dispute" and right.rule == "not-a-party":
                assert with_part[command].allowed
            else:
                assert with_part[command] == right


def test_where_the_roles_are_in_the_way_the_right_names_those_that_would_do() -> None:
    customer, at = looked_at("asked for intent")
    found = asked(customer, "wu", at, frozenset(("auditor",)))
    assert found["claim"].needs == ("seller", "manager", "director")
    assert found["decide-intent"].needs == ("manager", "director")
    assert found["confirm-contract"].needs == ("manager", "finance")
    anybody = ["report-duplicate", "open-dispute", "ask-details"]
    assert [command for command, right in found.items() if right.allowed] == anybody


def test_the_rulebook_chooses_who_decides_and_who_confirms() -> None:
    text = (
        default_text()
        .replace('version = "2026-1"', 'version = "chosen"')
        .replace('decided_by = ["manager", "director"]', 'decided_by = ["customer-manager"]')
        .replace('confirmed_by = ["finance", "manager"]', 'confirmed_by = ["risk"]')
        .replace('ruled_by = ["director"]', 'ruled_by = ["manager"]')
    )
    chosen = RulebookStream.open(at=MONDAY - DAY)
    chosen.adopt(text, effective_from=MONDAY, reason="另行指定", actor="root", at=MONDAY)
    customer = ask_extension(complete(intent(a_customer())))
    for role, decides, confirms in (
        ("manager", False, False),
        ("finance", False, False),
        ("customer-manager", True, False),
        ("risk", False, True),
    ):
        found = asked(customer, "sun", SOON, frozenset((role,)), rulebook=chosen)
        assert found["decide-extension"].allowed is decides
        assert found["decide-intent"].rule == ("nothing-pending" if decides else "not-allowed")
        assert found["confirm-contract"].allowed is confirms
        assert found["rule-dispute"].rule == (
            "nothing-pending" if role == "manager" else "not-allowed"
        )
    before = asked(customer, "sun", MONDAY - MICROSECOND, frozenset(("manager",)), rulebook=chosen)
    assert before["decide-extension"].allowed


# Until when.


@pytest.mark.clause("S1-037", "S1-045")
def test_a_bar_forbids_the_claim_until_its_end_and_no_longer() -> None:
    customer = given_up(a_customer())
    ends_at = MONDAY + 3 * DAY
    right = asked(customer, "li", ends_at - MICROSECOND)["claim"]
    assert right == Right("claim", False, "barred", "S1-037", ends_at)
    assert asked(customer, "li", ends_at)["claim"] == Right("claim", True)
    assert asked(customer, "chen", MONDAY)["claim"].allowed


@pytest.mark.clause("S1-302", "S1-301")
@pytest.mark.parametrize(
    "state",
    ["refused", "potential", "held over", "intent", "signed and held over", "leaving"],
)
def test_a_protection_forbids_the_claim_until_it_is_over(state: str) -> None:
    customer, at = looked_at(state)
    right = asked(customer, "feng", at)["claim"]
    assert (right.rule, right.clause) == ("already-protected", "S1-302")
    live = customer.live_protection(at)
    assert live is not None
    assert right.until == live.ends_at
    assert right.until is not None
    assert not asked(customer, "feng", right.until - MICROSECOND)["claim"].allowed
    customer.expire(right.until, rules_of)
    assert asked(customer, "feng", right.until)["claim"].allowed


@pytest.mark.clause("S1-302")
@pytest.mark.parametrize("state", ["waiting", "formal", "formal with a person"])
def test_where_no_end_is_known_none_is_told(state: str) -> None:
    customer, at = looked_at(state)
    right = asked(customer, "feng", at)["claim"]
    assert (right.rule, right.until) == ("already-protected", None)


@pytest.mark.clause("S1-050")
def test_a_closed_pool_forbids_the_claim_until_it_opens() -> None:
    text = (
        default_text()
        .replace('version = "2026-1"', 'version = "hours"')
        .replace("# opens_at = 09:00:00", "opens_at = 09:00:00")
        .replace("# closes_at = 18:00:00", "closes_at = 18:00:00")
    )
    hours = RulebookStream.open(at=MONDAY - DAY)
    hours.adopt(text, effective_from=MONDAY, reason="开放时间", actor="root", at=MONDAY)
    customer = given_up(a_customer())
    evening = MONDAY + 11 * HOUR
    right = asked(customer, "chen", evening, rulebook=hours)["claim"]
    assert (right.rule, right.until) == ("pool-closed", MONDAY + DAY)
    assert asked(customer, "chen", MONDAY + DAY, rulebook=hours)["claim"].allowed
    assert hours.in_force(MONDAY).pool.opens_at == time(9)


def test_other_rules_name_no_instant() -> None:
    customer, at = looked_at("potential, the window over")
    assert asked(customer, "li", at)["extension"].rule == "too-late"
    assert asked(customer, "li", at)["extension"].until is None
