"""A thousand sign-ins at once: few hash, some wait, the rest come again, and others are served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import httpx
import pytest

from tests.api.http.contract import contract_of
from tests.api.http.guests import Guests, served, settings_for
from tests.api.sign_in.browser import GOOD, signed_in

ANSWERED_SECONDS_MAX = 1.0


@pytest.fixture(scope="module")
def behind_a_proxy(database_url: str) -> Iterator[Guests]:
    """A server whose clients are many: nobody is slowed down by what another did."""
    settings = settings_for(database_url, None, trusted_proxies=("127.0.0.0/8",))
    with (
        served(settings) as (service, url),
        httpx.Client(base_url=url, timeout=60, trust_env=False) as client,
    ):
        guests = Guests(service, client, None, contract_of(client))  # type: ignore[arg-type]
        guests.move_in({"li": "seller", "root": "administrator"})
        yield guests


@pytest.mark.parametrize(
    "sign_ins",
    [
        pytest.param(300, id="hundreds"),
        pytest.param(1_000, id="a-thousand", marks=pytest.mark.long),
    ],
)
def test_many_sign_ins_at_once_leave_the_service_to_the_others(
    behind_a_proxy: Guests, sign_ins: int
) -> None:
    guests = behind_a_proxy
    signed_in(guests, "li")
    limits = httpx.Limits(max_connections=sign_ins, max_keepalive_connections=0)
    client = httpx.Client(
        base_url=guests.client.base_url, timeout=60, trust_env=False, limits=limits
    )

    def attempt(number: int) -> httpx.Response:
        body = {"member": "li", "password": GOOD if number % 10 == 0 else f"wrong {number}"}
        headers = {"X-Forwarded-For": f"198.51.{number // 200}.{number % 200}"}
        return client.post("/v1/sign-in", json=body, headers=headers)

    waited = []
    with client, ThreadPoolExecutor(200) as threads:
        storm = [threads.submit(attempt, number) for number in range(sign_ins)]
        while not all(one.done() for one in storm):
            answer = guests.send("GET", "/v1/session", "li")
            assert answer.status_code == 200
            waited.append(answer.elapsed.total_seconds())
        answers = [one.result() for one in storm]
    counted = Counter(answer.status_code for answer in answers)
    assert set(counted) <= {200, 401, 503}, counted
    assert counted[503] > 0
    assert counted[200] > 0
    assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 503)
    assert median(waited) < ANSWERED_SECONDS_MAX
