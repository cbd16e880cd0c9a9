"""Values of a rulebook as fields of a form: by their kinds, with their bounds, and back.

What a value may be, and what it says, is the rulebook's own table. What was typed and is no such
value stays as it was typed, for the check to name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, Final, Literal

from api.console.catalogue import marked, translated
from api.languages import Language
from domain.permissions import ROLES
from domain.rulebook_kinds import (
    TERMS,
    Dates,
    Flag,
    Kind,
    LocalTime,
    OneOf,
    PerRole,
    SomeOf,
    Texts,
    Value,
    Whole,
)
from domain.rulebook_values import VALUES

FieldKind = Literal["number", "choice", "some", "lines", "time", "roles"]
Told = Mapping[str, Any]
"""Every value of a version by its name, as `GET /v1/rulebooks/{version}` tells it."""

CHAPTERS: Final[Mapping[str, str]] = {
    "": marked("The rulebook"),
    "claims": marked("Claiming and review"),
    "potential": marked("Potential customers"),
    "intent": marked("Intent customers"),
    "applications": marked("Applications"),
    "hold_over": marked("While an application waits"),
    "bar": marked("After giving up"),
    "follow_up": marked("Follow-ups"),
    "names": marked("Similar names"),
    "contracts": marked("Contracts"),
    "disputes": marked("Disputes"),
    "pool": marked("Pool"),
    "calendar": marked("Calendar"),
    "agenda": marked("Reminders"),
    "disclosure": marked("Details"),
}
"""The tables of a rulebook, as chapters."""
LABELS: Final[Mapping[str, str]] = {
    "day_counting": marked("How a day is counted"),
    "claims.review_required": marked("Review of claims"),
    "claims.review_on_pool_claim": marked("Review of claims from the pool"),
    "claims.potential_counts_from": marked("From when the term as potential runs"),
    "intent.counts_from": marked("From when the term as intent runs"),
    "bar.applies_to": marked("For whom the bar holds"),
    "names.similar": marked("A similar name"),
    "names.phone": marked("The same phone number"),
    "disclosure.deadline_to_strangers": marked("Deadlines before strangers"),
}
"""Values whose sentences are their choices."""
LEFT_OUT: Final = frozenset({"version", "profile"})
"""A version gets its name when it is adopted, and there is one profile."""
_KINDS: Final[Mapping[type[Kind], FieldKind]] = {
    Whole: "number",
    Flag: "choice",
    OneOf: "choice",
    SomeOf: "some",
    Texts: "lines",
    Dates: "lines",
    LocalTime: "time",
    PerRole: "roles",
}
_HINTS: Final[Mapping[type[Kind], str]] = {
    Texts: marked("One a line."),
    Dates: marked("One day a line, such as 2026-10-08."),
    LocalTime: marked("Beijing time. Left blank: at all hours."),
}
_DIGITS_MAX: Final = 18


@dataclass(frozen=True, slots=True)
class RuleField:
    """One value as a field. choices: what may be chosen, by its value, in words; for `roles` and
    `some`, each is a field of its own below this one's name."""

    name: str
    kind: FieldKind
    label: str
    source: str
    hint: str = ""
    low: int | None = None
    high: int | None = None
    is_optional: bool = False
    choices: tuple[tuple[str, str], ...] = ()


def chapters(language: Language) -> list[tuple[str, list[RuleField]]]:
    """Every value that may be changed, by chapter."""
    found: dict[str, list[RuleField]] = {}
    for value in VALUES:
        if value.key not in LEFT_OUT:
            found.setdefault(value.key.rpartition(".")[0], []).append(_field(value, language))
    return [(translated(CHAPTERS[table], language), fields) for table, fields in found.items()]


def typed_of(told: Told) -> dict[str, str]:
    """The fields as they say what a version says."""
    typed: dict[str, str] = {}
    for value in VALUES:
        if value.key not in LEFT_OUT:
            typed |= _typed(value, told[value.key])
    return typed


def changes_in(typed: Mapping[str, str], told: Told) -> dict[str, Any]:
    """The values that were typed and are not the version's; a field that was not sent is as it
    was."""
    changes = {}
    for value in VALUES:
        if value.key not in LEFT_OUT and value.key in typed:
            stated, kept = _stated(value, typed), _plain(told[value.key])
            is_same = stated == kept
            if isinstance(value.kind, SomeOf):
                is_same = set(stated) == set(kept)
            if not is_same:
                changes[value.key] = stated
    return changes


