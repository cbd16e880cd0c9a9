"""Members, departments, tokens and sessions on pages: the functions of their routes."""

import re

import pytest

from tests.api.http.guests import DAY, Guests
from tests.api.sign_in.browser import one_time
from tests.console.reading import Reader, as_sent, typed_in, words

HOSTILE = '"><script>alert(1)</script>'
SECRET = re.compile(r'class="secret"[^>]* value="([^"]+)"')


def add(reader: Reader, member: str, *, department: str = "一部", **more: str) -> None:
    typed = as_sent(reader.get("/add-member", "root").text)
    typed |= {"id": member, "name": f"名{member}", "department": department, "roles:seller": "on"}
    answer = reader.post("/add-member", typed | more, "root")
    assert answer.status_code == 303, answer.text
    assert "Done" in reader.get(answer.headers["location"], "root").text


@pytest.mark.clause("S1-271", "S1-272")
def test_members_are_found_and_led_to_in_both_languages(reader: Reader, guests: Guests) -> None:
    add(reader, "mei", department="人员部", **{"roles:manager": "on"})
    for language, told in (("zh", "销售经理"), ("en", "manager")):
        page = reader.get("/people?department=人员部", Accept_Language=language)
        assert page.status_code == 200
        assert 'href="/people/mei"' in page.text
        assert 'href="/people/chen"' not in page.text
        assert told in words(page.text)
    assert "Nothing here fits." in reader.get("/people?name=绝无此人").text
    hostile = reader.get(f"/people?name={HOSTILE}")
    assert "<script>alert" not in hostile.text
    assert 'href="/add-member"' not in reader.get("/people", "wang").text
    assert reader.get("/add-member", "wang").status_code == 403


def test_a_member_that_cannot_be_added_is_told_why_and_stays_typed(
    reader: Reader, guests: Guests
) -> None:
    typed = as_sent(reader.get("/add-member", "root").text)
    typed |= {"id": "LI", "name": HOSTILE, "department": "一部", "roles:seller": "on"}
    page = reader.post("/add-member", typed, "root")
    assert page.status_code == 422
    assert 'id="field-id-wrong"' in page.text
    assert typed_in(page.text, "name") == HOSTILE
    assert as_sent(page.text)["roles:seller"] == "on"
    assert "<script>alert" not in page.text


@pytest.mark.clause("S1-271")
def test_roles_and_department_are_changed_by_who_may(reader: Reader, guests: Guests) -> None:
    add(reader, "gao")
    assert reader.get("/people/gao/change-member", "wang").status_code == 403
    typed = as_sent(reader.get("/people/gao/change-member", "root").text)
    assert (typed["roles:seller"], typed["department"]) == ("on", "一部")
    del typed["roles:seller"]
    typed |= {"roles:finance": "on", "department": "财务部"}
    assert reader.post("/people/gao/change-member", typed, "root").status_code == 303
    told = guests.get("/v1/members/gao").json()
    assert (told["roles"], told["department"]) == (["finance"], "财务部")
    late = reader.post("/people/gao/change-member", typed | {"_key": "f" * 32}, "root")
    assert late.status_code == 412
    none = as_sent(reader.get("/people/gao/change-member", "root").text)
    del none["roles:finance"]
    assert reader.post("/people/gao/change-member", none, "root").status_code == 422


def test_a_token_is_shown_once_and_revoked(reader: Reader, guests: Guests) -> None:
    add(reader, "tan")
    typed = as_sent(reader.get("/people/tan/issue-token", "root").text)
    typed |= {"name": "报表", "scopes": "read\nclaim"}
    answer = reader.post("/people/tan/issue-token", typed, "root")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    (secret,) = SECRET.findall(answer.text)
    guests.tokens["tan"] = secret
    assert guests.get("/v1/session", "tan").json()["member"] == "tan"
    again = reader.post("/people/tan/issue-token", typed, "root")
    assert again.status_code == 200
    assert secret not in again.text
    assert "It was shown before" in again.text
    page = reader.get("/people/tan", "root")
    assert secret not in page.text
    assert "报表" in page.text
    assert "claim, read" in page.text or "read, claim" in page.text
    token_id = re.findall(r'name="token_id" value="([^"]+)"', page.text)[0]
    revoked = reader.post("/people/tan/revoke-token", {"token_id": token_id}, "root")
    assert revoked.status_code == 303
    assert guests.send("GET", "/v1/session", "tan").status_code == 401
    wrong = reader.post("/people/tan/revoke-token", {"token_id": HOSTILE}, "root")
    assert wrong.status_code == 422


@pytest.mark.clause("S1-295")
def test_everybody_sees_his_own_tokens_and_sessions_and_an_administrator_all(
    reader: Reader, guests: Guests
) -> None:
    own = reader.get("/people/li", "li").text
    assert "Access tokens" in own
    assert "Sessions" in own
    assert "issue-token" not in own
    other = reader.get("/people/li", "chen").text
    assert "Access tokens" not in other
    assert "Sessions" not in other
    assert reader.get("/people/li/issue-token", "li").status_code == 403
    every = reader.get("/people/li", "root").text
    assert "Access tokens" in every
    assert 'href="/people/li/issue-token"' in every
    assert reader.get("/people/nobody", "root").status_code == 404


