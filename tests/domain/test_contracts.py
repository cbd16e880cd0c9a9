"""Contracts: drawn, filled in step by step, signed, confirmed; and formal for good."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.customer import Customer
from domain.errors import (
    AlreadyProtected,
    Invalid,
    NotFound,
    NothingPending,
    NotTheHolder,
    NumberTaken,
    OwnDecision,
    TooLate,
    WrongStage,
)
from domain.events import (
    Bar,
    ContractConfirmed,
    ContractDetailed,
    ContractDrawn,
    ContractSigned,
    ContractVoided,
    IntentRefused,
    Lapsed,
    Product,
    Stage,
)
from domain.protection import AFTER_SALES
from tests.domain.stories import (
    DAY,
    FILLED_IN,
    MICROSECOND,
    MONDAY,
    NUMBER,
    RULES,
    STEPS,
    a_customer,
    ask_extension,
    ask_intent,
    claimed,
    complete,
    draw,
    fact,
    follow_up,
    formal,
    intent,
    name_person,
    new_events,
    potential,
    recorded,
    refused,
    replay_of,
    rules,
    rules_by_version,
    rules_of,
    sign,
    state_of,
    take_step,
)

DEADLINE = MONDAY + 15 * DAY
"""Tuesday, 17 March 2026: an intent customer's, from Monday on."""
HOLD_OVER_END = datetime(2026, 3, 20, 16, tzinfo=UTC)
"""Midnight after Friday, 20 March, in Shanghai."""
PAST_IT = DEADLINE + DAY
WITH_POTENTIAL = rules(contracts__stages=("potential", "intent", "formal"))


def confirm(customer: Customer, confirmer: str = "he", at: datetime = MONDAY) -> None:
    customer.confirm_contract(confirmer=confirmer, number=NUMBER, at=at, rules=RULES)


def void(
    customer: Customer,
    actor: str = "li",
    at: datetime = MONDAY,
    *,
    decides: bool = False,
    number: str = NUMBER,
) -> None:
    customer.void_contract(
        actor=actor,
        decides=decides,
        number=number,
        reason="客户改了主意",
        at=at,
        rules=RULES,
        rules_of=rules_of,
    )


def taken(customer: Customer, steps: int) -> Customer:
    """The contract drawn and so many of its steps taken."""
    draw(customer)
    for step in STEPS[:steps]:
        take_step(customer, step)
    return customer


# With whom.


@pytest.mark.clause("S1-054", "S1-057")
def test_the_holder_of_an_intent_customer_draws_a_contract_by_its_number() -> None:
    customer = intent(a_customer())
    new_events(customer)
    draw(customer, at=MONDAY + DAY)
    assert recorded(customer) == [
        fact(
            ContractDrawn,
            MONDAY + DAY,
            "li",
            holder="li",
            stage=Stage.INTENT,
            number=NUMBER,
            expires_at=MONDAY + 31 * DAY,
            rulebook="2026-1",
        )
    ]
    assert customer.contract(NUMBER).state(MONDAY + DAY) == "drawn"


@pytest.mark.clause("S1-054", "S1-055")
@pytest.mark.parametrize("hold", [claimed, refused, potential])
def test_only_an_intent_or_formal_customer_signs(hold) -> None:
    customer = hold(a_customer())
    with pytest.raises(WrongStage) as refusal:
        draw(customer)
    assert refusal.value.stage == hold.__name__.replace("claimed", "waiting").replace(
        "refused", "rejected"
    )
    assert refusal.value.allowed == ["intent", "formal"]


@pytest.mark.clause("S1-055")
def test_nobody_signs_a_pool_customer() -> None:
    with pytest.raises(NotTheHolder) as refusal:
        draw(a_customer())
    assert refusal.value.holder is None


@pytest.mark.clause("S1-055")
def test_the_rulebook_may_let_potential_customers_sign() -> None:
    customer = potential(a_customer(), by=WITH_POTENTIAL)
    complete(customer, by=WITH_POTENTIAL)
    customer.confirm_contract(confirmer="he", number=NUMBER, at=MONDAY, rules=WITH_POTENTIAL)
    assert customer.state(MONDAY) == "formal"


@pytest.mark.clause("S1-055")
def test_where_the_rulebook_no_longer_lets_a_stage_sign_its_contract_is_not_confirmed() -> None:
    customer = complete(potential(a_customer(), by=WITH_POTENTIAL), by=WITH_POTENTIAL)
    with pytest.raises(NothingPending):
        confirm(customer)