def carried_over(typed: Mapping[str, str], before: Told, now: Told) -> dict[str, str]:
    """What was typed over one version, over another: of its values only those that differ."""
    old, new = typed_of(before), typed_of(now)
    found = {}
    for name in {**typed, **old, **new}:
        text = typed.get(name, "").replace("\r\n", "\n")
        found[name] = text if text != old.get(name, "") else new.get(name, "")
    return found


def _field(value: Value, language: Language) -> RuleField:
    kind = value.kind
    label = LABELS.get(value.key)
    choices: tuple[tuple[str, str], ...] = ()
    if isinstance(kind, Flag):
        choices = (("true", value.says(True, language)), ("false", value.says(False, language)))
    elif isinstance(kind, OneOf):
        choices = tuple((option, value.says(option, language)) for option in kind.options)
    elif isinstance(kind, SomeOf):
        choices = tuple((option, TERMS[option][language]) for option in kind.options)
    elif isinstance(kind, PerRole):
        choices = tuple((role, TERMS[role][language]) for role in ROLES)
    bounds = kind if isinstance(kind, Whole | PerRole) else None
    return RuleField(
        name=value.key,
        kind=_KINDS[type(kind)],
        label=translated(label, language) if label else _asking(value, language),
        source=value.source,
        hint=_hint(kind, language),
        low=bounds and bounds.low,
        high=bounds and bounds.high,
        is_optional=value.optional,
        choices=choices,
    )


def _asking(value: Value, language: Language) -> str:
    """The value's sentence with a gap where it stands."""
    said = value.zh if language == "zh" else value.en
    text = said if isinstance(said, str) else said["{}"]
    return text.format("…").removesuffix("：…").removesuffix(": …")


def _hint(kind: Kind, language: Language) -> str:
    if isinstance(kind, Whole | PerRole):
        return f"{kind.low}–{kind.high}"
    hint = _HINTS.get(type(kind))
    return translated(hint, language) if hint else ""


def _typed(value: Value, told: Any) -> Iterator[tuple[str, str]]:
    kind, key = value.kind, value.key
    if isinstance(kind, SomeOf):
        yield key, ""
        yield from ((f"{key}:{option}", "on") for option in told)
    elif isinstance(kind, PerRole):
        yield key, ""
        yield from ((f"{key}:{role}", str(number)) for role, number in (told or {}).items())
    elif isinstance(kind, Flag):
        yield key, "true" if told else "false"
    elif isinstance(kind, Texts | Dates):
        yield key, "\n".join(map(str, told))
    else:
        yield key, "" if told is None else str(told)


def _stated(value: Value, typed: Mapping[str, str]) -> Any:
    """The value as JSON would carry it."""
    kind, key, text = value.kind, value.key, typed[value.key].strip()
    if isinstance(kind, SomeOf):
        return [option for option in kind.options if typed.get(f"{key}:{option}")]
    if isinstance(kind, PerRole):
        pairs = ((role, typed.get(f"{key}:{role}", "").strip()) for role in ROLES)
        return {role: _number(number) for role, number in pairs if number} or None
    if isinstance(kind, Texts | Dates):
        return [line.strip() for line in text.splitlines() if line.strip()]
    if not text:
        return None if value.optional else text
    if isinstance(kind, Flag):
        return {"true": True, "false": False}.get(text, text)
    if isinstance(kind, Whole):
        return _number(text)
    return _time(text) if isinstance(kind, LocalTime) else text


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) <= _DIGITS_MAX else text


def _time(text: str) -> str:
    """A browser leaves the seconds out where they are none."""
    try:
        return time.fromisoformat(text).isoformat()
    except ValueError:
        return text


def _plain(told: Any) -> Any:
    """A told value as `_stated` says the same."""
    if isinstance(told, Sequence) and not isinstance(told, str):
        return [str(one) for one in told]
    if isinstance(told, Mapping):
        return dict(told)
    return told if told is None or isinstance(told, bool | int) else str(told)