@pytest.mark.clause("S1-295")
def test_a_one_time_password_is_shown_once_and_ends_the_sessions(
    reader: Reader, guests: Guests
) -> None:
    add(reader, "wei")
    assert reader.get("/people/wei/set-password", "wang").status_code == 403
    typed = as_sent(reader.get("/people/wei/set-password", "root").text)
    answer = reader.post("/people/wei/set-password", typed, "root")
    assert answer.status_code == 200, answer.text
    (password,) = SECRET.findall(answer.text)
    body = {"member": "wei", "password": password}
    told = guests.client.post("/v1/sign-in", json=body)
    assert told.json()["type"] == "/problems/password-change-due"
    assert reader.post("/people/wei/set-password", typed, "wang").status_code == 403


def test_who_leaves_is_arranged_with_who_takes_over(reader: Reader, guests: Guests) -> None:
    guests.move_in({"leaver": "seller"})
    kept, dropped = guests.potential("leaver"), guests.potential("leaver")
    assert reader.get("/people/leaver/leave", "li").status_code == 403
    form = reader.get("/people/leaver/leave", "wang")
    typed = as_sent(form.text) | {"reason": "个人原因"}
    row = next(name for name, value in typed.items() if value == kept).split(".")[1]
    wrong = reader.post("/people/leaver/leave", typed | {f"hand_over.{row}.to": "nobody"}, "wang")
    assert wrong.status_code in (404, 422)
    assert as_sent(wrong.text)[f"hand_over.{row}.to"] == "nobody"
    typed = as_sent(wrong.text) | {f"hand_over.{row}.to": "chen"}
    assert reader.post("/people/leaver/leave", typed, "wang").status_code == 303
    held = {kept: "chen", dropped: None}
    for customer, holder in held.items():
        assert guests.get(f"/v1/customers/{customer}").json()["holder"] == holder
    assert "left" in reader.get("/people/leaver").text


def test_a_department_is_placed_and_the_tree_says_so(reader: Reader, guests: Guests) -> None:
    assert reader.get("/place-department", "wang").status_code == 403
    typed = as_sent(reader.get("/place-department", "root").text)
    typed |= {"name": "树一部", "parent": "树总部"}
    answer = reader.post("/place-department", typed, "root")
    assert answer.status_code == 303, answer.text
    page = reader.get(answer.headers["location"], "root").text
    assert re.search(r'class="depth-1"><a [^>]*>树一部</a>', page)
    assert re.search(r'class="depth-0"><a [^>]*>树总部</a>', page)
    loop = typed | {"name": "树总部", "parent": "树一部", "_key": "e" * 32}
    refused = reader.post("/place-department", loop, "root")
    assert refused.status_code == 422
    assert as_sent(refused.text)["parent"] == "树一部"


@pytest.mark.clause("S1-295")
def test_a_session_is_ended_from_the_page_of_its_member(reader: Reader, guests: Guests) -> None:
    password = one_time(guests, "feng")
    body = {"member": "feng", "password": password, "new_password": "山谷 里 有 七 只 白鹭 起飞"}
    assert guests.client.post("/v1/sign-in", json=body).status_code == 200
    guests.client.cookies.clear()
    guests.at(guests.now + DAY / 24)
    page = reader.get("/people/feng", "root").text
    session = re.findall(r'name="session_id" value="([^"]+)"', page)[0]
    assert reader.post("/people/feng/end-session", {"session_id": session}, "li").status_code == 404
    ended = reader.post("/people/feng/end-session", {"session_id": session}, "root")
    assert ended.status_code == 303
    assert session not in reader.get("/people/feng", "root").text


def test_ones_name_on_every_page_leads_to_ones_own_page(reader: Reader, guests: Guests) -> None:
    for path in ("/", "/pool", "/rules"):
        assert '<a class="who" href="/people/zhao">' in reader.get(path, "zhao").text
    own = reader.get("/people/zhao", "zhao").text
    assert "Access tokens" in own
    assert "Revoke" not in own


def test_what_a_member_holds_is_counted_and_leads_to_the_board(
    reader: Reader, guests: Guests
) -> None:
    guests.move_in({"holder": "seller"})
    wanted = {guests.potential("holder") for _ in range(12)}
    page = reader.get("/people/holder", "wang")
    assert "12 customers" in words(page.text)
    assert "Those whose deadline comes first are shown." in page.text
    address = re.findall(r'href="(/board\?member=holder)"', page.text)[0]
    board = reader.get(address, "wang").text
    assert all(customer in board for customer in wanted)
    assert "Holds" not in reader.get("/people/holder", "feng").text