@pytest.mark.clause("S1-054")
def test_only_the_holder_draws_and_fills_in() -> None:
    customer = intent(a_customer())
    with pytest.raises(NotTheHolder) as refusal:
        draw(customer, "chen")
    assert refusal.value.holder == "li"
    draw(customer)
    with pytest.raises(NotTheHolder):
        take_step(customer, "type", "chen")
    take_step(customer, "type")
    with pytest.raises(NotTheHolder):
        take_step(customer, "signed_on", "chen")


# The steps and their order.


@pytest.mark.clause("S1-056", "S1-058")
def test_a_contract_is_filled_in_step_by_step_and_keeps_what_was_filled_in() -> None:
    customer = intent(a_customer())
    new_events(customer)
    complete(customer, at=MONDAY + DAY)
    nothing = dict.fromkeys(("type", "payment_method", "buyer", "products", "promises"))

    def detailed(step: str, value: object) -> dict[str, object]:
        facts = {**nothing, "holder": "li", "number": NUMBER, "step": step, step: value}
        return fact(ContractDetailed, MONDAY + DAY, "li", **facts)

    assert recorded(customer)[1:] == [
        detailed("type", "招聘网虚拟合同"),
        fact(
            ContractSigned,
            MONDAY + DAY,
            "li",
            holder="li",
            number=NUMBER,
            signed_on=date(2026, 3, 2),
            deadline=DEADLINE,
            held_over_until=HOLD_OVER_END,
            provisional=False,
            rulebook="2026-1",
        ),
        detailed("payment_method", "银行转账"),
        detailed("buyer", FILLED_IN["buyer"]["text"]),
        detailed("products", FILLED_IN["products"]["products"]),
        detailed("promises", ["赠送一个月"]),
    ]
    contract = customer.contract(NUMBER)
    assert (contract.type, contract.payment_method) == ("招聘网虚拟合同", "银行转账")
    assert contract.buyer == FILLED_IN["buyer"]["text"]
    assert (contract.signed_on, contract.signed_by) == (date(2026, 3, 2), "li")
    assert contract.signed_at == MONDAY + DAY
    assert contract.products == tuple(FILLED_IN["products"]["products"])
    assert contract.promises == ("赠送一个月",)
    assert contract.state(MONDAY + DAY) == "signed"


@pytest.mark.clause("S1-056", "S1-057", "S1-060")
@pytest.mark.parametrize("steps", range(len(STEPS) + 1))
def test_every_step_out_of_order_is_refused_with_the_ones_that_may_follow(steps: int) -> None:
    """The last step again, where it may be added to; else the next one, and no other."""
    customer = taken(intent(a_customer()), steps)
    last = STEPS[steps - 1] if steps else None
    allowed = [*([last] if last in ("products", "promises") else []), *STEPS[steps : steps + 1]]
    new_events(customer)
    for step in STEPS:
        if step in allowed:
            continue
        with pytest.raises(WrongStage) as refusal:
            take_step(customer, step)
        assert (refusal.value.stage, refusal.value.allowed) == (last or "drawn", allowed)
    if steps < len(STEPS):
        with pytest.raises(WrongStage) as refusal:
            confirm(customer)
        assert (refusal.value.stage, refusal.value.allowed) == (last or "drawn", allowed)
    assert recorded(customer) == []
    for step in allowed:
        take_step(customer, step)
    assert customer.contract(NUMBER).step == (allowed[-1] if allowed else last)


@pytest.mark.clause("S1-056", "S1-061")
def test_products_and_promises_are_added_to_those_before() -> None:
    customer = taken(intent(a_customer()), 5)
    other = Product("猎头服务", 1, None)
    customer.fill_in_contract(
        member="li", number=NUMBER, step="products", at=MONDAY, rules=RULES, products=[other]
    )
    assert customer.contract(NUMBER).products == (*FILLED_IN["products"]["products"], other)
    take_step(customer, "promises")
    customer.fill_in_contract(
        member="li", number=NUMBER, step="promises", at=MONDAY, rules=RULES, promises=["九折"]
    )
    assert customer.contract(NUMBER).promises == ("赠送一个月", "九折")
    with pytest.raises(WrongStage):
        take_step(customer, "products")


@pytest.mark.clause("S1-061")
def test_that_nothing_was_promised_is_a_step_of_its_own() -> None:
    customer = taken(intent(a_customer()), 5)
    with pytest.raises(WrongStage):
        confirm(customer)
    customer.fill_in_contract(
        member="li", number=NUMBER, step="promises", at=MONDAY, rules=RULES, promises=[]
    )
    assert customer.contract(NUMBER).promises == ()
    confirm(customer)
    assert customer.state(MONDAY) == "formal"


@pytest.mark.clause("S1-061", "S1-060")
def test_after_the_confirmation_nothing_is_promised_and_nothing_filled_in() -> None:
    customer = name_person(formal(a_customer()))
    for step in STEPS:
        with pytest.raises(WrongStage) as refusal:
            take_step(customer, step, "xu")
        assert (refusal.value.stage, refusal.value.allowed) == ("confirmed", [])
    with pytest.raises(NothingPending):
        confirm(customer)


