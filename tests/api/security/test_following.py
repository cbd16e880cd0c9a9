"""What is open stays open only for as long as who opened it is signed in."""

from __future__ import annotations

from uuid import uuid4

import httpx

from api.security import COOKIE
from tests.api.http.guests import Guests
from tests.api.outside.listening import STREAM
from tests.api.sign_in.browser import signed_in


def test_a_stream_ends_soon_after_its_session_has_ended(guests: Guests) -> None:
    """Otherwise whoever took a cookie would go on reading after the sign-out."""
    browser = signed_in(guests, "wu")
    headers = {"Accept": STREAM, "Cookie": f"{COOKIE}={browser.secret}"}
    client = httpx.Client(base_url=guests.client.base_url, timeout=60, trust_env=False)
    with (
        client,
        client.stream("GET", "/v1/events", params={"after": "now"}, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert next(lines) == ": tenure"
        assert browser.send("POST", "/v1/sign-out").status_code == 200
        assert "event:" not in "".join(lines), "the stream has ended"


def test_a_live_session_is_told_from_one_that_has_ended(guests: Guests) -> None:
    browser = signed_in(guests, "wu")
    service = guests.service
    session_id = browser.send("GET", "/v1/session").json()["session_id"]
    live = service.sessions.of("wu", service.database.now())
    assert str(live[0].session_id) == session_id
    known = {one.session_id for one in live}
    assert service.sessions.living({*known, uuid4()}) == known
    assert service.sessions.living(()) == set()
