"""What falls due, what waits for whom, and the address book."""

from typing import Any

import pytest

from tests.api.http.guests import (
    CONTACT,
    DAY,
    MONDAY,
    Guests,
    assert_problem,
    invalid_fields,
)


def approvals(guests: Guests, member: str, **asked: Any) -> list[dict[str, Any]]:
    answer = guests.get("/v1/approvals", member, limit=500, **asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def kinds(guests: Guests, member: str, customer: str, **asked: Any) -> set[str]:
    items = approvals(guests, member, **asked)
    return {item["kind"] for item in items if item["customer_id"] == customer}


def agenda(guests: Guests, member: str, customer: str, **asked: Any) -> dict[str, Any]:
    answer = guests.get("/v1/agenda", member, limit=500, **asked)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    return {item["kind"]: item for item in items if item["customer_id"] == customer}


@pytest.mark.clause("S1-032", "S1-036")
def test_the_agenda_tells_a_hold_over_with_the_deadline_that_was_given(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer)
    mine = agenda(guests, "li", customer)
    assert mine["deadline"]["due_at"] == "2026-04-07T16:00:00.000000Z"
    assert mine["deadline"]["until"] == "2026-04-01T01:00:00.000000Z"
    assert mine["deadline"]["held_over_by"] == "intent"
    assert mine["deadline"]["held_over_until"] == mine["deadline"]["due_at"]
    for decider in ("wang", "shen"):
        found = agenda(guests, decider, customer, kind=["decision_due"])
        assert found["decision_due"]["due_at"] == "2026-04-01T01:00:00.000000Z"
        assert found["decision_due"]["member"] is None
    for other in ("li", "zhao", "feng"):
        assert "decision_due" not in agenda(guests, other, customer)


@pytest.mark.clause("S1-057")
def test_the_agenda_tells_when_a_drawn_contract_expires(guests: Guests) -> None:
    customer = guests.intent()
    number = guests.draw(customer).json()["number"]
    item = agenda(guests, "li", customer)["contract_expires"]
    assert (item["number"], item["due_at"]) == (number, "2026-04-01T01:00:00.000000Z")


@pytest.mark.clause("S1-041", "S1-309")
def test_each_decision_waits_for_those_whose_roles_permit_it(guests: Guests) -> None:
    waiting, applied, signed = guests.register(), guests.potential(), guests.intent()
    guests.claim(waiting)
    guests.apply(applied)
    guests.write_contract(signed)
    formal, doubled, other = guests.formal(), guests.register(), guests.register()
    statement = {"of": other, "statement": "同一公司"}
    guests.post(f"/v1/customers/{doubled}/duplicates", statement)
    deciders = {
        (waiting, "review"): {"zhao", "qian"},
        (applied, "intent"): {"wang", "shen"},
        (signed, "contract"): {"wang", "feng"},
        (formal, "after-sales"): {"jiang"},
        (doubled, "duplicate"): {"zhao", "qian"},
    }
    for (customer, kind), expected in deciders.items():
        for member in ("zhao", "qian", "wang", "shen", "feng", "jiang"):
            found = kinds(guests, member, customer)
            assert (kind in found) == (member in expected), (kind, member)
        assert kind in kinds(guests, "wu", customer)
        assert kind in kinds(guests, "wang", customer, scope="all")
        assert kinds(guests, "wu", customer, kind=[kind]) == {kind}
    assert kinds(guests, "wang", waiting, kind=["review"]) == set()


def test_who_decides_sees_what_he_must_know(guests: Guests) -> None:
    customer = guests.potential()
    body = {"reason": "月底定案", "days": 12}
    guests.post(f"/v1/customers/{customer}/extension", body)
    items = {item["customer_id"]: item for item in approvals(guests, "wang", kind=["extension"])}
    found = items[customer]
    assert (found["applicant"], found["reason"], found["days"]) == ("li", "月底定案", 12)
    assert (found["until"], found["overdue"]) == ("2026-04-01T01:00:00.000000Z", False)
    guests.at(MONDAY + 30 * DAY)
    items = {item["customer_id"]: item for item in approvals(guests, "wang", overdue=True)}
    assert items[customer]["overdue"]


def test_a_list_says_whose_decisions_it_tells_and_which_version_was_seen(guests: Guests) -> None:
    customer, other = guests.potential(), guests.potential()
    for one in (customer, other):
        guests.apply(one)
    answer = guests.get("/v1/approvals", "wang", customer=customer).json()
    (item,) = answer["items"]
    assert item["customer_id"] == customer
    assert item["version"] == guests.get(f"/v1/customers/{customer}").json()["version"]
    assert (answer["scope"], answer["kinds"]) == ("mine", ["intent", "extension", "contract"])
    everything = guests.get("/v1/approvals", "wu", customer=customer).json()
    assert everything["scope"] == "all"
    assert set(everything["kinds"]) >= {"review", "dispute", "after-sales"}
    seen = {"If_Match": f'"{item["version"] - 1}"'}
    body = {"decision": "grant"}
    path = f"/v1/customers/{customer}/intent/decision"
    assert_problem(guests.post(path, body, "wang", **seen), 412, "version-conflict")
    seen = {"If_Match": f'"{item["version"]}"'}
    assert guests.post(path, body, "wang", **seen).status_code == 200


@pytest.mark.clause("S1-313")
def test_what_a_decision_would_lead_to_is_told_to_its_decider_alone(guests: Guests) -> None:
    customer = guests.register()
    guests.claim(customer)

    def outcomes(caller: str, query: str = "") -> list[dict[str, Any]]:
        rights = guests.get(f"/v1/customers/{customer}/may{query}", caller).json()["rights"]
        found = next(right for right in rights if right["command"] == "review")
        told: list[dict[str, Any]] = found["outcomes"]
        return told

    passed, refused = outcomes("zhao")
    assert (passed["decision"], passed["state"]) == ("pass", "potential")
    assert (refused["decision"], refused["state"]) == ("refuse", "rejected")
    assert outcomes("li") == outcomes("chen", "?member=zhao") == []
    assert guests.review(customer).json()["until"] == passed["until"]


@pytest.mark.clause("S1-310")
def test_ones_own_case_does_not_wait_for_oneself(guests: Guests) -> None:
    customer = guests.register("wang")
    guests.claim(customer, "wang")
    guests.review(customer)
    guests.apply(customer, member="wang")
    assert kinds(guests, "wang", customer) == set()
    assert kinds(guests, "wang", customer, scope="all") == {"intent"}
    assert kinds(guests, "shen", customer) == {"intent"}


def test_approvals_are_for_those_who_decide_or_look_at_any(guests: Guests) -> None:
    for member in ("li", "han", "root"):
        assert_problem(guests.get("/v1/approvals", member), 403, "not-allowed")
    assert_problem(guests.get("/v1/approvals", "feng", scope="all"), 403, "not-allowed")
    assert invalid_fields(guests.get("/v1/approvals", "zhao", kind="x")) == {
        "kind.0": "not-a-choice"
    }


def test_the_rulebook_says_who_decides(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer)
    first = guests.get("/v1/rulebooks").json()["items"][0]["version"]
    toml = guests.get(f"/v1/rulebooks/{first}").json()["toml"]
    new = toml.replace(f'version = "{first}"', 'version = "2026-chosen"').replace(
        'decided_by = ["manager", "director"]', 'decided_by = ["administrator"]'
    )
    body = {"toml": new, "reason": "试行"}
    assert guests.post("/v1/rulebooks", body, "root").status_code == 201
    assert kinds(guests, "root", customer) == {"intent"}
    assert "intent" not in kinds(guests, "wang", customer)
    assert_problem(guests.decide(customer), 403, "not-allowed")
    assert guests.decide(customer, member="root").status_code == 200
    back = toml.replace(f'version = "{first}"', 'version = "2026-back"')
    assert guests.post("/v1/rulebooks", {"toml": back, "reason": "恢复"}, "root").status_code == 201


@pytest.mark.clause("S1-028")
def test_the_address_book_keeps_every_contact_that_its_owner_entered(guests: Guests) -> None:
    guests.move_in({"sun": "seller"})
    registered = guests.company(contacts=[CONTACT | {"name": "王敏"}])
    customer = guests.post("/v1/customers", registered, "sun").json()["customer_id"]
    guests.claim(customer, "sun")
    guests.review(customer)
    guests.post(f"/v1/customers/{customer}/contacts", CONTACT | {"name": "李静"}, "sun")
    guests.post(f"/v1/customers/{customer}/release", {"reason": "无需求"}, "sun")
    guests.claim(customer, "li")
    items = guests.get("/v1/address-book", "sun").json()["items"]
    assert [item["name"] for item in items] == ["李静", "张伟", "王敏"]
    assert {item["customer_name"] for item in items} == {registered["name"]}
    assert items[0] | {"contact_id": None} == {
        "contact_id": None,
        "customer_id": customer,
        "customer_name": registered["name"],
        "name": "李静",
        "position": "采购经理",
        "phone": "+8613800138000",
        "added_at": "2026-03-02T01:00:00.000000Z",
    }
    assert guests.get(f"/v1/customers/{customer}", "sun").json()["contacts"] is None
    assert guests.get("/v1/address-book", "wu").json()["items"] == []
    first = guests.get("/v1/address-book", "sun", limit=2).json()
    rest = guests.get("/v1/address-book", "sun", limit=2, after=first["next"]).json()
    assert [item["name"] for item in rest["items"]] == ["王敏"]
    assert rest["next"] is None