@pytest.mark.clause("S1-057")
def test_what_was_not_drawn_is_neither_filled_in_signed_confirmed_nor_voided() -> None:
    customer = intent(a_customer())
    for command in (
        lambda: take_step(customer, "type"),
        lambda: take_step(customer, "signed_on"),
        lambda: confirm(customer),
        lambda: void(customer),
    ):
        with pytest.raises(NotFound) as refusal:
            command()
        assert (refusal.value.kind, refusal.value.identifier) == ("contract", NUMBER)


# Numbers.


@pytest.mark.clause("S1-057")
@pytest.mark.parametrize("how", [draw, sign, complete])
def test_a_number_is_drawn_once(how) -> None:
    customer = how(intent(a_customer()))
    with pytest.raises(NumberTaken) as refusal:
        draw(customer)
    assert refusal.value.number == NUMBER
    draw(customer, number="HT-2")
    assert set(customer.contracts) == {NUMBER, "HT-2"}


@pytest.mark.clause("S1-057")
def test_a_drawn_contract_expires_unsigned_and_its_number_is_free_again() -> None:
    by = rules(contracts__drawn_days=5)
    customer = draw(intent(a_customer()), by=by)
    expires_at = MONDAY + 5 * DAY
    take_step(customer, "type", at=expires_at - MICROSECOND)
    contract = customer.contract(NUMBER)
    assert (contract.state(expires_at - MICROSECOND), contract.state(expires_at)) == (
        "drawn",
        "expired",
    )
    with pytest.raises(NumberTaken):
        draw(customer, at=expires_at - MICROSECOND)
    for step in ("type", "signed_on"):
        with pytest.raises(TooLate) as refusal:
            take_step(customer, step, at=expires_at)
        assert refusal.value.deadline == expires_at
    with pytest.raises(NothingPending):
        confirm(customer, at=expires_at)
    with pytest.raises(NothingPending):
        void(customer, at=expires_at)
    draw(customer, at=expires_at, by=by)
    again = customer.contract(NUMBER)
    assert (again.type, again.expires_at) == (None, expires_at + 5 * DAY)


@pytest.mark.clause("S1-057")
def test_a_signed_contract_does_not_expire() -> None:
    by = rules(contracts__drawn_days=1)
    customer = complete(intent(a_customer()), by=by)
    assert customer.contract(NUMBER).state(MONDAY + 2 * DAY) == "signed"
    confirm(customer, at=MONDAY + 2 * DAY)
    assert customer.contract(NUMBER).state(MONDAY + 900 * DAY) == "confirmed"


@pytest.mark.clause("S1-057")
@pytest.mark.parametrize(("how", "is_free"), [(draw, True), (sign, False)])
def test_a_voided_contract_gives_its_number_back_unless_it_was_signed(how, is_free) -> None:
    customer = how(intent(a_customer()))
    void(customer)
    if is_free:
        draw(customer)
        assert customer.contract(NUMBER).state(MONDAY) == "drawn"
    else:
        with pytest.raises(NumberTaken):
            draw(customer)


# The signature and the hold-over.


@pytest.mark.clause("S1-043", "S1-060")
def test_a_signature_in_time_holds_the_drop_over_until_it_is_confirmed() -> None:
    customer = draw(intent(a_customer()), at=DEADLINE - DAY)
    take_step(customer, "type", at=DEADLINE - DAY)
    take_step(customer, "signed_on", at=DEADLINE - MICROSECOND)
    for at in (DEADLINE, HOLD_OVER_END - MICROSECOND):
        assert not customer.expire(at, rules_of)
        held = customer.live_protection(at)
        assert held is not None
        assert (held.stage, held.held_over_by) == (Stage.INTENT, "contract")
        assert (held.until, held.held_over_until) == (DEADLINE, HOLD_OVER_END)
    for step in ("payment_method", "buyer", "products", "promises"):
        take_step(customer, step, at=DEADLINE)
    confirm(customer, at=HOLD_OVER_END - MICROSECOND)
    assert customer.state(HOLD_OVER_END + 900 * DAY) == "formal"


