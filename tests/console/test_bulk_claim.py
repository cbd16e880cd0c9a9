"""Several customers of the pool claimed at once: each for itself, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest

from api.console.shown import rule_title
from tests.api.http.guests import Guests
from tests.console.reading import Reader, hidden, typed_in, words
from tests.console.windows import Windows, serious_faults

CONTACT = {"contact.name": "王敏", "contact.position": "采购经理", "contact.phone": "13800138000"}
HOSTILE = "\"><script>alert(1)</script><b a='"


def address(customers: Sequence[str]) -> str:
    return "/pool/claim?" + urlencode([("customer", one) for one in customers])


def filled(count: int, **more: str) -> dict[str, str]:
    """What is typed for each of so many customers. more: fields of the first, or for all."""
    typed = {f"{place}.{name}": text for place in range(count) for name, text in CONTACT.items()}
    return typed | {name.replace("__", "."): text for name, text in more.items()}


def send(reader: Reader, customers: Sequence[str], member: str, **more: str) -> Any:
    page = reader.get(address(customers), member)
    assert page.status_code == 200, page.text
    return reader.post("/pool/claim", hidden(page.text) | filled(len(customers), **more), member)


@pytest.mark.clause("S1-050", "S1-306")
def test_several_are_claimed_each_by_a_command_of_its_own(reader: Reader, guests: Guests) -> None:
    chosen = [guests.register() for _ in range(3)]
    answer = send(reader, chosen, "li")
    assert answer.status_code == 200, answer.text
    assert words(answer.text).count("Claimed.") == 3
    for customer in chosen:
        assert guests.topics(customer)[-1] == "customer.claimed"
        assert guests.get(f"/v1/customers/{customer}").json()["holder"] == "li"


def test_a_second_click_does_nothing_a_second_time(reader: Reader, guests: Guests) -> None:
    chosen = [guests.register() for _ in range(2)]
    typed = hidden(reader.get(address(chosen)).text) | filled(2)
    first, second = reader.post("/pool/claim", typed), reader.post("/pool/claim", typed)
    assert first.status_code == second.status_code == 200
    assert words(second.text).count("Claimed.") == 2
    for customer in chosen:
        assert guests.topics(customer).count("customer.claimed") == 1
        assert "refusal.recorded" not in guests.topics(customer)


@pytest.mark.clause("S1-053", "S1-302")
def test_who_was_faster_is_told_and_the_others_are_claimed(reader: Reader, guests: Guests) -> None:
    chosen = [guests.register() for _ in range(3)]
    page = reader.get(address(chosen), "chen").text
    guests.claim(chosen[1], "li")
    answer = reader.post("/pool/claim", hidden(page) | filled(3), "chen")
    assert words(answer.text).count("Claimed.") == 2
    assert "Somebody was faster: li" in words(answer.text)
    holders = [guests.get(f"/v1/customers/{one}").json()["holder"] for one in chosen]
    assert holders == ["chen", "li", "chen"]


@pytest.mark.clause("S1-037", "S1-052")
def test_what_a_rule_forbids_stays_as_it_was_typed_and_can_be_sent_again(
    reader: Reader, guests: Guests
) -> None:
    free, given_up = guests.register(), guests.potential("li")
    guests.post(f"/v1/customers/{given_up}/release", {"reason": "没有需求"})
    more = {
        "follow_up__channel": "phone",
        "follow_up__next_contact_at": "2026-03-09T10:00",
        "1__follow_up__note": "对方愿意再谈",
    }
    answer = send(reader, [free, given_up], "li", **more)
    assert answer.status_code == 409
    assert words(answer.text).count("Claimed.") == 1
    assert rule_title("barred", "en") in answer.text
    assert typed_in(answer.text, "1.contact.name") == "王敏"
    assert typed_in(answer.text, "1.follow_up.note") == "对方愿意再谈"
    assert typed_in(answer.text, "follow_up.next_contact_at") == "2026-03-09T10:00"
    assert 'name="0.contact.name"' not in answer.text
    again = reader.post("/pool/claim", hidden(answer.text) | filled(2, **more), "chen")
    assert again.status_code == 200, again.text
    assert guests.topics(given_up)[-2:] == ["customer.claimed", "customer.followed_up"]


def test_what_is_malformed_is_told_at_its_own_field(reader: Reader, guests: Guests) -> None:
    chosen = [guests.register(), guests.register()]
    answer = send(reader, chosen, "li", **{"1__contact__phone": "12"})
    assert answer.status_code == 422
    assert 'id="field-1-contact-phone-wrong"' in answer.text
    assert typed_in(answer.text, "1.contact.phone") == "12"
    assert guests.topics(chosen[0])[-1] == "customer.claimed"
    assert guests.topics(chosen[1])[-1] == "customer.registered"


@pytest.mark.clause("S1-053")
def test_of_two_who_claim_the_same_several_at_once_each_customer_has_one_holder(
    reader: Reader, guests: Guests
) -> None:
    chosen = [guests.register() for _ in range(5)]
    forms = {
        member: hidden(reader.get(address(order), member).text) | filled(5)
        for member, order in (("li", chosen), ("chen", chosen[::-1]))
    }
    with ThreadPoolExecutor(2) as both:
        answers = dict(
            zip(
                forms,
                both.map(lambda one: reader.post("/pool/claim", forms[one], one), forms),
                strict=True,
            )
        )
    holders = []
    for customer in chosen:
        assert guests.topics(customer).count("customer.claimed") == 1
        holders.append(guests.get(f"/v1/customers/{customer}").json()["holder"])
    for member, answer in answers.items():
        assert words(answer.text).count("Claimed.") == holders.count(member)
    assert set(holders) <= {"li", "chen"}


def test_a_choice_is_shown_in_both_languages_and_hostile_text_does_nothing(
    reader: Reader, guests: Guests
) -> None:
    chosen = [guests.register()]
    assert "批量保护" in reader.get(address(chosen), Accept_Language="zh").text
    assert "Nothing is chosen." in reader.get("/pool/claim").text
    assert reader.get("/pool/claim?customer=rubbish").status_code == 422
    many = reader.get(address([guests.register() for _ in range(11)]))
    assert many.status_code == 422
    answer = send(reader, chosen, "li", **{"0__contact__name": HOSTILE, "0__contact__phone": "x"})
    assert "<script>alert" not in answer.text
    assert "alert(1)" in answer.text
    assert typed_in(answer.text, "0.contact.name") == HOSTILE


def test_one_that_somebody_holds_already_is_told_and_not_asked_for(
    reader: Reader, guests: Guests
) -> None:
    held, free = guests.potential("li"), guests.register()
    page = reader.get(address([held, free]), "chen").text
    assert "Somebody was faster: li" in words(page)
    assert hidden(page)["_customer.1"] == free
    assert "_customer.0" not in hidden(page)


def test_whose_roles_claim_nothing_is_not_asked_to_choose_and_is_refused(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.register(industry="选择业")
    assert 'type="checkbox"' in reader.get("/pool?industry=选择业", "li").text
    assert 'type="checkbox"' not in reader.get("/pool?industry=选择业", "wu").text
    assert send(reader, [customer], "wu").status_code == 403
    assert guests.topics(customer) == ["customer.registered"]


def test_customers_are_chosen_in_the_pool_and_claimed_by_keyboard(
    windows: Windows, guests: Guests
) -> None:
    chosen = [guests.register(industry="键盘业") for _ in range(2)]
    page = windows.open("/pool?industry=键盘业")
    for box in page.get_by_role("checkbox").all():
        box.focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Claim those chosen").press("Enter")
    page.get_by_role("heading", name="Claim several").wait_for()
    assert serious_faults(page) == []
    for group in page.locator("fieldset").all()[:2]:
        group.get_by_label("Contact person", exact=True).fill("王敏")
        group.get_by_label("Position").fill("采购经理")
        group.get_by_label("Phone of the contact person").fill("13800138000")
    page.get_by_role("button", name="Claim 2 customers").press("Enter")
    page.get_by_text("Claimed.").nth(1).wait_for()
    for customer in chosen:
        assert guests.topics(customer).count("customer.claimed") == 1
