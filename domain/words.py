"""Every event in one sentence, in Chinese and in English, for people who read the log.

A sentence names members by their sign-in names (or as `member_names` says) and holds nothing that
is sealed. Instants are told to the second: in Beijing time in Chinese, in UTC in English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from eventsourcing.domain import DomainEvent

from domain.events import (
    SYSTEM,
    Bar,
    ClaimCorrected,
    Claimed,
    ClaimWithdrawn,
    ContactAdded,
    DepartmentChanged,
    FollowedUp,
    HolderRemoved,
    IdentityReleased,
    IdentityReserved,
    IdentityShared,
    Lapsed,
    MemberJoined,
    ProfileChanged,
    RefusalRecorded,
    Registered,
    Released,
    ReviewPassed,
    ReviewRefused,
    RolesChanged,
    RulebookOpened,
    TokenIssued,
    TokenRevoked,
    VersionAdopted,
)
from domain.terms import CHANNELS, COMMANDS, ENDINGS, FIELDS, KINDS, ROLES, RULES, STAGES, Term

QUOTED_CHARACTERS_MAX = 200
BEIJING = timezone(timedelta(hours=8))
"""Asia/Shanghai has known no summer time since 1991, so its offset is a constant here."""


@dataclass(frozen=True, slots=True)
class Words:
    """The same sentence in both languages."""

    zh: str
    en: str


class _Names:
    """How members are called in a sentence."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known

    def zh(self, member: str | None) -> str:
        """None stands for everybody."""
        if member is None:
            return "任何人"
        if member == SYSTEM:
            return "系统"
        name = self._known.get(member)
        return f"{name}（{member}）" if name else member

    def en(self, member: str) -> str:
        if member == SYSTEM:
            return "the system"
        name = self._known.get(member)
        return f"{name} ({member})" if name else member


def describe(event: DomainEvent, *, member_names: Mapping[str, str] | None = None) -> Words:
    """What happened, in one sentence. Raises KeyError for a class without a sentence."""
    words = _SENTENCES[type(event)](event, _Names(member_names or {}))
    if words.en.startswith("the system"):
        return Words(words.zh, "T" + words.en[1:])
    return words


def _registered(event: Registered, who: _Names) -> Words:
    zh = f"{who.zh(event.actor)}登记了客户“{event.name}”"
    en = f"{who.en(event.actor)} registered the customer “{event.name}”"
    if event.collision:
        zh += f"；撞单分析发现{len(event.collision)}个相近客户"
        en += f"; the collision check found {len(event.collision)} like it"
    return _with_override(zh, en, event.override_reason)


def _contact_added(event: ContactAdded, who: _Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}添加了一位联系人（{event.contact.position}）",
        f"{who.en(event.actor)} added a contact person ({event.contact.position})",
    )


def _profile_changed(event: ProfileChanged, who: _Names) -> Words:
    changed = [term for field, term in FIELDS.items() if getattr(event, field) is not None]
    zh = f"{who.zh(event.actor)}修改了{'、'.join(term.zh for term in changed)}"
    en = f"{who.en(event.actor)} changed {', '.join(term.en for term in changed)}"
    if event.name is not None:
        zh += f"；名称改为“{event.name}”"
        en += f"; the name is now “{event.name}”"
    return _with_override(zh, en, event.override_reason)


def _claimed(event: Claimed, who: _Names) -> Words:
    zh_from, en_from = ("从公共客户池", " from the pool") if event.from_pool else ("", "")
    return Words(
        f"{who.zh(event.holder)}{zh_from}申请保护该客户，应于{_zh(event.review_due)}前审核",
        f"{who.en(event.holder)} asked for protection{en_from};"
        f" the review is due by {_en(event.review_due)}",
    )


def _claim_corrected(event: ClaimCorrected, who: _Names) -> Words:
    return Words(
        f"{who.zh(event.holder)}更正了被退回的保护申请，应于{_zh(event.review_due)}前审核",
        f"{who.en(event.holder)} corrected the refused claim;"
        f" the review is due by {_en(event.review_due)}",
    )


def _claim_withdrawn(event: ClaimWithdrawn, who: _Names) -> Words:
    zh = f"{who.zh(event.holder)}撤回了保护申请，理由：{_clip(event.reason)}"
    en = f"{who.en(event.holder)} withdrew the claim, because: {_clip(event.reason)}"
    return _with_bar(zh, en, event.bar, who)