@pytest.mark.clause("S1-043", "S1-060")
def test_signed_and_unconfirmed_at_the_end_of_the_hold_over_it_is_over() -> None:
    customer = complete(intent(a_customer()))
    new_events(customer)
    assert customer.state(HOLD_OVER_END) == "pool"
    with pytest.raises(NothingPending):
        confirm(customer, at=HOLD_OVER_END)
    assert customer.expire(HOLD_OVER_END + DAY, rules_of)
    assert recorded(customer) == [
        fact(
            Lapsed,
            HOLD_OVER_END,
            "system",
            holder="li",
            stage=Stage.INTENT,
            deadline=HOLD_OVER_END,
            cause="undecided",
            bar=None,
            rulebook="2026-1",
        )
    ]
    assert customer.contract(NUMBER).state(HOLD_OVER_END) == "dropped"
    with pytest.raises(NothingPending):
        confirm(customer, at=HOLD_OVER_END + DAY)


@pytest.mark.clause("S1-043")
@pytest.mark.parametrize("at", [DEADLINE, PAST_IT])
def test_a_signature_past_the_deadline_holds_nothing_over(at) -> None:
    """An application keeps the protection alive, so that it can be signed at all."""
    customer = ask_extension(draw(intent(a_customer())))
    take_step(customer, "type")
    take_step(customer, "signed_on", at=at)
    signed = new_events(customer)[-1]
    assert (signed.deadline, signed.held_over_until, signed.provisional) == (DEADLINE, None, False)
    held = customer.live_protection(at)
    assert held is not None
    assert held.signatures == ()
    customer.refuse_application(
        "extension", decider="sun", reason="没有进展", at=at, rules_of=rules_of
    )
    assert new_events(customer)[-1].cause == "application-refused"
    assert customer.state(at) == "pool"


@pytest.mark.clause("S1-043", "S1-054")
def test_a_signature_still_holds_over_what_an_application_holds_over_no_more() -> None:
    for close in ("refuse", "withdraw"):
        customer = complete(ask_extension(intent(a_customer())))
        new_events(customer)
        if close == "refuse":
            customer.refuse_application(
                "extension", decider="sun", reason="不必", at=PAST_IT, rules_of=rules_of
            )
        else:
            customer.withdraw_application(
                "extension", member="li", reason="不必", at=PAST_IT, rules_of=rules_of
            )
        assert len(recorded(customer)) == 1
        held = customer.live_protection(PAST_IT)
        assert held is not None
        assert (held.held_over_by, held.ends_at) == ("contract", HOLD_OVER_END)


@pytest.mark.clause("S1-044", "S1-054")
def test_a_signature_holds_the_later_deadline_of_an_extension_over_too() -> None:
    customer = complete(ask_extension(intent(a_customer()), days=1))
    customer.grant_extension(decider="sun", days=None, at=PAST_IT - MICROSECOND, rules_of=rules_of)
    held = customer.live_protection(PAST_IT)
    assert held is not None
    # Wednesday, 18 March, and the end of the third working day after it, Monday.
    assert (held.until, held.ends_at) == (PAST_IT, datetime(2026, 3, 23, 16, tzinfo=UTC))
    assert held.held_over_by == "contract"


@pytest.mark.clause("S1-044", "S1-054")
def test_a_signature_before_the_deadline_of_an_extension_holds_that_over() -> None:
    customer = ask_extension(draw(intent(a_customer())))
    take_step(customer, "type")
    take_step(customer, "signed_on", at=DEADLINE + timedelta(hours=1))
    customer.grant_extension(decider="sun", days=None, at=PAST_IT, rules_of=rules_of)
    held = customer.live_protection(DEADLINE + 15 * DAY)
    assert held is not None
    assert held.held_over_by == "contract"


@pytest.mark.clause("S1-044", "S1-054")
@pytest.mark.parametrize("others", [(), ("HT-3",)])
def test_only_contracts_that_are_signed_and_open_hold_an_extension_over(others) -> None:
    customer = ask_extension(draw(intent(a_customer())))
    sign(customer, number="HT-2")
    void(customer, number="HT-2")
    for number in others:
        sign(customer, number=number)
    new_events(customer)
    customer.grant_extension(decider="sun", days=None, at=MONDAY, rules_of=rules_of)
    (granted,) = new_events(customer)
    assert granted.signatures == others
    # The deadline is Wednesday, 1 April; 4 to 6 April is Qingming.
    ends_at = datetime(2026, 4, 7, 16, tzinfo=UTC)
    assert granted.held_over_until == (ends_at if others else None)


@pytest.mark.clause("S1-042", "S1-055")
def test_a_signature_made_as_a_potential_customer_holds_the_intent_stage_over() -> None:
    customer = complete(potential(a_customer(), by=WITH_POTENTIAL), by=WITH_POTENTIAL)
    customer.request_intent(member="li", reason="已签约", at=MONDAY, rules_of=rules_of)
    customer.grant_intent(decider="sun", at=MONDAY, rules=RULES)
    held = customer.live_protection(PAST_IT)
    assert held is not None
    assert (held.stage, held.held_over_by, held.ends_at) == (
        Stage.INTENT,
        "contract",
        HOLD_OVER_END,
    )


