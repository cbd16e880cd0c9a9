"""The rules in words, two versions side by side, a change tried and adopted."""

import re
from collections.abc import Iterator
from html import unescape
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from api import dry_runs
from api.console.rule_fields import CHAPTERS, LABELS, LEFT_OUT, changes_in, chapters, typed_of
from domain.rulebook import default_text
from domain.rulebook_kinds import Flag, OneOf
from domain.rulebook_text import parse
from domain.rulebook_values import VALUES
from tests.api.http.guests import DAY, MONDAY, Guests
from tests.console.reading import Reader, as_sent, typed_in, words

HOSTILE = "\"><script>alert(1)</script><b a='"
LISTED = re.compile(r'<th scope="row"><a href="/customers/([0-9a-f-]{36})"')


@pytest.fixture(autouse=True)
def the_first_rules_again(guests: Guests) -> Iterator[None]:
    """Whatever a test adopts: the next one begins under the values of the first version."""
    yield
    guests.at(MONDAY)
    version = f"again-{next(guests.numbers)}"
    body = {"based_on": "2026-1", "changes": {"version": version}, "reason": "恢复"}
    assert guests.post("/v1/rulebooks", body, "root").status_code == 201


def form(reader: Reader, member: str = "root", language: str = "en") -> dict[str, str]:
    page = reader.get("/rules/change", member, Accept_Language=language)
    assert page.status_code == 200, page.text
    return as_sent(page.text)


def test_every_value_has_its_field_its_chapter_and_its_label() -> None:
    for language in ("zh", "en"):
        fields = {field.name: field for _, found in chapters(language) for field in found}
        assert set(fields) == {value.key for value in VALUES} - LEFT_OUT
        assert all(field.label and field.source is not None for field in fields.values())
    choices = {value.key for value in VALUES if isinstance(value.kind, Flag | OneOf)}
    assert set(LABELS) == choices - LEFT_OUT
    assert set(CHAPTERS) == {value.key.rpartition(".")[0] for value in VALUES}


def test_a_form_that_nobody_touched_changes_nothing() -> None:
    told = {one.key: one.value for one in parse(default_text()).in_words("en")}
    assert changes_in(typed_of(told), told) == {}


@pytest.mark.clause("S3-02")
def test_the_rules_in_force_are_told_in_words_with_their_clauses(
    reader: Reader, guests: Guests
) -> None:
    for language, said in (
        ("zh", "潜在客户的保护期为 30 天"),
        ("en", "protected as potential for 30"),
    ):
        page = reader.get("/rules", Accept_Language=language)
        assert page.status_code == 200
        assert said in page.text
        assert "S1-033" in page.text
        for value in VALUES:
            assert f'id="{value.key}"' in page.text
    for member in ("li", "wu"):
        assert 'href="/rules/change"' not in reader.get("/rules", member).text
    assert 'href="/rules/change"' in reader.get("/rules", "wang").text


@pytest.mark.clause("S1-033")
def test_a_change_that_is_tried_lists_the_customers_of_the_route(
    reader: Reader, guests: Guests
) -> None:
    guests.at(MONDAY + 400 * DAY)
    mine = guests.potential()
    guests.at(guests.now + 25 * DAY)
    before = guests.get("/v1/rulebooks").json()["items"]
    typed = form(reader, "wang") | {"potential.days": "20"}
    typed |= {"from": "2027-04-01T00:00", "to": "2027-05-20T00:00"}
    settled = {"Tenure_Min_Position": str(guests.settled())}
    page = reader.post("/rules/change/try", typed, "wang", **settled)
    assert page.status_code == 200, page.text
    body = {"changes": {"potential.days": 20}, "from": "2027-04-01T00:00:00Z"}
    body["to"] = "2027-05-20T00:00:00Z"
    told = guests.post("/v1/rulebooks/dry-run", body, "wang").json()
    assert LISTED.findall(page.text) == [item["customer_id"] for item in told["items"]] == [mine]
    assert "for 30 days → <mark>A customer is protected as potential for 20 days" in page.text
    assert '<svg class="falls"' in page.text
    assert "falls earlier 1" in words(page.text)
    assert typed_in(page.text, "potential.days") == "20"
    assert guests.get("/v1/rulebooks").json()["items"] == before


def test_a_long_list_goes_on_and_keeps_what_was_typed(reader: Reader, guests: Guests) -> None:
    guests.at(MONDAY + 800 * DAY)
    wanted = {guests.potential() for _ in range(30)}
    typed = form(reader, "wang") | {"potential.days": "20"}
    typed |= {"from": "2028-05-01T00:00", "to": "2028-07-20T00:00"}
    settled = {"Tenure_Min_Position": str(guests.settled())}
    first = reader.post("/rules/change/try", typed, "wang", **settled).text
    assert len(first.encode()) <= 60_000
    after = unescape(re.findall(r'name="after" value="([^"]+)"', first)[0])
    second = reader.post("/rules/change/try", typed | {"after": after}, "wang").text
    assert {*LISTED.findall(first), *LISTED.findall(second)} == wanted
    assert typed_in(second, "potential.days") == "20"


