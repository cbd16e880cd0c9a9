"""The access log asked: who saw what, what a search showed, in words and as a file."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from api.access.looks import FIELDS
from api.access.words import FIELD_WORDS
from api.routes.access import COLUMNS
from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem, invalid_fields
from tests.api.http.test_access_log import entries, last_position
from tests.waiting import wait_until

ZH = {"Accept-Language": "zh"}


def send(
    guests: Guests, caller: str = "wu", path: str = "", /, **parameters: Any
) -> httpx.Response:
    position = {"Tenure-Min-Position": str(guests.settled())}
    return guests.send("GET", f"/v1/access{path}", caller, params=parameters, headers=position)


def asked(guests: Guests, caller: str = "wu", path: str = "", /, **parameters: Any) -> Any:
    answer = send(guests, caller, path, **parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.mark.clause("S4-36")
def test_an_auditor_learns_who_has_seen_a_customers_phone(guests: Guests) -> None:
    customer, other = guests.potential(), guests.potential()
    guests.get(f"/v1/customers/{customer}", "wang")
    guests.get(f"/v1/customers/{customer}/history", "wu")
    guests.get(f"/v1/customers/{other}", "shen")
    guests.get("/v1/address-book", "li", limit=2)
    found = asked(guests, customer=customer, field="phone", kind="details-read")
    assert [(line["member"], line["right"]) for line in found] == [
        ("li", "author"),
        ("wang", "department"),
    ]
    assert set(found[0]["customer_ids"]) == {customer, other}
    assert found[1]["fields"] == ["phone", "contact-names", "contact-phones", "introduction"]
    every = asked(guests, customer=customer, sort="at", kind="details-read")
    assert [line["member"] for line in every] == ["wang", "wu", "li"]


@pytest.mark.clause("S0-25")
def test_an_auditor_learns_what_a_member_looked_at_last_week(guests: Guests) -> None:
    customer = guests.potential()
    guests.get(f"/v1/customers/{customer}", "shen")
    guests.at(MONDAY + 8 * DAY)
    guests.get(f"/v1/customers/{customer}", "shen")
    week = {"from": MONDAY.isoformat(), "to": (MONDAY + 7 * DAY).isoformat()}
    looks = [
        line
        for line in asked(guests, member="shen", kind="details-read", **week)
        if customer in line["customer_ids"]
    ]
    assert [line["at"] for line in looks] == ["2026-03-02T01:00:00.000000Z"]
    backwards = {"from": week["to"], "to": week["from"]}
    assert list(invalid_fields(guests.get("/v1/access", "wu", **backwards))) == ["to"]


def test_everybody_asks_for_his_own_looks_and_only_auditors_for_others(guests: Guests) -> None:
    customer = guests.potential()
    for member in ("li", "wang"):
        guests.get(f"/v1/customers/{customer}", member)
    for line in asked(guests, "li") + asked(guests, "li", member="li"):
        assert line["member"] == "li"
    assert_problem(send(guests, "li", member="wang"), 403, "not-allowed")
    assert_problem(send(guests, "wang", member="li"), 403, "not-allowed")
    assert_problem(send(guests, "li", "/export", member="wang"), 403, "not-allowed")
    own = send(guests, "li", "/export", format="jsonl").content.splitlines()[:-1]
    assert {json.loads(line)["member"] for line in own} == {"li"}
    for member in ("wu", "root"):
        both = {line["member"] for line in asked(guests, member, customer=customer)}
        assert {"li", "wang"} <= both
    (line, *_) = asked(guests, member="wang", kind="refused")
    assert (line["right"], line["words"]) == ("see-access-log", "wang was refused: see-access-log.")


def test_asking_about_others_is_kept_itself(guests: Guests) -> None:
    customer = guests.potential()
    asked(guests, "root", customer=customer, member="li")
    (line, *_) = asked(guests, member="root", kind="access-asked")
    assert line["customer_ids"] == [customer]
    assert line["facts"]["filters"]["member"] == "li"
    assert line["words"].startswith("root asked the access log (member li, ")
    before = len(asked(guests, member="li", kind="access-asked"))
    asked(guests, "li")
    assert len(asked(guests, member="li", kind="access-asked")) == before


def test_what_was_taken_of_one_customer_alone_is_found_by_that_customer(guests: Guests) -> None:
    customer, other = guests.potential(), guests.potential()
    for path in ("/v1/events", "/v1/audit/export", "/v1/access/export"):
        for one in (customer, other):
            assert guests.get(path, "wu", customer=one).status_code == 200
    found = asked(guests, customer=customer, kind="exported")
    assert {line["facts"]["view"] for line in found} == {"events", "audit", "access"}
    assert {tuple(line["customer_ids"]) for line in found} == {(customer,)}
    ended = asked(guests, customer=customer, kind="export-ended")
    assert {line["facts"]["view"] for line in ended} == {"audit", "access"}


@pytest.mark.clause("S4-36")
def test_no_text_that_is_kept_holds_what_may_be_a_phone(guests: Guests) -> None:
    """Whatever was typed to look for something, by whatever question that is kept."""
    number, typed = "13912345678", "打给 139 1234-5678 的客户"
    customer = guests.potential()
    since = MONDAY.isoformat()
    questions: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/v1/audit/export", {"words": typed, "actor": typed, "rule": typed, "from": since}),
        ("/v1/pool/export", {"name": typed, "industry": typed, "region": typed}),
        ("/v1/board/export", {"department": typed}),
        ("/v1/access/export", {"member": typed, "customer": customer}),
        ("/v1/access", {"member": typed}),
        ("/v1/access/searches", {"member": typed, "phone": number}),
        ("/v1/collisions", {"name": typed, "phone": number}),
    )
    before = last_position(guests)
    for path, parameters in questions:
        answer = guests.send("GET", path, "wu", params=parameters)
        assert answer.status_code == 200, answer.text
    kept = entries(guests, before)
    assert {entry["facts"].get("view", "collisions") for entry in kept} >= {
        *("audit", "pool", "board", "access", "searches", "collisions")
    }
    for entry in kept:
        text = json.dumps(entry["facts"], ensure_ascii=False)
        assert number not in text
        assert "1234-5678" not in text
    filters = [entry["facts"].get("filters", {}) for entry in kept]
    assert {"words": "打给 ••• 的客户"}.items() <= filters[0].items()
    assert filters[0]["from"].startswith("2026-03-02T01:00:00"), "an instant is no number"
    assert customer in [one.get("customer") for one in filters], "nor is an id"


def test_pages_follow_one_another_by_time_without_a_gap(guests: Guests) -> None:
    customer = guests.potential()
    for day in range(7):
        guests.at(MONDAY + day * DAY)
        guests.get(f"/v1/customers/{customer}", "li")
    for sort in ("at", "-at"):
        seen: list[int] = []
        after = None
        while True:
            page = {"customer": customer, "kind": "details-read", "sort": sort, "limit": 3}
            told = guests.get("/v1/access", "wu", **page, **({"after": after} if after else {}))
            seen += [line["position"] for line in told.json()["items"]]
            after = told.json()["next"]
            if after is None:
                break
        assert len(seen) == len(set(seen)) == 7
        assert seen == sorted(seen, reverse=sort == "-at")
    foreign = guests.get("/v1/access", "wu", after="abc")
    assert list(invalid_fields(foreign)) == ["after"]


@pytest.mark.clause("S1-021")
def test_what_a_search_showed_is_told_as_it_showed_it_whatever_happened_since(
    guests: Guests,
) -> None:
    customer = guests.potential()
    name = guests.get(f"/v1/customers/{customer}").json()["name"]
    shown = guests.get("/v1/collisions", "chen", name=name).json()
    reason = {"reason": "对方没有需求，今年不再联系"}
    assert guests.post(f"/v1/customers/{customer}/release", reason).status_code == 200
    (line,) = asked(guests, "chen", "/searches", customer=customer)
    (item,) = shown["items"]
    assert line["shown"] == [{key: item[key] for key in line["shown"][0]}]
    assert (line["shown"][0]["holder"], line["log_position"]) == ("li", shown["position"])
    assert (line["name"], line["phone"], line["member"]) == (name, False, "chen")
    until = "2026-04-01T16:00:00Z"
    assert line["words"] == (
        f"chen checked the name “{name}” and was shown 1 record: "
        f"{name} (same, held by li until {until})."
    )


def test_a_search_for_a_number_is_found_by_the_number_and_shows_no_hash(guests: Guests) -> None:
    customer = guests.potential("chen")
    number = "0523-87654321"
    changed = guests.patch(f"/v1/customers/{customer}", {"phone": number}, "chen")
    assert changed.status_code == 200, changed.text
    guests.get("/v1/collisions", "li", phone=number)
    guests.get("/v1/collisions", "li", name=f"前台 {number}")
    lines = asked(guests, "shen", "/searches", member="li", phone=number)
    assert [line["phone"] for line in lines] == [True, True]
    text = json.dumps(lines) + json.dumps(asked(guests, member="li", kind="collision-asked"))
    assert guests.service.application.phone_hash("+8652387654321") not in text
    assert "87654321" not in text
    assert "87654321" not in json.dumps(asked(guests, member="shen", kind="access-asked"))
    assert list(invalid_fields(guests.get("/v1/access/searches", phone="x"))) == ["phone"]


def test_who_rules_disputes_asks_for_anybodys_searches_and_sellers_for_their_own(
    guests: Guests,
) -> None:
    guests.get("/v1/collisions", "chen", name="无人登记")
    for member in ("shen", "wu", "root", "chen"):
        assert asked(guests, member, "/searches", member="chen")
    for member in ("li", "wang", "zhao"):
        denied = send(guests, member, "/searches", member="chen")
        assert_problem(denied, 403, "not-allowed")
        assert all(line["member"] == member for line in asked(guests, member, "/searches"))


def test_entries_are_told_in_the_language_of_the_request(guests: Guests) -> None:
    customer = guests.potential()
    card = guests.get(f"/v1/customers/{customer}", "wang").json()
    guests.get("/v1/collisions", "wang", name=card["name"])
    guests.get("/v1/collisions", "wang", phone="13911112222")
    guests.get("/v1/statistics/habits", "li")
    answer = guests.send("GET", "/v1/access?member=wang&limit=3", "wu", headers=ZH)
    assert answer.headers["content-language"] == "zh-CN"
    words = [line["words"] for line in answer.json()["items"]]
    assert words == [
        "wang查重：一个电话，显示 0 条记录。",
        f"wang查重：名称“{card['name']}”，显示 1 条记录：{card['name']}"
        f"（相同，跟进人 li，至 {card['until'].replace('.000000', '')}）。",
        f"wang查看了{card['name']}的电话、联系人姓名、联系人电话、客户介绍"
        "（客户资料；凭：本部门及下级部门的主管）。",
    ]
    (line, *_) = asked(guests, member="li", kind="refused")
    assert line["words"] == "li was refused: see-habits."
    (seen,) = asked(guests, customer=customer, kind="details-read")
    assert seen["words"] == (
        f"wang saw the phone number, the names of contacts, the phone numbers of contacts and the "
        f"introduction of {card['name']} (card; as a manager above its holder)."
    )


def test_every_kind_of_detail_has_words() -> None:
    assert set(FIELD_WORDS) == set(FIELDS)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_the_log_is_exported_under_its_filters_and_the_export_is_kept(
    guests: Guests, form: str
) -> None:
    customer = guests.potential()
    guests.get(f"/v1/customers/{customer}", "li")
    guests.get(f"/v1/customers/{customer}/history", "wang")
    items = asked(guests, customer=customer, kind="details-read")
    filters = {"customer": customer, "kind": "details-read"}
    answer = guests.get("/v1/access/export", "wu", format=form, **filters)
    assert answer.status_code == 200
    if form == "jsonl":
        *told, last = (json.loads(line) for line in answer.content.splitlines())
        assert told == items
        assert (last["complete"], last["count"]) == (True, 2)
    else:
        rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
        assert list(rows[0]) == [english for _, english in COLUMNS.values()]
        assert [row["words"] for row in rows] == [item["words"] for item in items]
        assert [json.loads(row["customer_ids"]) for row in rows] == [[customer]] * 2

    def exports() -> Any:
        kinds = ["exported", "export-ended"]
        return asked(guests, "root", member="wu", kind=kinds, limit=2)

    wait_until(lambda: exports()[0]["kind"] == "export-ended", what="the end of the export")
    ended, begun = exports()
    assert begun["facts"]["view"] == ended["facts"]["view"] == "access"
    assert begun["facts"]["filters"]["customer"] == customer
    assert ended["words"] == "wu exported 2 rows: access log; complete."
