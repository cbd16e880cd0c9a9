"""Rules of passwords and of the lock-out, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from api.sign_in.delays import BY_NAME
from api.sign_in.hashing import Hashes
from tests.api.http.guests import DAY, MONDAY, Guests
from tests.api.sign_in.browser import BETTER, GOOD, Browser, one_time, signed_in, slug_of

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _no_failures(guests: Guests) -> None:
    """What other tests failed at does not slow this one down."""
    with guests.service.database.autocommit() as cursor:
        cursor.execute("DELETE FROM access.failed_sign_ins")


def entries(guests: Guests, kind: str) -> list[dict[str, Any]]:
    with guests.service.database.autocommit() as cursor:
        cursor.execute(
            "SELECT state FROM access.entries WHERE kind = %s ORDER BY position", (kind,)
        )
        return [msgspec.json.decode(state) for (state,) in cursor.fetchall()]


@pytest.mark.clause("S1-295")
def test_a_one_time_password_is_changed_at_its_first_use(guests: Guests) -> None:
    password = one_time(guests, "li")
    browser = Browser(guests)
    answer = browser.sign_in("li", password)
    assert (answer.status_code, slug_of(answer)) == (403, "password-change-due")
    assert not browser.cookies
    answer = browser.sign_in("li", password, new_password="short")
    assert answer.json()["invalid"][0]["field"] == "new_password"
    assert browser.sign_in("li", password, new_password=password).status_code == 422
    assert browser.sign_in("li", password, new_password=GOOD).status_code == 200
    assert browser.sign_in("li", password).status_code == 401
    assert browser.sign_in("li", GOOD).status_code == 200
    assert entries(guests, "password-set")[-1]["member"] == "root"
    assert entries(guests, "password-changed")[-1]["facts"] == {"of": "li"}


def test_a_one_time_password_expires(guests: Guests) -> None:
    password = one_time(guests, "li")
    guests.at(MONDAY + 7 * DAY)
    answer = Browser(guests).sign_in("li", password, new_password=GOOD)
    assert slug_of(answer) == "sign-in-failed"


def test_only_an_administrator_sets_a_password_and_never_the_consoles(guests: Guests) -> None:
    assert guests.send("POST", "/v1/members/chen/password", "wang").status_code == 403
    assert guests.send("POST", "/v1/members/console/password", "root").status_code == 422
    assert guests.send("POST", "/v1/members/nobody/password", "root").status_code == 404


def test_changing_it_needs_the_old_one_and_ends_the_other_sessions(guests: Guests) -> None:
    here = signed_in(guests, "chen")
    there = Browser(guests)
    assert there.sign_in("chen", GOOD).status_code == 200
    wrong = here.send("PUT", "/v1/password", json={"current": BETTER, "new": BETTER})
    assert slug_of(wrong) == "sign-in-failed"
    changed = here.send("PUT", "/v1/password", json={"current": GOOD, "new": BETTER})
    assert changed.status_code == 200
    assert here.send("GET", "/v1/session").status_code == 200
    assert there.send("GET", "/v1/session").status_code == 401
    assert there.sign_in("chen", BETTER).status_code == 200
    one_time(guests, "chen")
    assert here.send("GET", "/v1/session").status_code == 401


@pytest.mark.parametrize("member", ["nobody", "wang", "zhao", "李", "", "a" * 100])
def test_an_unknown_name_costs_the_same_work_and_gets_the_same_answer(
    guests: Guests, member: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """wang has never had a password; zhao has one."""
    if member == "zhao":
        signed_in(guests, "zhao")
    verified: list[str] = []
    hasher = guests.service.sign_in.hashes._hasher
    verify = hasher.verify

    class Counting:
        def verify(self, stored: str, password: bytes) -> bool:
            verified.append(stored)
            return verify(stored, password)

    assert guests.service.sign_in.hashes._nobodys
    monkeypatch.setattr(guests.service.sign_in.hashes, "_hasher", Counting())
    answer = Browser(guests).sign_in(member, "not the password")
    told = answer.json() | {"request_id": ""}
    assert (answer.status_code, slug_of(answer)) == (401, "sign-in-failed")
    assert told["detail"] == "The sign-in name or the password is wrong."
    (stored,) = verified
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_nobodys_hash_is_nobodys_password() -> None:
    hashes = Hashes()
    assert not hashes.fits(None, "")
    assert hashes.fits(hashes.made(GOOD), GOOD)
    assert not hashes.fits("no hash", GOOD)


def test_failures_slow_down_and_never_lock_out_for_ever(guests: Guests) -> None:
    signed_in(guests, "qian")
    stranger = Browser(guests)
    for _ in range(BY_NAME.free):
        assert stranger.sign_in("qian", "wrong").status_code == 401
    waits = []
    for _ in range(12):
        answer = stranger.sign_in("qian", GOOD)
        assert (answer.status_code, slug_of(answer)) == (429, "too-many-requests")
        assert answer.json()["retry_after"] == int(answer.headers["Retry-After"])
        waits.append(answer.json()["retry_after"])
        guests.at(guests.now + waits[-1] * SECOND)
        assert stranger.sign_in("qian", "wrong").status_code == 401
    assert waits == [min(2**exponent, 900) for exponent in range(12)]
    guests.at(guests.now + 900 * SECOND)
    assert stranger.sign_in("qian", GOOD).status_code == 200


def test_an_unknown_name_is_slowed_down_alike(guests: Guests) -> None:
    stranger = Browser(guests)
    answers = [stranger.sign_in("nobody", "wrong").status_code for _ in range(BY_NAME.free + 1)]
    assert answers == [401] * BY_NAME.free + [429]


def test_a_device_that_has_signed_in_before_is_not_slowed_by_strangers(guests: Guests) -> None:
    victim = signed_in(guests, "feng")
    stranger = Browser(guests)
    for _ in range(BY_NAME.free):
        stranger.sign_in("feng", "wrong")
    assert stranger.sign_in("feng", GOOD).status_code == 429
    assert victim.sign_in("feng", GOOD).status_code == 200
    # The cookie of another member, or a made-up one, is no device of the victim's.
    stranger.cookies = dict(signed_in(guests, "han").cookies)
    assert stranger.sign_in("feng", GOOD).status_code == 429
    stranger.cookies["__Host-tenure-device"] = "x.y"
    assert stranger.sign_in("feng", GOOD).status_code == 429


def test_a_client_that_tries_many_names_is_slowed_down(guests: Guests) -> None:
    stranger = Browser(guests)
    answers = [stranger.sign_in(f"n{number}", "wrong").status_code for number in range(31)]
    assert answers == [401] * 30 + [429]


@pytest.mark.clause("S4-36")
def test_tries_that_are_turned_away_leave_one_entry_a_wait(guests: Guests) -> None:
    signed_in(guests, "wang")
    stranger = Browser(guests)
    for _ in range(BY_NAME.free):
        stranger.sign_in("wang", "wrong")
    before = len(entries(guests, "sign-in-failed"))
    for wait in (1, 2):
        for _ in range(4):
            assert stranger.sign_in("wang", "wrong").status_code == 429
        guests.at(guests.now + wait * SECOND)
        assert stranger.sign_in("wang", "wrong").status_code == 401
    told = [(one["member"], one["facts"]) for one in entries(guests, "sign-in-failed")[before:]]
    turned_away = [("wang", {"reason": "turned-away", "wait_seconds": wait}) for wait in (1, 2)]
    assert told == [turned_away[0], ("wang", {}), turned_away[1], ("wang", {})]


@pytest.mark.clause("S4-36")
def test_sign_ins_and_failures_are_in_the_access_log_and_unknown_names_are_not(
    guests: Guests,
) -> None:
    signed_in(guests, "jiang")
    entry = entries(guests, "signed-in")[-1]
    assert (entry["member"], entry["right"], entry["client"]) == ("jiang", "password", "127.0.0.1")
    Browser(guests).sign_in("jiang", "wrong")
    assert entries(guests, "sign-in-failed")[-1]["member"] == "jiang"
    Browser(guests).sign_in("my secret passphrase", "wrong")
    assert entries(guests, "sign-in-failed")[-1]["member"] is None


def test_a_malformed_sign_in_is_told_to_everybody(guests: Guests) -> None:
    answer = Browser(guests).send("POST", "/v1/sign-in", json={"member": 1})
    assert {entry["field"] for entry in answer.json()["invalid"]} == {"member", "password"}


@pytest.mark.parametrize("name", ["\x00", "li\x00", "\ufffe", "' OR 1=1 --", "李" * 100])
def test_a_name_of_any_signs_is_an_unknown_one(guests: Guests, name: str) -> None:
    answer = Browser(guests).sign_in(name, "not the password of anybody")
    assert (answer.status_code, slug_of(answer)) == (401, "sign-in-failed")