def test_a_try_that_had_no_time_for_everybody_says_that_it_is_a_part(
    reader: Reader, guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests.at(MONDAY + 1200 * DAY)
    for _ in range(3):
        guests.potential()
    typed = form(reader, "wang") | {"potential.days": "20", "seconds_max": "10"}
    typed |= {"from": "2029-05-01T00:00", "to": "2029-08-20T00:00"}
    settled = {"Tenure_Min_Position": str(guests.settled())}
    ticks = count(step=11)
    monkeypatch.setattr(dry_runs, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    page = reader.post("/rules/change/try", typed, "wang", **settled).text
    assert "The time was up after 1 customer: these are counts of a part." in page


def test_a_try_while_another_runs_is_refused_and_keeps_what_was_typed(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_runs, "WAIT_SECONDS", 0.01)
    typed = form(reader, "wang") | {"potential.days": "20"}
    with dry_runs._alone():
        page = reader.post("/rules/change/try", typed, "wang")
    assert page.status_code == 503
    assert typed_in(page.text, "potential.days") == "20"


def test_a_value_that_is_none_is_told_at_its_field_and_stays(
    reader: Reader, guests: Guests
) -> None:
    typed = form(reader) | {"potential.days": "0", "contracts.types": HOSTILE * 3}
    page = reader.post("/rules/change/try", typed, "root")
    assert page.status_code == 422
    assert 'id="value-potential-days-wrong"' in page.text
    assert typed_in(page.text, "potential.days") == "0"
    assert "<script>alert" not in page.text
    assert unescape(typed_in(page.text, "contracts.types")).strip() == (HOSTILE * 3).strip()
    nothing = reader.post("/rules/change/try", form(reader), "root")
    assert nothing.status_code == 422


@pytest.mark.clause("S3-02")
def test_what_was_tried_is_adopted_and_is_then_in_force(reader: Reader, guests: Guests) -> None:
    typed = form(reader) | {"intent.days": "20", "bar.after:lapse": "on"}
    refused = reader.post("/rules/change/adopt", typed | {"version": "2026-1"}, "root")
    assert refused.status_code == 422
    assert typed_in(refused.text, "intent.days") == "20"
    named = as_sent(refused.text) | {"version": "page-1", "reason": "试行<二十>天"}
    answer = reader.post("/rules/change/adopt", named, "root")
    assert answer.status_code == 303, answer.text
    page = reader.get(answer.headers["location"], "li").text
    assert "Adopted:" in page
    assert "protected as intent for 20 days" in page
    assert "试行&lt;二十&gt;天" in page
    told = guests.get("/v1/rulebooks/page-1").json()
    assert told["in_force"]
    assert told["values"]["bar"]["after"] == ["release", "withdrawal", "lapse"]
    beside = reader.get("/rules/versions/page-1?against=2026-1").text
    assert "2 values differ" in beside
    assert "<mark>A customer is protected as intent for 20 days</mark>" in beside
    again = reader.post("/rules/change/adopt", named, "root")
    assert again.headers["location"] == answer.headers["location"]


def test_who_came_second_keeps_his_changes_over_the_new_values(
    reader: Reader, guests: Guests
) -> None:
    typed = form(reader) | {"potential.days": "45", "version": "late-2", "reason": "延长"}
    body: dict[str, Any] = {"changes": {"agenda.warning_days": 5, "version": "late-1"}}
    assert guests.post("/v1/rulebooks", {**body, "reason": "提醒"}, "root").status_code == 201
    late = reader.post("/rules/change/adopt", typed, "root")
    assert late.status_code == 412
    shown = as_sent(late.text)
    assert (shown["potential.days"], shown["agenda.warning_days"]) == ("45", "5")
    assert (shown["based_on"], shown["reason"]) == ("late-1", "延长")
    assert reader.post("/rules/change/adopt", shown, "root").status_code == 303
    values = guests.get("/v1/rulebooks/late-2").json()["values"]
    assert (values["potential"]["days"], values["agenda"]["warning_days"]) == (45, 5)


def test_nobody_sees_a_form_that_is_not_for_him(reader: Reader, guests: Guests) -> None:
    assert reader.get("/rules/change", "li").status_code == 403
    manager = reader.get("/rules/change", "wang").text
    assert "/rules/change/adopt" not in manager
    assert "Administrators adopt versions." in manager
    typed = form(reader, "wang") | {"potential.days": "3", "version": "w", "reason": "x"}
    assert reader.post("/rules/change/adopt", typed, "wang").status_code == 403
    assert "/rules/change/adopt" in reader.get("/rules/change", "root").text
    assert reader.get("/rules/versions/none").status_code == 404
    assert reader.get("/rules/versions/2026-1?against=none").status_code == 404
