"""Rules of tokens over HTTP: scopes, last use, revocation."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

from api.sign_in.token_uses import last_uses
from domain.orders import CONSOLE, Order
from tests.api.http.guests import Guests
from tests.api.sign_in.browser import slug_of
from tests.waiting import wait_until


def a_token(guests: Guests, member: str, **changes: Any) -> str:
    """A token under a name of its own among the guests; its id."""
    answer = guests.post(f"/v1/members/{member}/tokens", changes, "root")
    assert answer.status_code == 201, answer.text
    guests.tokens[f"{member}'s"] = answer.json()["token"]
    return str(answer.json()["token_id"])


def token_of(guests: Guests, member: str, token_id: str) -> dict[str, Any]:
    items = guests.send("GET", f"/v1/members/{member}/tokens", "root").json()["items"]
    return next(item for item in items if item["token_id"] == token_id)


def test_a_token_to_read_asks_and_changes_nothing(guests: Guests) -> None:
    a_token(guests, "li", scopes=["read"], name="报表")
    assert guests.get("/v1/customers", "li's").status_code == 200
    refused = guests.post("/v1/customers", guests.company(), "li's")
    assert (refused.status_code, slug_of(refused)) == (403, "not-allowed")
    assert refused.json()["needs"] == ["scope:write", "scope:register"]
    changed = {"current": "x", "new": "y"}
    assert guests.send("PUT", "/v1/password", "li's", json=changed).status_code == 403


def test_a_token_to_register_registers_and_asks_nothing(guests: Guests) -> None:
    a_token(guests, "li", scopes=["register"])
    assert guests.post("/v1/customers", guests.company(), "li's").status_code == 201
    refused = guests.get("/v1/customers", "li's")
    assert refused.json()["needs"] == ["scope:read", "scope:see-customers"]
    for path in ("/v1/session", "/v1/sessions", "/metrics", "/v1/agenda"):
        assert guests.get(path, "li's").status_code == 403


def test_an_unknown_scope_is_refused(guests: Guests) -> None:
    refused = guests.post("/v1/members/li/tokens", {"scopes": ["all"]}, "root")
    assert refused.json()["invalid"][0]["field"] == "scopes"


def test_a_tokens_last_use_is_told_to_its_member_and_administrators(guests: Guests) -> None:
    token_id = a_token(guests, "chen", name="脚本")
    assert token_of(guests, "chen", token_id)["last_used_at"] is None
    guests.get("/v1/customers", "chen's")
    wait_until(lambda: token_of(guests, "chen", token_id)["last_used_at"] is not None)
    told = token_of(guests, "chen", token_id)
    assert (told["name"], told["last_client"]) == ("脚本", "127.0.0.1")
    assert guests.get("/v1/members/chen/tokens", "chen").status_code == 200
    assert guests.get("/v1/members/chen/tokens", "li").status_code == 403


def test_a_token_that_is_void_is_never_used(guests: Guests) -> None:
    token_id = a_token(guests, "wang")
    guests.service.application.revoke_token(Order(CONSOLE), "wang", UUID(token_id))
    guests.tokens["forged"] = "tnr.wang." + "x" * 43
    for member in ("wang's", "forged"):
        assert guests.send("GET", "/v1/customers", member).status_code == 401
        assert guests.send("POST", "/v1/customers", member, json=[]).status_code == 401
    live = a_token(guests, "wu")
    guests.get("/v1/customers", "wu's")
    wait_until(lambda: token_of(guests, "wu", live)["last_used_at"] is not None)
    digests = [digest_of(guests.tokens[member]) for member in ("wang's", "forged", "wu's")]
    assert set(last_uses(guests.service.database, digests)) == {digests[-1]}


def digest_of(token: str) -> str:
    return sha256(token.rpartition(".")[2].encode()).hexdigest()
