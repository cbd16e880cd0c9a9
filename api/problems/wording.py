"""Facts of a problem in words: what a person reads in `detail`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.languages import Language
from domain.events.values import Stage
from domain.protection import AFTER_SALES
from domain.terms import CONTRACT_STATES, GROUPS, STEPS

SHANGHAI = ZoneInfo("Asia/Shanghai")
_TEXT_MAX = 200

_NOTHING: Mapping[str, tuple[str, str]] = {
    "until": ("审核作出决定后确定", "set once the review is decided"),
    "holder": ("无（在公共客户池中）", "nobody (it is in the pool)"),
    "condition": ("", ""),
}
_WITHOUT_DEADLINE = ("无（正式客户不到期）", "none (a formal customer stays one)")
_VALUES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "stage": {
        "pool": ("公共客户", "in the pool"),
        "waiting": ("待审核", "waiting for review"),
        "rejected": ("审核未通过", "rejected"),
        "potential": ("潜在客户", "potential"),
        "intent": ("意向客户", "intent"),
        "formal": ("正式客户", "formal"),
        "merged": ("已并入另一客户", "merged into another record"),
        **{
            state: (f"合同{term.zh}", f"contract {term.en}")
            for state, term in CONTRACT_STATES.items()
        },
        **{
            step: (f"合同已填至{term.zh}", f"contract filled in as far as {term.en}")
            for step, term in STEPS.items()
        },
    },
    "group": {name: (term.zh, term.en) for name, term in GROUPS.items()},
    "condition": {
        "own": (
            "您的角色只能用于本人或本人名下的客户。",
            " Yours reach yourself and what you hold.",
        ),
        "department": (
            "您的角色只能用于本部门及其下级部门。",
            " Yours reach your own department and those below it.",
        ),
    },
    "match": {
        "same": ("同名", "of the same name"),
        "similar": ("名称相似", "of a similar name"),
        "phone": ("电话相同", "under the same phone"),
    },
    "kind": {
        "customer": ("客户", "customer"),
        "checkpoint": ("检查点", "checkpoint"),
        "leaf": ("已封存的记录", "sealed record"),
        "member": ("成员", "member"),
        "token": ("令牌", "token"),
        "rulebook": ("制度版本", "rulebook version"),
        "contact": ("联系人", "contact"),
        "contract": ("合同", "contract"),
        "dispute": ("争议", "dispute"),
        "duplicate": ("重复报告", "report of a duplicate"),
        "details-request": ("查阅申请", "request to read details"),
        "address": ("地址", "address"),
        "session": ("会话", "session"),
        "webhook": ("webhook", "webhook"),
        "problem": ("问题说明", "problem"),
    },
}
_VALUES = {
    **_VALUES,
    "allowed": {
        **_VALUES["stage"],
        **{step: (f"填写{term.zh}", f"fill in {term.en}") for step, term in STEPS.items()},
    },
}


class Words(dict[str, str]):
    """Facts as text, for a template; a fact that is not there is a dash."""

    def __missing__(self, name: str) -> str:
        return "—"


def in_words(facts: Mapping[str, Any], language: Language) -> Words:
    """Each fact as text: stages and kinds by name, instants for people, lists joined.

    Where a group holds the customer, it is told as the holder; a claim that stands and has no
    holder is the group's (A-31).
    """
    words = Words({name: _said(name, value, language) for name, value in facts.items()})
    group = facts.get("group") or (AFTER_SALES if "claimed_at" in facts else None)
    if facts.get("holder") is None and group is not None:
        words["holder"] = _said("group", group, language)
    if facts.get("until") is None and facts.get("stage") == Stage.FORMAL:
        words["until"] = _WITHOUT_DEADLINE[language == "en"]
    return words


def _said(name: str, value: Any, language: Language) -> str:
    chosen = 0 if language == "zh" else 1
    if value is None or value == []:
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
