"""Members: roles at an instant, tokens that end."""

import hashlib

import pytest

from domain.errors import Invalid, NotAllowed
from domain.events import DepartmentChanged, MemberJoined, RolesChanged, TokenIssued
from domain.member import Member
from domain.permissions import PERMISSIONS, ROLES, may, may_see_details, needs
from domain.scopes import require
from tests.domain.stories import DAY, MICROSECOND, MONDAY, an_id

DIGEST = hashlib.sha256(b"secret").hexdigest()


def a_member(**changes) -> Member:
    values = {"name": "李娜", "roles": ["seller"], "department": "一部"}
    return Member.join("li", **{**values, **changes}, actor="console", at=MONDAY)


def test_a_member_joins_with_roles_and_department() -> None:
    member = a_member(roles=["manager", "seller"])
    (event,) = member.collect_events()
    assert isinstance(event, MemberJoined)
    assert event.roles == ["seller", "manager"]
    assert Member.id_of("li") == member.id


@pytest.mark.parametrize("member", ["", "Li", "李", "-li", "a" * 41, "li\n", "a b", "a.b"])
def test_a_sign_in_name_has_its_form(member: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Member.join(member, name="李", roles=["seller"], department="一部", actor="c", at=MONDAY)
    assert refusal.value.problems[0].field == "id"


@pytest.mark.parametrize("roles", [[], ["king"], ["seller", "king"]])
def test_only_known_roles_are_given_and_at_least_one(roles) -> None:
    with pytest.raises(Invalid):
        a_member(roles=roles)


def test_a_change_that_changes_nothing_is_no_event() -> None:
    member = a_member()
    member.collect_events()
    member.change_roles(["seller"], actor="console", at=MONDAY)
    member.move("一部", actor="console", at=MONDAY)
    assert member.collect_events() == []
    member.change_roles(["reviewer"], actor="console", at=MONDAY)
    member.move("二部", actor="console", at=MONDAY)
    assert [type(event) for event in member.collect_events()] == [RolesChanged, DepartmentChanged]


def test_a_token_is_live_until_it_expires_or_is_revoked() -> None:
    member, token_id = a_member(), an_id()
    member.issue_token(token_id, DIGEST, expires_at=MONDAY + DAY, actor="console", at=MONDAY)
    assert isinstance(member.collect_events()[-1], TokenIssued)
    assert member.live_token(DIGEST, MONDAY + DAY - MICROSECOND)
    assert not member.live_token(DIGEST, MONDAY + DAY)
    assert not member.live_token("0" * 64, MONDAY)
    assert member.revoke_token(token_id, actor="console", at=MONDAY)
    assert not member.live_token(DIGEST, MONDAY)
    assert not member.revoke_token(an_id(), actor="console", at=MONDAY)


def test_a_token_does_not_expire_before_it_begins() -> None:
    with pytest.raises(Invalid):
        a_member().issue_token(an_id(), DIGEST, expires_at=MONDAY, actor="console", at=MONDAY)


@pytest.mark.clause("S1-309", "S1-050", "S1-051")
def test_the_table_of_permissions_names_known_roles_for_every_command() -> None:
    for command, roles in PERMISSIONS.items():
        assert roles, command
        assert set(roles) <= set(ROLES), command
    assert needs("review") == ("reviewer",)
    assert may({"seller"}, "claim")
    assert not may({"seller"}, "review")
    assert not may({"reviewer"}, "claim")
    assert not may((), "see-customers")


def test_details_are_for_the_holder_and_those_who_look_at_any_customer() -> None:
    assert may_see_details({"seller"}, "li", holder="li", state="potential")
    assert not may_see_details({"seller"}, "chen", holder="li", state="potential")
    assert may_see_details({"auditor"}, "wu", holder="li", state="potential")
    assert may_see_details({"after-sales"}, "he", holder=None, state="formal")
    assert not may_see_details({"after-sales"}, "he", holder="li", state="potential")


@pytest.mark.clause("S1-050")
def test_all_of_pre_sales_sees_whom_to_contact_in_the_pool() -> None:
    for role in ("seller", "manager", "director"):
        assert may_see_details({role}, "chen", holder=None, state="pool")
    for role in ("finance", "after-sales", "customer-manager"):
        assert not may_see_details({role}, "he", holder=None, state="pool")


def test_a_token_has_a_name_and_scopes_that_are_known() -> None:
    member = a_member()
    member.issue_token(
        an_id(),
        DIGEST,
        expires_at=None,
        actor="console",
        at=MONDAY,
        name=" 报表 ",
        scopes=["claim", "read", "read"],
    )
    token = member.live_token(DIGEST, MONDAY)
    assert token is not None
    assert (token.name, token.scopes) == ("报表", {"read", "claim"})
    for scopes in ([], ["everything"]):
        with pytest.raises(Invalid, match="scopes"):
            member.issue_token(
                an_id(), DIGEST, expires_at=None, actor="console", at=MONDAY, scopes=scopes
            )


@pytest.mark.parametrize(
    ("scopes", "fits"),
    [
        (None, {"claim", "see-audit"}),
        ({"read"}, {"see-audit"}),
        ({"write"}, {"claim"}),
        ({"claim"}, {"claim"}),
        ({"see-audit"}, {"see-audit"}),
        ({"release"}, set()),
    ],
)
def test_a_scope_is_read_write_or_a_permission(scopes: set[str] | None, fits: set[str]) -> None:
    for permission in ("claim", "see-audit"):
        if permission in fits:
            require(scopes, permission)
        else:
            with pytest.raises(NotAllowed) as caught:
                require(scopes, permission)
            assert caught.value.needs[-1] == f"scope:{permission}"
