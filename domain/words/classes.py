"""The class of a customer."""

from __future__ import annotations

from domain.events import Classified
from domain.words.phrases import Names, Sentences, Words


def _classified(event: Classified, who: Names) -> Words:
    zh_old, en_old = (f"由{event.old}类", f" from class {event.old}") if event.old else ("", "")
    if event.new is None:
        zh, en = f"取消了该客户的{event.old}类分类", f"took the customer out of class {event.old}"
    else:
        zh = f"将该客户{zh_old}定为{event.new}类"
        en = f"put the customer{en_old} into class {event.new}"
    return Words(f"{who.zh(event.actor)}{zh}", f"{who.en(event.actor)} {en}").because(event.reason)


SENTENCES: Sentences = {Classified: _classified}
