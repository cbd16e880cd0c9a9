"""Applications over HTTP: asked for, decided, withdrawn, held over."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.api.http.guests import DAY, MICROSECOND, MONDAY, Guests, assert_problem, invalid_fields

DEADLINE = "2026-04-01T01:00:00.000000Z"
HELD_OVER = "2026-04-07T16:00:00.000000Z"
"""The end of the third working day after the deadline: 6 April is a holiday."""


@pytest.mark.clause("S1-039", "S1-034")
def test_an_application_for_intent_holds_the_protection_over_its_deadline(guests: Guests) -> None:
    customer = guests.potential()
    answer = guests.apply(customer)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["state"], told["holder"], told["until"]) == ("potential", "li", DEADLINE)
    assert (told["held_over_by"], told["held_over_until"]) == ("intent", HELD_OVER)
    assert "group" not in told
    guests.at(MONDAY + 30 * DAY)
    assert guests.decide(customer).json()["state"] == "intent"


@pytest.mark.clause("S1-041", "S1-042")
def test_a_grant_of_intent_answers_the_deadline_of_its_full_term(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer)
    guests.at(MONDAY + 10 * DAY)
    told = guests.decide(customer).json()
    assert (told["state"], told["until"]) == ("intent", "2026-03-27T01:00:00.000000Z")
    assert not {"held_over_by", "held_over_until", "group"} & set(told)


@pytest.mark.clause("S1-040")
def test_an_application_needs_a_reason(guests: Guests) -> None:
    customer = guests.potential()
    for kind in ("intent", "extension"):
        path = f"/v1/customers/{customer}/{kind}"
        assert invalid_fields(guests.post(path, {"reason": " \n"})) == {"reason": "empty"}
        assert invalid_fields(guests.post(path, {})) == {"reason": "missing"}


@pytest.mark.clause("S1-041")
def test_a_refusal_needs_a_reason_and_leaves_the_old_deadline(guests: Guests) -> None:
    customer = guests.potential()
    for kind in ("intent", "extension"):
        guests.apply(customer, kind)
        assert invalid_fields(guests.decide(customer, kind, "refuse")) == {"reason": "empty"}
        told = guests.decide(customer, kind, "refuse", reason="尚无采购计划").json()
        assert (told["state"], told["until"]) == ("potential", DEADLINE)
        assert "held_over_by" not in told


def test_refused_after_the_deadline_the_customer_is_public(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer)
    guests.at(MONDAY + 31 * DAY)
    told = guests.decide(customer, decision="refuse", reason="尚无采购计划").json()
    assert (told["state"], told["holder"], told["until"]) == ("pool", None, None)


@pytest.mark.clause("S1-036", "S1-044")
def test_an_extension_counts_from_the_old_deadline(guests: Guests) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}/extension"
    answer = guests.post(path, {"reason": "客户月底定案", "days": 20})
    assert (answer.status_code, answer.json()["held_over_by"]) == (201, "extension")
    told = guests.decide(customer, "extension", days=10).json()
    assert (told["state"], told["until"]) == ("potential", "2026-04-11T01:00:00.000000Z")
    customer = guests.intent()
    assert guests.apply(customer, "extension").status_code == 201
    told = guests.decide(customer, "extension").json()
    assert (told["state"], told["until"]) == ("intent", DEADLINE)


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (0, "out-of-range"),
        (31, "out-of-range"),
        (10**30, "out-of-range"),
        ("15", "wrong-type"),
        (True, "wrong-type"),
        (1.5, "wrong-type"),
        ([], "wrong-type"),
    ],
)
def test_days_are_a_whole_number_that_the_rulebook_allows(
    guests: Guests, days: object, code: str
) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}/extension"
    assert invalid_fields(guests.post(path, {"reason": "x", "days": days})) == {"days": code}
    guests.apply(customer, "extension")
    answer = guests.decide(customer, "extension", days=days)
    assert invalid_fields(answer) == {"days": code}


def test_one_application_waits_at_a_time(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer)
    for kind in ("intent", "extension"):
        assert_problem(guests.apply(customer, kind), 409, "already-pending")
    assert_problem(guests.decide(customer, "extension"), 409, "nothing-pending")


def test_a_second_extension_is_refused_with_how_many_there_may_be(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer, "extension")
    guests.decide(customer, "extension", days=5)
    problem = assert_problem(guests.apply(customer, "extension"), 409, "extensions-used-up")
    assert (problem["extensions"], problem["extensions_max"]) == (1, 1)
    assert problem["stage"] == "potential"


def test_a_second_application_within_a_hold_over_is_too_late(guests: Guests) -> None:
    customer = guests.intent()
    guests.write_contract(customer, type="其他合同", signed_on="2026-03-02")
    guests.at(MONDAY + 15 * DAY)
    problem = assert_problem(guests.apply(customer, "extension"), 409, "too-late")
    assert problem["deadline"] == "2026-03-17T01:00:00.000000Z"


def test_applications_are_the_holders_of_the_right_stage(guests: Guests) -> None:
    customer = guests.potential()
    problem = assert_problem(guests.apply(customer, member="chen"), 409, "not-the-holder")
    assert problem["holder"] == "li"
    in_intent = guests.intent()
    problem = assert_problem(guests.apply(in_intent), 409, "wrong-stage")
    assert (problem["stage"], problem["allowed"]) == ("intent", ["potential"])
    in_pool = guests.register()
    assert assert_problem(guests.apply(in_pool), 409, "not-the-holder")["holder"] is None


@pytest.mark.clause("S1-041")
def test_who_decides_is_no_party_and_has_a_role_of_the_rulebook(guests: Guests) -> None:
    customer = guests.register("wang")
    guests.claim(customer, "wang")
    guests.review(customer)
    guests.apply(customer, member="wang")
    problem = assert_problem(guests.decide(customer), 403, "own-decision")
    assert problem["applicant"] == "wang"
    assert_problem(guests.decide(customer, member="chen"), 403, "not-allowed")
    problem = assert_problem(guests.decide(customer, member="root"), 403, "not-allowed")
    assert problem["needs"] == ["manager", "director"]
    assert guests.decide(customer, member="shen").status_code == 200


def test_an_application_is_taken_back_before_it_is_decided(guests: Guests) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}/withdrawal"
    for kind in ("intent", "extension"):
        guests.apply(customer, kind)
        answer = guests.post(path, {"what": kind, "reason": "误操作"})
        assert answer.status_code == 200
        assert (answer.json()["state"], answer.json()["until"]) == ("potential", DEADLINE)
        again = guests.post(path, {"what": kind, "reason": "误操作"})
        assert_problem(again, 409, "nothing-pending")
    claim = guests.post(path, {"what": "claim", "reason": "误操作"})
    assert assert_problem(claim, 409, "wrong-stage")["stage"] == "potential"


@pytest.mark.clause("S1-042", "S1-043")
def test_an_intent_customer_without_a_contract_is_public_after_fifteen_days(
    guests: Guests,
) -> None:
    customer = guests.intent()
    guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up())
    guests.at(MONDAY + 15 * DAY - MICROSECOND)
    assert guests.claim(customer, "chen").status_code == 409
    guests.at(MONDAY + 15 * DAY)
    assert guests.claim(customer, "chen").status_code == 201


@pytest.mark.clause("S1-045")
def test_who_gives_an_intent_customer_up_is_barred_for_three_days(guests: Guests) -> None:
    customer = guests.intent()
    guests.post(f"/v1/customers/{customer}/release", {"reason": "无需求"})
    problem = assert_problem(guests.claim(customer), 409, "barred")
    assert problem["until"] == "2026-03-05T01:00:00.000000Z"
    guests.at(MONDAY + 3 * DAY)
    assert guests.claim(customer).status_code == 201


def test_undecided_at_the_end_of_the_hold_over_it_is_public(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer)
    end = MONDAY + 36 * DAY + timedelta(hours=15)
    assert guests.post(f"/v1/customers/{customer}/intent", {"reason": "x"}).status_code == 409
    guests.at(end - MICROSECOND)
    assert guests.claim(customer, "chen").status_code == 409
    guests.at(end)
    assert guests.claim(customer, "chen").status_code == 201


def test_a_repeated_application_under_its_key_gets_the_first_answer(guests: Guests) -> None:
    customer, key = guests.potential(), uuid4().hex
    path, body = f"/v1/customers/{customer}/intent", {"reason": "客户已确认预算"}
    first = guests.post(path, body, Idempotency_Key=key)
    again = guests.post(path, body, Idempotency_Key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = guests.post(path, {"reason": "另一原因"}, Idempotency_Key=key)
    assert_problem(other, 422, "idempotency-mismatch")


def test_an_application_may_depend_on_the_version_seen(guests: Guests) -> None:
    customer = guests.register()
    guests.claim(customer)
    seen = guests.review(customer).headers["etag"]
    path, body = f"/v1/customers/{customer}/extension", {"reason": "x"}
    assert_problem(guests.post(path, body, If_Match='"1"'), 412, "version-conflict")
    assert guests.post(path, body, If_Match=seen).status_code == 201
