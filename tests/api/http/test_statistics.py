"""Figures, their events, and who may see them, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem, invalid_fields

PATH = "/v1/statistics"
HOUR = timedelta(hours=1)
MARCH = {"from": "2026-03-01", "to": "2026-06-01"}


def told(guests: Guests, path: str = PATH, member: str = "wang", **asked: Any) -> dict[str, Any]:
    answer = guests.get(path, member, **(MARCH | asked))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def counts(line: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in line["figures"].items() if count}


def a_seller(guests: Guests, department: str) -> str:
    """A new seller of a department that no other test uses, one of those that `wang` leads."""
    guests.place(department)
    member = f"seller-{next(guests.numbers)}"
    guests.move_in({member: "seller"})
    body = {"department": department}
    assert guests.patch(f"/v1/members/{member}", body, "root").status_code == 200
    return member


@pytest.mark.clause("S1-066", "S1-071", "S1-145")
def test_the_figures_of_a_department_tell_what_its_members_did(guests: Guests) -> None:
    seller, rival = a_seller(guests, "统计部"), a_seller(guests, "别部")
    lapsing, waiting = guests.potential(seller), guests.register(seller)
    assert guests.claim(lapsing, rival).status_code == 409
    guests.claim(waiting, seller)
    guests.at(MONDAY + DAY)
    guests.review(waiting, "refuse", reason="电话有误")
    guests.at(MONDAY + 20 * DAY)
    signed = guests.formal(seller)
    guests.apply(lapsing, "extension", seller)
    guests.decide(lapsing, "extension", "refuse", reason="没有进展")
    guests.at(MONDAY + 40 * DAY)
    guests.claim(lapsing, rival)
    line = told(guests, department="统计部")["total"]
    assert counts(line) == {
        "claims": 3,
        "reviews_passed": 2,
        "reviews_refused": 1,
        "lapses": 1,
        "extensions_requested": 1,
        "extensions_refused": 1,
        "intents_requested": 1,
        "intents_granted": 1,
        "contracts_drawn": 1,
        "contracts_signed": 1,
        "contracts_confirmed": 1,
        "formal": 1,
    }
    assert line["lapses_by_cause"] == {"term-over": 1}
    assert line["review_waiting"] == {
        "count": 3,
        "seconds_sum": 86_400.0,
        "seconds_max": 86_400.0,
        "seconds_median": 0.0,
        "seconds_p90": pytest.approx(0.8 * 86_400),
    }
    other = told(guests, department="别部")["total"]
    assert counts(other) == {"claims": 1, "refusals": 1}
    assert other["refusals_by_rule"] == {"already-protected": 1}
    (formal,) = told(guests, f"{PATH}/events", figure="formal", member=seller)["items"]
    assert formal["customer_id"] == signed


def test_every_figure_leads_to_its_events_and_these_to_the_audit(guests: Guests) -> None:
    seller = a_seller(guests, "来源部")
    for _ in range(2):
        guests.post(
            f"/v1/customers/{guests.potential(seller)}/release", {"reason": "没有需求"}, seller
        )
    total = told(guests, department="来源部")["total"]
    for figure, count in counts(total).items():
        items: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            page = told(
                guests, f"{PATH}/events", figure=figure, department="来源部", limit=1, **after
            )
            items += page["items"]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert len(items) == count
        positions = [item["position"] for item in items]
        audited = guests.get("/v1/audit", "wu", position=positions).json()["items"]
        assert [item["position"] for item in audited] == positions
        assert [item["actor"] for item in audited] == [item["actor"] for item in items]
        assert {item["customer_id"] for item in audited} == {item["customer_id"] for item in items}


def test_a_figure_leads_its_manager_to_the_events_also_when_the_customer_is_elsewhere(
    guests: Guests,
) -> None:
    seller, rival = a_seller(guests, "去向部"), f"seller-{next(guests.numbers)}"
    guests.move_in({rival: "seller"})
    body = {"department": f"外部-{rival}"}
    assert guests.patch(f"/v1/members/{rival}", body, "root").status_code == 200
    gone, foreign = guests.potential(seller), guests.potential(rival)
    guests.post(f"/v1/customers/{gone}/release", {"reason": "没有需求"}, seller)
    assert guests.claim(gone, rival).status_code == 201
    asked = {"figure": "releases", "department": "去向部"}
    (released,) = told(guests, f"{PATH}/events", **asked)["items"]
    (line,) = guests.get("/v1/audit", "wang", position=[released["position"]]).json()["items"]
    assert (line["customer_id"], line["actor"], line["reason"]) == (gone, seller, None)
    everything = guests.get("/v1/audit", "wu", customer=foreign).json()["items"]
    others = [item["position"] for item in everything]
    for position in (others, [*others, released["position"]]):
        refused = guests.get("/v1/audit", "wang", position=position)
        assert_problem(refused, 403, "not-allowed")


def test_lines_are_told_apart_by_day_department_and_member(guests: Guests) -> None:
    first, second = a_seller(guests, "甲部"), a_seller(guests, "甲部")
    guests.potential(first)
    guests.at(MONDAY + DAY)
    guests.potential(first)
    guests.potential(second)
    asked = {"department": "甲部"}
    days = told(guests, **asked)["items"]
    assert [(line["day"], line["figures"]["claims"]) for line in days] == [
        ("2026-03-02", 1),
        ("2026-03-03", 2),
    ]
    assert {(line["department"], line["member"]) for line in days} == {(None, None)}
    members = told(guests, by=["member", "department"], **asked)["items"]
    assert [(line["department"], line["member"], line["day"]) for line in members] == sorted(
        [("甲部", first, None), ("甲部", second, None)]
    )
    page = told(guests, by=["day", "member"], limit=2, **asked)
    rest = told(guests, by=["day", "member"], limit=2, after=page["next"], **asked)
    assert [(line["day"], line["member"]) for line in page["items"] + rest["items"]] == sorted(
        [("2026-03-02", first), ("2026-03-03", first), ("2026-03-03", second)]
    )
    assert (rest["next"], rest["total"]) == (None, page["total"])


def test_a_day_is_one_of_the_calendar_in_shanghai(guests: Guests) -> None:
    seller = a_seller(guests, "夜班部")
    for at in (MONDAY + 15 * HOUR - HOUR / 3600, MONDAY + 15 * HOUR):
        guests.at(at)
        guests.register(seller)
        guests.claim(guests.register(seller), seller)
    days = told(guests, department="夜班部")["items"]
    assert [line["day"] for line in days] == ["2026-03-02", "2026-03-03"]
    until = told(guests, department="夜班部", to="2026-03-03")["total"]
    assert counts(until) == {"claims": 1}


@pytest.mark.clause("S1-035")
def test_an_end_that_nobody_has_recorded_yet_is_implied_and_counts_once_it_is(
    guests: Guests,
) -> None:
    seller = a_seller(guests, "到期部")
    customer, refused = guests.potential(seller), guests.register(seller)
    guests.claim(refused, seller)
    guests.review(refused, "refuse", reason="电话有误")
    asked = {"department": "到期部"}
    assert told(guests, **asked)["implied"] == {"lapses": 0, "removals": 0}
    guests.at(MONDAY + 30 * DAY)
    before = told(guests, **asked)
    assert before["implied"] == {"lapses": 1, "removals": 1}
    assert told(guests, member=seller)["implied"] == {"lapses": 1, "removals": 1}
    assert told(guests, to="2026-04-01", **asked)["implied"] == {"lapses": 0, "removals": 1}
    assert before["total"]["figures"]["lapses"] == 0
    guests.claim(customer, "chen")
    after = told(guests, **asked)
    assert after["implied"] == {"lapses": 0, "removals": 1}
    (lapse,) = told(guests, f"{PATH}/events", figure="lapses", **asked)["items"]
    assert (lapse["day"], lapse["member"], lapse["rule"]) == ("2026-04-01", seller, "term-over")


def test_what_a_member_did_before_he_moved_counts_for_the_old_department(guests: Guests) -> None:
    seller = a_seller(guests, "旧部")
    customer = guests.potential(seller)
    guests.place("新部")
    guests.patch(f"/v1/members/{seller}", {"department": "新部"}, "root")
    guests.claim(guests.register(seller), seller)
    guests.claim(customer, "chen")
    guests.post(f"/v1/customers/{customer}/release", {"reason": "没有需求"}, seller)
    assert counts(told(guests, department="旧部")["total"]) == {
        "claims": 1,
        "reviews_passed": 1,
        "releases": 1,
    }
    assert counts(told(guests, department="新部")["total"]) == {"claims": 1}


def test_a_seller_sees_no_figures_but_ones_own(guests: Guests) -> None:
    seller, other = a_seller(guests, "私部"), a_seller(guests, "私部")
    guests.potential(seller)
    guests.potential(other)
    assert counts(told(guests, member="zhao", department="私部")["total"])["claims"] == 2
    for asked in ({}, {"department": "私部"}):
        own = guests.get(PATH, seller, **MARCH, by="member", **asked).json()
        assert [line["member"] for line in own["items"]] == [seller]
        assert counts(own["total"])["claims"] == 1
    events = guests.get(f"{PATH}/events", seller, **MARCH, figure="claims").json()["items"]
    assert [event["member"] for event in events] == [seller]
    for path in (f"{PATH}?", f"{PATH}/events?figure=claims&"):
        answer = guests.get(f"{path}member={other}", seller)
        assert assert_problem(answer, 403, "not-allowed")["needs"] == [
            "manager",
            "director",
            "reviewer",
            "after-sales-manager",
            "auditor",
        ]
    for member in (seller, "zhao", "feng", "root"):
        assert_problem(guests.get(f"{PATH}/habits", member), 403, "not-allowed")
    for member in ("wang", "shen", "wu"):
        assert guests.get(f"{PATH}/habits", member).status_code == 200


def test_the_last_thirty_days_are_told_where_none_are_named(guests: Guests) -> None:
    answer = guests.get(PATH, "wang").json()
    assert (answer["from"], answer["to"]) == ("2026-02-01", "2026-03-03")
    answer = guests.get(PATH, "wang", to="0001-01-05").json()
    assert (answer["from"], answer["items"]) == ("0001-01-01", [])


@pytest.mark.parametrize(
    ("path", "asked", "field"),
    [
        ("", {"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ("", {"from": "2025-03-01", "to": "2026-03-03"}, "from"),
        ("", {"from": "2026-03-01T00:00:00Z"}, "from"),
        ("", {"by": "week"}, "by.0"),
        ("", {"surprise": 1}, "surprise"),
        ("", {"after": "x"}, "after"),
        ("/events", {"figure": "follow-ups"}, "figure"),
        ("/events", {}, "figure"),
        ("/habits", {"kind": "smoking"}, "kind.0"),
        ("/habits", {"days": -1}, "days"),
        ("/habits", {"seconds": "nan"}, "seconds"),
        ("/habits", {"times": 0}, "times"),
        ("/habits", {"share": 1.1}, "share"),
        ("/habits", {"limit": 501}, "limit"),
    ],
)
def test_what_cannot_be_asked_is_named(
    guests: Guests, path: str, asked: dict[str, Any], field: str
) -> None:
    assert list(invalid_fields(guests.get(PATH + path, "wang", **asked))) == [field]


def test_habits_speak_the_language_of_the_request_and_name_their_thresholds(
    guests: Guests,
) -> None:
    seller = a_seller(guests, "习惯部")
    for _ in range(2):
        customer = guests.register(seller)
        for _ in range(2):
            guests.claim(customer, seller)
            guests.post(
                f"/v1/customers/{customer}/withdrawal", {"what": "claim", "reason": "错"}, seller
            )
            guests.at(guests.now + 4 * DAY)
    asked = {"kind": "claim-release-cycling", "department": "习惯部"}
    body = told(guests, f"{PATH}/habits", **asked)
    assert body["thresholds"] == {
        "claim-release-cycling": {
            "days": 3,
            "seconds": 60.0,
            "times": 2,
            "share": 0.9,
            "characters": 6,
        }
    }
    assert [item["figures"] for item in body["items"]] == [{"claims": 2, "given_up": 2}] * 2
    assert "gives it up" in body["items"][0]["words"]
    cut = told(guests, f"{PATH}/habits", limit=1, **asked)
    assert (len(cut["items"]), cut["cut"]) == (1, ["claim-release-cycling"])
    zh = guests.send(
        "GET", f"{PATH}/habits", "wang", params=MARCH | asked, headers={"Accept-Language": "zh"}
    )
    assert "反复申请保护" in zh.json()["items"][0]["words"]
    positions = body["items"][0]["positions"]
    assert (len(positions), body["items"][0]["more"]) == (body["items"][0]["events"], 0)
    rest = told(guests, f"{PATH}/habits", beyond=positions[1], **asked)["items"][0]
    assert (rest["positions"], rest["events"], rest["more"]) == (positions[2:], len(positions), 0)
    audited = guests.get("/v1/audit", "wu", position=positions).json()["items"]
    assert [item["topic"] for item in audited] == [
        "customer.claimed",
        "customer.claim_withdrawn",
    ] * 2
