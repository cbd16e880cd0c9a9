"""Webhooks: what is sent where."""

from __future__ import annotations

from domain.events import (
    WebhookAdded,
    WebhookDisabled,
    WebhookEnabled,
    WebhookRemoved,
    WebhookResent,
)
from domain.terms import WEBHOOK_CAUSES
from domain.words.phrases import Names, Sentences, Words, clip, term


def _added(event: WebhookAdded, who: Names) -> Words:
    topics = clip("、".join(event.topics)) or "全部"
    en_topics = clip(", ".join(event.topics)) or "all"
    return Words(
        f"{who.zh(event.actor)}安排把位置{event.after}之后的事件（{topics}）发送到"
        f"{clip(event.address)}",
        f"{who.en(event.actor)} had the events after position {event.after} ({en_topics}) sent to"
        f" {clip(event.address)}",
    )


def _disabled(event: WebhookDisabled, who: Names) -> Words:
    cause = term(WEBHOOK_CAUSES, event.cause)
    return Words(
        f"{who.zh(event.actor)}停止向该地址发送事件（{cause.zh}）",
        f"{who.en(event.actor)} stopped sending events there ({cause.en})",
    )


def _enabled(event: WebhookEnabled, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}恢复向该地址发送事件",
        f"{who.en(event.actor)} had events sent there again",
    )


def _removed(event: WebhookRemoved, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}删除了该 webhook，不再向该地址发送事件",
        f"{who.en(event.actor)} removed the webhook: nothing is sent there any more",
    )


def _resent(event: WebhookResent, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}要求重新发送位置{event.first}至{event.last}的事件",
        f"{who.en(event.actor)} had the events at {event.first} to {event.last} sent once more",
    )


SENTENCES: Sentences = {
    WebhookAdded: _added,
    WebhookDisabled: _disabled,
    WebhookEnabled: _enabled,
    WebhookRemoved: _removed,
    WebhookResent: _resent,
}
