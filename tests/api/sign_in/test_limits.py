"""Rules of limits and of the headers around every answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.sign_in import limiting
from api.sign_in.errors import TooManyRequests
from domain.orders import CONSOLE, Credentials, Order
from tests.api.http.contract import contract_of
from tests.api.http.guests import Guests, served, settings_for
from tests.api.sign_in.browser import Browser, slug_of
from tests.api.sign_in.test_passwords import entries

A, B = {"X-Forwarded-For": "198.51.100.1"}, {"X-Forwarded-For": "198.51.100.2"}


@pytest.fixture
def limited(own_url: str) -> Iterator[Guests]:
    """A server that counts from nothing."""
    settings = settings_for(
        own_url,
        None,
        trusted_proxies=("127.0.0.0/8",),
        client_requests_per_minute=6,
        member_requests_per_minute=3,
        sign_ins_per_minute=2,
    )
    with (
        served(settings) as (service, url),
        httpx.Client(base_url=url, timeout=30, trust_env=False) as client,
    ):
        guests = Guests(service, client, None, contract_of(client))  # type: ignore[arg-type]
        guests.move_in({"li": "seller", "chen": "seller"})
        yield guests


def statuses(
    guests: Guests, times: int, path: str, member: str | None, headers: dict[str, str]
) -> list[int]:
    return [guests.send("GET", path, member, headers=headers).status_code for _ in range(times)]


def test_a_token_a_client_and_sign_ins_are_limited_each_for_itself(limited: Guests) -> None:
    assert statuses(limited, 4, "/v1/session", "li", A) == [200, 200, 200, 429]
    # Another member's share is whole, until the client's is used up.
    assert statuses(limited, 3, "/v1/session", "chen", A) == [200, 200, 429]
    assert statuses(limited, 2, "/v1/session", "chen", B) == [200, 429]
    answer = limited.send("GET", "/v1/session", "li", headers=A)
    assert slug_of(answer) == "too-many-requests"
    assert 1 <= int(answer.headers["Retry-After"]) == answer.json()["retry_after"] <= 60
    assert statuses(limited, 20, "/health/live", None, A) == [200] * 20
    assert statuses(limited, 20, "/health/ready", None, A) == [200] * 20
    browser = Browser(limited, headers={"X-Forwarded-For": "198.51.100.3"})
    tried = [browser.sign_in("li", "wrong").status_code for _ in range(3)]
    assert tried == [401, 401, 429]
    more = [browser.sign_in("li", "wrong").status_code for _ in range(3)]
    assert more == [429] * 3
    kept = [entry["facts"] for entry in entries(limited, "sign-in-failed")]
    assert kept == [{}, {}, {"reason": "turned-away"}], "the first of a minute alone"


def test_all_tokens_and_sessions_of_a_member_share_his_limit(limited: Guests) -> None:
    more = limited.service.application.issue_token(Order(CONSOLE), "li")
    limited.tokens["li again"] = more.extra["token"]
    assert statuses(limited, 2, "/v1/session", "li", A) == [200, 200]
    # The first request of a token is counted when it was found live, so it is let through.
    assert statuses(limited, 2, "/v1/session", "li again", B) == [200, 429]
    assert statuses(limited, 1, "/v1/session", "li", B) == [429]
    assert statuses(limited, 1, "/v1/session", "chen", B) == [200]


def test_a_token_that_ended_uses_up_nothing_of_its_members_share(limited: Guests) -> None:
    application = limited.service.application
    more = application.issue_token(Order(CONSOLE), "li")
    limited.tokens["ended"] = more.extra["token"]
    assert statuses(limited, 1, "/v1/session", "ended", A) == [200]
    application.revoke_token(Order(CONSOLE), "li", UUID(more.extra["token_id"]))
    assert statuses(limited, 1, "/v1/session", "ended", A) == [401]
    assert statuses(limited, 2, "/v1/session", "ended", B) == [401, 401]
    assert statuses(limited, 2, "/v1/session", "li", A) == [200, 429]


def test_no_number_of_forged_tokens_washes_out_what_was_counted(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiting, "KEYS_MAX", 100)
    limits = limiting.Limits(
        settings_for(
            database_url,
            None,
            client_requests_per_minute=5,
            member_requests_per_minute=5,
            sign_ins_per_minute=5,
        )
    )
    for _ in range(5):
        limits.count("client", "198.51.100.0/24")
        limits.count("token", "guessed often")
    for number in range(1000):
        limits.count_credentials(Credentials("li", f"forged-{number}"))
        limits.count("client", f"net-{number}")
    for name, key in (("client", "198.51.100.0/24"), ("token", "guessed often")):
        with pytest.raises(TooManyRequests):
            limits.count(name, key)


def test_a_forged_token_uses_up_nothing_of_its_members_share(limited: Guests) -> None:
    limited.tokens["forged"] = "tnr.li." + "x" * 43
    assert statuses(limited, 4, "/v1/session", "forged", A) == [401, 401, 401, 429]
    assert statuses(limited, 1, "/v1/session", "li", B) == [200]


def test_counters_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "KEYS_MAX", 100)
    memory = limiting.Memory()
    for number in range(1000):
        memory.incr(str(number), 60)
        assert len(memory._counters) <= 100
    assert memory.incr("999", 60) == 2


def test_a_limit_of_nought_is_none(database_url: str) -> None:
    limits = limiting.Limits(settings_for(database_url, None))
    for _ in range(5000):
        limits.count("client", "-")
    limits = limiting.Limits(settings_for(database_url, None, sign_ins_per_minute=1))
    limits.count("sign-in", "-")
    limits.count("sign-in", "another")
    with pytest.raises(TooManyRequests):
        limits.count("sign-in", "-")


EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    ("settings", "headers", "is_secure"),
    [
        ({}, {"X-Forwarded-Proto": "https"}, False),
        ({"trusted_proxies": ("127.0.0.0/8",)}, {"X-Forwarded-Proto": "https"}, True),
        ({"trusted_proxies": ("127.0.0.0/8",)}, {}, False),
        ({"behind_tls": True}, {}, True),
    ],
)
def test_every_answer_carries_the_headers_that_protect_it(
    database_url: str, settings: dict[str, Any], headers: dict[str, str], is_secure: bool
) -> None:
    with (
        served(settings_for(database_url, None, **settings)) as (_, url),
        httpx.Client(base_url=url, trust_env=False, headers=headers) as client,
    ):
        for path in ("/health/live", "/v1/customers", "/nowhere", "/problems/csrf"):
            answer = client.get(path)
            for name, value in EVERYWHERE.items():
                assert answer.headers[name] == value, path
            is_page = path.startswith("/problems")
            assert answer.headers["cache-control"] == "no-store" or is_page
            assert "geolocation=()" in answer.headers["permissions-policy"]
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script-src" not in policy
            assert ("strict-transport-security" in answer.headers) is is_secure
