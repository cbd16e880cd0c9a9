"""Rules of `serve --demo`: a history worth replaying, made by ordinary commands, and a way in."""

from __future__ import annotations

import httpx

from domain.permissions import ROLES
from tests.end_to_end.installed import House, register
from tests.waiting import wait_until

RULES = {
    "already-protected",
    "barred",
    "duplicate-name",
    "earlier-claim",
    "merged",
    "not-the-holder",
    "nothing-pending",
    "own-decision",
    "wrong-stage",
}


PLANNED = {
    "customer.merged",
    "customer.likeness_ended",
    "customer.dispute_ruled",
    "customer.dispute_moved",
    "customer.restored",
    "member.leave_arranged",
}
TOPICS = {
    "customer.lapsed",
    "customer.released",
    "customer.review_refused",
    "customer.claim_corrected",
    "customer.claim_withdrawn",
    "customer.holder_removed",
    "customer.extension_granted",
    "customer.intent_refused",
    "customer.contract_confirmed",
    "customer.contract_voided",
    "customer.moved_to_after_sales",
    "customer.transferred",
}
KINDS = {"review", "intent", "extension", "contract", "duplicate", "dispute", "after-sales"}


def kinds_waiting(client: httpx.Client) -> set[str]:
    """What kinds of decisions somebody has still to take."""
    items = client.get("/v1/approvals", params={"limit": 500}).json()["items"]
    return {item["kind"] for item in items}


def tokens_in(lines: list[str]) -> dict[str, str]:
    """Role by role, the token that was printed."""
    shown = [line.split() for line in lines if "tnr." in line]
    return {words[0]: words[-1] for words in shown}


def test_the_demonstration_has_a_token_a_role_and_a_history_of_every_kind(
    empty_house: House,
) -> None:
    with empty_house.serving("--demo") as server:
        tokens = tokens_in(server.lines)
        assert set(tokens) == set(ROLES)
        for token in tokens.values():
            with server.client(token) as client:
                assert client.get("/v1/pool").status_code == 200
        with server.client(tokens["auditor"]) as client:
            wait_until(lambda: client.get("/v1/audit").json()["items"], what="the audit")
            wait_until(lambda: kinds_waiting(client) == KINDS, what="a decision of every kind")
            looks = client.get("/v1/access", params={"limit": 100}).json()["items"]
            assert {"collision-asked", "details-read", "refused", "access-asked"} <= {
                look["kind"] for look in looks
            }
            searches = client.get("/v1/access/searches", params={"member": "lina"}).json()["items"]
            assert all(search["shown"] for search in searches)
            assert searches
        rules = "SELECT DISTINCT state ->> 'rule' FROM tenure.event_log"
        refused = set(empty_house.column(f"{rules} WHERE topic = 'refusal.recorded'"))
        topics = set(empty_house.column("SELECT DISTINCT topic FROM tenure.events"))
        assert topics >= PLANNED
        # Holidays differ from week to week, and chance with them: one kind of each may be missing.
        assert len(RULES - refused) <= 1, RULES - refused
        assert len(TOPICS - topics) <= 1, TOPICS - topics
        days = "SELECT extract(day FROM max(recorded_at) - min(recorded_at)) FROM tenure.events"
        assert 60 <= int(empty_house.column(days)[0]) <= 77
        states = "SELECT DISTINCT coalesce(stage, 'pool') FROM views.agenda"
        expected = {"pool", "waiting", "rejected", "potential", "intent", "formal"}
        wait_until(lambda: set(empty_house.column(states)) == expected, what="every state")
    before = empty_house.column("SELECT count(*) FROM tenure.events WHERE topic LIKE 'customer.%'")
    with empty_house.serving("--demo") as server:
        again = tokens_in(server.lines)
        assert set(again) == set(ROLES)
        assert again != tokens
        with server.client(again["seller"]) as client:
            register(client, 1)
    after = "SELECT count(*) FROM tenure.events WHERE topic = 'customer.registered'"
    assert int(empty_house.column(after)[0]) < 300
    assert int(before[0]) > 1000


def test_a_database_that_holds_something_else_is_not_filled(house: House) -> None:
    house.run("member", "list")
    done = house.run("serve", "--demo", "--port", "0", status=2)
    assert "--demo" in done.stderr
    assert house.column("SELECT count(*) FROM tenure.events WHERE topic = 'member.joined'") == [1]
