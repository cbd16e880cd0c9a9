"""Approvals told by text: what waits, the facts to decide by, one decision or several."""

import re
from typing import Any

import pytest

from tests.api.http.guests import CONTACT, DAY, MONDAY, Guests
from tests.console.reading import Reader, hidden, words

PHONE = "+8613800138000"
HOSTILE = "\"><script>alert(1)</script><b a='"


def claimed(guests: Guests, member: str = "li", **changes: Any) -> str:
    """A customer whose claim waits for the service centre."""
    customer = guests.register(member, **changes)
    assert guests.claim(customer, member).status_code == 201
    return customer


def look_alike(guests: Guests) -> tuple[str, str]:
    """An earlier claim, and a later one on a record of a similar name."""
    name = guests.company()["name"].removeprefix("靖江市")
    first = claimed(guests, "li", name=f"靖江市{name}")
    guests.at(guests.now + DAY / 24)
    second = claimed(guests, "chen", name=f"泰州市{name}", override_reason="法人不同，注册地不同")
    return first, second


def listed(page: str) -> list[str]:
    """What the list refers to, in its order."""
    return re.findall(r'data-ref="([^"]+)"', page)


def decide(
    reader: Reader, reference: str, typed: dict[str, str], member: str = "zhao", kept: str = ""
) -> Any:
    """Open one, fill its form in and send it. kept: filters of the address."""
    page = reader.get(f"/approvals?{kept}&open={reference}", member)
    assert page.status_code == 200, page.text
    facts = page.text[page.text.index('id="facts"') :]
    customer, kind = reference.split("/")[:2]
    return reader.post(f"/approvals/{customer}/{kind}?{kept}", hidden(facts) | typed, member)


def choices(page: str, *references: str) -> dict[str, str]:
    """The list's form with these chosen."""
    form = page[page.index('action="/approvals/several') : page.index('class="several"')]
    fields = hidden(form)
    for number, reference in re.findall(r'name="chosen\.(\d+)" value="([^"]+)"', form):
        if reference in references:
            fields[f"chosen.{number}"] = reference
    assert sum(name.startswith("chosen.") for name in fields) == len(references)
    return fields


@pytest.mark.clause("S1-309", "S1-312")
def test_the_facts_of_a_claim_are_on_one_screen(reader: Reader, guests: Guests) -> None:
    customer = claimed(guests)
    page = reader.get(f"/approvals?open={customer}/review", "zhao").text
    told = words(page)
    for fact in (CONTACT["name"], PHONE, "有意向，下周再联系", "No record has a similar name."):
        assert fact in told, fact
    assert "Asked by li" in told
    assert "Follow-ups : 1" in told.replace("Follow-ups:", "Follow-ups :")
    assert 'class="band"' in page
    passed = MONDAY + 30 * DAY
    assert f"potential li until {passed:%Y-%m-%d %H:%M:%S}" in told
    assert "rejected li until 2026-03-05 16:00:00" in told


@pytest.mark.clause("S1-312")
def test_a_claim_on_a_similar_record_shows_both_side_by_side(
    reader: Reader, guests: Guests
) -> None:
    first, second = look_alike(guests)
    page = reader.get(f"/approvals?open={second}/review", "zhao").text
    told = words(page)
    assert "Is it the same company?" in told
    assert f'<a href="/customers/{first}">' in page
    for fact in ("its claim came first", "法人不同，注册地不同", "<mark>空调</mark>"):
        assert fact in page, fact
    assert f'value="{second}/review" aria-label' not in page
    refused = decide(reader, f"{second}/review", {"decision": "pass"})
    assert refused.status_code == 409
    typed = {"decision": "pass", "different_company": "统一社会信用代码不同"}
    assert decide(reader, f"{second}/review", typed).status_code == 303
    assert guests.topics(second)[-1] == "customer.review_passed"


@pytest.mark.clause("S1-313")
def test_after_a_decision_the_next_one_opens(reader: Reader, guests: Guests) -> None:
    customers = [claimed(guests) for _ in range(3)]
    order = listed(reader.get("/approvals?kind=review", "zhao").text)
    at = order.index(f"{customers[0]}/review")
    answer = decide(reader, order[at], {"decision": "pass"}, kept="kind=review")
    assert answer.status_code == 303
    page = reader.get(answer.headers["location"], "zhao").text
    assert "Done : claim · Pass" in words(page).replace("Done:", "Done :")
    expected = order[at + 1] if at + 1 < len(order) else order[0]
    assert f'data-ref="{expected}" aria-current="true" aria-describedby="done"' in page
    assert order[at] not in listed(page)