def _review_passed(event: ReviewPassed, who: _Names) -> Words:
    zh = f"{who.zh(event.actor)}审核通过：{who.zh(event.holder)}的保护生效，至{_zh(event.until)}止"
    en = (
        f"{who.en(event.actor)} passed the review: the protection of {who.en(event.holder)}"
        f" is in force until {_en(event.until)}"
    )
    if event.different_company is not None:
        zh += f"；与在先申请的相近客户并非同一家：{_clip(event.different_company)}"
        en += f"; not the company of the earlier claim: {_clip(event.different_company)}"
    return Words(zh, en)


def _review_refused(event: ReviewRefused, who: _Names) -> Words:
    zh_kind, en_kind = ("（暂定）", " (provisional)") if event.provisional else ("", "")
    return Words(
        f"{who.zh(event.actor)}审核未通过{who.zh(event.holder)}的申请，原因：{_clip(event.reason)}；"
        f"如不更正，{_zh(event.removal_due)}{zh_kind}移除跟进人",
        f"{who.en(event.actor)} refused the claim of {who.en(event.holder)},"
        f" because: {_clip(event.reason)}; unless it is corrected, the holder is removed at"
        f" {_en(event.removal_due)}{en_kind}",
    )


def _followed_up(event: FollowedUp, who: _Names) -> Words:
    channel = _term(CHANNELS, event.channel)
    zh = f"{who.zh(event.actor)}记录了一次客户跟踪（{channel.zh}）"
    en = f"{who.en(event.actor)} noted a contact with the customer ({channel.en})"
    if event.next_contact_at is not None:
        zh += f"，下次联系时间{_zh(event.next_contact_at)}"
        en += f", next contact at {_en(event.next_contact_at)}"
    return Words(zh, en)


def _released(event: Released, who: _Names) -> Words:
    stage = _term(STAGES, event.stage)
    zh = f"{who.zh(event.holder)}放弃了{stage.zh}，客户进入公共客户池，理由：{_clip(event.reason)}"
    en = (
        f"{who.en(event.holder)} gave the {stage.en} customer up to the pool,"
        f" because: {_clip(event.reason)}"
    )
    return _with_bar(zh, en, event.bar, who)


def _lapsed(event: Lapsed, who: _Names) -> Words:
    stage = _term(STAGES, event.stage)
    zh = f"{who.zh(event.holder)}的保护（{stage.zh}）于{_zh(event.deadline)}到期，客户自动落入公海"
    en = (
        f"The protection of {who.en(event.holder)} ({stage.en}) ended at its deadline"
        f" {_en(event.deadline)}; the customer fell into the pool"
    )
    return _with_bar(zh, en, event.bar, who)


def _holder_removed(event: HolderRemoved, who: _Names) -> Words:
    cause = _term(ENDINGS, event.cause)
    zh = f"跟进人{who.zh(event.holder)}被移除（{cause.zh}），客户成为公共客户"
    en = f"The holder {who.en(event.holder)} was removed ({cause.en}); the customer is public"
    return _with_bar(zh, en, event.bar, who)


def _refusal_recorded(event: RefusalRecorded, who: _Names) -> Words:
    command, rule = _term(COMMANDS, event.command), _term(RULES, event.rule)
    zh = f"{who.zh(event.actor)}的操作“{command.zh}”被拒绝：{rule.zh}"
    en = f"{who.en(event.actor)} was refused to {command.en}: {rule.en}"
    holder = event.facts.get("holder")
    if isinstance(holder, str):
        zh += f"（跟进人{who.zh(holder)}）"
        en += f" (held by {who.en(holder)})"
    return Words(zh, en)


def _member_joined(event: MemberJoined, who: _Names) -> Words:
    roles = [_term(ROLES, role) for role in event.roles]
    return Words(
        f"{who.zh(event.actor)}添加了成员{event.member}（{event.department}；"
        f"{'、'.join(role.zh for role in roles)}）",
        f"{who.en(event.actor)} added the member {event.member} ({event.department};"
        f" {', '.join(role.en for role in roles)})",
    )


def _roles_changed(event: RolesChanged, who: _Names) -> Words:
    roles = [_term(ROLES, role) for role in event.roles]
    return Words(
        f"{who.zh(event.actor)}把该成员的角色改为{'、'.join(role.zh for role in roles)}",
        f"{who.en(event.actor)} set the member's roles to {', '.join(role.en for role in roles)}",
    )


def _department_changed(event: DepartmentChanged, who: _Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}把该成员调到{event.department}",
        f"{who.en(event.actor)} moved the member to the department {event.department}",
    )


