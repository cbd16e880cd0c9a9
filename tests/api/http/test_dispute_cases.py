"""Cases that end in disputes, each through HTTP under a test clock, each with its replay.

Beijing time is written as it is said there; answers are in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from tests.api.http.guests import STEPS, Guests, assert_problem

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
_leavers = count(1)


def beijing(text: str) -> datetime:
    """An instant as it is said in Beijing: `2026-03-02 09:00`."""
    return datetime.fromisoformat(f"{text}+08:00")


def told(instant: datetime) -> str:
    """As every answer tells it."""
    return instant.astimezone(datetime.fromisoformat("2026-01-01T00:00Z").tzinfo).strftime(
        "%Y-%m-%dT%H:%M:%S.%fZ"
    )


def potential_from(guests: Guests, instant: datetime, member: str = "li") -> tuple[str, datetime]:
    """A customer that passes its review at the instant, and its deadline thirty days later."""
    guests.at(instant)
    return guests.potential(member), instant + 30 * DAY


def steps(guests: Guests, customer: str, **asked: Any) -> list[tuple[str, str, str | None]]:
    """The replay: topic, state after it, holder after it; refusals among them."""
    answer = guests.get(f"/v1/customers/{customer}/replay", "wu", **asked)
    assert answer.status_code == 200, answer.text
    return [
        (
            step["event"]["topic"].removeprefix("customer."),
            step["after"]["state"],
            step["after"]["holder"],
        )
        for step in answer.json()["steps"]
    ]


def last_step(guests: Guests, customer: str) -> dict[str, Any]:
    found: dict[str, Any] = guests.get(f"/v1/customers/{customer}/replay", "wu").json()["steps"][-1]
    return found


def situation(guests: Guests, customer: str, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = guests.get(f"/v1/customers/{customer}/replay", "wu", **asked).json()
    stands: dict[str, Any] = found["situation"]
    return stands


def holder(guests: Guests, customer: str, at: datetime) -> tuple[str | None, str | None]:
    """Who held it at an instant, in which stage: the auditor's question."""
    answer = guests.get(f"/v1/customers/{customer}/holder", "wu", at=at.isoformat()).json()
    return answer["holder"], answer["stage"]


def card(guests: Guests, customer: str, member: str = "wu") -> dict[str, Any]:
    answer = guests.get(f"/v1/customers/{customer}", member)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def leaver(guests: Guests) -> Iterator[str]:
    """A seller whom no other test knows."""
    member = f"gone-{next(_leavers)}"
    guests.move_in({member: "seller"})
    return member


START: list[tuple[str, str, str | None]] = [
    ("registered", "pool", None),
    ("claimed", "waiting", "li"),
    ("followed_up", "waiting", "li"),
    ("review_passed", "potential", "li"),
]


@pytest.mark.clause("S1-036", "S1-034")
def test_asked_a_second_before_the_deadline_and_granted_a_minute_after_it(guests: Guests) -> None:
    customer, deadline = potential_from(guests, beijing("2026-03-02 10:00"))
    guests.at(deadline - SECOND)
    asked = guests.post(
        f"/v1/customers/{customer}/extension", {"reason": "对方下周开会决定", "days": 10}
    ).json()
    # 1 April is a Wednesday; the holidays of 清明 are the 4th to the 6th.
    assert asked["until"] == told(deadline)
    assert asked["held_over_by"] == "extension"
    assert asked["held_over_until"] == told(beijing("2026-04-08 00:00"))
    guests.at(deadline + MINUTE)
    assert card(guests, customer)["state"] == "potential"
    assert_problem(guests.claim(customer, "chen"), 409, "already-protected")
    granted = guests.decide(customer, "extension").json()
    assert granted["until"] == told(deadline + 10 * DAY)
    assert "held_over_by" not in granted
    assert steps(guests, customer) == [
        *START,
        ("extension_requested", "potential", "li"),
        ("refusal.recorded", "potential", "li"),
        ("extension_granted", "potential", "li"),
    ]
    step = last_step(guests, customer)
    assert step["changed"]["until"] == {
        "before": told(deadline),
        "after": told(deadline + 10 * DAY),
    }
    assert step["changed"]["application"] == {"before": "extension", "after": None}
    assert holder(guests, customer, deadline) == ("li", "potential")
    assert holder(guests, customer, deadline + 10 * DAY) == (None, None)


