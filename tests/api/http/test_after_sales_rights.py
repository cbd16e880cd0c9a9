"""How far the after-sales manager's rights reach: his people, and what the group holds (A-31)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.http.guests import MONDAY, Guests, assert_problem

CARE, TEAM, ELSEWHERE = "售后部", "售后一组", "外地售后"
STAFF = {
    "care-lead": ("after-sales-manager", CARE),
    "care-one": ("after-sales", TEAM),
    "care-two": ("after-sales", TEAM),
    "care-far": ("after-sales", ELSEWHERE),
    "lead-far": ("after-sales-manager", ELSEWHERE),
}


@pytest.fixture(scope="module")
def care(module_guests: Guests) -> Guests:
    """After-sales with a team below it, and another one elsewhere."""
    guests = module_guests
    guests.move_in({member: role for member, (role, _) in STAFF.items()})
    for member, (_, department) in STAFF.items():
        guests.patch(f"/v1/members/{member}", {"department": department}, "root")
    guests.place(TEAM, CARE)
    return guests


@pytest.fixture
def guests(care: Guests) -> Guests:
    care.at(MONDAY)
    return care


def named(guests: Guests, to: str) -> str:
    """A formal customer for which this person of after-sales was named."""
    customer = guests.formal()
    body = {"to": to}
    answer = guests.post(f"/v1/customers/{customer}/after-sales", body, "care-lead")
    assert answer.status_code == 200, answer.text
    return customer


def board(guests: Guests, reader: str, **asked: Any) -> set[str]:
    """The customers on the reader's board, through all of its pages."""
    found: set[str] = set()
    waits = {"Tenure-Min-Position": str(guests.settled())}
    while True:
        params = {"limit": 2, **asked}
        told = guests.send("GET", "/v1/board", reader, params=params, headers=waits).json()
        found |= {item["customer_id"] for item in told["items"]}
        if told["next"] is None:
            return found
        asked["after"] = told["next"]


def refused(answer: Any) -> None:
    problem = assert_problem(answer, 403, "not-allowed")
    assert problem["condition"] == "department"
    assert "after-sales-manager" not in problem["needs"]
    assert "director" in problem["needs"]


@pytest.mark.clause("S1-048", "S1-272")
def test_the_board_of_an_after_sales_manager_holds_his_people_and_the_group(
    guests: Guests,
) -> None:
    of_group, of_one, of_far = guests.formal(), named(guests, "care-one"), named(guests, "care-far")
    of_seller = guests.potential()
    ours = {of_group, of_one, of_far, of_seller}
    assert board(guests, "care-lead") & ours == {of_group, of_one}
    assert board(guests, "lead-far") & ours == {of_group, of_far}
    assert board(guests, "care-lead", state="formal") & ours == {of_group, of_one}
    assert board(guests, "care-lead", state="potential") & ours == set()
    # Who is asked for by name or by department has what he has, and nothing of the group's.
    assert board(guests, "care-lead", member="care-one") & ours == {of_one}
    assert board(guests, "care-lead", department=TEAM) & ours == {of_one}
    refused(guests.get("/v1/board", "care-lead", department=ELSEWHERE))
    for member in ("care-one", "wang"):
        assert of_group not in board(guests, member), member
    load = guests.get("/v1/board/load", "care-lead").json()["items"]
    assert {"care-one"} <= {line["member"] for line in load} <= set(STAFF)
    file = guests.get("/v1/board/export", "care-lead", format="jsonl")
    assert of_group in file.text
    assert of_one in file.text
    assert of_far not in file.text


@pytest.mark.clause("S1-048", "S1-272")
def test_an_after_sales_manager_sees_what_each_of_his_people_holds(guests: Guests) -> None:
    customer = named(guests, "care-two")
    told = guests.get("/v1/members/care-two/portfolio", "care-lead", limit=500).json()
    assert customer in {item["customer_id"] for item in told["items"]}
    for member in ("care-far", "li"):
        refused(guests.get(f"/v1/members/{member}/portfolio", "care-lead"))
    assert_problem(guests.get("/v1/members/care-two/portfolio", "care-one"), 403, "not-allowed")