@pytest.mark.clause("S1-042", "S1-055")
def test_a_signature_past_the_potential_deadline_holds_the_intent_stage_over() -> None:
    customer = draw(potential(a_customer(), by=WITH_POTENTIAL), by=WITH_POTENTIAL)
    ask_intent(customer)
    late = MONDAY + 30 * DAY
    number = "HT-2"
    sign(customer, at=late, by=WITH_POTENTIAL, number=number)
    customer.grant_intent(decider="sun", at=late, rules=RULES)
    held = customer.live_protection(late + 15 * DAY)
    assert held is not None
    assert (held.held_over_by, held.signatures) == ("contract", (number,))


@pytest.mark.parametrize("ask", [ask_intent, ask_extension])
def test_a_grant_forgets_no_signature_that_it_does_not_name(ask) -> None:
    customer = ask(potential(a_customer()))
    if ask is ask_intent:
        customer.grant_intent(decider="sun", at=MONDAY, rules=RULES)
    else:
        customer.grant_extension(decider="sun", days=None, at=MONDAY, rules_of=rules_of)
    granted = new_events(customer)[-1]
    assert granted.signatures == ()
    before = customer.protection
    assert before is not None
    after = granted.protection_after(replace(before, signatures=(NUMBER,)))
    assert after is not None
    assert after.signatures == (NUMBER,)


def test_the_hold_over_of_a_signature_is_that_of_the_version_that_granted() -> None:
    later = rules(version="later", hold_over__working_days=0)
    customer = draw(intent(a_customer()), by=later)
    take_step(customer, "type", by=later)
    customer.sign_contract(
        member="li",
        number=NUMBER,
        signed_on=date(2026, 3, 2),
        at=MONDAY,
        rules=later,
        rules_of=rules_by_version(RULES, later),
    )
    signed = new_events(customer)[-1]
    assert (signed.held_over_until, signed.rulebook) == (HOLD_OVER_END, RULES.version)


def test_a_hold_over_of_a_signature_in_a_year_without_a_calendar_is_provisional() -> None:
    far = datetime(2031, 12, 1, tzinfo=UTC)
    customer = sign(intent(a_customer(), at=far), at=far)
    assert new_events(customer)[-1].provisional


# Confirmed.


@pytest.mark.clause("S1-046", "S1-048", "S1-060")
def test_the_confirmation_makes_the_customer_formal_and_the_groups() -> None:
    customer = complete(intent(a_customer()))
    new_events(customer)
    confirm(customer, at=PAST_IT)
    assert recorded(customer) == [
        fact(
            ContractConfirmed,
            PAST_IT,
            "he",
            holder="li",
            number=NUMBER,
            group=AFTER_SALES,
            rulebook="2026-1",
        )
    ]
    held = customer.live_protection(PAST_IT)
    assert held is not None
    assert (held.stage, held.holder, held.group) == (Stage.FORMAL, None, AFTER_SALES)
    assert (held.until, held.ends_at, held.signatures) == (None, None, ())
    assert (held.claimed_at, held.since, held.in_force_since) == (MONDAY, PAST_IT, MONDAY)
    assert customer.signers == ("li",)
    assert customer.contract(NUMBER).state(PAST_IT) == "confirmed"


@pytest.mark.clause("S1-060")
@pytest.mark.parametrize("party", ["li", "chen", "zhou"])
def test_nobody_with_a_part_in_the_customer_confirms_its_contract(party) -> None:
    """The signer, an earlier holder, and who was given it after the signature."""
    customer = potential(a_customer(), "chen", MONDAY - 40 * DAY)
    customer.expire(MONDAY, rules_of)
    complete(intent(customer))
    customer.transfer(
        actor="sun", to="zhou", department="二部", reason="调整", at=MONDAY, rules=RULES
    )
    new_events(customer)
    with pytest.raises(OwnDecision) as refusal:
        confirm(customer, party)
    assert refusal.value.applicant == "li"
    assert recorded(customer) == []
    confirm(customer, "sun")
    assert customer.signers == ("li",)


@pytest.mark.clause("S1-060")
def test_a_party_is_told_so_before_what_is_still_missing() -> None:
    customer = draw(intent(a_customer()))
    with pytest.raises(OwnDecision) as refusal:
        confirm(customer, "li")
    assert refusal.value.applicant == "li"


@pytest.mark.clause("S1-046", "S1-047")
def test_a_formal_customer_never_falls_to_the_pool_by_time() -> None:
    customer = formal(a_customer())
    assert not customer.expire(MONDAY + 10_000 * DAY, rules_of)
    assert customer.state(MONDAY + 10_000 * DAY) == "formal"


