"""Who sought a customer in vain."""

from __future__ import annotations

from domain.events import PartyNoted
from domain.terms import RULES
from domain.words.phrases import Names, Sentences, Words, term


def _noted(event: PartyNoted, who: Names) -> Words:
    rule = term(RULES, event.rule)
    return Words(
        f"{who.zh(event.member)}曾申请该客户未果（{rule.zh}），成为当事人",
        f"{who.en(event.member)} sought the customer in vain ({rule.en}) and is a party",
    )


SENTENCES: Sentences = {PartyNoted: _noted}