@pytest.mark.clause("S1-048", "S4-36")
def test_an_after_sales_manager_reads_the_audit_of_his_people_and_the_group(
    guests: Guests,
) -> None:
    of_group, of_one, of_far = guests.formal(), named(guests, "care-one"), named(guests, "care-far")
    note = guests.follow_up("机器已装好，客户满意")
    assert guests.post(f"/v1/customers/{of_one}/follow-ups", note, "care-one").status_code == 201
    for asked in ({"customer": of_one}, {"actor": "care-one"}):
        told = guests.get("/v1/audit", "care-lead", **asked)
        assert told.status_code == 200
        assert "机器已装好" in told.text, asked
    told = guests.get("/v1/audit", "care-lead", customer=of_group)
    assert "客户已确认预算" in told.text
    for path in ("/v1/audit", "/v1/audit/export"):
        refused(guests.get(path, "care-lead"))
        refused(guests.get(path, "care-lead", customer=of_far))
        refused(guests.get(path, "care-lead", customer=guests.potential()))
        refused(guests.get(path, "care-lead", actor="li"))
        refused(guests.get(path, "wang", customer=of_group))


@pytest.mark.clause("S4-40")
def test_class_a_stays_closed_in_the_audit_of_an_after_sales_manager(guests: Guests) -> None:
    customer = named(guests, "care-one")
    body = {"class": "A", "reason": "年采购额居本区首位"}
    assert guests.post(f"/v1/customers/{customer}/class", body, "shen").status_code == 200
    told = guests.get("/v1/audit", "care-lead", customer=customer)
    assert told.status_code == 200
    assert "客户已确认预算" not in told.text
    card = guests.get(f"/v1/customers/{customer}", "care-lead").json()
    assert card["details_hidden"] == "not-a-party"


@pytest.mark.clause("S1-048", "S1-066", "S1-071", "S4-36")
def test_lists_of_an_after_sales_manager_are_of_his_department_and_the_group(
    guests: Guests,
) -> None:
    of_group, of_seller = guests.formal(), guests.potential()
    guests.apply(of_seller)
    for scope in ("mine", "all"):
        told = guests.get("/v1/approvals", "care-lead", scope=scope, limit=500).json()
        kinds = {(item["customer_id"], item["kind"]) for item in told["items"]}
        assert (of_group, "after-sales") in kinds, scope
        assert of_seller not in {customer for customer, _ in kinds}, scope
    briefing = guests.get("/v1/briefing", "care-lead", limit=200).json()
    assert of_group in {item["customer_id"] for item in briefing["without_person"]}
    assert of_seller not in {item["customer_id"] for item in briefing["waiting"]}
    named(guests, "care-one")
    customer = named(guests, "care-two")
    note = guests.follow_up()
    guests.post(f"/v1/customers/{customer}/follow-ups", note, "care-two")
    lines = guests.get("/v1/statistics", "care-lead", by=["department"], limit=500).json()["items"]
    assert {line["department"] for line in lines} <= {CARE, TEAM}
    for path in ("/v1/briefing", "/v1/statistics", "/v1/access/bursts"):
        assert guests.get(path, "care-lead", department=TEAM).status_code == 200, path
        refused(guests.get(path, "care-lead", department=ELSEWHERE))


@pytest.mark.clause("S1-283", "S1-048")
def test_an_after_sales_manager_hands_over_what_a_leaver_of_his_people_holds(
    guests: Guests,
) -> None:
    guests.move_in({"care-gone": "after-sales"})
    guests.patch("/v1/members/care-gone", {"department": TEAM}, "root")
    kept, dropped = named(guests, "care-gone"), named(guests, "care-gone")
    for member in ("care-far", "li"):
        body = {"hand_over": [], "reason": "离职"}
        refused(guests.post(f"/v1/members/{member}/leave", body, "care-lead"))
    body = {"hand_over": [{"customer_id": kept, "to": "care-one"}], "reason": "离职"}
    refused(guests.post("/v1/members/care-gone/leave", body, "lead-far"))
    answer = guests.post("/v1/members/care-gone/leave", body, "care-lead")
    assert (answer.status_code, answer.json()["customers"]) == (200, 2)
    holders = {
        customer: guests.get(f"/v1/customers/{customer}", "care-lead").json()
        for customer in (kept, dropped)
    }
    assert (holders[kept]["holder"], holders[kept]["group"]) == ("care-one", None)
    assert (holders[dropped]["holder"], holders[dropped]["group"]) == (None, "after-sales")


@pytest.mark.clause("S1-048")
def test_an_after_sales_manager_moves_a_customer_between_his_people_and_no_sellers(
    guests: Guests,
) -> None:
    customer = named(guests, "care-one")
    path = f"/v1/customers/{customer}/after-sales"
    moved = guests.post(path, {"to": "care-two"}, "care-lead").json()
    assert (moved["holder"], moved["state"]) == ("care-two", "formal")
    of_seller = guests.potential()
    for command in ("transfer", "removal"):
        body = {"to": "chen", "reason": "调整"} if command == "transfer" else {"reason": "调整"}
        answer = guests.post(f"/v1/customers/{of_seller}/{command}", body, "care-lead")
        assert_problem(answer, 403, "not-allowed")