@pytest.mark.clause("S1-036", "S1-035")
@pytest.mark.parametrize(
    ("deadline", "over"),
    [
        # 春节: the 13th and the make-up Saturday 14th count, the 15th to the 23rd do not.
        ("2026-02-12 10:00", "2026-02-25 00:00"),
        # The make-up Saturday 28 February counts, Sunday does not.
        ("2026-02-26 10:00", "2026-03-03 00:00"),
        # 清明: the 3rd counts, the 4th to the 6th do not.
        ("2026-04-02 10:00", "2026-04-09 00:00"),
    ],
)
def test_undecided_over_a_holiday_it_ends_with_the_third_working_day(
    guests: Guests, deadline: str, over: str
) -> None:
    until, end = beijing(deadline), beijing(over)
    customer, given = potential_from(guests, until - 30 * DAY)
    assert given == until
    guests.at(until - DAY)
    asked = guests.apply(customer, "extension").json()
    assert (asked["until"], asked["held_over_until"]) == (told(until), told(end))
    guests.at(end - MICROSECOND)
    assert (card(guests, customer)["state"], card(guests, customer)["holder"]) == (
        "potential",
        "li",
    )
    guests.at(end)
    assert card(guests, customer)["pool_reason"] == "undecided"
    assert situation(guests, customer)["state"] == "pool"
    assert_problem(guests.decide(customer, "extension"), 409, "nothing-pending")
    assert guests.claim(customer, "chen").status_code == 201
    replayed = steps(guests, customer)
    assert replayed[len(START) :] == [
        ("extension_requested", "potential", "li"),
        ("refusal.recorded", "pool", None),
        ("lapsed", "pool", None),
        ("claimed", "waiting", "chen"),
        ("followed_up", "waiting", "chen"),
    ]
    lapsed = next(found for found in guests.events(customer) if found["topic"].endswith("lapsed"))
    assert (lapsed["at"], lapsed["facts"]["cause"]) == (told(end), "undecided")
    assert holder(guests, customer, end - MICROSECOND) == ("li", "potential")
    assert holder(guests, customer, end) == ("chen", "waiting")


@pytest.mark.clause("S1-035", "S1-235")
def test_a_refusal_after_a_deadline_that_nobody_wrote_down_shows_the_customer_in_the_pool(
    guests: Guests,
) -> None:
    customer, deadline = potential_from(guests, beijing("2026-03-02 10:00"))
    guests.at(deadline + SECOND / 2)
    path = f"/v1/customers/{customer}"
    problem = assert_problem(
        guests.post(f"{path}/release", {"reason": "无预算"}), 409, "not-the-holder"
    )
    assert problem["holder"] is None
    contested = {"contested_at": told(deadline), "statement": "归属有误"}
    assert guests.post(f"{path}/disputes", contested, "chen").status_code == 201
    refusal, lapse = ("refusal.recorded", "pool", None), ("lapsed", "pool", None)
    assert steps(guests, customer)[len(START) :][:2] == [refusal, lapse]
    case = guests.get(f"{path}/disputes/1", "wu").json()
    for shown in (case["steps"], guests.get(f"{path}/replay", "wu").json()["steps"]):
        refused, lapsed = shown[len(START) : len(START) + 2]
        assert (refused["after"]["state"], refused["after"]["holder"]) == ("pool", None)
        # It is the lapse that changed it, whenever it was written down.
        assert refused["changed"] == {}
        assert lapsed["changed"]["holder"] == {"before": "li", "after": None}


@pytest.mark.clause("S1-037", "S1-235")
def test_a_refusal_after_a_bar_shows_it_ended(guests: Guests) -> None:
    customer, _ = potential_from(guests, beijing("2026-03-02 10:00"))
    path = f"/v1/customers/{customer}"
    assert guests.post(f"{path}/release", {"reason": "无预算"}).status_code == 200
    assert [bar["member"] for bar in last_step(guests, customer)["after"]["bars"]] == ["li"]
    for ago, bars in ((MICROSECOND, ["li"]), (timedelta(0), [])):
        guests.at(beijing("2026-03-05 10:00") - ago)
        refused = guests.post(f"{path}/release", {"reason": "无预算"})
        assert_problem(refused, 409, "not-the-holder")
        step = last_step(guests, customer)
        assert step["event"]["topic"] == "refusal.recorded"
        assert [bar["member"] for bar in step["after"]["bars"]] == bars


