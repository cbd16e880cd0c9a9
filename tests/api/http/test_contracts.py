"""Contracts over HTTP: drawn, taken step by step, signed, confirmed, voided."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.api.http.guests import (
    DAY,
    MONDAY,
    PRODUCT,
    STEPS,
    Guests,
    assert_problem,
    invalid_fields,
)


def path_of(customer: str, number: str, *more: str) -> str:
    return "/".join((f"/v1/customers/{customer}/contracts", quote(number, safe=""), *more))


@pytest.mark.clause("S1-054", "S1-057")
def test_a_contract_is_drawn_under_its_number(guests: Guests) -> None:
    customer = guests.intent()
    answer = guests.draw(customer, number="HT-2026-1")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["number"], told["state"], told["holder"]) == ("HT-2026-1", "intent", "li")
    assert answer.headers["etag"] == f'"{told["version"]}"'


@pytest.mark.clause("S1-055")
def test_a_potential_customer_signs_nothing(guests: Guests) -> None:
    problem = assert_problem(guests.draw(guests.potential()), 409, "wrong-stage")
    assert (problem["stage"], problem["allowed"]) == ("potential", ["intent", "formal"])


@pytest.mark.clause("S1-057")
def test_a_number_is_drawn_once(guests: Guests) -> None:
    first, second = guests.intent(), guests.intent()
    guests.draw(first, number="CZ 2026-77")
    for customer in (first, second):
        problem = assert_problem(guests.draw(customer, number="cz2026-77"), 409, "number-taken")
        assert problem["number"] == "cz2026-77"


@pytest.mark.parametrize("number", ["合同（2026）第1号", "HT 2026 %23?#&+", "ＨＴ－２０２６－９"])
def test_a_number_of_any_signs_names_its_contract_percent_encoded(
    guests: Guests, number: str
) -> None:
    customer = guests.intent()
    kept = guests.draw(customer, number=number).json()["number"]
    for spelt in {number, kept}:
        answer = guests.patch(path_of(customer, spelt), {"type": "其他合同"})
        assert answer.status_code in {200, 409}, answer.text
        told = guests.post(path_of(customer, spelt, "confirm"), {}, "feng")
        assert assert_problem(told, 409, "wrong-stage")["stage"] == "type"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("HT/2026", "not-in-an-address"),
        ("HT／2026", "not-in-an-address"),
        ("..", "not-in-an-address"),
        (".", "not-in-an-address"),
        ("", "empty"),
        ("\u3000", "empty"),
        ("a\nb", "unseen-character"),
        ("9" * 61, "too-long"),
        ("㍿" * 20, "too-long"),
        (5, "wrong-type"),
        (None, "wrong-type"),
    ],
)
def test_a_number_that_no_address_can_hold_is_refused(
    guests: Guests, number: object, code: str
) -> None:
    assert invalid_fields(guests.draw(guests.intent(), number=number)) == {"number": code}


@pytest.mark.clause("S1-056", "S1-058", "S1-059")
def test_its_steps_are_taken_in_order_one_by_one_or_together(guests: Guests) -> None:
    customer = guests.intent()
    number = guests.draw(customer).json()["number"]
    path = path_of(customer, number)
    early = assert_problem(guests.patch(path, {"buyer": "某公司"}), 409, "wrong-stage")
    assert early["allowed"] == ["type"]
    half = guests.patch(path, {"type": STEPS["type"], "buyer": "某公司"})
    assert assert_problem(half, 409, "wrong-stage")["allowed"] == ["signed_on"]
    answer = guests.patch(path, {"type": STEPS["type"]})
    assert (answer.status_code, answer.json()["number"]) == (200, number)
    several = {key: STEPS[key] for key in ("buyer", "payment_method", "signed_on")}
    assert guests.patch(path, several).status_code == 200
    skipped = assert_problem(guests.patch(path, {"promises": []}), 409, "wrong-stage")
    assert skipped["allowed"] == ["products"]
    for products in ([PRODUCT], [{"name": "赠品"}], [PRODUCT | {"price": 12.5}]):
        assert guests.patch(path, {"products": products}).status_code == 200
    again = assert_problem(guests.patch(path, {"type": STEPS["type"]}), 409, "wrong-stage")
    assert again["allowed"] == ["products", "promises"]
    assert guests.patch(path, {"promises": []}).status_code == 200


@pytest.mark.clause("S1-061")
def test_promises_may_be_added_until_it_is_confirmed(guests: Guests) -> None:
    customer = guests.intent()
    number = guests.write_contract(customer)
    path = path_of(customer, number)
    assert guests.patch(path, {"promises": ["另赠一个月"]}).status_code == 200
    assert guests.confirm(customer, number).status_code == 200
    late = guests.patch(path, {"promises": ["再赠一个月"]})
    assert late.status_code == 409


@pytest.mark.clause("S1-057")
def test_a_drawn_contract_that_has_expired_is_too_late(guests: Guests) -> None:
    customer = guests.intent()
    number = guests.draw(customer).json()["number"]
    guests.at(MONDAY + 14 * DAY)
    guests.apply(customer, "extension")
    guests.decide(customer, "extension")
    guests.at(MONDAY + 29 * DAY)
    guests.apply(customer, "extension")
    guests.at(MONDAY + 30 * DAY)
    answer = guests.patch(path_of(customer, number), {"type": "其他合同"})
    assert assert_problem(answer, 409, "too-late")["deadline"] == "2026-04-01T01:00:00.000000Z"


def test_a_signature_holds_the_protection_over_its_deadline(guests: Guests) -> None:
    customer = guests.intent()
    number = guests.draw(customer).json()["number"]
    answer = guests.patch(
        path_of(customer, number), {"type": "其他合同", "signed_on": "2026-03-01"}
    )
    told = answer.json()
    assert (told["held_over_by"], told["held_over_until"]) == (
        "contract",
        "2026-03-20T16:00:00.000000Z",
    )
    assert told["until"] == "2026-03-17T01:00:00.000000Z"


@pytest.mark.clause("S1-046", "S1-048", "S1-060")
def test_a_confirmed_contract_makes_the_customer_formal_and_after_sales(guests: Guests) -> None:
    customer = guests.intent()
    number = guests.write_contract(customer)
    answer = guests.send("POST", path_of(customer, number, "confirm"), "feng")
    told = answer.json()
    assert (answer.status_code, told["state"], told["number"]) == (200, "formal", number)
    assert (told["holder"], told["group"], told["until"]) == (None, "after-sales", None)
    again = guests.confirm(customer, number)
    assert_problem(again, 409, "nothing-pending")


@pytest.mark.clause("S1-047")
def test_a_formal_customer_is_never_public(guests: Guests) -> None:
    customer = guests.formal()
    guests.at(MONDAY + 3650 * DAY)
    problem = assert_problem(guests.claim(customer, "chen"), 409, "already-protected")
    assert (problem["stage"], problem["holder"], problem["group"]) == (
        "formal",
        None,
        "after-sales",
    )
    assert problem["until"] is None


@pytest.mark.clause("S1-060")
def test_only_a_complete_contract_is_confirmed_and_not_by_a_party(guests: Guests) -> None:
    guests.patch("/v1/members/chen", {"roles": ["seller", "finance"]}, "root")
    customer = guests.intent("chen")
    number = guests.write_contract(customer, "chen", type="其他合同", signed_on="2026-03-02")
    problem = assert_problem(guests.confirm(customer, number), 409, "wrong-stage")
    assert (problem["stage"], problem["allowed"]) == ("signed_on", ["payment_method"])
    problem = assert_problem(guests.confirm(customer, number, "chen"), 403, "own-decision")
    assert problem["applicant"] == "chen"
    assert_problem(guests.confirm(customer, number, "zhao"), 403, "not-allowed")
    needs = assert_problem(guests.confirm(customer, number, "shen"), 403, "not-allowed")["needs"]
    assert needs == ["manager", "finance"]
    guests.patch("/v1/members/chen", {"roles": ["seller"]}, "root")


@pytest.mark.clause("S1-047")
def test_a_voided_contract_leaves_a_formal_customer_formal(guests: Guests) -> None:
    customer = guests.intent()
    number = guests.write_contract(customer)
    guests.confirm(customer, number)
    path = path_of(customer, number, "void")
    assert invalid_fields(guests.post(path, {"reason": ""}, "feng")) == {"reason": "empty"}
    answer = guests.post(path, {"reason": "客户要求撤销"}, "feng")
    assert (answer.status_code, answer.json()["state"]) == (200, "formal")
    assert_problem(guests.post(path, {"reason": "x"}, "feng"), 409, "nothing-pending")


def test_the_holder_voids_his_open_contract_and_nobody_elses(guests: Guests) -> None:
    customer = guests.intent()
    number = guests.write_contract(customer)
    path = path_of(customer, number, "void")
    assert_problem(guests.post(path, {"reason": "x"}, "chen"), 409, "not-the-holder")
    told = guests.post(path, {"reason": "金额写错"}).json()
    assert (told["state"], told["number"]) == ("intent", number)
    assert "held_over_by" not in told


def test_contracts_are_the_holders_and_have_to_exist(guests: Guests) -> None:
    customer = guests.intent()
    assert_problem(guests.draw(customer, "chen"), 409, "not-the-holder")
    number = guests.draw(customer).json()["number"]
    path = path_of(customer, number)
    assert_problem(guests.patch(path, {"type": "其他合同"}, "chen"), 409, "not-the-holder")
    nowhere = path_of(customer, "HT-0")
    for answer in (
        guests.patch(nowhere, {"type": "其他合同"}),
        guests.post(f"{nowhere}/void", {"reason": "x"}),
        guests.post(f"{nowhere}/confirm", {}, "feng"),
    ):
        problem = assert_problem(answer, 404, "not-found")
        assert (problem["kind"], problem["id"]) == ("contract", "HT-0")


MALFORMED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {"body": "empty"}),
    ({"type": "口头合同"}, {"type": "unknown"}),
    ({"type": None}, {"type": "wrong-type"}),
    ({"type": ""}, {"type": "empty"}),
    ({"number": "x"}, {"number": "unknown"}),
    ({"signed_on": "2026-02-30"}, {"signed_on": "out-of-range"}),
    ({"signed_on": "2026-03-02T00:00:00Z"}, {"signed_on": "malformed"}),
    ({"signed_on": "20260302"}, {"signed_on": "malformed"}),
    ({"signed_on": 20260302}, {"signed_on": "wrong-type"}),
    ({"buyer": "x" * 501}, {"buyer": "too-long"}),
    ({"products": []}, {"products": "count"}),
    ({"products": {}}, {"products": "wrong-type"}),
    ({"products": None}, {"products": "wrong-type"}),
    ({"products": [{"quantity": 1}]}, {"products.0.name": "missing"}),
    ({"products": [PRODUCT, {"name": " "}]}, {"products.1.name": "empty"}),
    ({"products": [PRODUCT | {"quantity": 0}]}, {"products.0.quantity": "out-of-range"}),
    ({"products": [PRODUCT | {"quantity": "2"}]}, {"products.0.quantity": "wrong-type"}),
    ({"products": [PRODUCT | {"quantity": None}]}, {"products.0.quantity": "wrong-type"}),
    ({"products": [PRODUCT | {"price": "1.005"}]}, {"products.0.price": "out-of-range"}),
    ({"products": [PRODUCT | {"price": -1}]}, {"products.0.price": "malformed"}),
    ({"products": [PRODUCT | {"price": "1e3"}]}, {"products.0.price": "malformed"}),
    ({"products": [PRODUCT | {"price": "NaN"}]}, {"products.0.price": "malformed"}),
    ({"products": [PRODUCT | {"price": 10**15}]}, {"products.0.price": "out-of-range"}),
    ({"products": [PRODUCT | {"price": True}]}, {"products.0.price": "wrong-type"}),
    ({"promises": "赠品"}, {"promises": "wrong-type"}),
    ({"promises": ["好", ""]}, {"promises.1": "empty"}),
    ({"promises": ["x"] * 101}, {"promises": "count"}),
]


@pytest.fixture(scope="module")
def drawn(module_guests: Guests) -> str:
    """The path of a contract of which no step was taken."""
    customer = module_guests.intent()
    return path_of(customer, module_guests.draw(customer).json()["number"])


@pytest.mark.parametrize(("body", "fields"), MALFORMED, ids=lambda part: str(part)[:60])
def test_a_malformed_step_is_named_and_nothing_is_kept(
    guests: Guests, drawn: str, body: dict[str, Any], fields: dict[str, str]
) -> None:
    before = guests.log_length()
    assert invalid_fields(guests.patch(drawn, body)) == fields
    assert guests.log_length() == before


def test_a_signature_is_not_dated_in_the_future(guests: Guests, drawn: str) -> None:
    body = {"type": "其他合同", "signed_on": "2026-03-03"}
    assert invalid_fields(guests.patch(drawn, body)) == {"signed_on": "in-the-future"}


def test_a_repeated_draw_under_its_key_draws_once(guests: Guests) -> None:
    customer, key = guests.intent(), uuid4().hex
    path, body = f"/v1/customers/{customer}/contracts", {"number": "KEY-1"}
    first = guests.post(path, body, Idempotency_Key=key)
    again = guests.post(path, body, Idempotency_Key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"


def test_a_step_may_depend_on_the_version_seen(guests: Guests) -> None:
    customer = guests.intent()
    drawn = guests.draw(customer)
    path = path_of(customer, drawn.json()["number"])
    body = {"type": "其他合同"}
    assert_problem(guests.patch(path, body, If_Match='"1"'), 412, "version-conflict")
    answer = guests.patch(path, body, If_Match=drawn.headers["etag"])
    assert answer.status_code == 200
    confirmed = guests.post(f"{path}/confirm", {}, "feng", If_Match=drawn.headers["etag"])
    assert_problem(confirmed, 412, "version-conflict")
