"""Queries: what everybody sees, what parties see, and as of when."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.http.guests import (
    CONTACT,
    DAY,
    MICROSECOND,
    MONDAY,
    Guests,
    assert_problem,
    invalid_fields,
)

END_OF_DAY = "2026-04-01T16:00:00.000000Z"
DEADLINE = "2026-04-01T01:00:00.000000Z"


@pytest.mark.clause("S1-022", "S1-171", "S1-298", "S1-299", "S1-300")
def test_the_collision_check_shows_everybody_who_has_the_company(guests: Guests) -> None:
    body = guests.company(name="靖江市春意盎然空调有限公司", contacts=[CONTACT])
    customer = guests.post("/v1/customers", body).json()["customer_id"]
    found = guests.get("/v1/collisions", "chen", name="春意", phone="").json()
    assert found["items"] == [
        {
            "customer_id": customer,
            "name": body["name"],
            "state": "pool",
            "holder": None,
            "group": None,
            "protected_until": None,
            "into": None,
            "match": "part",
        }
    ]
    guests.claim(customer)
    guests.review(customer)
    for member, until in (("chen", END_OF_DAY), ("li", DEADLINE), ("wang", DEADLINE)):
        item = guests.get("/v1/collisions", member, name=body["name"]).json()["items"][0]
        assert (item["holder"], item["match"]) == ("li", "same")
        assert item["protected_until"] == until
    by_phone = guests.get("/v1/collisions", "chen", phone=body["phone"]).json()["items"]
    assert [(item["customer_id"], item["match"]) for item in by_phone] == [(customer, "phone")]
    assert guests.get("/v1/collisions", "chen", name="无此公司").json()["items"] == []


@pytest.mark.clause("S1-271")
def test_contacts_and_phones_are_shown_to_parties_alone(guests: Guests) -> None:
    body = guests.company(contacts=[CONTACT])
    customer = guests.post("/v1/customers", body).json()["customer_id"]
    guests.claim(customer)
    path = f"/v1/customers/{customer}"
    for member in ("li", "wang", "zhao", "wu"):
        card = guests.get(path, member).json()
        assert card["details_hidden"] is None
        assert card["phone"].endswith(str(body["phone"][-8:]))
        assert [contact["name"] for contact in card["contacts"]] == ["张伟", "张伟"]
        assert card["contacts"][0]["phone"] == "+8613800138000"
    for member in ("chen", "root"):
        answer = guests.get(path, member)
        card = answer.json()
        assert card["details_hidden"] == "not-a-party"
        assert card["phone"] is None
        assert card["contacts"] is None
        assert (card["name"], card["state"], card["holder"]) == (body["name"], "waiting", "li")
        assert "张伟" not in answer.text
        assert "13800138000" not in answer.text


def test_the_card_has_its_version_position_and_instant(guests: Guests) -> None:
    customer = guests.potential()
    answer = guests.get(f"/v1/customers/{customer}")
    card = answer.json()
    assert answer.headers["etag"] == f'"{card["version"]}"'
    assert answer.headers["tenure-position"] == str(card["position"])
    assert card["at"] == "2026-03-02T01:00:00.000000Z"
    assert card["until"] == DEADLINE


@pytest.mark.clause("S1-035")
def test_at_its_deadline_a_protection_is_over_everywhere_before_any_sweep(guests: Guests) -> None:
    customer = guests.potential()
    name = guests.get(f"/v1/customers/{customer}").json()["name"]
    deadline = MONDAY + 30 * DAY

    def states() -> set[Any]:
        card = guests.get(f"/v1/customers/{customer}").json()
        holder = guests.get(f"/v1/customers/{customer}/holder").json()
        like = guests.get("/v1/collisions", name=name).json()["items"][0]
        pool = guests.get("/v1/pool", name=name).json()["items"]
        mine = guests.get("/v1/members/li/portfolio", "wang", limit=500).json()["items"]
        return {
            card["state"] == "pool",
            holder["holder"] is None,
            like["state"] == "pool" and like["holder"] is None,
            len(pool) == 1,
            customer not in {item["customer_id"] for item in mine},
        }

    guests.at(deadline - MICROSECOND)
    assert states() == {False}
    guests.at(deadline)
    assert states() == {True}
    assert "customer.lapsed" not in guests.topics(customer)


def test_who_held_it_when_is_told_with_the_events_that_prove_it(guests: Guests) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}/holder"
    told = guests.get(path, "wu", at=(MONDAY + DAY).isoformat()).json()
    assert (told["holder"], told["stage"], told["until"]) == ("li", "potential", DEADLINE)
    assert told["claimed_at"] == told["in_force_since"] == "2026-03-02T01:00:00.000000Z"
    assert [event["topic"] for event in told["grounds"]] == [
        "customer.claimed",
        "customer.review_passed",
    ]
    assert "li" in told["explanation"]
    assert told["rulebook"] == "2026-1"
    before = guests.get(path, "wu", at=(MONDAY - DAY).isoformat()).json()
    assert before["holder"] is None
    assert "not registered" in before["explanation"]
    after = guests.get(path, "wu", at=(MONDAY + 30 * DAY).isoformat()).json()
    assert after["holder"] is None
    assert after["ended"] == "lapsed"
    assert "the pool" in after["explanation"]


def test_what_was_known_is_asked_by_instant_or_position(guests: Guests) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}/holder"
    first = guests.events(customer)[0]["position"]
    known = guests.get(path, "wu", known_position=first).json()
    assert (known["holder"], known["position"]) == (None, first)
    known = guests.get(path, "wu", known_at=(MONDAY - DAY).isoformat()).json()
    assert known["position"] == 0


def test_strangers_learn_neither_the_instant_nor_the_notes(guests: Guests) -> None:
    customer = guests.potential()
    note = guests.follow_up("他们预算三十万，别告诉别人")
    assert guests.post(f"/v1/customers/{customer}/follow-ups", note).status_code == 201
    paths = ["", "/history", "/holder"]
    answers = [guests.get(f"/v1/customers/{customer}{path}", "chen") for path in paths]
    answers.append(guests.get("/v1/tenures", "chen", customer=customer))
    answers.append(guests.get("/v1/customers", "chen", holder="li", limit=500))
    answers.append(guests.get("/v1/collisions", "chen", name=answers[0].json()["name"]))
    answers.append(guests.claim(customer, "chen"))
    for answer in answers:
        assert DEADLINE not in answer.text
        assert "2026-04-01 01:00" not in answer.text
        assert "三十万" not in answer.text
    assert answers[0].json()["until"] == END_OF_DAY
    assert answers[1].json()["details_hidden"] == "not-a-party"
    assert answers[-1].json()["until"] == END_OF_DAY
    mine = guests.get(f"/v1/customers/{customer}/history", "li")
    assert mine.json()["details_hidden"] is None
    assert "三十万" in mine.text


@pytest.mark.parametrize("path", ["/v1/customers/{}/holder?at=", "/v1/tenures?customer={}&at="])
def test_a_stranger_cannot_search_for_the_instant_of_a_deadline(guests: Guests, path: str) -> None:
    customer = guests.potential()
    deadline, end = MONDAY + 30 * DAY, MONDAY + 30 * DAY + timedelta(hours=15)

    def holds(member: str, at: datetime) -> bool:
        url = path.format(customer) + at.isoformat().replace("+00:00", "Z")
        told = guests.get(url, member).json()
        return "li" in {item["holder"] for item in told.get("items", [told])}

    assert [holds("wang", at) for at in (deadline - MICROSECOND, deadline)] == [True, False]
    assert [holds("chen", at) for at in (deadline - MICROSECOND, deadline)] == [True, True]
    assert [holds("chen", at) for at in (end - MICROSECOND, end)] == [True, False]
    guests.at(deadline)
    assert not holds("chen", deadline)


def test_history_speaks_the_language_that_is_asked_for(guests: Guests) -> None:
    customer = guests.register()
    path = f"/v1/customers/{customer}/history"
    position = {"Tenure-Min-Position": str(guests.settled())}
    zh = guests.send("GET", path, headers=position | {"Accept-Language": "zh"})
    en = guests.send("GET", path, headers=position)
    assert zh.headers["content-language"] == "zh-CN"
    assert re.search("[一-龥]", zh.json()["items"][0]["words"])
    assert en.headers["content-language"] == "en"
    assert "registered" in en.json()["items"][0]["words"]


def test_instants_in_facts_are_spelt_like_all_others(guests: Guests) -> None:
    customer = guests.potential()
    guests.claim(customer, "chen")
    told = {event["topic"]: event["facts"] for event in guests.events(customer)}
    assert told["customer.claimed"]["review_due"] == "2026-03-05T01:00:00.000000Z"
    assert told["customer.review_passed"]["until"] == DEADLINE
    assert told["refusal.recorded"]["facts"]["until"] == DEADLINE
    grounds = guests.get(f"/v1/customers/{customer}/holder", "wu").json()["grounds"]
    assert grounds[-1]["facts"]["until"] == DEADLINE


def test_refusals_stand_in_the_history_and_move_no_version(guests: Guests) -> None:
    customer = guests.potential()
    version = guests.get(f"/v1/customers/{customer}").json()["version"]
    guests.claim(customer, "chen")
    events = guests.events(customer)
    assert events[-1]["topic"] == "refusal.recorded"
    assert events[-1]["actor"] == "chen"
    assert events[-1]["facts"]["rule"] == "already-protected"
    assert guests.get(f"/v1/customers/{customer}").json()["version"] == version


def test_pages_follow_one_another_and_lose_nothing(guests: Guests) -> None:
    made = {guests.register(industry="分页") for _ in range(7)}
    for path, parameters in (
        ("/v1/customers", {"industry": "分页", "sort": "name"}),
        ("/v1/customers", {"industry": "分页", "sort": "-registered_at"}),
        ("/v1/customers", {"industry": "分页", "sort": "until"}),
        ("/v1/pool", {"industry": "分页"}),
        ("/v1/pool", {"industry": "分页", "sort": "since"}),
        ("/v1/pool", {"industry": "分页", "sort": "-name"}),
        ("/v1/pool", {"industry": "分页", "sort": "industry"}),
        ("/v1/pool", {"industry": "分页", "sort": "last_holder"}),
    ):
        seen: list[str] = []
        after: dict[str, str] = {}
        while True:
            page = guests.get(path, limit=3, **parameters, **after).json()
            assert len(page["items"]) <= 3
            seen += [item["customer_id"] for item in page["items"]]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert sorted(seen) == sorted(made)


def test_a_cursor_serves_its_own_query_alone(guests: Guests) -> None:
    for _ in range(2):
        guests.register(industry="游标")
    following = guests.get("/v1/pool", industry="游标", limit=1, sort="name").json()["next"]
    assert following
    assert guests.get("/v1/pool", industry="游标", sort="name", after=following).json()["items"]
    for path, parameters in (
        ("/v1/pool", {"industry": "别的", "sort": "name"}),
        ("/v1/pool", {"industry": "游标", "sort": "-name"}),
        ("/v1/pool", {"industry": "游标", "sort": "last_holder"}),
        ("/v1/pool", {"industry": "游标"}),
        ("/v1/customers", {"industry": "游标"}),
    ):
        answer = guests.get(path, after=following, **parameters)
        assert list(invalid_fields(answer)) == ["after"]


def test_history_audit_tenures_and_tasks_are_paged(guests: Guests) -> None:
    customer = guests.potential()
    for path, member in (
        (f"/v1/customers/{customer}/history", "li"),
        ("/v1/audit", "wu"),
        ("/v1/tenures", "li"),
        ("/v1/agenda", "li"),
    ):
        guests.potential()
        first = guests.get(path, member, limit=1).json()
        second = guests.get(path, member, limit=1, after=first["next"]).json()
        assert first["items"] != second["items"]


@pytest.mark.clause("S1-032", "S1-315")
def test_the_agenda_is_the_callers(guests: Guests) -> None:
    guests.patch("/v1/members/chen", {"roles": ["seller"]}, "root")
    customer = guests.potential("chen")
    due = guests.get("/v1/agenda", "chen", limit=500).json()["items"]
    mine = {item["kind"] for item in due if item["customer_id"] == customer}
    assert mine == {"deadline", "next_contact"}
    only = guests.get("/v1/agenda", "chen", kind=["deadline"]).json()["items"]
    assert {item["kind"] for item in only} == {"deadline"}
    waiting = guests.register("chen")
    guests.claim(waiting, "chen")
    for member, kind in (("chen", "check_review"), ("zhao", "review_due")):
        items = guests.get("/v1/agenda", member, limit=500).json()["items"]
        assert kind in {item["kind"] for item in items if item["customer_id"] == waiting}


@pytest.mark.clause("S1-309", "S1-315")
def test_approvals_show_reviewers_what_waits_for_them(guests: Guests) -> None:
    customer = guests.register()
    guests.claim(customer)
    items = guests.get("/v1/approvals", "zhao", limit=500).json()["items"]
    found = next(item for item in items if item["customer_id"] == customer)
    assert (found["kind"], found["applicant"], found["overdue"]) == ("review", "li", False)
    assert_problem(guests.get("/v1/approvals", "li"), 403, "not-allowed")
    guests.at(MONDAY + 3 * DAY)
    overdue = guests.get("/v1/approvals", "zhao", limit=500, overdue=True).json()["items"]
    assert customer in {item["customer_id"] for item in overdue}


def test_the_audit_is_for_those_who_audit(guests: Guests) -> None:
    customer = guests.potential()
    page = guests.get("/v1/audit", "wu", customer=customer, topic="customer.claimed").json()
    assert [item["actor"] for item in page["items"]] == ["li"]
    newest = guests.get("/v1/audit", "wu", sort="-position", limit=1).json()["items"]
    assert newest[0]["position"] == guests.settled()
    none = guests.get("/v1/audit", "wu", actor="li", to=MONDAY.isoformat()).json()
    assert none["items"] == []
    assert_problem(guests.get("/v1/audit", "li"), 403, "not-allowed")


def test_a_portfolio_is_ones_own_or_a_managers_question(guests: Guests) -> None:
    customer = guests.potential("chen")
    for member in ("chen", "wang"):
        items = guests.get("/v1/members/chen/portfolio", member, limit=500).json()["items"]
        assert customer in {item["customer_id"] for item in items}
    assert_problem(guests.get("/v1/members/chen/portfolio", "li"), 403, "not-allowed")


def test_tenures_are_asked_by_customer_holder_and_time(guests: Guests) -> None:
    customer = guests.potential()
    told = guests.get("/v1/tenures", "wu", customer=customer).json()["items"]
    assert [(item["stage"], item["ended"]) for item in told] == [
        ("waiting", "review-passed"),
        ("potential", None),
    ]
    during = {"from": (MONDAY + DAY).isoformat(), "to": (MONDAY + 2 * DAY).isoformat()}
    held = guests.get("/v1/tenures", "wu", customer=customer, holder="li", **during).json()
    assert [item["stage"] for item in held["items"]] == ["potential"]
    at = guests.get("/v1/tenures", "wu", customer=customer, at=(MONDAY + 30 * DAY).isoformat())
    assert at.json()["items"] == []


def test_customers_are_filtered(guests: Guests) -> None:
    customer = guests.potential()
    name = guests.get(f"/v1/customers/{customer}").json()["name"]
    for parameters in (
        {"name": name[3:7]},
        {"state": "potential", "name": name},
        {"holder": "li", "name": name},
        {"region": "靖江", "name": name},
    ):
        items = guests.get("/v1/customers", **parameters).json()["items"]
        assert [item["customer_id"] for item in items] == [customer]
    assert guests.get("/v1/customers", name=name, state="pool").json()["items"] == []