@pytest.mark.clause("S1-046", "S1-302")
def test_a_formal_customer_is_never_claimed() -> None:
    customer = formal(a_customer())
    for seller in ("li", "chen"):
        with pytest.raises(AlreadyProtected) as refusal:
            claimed(customer, seller, MONDAY + 900 * DAY)
        assert (refusal.value.holder, refusal.value.group) == (None, AFTER_SALES)
        assert (refusal.value.stage, refusal.value.until) == (Stage.FORMAL, None)


@pytest.mark.clause("S1-047", "S1-038")
def test_a_formal_customer_is_not_given_up() -> None:
    customer = name_person(formal(a_customer()))
    with pytest.raises(WrongStage):
        customer.release(member="xu", reason="不想跟", at=MONDAY, rules=RULES)


@pytest.mark.clause("S1-054", "S1-048")
def test_a_further_contract_of_a_formal_customer_is_its_after_sales_holders() -> None:
    customer = formal(a_customer())
    for anybody in ("li", "xu"):
        with pytest.raises(NotTheHolder) as refusal:
            draw(customer, anybody, number="HT-2")
        assert (refusal.value.holder, refusal.value.group) == (None, AFTER_SALES)
    complete(name_person(customer), "xu", number="HT-2")
    signed = next(
        event
        for event in new_events(customer)
        if isinstance(event, ContractSigned) and event.number == "HT-2"
    )
    assert (signed.deadline, signed.held_over_until) == (None, None)
    with pytest.raises(OwnDecision):
        customer.confirm_contract(confirmer="xu", number="HT-2", at=MONDAY, rules=RULES)
    before = customer.protection
    customer.confirm_contract(confirmer="he", number="HT-2", at=MONDAY + DAY, rules=RULES)
    assert recorded(customer) == [
        fact(
            ContractConfirmed,
            MONDAY + DAY,
            "he",
            holder="xu",
            number="HT-2",
            group=None,
            rulebook="2026-1",
        )
    ]
    assert customer.protection == before
    assert customer.signers == ("li", "xu")


@pytest.mark.clause("S1-046", "S1-060")
def test_who_once_signed_for_the_customer_stays_a_party() -> None:
    customer = complete(name_person(formal(a_customer())), "xu", number="HT-2")
    customer.confirm_contract(confirmer="he", number="HT-2", at=MONDAY, rules=RULES)
    complete(name_person(customer, "feng"), "feng", number="HT-3")
    with pytest.raises(OwnDecision) as refusal:
        customer.confirm_contract(confirmer="xu", number="HT-3", at=MONDAY, rules=RULES)
    assert refusal.value.applicant == "feng"


@pytest.mark.clause("S1-046")
def test_who_signed_is_kept_once() -> None:
    customer = intent(a_customer())
    complete(customer)
    complete(customer, number="HT-2")
    confirm(customer)
    customer.confirm_contract(confirmer="he", number="HT-2", at=MONDAY, rules=RULES)
    assert customer.signers == ("li",)


# Void.


@pytest.mark.clause("S1-060")
def test_the_holder_voids_his_open_contract() -> None:
    customer = complete(intent(a_customer()))
    new_events(customer)
    void(customer, at=DEADLINE - MICROSECOND)
    assert recorded(customer) == [
        fact(
            ContractVoided,
            DEADLINE - MICROSECOND,
            "li",
            number=NUMBER,
            reason="客户改了主意",
            rulebook="2026-1",
        )
    ]
    assert customer.contract(NUMBER).state(MONDAY) == "voided"
    assert customer.state(DEADLINE - MICROSECOND) == "intent"
    assert customer.state(DEADLINE) == "pool"


@pytest.mark.clause("S1-043")
@pytest.mark.parametrize("at", [DEADLINE, PAST_IT])
def test_voided_past_the_deadline_it_is_over_at_once(at) -> None:
    customer = complete(intent(a_customer()))
    new_events(customer)
    void(customer, at=at)
    closed, over = recorded(customer)
    assert closed["event"] is ContractVoided
    assert over == fact(
        Lapsed,
        at,
        "system",
        holder="li",
        stage=Stage.INTENT,
        deadline=at,
        cause="contract-voided",
        bar=None,
        rulebook="2026-1",
    )