@pytest.mark.clause("S1-318", "S1-319", "S1-320")
@pytest.mark.parametrize(
    ("refused", "removed"),
    [("2026-03-02 23:30", "2026-03-06 00:00"), ("2026-03-03 00:30", "2026-03-07 00:00")],
)
def test_the_day_of_a_refusal_is_the_day_in_beijing(
    guests: Guests, refused: str, removed: str
) -> None:
    instant, end = beijing(refused), beijing(removed)
    guests.at(instant)
    customer = guests.register()
    guests.claim(customer)
    answer = guests.review(customer, "refuse", reason="电话无法接通").json()
    assert (answer["state"], answer["until"]) == ("rejected", told(end))
    guests.at(end - MICROSECOND)
    assert_problem(guests.claim(customer, "chen"), 409, "already-protected")
    guests.at(end)
    assert card(guests, customer)["state"] == "pool"
    assert guests.claim(customer, "chen").status_code == 201
    assert steps(guests, customer)[3:] == [
        ("review_refused", "rejected", "li"),
        ("refusal.recorded", "rejected", "li"),
        ("holder_removed", "pool", None),
        ("claimed", "waiting", "chen"),
        ("followed_up", "waiting", "chen"),
    ]
    assert situation(guests, customer, until=(end - MICROSECOND).isoformat())["holder"] == "li"


@pytest.mark.clause("S1-312", "S1-053")
def test_an_earlier_save_that_is_reviewed_later_still_comes_first(guests: Guests) -> None:
    guests.at(beijing("2026-03-02 09:00"))
    first = guests.register(name="泰州市犇淼鑫空调有限公司")
    second = guests.register(
        "chen", name="犇淼鑫空调股份有限公司", override_reason="注册地不同的另一家"
    )
    guests.claim(first)
    guests.at(beijing("2026-03-02 09:01"))
    guests.claim(second, "chen")
    guests.at(beijing("2026-03-02 11:00"))
    problem = assert_problem(guests.review(second), 409, "earlier-claim")
    assert (problem["customer_id"], problem["holder"]) == (first, "li")
    guests.at(beijing("2026-03-03 15:00"))
    assert guests.review(first).json()["state"] == "potential"
    assert_problem(guests.review(second), 409, "earlier-claim")
    refused = guests.review(second, "refuse", reason="已由在先申请人保护")
    assert refused.json()["state"] == "rejected"
    assert steps(guests, second)[3:] == [
        ("refusal.recorded", "waiting", "chen"),
        ("refusal.recorded", "waiting", "chen"),
        ("review_refused", "rejected", "chen"),
    ]
    assert steps(guests, first)[-1] == ("review_passed", "potential", "li")


@pytest.mark.clause("S1-284")
def test_a_transfer_takes_the_open_application_along(guests: Guests) -> None:
    customer, deadline = potential_from(guests, beijing("2026-03-02 10:00"))
    guests.at(deadline - 2 * DAY)
    guests.apply(customer)
    moved = guests.post(
        f"/v1/customers/{customer}/transfer", {"to": "chen", "reason": "区域调整"}, "shen"
    ).json()
    assert (moved["holder"], moved["until"]) == ("chen", told(deadline))
    assert moved["held_over_by"] == "intent"
    guests.at(deadline + MINUTE)
    # The new holder has the application now, and nobody who ever held the customer decides it.
    for member in ("li", "chen"):
        assert_problem(guests.decide(customer, member=member), 403, "not-allowed")
    granted = guests.decide(customer).json()
    assert (granted["state"], granted["holder"]) == ("intent", "chen")
    assert granted["until"] == told(deadline + MINUTE + 15 * DAY)
    assert steps(guests, customer)[len(START) :] == [
        ("intent_requested", "potential", "li"),
        ("transferred", "potential", "chen"),
        ("intent_granted", "intent", "chen"),
    ]
    granted_by = last_step(guests, customer)["event"]["facts"]
    assert (granted_by["applicant"], granted_by["holder"]) == ("li", "chen")