@pytest.mark.clause("S1-317")
def test_a_refusal_without_a_reason_is_told_at_the_field_and_nothing_is_lost(
    reader: Reader, guests: Guests
) -> None:
    customer = claimed(guests)
    answer = decide(reader, f"{customer}/review", {"decision": "refuse", "reason": " "})
    assert answer.status_code == 422
    assert 'id="field-reason-wrong"' in answer.text
    assert f'data-ref="{customer}/review" aria-current="true"' in answer.text
    assert guests.topics(customer)[-1] != "customer.review_refused"
    facts = answer.text[answer.text.index('id="facts"') :]
    typed = {"decision": "refuse", "reason": "电话无人接听"}
    again = reader.post(f"/approvals/{customer}/review", hidden(facts) | typed, "zhao")
    assert again.status_code == 303
    assert guests.events(customer)[-1]["facts"]["reason"] == "电话无人接听"


@pytest.mark.clause("S1-310")
def test_ones_own_case_is_not_offered(reader: Reader, guests: Guests) -> None:
    customer = guests.potential("wang")
    assert guests.apply(customer, member="wang").status_code == 201
    reference = f"{customer}/intent"
    assert reference not in listed(reader.get("/approvals?kind=intent", "wang").text)
    opened = reader.get(f"/approvals?open={reference}", "wang").text
    assert "This does not wait for you any more" in opened
    assert "<button" not in opened[opened.index('id="facts"') :]
    everything = reader.get(f"/approvals?scope=all&open={reference}", "wang").text
    assert "You may not do this now:" in everything
    typed = {"decision": "grant", "_key": "own-decision"}
    own = reader.post(f"/approvals/{customer}/intent", typed, "wang")
    assert own.status_code in (403, 409)
    assert "customer.intent_granted" not in guests.topics(customer)
    assert reference in listed(reader.get("/approvals?kind=intent", "shen").text)


@pytest.mark.clause("S1-053")
def test_of_two_who_decide_at_once_the_second_is_told_who_was_faster(
    reader: Reader, guests: Guests
) -> None:
    customer = claimed(guests)
    path, reference = f"/approvals/{customer}/review", f"{customer}/review"
    forms = {}
    for member in ("zhao", "qian"):
        page = reader.get(f"/approvals?open={reference}", member).text
        forms[member] = hidden(page[page.index('id="facts"') :])
    assert reader.post(path, forms["zhao"] | {"decision": "pass"}, "zhao").status_code == 303
    typed = {"decision": "refuse", "reason": "联系人不实"}
    late = reader.post(path, forms["qian"] | typed, "qian")
    assert late.status_code == 412
    assert "This does not wait for you any more" in late.text
    assert re.search(r"What happened last: .*zhao", words(late.text))
    assert "联系人不实" in late.text
    assert "customer.review_refused" not in guests.topics(customer)


@pytest.mark.clause("S1-313")
def test_several_are_decided_each_by_its_own_command(reader: Reader, guests: Guests) -> None:
    customers = [claimed(guests) for _ in range(3)]
    references = [f"{customer}/review" for customer in customers]
    page = reader.get("/approvals?kind=review", "zhao").text
    form = choices(page, *references)
    guests.post(f"/v1/customers/{customers[1]}/follow-ups", guests.follow_up())
    answer = reader.post("/approvals/several?kind=review", form | {"way": "yes"}, "zhao")
    assert answer.status_code == 200
    told = words(answer.text)
    assert told.count("done, Pass") == 2
    assert re.search(r"What happened last: [^.]*li", told)
    assert [("customer.review_passed" in guests.topics(one)) for one in customers] == [
        True,
        False,
        True,
    ]
    assert f'value="{references[1]}" aria-label' in answer.text
    checked = re.findall(r'value="([^"]+)" aria-label="[^"]+" checked', answer.text)
    assert checked == [references[1]]
    again = reader.post("/approvals/several?kind=review", form | {"way": "yes"}, "zhao")
    assert words(again.text).count("done, Pass") == 2
    assert guests.topics(customers[0]).count("customer.review_passed") == 1
    once_more = choices(answer.text, references[1]) | {"way": "yes"}
    assert reader.post("/approvals/several", once_more, "zhao").status_code == 200
    assert guests.topics(customers[1])[-1] == "customer.review_passed"


@pytest.mark.clause("S1-317")
def test_several_are_refused_with_one_reason_and_not_without(
    reader: Reader, guests: Guests
) -> None:
    customers = [claimed(guests) for _ in range(2)]
    references = [f"{customer}/review" for customer in customers]
    form = choices(reader.get("/approvals?kind=review", "zhao").text, *references)
    mute = reader.post("/approvals/several", form | {"way": "no", "reason": ""}, "zhao")
    assert mute.status_code == 422
    assert 'id="several-wrong"' in mute.text
    assert len(re.findall(r'" checked>', mute.text)) == 2
    again = choices(mute.text, *references) | {"way": "no", "reason": "名称不是全称"}
    assert reader.post("/approvals/several", again, "zhao").status_code == 200
    for customer in customers:
        assert guests.events(customer)[-1]["facts"]["reason"] == "名称不是全称"


