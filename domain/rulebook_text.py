"""A rulebook read from its text: every value checked, every problem found at once with its line.

What each value means and who asks for it stands in rulebook_values.py and in the text itself.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from domain import rulebook_calendar
from domain.rulebook_kinds import Language, Value
from domain.rulebook_tables import (
    AgendaRules,
    ApplicationRules,
    BarRules,
    CalendarRules,
    ClaimRules,
    ContractRules,
    DayCounting,
    DisclosureRules,
    DisputeRules,
    FollowUpRules,
    HoldOverRules,
    IntentRules,
    NameRules,
    PoolRules,
    StageRules,
)
from domain.rulebook_values import VALUES
from domain.working_days import WorkingDeadline, end_of_working_day

TEXT_CHARACTERS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class RulebookProblem:
    """One thing wrong with a text. line: counted from 1, None where the text has no place for it.

    key: table and name, or "syntax" where the text is no TOML. value: what was found, None where
    it is missing.
    """

    line: int | None
    key: str
    value: object
    message_en: str
    message_zh: str


class InvalidRulebook(ValueError):
    """A text that is no rulebook, with every problem that it has."""

    def __init__(self, problems: tuple[RulebookProblem, ...]) -> None:
        super().__init__("; ".join(f"{found.key} {found.message_en}" for found in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ValueInWords:
    """One value of a rulebook as people read it. source: who asks for it, or why it was chosen.
    says: the words without it."""

    key: str
    value: object
    words: str
    source: str
    says: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """One version of the rules. Equal texts give equal rulebooks; nothing in one changes."""

    version: str
    profile: str
    day_counting: DayCounting
    claims: ClaimRules
    potential: StageRules
    intent: IntentRules
    applications: ApplicationRules
    hold_over: HoldOverRules
    bar: BarRules
    follow_up: FollowUpRules
    names: NameRules
    contracts: ContractRules
    disputes: DisputeRules
    pool: PoolRules
    calendar: CalendarRules
    agenda: AgendaRules
    disclosure: DisclosureRules

    @property
    def potential_days(self) -> int:
        """The term as potential customer (S1-033)."""
        return self.potential.days

    @property
    def intent_days(self) -> int:
        """The term as intent customer (S1-042)."""
        return self.intent.days

    def days_after(self, instant: datetime, days: int) -> datetime:
        """The first instant after `days` days from `instant`, as this version counts (A-10)."""
        return rulebook_calendar.days_after(instant, days, counting=self.day_counting)

    def extended(self, deadline: datetime, days: int) -> datetime:
        """A deadline that is `days` days later, as this version counts (S1-036, S1-044; A-10)."""
        return rulebook_calendar.extended(deadline, days, counting=self.day_counting)

    def working_day_end(self, instant: datetime, days: int) -> WorkingDeadline:
        """The end of the `days`-th working day after that of `instant` (S1-318; A-09, A-10)."""
        return end_of_working_day(
            instant,
            days,
            holidays=self.calendar.holidays,
            make_up_days=self.calendar.make_up_days,
        )

    def hold_over_end(self, deadline: datetime) -> WorkingDeadline:
        """Until when an undecided application keeps a protection alive after `deadline` (A-04).

        The end of the last hold-over working day after the deadline's own day; without such days
        the deadline itself. A civil deadline is the midnight that ends its day and begins none.
        """
        days = self.hold_over.working_days
        if days and self.day_counting == "civil":
            deadline -= timedelta(microseconds=1)
        return self.working_day_end(deadline, days)

    def needs_review(self, *, from_pool: bool) -> bool:
        """Whether a claim is reviewed before it is in force (S1-309, A-07)."""
        return self.claims.review_required and (self.claims.review_on_pool_claim or not from_pool)

    def stage(self, stage: str) -> StageRules:
        """The rules of "potential" or "intent". Raises KeyError for a stage without a term."""
        return {"potential": self.potential, "intent": self.intent}[stage]

    def pool_opening(self, instant: datetime) -> datetime:
        """From when on a pool customer may be claimed: `instant` itself while the pool is open."""
        return rulebook_calendar.pool_opening(instant, self.pool)

    def in_words(self, language: Language) -> list[ValueInWords]:
        """Every value in words, with who asks for it or why it was chosen."""
        return [
            ValueInWords(
                value.key,
                value.kind.shown(found := _found(self, value.key)),
                value.sentence(found, language),
                value.source_words(found, language),
                value.says(found, language),
            )
            for value in VALUES
        ]


def parse(toml_text: str) -> Rulebook:
    """The rulebook that a new text states.

    Strict: a key that is unknown or missing, a wrong type and a number out of range are problems.
    Raises InvalidRulebook with all of them, by line.
    """
    return _read(toml_text, {})


def parse_stored(toml_text: str) -> Rulebook:
    """The rulebook that a text of this or any earlier release states, which reads for ever.

    As `parse`, but values that came after the first release stand in where the text lacks them.
    Raises InvalidRulebook.
    """
    return _read(toml_text, _CAME_LATER)


def changed(toml_text: str, changes: Mapping[str, Any]) -> Rulebook:
    """The rulebook of a stored text with other values, which have no lines.

    changes: by table and name, as JSON states them; None unsets. Raises InvalidRulebook.
    """
    stated = {**_CAME_LATER, **_flat(_tables(toml_text))}
    for key, value in changes.items():
        known = _KEYS.get(key)
        stated[key] = known.kind.from_json(value) if known is not None else value
        if value is None and known is not None:
            del stated[key]
    return _checked(stated, {})


def _read(text: str, standing_in: Mapping[str, Any]) -> Rulebook:
    return _checked({**standing_in, **_flat(_tables(text))}, _lines(text[:TEXT_CHARACTERS_MAX]))


def _checked(stated: Mapping[str, Any], lines: Mapping[str, int]) -> Rulebook:
    try:
        found = [*_unknown(stated, lines), *_wrong(stated, lines)]
    except RecursionError as error:
        raise InvalidRulebook((_syntax("nested too deeply", "嵌套过深"),)) from error
    if not found:
        found += _contradictions(stated, lines)
    if found:
        raise InvalidRulebook(tuple(sorted(found, key=lambda problem: problem.line or 0)))
    rulebook: Rulebook = _build(Rulebook, stated, "")
    return rulebook


def _tables(text: str) -> dict[str, Any]:
    if len(text) > TEXT_CHARACTERS_MAX:
        limit = f"{TEXT_CHARACTERS_MAX:,}"
        raise InvalidRulebook((_syntax(f"longer than {limit} characters", f"超过 {limit} 个字符"),))
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InvalidRulebook((_syntax("nested too deeply", "嵌套过深"),)) from error
    # Beside its own error the parser raises ValueError for dates and numbers that cannot be.
    except ValueError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else None
        raise InvalidRulebook(
            (_syntax(f"is no TOML: {error}", f"不是有效的 TOML：{error}", line),)
        ) from error


def _syntax(en: str, zh: str, line: int | None = None) -> RulebookProblem:
    return RulebookProblem(line, "syntax", None, en, zh)


_KEYS = {value.key: value for value in VALUES}
_CAME_LATER = {value.key: value.stated_default() for value in VALUES if value.is_later}
_TABLES = frozenset(key.partition(".")[0] for key in _KEYS if "." in key)


def _flat(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Values by table and name; what is no table of ours stays as one value."""
    stated: dict[str, Any] = {}
    for name, content in tables.items():
        if name in _TABLES and isinstance(content, dict):
            stated |= {f"{name}.{key}": value for key, value in content.items()}
        else:
            stated[name] = content
    return stated


