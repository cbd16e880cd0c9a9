"""Rules of signing in through a provider, against a real one in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from api.routes.oidc import OIDC_COOKIE
from api.settings import SettingsInvalid
from api.sign_in.oidc import Provider
from domain.orders import CONSOLE, Order
from domain.sealing import Sealer
from tests.api.http.contract import contract_of
from tests.api.http.guests import MONDAY, Guests, served, settings_for
from tests.api.sign_in.browser import Browser, slug_of
from tests.waiting import wait_until

CLIENT_ID, CLIENT_SECRET = "tenure", "the client's secret"
CALLBACK = "https://tenure.example/v1/sign-in/oidc/callback"
# It leans on modules that warn of their end, which is nothing of ours.
PROVIDER = """
import warnings; warnings.simplefilter("ignore")
import sys; from oidc_provider_mock import run_server_in_thread
with run_server_in_thread(require_nonce=True) as server:
    print(server.server_port, flush=True); sys.stdin.read()
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", PROVIDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield f"http://localhost:{int(process.stdout.readline())}"
        process.terminate()


@pytest.fixture(scope="module")
def guests(
    database_url: str, issuer: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guests]:
    clock: Path = tmp_path_factory.mktemp("clock") / "now"
    clock.write_text(MONDAY.isoformat())
    settings = settings_for(
        database_url,
        clock,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_redirect_url=CALLBACK,
        oidc_member_claim="preferred_username",
    )
    with (
        served(settings) as (service, url),
        httpx.Client(base_url=url, timeout=30, trust_env=False) as client,
    ):
        guests = Guests(service, client, clock, contract_of(client))
        guests.move_in()
        yield guests


@dataclass
class Journey:
    """A browser on its way through the provider."""

    browser: Browser
    issuer: str

    def go(self) -> dict[str, str]:
        """To the provider; what it was asked."""
        answer = self.browser.send("GET", "/v1/sign-in/oidc")
        assert answer.status_code == 303
        self.place = answer.headers["location"]
        assert self.place.startswith(f"{self.issuer}/")
        return {name: value for name, (value,) in parse_qs(urlsplit(self.place).query).items()}

    def come_back(self, user: str, **claims: Any) -> dict[str, str]:
        """Signed in there as `user`; what the browser brings back."""
        with httpx.Client(trust_env=False) as client:
            assert client.put(f"{self.issuer}/users/{user}", json=claims).status_code == 204
            answer = client.post(self.place, data={"sub": user})
        place = answer.headers["location"]
        assert place.startswith(CALLBACK)
        return {name: value for name, (value,) in parse_qs(urlsplit(place).query).items()}

    def finish(self, brought: dict[str, str]) -> httpx.Response:
        return self.browser.send("GET", "/v1/sign-in/oidc/callback", params=brought)


@pytest.fixture
def journey(guests: Guests, issuer: str) -> Journey:
    return Journey(Browser(guests), issuer)


def reason_of(answer: httpx.Response) -> str:
    assert (answer.status_code, slug_of(answer)) == (401, "oidc-failed"), answer.text
    assert "__Host-tenure=" not in answer.headers.get("set-cookie", "")
    return str(answer.json()["reason"])


