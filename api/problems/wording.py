"""Facts of a problem in words: what a person reads in `detail`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.languages import Language

SHANGHAI = ZoneInfo("Asia/Shanghai")
_TEXT_MAX = 200

_NOTHING: Mapping[str, tuple[str, str]] = {
    "until": ("审核作出决定后确定", "set once the review is decided"),
    "holder": ("无（在公共客户池中）", "nobody (it is in the pool)"),
}
_VALUES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "stage": {
        "pool": ("公共客户", "in the pool"),
        "waiting": ("待审核", "waiting for review"),
        "rejected": ("审核未通过", "rejected"),
        "potential": ("潜在客户", "potential"),
        "intent": ("意向客户", "intent"),
        "formal": ("正式客户", "formal"),
    },
    "match": {
        "same": ("同名", "of the same name"),
        "similar": ("名称相似", "of a similar name"),
        "phone": ("电话相同", "under the same phone"),
    },
    "kind": {
        "customer": ("客户", "customer"),
        "member": ("成员", "member"),
        "token": ("令牌", "token"),
        "rulebook": ("制度版本", "rulebook version"),
        "contact": ("联系人", "contact"),
        "address": ("地址", "address"),
        "problem": ("问题说明", "problem"),
    },
}
_VALUES = {**_VALUES, "allowed": _VALUES["stage"]}


class Words(dict[str, str]):
    """Facts as text, for a template; a fact that is not there is a dash."""

    def __missing__(self, name: str) -> str:
        return "—"


def in_words(facts: Mapping[str, Any], language: Language) -> Words:
    """Each fact as text: stages and kinds by name, instants for people, lists joined."""
    return Words({name: _said(name, value, language) for name, value in facts.items()})


def _said(name: str, value: Any, language: Language) -> str:
    chosen = 0 if language == "zh" else 1
    if value is None:
        return _NOTHING.get(name, ("无", "none"))[chosen]
    if isinstance(value, datetime):
        return _instant(value, language)
    if isinstance(value, list | tuple):
        joiner = "、" if language == "zh" else ", "
        return joiner.join(_said(name, item, language) for item in value)
    known = _VALUES.get(name, {}).get(str(value))
    return known[chosen] if known else str(value)[:_TEXT_MAX]


def _instant(at: datetime, language: Language) -> str:
    """To the second; Beijing time in Chinese, UTC in English."""
    if language == "zh":
        return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}（北京时间）"
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
