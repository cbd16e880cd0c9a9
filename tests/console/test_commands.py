"""Forms: the same commands as over HTTP, safe against a second click, and nothing typed is lost."""

import pytest

from api.console.shown import rule_title
from tests.api.http.guests import Guests
from tests.console.reading import Reader, hidden, typed_in, words

CLAIM = {"contact.name": "王敏", "contact.position": "采购经理", "contact.phone": "13800138000"}
NOTE = "对方周三开会"


@pytest.mark.clause("S1-024", "S1-026")
def test_a_company_is_registered_and_then_claimed_on_pages(reader: Reader, guests: Guests) -> None:
    company = guests.company()
    typed = {name: str(value) for name, value in company.items()}
    form = reader.get("/register").text
    answer = reader.post("/register", hidden(form) | typed)
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    customer = address.split("/")[2].split("?")[0]
    page = reader.get(address)
    assert company["name"] in page.text
    assert "Done : register the customer" in words(page.text).replace("Done:", "Done :")
    claimed = reader.act(customer, "claim", CLAIM)
    assert claimed.status_code == 303
    assert guests.topics(customer) == [
        "customer.registered",
        "customer.claimed",
    ]


@pytest.mark.clause("S1-022")
def test_a_collision_at_registration_leads_to_the_record_and_keeps_what_was_typed(
    reader: Reader, guests: Guests
) -> None:
    company = guests.company()
    existing = guests.register("chen", **company)
    typed = {name: str(value) for name, value in company.items()}
    answer = reader.post("/register", hidden(reader.get("/register").text) | typed)
    assert answer.status_code == 409
    assert f'href="/customers/{existing}"' in answer.text
    assert typed_in(answer.text, "name") == company["name"]
    assert typed_in(answer.text, "introduction") == company["introduction"]


def test_a_second_click_does_nothing_a_second_time(reader: Reader, guests: Guests) -> None:
    customer = guests.potential()
    path = f"/customers/{customer}/actions/follow-up"
    typed = hidden(reader.get(path).text) | {
        "channel": "phone",
        "note": NOTE,
        "next_contact_at": "2026-03-09T10:00",
    }
    first, second = reader.post(path, typed), reader.post(path, typed)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert guests.topics(customer).count("customer.followed_up") == 2  # One came with the claim.


def test_an_instant_is_typed_in_the_zone_of_the_page(reader: Reader, guests: Guests) -> None:
    customer = guests.potential()
    typed = {"channel": "phone", "note": NOTE, "next_contact_at": "2026-03-09T10:00"}
    for language, told in (("zh", "2026-03-09T02:00:00"), ("en", "2026-03-09T10:00:00")):
        path = f"/customers/{customer}/actions/follow-up"
        fields = hidden(reader.get(path).text) | typed
        assert reader.post(path, fields, Accept_Language=language).status_code == 303
        assert guests.events(customer)[-1]["facts"]["next_contact_at"].startswith(told)


def test_a_customer_that_changed_meanwhile_is_left_alone_and_what_was_typed_stays(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    path = f"/customers/{customer}/actions/release"
    typed = hidden(reader.get(path).text) | {"reason": "客户已无采购计划"}
    guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up())
    answer = reader.post(path, typed)
    assert answer.status_code == 412
    assert typed_in(answer.text, "reason") == "客户已无采购计划"
    assert "has changed since you opened the form" in answer.text
    again = reader.post(path, hidden(answer.text) | {"reason": "客户已无采购计划"})
    assert again.status_code == 303


@pytest.mark.clause("S1-053")
def test_who_comes_second_reads_who_was_faster(reader: Reader, guests: Guests) -> None:
    customer = guests.register()
    path = f"/customers/{customer}/actions/claim"
    forms = {member: hidden(reader.get(path, member).text) for member in ("li", "chen")}
    assert reader.post(path, forms["li"] | CLAIM, "li").status_code == 303
    late = forms["chen"] | CLAIM
    lost = reader.post(path, late, "chen")
    assert lost.status_code == 412
    assert "Holder: li" in words(lost.text)
    refused = reader.post(path, hidden(lost.text) | CLAIM, "chen")
    assert refused.status_code == 409
    assert rule_title("already-protected", "en") in refused.text
    assert typed_in(refused.text, "contact.name") == "王敏"
    refusals = [topic for topic in guests.topics(customer) if topic == "refusal.recorded"]
    assert len(refusals) == 1


