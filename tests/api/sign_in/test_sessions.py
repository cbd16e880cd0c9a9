"""Rules of sessions, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import httpx
import pytest

from api.outside.following import streams_of
from api.security import COOKIE, CSRF
from domain.orders import CONSOLE, Credentials, Order
from tests.api.http.guests import MICROSECOND, MONDAY, Guests
from tests.api.sign_in.browser import GOOD, Browser, signed_in, slug_of

MINUTE = timedelta(minutes=1)


def who(browser: Browser) -> int:
    return browser.send("GET", "/v1/session").status_code


def test_the_cookie_is_this_hosts_over_tls_and_out_of_reach_of_scripts(guests: Guests) -> None:
    signed_in(guests, "li")
    answer = Browser(guests).sign_in("li", GOOD)
    for cookie in answer.headers.get_list("set-cookie"):
        assert cookie.startswith("__Host-tenure")
        for part in ("; Path=/;", "; Secure;", "; HttpOnly;", "; SameSite=Lax"):
            assert part in cookie, cookie
        assert "Domain" not in cookie


def test_a_session_asks_and_commands_as_its_member(guests: Guests) -> None:
    browser = signed_in(guests, "li")
    told = browser.send("GET", "/v1/session").json()
    assert (told["member"], told["roles"], told["csrf_token"]) == ("li", ["seller"], browser.csrf)
    made = browser.send("POST", "/v1/customers", json=guests.company())
    assert made.status_code == 201
    assert guests.get("/v1/audit", "wu", actor="li").json()["items"]


@pytest.mark.parametrize("sent", ["", "x", None])
def test_a_command_in_a_session_needs_the_token_of_its_own_page(
    guests: Guests, sent: str | None
) -> None:
    browser, other = signed_in(guests, "li"), signed_in(guests, "chen")
    browser.csrf = other.csrf if sent is None else None
    headers = {} if sent is None else {CSRF: sent}
    for method, path in (("POST", "/v1/customers"), ("POST", "/v1/sign-out")):
        answer = browser.send(method, path, json=guests.company(), headers=headers)
        assert (answer.status_code, slug_of(answer)) == (403, "csrf")
    assert browser.send("GET", "/v1/customers").status_code == 200


def test_a_request_with_a_cookie_and_a_token_is_its_tokens(guests: Guests) -> None:
    browser = signed_in(guests, "li")
    browser.csrf = None
    browser.headers["Authorization"] = f"Bearer {guests.tokens['chen']}"
    assert browser.send("GET", "/v1/session").json()["member"] == "chen"
    assert browser.send("POST", "/v1/customers", json=guests.company()).status_code == 201
    browser.headers["Authorization"] = "Bearer tnr.chen." + "x" * 43
    assert who(browser) == 401


def test_a_session_ends_when_it_rests(guests: Guests) -> None:
    browser = signed_in(guests, "li")
    for _ in range(3):
        guests.at(guests.now + 119 * MINUTE)
        assert who(browser) == 200
    guests.at(guests.now + 120 * MINUTE)
    assert who(browser) == 401


def test_a_session_ends_at_its_age_however_much_it_is_used(guests: Guests) -> None:
    browser = signed_in(guests, "li")
    for hour in range(1, 12):
        guests.at(MONDAY + hour * 60 * MINUTE)
        assert who(browser) == 200
    guests.at(MONDAY + 12 * 60 * MINUTE - MICROSECOND)
    assert who(browser) == 200
    guests.at(MONDAY + 12 * 60 * MINUTE)
    assert who(browser) == 401


def test_signing_out_ends_the_session_and_takes_the_cookie(guests: Guests) -> None:
    browser = signed_in(guests, "li")
    kept = browser.secret
    answer = browser.send("POST", "/v1/sign-out")
    assert answer.status_code == 200
    assert f"{COOKIE}=; Path=/; Max-Age=0" in answer.headers["set-cookie"]
    browser.cookies[COOKIE] = kept
    assert who(browser) == 401
    assert guests.send("POST", "/v1/sign-out", "li").status_code == 404


def test_every_sign_in_is_a_new_session_and_ends_the_one_it_came_with(guests: Guests) -> None:
    """A session that somebody planted in the browser is not the one that is signed in."""
    browser = signed_in(guests, "li")
    before = dict(browser.cookies)
    assert browser.sign_in("li", GOOD).status_code == 200
    assert browser.secret != before[COOKIE]
    assert who(browser) == 200
    browser.cookies = before
    assert who(browser) == 401
    planted = Browser(guests, {COOKIE: "A" * 43})
    assert planted.sign_in("li", GOOD).status_code == 200
    assert planted.secret != "A" * 43


def test_one_sees_and_ends_ones_own_sessions_and_administrators_everybodys(
    guests: Guests,
) -> None:
    here, there = signed_in(guests, "zhao"), Browser(guests)
    there.sign_in("zhao", GOOD)
    items = here.send("GET", "/v1/sessions").json()["items"]
    assert [item["is_this"] for item in items].count(True) == 1
    assert len(items) == 2
    other = next(item["session_id"] for item in items if not item["is_this"])
    seen = guests.send("GET", "/v1/sessions?member=zhao", "root").json()["items"]
    assert {item["session_id"] for item in seen} == {item["session_id"] for item in items}
    assert guests.send("GET", "/v1/sessions?member=zhao", "chen").status_code == 403
    assert guests.send("DELETE", f"/v1/sessions/{other}", "chen").status_code == 404
    assert here.send("DELETE", f"/v1/sessions/{other}").status_code == 200
    assert (who(here), who(there)) == (200, 401)
    mine = here.send("GET", "/v1/session").json()["session_id"]
    assert guests.send("DELETE", f"/v1/sessions/{mine}", "root").status_code == 200
    assert who(here) == 401


def test_a_role_that_changes_counts_at_once(guests: Guests) -> None:
    guests.service.application.add_member(
        Order(CONSOLE), member="tan", name="谭", roles=["seller"], department="一部"
    )
    browser = signed_in(guests, "tan")
    assert browser.send("GET", "/v1/audit").status_code == 403
    guests.service.application.change_member(Order(CONSOLE), "tan", roles=["auditor"])
    assert browser.send("GET", "/v1/audit").status_code == 200


@pytest.mark.clause("S0-25")
def test_leaving_the_company_ends_the_sessions(guests: Guests) -> None:
    guests.service.application.add_member(
        Order(CONSOLE), member="lu", name="陆", roles=["seller"], department="一部"
    )
    browser = signed_in(guests, "lu")
    leaves_at = (guests.now + 10 * MINUTE).isoformat()
    body = {"leaves_at": leaves_at, "hand_over": [], "reason": "离职"}
    assert guests.post("/v1/members/lu/leave", body, "wang").status_code == 200
    assert who(browser) == 200
    guests.at(guests.now + 10 * MINUTE)
    assert who(browser) == 401
    assert slug_of(browser.sign_in("lu", GOOD)) == "sign-in-failed"


def test_a_stream_of_events_ends_with_its_session(guests: Guests) -> None:
    browser = signed_in(guests, "wu")
    may_follow = streams_of(guests.service)._may_follow
    told = browser.send("GET", "/v1/session").json()
    one = Credentials("wu", None, UUID(told["session_id"]))
    by_token = Credentials("wu", sha256(b"no token").hexdigest())
    assert list(may_follow({one, by_token})) == [one]
    guests.at(guests.now + 120 * MINUTE)
    assert list(may_follow({one})) == []
    guests.at(MONDAY)
    browser.send("POST", "/v1/sign-out")
    assert list(may_follow({one})) == []


def test_a_session_is_kept_as_a_hash_alone(guests: Guests) -> None:
    browser = signed_in(guests, "li")
    with guests.service.database.autocommit() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM access.sessions s")
        kept = " ".join(row for (row,) in cursor.fetchall())
    assert browser.secret not in kept
    assert browser.secret.encode().hex() not in kept


def test_two_cookies_of_the_name_sign_nobody_in(guests: Guests) -> None:
    browser = signed_in(guests, "li")
    headers = [("Cookie", f"{COOKIE}={browser.secret}"), ("Cookie", f"{COOKIE}={'A' * 43}")]
    answer = httpx.get(
        f"{guests.client.base_url}/v1/session".replace("//v1", "/v1"),
        headers=headers,
        trust_env=False,
    )
    assert answer.status_code == 401


@pytest.mark.clause("S4-36")
def test_the_access_log_says_in_words_who_came_and_went(guests: Guests) -> None:
    browser = signed_in(guests, "shen")
    session = browser.send("GET", "/v1/session").json()["session_id"]
    guests.send("DELETE", f"/v1/sessions/{session}", "root")
    with guests.service.database.autocommit() as cursor:
        cursor.execute("SELECT max(position) FROM access.entries")
        (last,) = cursor.fetchone() or (0,)
    asked = guests.send("GET", "/v1/access?limit=10", "wu", headers={"Accept-Language": "en"})
    words = {item["position"]: item["words"] for item in asked.json()["items"]}
    assert words[last] == "root ended a session of shen."
    assert "root set a one-time password for shen." in words.values()
    assert "shen changed the password." in words.values()
    assert "shen signed in." in words.values()
