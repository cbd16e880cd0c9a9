"""The class of a customer over HTTP: who says it, and who then reads the details (S4-37, S4-40)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.http.guests import Guests, assert_problem, invalid_fields
from tests.api.http.test_duplicates import reported, resolve

ASKED = {"class": "A", "reason": "年采购额居本区首位"}


@pytest.fixture(autouse=True)
def marketing(guests: Guests) -> None:
    missing = {"mei": "marketing-manager", "ke": "customer-manager", "hu": "marketing-manager"}
    guests.move_in({name: role for name, role in missing.items() if name not in guests.tokens})


def classify(guests: Guests, customer: str, new: str | None = "A", member: str = "mei") -> Any:
    body = {"class": new, "reason": "年采购额居本区首位"}
    answer = guests.post(f"/v1/customers/{customer}/class", body, member)
    assert answer.status_code == 200, answer.text
    return answer.json()


def reads(guests: Guests, customer: str, member: str) -> bool:
    """Whether the member reads the details; who had it when tells them to nobody else."""
    found = {
        guests.get(f"/v1/customers/{customer}{path}", member).json()["details_hidden"] is None
        for path in ("", "/history", "/replay", "/what-if?rulebook=2026-1")
    }
    assert len(found) == 1, (member, found)
    answer = guests.get(f"/v1/customers/{customer}/holder", member).json()
    assert found == {True} or not any(ground["facts"] for ground in answer["grounds"]), member
    return found.pop()


@pytest.mark.clause("S4-37")
def test_a_customer_is_in_one_class_which_everybody_sees_and_finds(guests: Guests) -> None:
    customer, other = guests.potential(), guests.potential()
    before = guests.get(f"/v1/customers/{customer}", "chen").json()
    assert before["class"] is None
    told = classify(guests, customer, "B", "ke")
    assert (told["class"], told["state"], told["holder"]) == ("B", "potential", "li")
    classify(guests, other, "C", "shen")
    card = guests.get(f"/v1/customers/{customer}", "chen").json()
    assert card["class"] == "B"
    assert card["until"] == before["until"]
    found = guests.get("/v1/customers", "chen", **{"class": "B"}).json()["items"]
    assert {line["class"] for line in found} == {"B"}
    assert customer in {line["customer_id"] for line in found}
    classify(guests, customer, None)
    found = guests.get("/v1/customers", "chen", **{"class": "B"}).json()["items"]
    assert customer not in {line["customer_id"] for line in found}


@pytest.mark.clause("S4-37")
def test_a_class_is_said_by_those_who_answer_for_customers_with_a_reason(guests: Guests) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}/class"
    for member in ("li", "wang", "zhao", "feng", "wu", "root"):
        assert_problem(guests.post(path, ASKED, member), 403, "not-allowed")
    for body, wrong in (
        ({"class": "D", "reason": "x"}, {"class": "not-a-choice"}),
        ({"reason": "x"}, {"class": "missing"}),
        ({"class": "A", "reason": " "}, {"reason": "empty"}),
    ):
        assert invalid_fields(guests.post(path, body, "mei")) == wrong
    classify(guests, customer)
    assert invalid_fields(guests.post(path, ASKED, "mei")) == {"class": "unchanged"}


@pytest.mark.clause("S4-40")
def test_details_of_class_a_are_for_the_holder_and_a_marketing_manager_or_above(
    guests: Guests,
) -> None:
    customer = guests.potential()
    assert reads(guests, customer, "wang")
    classify(guests, customer, member="ke")
    for member in ("li", "mei", "shen", "wu"):
        assert reads(guests, customer, member), member
    for member in ("wang", "chen", "zhao", "feng", "han", "root", "ke"):
        assert not reads(guests, customer, member), member
    classify(guests, customer, "B", "ke")
    assert reads(guests, customer, "wang")
    assert not reads(guests, customer, "mei")


@pytest.mark.clause("S4-40")
def test_of_class_a_pre_sales_reads_no_contact_in_the_pool(guests: Guests) -> None:
    customer = guests.register()
    assert reads(guests, customer, "chen")
    classify(guests, customer, member="ke")
    for member in ("chen", "li", "wang"):
        assert not reads(guests, customer, member), member


@pytest.mark.clause("S4-40")
def test_who_says_that_it_is_of_class_a_gains_nothing(guests: Guests) -> None:
    customer = guests.potential()
    classify(guests, customer, member="mei")
    assert not reads(guests, customer, "mei")
    assert reads(guests, customer, "hu")


@pytest.mark.clause("S4-40")
def test_the_audit_tells_a_manager_of_class_a_what_strangers_are_told(guests: Guests) -> None:
    customer = guests.potential()
    classify(guests, customer, member="ke")
    for member, sees in (("wang", False), ("shen", True), ("wu", True), ("root", False)):
        items = guests.get("/v1/audit", member, customer=customer).json()["items"]
        # Who reads the whole log is told the facts that nobody typed.
        assert any(item["facts"] for item in items) is (member != "wang"), member
        assert any(item["reason"] for item in items) is sees, member
        file = guests.get("/v1/audit/export", member, customer=customer, format="jsonl").text
        assert ("年采购额居本区首位" in file) is sees, member


@pytest.mark.clause("S4-40")
def test_the_briefing_keeps_from_a_manager_why_class_a_is_another_company(guests: Guests) -> None:
    name = guests.company()["name"]
    guests.register(name=name)
    customer = guests.register(name=f"{name[:-4]}股份有限公司", override_reason="法人不同")

    def reason(member: str) -> str | None:
        lines = guests.get("/v1/briefing", member, limit=100).json()["overrides"]
        (found,) = (line for line in lines if line["customer_id"] == customer)
        return found["reason"]

    assert reason("wang") == "法人不同"
    classify(guests, customer, member="ke")
    assert reason("wang") is None
    assert reason("shen") == "法人不同"


@pytest.mark.clause("S4-40", "S1-020")
def test_a_merge_keeps_the_higher_class(guests: Guests) -> None:
    for old, other_old, stands in (("A", None, "A"), ("B", "A", "A"), ("B", "C", "B")):
        customer, other = guests.register(), guests.register()
        classify(guests, customer, old, "ke")
        if other_old is not None:
            classify(guests, other, other_old, "ke")
        report = reported(guests, customer, other)
        assert resolve(guests, customer, report).status_code == 200
        assert guests.get(f"/v1/customers/{other}").json()["class"] == stands


@pytest.mark.clause("S1-020")
def test_a_reviewer_opens_no_details_by_a_report_of_his_own(guests: Guests) -> None:
    customer, other = guests.potential(), guests.register()
    reported(guests, customer, other, "zhao")
    assert not reads(guests, customer, "zhao")
    assert reads(guests, customer, "qian")
