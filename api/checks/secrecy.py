"""Checks of what may tell more than it should: the rules about strangers, and a demonstration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from api.checks.findings import Check, Examined, good, warning
from domain.rulebook_text import Rulebook, parse_stored

_ADOPTED = """
SELECT convert_from(state, 'UTF8')::jsonb, originator_version FROM tenure.events
WHERE topic = 'rulebook.version_adopted'
"""


def check_disclosure(house: Examined) -> Iterator[Check]:
    """Strangers see deadlines to the day, and nobody reads without a measure."""
    rules = _in_force(house)
    if rules is None:
        return
    disclosure = rules.disclosure
    if disclosure.deadline_to_strangers == "instant":
        yield warning(
            "disclosure",
            f"现行规则 {rules.version} 向外人显示精确到期时刻（disclosure.deadline_to_strangers 为"
            " instant）：有人可写脚本抢占",
            f"the rules in force, {rules.version}, tell strangers deadlines to the instant "
            "(disclosure.deadline_to_strangers is instant): somebody can write a script that lies "
            "in wait",
        )
    else:
        yield good("disclosure", "外人只见到期日", "strangers see the days of deadlines alone")
    if disclosure.details_a_day is None:
        yield warning(
            "disclosure",
            f"建议：现行规则 {rules.version} 不限制每日查看详情的客户数"
            "（disclosure.details_a_day）",
            f"advice: the rules in force, {rules.version}, set no daily cap on details "
            "(disclosure.details_a_day)",
        )


def check_demonstration(house: Examined) -> Iterator[Check]:
    """A house that people work in prints no tokens."""
    if house.settings.demo:
        yield warning(
            "demonstration",
            "TENURE_DEMO 已开启：启动时为空库填入示例，并打印各角色的令牌；仅供演示",
            "TENURE_DEMO is on: the service fills an empty database and prints a token for every "
            "role; for demonstrations only",
        )


def _in_force(house: Examined) -> Rulebook | None:
    """The rulebook that decides now; None of a log that nobody has opened."""
    with house.database.autocommit() as cursor:
        cursor.execute(_ADOPTED)
        adopted: list[Any] = cursor.fetchall()
    now = datetime.now(UTC)
    effective = [
        (datetime.fromisoformat(state["effective_from"]), version, state["toml"])
        for state, version in adopted
        if datetime.fromisoformat(state["effective_from"]) <= now
    ]
    return parse_stored(max(effective)[2]) if effective else None