def test_nothing_chosen_and_no_way_at_all_decide_nothing(reader: Reader, guests: Guests) -> None:
    customer = claimed(guests)
    form = choices(reader.get("/approvals?kind=review", "zhao").text, f"{customer}/review")
    for sent in ({"way": "yes"}, form, form | {"way": "perhaps"}, {"chosen.1": "rubbish"}):
        answer = reader.post("/approvals/several", sent | {"reason": "写了很久的理由"}, "zhao")
        assert answer.status_code == 200
        assert 'role="alert"' in answer.text
        assert "写了很久的理由" in answer.text
        assert ("checked>" in answer.text) is ("_key.1" in sent)
    assert not any("review" in topic for topic in guests.topics(customer))


@pytest.mark.clause("S1-041", "S1-060")
def test_applications_and_contracts_are_decided_beside_their_facts(
    reader: Reader, guests: Guests
) -> None:
    applied, longer, signed = guests.potential(), guests.potential(), guests.intent()
    guests.apply(applied)
    guests.post(f"/v1/customers/{longer}/extension", {"reason": "月底定案", "days": 12})
    number = guests.write_contract(signed)
    page = reader.get(f"/approvals?open={applied}/intent", "wang").text
    for fact in ("客户已确认预算", "intent li until 2026-"):
        assert fact in words(page), fact
    assert decide(reader, f"{applied}/intent", {"decision": "grant"}, "wang").status_code == 303
    page = reader.get(f"/approvals?open={longer}/extension", "wang").text
    assert "Days asked for : 12" in words(page).replace("for:", "for :")
    typed = {"decision": "grant", "days": "5"}
    assert decide(reader, f"{longer}/extension", typed, "wang").status_code == 303
    assert guests.events(longer)[-1]["facts"]["days"] == 5
    page = reader.get(f"/approvals?open={signed}/contract/{number}", "feng").text
    assert "招聘会员一年 × 2" in page
    assert decide(reader, f"{signed}/contract/{number}", {}, "feng").status_code == 303
    assert guests.topics(signed)[-1] == "customer.contract_confirmed"


@pytest.mark.clause("S1-020", "S1-048")
def test_duplicates_disputes_and_after_sales_wait_here_too(reader: Reader, guests: Guests) -> None:
    formal, doubled, other = guests.formal(), guests.register(), guests.register()
    guests.post(f"/v1/customers/{doubled}/duplicates", {"of": other, "statement": "同一公司"})
    page = reader.get(f"/approvals?open={doubled}/duplicate/1", "zhao").text
    assert f'<a href="/customers/{other}">' in page
    typed = {"resolution": "different", "reason": "注册地不同"}
    assert decide(reader, f"{doubled}/duplicate/1", typed).status_code == 303
    assert guests.topics(doubled)[-1] == "customer.duplicate_resolved"
    answer = decide(reader, f"{formal}/after-sales", {"to": "han"}, "jiang")
    assert answer.status_code == 303
    dispute = {"contested_at": MONDAY.isoformat(), "statement": "我先联系的"}
    guests.post(f"/v1/customers/{doubled}/disputes", dispute, "chen")
    page = reader.get(f"/approvals?open={doubled}/dispute/1", "shen").text
    assert f'href="/customers/{doubled}/actions/rule-dispute"' in page
    assert "我先联系的" in page


@pytest.mark.clause("S4-41", "S4-40")
def test_requests_to_read_details_wait_for_who_may_grant_them(
    reader: Reader, guests: Guests
) -> None:
    missing = {"mei": "marketing-manager", "ke": "customer-manager"}
    guests.move_in({name: role for name, role in missing.items() if name not in guests.tokens})
    customer = guests.potential()
    for asker in ("chen", "ke"):
        asked = {"reason": "售前方案需核对联系人", "days": 7}
        path = f"/v1/customers/{customer}/details-requests"
        assert guests.post(path, asked, asker).status_code == 201
    chens, kes = f"{customer}/details/chen", f"{customer}/details/ke"
    assert set(listed(reader.get("/approvals", "ke").text)) >= {chens}
    assert kes not in listed(reader.get("/approvals?kind=details", "ke").text)
    page = reader.get(f"/approvals?open={chens}", "ke").text
    assert "售前方案需核对联系人" in page
    assert CONTACT["name"] not in page
    assert PHONE not in page
    typed = {"decision": "grant", "reason": "业务需要"}
    assert decide(reader, chens, typed, "ke", "kind=details").status_code == 303
    guests.post(f"/v1/customers/{customer}/class", {"class": "A", "reason": "重点"}, "mei")
    assert decide(reader, kes, typed, "mei").status_code == 303
    gone = reader.get(f"/approvals?open={kes}", "mei").text
    assert "This does not wait for you any more" in gone
    assert "mei ·" in words(gone)