def _unknown(stated: Mapping[str, Any], lines: Mapping[str, int]) -> Iterator[RulebookProblem]:
    for key, value in stated.items():
        if key in _TABLES:
            en, zh = "must be a table", "应为表"
        elif key not in _KEYS:
            en, zh = "is not known", "未知的键"
        else:
            continue
        yield RulebookProblem(lines.get(key), key, value, en, zh)


def _wrong(stated: Mapping[str, Any], lines: Mapping[str, int]) -> Iterator[RulebookProblem]:
    for key, value in _KEYS.items():
        if key in stated:
            problem = value.kind.problem(stated[key])
            if problem:
                shown = repr(stated[key])[:60]
                yield RulebookProblem(
                    lines.get(key),
                    key,
                    stated[key],
                    f"{problem['en']}, not {shown}",
                    f"{problem['zh']}，而不是 {shown}",
                )
        elif not value.optional and key.partition(".")[0] not in stated:
            line = lines.get(key.partition(".")[0]) if "." in key else None
            yield RulebookProblem(line, key, None, *_missing(value))


def _missing(value: Value) -> tuple[str, str]:
    """In English and Chinese; who adopts an older text with a change is told what to add."""
    if not value.is_later:
        return "is missing", "缺少此键"
    default = json.dumps(value.stated_default(), ensure_ascii=False)
    return f"is missing; the default is {default}", f"缺少此键；默认值为 {default}"


