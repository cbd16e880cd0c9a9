"""No password, token, session, CSRF token, one-time password or code is in any log or answer."""

from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import pytest
import structlog

from api.logs import configure_logs
from api.security import COOKIE, DEVICE_COOKIE
from tests.api.http.contract import contract_of
from tests.api.http.guests import Guests, served, settings_for
from tests.api.sign_in.browser import BETTER, GOOD, Browser, one_time

CODE, TYPED = "a-code-of-the-provider", "typed-into-the-wrong-field"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged, as machines get it."""
    stream = io.StringIO()
    kept = structlog.get_config()
    configure_logs(as_json=True, stream=stream)
    yield stream
    structlog.configure(**kept)


def test_no_secret_is_written_down_or_told(
    own_url: str, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[httpx.Response] = []
    with (
        served(settings_for(own_url, None)) as (service, url),
        httpx.Client(base_url=url, timeout=30, trust_env=False) as client,
    ):
        guests = Guests(service, client, None, contract_of(client))  # type: ignore[arg-type]
        guests.move_in({"li": "seller", "root": "administrator", "wu": "auditor"})
        first = one_time(guests, "li")
        browser = Browser(guests)
        browser.sign_in("li", first, new_password=GOOD)
        session, device, csrf = (
            browser.secret,
            browser.cookies[DEVICE_COOKIE],
            str(browser.csrf),
        )
        browser.send("POST", "/v1/customers", json=guests.company())
        browser.send("PUT", "/v1/password", json={"current": GOOD, "new": BETTER})
        answers += [
            Browser(guests).sign_in("li", f"{BETTER} not quite"),
            Browser(guests).sign_in(TYPED, BETTER),
            browser.send("POST", "/v1/sign-out", headers={"X-CSRF-Token": "wrong"}),
            browser.send("POST", "/v1/sign-in", json={"member": "li", "password": [BETTER]}),
            browser.send("POST", "/v1/sign-in", content=f'{{"password": "{BETTER}"'.encode()),
            client.get("/v1/sign-in/oidc/callback", params={"code": CODE, "state": "x"}),
            client.get(
                "/v1/customers", headers={"Authorization": f"Basic {BETTER.encode().hex()}"}
            ),
        ]
        with monkeypatch.context() as patch:
            # A defect at the worst place: while the password is in everybody's hands.
            patch.setattr(service.sign_in.hashes, "fits", _broken)
            answers.append(Browser(guests).sign_in("li", BETTER))
        assert answers[-1].status_code == 500
        browser.send("POST", "/v1/sign-out")
        secrets = [first, GOOD, BETTER, session, device, csrf, CODE]
        secrets += [token.rpartition(".")[2] for token in guests.tokens.values()]
        with service.database.autocommit() as cursor:
            cursor.execute("SELECT convert_from(state, 'UTF8') FROM access.entries")
            entries = "\n".join(state for (state,) in cursor.fetchall())
            cursor.execute("SELECT convert_from(state, 'UTF8') FROM tenure.events")
            events = "\n".join(state for (state,) in cursor.fetchall())
    log = written.getvalue()
    assert '"route":"/v1/sign-in"' in log
    assert "in _broken" in log, "where it arose is told"
    assert "a defect" not in log, "its message, which might repeat what was sent, is not"
    assert "signed-in" in entries
    told = "\n".join(answer.text + str(answer.headers) for answer in answers)
    for secret in [*secrets, f"{BETTER} not quite", TYPED]:
        for where, text in (("log", log), ("entries", entries), ("events", events)):
            assert secret not in text, f"{secret} is in the {where}"
    for secret in secrets:
        assert secret not in told
    assert f"{COOKIE}=" not in log


def _broken(_stored: str | None, _password: str) -> bool:
    # In two parts, so that the line of code, which is told, does not hold the message.
    raise RuntimeError(" ".join(("a", "defect")))
