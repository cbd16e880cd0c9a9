"""Personal data: restricted, used again, erased."""

from __future__ import annotations

from domain.events import (
    DataErased,
    DataRestricted,
    DataRestrictionLifted,
    SubjectErased,
    SubjectRestricted,
    SubjectRestrictedAgain,
    SubjectRestrictionLifted,
)
from domain.terms import ERASURE_GROUNDS
from domain.words.phrases import Names, Sentences, Words, term


def _restricted(event: SubjectRestricted | SubjectRestrictedAgain, who: Names) -> Words:
    ground = term(ERASURE_GROUNDS, event.ground)
    again = isinstance(event, SubjectRestrictedAgain)
    zh, en = ("再次", " once more") if again else ("", "")
    return Words(
        f"{who.zh(event.actor)}{zh}申请删除个人信息{event.subject_id}（{ground.zh}），"
        "确认之前不再显示",
        f"{who.en(event.actor)} asked{en} for the personal data of {event.subject_id} to be erased"
        f" ({ground.en}); until that is confirmed it is shown to nobody",
    ).because(event.reason)


def _lifted(event: SubjectRestrictionLifted, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}解除了对个人信息{event.subject_id}的限制，未作删除",
        f"{who.en(event.actor)} lifted the restriction of the personal data of {event.subject_id};"
        " nothing was erased",
    ).because(event.reason)


def _erased(event: SubjectErased, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}确认删除个人信息{event.subject_id}"
        f"（由{who.zh(event.asked_by)}申请），其密钥已销毁",
        f"{who.en(event.actor)} confirmed that the personal data of {event.subject_id} be erased,"
        f" as {who.en(event.asked_by)} had asked; its key was destroyed",
    )


def _data_restricted(event: DataRestricted, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}申请删除该客户的个人信息{event.subject_id}，确认之前不再显示",
        f"{who.en(event.actor)} asked for personal data on this record to be erased"
        f" ({event.subject_id}); until that is confirmed it is shown to nobody",
    )


def _data_lifted(event: DataRestrictionLifted, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}解除了对该客户个人信息{event.subject_id}的限制",
        f"{who.en(event.actor)} lifted the restriction of personal data on this record"
        f" ({event.subject_id})",
    )


def _data_erased(event: DataErased, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}确认删除了该客户的个人信息{event.subject_id}",
        f"{who.en(event.actor)} confirmed that personal data on this record be erased"
        f" ({event.subject_id})",
    )


SENTENCES: Sentences = {
    SubjectRestricted: _restricted,
    SubjectRestrictedAgain: _restricted,
    SubjectRestrictionLifted: _lifted,
    SubjectErased: _erased,
    DataRestricted: _data_restricted,
    DataRestrictionLifted: _data_lifted,
    DataErased: _data_erased,
}