def test_only_what_is_asked_for_is_listed_overdue_first(reader: Reader, guests: Guests) -> None:
    late = claimed(guests)
    guests.at(MONDAY + 20 * DAY)
    fresh = claimed(guests)
    page = reader.get("/approvals?kind=review", "zhao").text
    order = listed(page)
    assert order.index(f"{late}/review") < order.index(f"{fresh}/review")
    assert "overdue by" in words(page)
    overdue = listed(reader.get("/approvals?overdue=true", "zhao").text)
    assert f"{late}/review" in overdue
    assert f"{fresh}/review" not in overdue
    assert listed(reader.get("/approvals?kind=contract", "zhao").text) == []
    assert "Nothing waits." in reader.get("/approvals?kind=contract", "zhao").text


@pytest.mark.clause("S1-309")
def test_the_list_goes_on_from_page_to_page(reader: Reader, guests: Guests) -> None:
    wanted = {f"{claimed(guests)}/review" for _ in range(25)}
    seen: list[str] = []
    address = "/approvals?kind=review"
    while address:
        page = reader.get(address, "zhao").text
        seen += listed(page)
        onward = re.search(r'class="button plain" href="(/approvals\?[^"]*after=[^"]*)"', page)
        address = onward[1].replace("&amp;", "&") if onward else ""
    assert len(seen) == len(set(seen))
    assert wanted <= set(seen)


@pytest.mark.clause("S0-25")
def test_only_the_open_one_is_looked_at(reader: Reader, guests: Guests) -> None:
    customer, _ = claimed(guests), claimed(guests)

    def looks() -> list[tuple[str, str]]:
        with guests.service.database.autocommit() as cursor:
            cursor.execute(
                "SELECT kind, customer_id::text FROM access.entries WHERE kind = 'details-read'"
                " ORDER BY position"
            )
            return [(kind, told) for kind, told in cursor.fetchall()]

    before = len(looks())
    reader.get("/approvals?kind=review", "zhao")
    assert len(looks()) == before
    reader.get(f"/approvals?kind=review&open={customer}/review", "zhao")
    assert len(looks()) > before
    assert {told for _, told in looks()[before:]} == {customer}


def test_what_is_hostile_or_rubbish_is_shown_and_does_nothing(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    guests.post(f"/v1/customers/{customer}/intent", {"reason": HOSTILE})
    page = reader.get(f"/approvals?open={customer}/intent", "wang").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    answer = decide(
        reader, f"{customer}/intent", {"decision": "refuse", "reason": "", "days": HOSTILE}, "wang"
    )
    assert "<script>alert" not in answer.text
    for open_one in ("rubbish", f"{customer}/rubbish", f"{customer}/contract/{HOSTILE}", "//"):
        answer = reader.get(f"/approvals?open={open_one}", "wang")
        assert answer.status_code == 200, open_one
        assert "<script>alert" not in answer.text
    assert reader.get(f"/approvals?kind={HOSTILE}", "wang").status_code == 422
    assert reader.get("/approvals?after=rubbish", "wang").status_code == 422
    done = reader.get(f"/approvals?done=review.{HOSTILE}&was={HOSTILE}", "wang")
    assert "<script>alert" not in done.text
    name = f"_name.1={HOSTILE}"
    sent = {"way": "yes", "chosen.1": f"{customer}/intent", "_name.1": name}
    answer = reader.post("/approvals/several", sent, "li")
    assert "<script>alert" not in answer.text


def test_where_a_decision_was_sent_leads_back_to_it(reader: Reader, guests: Guests) -> None:
    customer = claimed(guests)
    back = reader.get(f"/approvals/{customer}/review?kind=review", "zhao")
    assert back.headers["location"].startswith("/approvals?kind=review&open=")
    assert reader.get("/approvals/several?overdue=true", "zhao").headers["location"] == (
        "/approvals?overdue=true"
    )
    assert reader.get(f"/approvals/{customer}/rubbish", "zhao").status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_told_in_both_languages(reader: Reader, guests: Guests, language: str) -> None:
    customer = claimed(guests, name=guests.company()["name"].removeprefix("靖江市"))
    address = f"/approvals?open={customer}/review"
    page = reader.get(address, "zhao", Accept_Language=language).text
    expected = {
        "zh": ("审批", "已等待", "名称中没有行政区划。"),
        "en": ("Approvals", "waiting for"),
    }
    for text in expected[language]:
        assert text in page, text
