"""Values as people read them: words, spans, and instants in the zone of the page.

That is Beijing time in Chinese and UTC in English, as in every sentence of the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from markupsafe import Markup

from api.answers import instant
from api.console.catalogue import marked, translated
from api.languages import Language
from api.problems import BY_SLUG
from api.problems.wording import SHANGHAI
from domain import terms
from domain.terms import Term

ZONES: Final[Mapping[Language, tzinfo]] = {"zh": SHANGHAI, "en": UTC}
OFFSETS: Final[Mapping[Language, str]] = {"zh": "+08:00", "en": "Z"}
STATES: Final[Mapping[str, Term]] = {
    **terms.STAGES,
    "rejected": Term("审核未通过", "rejected"),
    "pool": Term("公共客户", "in the pool"),
    "merged": Term("已并入另一客户", "merged"),
}
MATCHES: Final[Mapping[str, Term]] = {
    "same": Term("名称相同", "same name"),
    "similar": Term("名称相似", "similar name"),
    "part": Term("名称含有", "part of the name"),
    "phone": Term("电话相同", "same phone"),
}
DECISIONS: Final[Mapping[str, Term]] = {
    "pass": Term("通过", "pass"),
    "grant": Term("批准", "grant"),
    "refuse": Term("不通过", "refuse"),
}
WITHDRAWN: Final[Mapping[str, Term]] = {
    "claim": Term("保护申请", "the claim"),
    "intent": Term("意向申请", "the application for intent"),
    "extension": Term("延期申请", "the application for more time"),
}
RESOLUTIONS: Final[Mapping[str, Term]] = {
    "merge": Term("合并", "merge them"),
    "different": Term("不是同一家公司", "they are two companies"),
}
AGENDA: Final[Mapping[str, Term]] = {
    "deadline": Term("保护到期", "protection ends"),
    "removal": Term("未更正将被移除", "removal unless corrected"),
    "review_due": Term("应审核", "review due"),
    "check_review": Term("查看审核结果", "look for the review's answer"),
    "next_contact": Term("下次联系", "next contact"),
    "contract_expires": Term("预领合同失效", "drawn contract expires"),
    "decision_due": Term("应决定申请", "application to be decided"),
}
APPROVALS: Final[Mapping[str, Term]] = {
    "review": Term("保护申请", "claim"),
    "intent": Term("意向申请", "intent"),
    "extension": Term("延期申请", "more time"),
    "contract": Term("待确认的合同", "contract to confirm"),
    "duplicate": Term("重复报告", "reported duplicate"),
    "dispute": Term("撞单争议", "dispute"),
    "after-sales": Term("待指定售后负责人", "person of after-sales"),
    "details": Term("查阅资料申请", "request to read details"),
}
ENTRANCE: Final[Mapping[str, Term]] = {
    "set-password": Term("设置一次性密码", "make a one-time password"),
    "end-session": Term("结束会话", "end a session"),
    "change-password": Term("修改密码", "change one's password"),
}
"""What is done at the entrance, which is no event of the log."""
STANDINGS: Final[Mapping[str, Term]] = {
    "active": Term("在职", "active"),
    "leaving": Term("将离职", "leaves"),
    "left": Term("已离职", "left"),
}
REACH: Final[Mapping[str, Term]] = {
    "any": Term("全部", "everything"),
    "department": Term("本部门及下级部门", "the department and those below"),
    "own": Term("本人的", "one's own"),
}
FALLS: Final[Mapping[str, Term]] = {
    "same": Term("不变", "the same"),
    "earlier": Term("提前落入公海", "falls earlier"),
    "later": Term("推后落入公海", "falls later"),
    "spared": Term("不再落入公海", "would not fall"),
    "added": Term("新落入公海", "would fall"),
    "never_begun": Term("不会有此保护", "would not have been held"),
}
DECIDING: Final[Mapping[str, str]] = {
    "review": "review",
    "intent": "decide-intent",
    "extension": "decide-extension",
    "contract": "confirm-contract",
    "duplicate": "resolve-duplicate",
    "dispute": "rule-dispute",
    "after-sales": "name-after-sales",
}
"""The command that decides each kind of what waits."""
PARTS: Final[Mapping[str, Term]] = {
    "opener": Term("提出争议", "opened the dispute"),
    "contested": Term("保护受争议", "held what is contested"),
    "refused": Term("申请曾被拒绝", "was refused it meanwhile"),
    "winner": Term("裁决后的跟进人", "has it by the ruling"),
    "loser": Term("因裁决失去保护", "lost it by the ruling"),
    "stated": Term("作了陈述", "told a side"),
}
CHANGED: Final[Mapping[str, str]] = {
    "state": marked("State"),
    "holder": marked("Holder"),
    "group": marked("Group"),
    "claimed_at": marked("Claimed"),
    "until": marked("Protected until"),
    "held_over_by": marked("Held over by"),
    "held_over_until": marked("Held over until"),
    "application": marked("Open application"),
    "extensions": marked("Extensions"),
    "merged_into": marked("Merged into"),
}
"""Fields of a situation that are told where they change."""
_TERMS_OF: Final[Mapping[str, str]] = {
    "state": "state",
    "group": "group",
    "held_over_by": "hold_over",
    "application": "withdrawn",
}
_TABLES: Final[Mapping[str, Mapping[str, Term]]] = {
    "state": STATES,
    "match": MATCHES,
    "group": terms.GROUPS,
    "hold_over": terms.HOLD_OVERS,
    "command": {**terms.COMMANDS, **ENTRANCE},
    "standing": STANDINGS,
    "reach": REACH,
    "channel": terms.CHANNELS,
    "contract": terms.CONTRACT_STATES,
    "step": terms.STEPS,
    "ending": terms.ENDINGS,
    "role": terms.ROLES,
    "ruling": terms.RULINGS,
    "part": PARTS,
    "agenda": AGENDA,
    "approval": APPROVALS,
    "decision": DECISIONS,
    "withdrawn": WITHDRAWN,
    "resolution": RESOLUTIONS,
    "fall": FALLS,
    "class": {},
}
_PARTS: Final = (
    (24 * 3600, marked("{number} d")),
    (3600, marked("{number} h")),
    (60, marked("{number} min")),
)
_TO_THE_MINUTE: Final = 7 * 24 * 3600


def term(value: str | None, table: str, language: Language) -> str:
    """A value by its word of the domain; itself where there is none."""
    found = _TABLES[table].get(str(value))
    if found is None:
        return "" if value is None else str(value)
    return found.zh if language == "zh" else found.en


def titled(text: str) -> str:
    """A text with a capital at its beginning, as a heading wants it."""
    return text[:1].upper() + text[1:]


def rule_title(slug: str, language: Language) -> str:
    """The title of a problem: the rule in words."""
    row = BY_SLUG.get(slug)
    return slug if row is None else row.wording(language).title


def when(at: datetime | date | None, language: Language, *, seconds: bool = True) -> Markup:
    """An instant as `<time>`, in the page's zone; a day as it stands on paper."""
    if at is None:
        return Markup("—")
    if not isinstance(at, datetime):
        return Markup('<time datetime="{0}">{0}</time>').format(at.isoformat())
    told = at.astimezone(ZONES[language]).isoformat(" ")[: 19 if seconds else 16]
    # Digits and signs alone; a page has hundreds of these, and to escape them takes longest.
    return Markup(f'<time datetime="{instant(at)}">{told}</time>')  # noqa: S704