@pytest.mark.clause("S1-283", "S1-284", "S1-048")
def test_a_leaver_hands_over_some_and_leaves_the_rest(guests: Guests, leaver: str) -> None:
    guests.at(beijing("2026-03-02 10:00"))
    waiting, dropped, handed = guests.register(leaver), guests.potential(leaver), ""
    guests.claim(waiting, leaver)
    handed = guests.intent(leaver)
    formal = guests.formal(leaver)
    assert guests.post(
        f"/v1/customers/{formal}/after-sales", {"to": "han"}, "jiang"
    ).is_success  # A named person of after-sales is not the leaver's business.
    leaves_at = beijing("2026-03-06 18:00")
    answer = guests.post(
        f"/v1/members/{leaver}/leave",
        {
            "leaves_at": leaves_at.isoformat(),
            "hand_over": [
                {"customer_id": handed, "to": "chen"},
                {"customer_id": waiting, "to": "li"},
            ],
            "reason": "个人原因离职",
        },
        "shen",
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["customers"] == 3
    guests.at(leaves_at - MICROSECOND)
    assert card(guests, dropped)["holder"] == leaver
    assert guests.get("/v1/pool", leaver).status_code == 200
    guests.at(leaves_at)
    # At that instant, and before anybody wrote it down:
    assert guests.get("/v1/pool", leaver).status_code == 401
    assert (card(guests, dropped)["state"], card(guests, dropped)["pool_reason"]) == (
        "pool",
        "left",
    )
    assert (card(guests, handed)["state"], card(guests, handed)["holder"]) == ("intent", "chen")
    assert (card(guests, waiting)["state"], card(guests, waiting)["holder"]) == ("waiting", "li")
    assert card(guests, formal)["holder"] == "han"
    assert holder(guests, handed, leaves_at) == ("chen", "intent")
    assert holder(guests, handed, leaves_at - MICROSECOND) == (leaver, "intent")
    assert holder(guests, dropped, leaves_at) == (None, None)
    # The first command that comes writes it down, dated at the instant.
    guests.at(leaves_at + DAY)
    assert guests.claim(dropped).status_code == 201
    assert guests.review(waiting).json()["holder"] == "li"
    assert steps(guests, dropped)[-4:-1] == [
        ("hand_over_arranged", "potential", leaver),
        ("holder_removed", "pool", None),
        ("claimed", "waiting", "li"),
    ]
    assert steps(guests, waiting)[-3:] == [
        ("hand_over_arranged", "waiting", leaver),
        ("transferred", "waiting", "li"),
        ("review_passed", "potential", "li"),
    ]
    removed = next(found for found in guests.events(dropped) if "removed" in found["topic"])
    assert (removed["at"], removed["facts"]["cause"]) == (told(leaves_at), "left")


@pytest.mark.clause("S1-048")
def test_a_leaver_of_after_sales_leaves_formal_customers_to_the_group(guests: Guests) -> None:
    guests.at(beijing("2026-03-02 10:00"))
    member = f"gone-{next(_leavers)}"
    guests.move_in({member: "after-sales"})
    formal = guests.formal()
    guests.post(f"/v1/customers/{formal}/after-sales", {"to": member}, "jiang")
    leaves_at = beijing("2026-03-05 00:00")
    answer = guests.post(
        f"/v1/members/{member}/leave",
        {"leaves_at": leaves_at.isoformat(), "hand_over": [], "reason": "离职"},
        "shen",
    )
    assert answer.json()["customers"] == 1
    guests.at(leaves_at)
    stands = card(guests, formal)
    assert (stands["state"], stands["holder"], stands["group"]) == ("formal", None, "after-sales")
    told_at = guests.get(f"/v1/customers/{formal}/holder", "wu").json()
    assert (told_at["holder"], told_at["group"]) == (None, "after-sales")
    assert situation(guests, formal)["group"] == "after-sales"
    # Anybody of after-sales follows up meanwhile.
    noted = guests.post(f"/v1/customers/{formal}/follow-ups", guests.follow_up(), "han")
    assert noted.status_code == 201, noted.text
    assert [topic for topic, *_ in steps(guests, formal)[-3:]] == [
        "hand_over_arranged",
        "moved_to_after_sales",
        "followed_up",
    ]


@pytest.mark.clause("S1-041")
def test_a_manager_who_lost_the_role_decides_nothing(guests: Guests) -> None:
    customer, _ = potential_from(guests, beijing("2026-03-02 10:00"))
    guests.move_in({"former": "manager"})
    guests.apply(customer)
    path = "/v1/members/former"
    assert guests.patch(path, {"roles": ["seller"]}, "root").status_code == 200
    problem = assert_problem(guests.decide(customer, member="former"), 403, "not-allowed")
    assert problem["needs"] == ["manager", "director"]
    may = guests.get(f"/v1/customers/{customer}/may?member=former", "wu").json()["rights"]
    decides = next(right for right in may if right["command"] == "decide-intent")
    assert (decides["allowed"], decides["rule"]) == (False, "not-allowed")
    assert guests.decide(customer).json()["state"] == "intent"
    assert steps(guests, customer)[len(START) :] == [
        ("intent_requested", "potential", "li"),
        ("intent_granted", "intent", "li"),
    ]


@pytest.mark.clause("S1-310")
def test_a_reviewer_who_was_refused_the_customer_does_not_review_it(guests: Guests) -> None:
    guests.at(beijing("2026-03-02 10:00"))
    both = f"both-{next(_leavers)}"
    guests.move_in({both: "reviewer"})
    guests.patch(f"/v1/members/{both}", {"roles": ["seller", "reviewer"]}, "root")
    customer = guests.register()
    guests.claim(customer)
    assert_problem(guests.claim(customer, both), 409, "already-protected")
    problem = assert_problem(
        guests.review(customer, "refuse", both, reason="资料不全"), 403, "own-decision"
    )
    assert problem["applicant"] == "li"
    may = guests.get(f"/v1/customers/{customer}/may?member={both}", "wu").json()["rights"]
    assert next(right for right in may if right["command"] == "review")["rule"] == "own-decision"
    waiting = guests.get("/v1/approvals", "zhao", limit=500).json()["items"]
    assert customer in {item["customer_id"] for item in waiting}
    assert guests.review(customer).json()["state"] == "potential"
    assert steps(guests, customer)[3:] == [
        ("refusal.recorded", "waiting", "li"),
        ("refusal.recorded", "waiting", "li"),
        ("review_passed", "potential", "li"),
    ]
    rules = [
        found["facts"]["rule"]
        for found in guests.events(customer)
        if found["topic"] == "refusal.recorded"
    ]
    assert rules == ["already-protected", "own-decision"]


@pytest.mark.clause("S1-042", "S1-043", "S1-046", "S1-060")
def test_a_contract_signed_in_time_and_confirmed_late(guests: Guests) -> None:
    guests.at(beijing("2026-03-02 10:00"))
    customer = guests.intent()
    deadline = beijing("2026-03-17 10:00")
    guests.at(deadline - SECOND)
    number = guests.write_contract(customer, **{**STEPS, "signed_on": "2026-03-16"})
    stands = card(guests, customer)
    assert (stands["until"], stands["held_over_by"]) == (told(deadline), "contract")
    assert stands["held_over_until"] == told(beijing("2026-03-21 00:00"))
    guests.at(beijing("2026-03-20 23:59"))
    assert_problem(guests.claim(customer, "chen"), 409, "already-protected")
    confirmed = guests.confirm(customer, number).json()
    assert (confirmed["state"], confirmed["holder"]) == ("formal", None)
    assert confirmed["group"] == "after-sales"
    assert [step for step in steps(guests, customer) if "contract" in step[0]] == [
        ("contract_drawn", "intent", "li"),
        ("contract_detailed", "intent", "li"),
        ("contract_signed", "intent", "li"),
        *[("contract_detailed", "intent", "li")] * 4,
        ("contract_confirmed", "formal", None),
    ]
    # For good: years later, and also once the contract is void.
    guests.at(beijing("2027-12-01 10:00"))
    assert card(guests, customer)["state"] == "formal"
    voided = guests.post(
        f"/v1/customers/{customer}/contracts/{number}/void", {"reason": "双方协议解除"}, "feng"
    )
    assert voided.json()["state"] == "formal"


@pytest.mark.clause("S1-043", "S1-060")
def test_a_contract_that_nobody_confirms_in_time_ends_undecided(guests: Guests) -> None:
    guests.at(beijing("2026-03-02 10:00"))
    customer = guests.intent()
    guests.at(beijing("2026-03-17 09:59"))
    number = guests.write_contract(customer)
    guests.at(beijing("2026-03-21 00:00"))
    assert_problem(guests.confirm(customer, number), 409, "nothing-pending")
    assert situation(guests, customer)["state"] == "pool"
    assert guests.claim(customer, "chen").status_code == 201
    assert ("lapsed", "pool", None) in steps(guests, customer)
    assert holder(guests, customer, beijing("2026-03-20 23:59")) == ("li", "intent")


@pytest.mark.clause("S1-020")
def test_two_held_records_become_one_and_the_earlier_claim_stands(guests: Guests) -> None:
    guests.at(beijing("2026-03-02 09:00"))
    old = guests.register(name="扬州市骉羴焱空调有限公司")
    guests.claim(old)
    new = guests.register("chen", name="骉羴焱空调股份有限公司", override_reason="以为是另一家")
    guests.at(beijing("2026-03-02 10:00"))
    guests.claim(new, "chen")
    guests.review(old)
    guests.review(new, different_company="当时以为注册地不同")
    guests.at(beijing("2026-03-10 10:00"))
    reported = guests.post(
        f"/v1/customers/{old}/duplicates", {"of": new, "statement": "联系人与地址相同"}, "chen"
    )
    assert reported.status_code == 201, reported.text
    number = reported.json()["report"]
    resolution = {"resolution": "merge", "reason": "工商登记为同一家"}
    path = f"/v1/customers/{old}/duplicates/{number}/resolution"
    merged = guests.post(path, resolution, "qian")
    assert merged.status_code == 200, merged.text
    assert merged.json()["into"] == new
    # The earlier claim stood on the record that is gone; it goes on over there.
    stands = card(guests, new)
    assert (stands["state"], stands["holder"]) == ("potential", "li")
    assert stands["until"] == told(beijing("2026-04-01 10:00"))
    gone = card(guests, old)
    assert (gone["state"], gone["holder"], gone["merged_into"]) == ("merged", None, new)
    problem = assert_problem(guests.claim(old, "chen"), 409, "merged")
    assert problem["into"] == new
    assert_problem(guests.post(path, resolution, "zhao"), 409, "merged")
    # What was true of either stays true.
    before = beijing("2026-03-05 12:00")
    assert holder(guests, old, before) == ("li", "potential")
    assert holder(guests, new, before) == ("chen", "potential")
    after = beijing("2026-03-11 12:00")
    guests.at(after)
    assert holder(guests, new, after) == ("li", "potential")
    assert holder(guests, old, after) == (None, None)
    assert steps(guests, old)[-5:] == [
        ("duplicate_reported", "potential", "li"),
        ("duplicate_resolved", "potential", "li"),
        ("merged", "merged", None),
        ("refusal.recorded", "merged", None),
        ("refusal.recorded", "merged", None),
    ]
    assert steps(guests, new)[-2:] == [
        ("duplicate_linked", "potential", "chen"),
        ("duplicate_absorbed", "potential", "li"),
    ]
    problem = assert_problem(
        guests.post("/v1/customers", guests.company(name="扬州市骉羴焱空调有限公司")),
        409,
        "duplicate-name",
    )
    assert problem["customer_id"] == new


@pytest.mark.clause("S1-037", "S1-045")
def test_two_sellers_who_take_turns_are_each_barred_and_both_are_seen(guests: Guests) -> None:
    customer, _ = potential_from(guests, beijing("2026-03-02 10:00"))
    release = {"reason": "让同事跟进"}
    guests.at(beijing("2026-03-20 10:00"))
    assert guests.post(f"/v1/customers/{customer}/release", release).status_code == 200
    problem = assert_problem(guests.claim(customer), 409, "barred")
    assert problem["until"] == told(beijing("2026-03-23 10:00"))
    assert guests.claim(customer, "chen").status_code == 201
    guests.review(customer)
    guests.at(beijing("2026-03-23 10:00"))
    assert guests.post(f"/v1/customers/{customer}/release", release, "chen").status_code == 200
    assert_problem(guests.claim(customer, "chen"), 409, "barred")
    # Nobody gives it to one who is barred, either.
    assert guests.claim(customer).status_code == 201
    problem = assert_problem(
        guests.post(f"/v1/customers/{customer}/transfer", {"to": "chen", "reason": "协作"}, "shen"),
        409,
        "barred",
    )
    assert problem["until"] == told(beijing("2026-03-26 10:00"))
    assert steps(guests, customer)[3:] == [
        ("review_passed", "potential", "li"),
        ("released", "pool", None),
        ("refusal.recorded", "pool", None),
        ("claimed", "waiting", "chen"),
        ("followed_up", "waiting", "chen"),
        ("review_passed", "potential", "chen"),
        ("released", "pool", None),
        ("refusal.recorded", "pool", None),
        ("claimed", "waiting", "li"),
        ("followed_up", "waiting", "li"),
        ("refusal.recorded", "waiting", "li"),
    ]
    tenures = guests.get("/v1/tenures", "wu", customer=customer).json()["items"]
    assert [found["holder"] for found in tenures] == ["li", "li", "chen", "chen", "li"]
