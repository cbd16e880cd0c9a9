"""Duplicates over HTTP: reported by anybody, resolved by a reviewer."""

import pytest

from tests.api.http.guests import CONTACT, Guests, assert_problem, invalid_fields

NOBODY = "0198f2a4-7c3e-7b61-9d52-3f0a8e6c1b47"


def reported(guests: Guests, customer: str, of: str, member: str = "chen") -> int:
    body = {"of": of, "statement": "统一社会信用代码相同"}
    answer = guests.post(f"/v1/customers/{customer}/duplicates", body, member)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["report"])


def resolve(
    guests: Guests, customer: str, report: int, resolution: str = "merge", member: str = "zhao"
):
    body = {"resolution": resolution, "reason": "已核实"}
    return guests.post(f"/v1/customers/{customer}/duplicates/{report}/resolution", body, member)


@pytest.mark.clause("S1-020")
def test_anybody_reports_a_duplicate_and_nothing_changes_until_it_is_resolved(
    guests: Guests,
) -> None:
    customer, other = guests.potential(), guests.register()
    body = {"of": other, "statement": "统一社会信用代码相同"}
    for member in ("wu", "chen"):
        answer = guests.post(f"/v1/customers/{customer}/duplicates", body, member)
        if member == "wu":
            assert answer.status_code == 201
            told = answer.json()
            assert (told["report"], told["state"], told["holder"]) == (1, "potential", "li")
        else:
            assert_problem(answer, 409, "already-pending")


@pytest.mark.clause("S1-020")
def test_a_merged_record_answers_nothing_but_where_it_went(guests: Guests) -> None:
    customer, other = guests.potential(), guests.register()
    report = reported(guests, customer, other)
    told = resolve(guests, customer, report).json()
    assert (told["state"], told["into"], told["holder"]) == ("merged", other, None)
    for answer in (
        guests.claim(customer, "chen"),
        guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up()),
        guests.post(f"/v1/customers/{customer}/contacts", CONTACT),
        guests.apply(customer),
        guests.draw(customer),
        guests.patch(f"/v1/customers/{customer}", {"industry": "软件"}),
        guests.post(f"/v1/customers/{customer}/removal", {"reason": "x"}, "wang"),
        resolve(guests, customer, report),
    ):
        problem = assert_problem(answer, 409, "merged")
        assert problem["into"] == other
    assert guests.post(f"/v1/customers/{other}/follow-ups", guests.follow_up()).status_code == 201


@pytest.mark.clause("S1-020")
def test_records_that_were_declared_different_go_on_apart(guests: Guests) -> None:
    customer, other = guests.potential(), guests.register()
    report = reported(guests, customer, other)
    told = resolve(guests, customer, report, "different").json()
    assert (told["state"], told["holder"]) == ("potential", "li")
    assert "into" not in told
    assert_problem(resolve(guests, customer, report), 409, "nothing-pending")


def test_a_duplicate_is_resolved_by_a_reviewer_who_has_no_part_in_it(guests: Guests) -> None:
    customer, other = guests.potential(), guests.register()
    report = reported(guests, customer, other, "qian")
    problem = assert_problem(resolve(guests, customer, report, member="qian"), 403, "own-decision")
    assert problem["applicant"] == "qian"
    assert_problem(resolve(guests, customer, report, member="wang"), 403, "not-allowed")
    problem = assert_problem(resolve(guests, customer, 7), 404, "not-found")
    assert problem["id"] == "7"


def test_malformed_reports_and_resolutions_name_their_field(guests: Guests) -> None:
    customer, other = guests.potential(), guests.register()
    path = f"/v1/customers/{customer}/duplicates"
    for body, fields in (
        ({"of": other, "statement": " "}, {"statement": "empty"}),
        ({"of": customer, "statement": "x"}, {"of": "itself"}),
        ({"of": NOBODY, "statement": "x"}, {"of": "unknown-customer"}),
        ({"of": "x", "statement": "x"}, {"of": "malformed"}),
        ({}, {"of": "missing", "statement": "missing"}),
    ):
        assert invalid_fields(guests.post(path, body)) == fields
    report = reported(guests, customer, other)
    resolution = f"{path}/{report}/resolution"
    for body, fields in (
        ({"resolution": "ignore", "reason": "x"}, {"resolution": "not-a-choice"}),
        ({"resolution": "merge", "reason": ""}, {"reason": "empty"}),
    ):
        assert invalid_fields(guests.post(resolution, body, "zhao")) == fields
    body = {"resolution": "merge", "reason": "x"}
    for number in ("0", "x", "9" * 20):
        answer = guests.post(f"{path}/{number}/resolution", body, "zhao")
        assert list(invalid_fields(answer)) == ["report"]


def test_a_report_may_depend_on_the_version_seen(guests: Guests) -> None:
    customer, other = guests.register(), guests.register()
    path, body = f"/v1/customers/{customer}/duplicates", {"of": other, "statement": "同一公司"}
    assert_problem(guests.post(path, body, If_Match='"9"'), 412, "version-conflict")
    first = guests.post(path, body, If_Match='"1"', Idempotency_Key=f"d-{customer}")
    again = guests.post(path, body, If_Match='"1"', Idempotency_Key=f"d-{customer}")
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
