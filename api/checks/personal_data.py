"""Checks of what was to be erased: what waits for long, and where a destroyed key may still lie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from api.checks.findings import Check, Examined, failure, good, warning

WAITING_DAYS_MAX: Final = 15
"""PIPL sets no number of days; the usual promise to people is fifteen working days or less."""
KEPT_DAYS: Final = 30
"""For so long the page of operations tells people that backups are kept."""
_WAITING: Final = """
SELECT count(*) FROM tenure_keys.subject_keys
WHERE restricted_at < clock_timestamp() - make_interval(days => %s)
"""
_BACK_AGAIN: Final = """
SELECT count(*) FROM views.audit JOIN tenure_keys.subject_keys
    ON subject_id = (facts ->> 'subject_id')::uuid
WHERE topic = 'subject.erased' AND wrapped IS NOT NULL
"""
_DESTROYED_LATELY: Final = """
SELECT max(destroyed_at) FROM tenure_keys.subject_keys
WHERE destroyed_at > clock_timestamp() - make_interval(days => %s)
"""


def check_erasures(house: Examined) -> Iterator[Check]:
    """Nobody waits for long to be erased, and no destroyed key lies in its table's pages."""
    waiting = house.one(_WAITING, WAITING_DAYS_MAX)
    if waiting:
        yield warning(
            "erasures",
            f"{waiting} 项删除申请等待确认已超过 {WAITING_DAYS_MAX} 天：见 GET /v1/subjects",
            f"{waiting} erasures wait for more than {WAITING_DAYS_MAX} days to be confirmed: see "
            "GET /v1/subjects",
        )
    else:
        yield good("erasures", "没有久未确认的删除申请", "no erasure waits for long")
    back_again = house.one(_BACK_AGAIN)
    if back_again:
        yield failure(
            "erasures",
            f"{back_again} 个已删除者的密钥又在表中（由备份恢复？）：见运维文档 Erasure",
            f"keys of {back_again} people who were erased are there again (restored?): see "
            "operations.md, Erasure",
        )
    if house.one("SELECT is_due FROM tenure_keys.upkeep"):
        yield warning(
            "erasures",
            "密钥表尚未重写，已销毁的密钥仍在其文件中：请运行 tenure worker",
            "the table of keys is still to be rewritten, its file holds destroyed keys: run a "
            "tenure worker",
        )


def check_kept_backups(house: Examined) -> Iterator[Check]:
    """After an erasure, backups taken before it still hold the key, wrapped."""
    last: datetime | None = house.one(_DESTROYED_LATELY, KEPT_DAYS)
    if last is not None:
        day = last.date().isoformat()
        yield warning(
            "erased-in-backups",
            f"{day} 之前的备份与预写日志中仍有已删除者的密钥（已包裹）：到期删除备份，"
            "或更换主密钥并销毁旧密钥（见运维文档 Erasure）",
            f"backups and write-ahead log from before {day} hold keys of people who were erased, "
            "wrapped: delete those backups in time, or rotate and retire the key (operations.md, "
            "Erasure)",
        )