def _contradictions(
    stated: Mapping[str, Any], lines: Mapping[str, int]
) -> Iterator[RulebookProblem]:
    """Values that are good by themselves and not together."""
    opens_at, closes_at = stated.get("pool.opens_at"), stated.get("pool.closes_at")
    if (opens_at is None) != (closes_at is None):
        missing = "pool.closes_at" if closes_at is None else "pool.opens_at"
        yield RulebookProblem(
            lines.get("pool"),
            missing,
            None,
            "is missing: the pool has both hours or neither",
            "缺少此键：开放与关闭时间须同时设置或同时不设",
        )
    elif opens_at is not None and not opens_at < closes_at:
        yield RulebookProblem(
            lines.get("pool.closes_at"),
            "pool.closes_at",
            closes_at,
            f"must be later than pool.opens_at, {opens_at}",
            f"须晚于 pool.opens_at（{opens_at}）",
        )
    both = set(stated["calendar.holidays"]) & set(stated["calendar.make_up_days"])
    if both:
        days = ", ".join(day.isoformat() for day in sorted(both))
        yield RulebookProblem(
            lines.get("calendar.make_up_days"),
            "calendar.make_up_days",
            stated["calendar.make_up_days"],
            f"must not name a day of calendar.holidays: {days}",
            f"不得与 calendar.holidays 含同一日期：{days}",
        )


_TRIPLE = re.compile("\"\"\"|'''")


def _lines(text: str) -> dict[str, int]:
    """The line of each table and key; a key inside a text of several lines is none."""
    lines: dict[str, int] = {}
    table = ""
    is_inside_text = False
    for number, line in enumerate(text.splitlines(), start=1):
        if not is_inside_text:
            start, equals, _ = line.strip().partition("=")
            if start.startswith("["):
                table = _bare(start[1:].partition("]")[0])
                lines.setdefault(table, number)
            elif equals and not start.startswith("#"):
                key = _bare(start)
                lines.setdefault(f"{table}.{key}" if table else key, number)
        is_inside_text ^= len(_TRIPLE.findall(line)) % 2 == 1
    return lines


def _bare(key: str) -> str:
    return ".".join(part.strip(" \"'") for part in key.split("."))


def _build(record: type[Any], stated: Mapping[str, Any], table: str) -> Any:
    """A dataclass from its values, and its own dataclasses from their tables."""
    values = {}
    for field in fields(record):
        key = f"{table}.{field.name}" if table else field.name
        if is_dataclass(field.type) and isinstance(field.type, type):
            values[field.name] = _build(field.type, stated, key)
        else:
            value = stated.get(key)
            values[field.name] = _fixed(value)
    return record(**values)


def _fixed(value: Any) -> Any:
    """A value as nothing changes it: lists and tables as tuples."""
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    return tuple(value) if isinstance(value, list) else value


def _found(rulebook: Rulebook, key: str) -> object:
    found: object = rulebook
    for name in key.split("."):
        found = getattr(found, name)
    return found