@pytest.mark.clause("S1-043")
@pytest.mark.parametrize(("first", "second"), [(NUMBER, "HT-2"), ("HT-2", NUMBER)])
def test_voided_past_the_deadline_it_lives_on_by_what_else_holds_it_over(first, second) -> None:
    customer = complete(intent(a_customer()))
    complete(customer, number="HT-2")
    draw(customer, number="HT-3")
    new_events(customer)
    void(customer, at=PAST_IT, number=first)
    void(customer, at=PAST_IT, number="HT-3")
    assert [told["event"] for told in recorded(customer)] == [ContractVoided, ContractVoided]
    void(customer, at=PAST_IT, number=second)
    assert [told["event"] for told in recorded(customer)] == [ContractVoided, Lapsed]
    applied_for = complete(ask_extension(intent(a_customer())))
    void(applied_for, at=PAST_IT)
    assert applied_for.state(PAST_IT) == "intent"
    assert applied_for.protection is not None
    assert applied_for.protection.held_over_by == "extension"


@pytest.mark.clause("S1-046", "S1-047")
def test_voiding_the_contract_later_does_not_undo_formal() -> None:
    customer = formal(a_customer())
    before = customer.protection
    new_events(customer)
    void(customer, "he", MONDAY + 100 * DAY, decides=True)
    assert [told["event"] for told in recorded(customer)] == [ContractVoided]
    assert customer.protection == before
    assert customer.signers == ("li",)
    assert customer.contract(NUMBER).state(MONDAY + 100 * DAY) == "voided"


@pytest.mark.clause("S1-060")
def test_somebody_who_decides_voids_the_open_contract_of_another() -> None:
    for how in (draw, sign, complete):
        customer = how(intent(a_customer()))
        void(customer, "he", decides=True)
        assert customer.contract(NUMBER).state(MONDAY) == "voided"


@pytest.mark.clause("S1-060")
def test_a_party_voids_no_contract_but_his_own_open_one() -> None:
    customer = potential(a_customer(), "chen", MONDAY - 40 * DAY)
    customer.expire(MONDAY, rules_of)
    complete(intent(customer))
    with pytest.raises(OwnDecision):
        void(customer, "chen", decides=True)
    with pytest.raises(NotTheHolder):
        void(customer, "chen")
    confirm(customer)
    for party in ("li", "chen"):
        with pytest.raises(OwnDecision) as refusal:
            void(customer, party, decides=True)
        assert refusal.value.applicant == "li"


@pytest.mark.clause("S1-060")
def test_who_merely_holds_it_voids_no_confirmed_contract() -> None:
    customer = name_person(formal(a_customer()))
    with pytest.raises(WrongStage) as refusal:
        void(customer, "xu")
    assert (refusal.value.stage, refusal.value.allowed) == ("confirmed", ["drawn", "signed"])
    with pytest.raises(OwnDecision):
        void(customer, "xu", decides=True)
    with pytest.raises(NotTheHolder):
        void(customer, "li")


@pytest.mark.clause("S1-060")
@pytest.mark.parametrize("is_signed", [False, True])
def test_whose_case_a_contract_is_says_who_signed_it_or_drew_it(is_signed) -> None:
    customer = draw(intent(a_customer()))
    customer.transfer(
        actor="sun", to="zhou", department="二部", reason="调整", at=MONDAY, rules=RULES
    )
    if is_signed:
        take_step(customer, "type", "zhou")
        take_step(customer, "signed_on", "zhou")
    for command in (
        lambda: confirm(customer, "li"),
        lambda: void(customer, "li", decides=True),
    ):
        with pytest.raises(OwnDecision) as refusal:
            command()
        assert refusal.value.applicant == ("zhou" if is_signed else "li")


def test_in_the_pool_there_is_nothing_to_void() -> None:
    customer = sign(intent(a_customer()))
    customer.release(member="li", reason="无预算", at=MONDAY, rules=RULES)
    with pytest.raises(NothingPending):
        void(customer, "he", decides=True)
    with pytest.raises(NotTheHolder) as refusal:
        void(customer, "li")
    assert refusal.value.holder is None


def test_without_a_stage_that_signs_a_holder_has_nothing_to_void() -> None:
    customer = draw(intent(a_customer()))
    customer.expire(DEADLINE, rules_of)
    potential(customer, "li", DEADLINE)
    with pytest.raises(WrongStage) as refusal:
        void(customer, at=DEADLINE)
    assert (refusal.value.stage, refusal.value.allowed) == ("potential", ["intent", "formal"])


@pytest.mark.parametrize("decides", [False, True])
def test_a_contract_is_voided_once(decides) -> None:
    customer = draw(intent(a_customer()))
    actor = "he" if decides else "li"
    void(customer, actor, decides=decides)
    with pytest.raises(NothingPending if decides else WrongStage):
        void(customer, actor, decides=decides)


@pytest.mark.clause("S1-037")
def test_a_bar_follows_a_voided_contract_where_the_rulebook_bars_after_a_lapse() -> None:
    strict = rules(version="strict", bar__after=("lapse",))
    customer = complete(intent(a_customer(), by=strict), by=strict)
    customer.void_contract(
        actor="li",
        decides=False,
        number=NUMBER,
        reason="客户改了主意",
        at=PAST_IT,
        rules=RULES,
        rules_of=rules_by_version(RULES, strict),
    )
    assert new_events(customer)[-1].bar == Bar("li", PAST_IT + 3 * DAY)


