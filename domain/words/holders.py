"""A customer in other hands: transferred, arranged for, moved to after-sales."""

from __future__ import annotations

from domain.events import HandOverArranged, MovedToAfterSales, Stage, Transferred
from domain.words.phrases import (
    Names,
    Sentences,
    Words,
    en_instant,
    stage,
    with_deadline,
    zh_instant,
)


def _transferred(event: Transferred, who: Names) -> Words:
    held = stage(event.stage)
    told = Words(
        f"{who.zh(event.actor)}把{who.zh(event.holder)}的客户（{held.zh}）转给{who.zh(event.to)}"
        f"（{event.department}）",
        f"{who.en(event.actor)} gave {who.en(event.holder)}'s customer ({held.en})"
        f" to {who.en(event.to)} ({event.department})",
    )
    return with_deadline(told.because(event.reason), event.until)


def _hand_over_arranged(event: HandOverArranged, who: Names) -> Words:
    held = stage(event.stage)
    if event.to is not None:
        in_brackets = f"（{event.department}）" if event.department else ""
        zh = f"客户（{held.zh}）转给{who.zh(event.to)}{in_brackets}"
        in_brackets = f" ({event.department})" if event.department else ""
        en = f"{who.en(event.to)}{in_brackets} takes the customer ({held.en}) over"
    elif event.stage is Stage.FORMAL:
        group = who.holder(None)
        zh, en = f"{held.zh}由{group.zh}负责", f"{group.en} takes the {held.en} customer over"
    else:
        zh = f"无人接手，保护（{held.zh}）结束"
        en = f"nobody takes over and the protection ({held.en}) ends"
    told = Words(
        f"{who.zh(event.actor)}安排：{who.zh(event.holder)}于{zh_instant(event.leaves_at)}离职时，{zh}",
        f"{who.en(event.actor)} arranged that when {who.en(event.holder)} leaves at"
        f" {en_instant(event.leaves_at)}, {en}",
    )
    return told.because(event.reason)


def _moved_to_after_sales(event: MovedToAfterSales, who: Names) -> Words:
    before, after = who.holder(event.holder), who.holder(event.to)
    zh_of, en_of = (
        (f"（{event.department}）", f" ({event.department})") if event.department else ("", "")
    )
    return Words(
        f"{who.zh(event.actor)}把正式客户由{before.zh}转由{after.zh}{zh_of}负责",
        f"{who.en(event.actor)} moved the formal customer from {before.en} to {after.en}{en_of}",
    )


SENTENCES: Sentences = {
    Transferred: _transferred,
    HandOverArranged: _hand_over_arranged,
    MovedToAfterSales: _moved_to_after_sales,
}
