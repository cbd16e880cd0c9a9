"""What the sentences are made of: names, instants, and clauses that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from eventsourcing.domain import DomainEvent

from domain.events import SYSTEM, Bar
from domain.protection import AFTER_SALES
from domain.terms import GROUPS, STAGES, Term

QUOTED_CHARACTERS_MAX = 200
BEIJING = timezone(timedelta(hours=8))
"""Asia/Shanghai has known no summer time since 1991, so its offset is a constant here."""


@dataclass(frozen=True, slots=True)
class Words:
    """The same sentence in both languages."""

    zh: str
    en: str

    def and_then(self, zh: str, en: str) -> Words:
        """The sentence with more behind it."""
        return Words(self.zh + zh, self.en + en)

    def because(self, reason: str | None) -> Words:
        """With the reason; None: none was given."""
        if reason is None:
            return self
        return self.and_then(f"，理由：{clip(reason)}", f", because: {clip(reason)}")


class Names:
    """How members are called in a sentence."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known

    def zh(self, member: str | None) -> str:
        """None stands for everybody."""
        if member is None:
            return "任何人"
        if member == SYSTEM:
            return "系统"
        name = self._known.get(member)
        return f"{name}（{member}）" if name else member

    def en(self, member: str) -> str:
        if member == SYSTEM:
            return "the system"
        name = self._known.get(member)
        return f"{name} ({member})" if name else member

    def holder(self, member: str | None, group: str | None = AFTER_SALES) -> Term:
        """The member who holds a customer, or the group that does."""
        if member is None:
            return term(GROUPS, group or AFTER_SALES)
        return Term(self.zh(member), self.en(member))


Sentences = Mapping[type[DomainEvent], Callable[[Any, Names], Words]]
"""How each class of events is told."""


def with_override(told: Words, reason: str | None) -> Words:
    """With why it is another company all the same (A-11); None: nobody had to say."""
    if reason is None:
        return told
    return told.and_then(
        f"；说明为不同公司：{clip(reason)}", f"; said to be another company: {clip(reason)}"
    )


def with_bar(told: Words, bar: Bar | None, who: Names) -> Words:
    """With who may not claim it before when (S1-037, S1-045)."""
    if bar is None:
        return told
    barred = "nobody may" if bar.member is None else f"{who.en(bar.member)} may not"
    return told.and_then(
        f"；{zh_instant(bar.until)}前{who.zh(bar.member)}不可再保护",
        f"; {barred} claim it before {en_instant(bar.until)}",
    )


def with_deadline(told: Words, deadline: datetime | None) -> Words:
    """With the deadline that stays; None: none runs."""
    if deadline is None:
        return told
    return told.and_then(
        f"；到期时间仍为{zh_instant(deadline)}", f"; the deadline stays {en_instant(deadline)}"
    )


UNDECIDED = Term("如届时未决定", "undecided")
UNCONFIRMED = Term("如届时合同未确认", "with the contract unconfirmed")


def with_hold_over(
    told: Words,
    deadline: datetime | None,
    held_over_until: datetime | None,
    *,
    what: Term,
    provisional: bool,
) -> Words:
    """With until when an application or a signature keeps the protection alive (A-04).

    what: UNDECIDED or UNCONFIRMED. Nothing is said where that is not beyond the deadline.
    """
    if deadline is None or held_over_until is None or held_over_until <= deadline:
        return told
    zh_kind, en_kind = ("（暂定）", " (provisional)") if provisional else ("", "")
    return told.and_then(
        f"；{what.zh}，保护顺延至{zh_instant(held_over_until)}{zh_kind}",
        f"; {what.en}, the protection is held over until {en_instant(held_over_until)}{en_kind}",
    )


def stage(word: str) -> Term:
    """A stage of a protection."""
    return term(STAGES, word)


def term(terms: Mapping[str, Term], word: str) -> Term:
    """The word in both languages; a word that is not listed stands for itself."""
    return terms.get(word) or Term(word, word)


def count(number: int, noun: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def clip(text: str) -> str:
    """Free text, short enough for a sentence."""
    if len(text) <= QUOTED_CHARACTERS_MAX:
        return text
    return text[:QUOTED_CHARACTERS_MAX] + "…"


def zh_instant(instant: datetime) -> str:
    """To the second, in Beijing time."""
    local = instant.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日{local.isoformat()[11:19]}"


def en_instant(instant: datetime) -> str:
    """To the second, in UTC."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{utc.isoformat(' ')[:19]} UTC"


def zh_date(day: date) -> str:
    """As it is written in Chinese."""
    return f"{day.year}年{day.month}月{day.day}日"


def en_date(day: date) -> str:
    """As ISO 8601 writes it."""
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"