# What the end of a protection does to its contracts.


@pytest.mark.clause("S1-060")
@pytest.mark.parametrize("end", ["lapse", "release", "removal", "refusal"])
def test_an_ended_protection_takes_its_unconfirmed_contracts_along(end) -> None:
    customer = draw(intent(a_customer()))
    if end == "lapse":
        customer.expire(DEADLINE, rules_of)
    elif end == "release":
        customer.release(member="li", reason="无预算", at=MONDAY, rules=RULES)
    elif end == "removal":
        customer.remove_holder(actor="sun", reason="违规", at=MONDAY, rules=RULES)
    else:
        ask_extension(customer)
        customer.refuse_application(
            "extension", decider="sun", reason="没有进展", at=DEADLINE, rules_of=rules_of
        )
    assert customer.contract(NUMBER).state(DEADLINE) == "dropped"
    intent(customer, "chen", DEADLINE + 30 * DAY)
    with pytest.raises(WrongStage) as refusal:
        take_step(customer, "type", "chen", DEADLINE + 30 * DAY)
    assert (refusal.value.stage, refusal.value.allowed) == ("dropped", [])
    draw(customer, "chen", DEADLINE + 30 * DAY)
    assert customer.contract(NUMBER).drawn_by == "chen"


def test_a_contract_that_was_void_before_stays_so() -> None:
    customer = draw(intent(a_customer()))
    void(customer)
    draw(customer, number="HT-2")
    customer.expire(DEADLINE, rules_of)
    assert customer.contract(NUMBER).state(DEADLINE) == "voided"
    assert customer.contract("HT-2").state(DEADLINE) == "dropped"


@pytest.mark.clause("S1-057")
def test_a_signed_contract_of_an_ended_protection_keeps_its_number() -> None:
    customer = sign(intent(a_customer()))
    customer.release(member="li", reason="无预算", at=MONDAY, rules=RULES)
    intent(customer, "chen", MONDAY)
    with pytest.raises(NumberTaken):
        draw(customer, "chen", MONDAY)


@pytest.mark.clause("S1-046")
def test_a_transfer_takes_the_contracts_along_and_keeps_who_signed() -> None:
    customer = sign(intent(a_customer()))
    customer.transfer(
        actor="sun", to="zhou", department="二部", reason="调整", at=MONDAY, rules=RULES
    )
    with pytest.raises(NotTheHolder):
        take_step(customer, "payment_method", "li")
    for step in ("payment_method", "buyer", "products", "promises"):
        take_step(customer, step, "zhou")
    new_events(customer)
    confirm(customer)
    assert new_events(customer)[-1].holder == "li"
    assert customer.signers == ("li",)


def test_the_other_open_contracts_of_a_formal_customer_go_on() -> None:
    customer = sign(intent(a_customer()), number="HT-2")
    complete(customer)
    confirm(customer)
    name_person(customer)
    for step in ("payment_method", "buyer", "products", "promises"):
        take_step(customer, step, "xu", number="HT-2")
    customer.confirm_contract(confirmer="he", number="HT-2", at=MONDAY, rules=RULES)
    assert customer.signers == ("li",)


@pytest.mark.clause("S1-049", "S1-031")
def test_a_follow_up_of_a_formal_customer_needs_no_next_contact() -> None:
    customer = name_person(formal(a_customer()))
    follow_up(customer, "xu", MONDAY, next_contact_at=None)
    with pytest.raises(Invalid):
        follow_up(intent(a_customer()), "li", MONDAY, next_contact_at=None)


def test_intent_that_was_refused_leaves_no_contract_to_sign() -> None:
    customer = potential(a_customer())
    customer.request_intent(member="li", reason="已签约", at=MONDAY, rules_of=rules_of)
    customer.refuse_application(
        "intent", decider="sun", reason="没有合同", at=MONDAY, rules_of=rules_of
    )
    assert isinstance(new_events(customer)[-1], IntentRefused)
    with pytest.raises(WrongStage):
        draw(customer)


def test_a_replay_of_contracts_gives_the_same_state() -> None:
    customer = complete(intent(a_customer()))
    draw(customer, number="HT-2")
    void(customer, number="HT-2")
    sign(customer, number="HT-3")
    confirm(customer, at=PAST_IT)
    name_person(customer, at=PAST_IT)
    void(customer, "he", PAST_IT + timedelta(hours=1), decides=True, number="HT-3")
    assert state_of(replay_of(customer)) == state_of(customer)
