"""Signing in on pages: the sessions of the interface, and a form that outlives its session."""

import pytest

from api.security import COOKIE
from tests.api.http.guests import Guests
from tests.api.sign_in.browser import GOOD, one_time
from tests.console.reading import hidden, words
from tests.console.visitor import Visitor, enter

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def visitor(guests: Guests) -> Visitor:
    return Visitor(guests)


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_page_and_back(visitor: Visitor) -> None:
    asked = visitor.get("/pool?industry=软件")
    assert asked.status_code == 303
    address = asked.headers["location"]
    assert address.startswith("/sign-in?next=%2Fpool%3Findustry")
    form = visitor.get(address)
    assert form.status_code == 200
    entered = enter(visitor, _next=hidden(form.text)["_next"])
    assert entered.status_code == 303
    assert entered.headers["location"].startswith("/pool?industry=")
    assert visitor.get("/pool").status_code == 200
    assert visitor.get("/").status_code == 200


@pytest.mark.clause("S1-295")
def test_a_one_time_password_is_changed_with_the_first_sign_in(visitor: Visitor) -> None:
    password = one_time(visitor.guests, "chen")
    due = visitor.post("/sign-in", {"member": "chen", "password": password})
    assert due.status_code >= 400
    assert 'name="new_password"' in due.text
    typed = {"member": "chen", "password": password, "new_password": GOOD}
    assert visitor.post("/sign-in", typed).status_code == 303
    wrong = visitor.post("/sign-in", {"member": "chen", "password": "no such password"})
    assert wrong.status_code == 401
    assert 'value="chen"' in wrong.text
    assert "no such password" not in wrong.text


def test_the_companys_provider_is_offered_where_there_is_one(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = 'href="/v1/sign-in/oidc"'
    assert link not in visitor.get("/sign-in").text
    service = visitor.guests.service
    named = service.settings.model_copy(update={"oidc_issuer": "https://identity.example"})
    monkeypatch.setattr(service, "settings", named)
    assert link in visitor.get("/sign-in").text


def test_signing_in_leads_to_no_other_house(visitor: Visitor) -> None:
    for address in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        assert enter(visitor, _next=address).headers["location"] == "/"


def test_a_form_needs_the_token_of_its_session(visitor: Visitor, guests: Guests) -> None:
    customer = guests.potential()
    enter(visitor)
    path = f"/customers/{customer}/actions/release"
    fields = hidden(visitor.get(path).text)
    assert fields["_csrf"]
    typed = fields | {"reason": "客户已无采购计划"}
    assert visitor.post(path, typed | {"_csrf": "x"}).status_code == 403
    assert visitor.post(path, typed, Sec_Fetch_Site="cross-site").status_code == 403
    assert guests.topics(customer)[-1] != "customer.released"
    assert visitor.post(path, typed, Sec_Fetch_Site="same-origin").status_code == 303
    assert guests.topics(customer)[-1] == "customer.released"


def test_a_form_outlives_its_session(visitor: Visitor, guests: Guests) -> None:
    customer = guests.potential()
    enter(visitor)
    path = f"/customers/{customer}/actions/release"
    typed = hidden(visitor.get(path).text) | {"reason": "客户“甲”<b>已无计划</b>"}
    del visitor.cookies[COOKIE]
    over = visitor.post(path, typed)
    assert over.status_code == 401
    assert "What you typed is kept" in over.text
    again = enter(visitor, **hidden(over.text))
    assert again.status_code == 200
    assert "客户“甲”&lt;b&gt;" in again.text
    sent = visitor.post(path, hidden(again.text))
    assert sent.status_code == 303
    assert guests.events(customer)[-1]["facts"]["reason"] == typed["reason"]


def test_signing_out_ends_the_session(visitor: Visitor) -> None:
    enter(visitor)
    page = visitor.get("/")
    kept = visitor.cookies[COOKIE]
    out = visitor.post("/sign-out", {"_csrf": hidden(page.text)["_csrf"]})
    assert out.headers["location"] == "/sign-in"
    visitor.cookies[COOKIE] = kept
    assert visitor.get("/").status_code == 303


def test_the_password_is_changed_on_its_page(visitor: Visitor) -> None:
    enter(visitor, "wang")
    fields = hidden(visitor.get("/password").text)
    wrong = visitor.post("/password", fields | {"current": "wrong wrong wrong", "new": GOOD + "!"})
    assert wrong.status_code >= 400
    done = visitor.post("/password", fields | {"current": GOOD, "new": "nine grey geese fly"})
    assert done.status_code == 200
    assert "The password is changed" in words(done.text)
    other = Visitor(visitor.guests)
    typed = {"member": "wang", "password": "nine grey geese fly"}
    assert other.post("/sign-in", typed).status_code == 303


def test_a_form_of_an_earlier_session_keeps_what_was_typed(
    visitor: Visitor, guests: Guests
) -> None:
    customer = guests.potential()
    enter(visitor)
    path = f"/customers/{customer}/actions/release"
    typed = hidden(visitor.get(path).text) | {"reason": "客户“甲”<b>已无计划</b>"}
    enter(visitor)  # In another window.
    refused = visitor.post(path, typed, Sec_Fetch_Site="same-origin")
    assert refused.status_code == 403
    assert "客户“甲”&lt;b&gt;" in refused.text
    # Another site could have typed it: only our own page is offered to be sent again.
    assert "客户“甲”" not in visitor.post(path, typed).text
    assert visitor.post(path, hidden(refused.text)).status_code == 303
    assert guests.events(customer)[-1]["facts"]["reason"] == typed["reason"]


def test_passwords_are_never_written_into_a_page(visitor: Visitor) -> None:
    enter(visitor)
    fields = hidden(visitor.get("/password").text)
    del visitor.cookies[COOKIE]
    typed = {"current": "seven white herons", "new": "nine grey geese fly"}
    for answer in (
        visitor.post("/password", fields | typed),
        visitor.post("/sign-in", {"member": "li", "password": typed["current"] + "?"}),
    ):
        assert answer.status_code == 401
        assert typed["current"] not in answer.text
        assert typed["new"] not in answer.text