def test_a_member_that_the_provider_vouches_for_is_signed_in(journey: Journey) -> None:
    asked = journey.go()
    assert asked["code_challenge_method"] == "S256"
    assert (asked["response_type"], asked["redirect_uri"]) == ("code", CALLBACK)
    assert asked["state"] != asked["nonce"]
    answer = journey.finish(journey.come_back("u-17", preferred_username="li"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/v1/session")
    told = journey.browser.send("GET", "/v1/session").json()
    assert (told["member"], told["roles"]) == ("li", ["seller"])
    assert told["csrf_token"]
    assert not journey.browser.cookies[OIDC_COOKIE]


@pytest.mark.parametrize("member", ["nobody", "LI", "console", "li ", ""])
def test_nobody_is_made_by_signing_in(journey: Journey, member: str) -> None:
    journey.go()
    brought = journey.come_back("u-18", preferred_username=member)
    assert reason_of(journey.finish(brought)) == "member"


def test_a_claim_that_is_missing_is_no_member(journey: Journey) -> None:
    journey.go()
    assert reason_of(journey.finish(journey.come_back("li"))) == "claim"


def test_who_has_left_is_not_let_in(journey: Journey, guests: Guests) -> None:
    guests.service.application.add_member(
        Order(CONSOLE), member="gone", name="走", roles=["seller"], department="一部"
    )
    body = {"leaves_at": guests.now.isoformat(), "hand_over": [], "reason": "离职"}
    assert guests.post("/v1/members/gone/leave", body, "wang").status_code == 200
    journey.go()
    brought = journey.come_back("u-19", preferred_username="gone")
    assert reason_of(journey.finish(brought)) == "member"


@pytest.mark.parametrize("state", ["", "x" * 43, None])
def test_another_state_is_refused(journey: Journey, state: str | None) -> None:
    journey.go()
    brought = journey.come_back("u-20", preferred_username="li")
    del brought["state"]
    sent = brought if state is None else brought | {"state": state}
    assert reason_of(journey.finish(sent)) == "state"


def test_a_code_that_another_browser_fetched_is_refused(journey: Journey, guests: Guests) -> None:
    """Nobody is signed in as an attacker by following the attacker's link."""
    journey.go()
    brought = journey.come_back("u-21", preferred_username="li")
    other = Journey(Browser(guests), journey.issuer)
    assert reason_of(other.finish(brought)) == "state"
    other.go()
    assert reason_of(other.finish(brought)) == "state"
    forged = json.dumps({"state": brought["state"], "nonce": "", "verifier": "", "until": 9**12})
    other.browser.cookies[OIDC_COOKIE] = f"{forged.encode().hex()}.{'0' * 64}"
    assert reason_of(other.finish(brought)) == "state"


def test_a_code_counts_once(journey: Journey) -> None:
    journey.go()
    kept = dict(journey.browser.cookies)
    brought = journey.come_back("u-22", preferred_username="li")
    assert journey.finish(brought).status_code == 303
    journey.browser.cookies = kept
    assert reason_of(journey.finish(brought)) == "provider"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"iss": "https://elsewhere.example"},
        {"aud": "another client"},
        {"azp": "another client"},
        {"exp": int(time.time()) - 3600},
    ],
    ids=["nonce", "issuer", "audience", "authorized party", "expired"],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    journey: Journey, claims: dict[str, Any]
) -> None:
    journey.go()
    brought = journey.come_back("u-23", preferred_username="li", **claims)
    assert reason_of(journey.finish(brought)) == "token"


def test_a_provider_that_names_another_issuer_is_refused(journey: Journey) -> None:
    journey.go()
    brought = journey.come_back("u-24", preferred_username="li")
    answer = journey.finish(brought | {"iss": "https://elsewhere.example"})
    assert reason_of(answer) == "issuer"


def test_a_refusal_of_the_provider_is_told(journey: Journey) -> None:
    asked = journey.go()
    brought = {"state": asked["state"], "error": "access_denied"}
    assert reason_of(journey.finish(brought)) == "refused"


def test_a_sign_in_that_takes_too_long_begins_again(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.sign_in.oidc.UNDER_WAY_SECONDS", 0)
    journey.go()
    brought = journey.come_back("u-25", preferred_username="li")
    assert reason_of(journey.finish(brought)) == "state"


@pytest.mark.clause("S4-36")
def test_both_ways_end_in_the_access_log(journey: Journey, guests: Guests) -> None:
    journey.go()
    journey.finish(journey.come_back("u-26", preferred_username="chen"))
    journey.go()
    journey.finish(journey.come_back("u-27", preferred_username="nobody"))
    with guests.service.database.autocommit() as cursor:
        cursor.execute("SELECT state FROM access.entries ORDER BY position DESC LIMIT 2")
        failed, entered = (msgspec.json.decode(state) for (state,) in cursor.fetchall())
    assert (entered["kind"], entered["member"], entered["right"]) == ("signed-in", "chen", "oidc")
    assert (failed["kind"], failed["member"]) == ("sign-in-failed", None)
    assert failed["facts"] == {"reason": "member"}


def test_a_provider_out_of_reach_is_told_and_holds_nobody_up(database_url: str) -> None:
    settings = settings_for(
        database_url,
        None,
        oidc_issuer="http://127.0.0.1:9",
        oidc_client_id=CLIENT_ID,
        oidc_redirect_url=CALLBACK,
    )
    with (
        served(settings) as (_, url),
        closing(httpx.Client(base_url=url, trust_env=False)) as client,
    ):
        wait_until(lambda: client.get("/health/ready").status_code == 200)
        assert client.get("/v1/sign-in/oidc").json()["reason"] == "provider"


def test_without_a_provider_there_is_no_such_address(database_url: str) -> None:
    with (
        served(settings_for(database_url, None)) as (_, url),
        closing(httpx.Client(base_url=url, trust_env=False)) as client,
    ):
        assert client.get("/v1/sign-in/oidc").status_code == 404
        assert client.get("/v1/sign-in/oidc/callback").status_code == 404


def test_half_a_provider_in_the_settings_is_refused_at_the_start() -> None:
    settings = settings_for("postgresql://x", None, oidc_issuer="https://id.example")
    sealer = Sealer(b"k" * 32, b"h" * 32, random=bytes)
    with pytest.raises(SettingsInvalid, match="TENURE_OIDC_CLIENT_ID"):
        Provider(settings, sealer)
