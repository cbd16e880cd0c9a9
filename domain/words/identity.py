"""What must be unique, and which customers stand behind it."""

from __future__ import annotations

from domain.events import IdentityReleased, IdentityReserved, IdentityShared
from domain.terms import KINDS
from domain.words.phrases import Names, Sentences, Words, clip, term


def _reserved(event: IdentityReserved, who: Names) -> Words:
    kind = term(KINDS, event.kind)
    quoted = "" if event.kind == "phone" else f"“{clip(event.key)}”"
    return Words(
        f"{who.zh(event.actor)}的登记占用了{kind.zh}{quoted}",
        f"{who.en(event.actor)}'s record reserved the {kind.en}{quoted and ' ' + quoted}",
    )


def _shared(event: IdentityShared, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}的登记使又一个客户使用同一名称或电话",
        f"{who.en(event.actor)}'s record put another customer behind the same name or phone",
    )


def _released(event: IdentityReleased, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}的修改使该客户不再使用这一名称或电话",
        f"{who.en(event.actor)}'s change took the customer off this name or phone",
    )


SENTENCES: Sentences = {
    IdentityReserved: _reserved,
    IdentityShared: _shared,
    IdentityReleased: _released,
}
