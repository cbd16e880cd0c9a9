"""Applications for intent and for more time, and what was decided."""

from __future__ import annotations

from domain.events import (
    ApplicationWithdrawn,
    ExtensionGranted,
    ExtensionRefused,
    ExtensionRequested,
    IntentGranted,
    IntentRefused,
    IntentRequested,
)
from domain.terms import HOLD_OVERS, Term
from domain.words.phrases import (
    UNCONFIRMED,
    UNDECIDED,
    Names,
    Sentences,
    Words,
    count,
    en_instant,
    stage,
    term,
    with_deadline,
    with_hold_over,
    zh_instant,
)

_INTENT, _EXTENSION = HOLD_OVERS["intent"], HOLD_OVERS["extension"]


def _intent_requested(event: IntentRequested, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.holder)}申请转为意向客户", f"{who.en(event.holder)} applied for intent"
    )
    return _asked(told, event)


def _extension_requested(event: ExtensionRequested, who: Names) -> Words:
    held = stage(event.stage)
    told = Words(
        f"{who.zh(event.holder)}申请延期{event.days}天（{held.zh}）",
        f"{who.en(event.holder)} applied for {count(event.days, 'more day')} ({held.en})",
    )
    return _asked(told, event)


def _asked(told: Words, event: IntentRequested | ExtensionRequested) -> Words:
    """With the reason, the deadline that stands, and how far it is held over."""
    told = with_deadline(told.because(event.reason), event.deadline)
    return with_hold_over(
        told, event.deadline, event.held_over_until, what=UNDECIDED, provisional=event.provisional
    )


def _intent_granted(event: IntentGranted, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}批准了{who.zh(event.applicant)}的{_INTENT.zh}："
        f"客户转为意向客户，{who.zh(event.holder)}的保护至{zh_instant(event.until)}止",
        f"{who.en(event.actor)} granted {who.en(event.applicant)}'s {_INTENT.en}:"
        f" the protection of {who.en(event.holder)} runs until {en_instant(event.until)}",
    )
    return with_hold_over(
        told, event.until, event.held_over_until, what=UNCONFIRMED, provisional=False
    )


def _extension_granted(event: ExtensionGranted, who: Names) -> Words:
    held = stage(event.stage)
    told = Words(
        f"{who.zh(event.actor)}批准了{who.zh(event.applicant)}的{_EXTENSION.zh}："
        f"{who.zh(event.holder)}的保护（{held.zh}）延长{event.days}天，至{zh_instant(event.until)}止",
        f"{who.en(event.actor)} granted {who.en(event.applicant)}'s {_EXTENSION.en}:"
        f" the protection of {who.en(event.holder)} ({held.en}) runs"
        f" {count(event.days, 'day')} longer, until {en_instant(event.until)}",
    )
    return with_hold_over(
        told, event.until, event.held_over_until, what=UNCONFIRMED, provisional=False
    )


def _intent_refused(event: IntentRefused, who: Names) -> Words:
    return _refused(event, _INTENT, who)


def _extension_refused(event: ExtensionRefused, who: Names) -> Words:
    return _refused(event, _EXTENSION, who)


def _refused(event: IntentRefused | ExtensionRefused, application: Term, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}未批准{who.zh(event.applicant)}的{application.zh}",
        f"{who.en(event.actor)} refused {who.en(event.applicant)}'s {application.en}",
    )
    return _old_deadline_stands(told.because(event.reason))


def _application_withdrawn(event: ApplicationWithdrawn, who: Names) -> Words:
    application = term(HOLD_OVERS, event.kind)
    told = Words(
        f"{who.zh(event.holder)}撤回了{application.zh}",
        f"{who.en(event.holder)} withdrew the {application.en}",
    )
    return _old_deadline_stands(told.because(event.reason))


def _old_deadline_stands(told: Words) -> Words:
    return told.and_then("；原到期时间不变", "; the old deadline stands")


SENTENCES: Sentences = {
    IntentRequested: _intent_requested,
    IntentGranted: _intent_granted,
    IntentRefused: _intent_refused,
    ExtensionRequested: _extension_requested,
    ExtensionGranted: _extension_granted,
    ExtensionRefused: _extension_refused,
    ApplicationWithdrawn: _application_withdrawn,
}
