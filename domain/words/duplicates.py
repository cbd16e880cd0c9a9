"""Two records of one company: reported, then merged or declared different."""

from __future__ import annotations

from domain.events import (
    DuplicateAbsorbed,
    DuplicateLinked,
    DuplicateReported,
    DuplicateResolved,
    LikenessEnded,
    Merged,
)
from domain.protection import Protection
from domain.terms import HOLD_OVERS
from domain.words.phrases import (
    Names,
    Sentences,
    Words,
    clip,
    count,
    en_instant,
    stage,
    term,
    with_bar,
    zh_instant,
)


def _reported(event: DuplicateReported, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}报告该客户与客户{event.of}重复（第{event.number}号报告），"
        f"说明：{clip(event.statement)}",
        f"{who.en(event.actor)} reported this record as a duplicate of {event.of}"
        f" (report {event.number}), because: {clip(event.statement)}",
    )


def _linked(event: DuplicateLinked, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}报告客户{event.other}与该客户重复（其第{event.number}号报告）",
        f"{who.en(event.actor)} reported {event.other} as a duplicate of this record"
        f" (its report {event.number})",
    )


def _resolved(event: DuplicateResolved, who: Names) -> Words:
    zh, en = (
        (f"与客户{event.of}为同一家公司，予以合并", f"the same company as {event.of}, to be merged")
        if event.resolution == "merge"
        else (f"与客户{event.of}并非同一家公司", f"a different company than {event.of}")
    )
    told = Words(
        f"{who.zh(event.actor)}决定了第{event.number}号重复报告：{zh}",
        f"{who.en(event.actor)} decided the duplicate report {event.number}: {en}",
    )
    return told.because(event.reason)


def _likeness_ended(event: LikenessEnded, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}认定客户{event.other}与该客户并非同一家公司"
        f"（其第{event.number}号报告）",
        f"{who.en(event.actor)} decided that {event.other} is a different company"
        f" (its report {event.number})",
    )
    return told.because(event.reason)


def _merged(event: Merged, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}把该客户并入客户{event.into}（第{event.number}号报告）",
        f"{who.en(event.actor)} merged this record into {event.into} (report {event.number})",
    )
    held = who.holder(event.holder)
    if event.moved:
        return told.and_then(
            f"；{held.zh}的保护在该客户继续有效", f"; the protection of {held.en} goes on there"
        )
    if event.holder is None:
        return told
    return told.and_then(f"；{held.zh}的保护就此结束", f"; the protection of {held.en} ends here")


def _absorbed(event: DuplicateAbsorbed, who: Names) -> Words:
    told = Words(
        f"{who.zh(event.actor)}把客户{event.absorbed}并入该客户（其第{event.number}号报告）",
        f"{who.en(event.actor)} merged {event.absorbed} into this record"
        f" (its report {event.number})",
    )
    told = _standing(told, event.protection, moved=event.moved, who=who)
    if event.gave_way is not None:
        told = told.and_then(
            f"，{who.zh(event.gave_way)}的保护因此结束",
            f", and that of {who.en(event.gave_way)} ends for it",
        )
    if event.contacts or event.contracts:
        told = told.and_then(
            f"；一并转入{len(event.contacts)}位联系人、{len(event.contracts)}份合同",
            f"; {count(len(event.contacts), 'contact person')} and"
            f" {count(len(event.contracts), 'contract')} moved along",
        )
    for bar in event.bars:
        told = with_bar(told, bar, who)
    return told


def _standing(told: Words, held: Protection | None, *, moved: bool, who: Names) -> Words:
    """With whose protection stands from now on."""
    if held is None:
        return told.and_then("；现无人保护", "; nobody holds it")
    holder, in_stage = who.holder(held.holder, held.group), stage(held.stage)
    zh, en = in_stage.zh, in_stage.en
    if held.until is not None:
        zh += f"，至{zh_instant(held.until)}止"
        en += f", until {en_instant(held.until)}"
    if held.held_over_by is not None and held.held_over_until is not None:
        by = term(HOLD_OVERS, held.held_over_by)
        zh += f"，{by.zh}未决时顺延至{zh_instant(held.held_over_until)}"
        en += f", held over by the {by.en} until {en_instant(held.held_over_until)}"
    zh_from, en_from = ("随之转入的", ", which moved along,") if moved else ("", "")
    return told.and_then(
        f"；{zh_from}{holder.zh}的保护（{zh}）有效",
        f"; the protection of {holder.en} ({en}){en_from} stands",
    )


SENTENCES: Sentences = {
    DuplicateReported: _reported,
    DuplicateLinked: _linked,
    DuplicateResolved: _resolved,
    LikenessEnded: _likeness_ended,
    Merged: _merged,
    DuplicateAbsorbed: _absorbed,
}
