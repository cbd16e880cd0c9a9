"""The kinds of value in a rulebook: what each may be, and how it stands in a sentence."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Literal

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
    """A list of distinct words, among them those that must be there."""

    options: tuple[str, ...]
    needed: tuple[str, ...] = ()

    def problem(self, value: object) -> Words | None:
        if (
            isinstance(value, list)
            and all(isinstance(word, str) and word in self.options for word in value)
            and len(set(value)) == len(value)
            and set(self.needed) <= set(value)
        ):
            return None
        options, needed = _quoted(self.options), _quoted(self.needed)
        return {
            "zh": f"应为不重复的列表，取自 {options}" + (f"，且须含 {needed}" if needed else ""),
            "en": f"must be a list, without repetition, of {options}"
            + (f", with {needed} in it" if needed else ""),
        }

    def words(self, value: object, language: Language, /) -> str:
        terms = [TERMS[word][language] for word in value] if isinstance(value, tuple) else []
        separator = "、" if language == "zh" else ", "
        return separator.join(terms) or NOTHING[language]


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


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f'"{word}"' for word in words)


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
}
NOTHING: Words = {"zh": "无", "en": "nothing"}
