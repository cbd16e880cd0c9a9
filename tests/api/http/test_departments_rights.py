"""How far a manager's rights reach: his own department and those below it, and no further."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem

FIRST, SECOND, CENTRE = "东一部", "东二部", "东区"
STAFF = {
    "east-li": ("seller", FIRST),
    "east-chen": ("seller", SECOND),
    "east-one": ("manager", FIRST),
    "east-two": ("manager", SECOND),
    "east-all": ("manager", CENTRE),
}


@pytest.fixture(scope="module")
def east(module_guests: Guests) -> Guests:
    """Two departments under one, each with a seller and a manager."""
    guests = module_guests
    for member, (role, department) in STAFF.items():
        guests.move_in({member: role})
        guests.patch(f"/v1/members/{member}", {"department": department}, "root")
    for department in (FIRST, SECOND):
        guests.place(department, CENTRE)
    return guests


@pytest.fixture
def guests(east: Guests) -> Guests:
    east.at(MONDAY)
    return east


def refused(answer: Any) -> None:
    problem = assert_problem(answer, 403, "not-allowed")
    assert problem["condition"] == "department"
    assert "manager" not in problem["needs"]
    assert "director" in problem["needs"]
    assert "own department" in problem["detail"]


@pytest.mark.clause("S1-272", "S1-283")
def test_a_manager_decides_for_his_department_and_those_below_it(guests: Guests) -> None:
    customer = guests.potential("east-li")
    guests.apply(customer, member="east-li")
    refused(guests.decide(customer, member="east-two"))
    assert guests.decide(customer, member="east-all").status_code == 200
    body = {"to": "east-chen", "reason": "调整"}
    path = f"/v1/customers/{customer}/transfer"
    refused(guests.post(path, body, "east-two"))
    assert guests.post(path, body, "east-one").status_code == 200
    # It is the other department's from now on.
    body = {"reason": "长期未跟进"}
    refused(guests.post(f"/v1/customers/{customer}/removal", body, "east-one"))
    assert guests.post(f"/v1/customers/{customer}/removal", body, "east-two").status_code == 200


def test_what_one_may_do_says_how_far_the_role_reaches(guests: Guests) -> None:
    customer = guests.potential("east-li")
    path = f"/v1/customers/{customer}/may"

    def transfer(member: str, **asked: str) -> dict[str, Any]:
        answer = guests.send("GET", path, "wu", params={"member": member, **asked})
        rights = answer.json()["rights"]
        return next(right for right in rights if right["command"] == "transfer")

    assert transfer("east-one")["allowed"]
    assert transfer("east-all")["allowed"]
    right = transfer("east-two")
    assert (right["allowed"], right["rule"], right["condition"]) == (
        False,
        "not-allowed",
        "department",
    )
    # Before the tree was drawn so, the one above was above nobody.
    guests.at(MONDAY + DAY)
    guests.send("PUT", f"/v1/departments/{FIRST}", "root", json={"parent": None})
    assert not transfer("east-all")["allowed"]
    assert transfer("east-all", at=MONDAY.isoformat())["allowed"]
    guests.place(FIRST, CENTRE)


def test_a_manager_arranges_the_leave_of_his_own_people_alone(guests: Guests) -> None:
    guests.move_in({"east-gone": "seller"})
    guests.patch("/v1/members/east-gone", {"department": FIRST}, "root")
    body = {"hand_over": [], "reason": "离职"}
    refused(guests.post("/v1/members/east-gone/leave", body, "east-two"))
    assert guests.post("/v1/members/east-gone/leave", body, "east-one").status_code == 200


@pytest.mark.clause("S1-272")
def test_details_and_the_exact_deadline_are_for_the_managers_above(guests: Guests) -> None:
    customer = guests.potential("east-li")
    for member, sees in (("east-one", True), ("east-all", True), ("east-two", False)):
        card = guests.get(f"/v1/customers/{customer}", member).json()
        assert (card["contacts"] is not None) is sees, member
        assert (card["details_hidden"] is None) is sees, member
        assert card["until"].endswith("16:00:00.000000Z") is not sees, member
        replay = guests.get(f"/v1/customers/{customer}/replay", member).json()
        assert (replay["details_hidden"] is None) is sees, member


@pytest.mark.clause("S1-309")
def test_a_reviewer_sees_details_while_there_is_something_to_review(guests: Guests) -> None:
    customer = guests.register("east-li")
    guests.claim(customer, "east-li")
    assert guests.get(f"/v1/customers/{customer}", "zhao").json()["contacts"]
    guests.review(customer)
    assert guests.get(f"/v1/customers/{customer}", "zhao").json()["contacts"] is None
    other = guests.register("east-li")
    report = {"of": other, "statement": "同一家公司"}
    guests.post(f"/v1/customers/{customer}/duplicates", report, "east-chen")
    assert guests.get(f"/v1/customers/{customer}", "zhao").json()["contacts"]


@pytest.mark.clause("S1-272", "S1-066")
def test_lists_of_a_manager_hold_his_departments_alone(guests: Guests) -> None:
    customer = guests.potential("east-li")
    guests.apply(customer, member="east-li")

    def waits(member: str, **asked: str) -> bool:
        items = guests.get("/v1/approvals", member, limit=500, **asked).json()["items"]
        return customer in {item["customer_id"] for item in items}

    for scope in ("mine", "all"):
        assert waits("east-one", scope=scope)
        assert waits("east-all", scope=scope)
        assert not waits("east-two", scope=scope)
    for member, sees in (("east-one", True), ("east-two", False)):
        agenda = guests.get("/v1/agenda", member, limit=500).json()["items"]
        assert (customer in {item["customer_id"] for item in agenda}) is sees
        briefing = guests.get("/v1/briefing", member, limit=200).json()
        assert (customer in {item["customer_id"] for item in briefing["waiting"]}) is sees


def test_a_list_of_another_department_is_refused(guests: Guests) -> None:
    for path in ("/v1/briefing", "/v1/statistics", "/v1/statistics/habits"):
        refused(guests.get(path, "east-two", department=FIRST))
        for member, department in (("east-one", FIRST), ("east-all", FIRST), ("wu", FIRST)):
            answer = guests.get(path, member, department=department)
            assert answer.status_code == 200, (path, member)
    refused(guests.get("/v1/members/east-li/portfolio", "east-two"))
    assert guests.get("/v1/members/east-li/portfolio", "east-all").status_code == 200


@pytest.mark.clause("S1-066", "S1-071")
def test_figures_of_a_manager_count_his_departments_alone(guests: Guests) -> None:
    guests.potential("east-li")
    guests.potential("east-chen")

    def departments(member: str) -> set[str]:
        told = guests.get("/v1/statistics", member, by=["department"], limit=500).json()
        assert told["total"]["figures"]["claims"] == sum(
            line["figures"]["claims"] for line in told["items"]
        )
        return {line["department"] for line in told["items"]}

    assert departments("east-one") == {FIRST}
    assert {FIRST, SECOND} <= departments("east-all") <= {FIRST, SECOND, CENTRE}
    assert {FIRST, SECOND} <= departments("wu")
    events = guests.get("/v1/statistics/events", "east-one", figure="claims", limit=500)
    assert {item["department"] for item in events.json()["items"]} == {FIRST}


def test_a_manager_reads_the_audit_of_his_departments_customers_and_members(
    guests: Guests,
) -> None:
    customer = guests.potential("east-li")
    refused(guests.get("/v1/audit", "east-one"))
    refused(guests.get("/v1/audit/export", "east-one"))
    for member, status in (("east-one", 200), ("east-all", 200), ("east-two", 403)):
        for asked in ({"customer": customer}, {"actor": "east-li"}):
            assert guests.get("/v1/audit", member, **asked).status_code == status
            answer = guests.get("/v1/audit/export", member, format="jsonl", **asked)
            assert answer.status_code == status
    assert guests.get("/v1/audit", "east-one", actor="east-one").status_code == 200
    assert guests.get("/v1/audit", "wu").status_code == 200


def test_a_manager_reads_what_is_said_in_disputes_about_what_his_department_holds(
    guests: Guests,
) -> None:
    customer = guests.potential("east-li")
    body = {"contested_at": guests.now.isoformat(), "statement": "我先联系的客户"}
    opened = guests.post(f"/v1/customers/{customer}/disputes", body, "east-chen")
    assert opened.status_code == 201
    for member, sees in (("east-one", True), ("east-all", True), ("east-two", False)):
        answer = guests.get("/v1/disputes", member, customer=customer)
        (line,) = answer.json()["items"]
        assert (line["details_hidden"] is None) is sees, member
        assert ("我先联系的客户" in answer.text) is sees, member


@pytest.mark.clause("S1-272")
def test_what_a_member_may_is_told_as_of_an_instant_with_how_far_it_reaches(
    guests: Guests,
) -> None:
    guests.move_in({"east-new": "seller"})
    path = "/v1/members/east-new/rights"

    def reach(**asked: str) -> dict[str, str]:
        items = guests.get(path, "li", **asked).json()["permissions"]
        return {item["permission"]: item["condition"] for item in items}

    assert reach()["claim"] == "any"
    assert reach()["release"] == "own"
    assert "transfer" not in reach()
    guests.at(MONDAY + DAY)
    body = {"roles": ["manager"], "department": FIRST}
    assert guests.patch("/v1/members/east-new", body, "root").status_code == 200
    assert reach()["transfer"] == "department"
    # The rulebook in force names the director, and no manager, for disputes.
    assert "rule-dispute" not in reach()
    assert "transfer" not in reach(at=MONDAY.isoformat())
    assert guests.get(path, "li").json()["departments"] == [FIRST]
    assert_problem(guests.get("/v1/members/nobody/rights"), 404, "not-found")
