"""The versions of the rules."""

from __future__ import annotations

from domain.events import RulebookOpened, VersionAdopted
from domain.words.phrases import Names, Sentences, Words, en_instant, zh_instant


def _opened(event: RulebookOpened, who: Names) -> Words:
    return Words(f"{who.zh(event.actor)}建立了制度", f"{who.en(event.actor)} opened the rulebook")


def _adopted(event: VersionAdopted, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}采用了制度版本{event.version}，"
        f"自{zh_instant(event.effective_from)}起生效",
        f"{who.en(event.actor)} adopted the rulebook version {event.version}, in effect from"
        f" {en_instant(event.effective_from)}",
    )
    return told.because(event.reason)


SENTENCES: Sentences = {RulebookOpened: _opened, VersionAdopted: _adopted}
