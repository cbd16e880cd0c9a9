"""Commands that broke a rule."""

from __future__ import annotations

from domain.events import RefusalRecorded
from domain.terms import COMMANDS, RULES
from domain.words.phrases import Names, Sentences, Words, term


def _recorded(event: RefusalRecorded, who: Names) -> Words:
    command, rule = term(COMMANDS, event.command), term(RULES, event.rule)
    told = Words(
        f"{who.zh(event.actor)}的操作“{command.zh}”被拒绝：{rule.zh}",
        f"{who.en(event.actor)} was refused to {command.en}: {rule.en}",
    )
    holder, group = event.facts.get("holder"), event.facts.get("group")
    if isinstance(holder, str):
        return told.and_then(f"（跟进人{who.zh(holder)}）", f" (held by {who.en(holder)})")
    if isinstance(group, str):
        held = who.holder(None, group)
        return told.and_then(f"（由{held.zh}负责）", f" (held by {held.en})")
    return told


SENTENCES: Sentences = {RefusalRecorded: _recorded}
