"""Members: roles at an instant, tokens that end."""

import hashlib
from dataclasses import dataclass
from typing import Any

import pytest

from domain.errors import Invalid, NotAllowed
from domain.events import DepartmentChanged, MemberJoined, RolesChanged, TokenIssued
from domain.member import Member
from domain.permissions import (
    PERMISSIONS,
    ROLES,
    beyond,
    condition_of,
    covers,
    may,
    needs,
    right_to_details,
)
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


@dataclass(frozen=True)
class Somebody:
    """Whose rights are asked for. departments: his own and those below it."""

    member: str
    roles: frozenset[str]
    departments: frozenset[str] = frozenset(("一部",))


def reads(role: str, *, member: str = "chen", **customer: Any) -> str | None:
    asked = {"holder": "li", "state": "potential", "department": "二部", **customer}
    return right_to_details(Somebody(member, frozenset((role,))), **asked)


@pytest.mark.clause("S1-272")
def test_details_are_for_the_holder_and_those_who_look_at_any_customer() -> None:
    assert reads("seller", member="li") == "holder"
    assert reads("seller") is None
    assert reads("seller", department="一部") is None
    for role in ("director", "auditor"):
        assert reads(role) == "role"
    for role in ("administrator", "customer-manager"):
        assert reads(role, department="一部") is None


@pytest.mark.clause("S1-272")
def test_a_manager_reads_what_his_department_or_one_below_it_holds() -> None:
    assert reads("manager", department="一部") == "department"
    assert reads("manager", department="二部") is None
    assert reads("manager", department=None) is None
    above = Somebody("wang", frozenset(("manager",)), frozenset(("销售部", "一部", "二部")))
    assert right_to_details(above, holder="li", state="intent", department="二部") == "department"


@pytest.mark.clause("S1-048", "S1-272")
def test_the_after_sales_manager_reads_what_his_people_and_the_group_hold() -> None:
    role = "after-sales-manager"
    assert reads(role, holder=None, state="formal", department=None) == "department"
    assert reads(role, state="formal", department="一部") == "department"
    # Any formal customer is after-sales' task; of another department's it is no more than that.
    assert reads(role, state="formal", department="二部") == "task"
    assert reads(role, state="potential", department="二部") is None
    assert reads(role, holder=None, state="pool", department=None) is None
    assert reads("manager", holder=None, state="formal", department=None) is None


@pytest.mark.clause("S1-309", "S1-020")
def test_a_reviewer_reads_what_he_must_review_and_no_more() -> None:
    for state in ("waiting", "rejected"):
        assert reads("reviewer", state=state) == "task"
    assert reads("reviewer", reporters=["wu"]) == "task"
    for state in ("potential", "intent", "formal", "pool"):
        assert reads("reviewer", state=state) is None


@pytest.mark.clause("S1-020", "S1-272")
def test_a_reviewer_opens_nothing_for_himself_by_a_report_of_his_own() -> None:
    assert reads("reviewer", reporters=["chen"]) is None
    assert reads("reviewer", reporters=["chen", "wu"]) == "task"


STATES = {
    "pool": {"holder": None, "department": None},
    "waiting": {},
    "intent": {},
    "formal": {"holder": None, "department": None},
}
ANYWHERE = {"director": "role", "marketing-manager": "role", "auditor": "role"}
CLASS_A_READ_BY = {
    "pool": ANYWHERE,
    "waiting": ANYWHERE,
    "intent": ANYWHERE,
    "formal": {**ANYWHERE, "after-sales": "task", "after-sales-manager": "task"},
}
"""By which right each role reads a customer of class A that another holds, by its state."""


@pytest.mark.clause("S4-40")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", ROLES)
def test_class_a_is_read_by_a_marketing_manager_or_above(role: str, state: str) -> None:
    asked = {"department": "一部", **STATES[state], "state": state, "reporters": ["wu"]}
    found = reads(role, customer_class="A", classified_by="shi", **asked)
    assert found == CLASS_A_READ_BY[state].get(role)
    for other in ("B", "C", None):
        assert reads(role, customer_class=other, classified_by="shi", **asked) == reads(
            role, **asked
        )


@pytest.mark.clause("S4-40", "S1-048")
def test_class_a_is_read_by_its_holder_and_who_signed_it() -> None:
    for role, state in (("seller", "potential"), ("after-sales", "formal")):
        assert reads(role, member="li", state=state, customer_class="A") == "holder"
    assert reads("after-sales", state="formal", customer_class="A") is None
    for state, right in (("formal", "signer"), ("intent", None)):
        assert reads("seller", state=state, signers=("chen",), customer_class="A") == right


@pytest.mark.clause("S4-40")
def test_who_says_that_a_customer_is_of_class_a_gains_nothing_by_it() -> None:
    said = {"customer_class": "A", "classified_by": "chen"}
    assert reads("marketing-manager", **said) is None
    assert reads("director", **said) == "role"


def test_risk_and_finance_read_what_contracts_are_made_of() -> None:
    for role in ("risk", "finance"):
        assert reads(role, state="intent") == "task"
        assert reads(role, state="formal", holder=None) == "task"
        assert reads(role, state="potential") is None


def test_after_sales_and_who_signed_read_a_formal_customer() -> None:
    assert reads("after-sales", holder=None, state="formal") == "task"
    assert reads("after-sales") is None
    assert reads("seller", holder=None, state="formal", signers=("chen",)) == "signer"
    assert reads("seller", holder=None, state="formal", signers=("li",)) is None


@pytest.mark.clause("S1-050")
def test_all_of_pre_sales_sees_whom_to_contact_in_the_pool() -> None:
    for role in ("seller", "manager", "director"):
        assert reads(role, holder=None, state="pool", department=None)
    for role in ("finance", "after-sales", "customer-manager", "marketing-manager"):
        assert reads(role, holder=None, state="pool", department=None) is None


def test_a_wider_condition_takes_in_every_narrower_one() -> None:
    wang = Somebody("wang", frozenset(("manager",)), frozenset(("一部", "一组")))
    assert covers(wang, "any")
    assert covers(wang, "department", department="一组")
    assert covers(wang, "department", member="wang", department="二部")
    assert not covers(wang, "department", member="li", department="二部")
    assert covers(wang, "own", member="wang")
    assert not covers(wang, "own", member="li", department="一部")
    assert not covers(wang, None, member="wang", department="一部")


@pytest.mark.clause("S1-048")
def test_what_after_sales_holds_as_a_group_belongs_to_its_manager_alone() -> None:
    for role, is_led in (("after-sales-manager", True), ("after-sales", False), ("manager", False)):
        who = Somebody("jiang", frozenset((role,)), frozenset(("售后部",)))
        assert covers(who, "department", group="after-sales") is is_led
        assert not covers(who, "own", group="after-sales")
        assert not covers(who, "department", group="another")
        assert not covers(who, "department")


def test_a_member_with_several_roles_has_the_widest_condition() -> None:
    row = PERMISSIONS["see-portfolio"]
    assert condition_of({"seller"}, row) == "own"
    assert condition_of({"seller", "manager"}, row) == "department"
    assert condition_of({"seller", "manager", "auditor"}, row) == "any"
    assert beyond(row, "department") == ("director", "auditor", "administrator")
    assert beyond(row, "own")[0] == "manager"


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
