"""A card with its applications, contracts, duplicates and leavings, and who sees what of them."""

from typing import Any

import pytest

from tests.api.http.guests import DAY, MONDAY, PRODUCT, STEPS, Guests, assert_problem

DEADLINE = "2026-04-01T01:00:00.000000Z"
HELD_OVER = "2026-04-07T16:00:00.000000Z"
SECRETS = ("预算三十万", "银行转账", "税号", "招聘会员", "置顶", "信用代码")
"""What no stranger may read anywhere of a customer."""


def card(guests: Guests, customer: str, member: str = "li") -> dict[str, Any]:
    answer = guests.get(f"/v1/customers/{customer}", member)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.clause("S1-036")
def test_a_card_tells_what_waits_and_what_it_holds_over(guests: Guests) -> None:
    customer = guests.potential()
    body = {"reason": "预算三十万，月底定案", "days": 20}
    guests.post(f"/v1/customers/{customer}/extension", body)
    told = card(guests, customer)
    assert told["application"] == {
        "kind": "extension",
        "applicant": "li",
        "asked_at": "2026-03-02T01:00:00.000000Z",
        "reason": "预算三十万，月底定案",
        "days": 20,
    }
    assert (told["until"], told["extensions"]) == (DEADLINE, 0)
    assert (told["held_over_by"], told["held_over_until"]) == ("extension", HELD_OVER)
    guests.decide(customer, "extension")
    told = card(guests, customer)
    assert (told["application"], told["extensions"]) == (None, 1)
    assert (told["held_over_by"], told["held_over_until"]) == (None, None)


@pytest.mark.clause("S1-058", "S1-059", "S1-061")
def test_a_card_tells_its_contracts_as_far_as_they_have_come(guests: Guests) -> None:
    customer = guests.intent()
    first = guests.write_contract(customer, type="其他合同", signed_on="2026-03-01")
    second = guests.write_contract(customer)
    told = {contract["number"]: contract for contract in card(guests, customer)["contracts"]}
    assert list(told) == sorted(told)
    assert (told[first]["state"], told[first]["step"]) == ("signed", "signed_on")
    assert told[first]["next_steps"] == ["payment_method"]
    assert told[first]["signed_on"] == "2026-03-01"
    assert told[second]["next_steps"] == ["promises"]
    assert told[second]["products"] == [PRODUCT]
    for step in ("type", "payment_method", "buyer", "promises"):
        assert told[second][step] == STEPS[step]
    assert told[second]["signed_by"] == "li"


@pytest.mark.clause("S1-048")
def test_a_formal_customer_is_after_sales_and_stays_readable_to_who_signed_it(
    guests: Guests,
) -> None:
    customer = guests.formal()
    told = card(guests, customer)
    assert (told["state"], told["holder"], told["group"]) == ("formal", None, "after-sales")
    assert (told["signers"], told["details_hidden"]) == (["li"], None)
    assert told["contracts"][0]["state"] == "confirmed"
    for member in ("han", "jiang", "shen", "feng"):
        assert card(guests, customer, member)["details_hidden"] is None
    # It is after-sales', no more the department's that signed it.
    for member in ("chen", "wang"):
        assert card(guests, customer, member)["details_hidden"] == "not-a-party"
    for path in ("history", "holder"):
        mine = guests.get(f"/v1/customers/{customer}/{path}").json()
        foreign = guests.get(f"/v1/customers/{customer}/{path}", "chen").json()
        events = mine.get("items") or mine["grounds"]
        assert any(event["facts"] for event in events)
        assert not any(event["facts"] for event in foreign.get("items") or foreign["grounds"])
    listed = guests.get("/v1/customers", "chen", group="after-sales", limit=500).json()["items"]
    assert customer in {item["customer_id"] for item in listed}
    assert {item["group"] for item in listed} == {"after-sales"}


def test_strangers_read_neither_contracts_nor_reasons_nor_statements(guests: Guests) -> None:
    customer, other = guests.intent(), guests.register()
    number = guests.write_contract(customer)
    refused = guests.patch(f"/v1/customers/{customer}/contracts/{number}", {"buyer": "另一税号"})
    assert refused.status_code == 409
    body = {"reason": "预算三十万"}
    assert guests.post(f"/v1/customers/{customer}/intent", body).status_code == 409
    guests.post(f"/v1/customers/{customer}/extension", body)
    report = {"of": other, "statement": "统一社会信用代码相同"}
    guests.post(f"/v1/customers/{customer}/duplicates", report)
    paths = [f"/v1/customers/{customer}{path}" for path in ("", "/history", "/holder", "/replay")]
    for path in paths:
        told = guests.get(path, "chen").text
        assert not any(secret in told for secret in SECRETS), path
    told = card(guests, customer, "chen")
    for field in ("application", "extensions", "contracts", "signers"):
        assert told[field] is None
    assert (told["holder"], told["held_over_by"]) == ("li", "extension")
    assert told["duplicates"] == [
        {
            "report": 1,
            "of": other,
            "reporter": "li",
            "reported_at": "2026-03-02T01:00:00.000000Z",
            "statement": None,
        }
    ]
    mine = card(guests, customer)
    assert mine["duplicates"][0]["statement"] == "统一社会信用代码相同"
    assert mine["application"]["reason"] == "预算三十万"


