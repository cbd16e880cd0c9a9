"""Who held it then: groups, hold-overs and merged records in words."""

from typing import Any

import pytest

from tests.api.http.guests import DAY, MONDAY, Guests


def holder(guests: Guests, customer: str, language: str = "en", **asked: str) -> dict[str, Any]:
    headers = {"Accept-Language": language, "Tenure-Min-Position": str(guests.settled())}
    path = f"/v1/customers/{customer}/holder"
    answer = guests.send("GET", path, "wu", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.clause("S1-048")
def test_a_formal_customer_without_a_person_is_the_groups(guests: Guests) -> None:
    customer = guests.formal()
    told = holder(guests, customer)
    assert (told["holder"], told["group"], told["stage"]) == (None, "after-sales", "formal")
    assert told["explanation"].startswith(
        "At 2026-03-02 01:00:00 UTC the after-sales group held it and had named no person yet"
        " (formal), since 2026-03-02 01:00:00 UTC, by rulebook 2026-1; grounds: claimed by li"
    )
    zh = holder(guests, customer, "zh")["explanation"]
    assert zh.startswith(
        "2026-03-02 09:00:00（北京时间） 时由 售后组 负责，尚未指定负责人（正式客户）"
    )
    guests.post(f"/v1/customers/{customer}/after-sales", {"to": "han"}, "jiang")
    told = holder(guests, customer)
    assert (told["holder"], told["group"]) == ("han", None)
    assert "han held it (formal)" in told["explanation"]


@pytest.mark.clause("S1-036")
def test_a_hold_over_is_told_with_the_deadline_that_it_outlasts(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer, "extension")
    after = (MONDAY + 31 * DAY).isoformat()
    told = holder(guests, customer, at=after)
    assert (told["holder"], told["held_over_by"]) == ("li", "extension")
    assert told["until"] == "2026-04-07T16:00:00.000000Z"
    assert (
        "its deadline, 2026-04-01 01:00:00 UTC, is held over by the application for more time,"
        " at the latest to 2026-04-07 16:00:00 UTC; grounds:"
    ) in told["explanation"]
    zh = holder(guests, customer, "zh", at=after)["explanation"]
    assert "到期时间 2026-04-01 09:00:00（北京时间） 因延期申请顺延" in zh
    assert "最迟至 2026-04-08 00:00:00（北京时间）；依据：" in zh
    stranger = guests.get(f"/v1/customers/{customer}/holder", "chen", at=after).json()
    assert "2026-04-01 16:00:00 UTC" in stranger["explanation"]
    assert "01:00:00 UTC, is held over" not in stranger["explanation"]


def test_a_signature_holds_over_too(guests: Guests) -> None:
    customer = guests.intent()
    guests.write_contract(customer)
    told = holder(guests, customer)
    assert told["held_over_by"] == "contract"
    assert "is held over by the signed contract" in told["explanation"]


@pytest.mark.clause("S1-020")
def test_a_merged_record_says_which_one_answers_for_it(guests: Guests) -> None:
    customer, other = guests.potential(), guests.register()
    before = guests.settled()
    body = {"of": other, "statement": "同一公司"}
    guests.post(f"/v1/customers/{customer}/duplicates", body)
    guests.at(MONDAY + DAY)
    body = {"resolution": "merge", "reason": "已核实"}
    guests.post(f"/v1/customers/{customer}/duplicates/1/resolution", body, "zhao")
    told = holder(guests, customer)
    assert (told["holder"], told["merged_into"], told["ended"]) == (None, other, "merged")
    assert told["explanation"].startswith(
        f"At 2026-03-03 01:00:00 UTC it had been merged into customer {other};"
        " before that li held it (potential), from 2026-03-02 01:00:00 UTC"
        " to 2026-03-03 01:00:00 UTC, by rulebook 2026-1"
    )
    assert f"已并入客户 {other}" in holder(guests, customer, "zh")["explanation"]
    then = holder(guests, customer, at=MONDAY.isoformat())
    assert (then["holder"], then["merged_into"]) == ("li", None)
    known = holder(guests, customer, known_position=str(before))
    assert (known["holder"], known["merged_into"]) == ("li", None)
    assert holder(guests, other)["holder"] == "li"


def test_tenures_tell_the_group_and_the_department(guests: Guests) -> None:
    customer = guests.formal()
    guests.at(MONDAY + DAY)
    guests.post(f"/v1/customers/{customer}/after-sales", {"to": "han"}, "jiang")
    told = guests.get("/v1/tenures", "wu", customer=customer).json()["items"]
    assert [(item["stage"], item["holder"], item["group"], item["ended"]) for item in told] == [
        ("waiting", "li", None, "review-passed"),
        ("potential", "li", None, "intent-granted"),
        ("intent", "li", None, "contract-confirmed"),
        ("formal", None, "after-sales", "moved"),
        ("formal", "han", None, None),
    ]
    assert told[0]["department"] == "一部"