def _token_issued(event: TokenIssued, who: _Names) -> Words:
    if event.expires_at is None:
        until = Words("，无到期时间", " without an expiry")
    else:
        until = Words(f"，{_zh(event.expires_at)}到期", f" until {_en(event.expires_at)}")
    return Words(
        f"{who.zh(event.actor)}为该成员签发了访问令牌{event.token_id}{until.zh}",
        f"{who.en(event.actor)} issued the access token {event.token_id}{until.en}",
    )


def _token_revoked(event: TokenRevoked, who: _Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}吊销了访问令牌{event.token_id}",
        f"{who.en(event.actor)} revoked the access token {event.token_id}",
    )


def _rulebook_opened(event: RulebookOpened, who: _Names) -> Words:
    return Words(f"{who.zh(event.actor)}建立了制度", f"{who.en(event.actor)} opened the rulebook")


def _version_adopted(event: VersionAdopted, who: _Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}采用了制度版本{event.version}，自{_zh(event.effective_from)}起生效，"
        f"理由：{_clip(event.reason)}",
        f"{who.en(event.actor)} adopted the rulebook version {event.version}, in effect from"
        f" {_en(event.effective_from)}, because: {_clip(event.reason)}",
    )


def _identity_reserved(event: IdentityReserved, who: _Names) -> Words:
    kind = _term(KINDS, event.kind)
    quoted = "" if event.kind == "phone" else f"“{_clip(event.key)}”"
    return Words(
        f"{who.zh(event.actor)}的登记占用了{kind.zh}{quoted}",
        f"{who.en(event.actor)}'s record reserved the {kind.en}{quoted and ' ' + quoted}",
    )


def _identity_shared(event: IdentityShared, who: _Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}的登记使又一个客户使用同一名称或电话",
        f"{who.en(event.actor)}'s record put another customer behind the same name or phone",
    )


def _identity_released(event: IdentityReleased, who: _Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}的修改使该客户不再使用这一名称或电话",
        f"{who.en(event.actor)}'s change took the customer off this name or phone",
    )


def _with_override(zh: str, en: str, reason: str | None) -> Words:
    if reason is None:
        return Words(zh, en)
    return Words(
        f"{zh}；说明为不同公司：{_clip(reason)}",
        f"{en}; said to be another company: {_clip(reason)}",
    )


def _with_bar(zh: str, en: str, bar: Bar | None, who: _Names) -> Words:
    if bar is None:
        return Words(zh, en)
    barred = "nobody may" if bar.member is None else f"{who.en(bar.member)} may not"
    return Words(
        f"{zh}；{_zh(bar.until)}前{who.zh(bar.member)}不可再保护",
        f"{en}; {barred} claim it before {_en(bar.until)}",
    )


def _term(terms: Mapping[str, Term], word: str) -> Term:
    """The word in both languages; a word that is not listed stands for itself."""
    return terms.get(word) or Term(word, word)


def _clip(text: str) -> str:
    """Free text, short enough for a sentence."""
    if len(text) <= QUOTED_CHARACTERS_MAX:
        return text
    return text[:QUOTED_CHARACTERS_MAX] + "…"


def _zh(instant: datetime) -> str:
    local = instant.astimezone(BEIJING)
    return (
        f"{local.year}年{local.month}月{local.day}日"
        f"{local.hour:02d}:{local.minute:02d}:{local.second:02d}"
    )


def _en(instant: datetime) -> str:
    utc = instant.astimezone(UTC)
    return (
        f"{utc.year:04d}-{utc.month:02d}-{utc.day:02d}"
        f" {utc.hour:02d}:{utc.minute:02d}:{utc.second:02d} UTC"
    )


_SENTENCES: dict[type[DomainEvent], Callable[[Any, _Names], Words]] = {
    Registered: _registered,
    ContactAdded: _contact_added,
    ProfileChanged: _profile_changed,
    Claimed: _claimed,
    ClaimCorrected: _claim_corrected,
    ClaimWithdrawn: _claim_withdrawn,
    ReviewPassed: _review_passed,
    ReviewRefused: _review_refused,
    FollowedUp: _followed_up,
    Released: _released,
    Lapsed: _lapsed,
    HolderRemoved: _holder_removed,
    RefusalRecorded: _refusal_recorded,
    MemberJoined: _member_joined,
    RolesChanged: _roles_changed,
    DepartmentChanged: _department_changed,
    TokenIssued: _token_issued,
    TokenRevoked: _token_revoked,
    RulebookOpened: _rulebook_opened,
    VersionAdopted: _version_adopted,
    IdentityReserved: _identity_reserved,
    IdentityShared: _identity_shared,
    IdentityReleased: _identity_released,
}
