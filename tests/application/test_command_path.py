"""The one path of every command: the order of its checks, its races, its idempotency."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.errors import (
    AlreadyProtected,
    DuplicateName,
    IdempotencyMismatch,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TenureError,
    Unavailable,
    VersionConflict,
)
from domain.orders import CONSOLE, ContactInput, Credentials, Order
from tests.application.house import CONTACT, DAY, MICROSECOND, House, credentials_of

STRANGER = Credentials("li", "0" * 64)
EMPTY = ContactInput("", "", "")


def outcome(command: Callable[[], Any]) -> Any:
    """What a command answers, or its error."""
    try:
        return command()
    except TenureError as error:
        return error


def at_once(*commands: Callable[[], Any]) -> list[Any]:
    """Outcomes of commands that all start at one instant."""
    start = threading.Barrier(len(commands))

    def run(command: Callable[[], Any]) -> Any:
        start.wait()
        return outcome(command)

    with ThreadPoolExecutor(len(commands)) as threads:
        return list(threads.map(run, commands))


def test_the_first_check_that_fails_answers_in_the_order_of_the_design(house: House) -> None:
    nowhere, held = uuid4(), house.potential("chen")
    claim = house.tenure.claim
    with pytest.raises(NotSignedIn):
        claim(Order(STRANGER), nowhere, contact=EMPTY)
    with pytest.raises(Invalid):
        claim(house.order("zhao"), nowhere, contact=EMPTY)
    with pytest.raises(NotFound):
        claim(house.order("zhao"), nowhere, contact=CONTACT)
    with pytest.raises(NotAllowed) as refusal:
        claim(house.order("zhao", expected_version=99), held, contact=CONTACT)
    assert refusal.value.needs == ("seller", "manager", "director")
    with pytest.raises(VersionConflict) as conflict:
        claim(house.order("li", expected_version=99), held, contact=CONTACT)
    assert conflict.value.version == len(house.topics(held))
    with pytest.raises(AlreadyProtected):
        claim(house.order("li", expected_version=conflict.value.version), held, contact=CONTACT)


def test_an_idempotency_key_answers_before_permission_and_version(house: House) -> None:
    customer = house.register("li")
    first = house.claim("li", customer, key="k-order", request=b"a")
    house.tenure.change_member(Order(CONSOLE), "li", roles=["finance"])
    again = house.claim("li", customer, key="k-order", request=b"a", expected_version=77)
    assert again.replayed
    assert (again.version, again.position) == (first.version, first.position)
    house.tenure.change_member(Order(CONSOLE), "li", roles=["seller"])


@pytest.mark.parametrize(
    "malformed",
    [
        ContactInput("", "经理", "13800138000"),
        ContactInput("张伟", " ", "13800138000"),
        ContactInput("张伟", "经理", "12"),
        ContactInput("张\x00伟", "经理", "13800138000"),
        None,
    ],
)
@pytest.mark.clause("S1-306", "S1-308")
def test_a_malformed_claim_is_no_event(house: House, malformed: ContactInput | None) -> None:
    customer = house.register("li")
    with pytest.raises(Invalid) as refusal:
        house.tenure.claim(house.order("li"), customer, contact=malformed)
    assert refusal.value.problems[0].field.startswith("contact")
    assert house.topics(customer) == ["customer.registered"]
    assert house.refusals(customer) == []


@pytest.mark.clause("S1-023", "S1-302", "S1-053")
def test_a_refusal_is_kept_and_moves_no_version(house: House) -> None:
    customer = house.potential("li")
    before = house.topics(customer)
    with pytest.raises(AlreadyProtected) as refusal:
        house.claim("chen", customer)
    (kept,) = house.refusals(customer)
    assert (kept["actor"], kept["command"], kept["rule"]) == ("chen", "claim", "already-protected")
    assert kept["clause"] == "S1-302"
    assert kept["facts"]["holder"] == "li"
    assert kept["customer_version"] == len(before)
    assert kept["rulebook"] == "2026-1"
    assert refusal.value.position is not None
    assert house.topics(customer) == before


@pytest.mark.clause("S1-053")
def test_of_a_hundred_claims_at_one_instant_exactly_one_wins(house: House) -> None:
    customer = house.register("li")
    sellers = ["li", "chen"] * 50
    answers = at_once(*(lambda s=seller: house.claim(s, customer) for seller in sellers))
    lost = [answer for answer in answers if isinstance(answer, AlreadyProtected)]
    (won,) = [answer for answer in answers if not isinstance(answer, TenureError)]
    assert len(lost) == 99
    assert {refusal.holder for refusal in lost} == {won.holder}
    assert len(house.refusals(customer)) == 99
    assert house.topics(customer) == [
        "customer.registered",
        "customer.claimed",
        "customer.followed_up",
    ]


@pytest.mark.clause("S1-024", "S1-173")
def test_of_registrations_of_one_company_at_one_instant_exactly_one_stands(house: House) -> None:
    names = [
        "镇江市龘虁麤空调有限公司",
        "龘虁麤（镇江）空调股份有限公司",
        "镇江龘虁麤空调有限责任公司",
    ]
    answers = at_once(*(lambda n=name: house.register("li", n) for name in names * 4))
    (won,) = [answer for answer in answers if not isinstance(answer, TenureError)]
    lost = [answer for answer in answers if isinstance(answer, DuplicateName)]
    assert len(lost) == 11
    assert {refusal.customer_id for refusal in lost} == {won}
    assert len(house.refusals(won)) == 11


def test_one_key_at_one_instant_is_carried_out_once(house: House) -> None:
    customer = house.register("li")
    answers = at_once(
        *(lambda: house.claim("li", customer, key="k-once", request=b"r") for _ in range(8))
    )
    assert {(answer.version, answer.position) for answer in answers} == {
        (answers[0].version, answers[0].position)
    }
    assert sum(not answer.replayed for answer in answers) == 1
    assert house.refusals(customer) == []


def test_a_refusal_is_answered_again_under_its_key_and_kept_once(house: House) -> None:
    customer = house.potential("li")
    errors = [
        outcome(lambda: house.claim("chen", customer, key="k-refused", request=b"r"))
        for _ in range(3)
    ]
    assert [type(error) for error in errors] == [AlreadyProtected] * 3
    assert errors[0].facts() == errors[1].facts() == errors[2].facts()
    assert [error.replayed for error in errors] == [False, True, True]
    assert {error.position for error in errors} == {errors[0].position}
    assert len(house.refusals(customer)) == 1


def test_a_key_belongs_to_its_member_and_to_its_request(house: House) -> None:
    one, other = house.register("li"), house.register("li")
    house.claim("li", one, key="k-own", request=b"one")
    with pytest.raises(IdempotencyMismatch):
        house.claim("li", other, key="k-own", request=b"other")
    assert house.claim("chen", other, key="k-own", request=b"other").holder == "chen"


def test_a_race_lost_too_often_is_unavailable_and_stores_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eventsourcing.persistence import IntegrityError

    customer = house.register("li")
    pauses: list[float] = []
    path = house.tenure._path
    monkeypatch.setattr(path, "_pause", pauses.append)

    def lose(*_: Any, **__: Any) -> Any:
        raise IntegrityError

    monkeypatch.setattr(path, "_save", lose)
    with pytest.raises(Unavailable):
        house.claim("li", customer)
    assert len(pauses) == 20
    assert all(0 <= seconds <= 0.05 for seconds in pauses)
    assert house.topics(customer) == ["customer.registered"]


def test_rights_count_at_the_instant_of_the_decision(house: House) -> None:
    customer = house.register("li")
    house.claim("li", customer)
    house.tenure.change_member(Order(CONSOLE), "qian", roles=["seller"])
    with pytest.raises(NotAllowed):
        house.pass_review("qian", customer)
    house.tenure.change_member(Order(CONSOLE), "qian", roles=["reviewer"])
    assert house.pass_review("qian", customer).state == "potential"


def test_a_token_that_expired_or_was_revoked_signs_nobody_in(house: House) -> None:
    issued = house.tenure.issue_token(Order(CONSOLE), "wu", expires_at=house.clock.at + DAY)
    credentials = credentials_of(issued.extra["token"])
    assert house.tenure.authenticate(credentials).member == "wu"
    house.clock.at += DAY - MICROSECOND
    assert house.tenure.authenticate(credentials).roles == {"auditor"}
    house.clock.at += MICROSECOND
    with pytest.raises(NotSignedIn):
        house.tenure.authenticate(credentials)
    house.clock.at -= DAY
    house.tenure.revoke_token(Order(CONSOLE), "wu", uuid_of(issued.extra["token_id"]))
    with pytest.raises(NotSignedIn):
        house.tenure.authenticate(credentials)


def test_nobody_but_the_console_acts_without_a_token(house: House) -> None:
    for member in ("li", "root", "nobody"):
        with pytest.raises(NotSignedIn):
            house.tenure.authenticate(Credentials(member, None))
    assert house.tenure.authenticate(CONSOLE).roles == {"administrator"}


def test_a_tokens_secret_is_stored_nowhere(house: House) -> None:
    issued = house.tenure.issue_token(
        Order(CONSOLE, key="k-token", request=b"t"), "wu", expires_at=None
    )
    secret = issued.extra["token"].rpartition(".")[2]
    stored = house.column(
        "SELECT convert_from(state, 'UTF8') FROM tenure.events"
        " UNION ALL SELECT answer::text FROM tenure.commands WHERE answer IS NOT NULL"
    )
    assert not [text for text in stored if secret in text]


def test_a_condition_on_the_version_holds_for_every_stream(house: House) -> None:
    def change(department: str, version: int) -> Any:
        order = house.order("root", expected_version=version)
        return house.tenure.change_member(order, "wu", department=department)

    version = house.tenure.member_at("wu").version
    with pytest.raises(VersionConflict) as conflict:
        change("审计二部", version + 1)
    assert conflict.value.version == version
    assert change("审计二部", version).version == version + 1
    with pytest.raises(VersionConflict):
        house.tenure.adopt_rulebook(
            house.order("root", expected_version=99), toml="x", effective_from=None, reason="x"
        )


def uuid_of(text: str) -> Any:
    from uuid import UUID

    return UUID(text)


def test_a_token_acts_within_its_scopes_and_never_beyond_its_members_rights(house: House) -> None:
    issued = house.tenure.issue_token(Order(CONSOLE), "wu", name="报表", scopes=["read"])
    credentials = credentials_of(issued.extra["token"])
    signed = house.tenure.authenticate(credentials)
    assert signed.scopes == {"read"}
    assert str(signed.token_id) == issued.extra["token_id"]
    house.tenure.change_member(Order(CONSOLE), "wu", roles=["administrator"])
    with pytest.raises(NotAllowed) as caught:
        house.tenure.change_member(Order(credentials), "li", department="二部")
    assert caught.value.needs == ("scope:write", "scope:change-member")
    issued = house.tenure.issue_token(Order(CONSOLE), "chen", scopes=["change-member"])
    credentials = credentials_of(issued.extra["token"])
    with pytest.raises(NotAllowed) as caught:
        house.tenure.change_member(Order(credentials), "li", department="二部")
    assert caught.value.needs == ("administrator",)


def test_a_session_that_was_found_live_counts_until_its_member_leaves(house: House) -> None:
    session = UUID(int=7)
    credentials = Credentials("chen", None, session)
    assert house.tenure.authenticate(credentials).session_id == session
    house.leave("chen", by="wang")
    with pytest.raises(NotSignedIn):
        house.tenure.authenticate(credentials)
    with pytest.raises(NotSignedIn):
        house.tenure.authenticate(Credentials("nobody", None, session))