def test_what_is_malformed_is_told_at_its_field_and_stays(reader: Reader, guests: Guests) -> None:
    customer = guests.register()
    answer = reader.act(customer, "claim", CLAIM | {"contact.phone": "12"})
    assert answer.status_code == 422
    assert 'id="field-contact-phone-wrong"' in answer.text
    assert typed_in(answer.text, "contact.phone") == "12"
    empty = reader.act(customer, "claim", {})
    assert empty.status_code == 422
    assert "customer.claimed" not in guests.topics(customer)


def test_every_command_of_may_has_a_form_that_opens(reader: Reader, guests: Guests) -> None:
    customer = guests.intent()
    guests.write_contract(customer)
    rights = guests.get(f"/v1/customers/{customer}/may").json()["rights"]
    for right in rights:
        page = reader.get(f"/customers/{customer}/actions/{right['command']}")
        assert page.status_code == 200, right["command"]
        assert "<form" in page.text
    assert reader.get(f"/customers/{customer}/actions/erase").status_code == 404


@pytest.mark.clause("S4-41")
def test_a_request_to_read_details_is_made_and_granted_on_pages(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    asked = reader.act(customer, "ask-details", {"days": "7", "reason": "共同拜访"}, "chen")
    assert asked.status_code == 303, asked.text
    form = reader.get(f"/customers/{customer}/actions/decide-details", "shen").text
    assert '<option value="chen"' in form
    granted = {"member": "chen", "decision": "grant", "reason": "同意共同拜访"}
    assert reader.act(customer, "decide-details", granted, "shen").status_code == 303
    assert guests.get(f"/v1/customers/{customer}", "chen").json()["contacts"] is not None


def test_a_contract_goes_its_way_on_pages(reader: Reader, guests: Guests) -> None:
    customer = guests.intent()
    number = {"number": "HT-SEITE-1"}
    steps = {
        "type": "招聘网虚拟合同",
        "signed_on": "2026-03-02",
        "payment_method": "银行转账",
        "buyer": "靖江市某公司",
        "products.0.name": "招聘会员一年",
        "products.0.quantity": "2",
        "products.0.price": "5800.00",
        "promises": "赠送职位置顶三天\n赠送海报",
    }
    assert reader.act(customer, "draw-contract", number).status_code == 303
    assert reader.act(customer, "detail-contract", steps | number).status_code == 303
    page = reader.get(f"/customers/{customer}").text
    for told in ("HT-SEITE-1", "招聘会员一年 × 2", "赠送海报"):
        assert told in page
    assert reader.act(customer, "confirm-contract", number, "feng").status_code == 303
    assert "formal" in reader.get(f"/customers/{customer}").text


def test_reports_and_disputes_are_decided_on_pages(reader: Reader, guests: Guests) -> None:
    customer, other = guests.potential(), guests.register()
    typed = {"of": other, "statement": "同一家公司"}
    assert reader.act(customer, "report-duplicate", typed, "chen").status_code == 303
    typed = {"number": "1", "resolution": "different", "reason": "注册地不同"}
    assert reader.act(customer, "resolve-duplicate", typed, "zhao").status_code == 303
    typed = {"contested_at": "2026-03-02T01:00:00", "statement": "我先联系的"}
    assert reader.act(customer, "open-dispute", typed, "chen").status_code == 303
    form = reader.get(f"/customers/{customer}/actions/rule-dispute", "shen").text
    assert '<option value="1"' in form
    typed = {"number": "1", "ruling": "uphold", "reason": "申请在先者保护"}
    assert reader.act(customer, "rule-dispute", typed, "shen").status_code == 303
    wrong = reader.act(customer, "rule-dispute", typed | {"number": "x"}, "shen")
    assert wrong.status_code == 422


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", ""])
def test_what_is_no_form_is_refused(reader: Reader, guests: Guests, content_type: str) -> None:
    customer = guests.potential()
    answer = guests.client.post(
        f"/customers/{customer}/actions/release",
        content=b"{}",
        headers={"Authorization": f"Bearer {guests.tokens['li']}", "Content-Type": content_type},
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"\xff=1", b"note=%ff", b"&".join([b"a=1"] * 300)])
def test_a_form_that_is_not_well_formed_is_refused(
    reader: Reader, guests: Guests, body: bytes
) -> None:
    customer = guests.potential()
    answer = guests.client.post(
        f"/customers/{customer}/actions/release",
        content=body,
        headers={
            "Authorization": f"Bearer {guests.tokens['li']}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    assert answer.status_code == 422
