"""A rulebook read from its text: every value checked, every problem found at once with its line.

What each value means and who asks for it stands in rulebook_values.py and in the text itself.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from domain.rulebook_kinds import Language
from domain.rulebook_values import VALUES
from domain.working_days import ZONE, start_of_day

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
class ClaimRules:
    """Claims and their review (S1-306 to S1-319)."""

    review_required: bool
    review_on_pool_claim: bool
    review_due_days: int
    potential_counts_from: Literal["pass", "earlier-of-pass-and-review-due", "claim"]
    removal_working_days: int
    corrections: int


@dataclass(frozen=True, slots=True)
class StageRules:
    """The term of a stage and its extensions (S1-033, S1-036, S1-042, S1-044; A-03, A-04)."""

    days: int
    extensions: int
    extension_days_max: int
    extension_window_days: int


@dataclass(frozen=True, slots=True)
class HoldOverRules:
    """How long an undecided application keeps a protection alive after its deadline (A-04)."""

    working_days: int


@dataclass(frozen=True, slots=True)
class BarRules:
    """Who may not claim again after what, and for how long (S1-037, S1-045; A-01, A-02)."""

    days: int
    applies_to: Literal["giver-up", "everyone"]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FollowUpRules:
    """What a follow-up holds (S1-030, S1-031; A-28)."""

    next_contact_required_stages: tuple[str, ...]
    next_contact_days_max: int
    note_characters_max: int


@dataclass(frozen=True, slots=True)
class NameRules:
    """What a similar name or an equal phone number does to a registration (S1-173; A-11)."""

    similar: Literal["block-unless-explained", "block", "warn"]
    phone: Literal["similar", "block", "ignore"]


@dataclass(frozen=True, slots=True)
class ContractRules:
    """How long a drawn contract waits for its signature."""

    drawn_days: int


@dataclass(frozen=True, slots=True)
class PoolRules:
    """The hours of claims from the pool, in Asia/Shanghai, half-open; None and None: always."""

    opens_at: time | None
    closes_at: time | None


@dataclass(frozen=True, slots=True)
class DisclosureRules:
    """How exactly a stranger sees a deadline."""

    deadline_to_strangers: Literal["day", "instant"]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """One version of the rules. Equal texts give equal rulebooks; nothing in one changes."""

    version: str
    profile: str
    day_counting: Literal["exact", "civil"]
    claims: ClaimRules
    potential: StageRules
    intent: StageRules
    hold_over: HoldOverRules
    bar: BarRules
    follow_up: FollowUpRules
    names: NameRules
    contracts: ContractRules
    pool: PoolRules
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
        """The first instant after `days` days from `instant` (A-10).

        Exact: as many spans of 24 hours. Civil: the day of the event is not counted and the last
        one runs to its midnight in Asia/Shanghai, so 0 days end with the day itself.
        """
        if self.day_counting == "exact":
            return instant + timedelta(days=days)
        day = instant.astimezone(ZoneInfo(ZONE)).date()
        return start_of_day(day + timedelta(days=days + 1))

    def needs_review(self, *, from_pool: bool) -> bool:
        """Whether a claim is reviewed before it is in force (S1-309, A-07)."""
        return self.claims.review_required and (self.claims.review_on_pool_claim or not from_pool)

    def stage(self, stage: str) -> StageRules:
        """The rules of "potential" or "intent". Raises KeyError for a stage without a term."""
        return {"potential": self.potential, "intent": self.intent}[stage]

    def pool_opening(self, instant: datetime) -> datetime:
        """From when on a pool customer may be claimed: `instant` itself while the pool is open."""
        opens_at, closes_at = self.pool.opens_at, self.pool.closes_at
        if opens_at is None or closes_at is None:
            return instant
        local = instant.astimezone(ZoneInfo(ZONE))
        if opens_at <= local.time() < closes_at:
            return instant
        days = 0 if local.time() < opens_at else 1
        opening = datetime.combine(local.date() + timedelta(days=days), opens_at, local.tzinfo)
        return opening.astimezone(instant.tzinfo)

    def sentences(self, language: Language) -> list[str]:
        """Every value in words, with the clauses that ask for it."""
        return [value.sentence(_found(self, value.key), language) for value in VALUES]


def parse(toml_text: str) -> Rulebook:
    """The rulebook that a text states.

    Strict: a key that is unknown or missing, a wrong type and a number out of range are problems.
    Raises InvalidRulebook with all of them, by line.
    """
    lines = _lines(toml_text[:TEXT_CHARACTERS_MAX])
    try:
        stated = _flat(_tables(toml_text))
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
            yield RulebookProblem(line, key, None, "is missing", "缺少此键")


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
            values[field.name] = tuple(value) if isinstance(value, list) else value
    return record(**values)


def _found(rulebook: Rulebook, key: str) -> object:
    found: object = rulebook
    for name in key.split("."):
        found = getattr(found, name)
    return found