def test_strangers_see_the_end_of_a_hold_over_to_the_day(guests: Guests) -> None:
    guests.patch("/v1/members/chen", {"roles": ["seller"]}, "root")
    customer = guests.potential()
    guests.apply(customer)
    for at, until in ((MONDAY, "2026-04-01T16:00:00.000000Z"), (MONDAY + 30 * DAY, DEADLINE)):
        guests.at(at)
        told = card(guests, customer, "chen")
        assert (told["until"], told["held_over_until"]) == (until, HELD_OVER)
        listed = guests.get("/v1/customers", "chen", name=told["name"]).json()["items"][0]
        assert (listed["until"], listed["held_over_until"]) == (until, HELD_OVER)
        like = guests.get("/v1/collisions", "chen", name=told["name"]).json()["items"][0]
        assert (like["holder"], like["protected_until"]) == ("li", HELD_OVER)


@pytest.mark.clause("S1-020")
def test_merged_records_name_one_another(guests: Guests) -> None:
    customer, other = guests.potential(), guests.register()
    body = {"of": other, "statement": "同一公司"}
    guests.post(f"/v1/customers/{customer}/duplicates", body)
    body = {"resolution": "merge", "reason": "已核实"}
    guests.post(f"/v1/customers/{customer}/duplicates/1/resolution", body, "zhao")
    gone, stays = card(guests, customer, "wang"), card(guests, other, "wang")
    assert (gone["state"], gone["merged_into"], gone["holder"]) == ("merged", other, None)
    assert (stays["state"], stays["merged_from"]) == ("potential", [customer])
    assert stays["holder"] == "li"
    like = guests.get("/v1/collisions", "chen", name=gone["name"]).json()["items"]
    found = next(item for item in like if item["customer_id"] == customer)
    assert (found["state"], found["into"]) == ("merged", other)
    merged = guests.get("/v1/customers", state="merged", limit=500).json()["items"]
    assert customer in {item["customer_id"] for item in merged}
    assert guests.get("/v1/pool", name=gone["name"]).json()["items"] == []


@pytest.mark.clause("S1-020")
def test_companies_that_are_different_say_so(guests: Guests) -> None:
    customer, other = guests.potential(), guests.register()
    body = {"of": other, "statement": "同一公司"}
    guests.post(f"/v1/customers/{customer}/duplicates", body)
    body = {"resolution": "different", "reason": "注册地不同"}
    guests.post(f"/v1/customers/{customer}/duplicates/1/resolution", body, "zhao")
    assert card(guests, customer)["different_from"] == [other]
    assert card(guests, other)["different_from"] == [customer]
    assert card(guests, customer)["duplicates"] == []


@pytest.mark.clause("S1-283")
def test_a_card_tells_that_its_holder_leaves_and_who_takes_over(guests: Guests) -> None:
    guests.move_in({"departing": "seller"})
    handed, left = guests.potential("departing"), guests.potential("departing")
    body = {
        "leaves_at": (MONDAY + 2 * DAY).isoformat(),
        "hand_over": [{"customer_id": handed, "to": "chen"}],
        "reason": "离职",
    }
    assert guests.post("/v1/members/departing/leave", body, "wang").status_code == 200
    instant, day = "2026-03-04T01:00:00.000000Z", "2026-03-04T16:00:00.000000Z"
    assert card(guests, handed, "wang")["leaving"] == {"leaves_at": instant, "to": "chen"}
    assert card(guests, left, "wang")["leaving"] == {"leaves_at": instant, "to": None}
    assert card(guests, handed, "li")["leaving"] == {"leaves_at": day, "to": None}
    guests.at(MONDAY + 2 * DAY)
    told = card(guests, handed, "chen")
    assert (told["holder"], told["until"], told["leaving"]) == ("chen", DEADLINE, None)
    assert card(guests, left, "wang")["state"] == "pool"
    member = guests.get("/v1/members/departing", "wang").json()
    assert (member["roles"], member["leaves_at"]) == ([], instant)
    before = guests.get("/v1/members/departing", "wang", at=MONDAY.isoformat()).json()
    assert before["roles"] == ["seller"]
    assert_problem(guests.send("GET", "/v1/pool", "departing"), 401, "not-signed-in")
