"""Audit, access log and proof as pages: what is found, for whom, and where it leads."""

import re
from collections.abc import Iterator
from html import escape
from typing import get_args
from urllib.parse import quote

import pytest

from api.access.entries import Kind
from api.console.kinds import GROUPS, KINDS
from api.console.pages.access import KINDS as LOOKS
from projections.audit import TOPICS
from tests.api.http.guests import DAY, MONDAY, Guests
from tests.console.reading import Reader, words

HOSTILE = "\"><script>alert(1)</script><b a='"
SHOWN = escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
REASON = "客户预算取消"


def rows(page: str) -> list[str]:
    """The lines of the table, without tags."""
    body = page.partition('id="rows"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [words(row) for row in body.split("</tr>") if row.strip()]


def pages_from(reader: Reader, address: str, member: str) -> Iterator[str]:
    """That page and all that follow it."""
    while address:
        page = reader.get(address, member).text
        yield page
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        address = onward[1].replace("&amp;", "&") if onward else ""


def test_every_kind_of_event_and_of_look_has_its_name() -> None:
    assert set(KINDS) == set(TOPICS)
    assert {topic.partition(".")[0] for topic in TOPICS} == set(GROUPS)
    assert set(LOOKS) == set(get_args(Kind))


@pytest.mark.clause("S1-272")
def test_the_audit_is_found_by_who_whose_what_rule_and_time(reader: Reader, guests: Guests) -> None:
    customer = guests.potential()
    guests.at(MONDAY + DAY)
    guests.claim(customer, "chen")
    found = {
        f"customer={customer}&topic=customer.claimed": ["li"],
        f"customer={customer}&actor=chen&topic=refusal.recorded": ["chen"],
        f"customer={customer}&rule=already-protected": ["chen"],
        f"customer={customer}&from=2026-03-03T00:00": ["chen", "chen"],
        f"customer={customer}&from=2026-03-02T09:00%2B08:00&to=2026-03-02T01:00Z": [],
        f"customer={customer}&topic=refusal.recorded": ["chen"],
    }
    for query, who in found.items():
        page = reader.get(f"/audit?{query}", "wu")
        assert page.status_code == 200
        lines = rows(page.text)
        assert len(lines) == len(who), query
        assert all(name in line for name, line in zip(who, lines, strict=True)), query
    refused = reader.get(f"/audit?customer={customer}&actor=chen", "wu").text
    assert f'href="/customers/{customer}/time?at=2026-03-03T01:00:00.000000Z"' in refused
    assert 'class="refused"' in refused


def test_a_typed_name_means_its_customer_or_lets_choose(reader: Reader, guests: Guests) -> None:
    one, other = (
        guests.register(name="靖江市蓝鲸空调有限公司"),
        guests.register(name="靖江市蓝鲨空调有限公司"),
    )
    name = quote("蓝鲸")
    page = reader.get(f"/audit?customer={name}", "wu").text
    assert one in page
    assert other not in page
    both = reader.get(f"/audit?customer={quote('靖江市蓝')}&topic=customer.registered", "wu").text
    for customer in (one, other):
        assert f'href="/audit?topic=customer.registered&amp;customer={customer}"' in both
    assert rows(both) == []
    nobody = words(reader.get(f"/audit?customer={quote('绝无此家')}", "wu").text)
    assert "No customer is called so: 绝无此家" in nobody


def test_a_text_is_found_in_sentences_reasons_and_names_of_customers(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    guests.post(f"/v1/customers/{customer}/release", {"reason": REASON})
    page = reader.get(f"/audit?words={quote('预算取消')}", "wu", Accept_Language="zh").text
    assert len(rows(page)) == 1
    assert "<mark>预算取消</mark>" in page
    name = guests.get(f"/v1/customers/{customer}").json()["name"]
    by_name = rows(reader.get(f"/audit?words={quote(name)}&customer={customer}", "wu").text)
    assert len(by_name) >= len(guests.events(customer))


@pytest.mark.clause("S4-40")
def test_a_text_finds_nothing_that_is_not_told(guests: Guests) -> None:
    customer = guests.potential()
    assert guests.apply(customer, "extension").status_code == 201
    asked = {"customer": customer, "words": "已确认预算"}
    assert len(guests.get("/v1/audit", "wang", **asked).json()["items"]) == 1
    body = {"class": "A", "reason": "年采购额过百万"}
    assert guests.post(f"/v1/customers/{customer}/class", body, "shen").status_code == 200
    assert guests.get("/v1/audit", "wang", **asked).json()["items"] == []
    assert len(guests.get("/v1/audit", "wu", **asked).json()["items"]) == 1


def test_pages_of_the_audit_follow_each_other_and_lose_nothing(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    for hour in range(50):
        guests.at(MONDAY + DAY + DAY / 24 * hour)
        guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up(f"第{hour}次联系"))
    told = [
        position
        for page in pages_from(reader, f"/audit?customer={customer}", "wu")
        for position in re.findall(r'<span class="quiet">(\d+)</span></td>', page)
    ]
    expected = guests.get("/v1/audit", "wu", customer=customer, sort="-position", limit=500)
    assert [int(one) for one in told] == [item["position"] for item in expected.json()["items"]]


@pytest.mark.clause("S1-272")
def test_a_manager_names_a_customer_or_member_of_his_before_the_audit_answers(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    first = reader.get("/audit", "wang")
    assert first.status_code == 200
    assert "Name a customer of your departments" in words(first.text)
    assert rows(reader.get(f"/audit?customer={customer}", "wang").text)
    assert rows(reader.get("/audit?actor=li", "wang").text)
    refused = reader.get("/audit?topic=customer.", "wang")
    assert refused.status_code == 403
    assert 'role="alert"' in refused.text
    assert reader.get("/audit", "li").status_code == 403


def test_the_audit_is_taken_as_a_file_in_the_language_of_the_page(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    page = reader.get(f"/audit?customer={customer}&from=2026-03-01T00:00", "wu").text
    address = re.search(r'href="(/audit/export[^"]*)"', page)
    assert address
    file = reader.get(address[1].replace("&amp;", "&"), "wu", Accept_Language="zh")
    assert file.headers["content-type"].startswith("text/csv")
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("日志位置")
    assert len(lines) == 1 + len(rows(page))
    assert reader.get(f"/audit/export?customer={customer}", "li").status_code == 403


@pytest.mark.clause("S0-25", "S4-36")
def test_who_has_seen_the_phone_of_a_customer_is_a_page(reader: Reader, guests: Guests) -> None:
    customer = guests.potential()
    assert guests.get(f"/v1/customers/{customer}", "shen").status_code == 200
    found = rows(reader.get(f"/audit/access?customer={customer}&field=phone", "wu").text)
    assert any("shen" in line for line in found)
    by_member = rows(reader.get("/audit/access?member=shen&kind=details-read", "wu").text)
    assert all(" shen " in f" {line} " for line in by_member)
    own = reader.get("/audit/access", "li").text
    assert 'name="member"' not in own
    assert reader.get("/audit/access?member=chen", "li").status_code == 403


@pytest.mark.clause("S4-36")
def test_days_of_much_reading_stand_on_the_page_of_looks(reader: Reader, guests: Guests) -> None:
    for _ in range(32):
        customer = guests.register("chen")
        guests.claim(customer, "chen")
        assert guests.get(f"/v1/customers/{customer}", "shen").status_code == 200
    page = reader.get("/audit/access", "wu").text
    assert "Read far more than usual" in page
    assert "member=shen" in page
    manager = reader.get("/audit/access", "wang").text
    assert "Read far more than usual" in manager
    assert "member=shen" not in manager


def test_what_somebody_hostile_typed_is_shown_and_does_nothing(
    reader: Reader, guests: Guests
) -> None:
    guests.register(introduction=HOSTILE)
    typed = quote(HOSTILE)
    for path in (f"/audit?words={typed}&actor={typed}", f"/audit?customer={typed}"):
        page = reader.get(path, "wu").text
        assert "<script>alert" not in page, path
        assert SHOWN in page, path
    for path in (f"/audit/access?member={typed}", f"/audit/access?customer={typed}"):
        page = reader.get(path, "wu").text
        assert "<script>alert" not in page, path
        assert SHOWN in page, path
    for path in ("/audit?from=gestern", "/audit?customer=&position=x", "/audit?after=rubbish"):
        assert reader.get(path, "wu").status_code == 422, path


def test_a_house_that_signs_nothing_says_so(reader: Reader) -> None:
    for path in ("/audit", "/audit/proof"):
        page = words(reader.get(path, "wu").text)
        assert "Not anchored" in page, path
        assert "there is no signing key" in page, path
    assert reader.get("/audit/proof/note", "wu").status_code in (404, 503)
