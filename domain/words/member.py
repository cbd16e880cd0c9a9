"""Members, their roles, departments, tokens and leaving."""

from __future__ import annotations

from domain.events import (
    ClaimCounted,
    DepartmentChanged,
    LeaveArranged,
    MemberJoined,
    RolesChanged,
    TokenIssued,
    TokenRevoked,
)
from domain.terms import ROLES
from domain.words.phrases import Names, Sentences, Words, count, en_instant, term, zh_instant


def _joined(event: MemberJoined, who: Names) -> Words:
    roles = [term(ROLES, role) for role in event.roles]
    return Words(
        f"{who.zh(event.actor)}添加了成员{event.member}（{event.department}；"
        f"{'、'.join(role.zh for role in roles)}）",
        f"{who.en(event.actor)} added the member {event.member} ({event.department};"
        f" {', '.join(role.en for role in roles)})",
    )


def _roles_changed(event: RolesChanged, who: Names) -> Words:
    roles = [term(ROLES, role) for role in event.roles]
    return Words(
        f"{who.zh(event.actor)}把该成员的角色改为{'、'.join(role.zh for role in roles)}",
        f"{who.en(event.actor)} set the member's roles to {', '.join(role.en for role in roles)}",
    )


def _department_changed(event: DepartmentChanged, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}把该成员调到{event.department}",
        f"{who.en(event.actor)} moved the member to the department {event.department}",
    )


def _token_issued(event: TokenIssued, who: Names) -> Words:
    if event.expires_at is None:
        until = Words("，无到期时间", " without an expiry")
    else:
        until = Words(
            f"，{zh_instant(event.expires_at)}到期", f" until {en_instant(event.expires_at)}"
        )
    if event.scopes is not None:
        until = Words(
            f"{until.zh}，范围限于{'、'.join(event.scopes)}",
            f"{until.en}, limited to {', '.join(event.scopes)}",
        )
    named = Words(f"“{event.name}”", f' "{event.name}"') if event.name else Words("", "")
    return Words(
        f"{who.zh(event.actor)}为该成员签发了访问令牌{event.token_id}{named.zh}{until.zh}",
        f"{who.en(event.actor)} issued the access token {event.token_id}{named.en}{until.en}",
    )


def _token_revoked(event: TokenRevoked, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}吊销了访问令牌{event.token_id}",
        f"{who.en(event.actor)} revoked the access token {event.token_id}",
    )


def _claim_counted(event: ClaimCounted, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}对客户{event.customer_id}的保护申请计入上限：此前保护{event.held}个客户，"
        f"最多{event.held_max}个",
        f"{who.en(event.actor)}'s claim on {event.customer_id} was counted:"
        f" {count(event.held, 'customer')} held before it, at most {event.held_max} allowed",
    )


def _leave_arranged(event: LeaveArranged, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}安排该成员于{zh_instant(event.leaves_at)}离职，"
        f"并安排了{event.customers}个客户",
        f"{who.en(event.actor)} arranged that the member leaves at {en_instant(event.leaves_at)},"
        f" with {count(event.customers, 'customer')} arranged for",
    )
    return told.because(event.reason)


SENTENCES: Sentences = {
    MemberJoined: _joined,
    RolesChanged: _roles_changed,
    DepartmentChanged: _department_changed,
    TokenIssued: _token_issued,
    TokenRevoked: _token_revoked,
    ClaimCounted: _claim_counted,
    LeaveArranged: _leave_arranged,
}
