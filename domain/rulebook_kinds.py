"""The kinds of value in a rulebook: what each may be, and how it stands in a sentence."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

from domain.errors import Invalid
from domain.terms import ROLES
from domain.texts import line

Language = Literal["zh", "en"]
Words = Mapping[Language, str]


class Kind(ABC):
    """What a value may be."""

    __slots__ = ()

    @abstractmethod
    def problem(self, value: object) -> Words | None:
        """What is wrong with it, or None."""

    def words(self, value: object, _language: Language, /) -> str:
        """A good value as it stands in a sentence."""
        return str(value)

    def from_json(self, value: object) -> object:
        """What JSON states, as TOML would; what is no such value stays, for `problem` to say."""
        return value

    def shown(self, value: object) -> object:
        """A good value as JSON shows it."""
        return value


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    """A whole number from low to high."""

    low: int
    high: int

    def problem(self, value: object) -> Words | None:
        # True is an int to Python, and no number to whoever wrote it.
        if type(value) is int and self.low <= value <= self.high:
            return None
        return {
            "zh": f"应为 {self.low} 至 {self.high} 的整数",
            "en": f"must be a whole number from {self.low} to {self.high}",
        }


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    """true or false."""

    def problem(self, value: object) -> Words | None:
        if isinstance(value, bool):
            return None
        return {"zh": "应为 true 或 false", "en": "must be true or false"}


@dataclass(frozen=True, slots=True)
class OneOf(Kind):
    """One of some words."""

    options: tuple[str, ...]

    def problem(self, value: object) -> Words | None:
        if isinstance(value, str) and value in self.options:
            return None
        options = _quoted(self.options)
        return {"zh": f"应为 {options} 之一", "en": f"must be one of {options}"}


@dataclass(frozen=True, slots=True)
class SomeOf(Kind):
    """A list of distinct words, among them those that must be there, and not fewer than so many."""

    options: tuple[str, ...]
    needed: tuple[str, ...] = ()
    count_min: int = 0

    def problem(self, value: object) -> Words | None:
        if (
            isinstance(value, list)
            and all(isinstance(word, str) and word in self.options for word in value)
            and len(set(value)) == len(value) >= self.count_min
            and set(self.needed) <= set(value)
        ):
            return None
        options, needed = _quoted(self.options), _quoted(self.needed)
        zh, en = (
            f"应为不重复的列表，取自 {options}",
            f"must be a list, without repetition, of {options}",
        )
        if needed:
            zh, en = f"{zh}，且须含 {needed}", f"{en}, with {needed} in it"
        if self.count_min:
            zh, en = f"{zh}，至少 {self.count_min} 项", f"{en}, with at least {self.count_min}"
        return {"zh": zh, "en": en}

    def words(self, value: object, language: Language, /) -> str:
        terms = [TERMS[word][language] for word in value] if isinstance(value, tuple) else []
        return _listed(terms, language)


@dataclass(frozen=True, slots=True)
class PerRole(Kind):
    """A whole number from low to high for each of some roles; a role that is not named has none."""

    low: int
    high: int

    def problem(self, value: object) -> Words | None:
        number = Whole(self.low, self.high)
        if (
            isinstance(value, dict)
            and value
            and all(role in ROLES and number.problem(one) is None for role, one in value.items())
        ):
            return None
        return {
            "zh": f"应为表，各角色对应 {self.low} 至 {self.high} 的整数，如 {{ seller = 200 }}",
            "en": "must be a table of roles with a whole number "
            f"from {self.low} to {self.high} each, such as {{ seller = 200 }}",
        }

    def words(self, value: object, language: Language, /) -> str:
        pairs = value if isinstance(value, tuple) else ()
        return _listed([f"{TERMS[role][language]} {number}" for role, number in pairs], language)

    def shown(self, value: object) -> object:
        return dict(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Texts(Kind):
    """A list of distinct single lines, at least one, each of a few characters."""

    count_max: int
    characters_max: int

    def problem(self, value: object) -> Words | None:
        if (
            isinstance(value, list)
            and 1 <= len(value) <= self.count_max
            and all(self._is_line(text) for text in value)
            and len(set(value)) == len(value)
        ):
            return None
        return {
            "zh": f"应为 1 至 {self.count_max} 项不重复的列表，"
            f"每项为 1 至 {self.characters_max} 个字符的单行文字，首尾无空格",
            "en": f"must be a list of 1 to {self.count_max} distinct lines"
            f" of 1 to {self.characters_max} characters, without space around them",
        }

    def words(self, value: object, language: Language, /) -> str:
        return _listed(value if isinstance(value, tuple) else (), language)

    def _is_line(self, text: object) -> bool:
        try:
            return (
                isinstance(text, str) and line("", text, characters_max=self.characters_max) == text
            )
        except Invalid:
            return False


@dataclass(frozen=True, slots=True)
class Dates(Kind):
    """A list of distinct days, as days of the calendar without a time."""

    def problem(self, value: object) -> Words | None:
        # A TOML date-time is a date to Python, and more than a day to whoever wrote it.
        if (
            isinstance(value, list)
            and all(type(day) is date for day in value)
            and len(set(value)) == len(value)
        ):
            return None
        return {
            "zh": "应为不重复的日期列表，如 [2026-10-08, 2026-10-09]",
            "en": "must be a list of distinct dates such as [2026-10-08, 2026-10-09]",
        }

    def from_json(self, value: object) -> object:
        if not isinstance(value, list) or not all(isinstance(day, str) for day in value):
            return value
        try:
            return [date.fromisoformat(day) for day in value]
        except ValueError:
            return value

    def words(self, value: object, language: Language, /) -> str:
        days = value if isinstance(value, tuple) else ()
        return _listed([day.isoformat() for day in sorted(days)], language)


@dataclass(frozen=True, slots=True)
class Name(Kind):
    """A short name that may stand in an address: letters, digits, "." and "-"."""

    def problem(self, value: object) -> Words | None:
        if isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,39}", value):
            return None
        return {
            "zh": "应为 1 至 40 个字母、数字、“.”或“-”，以字母或数字开头",
            "en": 'must be 1 to 40 letters, digits, "." or "-", a letter or digit first',
        }


@dataclass(frozen=True, slots=True)
class LocalTime(Kind):
    """A time of day in Asia/Shanghai."""

    def problem(self, value: object) -> Words | None:
        if isinstance(value, time):
            return None
        return {"zh": "应为时刻，如 09:00:00", "en": "must be a time of day such as 09:00:00"}

    def from_json(self, value: object) -> object:
        try:
            stated = time.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return value
        # A time with an offset is no hour of the pool, which are those of Asia/Shanghai.
        return stated if stated is not None and stated.tzinfo is None else value


UNSTATED: Words = {"zh": "文件未规定", "en": "not stated"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a rulebook.

    key: table and name. source: the clauses and ambiguities behind it. because: why `default` was
    chosen, where no document states it. default: the value of the rulebook that a new log opens
    with, wherever `because` or `is_later` rests on it. is_later: texts of the first release lack
    it, and `default` stands in.
    zh, en: the sentence, with {} for the value, or one sentence for each value that it may have,
    None standing for a value that was left unset.
    """

    key: str
    kind: Kind
    source: str
    zh: str | Mapping[object, str]
    en: str | Mapping[object, str]
    because: Words | None = None
    default: object = None
    is_later: bool = False
    optional: bool = False

    def stated_default(self) -> object:
        """The default as the text of a rulebook would state it."""
        return list(self.default) if isinstance(self.default, tuple) else self.default

    def says(self, value: object, language: Language) -> str:
        """The value in words."""
        said = self.zh if language == "zh" else self.en
        text = said if isinstance(said, str) else said.get(value, said.get("{}", ""))
        return text.format(self.kind.words(value, language))

    def sentence(self, value: object, language: Language) -> str:
        """The value in words, with its source."""
        text, source = self.says(value, language), self.source_words(value, language)
        return f"{text}（{source}）。" if language == "zh" else f"{text} ({source})."

    def source_words(self, value: object, language: Language) -> str:
        """Who asks for the value: the clauses, or that no document does and why it was chosen.

        The reason is one for the default; another value is its version's own choice.
        """
        if self.because is None:
            return self.source
        if value == self.default:
            why = {
                "zh": f"因{self.because['zh']}而定",
                "en": f"chosen because {self.because['en']}",
            }
        else:
            why = {"zh": "由本版本设定", "en": "set by this version"}
        see = {"zh": f"见 {self.source}", "en": f"see {self.source}"}
        parts = [UNSTATED[language], why[language], *([see[language]] if self.source else [])]
        return ("；" if language == "zh" else "; ").join(parts)


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def _listed(words: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(words) or NOTHING[language]


TERMS: Mapping[str, Words] = {
    "waiting": {"zh": "待审核", "en": "waiting"},
    "rejected": {"zh": "审核未通过", "en": "rejected"},
    "potential": {"zh": "潜在客户", "en": "potential"},
    "intent": {"zh": "意向客户", "en": "intent"},
    "formal": {"zh": "正式客户", "en": "formal"},
    "release": {"zh": "放弃", "en": "release"},
    "withdrawal": {"zh": "撤回申请", "en": "withdrawal"},
    "lapse": {"zh": "到期落入公海", "en": "lapse"},
    "removal": {"zh": "被移除", "en": "removal"},
    "name": {"zh": "名称", "en": "name"},
    "address": {"zh": "地址", "en": "address"},
    "industry": {"zh": "行业", "en": "industry"},
    "phone": {"zh": "电话", "en": "phone"},
    "introduction": {"zh": "客户介绍", "en": "introduction"},
    "position": {"zh": "职务", "en": "position"},
    **{role: {"zh": term.zh, "en": term.en} for role, term in ROLES.items()},
}
NOTHING: Words = {"zh": "无", "en": "nothing"}
