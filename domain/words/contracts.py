"""Contracts: drawn, filled in, signed, confirmed, void."""

from __future__ import annotations

from collections.abc import Sequence

from domain.events import (
    ContractConfirmed,
    ContractDetailed,
    ContractDrawn,
    ContractSigned,
    ContractVoided,
    Product,
)
from domain.terms import GROUPS, STEPS, Term
from domain.words.phrases import (
    UNCONFIRMED,
    Names,
    Sentences,
    Words,
    clip,
    en_date,
    en_instant,
    stage,
    term,
    with_deadline,
    with_hold_over,
    zh_date,
    zh_instant,
)


def _drawn(event: ContractDrawn, who: Names) -> Words:
    held, number = stage(event.stage), clip(event.number)
    return Words(
        f"{who.zh(event.holder)}预领了合同{number}（{held.zh}），"
        f"{zh_instant(event.expires_at)}前未签订即失效",
        f"{who.en(event.holder)} drew the contract {number} ({held.en});"
        f" unsigned, it expires at {en_instant(event.expires_at)}",
    )


def _detailed(event: ContractDetailed, who: Names) -> Words:
    step, number, filled_in = term(STEPS, event.step), clip(event.number), _filled_in(event)
    return Words(
        f"{who.zh(event.holder)}填写了合同{number}的{step.zh}：{clip(filled_in.zh)}",
        f"{who.en(event.holder)} filled in {step.en} of the contract {number}:"
        f" {clip(filled_in.en)}",
    )


def _filled_in(event: ContractDetailed) -> Term:
    """What the step holds."""
    if event.products is not None:
        return _products(event.products)
    if event.promises is not None:
        return Term("、".join(event.promises) or "无", ", ".join(event.promises) or "nothing")
    text = event.type or event.payment_method or event.buyer
    return Term(text or "无", text or "nothing")


def _products(products: Sequence[Product]) -> Term:
    zh, en = [], []
    for product in products:
        sold = f"{product.name} × {product.quantity}"
        if product.price is None:
            zh.append(sold)
            en.append(sold)
        else:
            zh.append(f"{sold}（单价{product.price:f}元）")
            en.append(f"{sold} (at {product.price:f} yuan)")
    return Term("、".join(zh) or "无", ", ".join(en) or "nothing")


def _signed(event: ContractSigned, who: Names) -> Words:
    number = clip(event.number)
    told = Words(
        f"{who.zh(event.holder)}签订了合同{number}（签订日期{zh_date(event.signed_on)}）",
        f"{who.en(event.holder)} signed the contract {number} (dated {en_date(event.signed_on)})",
    )
    if event.deadline is not None and event.held_over_until is None:
        return told.and_then(
            f"；到期时间{zh_instant(event.deadline)}已过，不因此顺延",
            f"; too late to hold the deadline {en_instant(event.deadline)} over",
        )
    return with_hold_over(
        with_deadline(told, event.deadline),
        event.deadline,
        event.held_over_until,
        what=UNCONFIRMED,
        provisional=event.provisional,
    )


def _confirmed(event: ContractConfirmed, who: Names) -> Words:
    number = clip(event.number)
    told = Words(
        f"{who.zh(event.actor)}确认了{who.zh(event.holder)}签订的合同{number}",
        f"{who.en(event.actor)} confirmed the contract {number} that {who.en(event.holder)} signed",
    )
    if event.group is None:
        return told
    group = term(GROUPS, event.group)
    return told.and_then(
        f"：客户成为正式客户，由{group.zh}负责",
        f": the customer is formal, and {group.en} is responsible",
    )


def _voided(event: ContractVoided, who: Names) -> Words:
    number = clip(event.number)
    told = Words(
        f"{who.zh(event.actor)}作废了合同{number}",
        f"{who.en(event.actor)} declared the contract {number} void",
    )
    return told.because(event.reason)


SENTENCES: Sentences = {
    ContractDrawn: _drawn,
    ContractDetailed: _detailed,
    ContractSigned: _signed,
    ContractConfirmed: _confirmed,
    ContractVoided: _voided,
}
