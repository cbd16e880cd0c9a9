"""The record, the claim, and how a protection ends."""

from __future__ import annotations

from domain.events import (
    ClaimCorrected,
    Claimed,
    ClaimWithdrawn,
    ContactAdded,
    FollowedUp,
    HolderRemoved,
    Lapsed,
    ProfileChanged,
    Registered,
    Released,
    ReviewPassed,
    ReviewRefused,
)
from domain.terms import CHANNELS, ENDINGS, FIELDS, Term
from domain.words.phrases import (
    Names,
    Sentences,
    Words,
    clip,
    en_instant,
    stage,
    term,
    with_bar,
    with_override,
    zh_instant,
)

_CEASED = {
    "application-refused": Term(
        "顺延所依的申请未获批准", "the application that held it over was refused"
    ),
    "application-withdrawn": Term(
        "顺延所依的申请已撤回", "the application that held it over was withdrawn"
    ),
    "contract-voided": Term("顺延所依的合同已作废", "the contract that held it over is void"),
}
"""Causes of a lapse after the deadline that was given: what held the protection over (A-04)."""


def _registered(event: Registered, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}登记了客户“{event.name}”",
        f"{who.en(event.actor)} registered the customer “{event.name}”",
    )
    if event.collision:
        told = told.and_then(
            f"；撞单分析发现{len(event.collision)}个相近客户",
            f"; the collision check found {len(event.collision)} like it",
        )
    return with_override(told, event.override_reason)


def _contact_added(event: ContactAdded, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}添加了一位联系人（{event.contact.position}）",
        f"{who.en(event.actor)} added a contact person ({event.contact.position})",
    )


def _profile_changed(event: ProfileChanged, who: Names) -> Words:
    changed = [term for field, term in FIELDS.items() if getattr(event, field) is not None]
    told = Words(
        f"{who.zh(event.actor)}修改了{'、'.join(term.zh for term in changed)}",
        f"{who.en(event.actor)} changed {', '.join(term.en for term in changed)}",
    )
    if event.name is not None:
        told = told.and_then(
            f"；名称改为“{event.name}”",
            f"; the name is now “{event.name}”",
        )
    return with_override(told, event.override_reason)


def _claimed(event: Claimed, who: Names) -> Words:
    zh_from, en_from = ("从公共客户池", " from the pool") if event.from_pool else ("", "")
    told = Words(
        f"{who.zh(event.holder)}{zh_from}申请保护该客户，应于{zh_instant(event.review_due)}前审核",
        f"{who.en(event.holder)} asked for protection{en_from};"
        f" the review is due by {en_instant(event.review_due)}",
    )
    if event.leaves_at is None:
        return told
    return told.and_then(
        f"；申请人将于{zh_instant(event.leaves_at)}离职，保护届时结束",
        f"; the claimant leaves at {en_instant(event.leaves_at)} and the protection ends then",
    )


def _claim_corrected(event: ClaimCorrected, who: Names) -> Words:
    return Words(
        f"{who.zh(event.holder)}更正了被退回的保护申请，应于{zh_instant(event.review_due)}前审核",
        f"{who.en(event.holder)} corrected the refused claim;"
        f" the review is due by {en_instant(event.review_due)}",
    )


def _claim_withdrawn(event: ClaimWithdrawn, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.holder)}撤回了保护申请", f"{who.en(event.holder)} withdrew the claim"
    )
    return with_bar(told.because(event.reason), event.bar, who)


def _review_passed(event: ReviewPassed, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}审核通过：{who.zh(event.holder)}的保护生效，"
        f"至{zh_instant(event.until)}止",
        f"{who.en(event.actor)} passed the review: the protection of {who.en(event.holder)}"
        f" is in force until {en_instant(event.until)}",
    )
    if event.different_company is None:
        return told
    return told.and_then(
        f"；与在先申请的相近客户并非同一家：{clip(event.different_company)}",
        f"; not the company of the earlier claim: {clip(event.different_company)}",
    )


def _review_refused(event: ReviewRefused, who: Names) -> Words:
    zh_kind, en_kind = ("（暂定）", " (provisional)") if event.provisional else ("", "")
    return Words(
        f"{who.zh(event.actor)}审核未通过{who.zh(event.holder)}的申请，原因：{clip(event.reason)}；"
        f"如不更正，{zh_instant(event.removal_due)}{zh_kind}移除跟进人",
        f"{who.en(event.actor)} refused the claim of {who.en(event.holder)},"
        f" because: {clip(event.reason)}; unless it is corrected, the holder is removed at"
        f" {en_instant(event.removal_due)}{en_kind}",
    )


def _followed_up(event: FollowedUp, who: Names) -> Words:
    channel = term(CHANNELS, event.channel)
    zh_for, en_for = "", ""
    if event.holder is None:
        group = who.holder(None)
        zh_for, en_for = f"为{group.zh}", f" for {group.en}"
    told = Words(
        f"{who.zh(event.actor)}{zh_for}记录了一次客户跟踪（{channel.zh}）",
        f"{who.en(event.actor)} noted a contact with the customer{en_for} ({channel.en})",
    )
    if event.next_contact_at is None:
        return told
    return told.and_then(
        f"，下次联系时间{zh_instant(event.next_contact_at)}",
        f", next contact at {en_instant(event.next_contact_at)}",
    )


def _released(event: Released, who: Names) -> Words:
    given_up = stage(event.stage)
    told = Words(
        f"{who.zh(event.holder)}放弃了{given_up.zh}，客户进入公共客户池",
        f"{who.en(event.holder)} gave the {given_up.en} customer up to the pool",
    )
    return with_bar(told.because(event.reason), event.bar, who)


def _lapsed(event: Lapsed, who: Names) -> Words:
    held = stage(event.stage)
    zh_at, en_at = zh_instant(event.deadline), en_instant(event.deadline)
    if event.cause == "undecided":
        zh = f"顺延至{zh_at}仍未决定，就此到期"
        en = f"was held over until {en_at} and nobody decided by then"
    elif event.cause in _CEASED:
        ceased = _CEASED[event.cause]
        zh = f"原到期时间已过，{ceased.zh}，于{zh_at}结束"
        en = f"ended at {en_at}, past the deadline that was given: {ceased.en}"
    else:
        zh, en = f"于{zh_at}到期", f"ended at its deadline {en_at}"
    told = Words(
        f"{who.zh(event.holder)}的保护（{held.zh}）{zh}，客户自动落入公海",
        f"The protection of {who.en(event.holder)} ({held.en}) {en};"
        " the customer fell into the pool",
    )
    return with_bar(told, event.bar, who)


def _holder_removed(event: HolderRemoved, who: Names) -> Words:
    zh_holder, en_holder = who.zh(event.holder), who.en(event.holder)
    if event.cause == "manager":
        told = Words(
            f"{who.zh(event.actor)}移除了跟进人{zh_holder}，客户成为公共客户",
            f"{who.en(event.actor)} removed the holder {en_holder} and made the customer public",
        ).because(event.reason)
    elif event.cause == "left":
        told = Words(f"跟进人{zh_holder}离职", f"The holder {en_holder} left")
        told = told.because(event.reason).and_then(
            "；无人接手，客户成为公共客户", "; nobody took over and the customer is public"
        )
    else:
        cause = term(ENDINGS, event.cause)
        told = Words(
            f"跟进人{zh_holder}被移除（{cause.zh}），客户成为公共客户",
            f"The holder {en_holder} was removed ({cause.en}); the customer is public",
        ).because(event.reason)
    return with_bar(told, event.bar, who)


SENTENCES: Sentences = {
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
}
