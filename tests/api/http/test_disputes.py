"""Disputes over HTTP: opened by a member, ruled by somebody with no part in it, found again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.http.guests import DAY, MICROSECOND, Guests, assert_problem, invalid_fields
from tests.api.http.test_races import at_once

HOUR = timedelta(hours=1)


def contest(
    guests: Guests, customer: str, member: str = "li", at: datetime | None = None, **more: Any
) -> httpx.Response:
    body = {"contested_at": (at or guests.now).isoformat(), "statement": "归属有误", **more}
    return guests.post(f"/v1/customers/{customer}/disputes", body, member)


def opened(guests: Guests, customer: str, member: str = "li", **more: Any) -> int:
    answer = contest(guests, customer, member, **more)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["dispute"])


def rule(
    guests: Guests,
    customer: str,
    number: int = 1,
    ruling: str = "uphold",
    member: str = "shen",
    **more: Any,
) -> httpx.Response:
    body = {"ruling": ruling, "reason": "已核对记录", **more}
    return guests.post(f"/v1/customers/{customer}/disputes/{number}/ruling", body, member)


def case(guests: Guests, customer: str, number: int = 1, member: str = "wu") -> dict[str, Any]:
    answer = guests.get(f"/v1/customers/{customer}/disputes/{number}", member)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def found(guests: Guests, member: str = "wu", **asked: Any) -> list[tuple[str, int]]:
    answer = guests.get("/v1/disputes", member, limit=500, **asked)
    assert answer.status_code == 200, answer.text
    return [(line["customer_id"], line["number"]) for line in answer.json()["items"]]


def topics(steps: list[dict[str, Any]]) -> list[str]:
    return [step["event"]["topic"].removeprefix("customer.") for step in steps]


def later(guests: Guests, by: timedelta) -> datetime:
    guests.at(guests.now + by)
    return guests.now


@pytest.mark.clause("S1-053", "S1-302")
def test_a_dispute_from_its_opening_to_its_ruling_and_its_replay(guests: Guests) -> None:
    """li holds it; chen is refused and contests; the ruling gives it to chen."""
    customer = guests.potential()
    later(guests, HOUR)
    assert_problem(guests.claim(customer, "chen"), 409, "already-protected")
    contested_at = later(guests, HOUR)
    guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up())
    later(guests, HOUR)
    guests.apply(customer, "extension")

    answer = contest(guests, customer, "chen", contested_at, rule="already-protected")
    assert answer.status_code == 201
    assert (answer.json()["dispute"], answer.json()["holder"]) == (1, "li")
    told = case(guests, customer)
    assert (told["is_held"], told["ruling"]) == (True, None)
    assert told["contested"]["holder"] == "li"
    assert (told["contested"]["stage"], told["contested"]["rulebook"]) == ("potential", "2026-1")
    assert told["contested"]["grounds"] == [2, 4, 6]
    assert [(party["member"], party["part"]) for party in told["parties"]] == [
        ("chen", "opener"),
        ("li", "contested"),
        ("chen", "refused"),
    ]
    assert [event["actor"] for event in told["follow_ups"]] == ["li", "li"]
    assert [event["actor"] for event in told["refusals"]] == ["chen"]
    assert told["steps"][-1]["after"]["open_disputes"] == [1]

    answer = rule(guests, customer, ruling="move", to="chen", stage="intent", rule="S1-053")
    assert answer.status_code == 200, answer.text
    receipt = answer.json()
    assert (receipt["ruling"], receipt["state"], receipt["holder"]) == ("move", "intent", "chen")
    assert receipt["until"] == told_instant(guests.now + 15 * DAY)

    told = case(guests, customer)
    assert topics(told["steps"]) == [
        "registered",
        "claimed",
        "followed_up",
        "review_passed",
        "refusal.recorded",
        "followed_up",
        "extension_requested",
        "dispute_opened",
        "dispute_ruled",
        "dispute_moved",
    ]
    after = told["steps"][-1]["after"]
    assert (after["holder"], after["state"], after["application"]) == ("chen", "intent", None)
    assert (after["open_disputes"], after["bars"]) == ([], [])
    ruling = told["ruling"]
    assert (ruling["rule"], ruling["ruled_by"]) == ("S1-053", "shen")
    assert (ruling["to"], ruling["loser"], ruling["stage"]) == ("chen", "li", "intent")
    ended = guests.get("/v1/tenures", "wu", customer=customer).json()["items"]
    assert [(line["holder"], line["stage"], line["ended"]) for line in ended] == [
        ("li", "waiting", "review-passed"),
        ("li", "potential", "dispute-moved"),
        ("chen", "intent", None),
    ]
    at = (guests.now - MICROSECOND).isoformat()
    before = guests.get(f"/v1/customers/{customer}/holder", "wu", at=at).json()
    assert (before["holder"], before["ended"]) == ("li", "dispute-moved")


def told_instant(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.clause("S1-037")
def test_who_loses_it_by_a_ruling_is_not_barred_and_a_bar_of_the_winner_is_lifted(
    guests: Guests,
) -> None:
    customer = guests.potential("chen")
    guests.post(f"/v1/customers/{customer}/release", {"reason": "误点"}, "chen")
    assert guests.claim(customer, "li").status_code == 201
    assert_problem(guests.claim(customer, "chen"), 409, "already-protected")
    opened(guests, customer, "chen")
    until = (guests.now + 20 * DAY).isoformat()
    restored = rule(guests, customer, ruling="restore", until=until).json()
    assert (restored["holder"], restored["state"]) == ("chen", "potential")
    card = guests.get(f"/v1/customers/{customer}", "wu").json()
    assert card["bars"] == []
    guests.post(f"/v1/customers/{customer}/removal", {"reason": "重来"}, "wang")
    assert guests.claim(customer, "li").status_code == 201


@pytest.mark.clause("S1-035")
def test_a_protection_that_lapsed_in_an_outage_comes_back_with_its_stage(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer, "extension")
    guests.decide(customer, "extension", days=10)
    deadline = guests.now + 40 * DAY
    later(guests, 41 * DAY)
    number = opened(guests, customer, at=deadline, rule="S1-033")
    told = case(guests, customer, number)
    assert told["is_held"] is False
    assert (told["contested"]["holder"], told["contested"]["ended"]) == ("li", "lapsed")
    assert told["contested"]["until"] == told_instant(deadline)

    until = guests.now + 5 * DAY
    receipt = rule(guests, customer, number, "restore", until=until.isoformat()).json()
    assert (receipt["holder"], receipt["state"]) == ("li", "potential")
    assert receipt["until"] == told_instant(until)
    told = case(guests, customer, number)
    assert (told["ruling"]["rule"], told["ruling"]["loser"]) == ("S1-033", None)
    after = told["steps"][-1]["after"]
    assert (after["extensions"], after["holder"]) == (1, "li")
    # Its one extension is used up as it was before.
    assert_problem(guests.apply(customer, "extension"), 409, "extensions-used-up")
    guests.at(until)
    assert guests.get(f"/v1/customers/{customer}", "wu").json()["state"] == "pool"


def test_a_wrong_removal_is_put_right_against_the_present_holder(guests: Guests) -> None:
    customer = guests.intent()
    guests.post(f"/v1/customers/{customer}/removal", {"reason": "误认为失联"}, "wang")
    removed_at = guests.now
    later(guests, HOUR)
    assert guests.claim(customer, "chen").status_code == 201
    later(guests, HOUR)
    opened(guests, customer, at=removed_at)
    until = (guests.now + 10 * DAY).isoformat()
    receipt = rule(guests, customer, ruling="restore", until=until).json()
    assert (receipt["holder"], receipt["state"]) == ("li", "intent")
    tenures = guests.get("/v1/tenures", "wu", customer=customer).json()["items"]
    assert [(line["holder"], line["ended"]) for line in tenures][-2:] == [
        ("chen", "restored"),
        ("li", None),
    ]
    assert tenures[-1]["claimed_at"] == tenures[0]["claimed_at"]
    # Nobody took it over, so the claim of the one who lost it is closed and not barred.
    assert_problem(guests.review(customer), 409, "nothing-pending")
    assert guests.get(f"/v1/customers/{customer}", "wu").json()["bars"] == []


@pytest.mark.clause("S1-284")
def test_who_lost_it_by_a_transfer_gets_it_back_from_the_present_holder(guests: Guests) -> None:
    """Nobody is named: the contested holder has it, so it is the one who contests that."""
    customer = guests.potential()
    claimed_at = guests.now
    guests.apply(customer, "extension")
    body = {"to": "chen", "reason": "区域调整"}
    assert guests.post(f"/v1/customers/{customer}/transfer", body, "wang").status_code == 200
    later(guests, HOUR)
    opened(guests, customer, "li")
    assert case(guests, customer)["contested"]["holder"] == "chen"
    until = (guests.now + 10 * DAY).isoformat()
    receipt = rule(guests, customer, ruling="restore", until=until).json()
    assert (receipt["holder"], receipt["state"]) == ("li", "potential")
    after = case(guests, customer)["steps"][-1]["after"]
    assert (after["claimed_at"], after["application"]) == (told_instant(claimed_at), None)
    assert_problem(guests.decide(customer, "extension"), 409, "nothing-pending")


def test_who_claimed_it_again_gets_the_earlier_protection_back(guests: Guests) -> None:
    customer = guests.intent()
    claimed_at = guests.now
    guests.post(f"/v1/customers/{customer}/removal", {"reason": "误认"}, "wang")
    removed_at = guests.now
    later(guests, HOUR)
    assert guests.claim(customer, "li").status_code == 201
    opened(guests, customer, "li", at=removed_at)
    until = (guests.now + 10 * DAY).isoformat()
    receipt = rule(guests, customer, ruling="restore", until=until).json()
    assert (receipt["holder"], receipt["state"]) == ("li", "intent")
    after = case(guests, customer)["steps"][-1]["after"]
    assert after["claimed_at"] == told_instant(claimed_at)
    # He has what he lost: a second case gives it back no more.
    opened(guests, customer, "li", at=removed_at)
    again = rule(guests, customer, 2, "restore", to="li", until=until)
    assert invalid_fields(again) == {"to": "same-holder"}


@pytest.mark.clause("S1-309")
def test_a_claim_under_review_moves_as_one(guests: Guests) -> None:
    customer = guests.register()
    guests.claim(customer, "li")
    opened(guests, customer, "chen")
    with_deadline = rule(
        guests, customer, ruling="move", to="chen", until=(guests.now + DAY).isoformat()
    )
    assert invalid_fields(with_deadline) == {"until": "not-used"}
    receipt = rule(guests, customer, ruling="move", to="chen").json()
    assert (receipt["state"], receipt["holder"], receipt["until"]) == ("waiting", "chen", None)
    passed = guests.review(customer).json()
    assert (passed["state"], passed["holder"]) == ("potential", "chen")


@pytest.mark.clause("S1-309", "S1-310")
def test_a_claim_under_review_comes_back_under_review(guests: Guests) -> None:
    """No ruling stands for the review: the stated deadline is when that is due."""
    customer = guests.register()
    guests.claim(customer, "li")
    claimed_at = guests.now
    guests.post(f"/v1/customers/{customer}/removal", {"reason": "误认为重复"}, "wang")
    opened(guests, customer, "li", at=later(guests, 10 * DAY) - 10 * DAY)
    due = guests.now + 2 * DAY
    receipt = rule(guests, customer, ruling="restore", until=due.isoformat()).json()
    assert (receipt["state"], receipt["holder"], receipt["until"]) == ("waiting", "li", None)
    after = case(guests, customer)["steps"][-1]
    assert after["after"]["claimed_at"] == told_instant(claimed_at)
    assert (after["event"]["facts"]["in_force_since"], after["event"]["facts"]["until"]) == (
        None,
        None,
    )
    assert "the review is due by" in after["event"]["words"]
    waiting = guests.get("/v1/approvals", "zhao", kind=["review"], limit=500).json()["items"]
    item = next(item for item in waiting if item["customer_id"] == customer)
    assert (item["due_at"], item["applicant"]) == (told_instant(due), "li")
    # Silence decides nothing, and the review itself puts it in force.
    later(guests, 3 * DAY)
    passed = guests.review(customer).json()
    assert (passed["state"], passed["holder"]) == ("potential", "li")
    assert passed["until"] == told_instant(guests.now + 30 * DAY)


@pytest.mark.clause("S1-309")
def test_a_ruling_may_say_another_stage_than_the_lost_one(guests: Guests) -> None:
    for lost, stated in (("waiting", "potential"), ("potential", "waiting")):
        customer = guests.register() if lost == "waiting" else guests.potential()
        if lost == "waiting":
            guests.claim(customer, "li")
        guests.post(f"/v1/customers/{customer}/removal", {"reason": "误认"}, "wang")
        opened(guests, customer, "li")
        until = (guests.now + 5 * DAY).isoformat()
        receipt = rule(guests, customer, ruling="restore", until=until, stage=stated).json()
        assert (receipt["state"], receipt["holder"]) == (stated, "li")


@pytest.mark.clause("S1-318", "S1-319")
def test_a_refused_claim_comes_back_to_be_corrected_until_the_stated_deadline(
    guests: Guests,
) -> None:
    customers = [guests.register() for _ in range(2)]
    for customer in customers:
        guests.claim(customer, "li")
        guests.review(customer, "refuse", reason="电话无法接通")
    later(guests, 10 * DAY)
    until = guests.now + DAY
    for customer in customers:
        opened(guests, customer, "li", at=guests.now - 5 * DAY)
        receipt = rule(guests, customer, ruling="restore", until=until.isoformat()).json()
        assert (receipt["state"], receipt["until"]) == ("rejected", told_instant(until))
    corrected, left = customers
    assert guests.claim(corrected, "li").json()["state"] == "waiting"
    guests.at(until)
    assert guests.get(f"/v1/customers/{left}", "wu").json()["state"] == "pool"
    assert guests.review(corrected).json()["state"] == "potential"


@pytest.mark.clause("S1-309")
def test_a_customer_may_be_moved_to_one_whose_claim_is_still_to_be_reviewed(
    guests: Guests,
) -> None:
    """As where the contested claim was one, and where the ruling says so."""
    contested, stated = guests.register(), guests.potential()
    guests.claim(contested, "li")
    claimed_at = guests.now
    guests.post(f"/v1/customers/{contested}/removal", {"reason": "误认"}, "wang")
    for customer, more in ((contested, {}), (stated, {"stage": "waiting"})):
        opened(guests, customer, "chen", at=claimed_at)
        receipt = rule(guests, customer, ruling="move", to="chen", **more).json()
        assert (receipt["state"], receipt["until"]) == ("waiting", None)
        waiting = guests.get("/v1/approvals", "zhao", kind=["review"], limit=500).json()["items"]
        item = next(item for item in waiting if item["customer_id"] == customer)
        assert (item["applicant"], item["due_at"]) == ("chen", told_instant(guests.now + 3 * DAY))


def test_who_opened_a_case_is_told_what_was_said_but_no_notes_of_others(guests: Guests) -> None:
    customer = guests.potential()
    guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up("很秘密"))
    opened(guests, customer, "chen")
    told = case(guests, customer, member="chen")
    assert (told["statement"], told["details_hidden"]) == ("归属有误", "not-a-party")
    assert [event["facts"] for event in told["follow_ups"]] == [{}, {}]


def test_an_upheld_tenure_stays_as_it_was(guests: Guests) -> None:
    customer = guests.potential()
    opened(guests, customer, "chen")
    before = guests.get(f"/v1/customers/{customer}", "wu").json()
    assert rule(guests, customer).json()["holder"] == "li"
    after = guests.get(f"/v1/customers/{customer}", "wu").json()
    assert {name: after[name] for name in ("state", "holder", "until")} == {
        name: before[name] for name in ("state", "holder", "until")
    }
    assert_problem(rule(guests, customer), 409, "nothing-pending")
    assert_problem(rule(guests, customer, 7), 404, "not-found")


# Who rules.


@pytest.mark.parametrize("member", ["li", "wang", "zhao", "wu", "root", "feng", "han", "jiang"])
def test_nobody_but_a_director_rules(guests: Guests, member: str) -> None:
    customer = guests.potential()
    opened(guests, customer, "chen")
    problem = assert_problem(rule(guests, customer, member=member), 403, "not-allowed")
    assert problem["needs"] == ["director"]


def state(
    guests: Guests, customer: str, member: str, statement: str = "当日已联系", number: int = 1
) -> httpx.Response:
    path = f"/v1/customers/{customer}/disputes/{number}/statements"
    return guests.post(path, {"statement": statement}, member)


@pytest.mark.clause("S1-310")
def test_who_may_not_rule_for_his_part_tells_his_side_and_nobody_else_does(guests: Guests) -> None:
    directors = [f"d{next(guests.numbers)}" for _ in range(4)]
    guests.move_in(dict.fromkeys(directors, "director"))
    held, refused, linked, other = directors
    customer = guests.potential(held)
    assert_problem(guests.claim(customer, refused), 409, "already-protected")
    statement = {"of": guests.potential(linked), "statement": "同一公司"}
    guests.post(f"/v1/customers/{customer}/duplicates", statement, "wu")
    opened(guests, customer, "chen")

    def may(member: str) -> Any:
        rights = guests.get(f"/v1/customers/{customer}/may?member={member}", "wu").json()["rights"]
        told = next(right for right in rights if right["command"] == "state-in-dispute")
        return told["allowed"], told["rule"]

    for party in ("chen", held, refused, linked):
        assert may(party) == (True, None)
        answer = state(guests, customer, party, f"{party}的说明")
        assert (answer.status_code, answer.json()["dispute"]) == (201, 1)
        kept_from = "not-allowed" if party == "chen" else "own-decision"
        assert_problem(rule(guests, customer, member=party), 403, kept_from)
    for stranger in (other, "li"):
        assert may(stranger) == (False, "not-a-party")
        assert_problem(state(guests, customer, stranger), 403, "not-a-party")
    assert guests.topics(customer)[-1] == "refusal.recorded"
    assert rule(guests, customer, member=other).status_code == 200
    assert_problem(state(guests, customer, held), 409, "nothing-pending")
    told = case(guests, customer)
    assert [said["member"] for said in told["statements"]] == ["chen", held, refused, linked]
    assert told["rulers"] == ["director"]
    parts = {party["member"]: party["part"] for party in told["parties"]}
    assert (parts[linked], parts[refused]) == ("stated", "refused")
    assert (customer, 1) in found(guests, party=linked)


def test_what_was_stated_is_read_by_parties_and_those_who_rule_and_by_no_attempt(
    guests: Guests,
) -> None:
    customer = guests.potential()
    rival = f"r{next(guests.numbers)}"
    guests.move_in({rival: "seller"})
    assert_problem(guests.claim(customer, rival), 409, "already-protected")
    opened(guests, customer, "chen")
    state(guests, customer, "li", "只给当事人看")
    state(guests, customer, rival, "被拒绝者的话")
    said = {
        member: [told["statement"] for told in case(guests, customer, member=member)["statements"]]
        for member in ("li", "chen", "shen", "wu", rival, "zhao")
    }
    whole = ["只给当事人看", "被拒绝者的话"]
    assert [said[member] for member in ("li", "chen", "shen", "wu")] == [whole] * 4
    assert said[rival] == [None, "被拒绝者的话"]
    assert said["zhao"] == [None, None]
    for member in (rival, "zhao"):
        assert "只给当事人看" not in guests.get(f"/v1/customers/{customer}/replay", member).text


def test_a_statement_is_held_to_the_length_of_a_reason(guests: Guests) -> None:
    customer = guests.potential()
    opened(guests, customer, "chen")
    for statement in ("", "  ", "长" * 2001):
        answer = state(guests, customer, "li", statement)
        assert "statement" in invalid_fields(answer)
    assert_problem(state(guests, customer, "li", number=2), 404, "not-found")


def test_no_party_rules_and_each_attempt_is_kept(guests: Guests) -> None:
    """Who opened it, held it, was refused it, has a part in a linked record, or takes it."""
    directors = [f"d{next(guests.numbers)}" for _ in range(5)]
    guests.move_in(dict.fromkeys(directors, "director"))
    opener, held, refused, linked, other = directors
    customer = guests.potential(held)
    guests.post(f"/v1/customers/{customer}/removal", {"reason": "调整"}, "wang")
    guests.claim(customer, "li")
    assert_problem(guests.claim(customer, refused), 409, "already-protected")
    double = guests.potential(linked)
    statement = {"of": double, "statement": "同一公司"}
    assert guests.post(f"/v1/customers/{customer}/duplicates", statement, "wu").status_code == 201
    opened(guests, customer, opener)
    for party in (opener, held, refused, linked):
        problem = assert_problem(rule(guests, customer, member=party), 403, "own-decision")
        assert problem["applicant"] == opener
        rights = guests.get(f"/v1/customers/{customer}/may?member={party}", "wu").json()["rights"]
        told = next(line for line in rights if line["command"] == "rule-dispute")
        assert (told["allowed"], told["rule"]) == (False, "own-decision")
    taken = rule(guests, customer, ruling="move", to=other, member=other)
    assert_problem(taken, 403, "own-decision")
    assert [event["actor"] for event in guests.events(customer)][-5:] == [
        opener,
        held,
        refused,
        linked,
        other,
    ]
    waiting = {
        member: {
            item["customer_id"]
            for item in guests.get("/v1/approvals", member, kind=["dispute"]).json()["items"]
        }
        for member in directors
    }
    assert [customer in waiting[member] for member in directors] == [False] * 4 + [True]
    assert rule(guests, customer, member=other).status_code == 200


def test_who_opened_a_dispute_decides_nothing_about_the_customer(guests: Guests) -> None:
    customer = guests.potential()
    opened(guests, customer, "wang")
    body = {"to": "chen", "reason": "调整"}
    answer = guests.post(f"/v1/customers/{customer}/transfer", body, "wang")
    assert_problem(answer, 403, "own-decision")


def test_of_two_rulings_at_one_instant_one_counts(guests: Guests) -> None:
    judges = [f"j{next(guests.numbers)}" for _ in range(4)]
    guests.move_in(dict.fromkeys(judges, "director"))
    customer = guests.potential()
    opened(guests, customer, "chen")
    path = f"/v1/customers/{customer}/disputes/1/ruling"
    body = {"ruling": "move", "to": "chen", "reason": "先申请者有效"}
    answers = at_once(guests, [(judge, path, body) for judge in judges])
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert guests.topics(customer).count("customer.dispute_moved") == 1


# What may be asked for.


def test_one_open_dispute_of_a_member_and_a_tenure(guests: Guests) -> None:
    customer = guests.potential()
    assert opened(guests, customer, "chen") == 1
    assert_problem(contest(guests, customer, "chen"), 409, "already-pending")
    assert opened(guests, customer, "wang") == 2
    assert rule(guests, customer).status_code == 200
    assert opened(guests, customer, "chen") == 3


def test_an_instant_that_cannot_be_contested_names_the_field(guests: Guests) -> None:
    customer = guests.potential()
    registered = guests.now
    later(guests, HOUR)
    for at, code in (
        (guests.now + MICROSECOND, "in-the-future"),
        (registered - MICROSECOND, "before-registration"),
    ):
        answer = contest(guests, customer, at=at)
        assert invalid_fields(answer) == {"contested_at": code}
    answer = contest(guests, customer, rule="nonsense", statement=" ")
    assert invalid_fields(answer) == {"statement": "empty", "rule": "unknown"}


def test_a_customer_that_nobody_ever_held_may_be_contested(guests: Guests) -> None:
    customer = guests.register()
    opened(guests, customer, "chen")
    assert case(guests, customer)["contested"] is None
    receipt = rule(guests, customer, ruling="move", to="chen").json()
    assert (receipt["state"], receipt["holder"]) == ("potential", "chen")
    assert receipt["until"] == told_instant(guests.now + 30 * DAY)


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({"ruling": "move"}, {"to": "missing"}),
        ({"ruling": "move", "to": "nobody"}, {"to": "unknown-member"}),
        ({"ruling": "move", "to": "zhao"}, {"to": "role"}),
        ({"ruling": "move", "to": "li"}, {"to": "same-holder"}),
        ({"ruling": "restore"}, {"until": "missing"}),
        ({"ruling": "restore", "to": "chen", "until": 1}, {"to": "never-lost"}),
        ({"ruling": "restore", "to": "li", "until": 1}, {"to": "never-lost"}),
        ({"ruling": "move", "to": "chen", "until": 0}, {"until": "out-of-range"}),
        ({"ruling": "move", "to": "chen", "until": 61}, {"until": "out-of-range"}),
        ({"ruling": "uphold", "to": "chen", "until": 1}, {"to": "not-used", "until": "not-used"}),
        ({"ruling": "uphold", "rule": "S9-999"}, {"rule": "unknown"}),
    ],
)
def test_a_ruling_that_cannot_be_names_the_field(
    guests: Guests, body: dict[str, Any], problems: dict[str, str]
) -> None:
    customer = guests.potential()
    opened(guests, customer, "chen")
    asked = dict(body)
    if "until" in asked:
        asked["until"] = (guests.now + asked["until"] * DAY).isoformat()
    asked = {"reason": "已核对", **asked}
    answer = guests.post(f"/v1/customers/{customer}/disputes/1/ruling", asked, "shen")
    assert invalid_fields(answer) == problems
    assert case(guests, customer)["ruling"] is None


@pytest.mark.clause("S1-046", "S1-048")
def test_a_formal_customer_is_not_moved_by_a_ruling(guests: Guests) -> None:
    customer = guests.formal()
    opened(guests, customer, "chen")
    answer = rule(guests, customer, ruling="move", to="chen")
    assert assert_problem(answer, 409, "wrong-stage")["stage"] == "formal"
    assert rule(guests, customer).json()["state"] == "formal"


def test_a_ruling_closes_the_contracts_of_who_loses_it(guests: Guests) -> None:
    customer = guests.intent()
    number = guests.write_contract(customer)
    opened(guests, customer, "chen")
    assert rule(guests, customer, ruling="move", to="chen").status_code == 200
    assert_problem(guests.confirm(customer, number), 409, "nothing-pending")
    card = guests.get(f"/v1/customers/{customer}", "wu").json()
    assert [contract["state"] for contract in card["contracts"]] == ["dropped"]


@pytest.mark.clause("S1-020")
def test_a_record_with_an_open_dispute_is_not_merged_away(guests: Guests) -> None:
    customer, into = guests.potential(), guests.register()
    statement = {"of": into, "statement": "同一公司"}
    guests.post(f"/v1/customers/{customer}/duplicates", statement, "wu")
    opened(guests, customer, "chen")
    path = f"/v1/customers/{customer}/duplicates/1/resolution"
    body = {"resolution": "merge", "reason": "已核实"}
    assert_problem(guests.post(path, body, "zhao"), 409, "already-pending")
    rule(guests, customer)
    assert guests.post(path, body, "zhao").status_code == 200
    assert assert_problem(contest(guests, customer, "chen"), 409, "merged")["into"] == into
    assert case(guests, customer)["ruling"]["ruling"] == "uphold"


# Found again.


def test_disputes_are_found_by_rule_by_party_and_by_who_ruled(guests: Guests) -> None:
    director = f"d{next(guests.numbers)}"
    guests.move_in({director: "director"})
    customer = guests.potential()
    assert_problem(guests.claim(customer, "chen"), 409, "already-protected")
    number = opened(guests, customer, "wu", rule="S1-302")
    key = (customer, number)
    for party in ("li", "wu", "chen"):
        assert key in found(guests, party=party), party
    assert key not in found(guests, party="wang")
    assert key in found(guests, rule="S1-302", open="true")
    assert rule(guests, customer, rule="A-27", member=director).status_code == 200
    assert found(guests, ruled_by=director) == [key]
    assert key in found(guests, rule="A-27")
    assert key in found(guests, rule="S1-302", open="false")
    assert found(guests, customer=customer) == [key]
    other = guests.potential()
    opened(guests, other, "wu", rule="A-27")
    assert key in [
        (line["customer_id"], line["number"]) for line in case(guests, other)["precedents"]
    ]


def test_a_stranger_reads_who_and_when_but_not_what_was_said(guests: Guests) -> None:
    customer = guests.potential()
    guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up("很秘密"))
    opened(guests, customer, "wu", rule="S1-053")
    rule(guests, customer)
    for member, hidden in (("chen", "not-a-party"), ("li", None), ("wu", None), ("shen", None)):
        told = case(guests, customer, member=member)
        assert told["details_hidden"] == hidden
        assert (told["statement"] is None) == (hidden is not None)
        assert (told["ruling"]["reason"] is None) == (hidden is not None)
        assert told["opener"] == "wu"
    assert "很秘密" not in guests.get(f"/v1/customers/{customer}/disputes/1", "chen").text
    line = guests.get("/v1/disputes", "chen", customer=customer).json()["items"][0]
    assert (line["statement"], line["ruling"]["ruling"]) == (None, "uphold")


def test_the_pages_of_disputes_hold_each_of_them_once(guests: Guests) -> None:
    member = f"m{next(guests.numbers)}"
    guests.move_in({member: "seller"})
    wanted = [(guests.potential(), 1) for _ in range(3)]
    for customer, _ in wanted:
        opened(guests, customer, member)
    asked: dict[str, Any] = {"party": member, "limit": 2}
    first = guests.get("/v1/disputes", "wu", **asked).json()
    second = guests.get("/v1/disputes", "wu", **asked, after=first["next"]).json()
    lines = [*first["items"], *second["items"]]
    assert [(line["customer_id"], line["number"]) for line in lines] == wanted[::-1]
    assert second["next"] is None


def test_an_open_dispute_waits_for_a_director_and_stands_in_the_briefing(guests: Guests) -> None:
    customer = guests.potential()
    opened(guests, customer, "chen")
    items = guests.get("/v1/approvals", "shen", kind=["dispute"]).json()["items"]
    waiting = next(item for item in items if item["customer_id"] == customer)
    assert (waiting["applicant"], waiting["number"]) == ("chen", "1")
    assert (waiting["statement"], waiting["holder"]) == ("归属有误", "li")
    assert waiting["contested_at"] == waiting["asked_at"]
    briefing = guests.get("/v1/briefing", "shen", limit=200).json()["disputes"]
    assert customer in [item["customer_id"] for item in briefing]
    rule(guests, customer)
    items = guests.get("/v1/approvals", "shen", kind=["dispute"]).json()["items"]
    assert customer not in [item["customer_id"] for item in items]