def typed_instant(at: datetime | None, language: Language) -> str:
    """An instant as a date-and-time field of a form takes it: in the page's zone, and up to the
    next millisecond, which is as fine as such a field can be, so that the event of that instant is
    not left out."""
    if at is None:
        return ""
    fine = at + timedelta(microseconds=-at.microsecond % 1000)
    told = fine.astimezone(ZONES[language]).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return told.removesuffix(".000")


def span(until: datetime | None, now: datetime, language: Language) -> str:
    """How long until an instant, as `lasting` says it; empty once it has passed."""
    if until is None or until <= now:
        return ""
    return lasting((until - now).total_seconds(), language)


def lasting(seconds: float, language: Language) -> str:
    """A length of time in days and hours; below a week to the minute, as a deadline that is near
    must be told."""
    left = int(seconds)
    told = len(_PARTS) if left < _TO_THE_MINUTE else len(_PARTS) - 1
    parts = []
    for unit, text in _PARTS:
        number, left = divmod(left, unit)
        if number or parts:
            parts.append(translated(text, language).format(number=number))
    return " ".join(parts[:told]) or translated(marked("less than a minute"), language)


def next_of(instants: Iterable[datetime | None], now: datetime) -> datetime | None:
    """The first of the instants that is still to come: when a part changes without an event."""
    return min((at for at in instants if at is not None and at > now), default=None)


def holder_of(told: Any, language: Language) -> str:
    """Who holds it: a member, or the group while no person of it is named; else a dash."""
    found = told if isinstance(told, dict) else {"holder": told.holder, "group": told.group}
    if found.get("holder"):
        return str(found["holder"])
    return term(found["group"], "group", language) if found.get("group") else "—"


def hit(name: str, sought: str | None) -> Markup:
    """A name with the part that was looked for marked, where it stands there as typed."""
    found = re.search(re.escape(sought.strip()), name, re.IGNORECASE) if sought else None
    if found is None or not found[0]:
        return Markup("{}").format(name)
    start, end = found.span()
    return Markup("{}<mark>{}</mark>{}").format(name[:start], found[0], name[end:])


def plainly(value: Any, name: str, language: Language) -> Markup | str:
    """A field of a situation as people read it."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        return when(value, language)
    return term(value, _TERMS_OF[name], language) if name in _TERMS_OF else str(value)


def contract_step(contract: Any, step: str) -> str:
    """What a contract says at one of its steps; products and promises in one line."""
    found = getattr(contract, step)
    if step == "products":
        told = (
            f"{product.name} × {product.quantity}"
            + (f" · ¥{product.price}" if product.price else "")
            for product in found
        )
        return "; ".join(told)
    if step == "promises":
        return "; ".join(found) or "—"
    return str(found) if found else "—"
