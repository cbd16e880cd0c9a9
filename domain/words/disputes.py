"""Contested tenures and their rulings."""

from __future__ import annotations

from domain.events import DisputeMoved, DisputeOpened, DisputeRuled, Restored, StatementMade
from domain.events.disputes import Awarded
from domain.terms import RULINGS
from domain.words.phrases import (
    Names,
    Sentences,
    Words,
    clip,
    en_instant,
    stage,
    term,
    zh_instant,
)


def _opened(event: DisputeOpened, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}对{zh_instant(event.contested_at)}的归属提出争议"
        f"（第{event.number}号）",
        f"{who.en(event.actor)} contested who held the customer at"
        f" {en_instant(event.contested_at)} (dispute {event.number})",
    )
    told = _with_contested(told, event, who)
    if event.rule is not None:
        told = told.and_then(f"；所涉规则：{event.rule}", f"; by the rule {event.rule}")
    return told.and_then(
        f"；说明：{clip(event.statement)}", f"; statement: {clip(event.statement)}"
    )


def _with_contested(told: Words, event: DisputeOpened, who: Names) -> Words:
    """With whose tenure it is about."""
    tenure = event.contested
    if tenure is None:
        return told.and_then("，此前无人保护", "; nobody had held it before")
    holder, in_stage = who.holder(tenure.holder, tenure.group), stage(tenure.stage)
    if event.is_held:
        return told.and_then(
            f"，当时由{holder.zh}保护（{in_stage.zh}）",
            f"; {holder.en} held it then ({in_stage.en})",
        )
    return told.and_then(
        f"，此前由{holder.zh}保护（{in_stage.zh}）",
        f"; {holder.en} had held it last ({in_stage.en})",
    )


def _stated(event: StatementMade, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}就第{event.number}号争议陈述：{clip(event.statement)}",
        f"{who.en(event.actor)} stated in dispute {event.number}: {clip(event.statement)}",
    )


def _ruled(event: DisputeRuled, who: Names) -> Words:
    ruling = term(RULINGS, event.ruling)
    told = Words(
        f"{who.zh(event.actor)}就{who.zh(event.opener)}提出的第{event.number}号争议裁决："
        f"{ruling.zh}，依据{event.rule}",
        f"{who.en(event.actor)} ruled dispute {event.number} of {who.en(event.opener)}:"
        f" {ruling.en}, by {event.rule}",
    )
    return told.because(event.reason)


def _moved(event: DisputeMoved, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}依第{event.number}号争议的裁决，把客户改由{who.zh(event.to)}"
        f"（{event.department}）保护（{stage(event.stage).zh}）",
        f"{who.en(event.actor)} gave the customer to {who.en(event.to)} ({event.department}),"
        f" {stage(event.stage).en}, by the ruling of dispute {event.number}",
    )
    return _with_terms(told, event, who)


def _restored(event: Restored, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}依第{event.number}号争议的裁决，恢复{who.zh(event.to)}"
        f"（{event.department}）的保护（{stage(event.stage).zh}）",
        f"{who.en(event.actor)} gave {who.en(event.to)} ({event.department}) the lost protection"
        f" back, {stage(event.stage).en}, by the ruling of dispute {event.number}",
    )
    if event.review_due is not None:
        told = told.and_then(
            f"，应于{zh_instant(event.review_due)}前审核",
            f"; the review is due by {en_instant(event.review_due)}",
        )
    return _with_terms(told, event, who)


def _with_terms(told: Words, event: Awarded, who: Names) -> Words:
    """With the deadline, and who loses it."""
    if event.until is not None:
        told = told.and_then(
            f"，至{zh_instant(event.until)}止", f", until {en_instant(event.until)}"
        )
    if event.holder is None or event.holder == event.to:
        return told
    return told.and_then(
        f"；{who.zh(event.holder)}的保护就此结束，不受限制",
        f"; the protection of {who.en(event.holder)} ends here, without a bar",
    )


SENTENCES: Sentences = {
    DisputeOpened: _opened,
    StatementMade: _stated,
    DisputeRuled: _ruled,
    DisputeMoved: _moved,
    Restored: _restored,
}
