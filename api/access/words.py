"""An entry of the access log in one sentence, Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from api.access.looks import FIELDS, Field
from api.access.questions import Found
from api.languages import Language

Both = Mapping[Language, str]
NAMES_MAX = 3
FIELD_WORDS: Final[Mapping[Field, Both]] = {
    "phone": {"zh": "电话", "en": "the phone number"},
    "contact-names": {"zh": "联系人姓名", "en": "the names of contacts"},
    "contact-phones": {"zh": "联系人电话", "en": "the phone numbers of contacts"},
    "introduction": {"zh": "客户介绍", "en": "the introduction"},
    "notes": {"zh": "跟踪笔记", "en": "the notes"},
    "reasons": {"zh": "理由与陈述", "en": "reasons and statements"},
    "applications": {"zh": "申请内容", "en": "the applications"},
    "contracts": {"zh": "合同内容", "en": "the contracts"},
}
VIEW_WORDS: Final[Mapping[str, Both]] = {
    "card": {"zh": "客户资料", "en": "card"},
    "history": {"zh": "历史", "en": "history"},
    "replay": {"zh": "重演", "en": "replay"},
    "what-if": {"zh": "假设分析", "en": "what if"},
    "holder": {"zh": "归属查询", "en": "holder"},
    "dispute": {"zh": "争议", "en": "dispute"},
    "disputes": {"zh": "争议列表", "en": "disputes"},
    "address-book": {"zh": "通讯录", "en": "address book"},
    "approvals": {"zh": "待审批", "en": "approvals"},
    "briefing": {"zh": "晨报", "en": "briefing"},
    "audit": {"zh": "审计日志", "en": "audit"},
    "events": {"zh": "事件", "en": "events"},
    "stream": {"zh": "事件流", "en": "stream of events"},
    "access": {"zh": "访问日志", "en": "access log"},
    "searches": {"zh": "查重记录", "en": "searches"},
    "pool": {"zh": "公共客户池", "en": "pool"},
    "board": {"zh": "保护看板", "en": "board"},
}
RIGHT_WORDS: Final[Mapping[str, Both]] = {
    "holder": {"zh": "跟进人", "en": "as holder"},
    "signer": {"zh": "签约人", "en": "as signer of its contract"},
    "department": {"zh": "本部门及下级部门的主管", "en": "as a manager above its holder"},
    "task": {"zh": "职责所需", "en": "because its task is his now"},
    "role": {"zh": "角色可看任何客户", "en": "by a role that sees any customer"},
    "grant": {"zh": "经批准的查阅申请", "en": "by a grant for some days"},
    "author": {"zh": "录入人", "en": "as who entered them"},
    "party": {"zh": "争议当事人", "en": "as a party"},
    "decider": {"zh": "审批人", "en": "as who decides"},
    "details-a-day": {"zh": "当日查看详情的上限", "en": "the day's cap of details"},
    "own-decision": {"zh": "不得审批本人的申请", "en": "nobody decides his own case"},
}
MATCH_WORDS: Final[Mapping[str, Both]] = {
    "same": {"zh": "相同", "en": "same"},
    "similar": {"zh": "相似", "en": "similar"},
    "part": {"zh": "含有", "en": "part"},
    "region": {"zh": "区域", "en": "region"},
    "phone": {"zh": "电话", "en": "phone"},
}


def sentence(entry: Found, names: Mapping[UUID, str], language: Language) -> str:
    """What the entry says. names: of the customers, as they are called now."""
    who = entry.member or ("某人" if language == "zh" else "somebody")
    told = _SENTENCES.get(entry.kind, _other)
    said = told(entry, names, language)
    return f"{who}{said}。" if language == "zh" else f"{who} {said}."


def _read(entry: Found, names: Mapping[UUID, str], language: Language) -> str:
    seen = _listed([FIELD_WORDS[field][language] for field in _fields(entry)], language)
    whose = _customers(entry, names, language)
    view, right = _view(entry, language), _right(entry, language)
    if language == "zh":
        return f"查看了{whose}的{seen}（{view}；凭：{right}）"
    return f"saw {seen} of {whose} ({view}; {right})"


def _searched(entry: Found, names: Mapping[UUID, str], language: Language) -> str:
    facts, is_zh = entry.facts, language == "zh"
    asked = []
    if facts.get("name"):
        asked.append(f"名称“{facts['name']}”" if is_zh else f"the name “{facts['name']}”")
    if facts.get("phone_hash"):
        asked.append("一个电话" if is_zh else "a phone number")
    if facts.get("region"):
        asked.append(f"区域“{facts['region']}”" if is_zh else f"the region “{facts['region']}”")
    shown = [_shown(item, names, language) for item in facts["shown"][:NAMES_MAX]]
    count = len(facts["shown"])
    what = _listed(asked, language)
    if is_zh:
        more = f"：{'；'.join(shown)}{'……' if count > NAMES_MAX else ''}" if shown else ""
        return f"查重：{what}，显示 {count} 条记录{more}"
    more = f": {'; '.join(shown)}{' …' if count > NAMES_MAX else ''}" if shown else ""
    return f"checked {what} and was shown {count} record{'' if count == 1 else 's'}{more}"


def _looked_through(entry: Found, names: Mapping[UUID, str], language: Language) -> str:
    words, count = entry.facts["words"], len(entry.facts["events"])
    whose = _customers(entry, names, language) if entry.customer_ids else ""
    if language == "zh":
        return f"在审计日志中查找“{words}”，显示 {count} 条事件{f'（{whose}）' if whose else ''}"
    about = f", about {whose}" if whose else ""
    return (
        f"looked through the audit for “{words}” and was shown"
        f" {count} event{'' if count == 1 else 's'}{about}"
    )


def _shown(item: Mapping[str, Any], names: Mapping[UUID, str], language: Language) -> str:
    name = names.get(UUID(item["customer_id"]), item["customer_id"])
    match = MATCH_WORDS.get(item["match"], {}).get(language, item["match"])
    holder = item["holder"] or item["group"]
    until = item["protected_until"]
    if language == "zh":
        held = f"，跟进人 {holder}" if holder else "，无跟进人"
        return f"{name}（{match}{held}{f'，至 {until}' if until else ''}）"
    held = f", held by {holder}" if holder else ", held by nobody"
    return f"{name} ({match}{held}{f' until {until}' if until else ''})"


def _exported(entry: Found, _names: Mapping[UUID, str], language: Language) -> str:
    view, right = _view(entry, language), _right(entry, language)
    if language == "zh":
        return f"开始导出{view}（凭：{right}）"
    return f"began to export: {view} ({right})"


def _ended(entry: Found, _names: Mapping[UUID, str], language: Language) -> str:
    view, rows, complete = _view(entry, language), entry.facts["rows"], entry.facts["complete"]
    if language == "zh":
        return f"导出{view} {rows} 行，{'已完成' if complete else '中途中断'}"
    return f"exported {rows} rows: {view}; {'complete' if complete else 'cut off'}"


def _asked(entry: Found, names: Mapping[UUID, str], language: Language) -> str:
    view = _view(entry, language)
    whose = _customers(entry, names, language) if entry.customer_ids else ""
    member = entry.facts.get("filters", {}).get("member")
    if language == "zh":
        about = "，".join(part for part in (member and f"成员 {member}", whose) if part)
        return f"查询了{view}{f'（{about}）' if about else ''}"
    about = ", ".join(part for part in (member and f"member {member}", whose) if part)
    return f"asked the {view}{f' ({about})' if about else ''}"


def _refused(entry: Found, names: Mapping[UUID, str], language: Language) -> str:
    right = _right(entry, language)
    whose = _customers(entry, names, language) if entry.customer_ids else ""
    if language == "zh":
        return f"被拒绝：{right}{f'（{whose}）' if whose else ''}"
    return f"was refused: {right}{f' ({whose})' if whose else ''}"


def _sign_in_failed(entry: Found, _names: Mapping[UUID, str], language: Language) -> str:
    if entry.facts.get("reason") != "turned-away":
        return "登录失败" if language == "zh" else "failed to sign in"
    return (
        "登录尝试过于频繁，须等待"
        if language == "zh"
        else "tried to sign in too often and was turned away for a while"
    )


def _signed_out(entry: Found, _names: Mapping[UUID, str], language: Language) -> str:
    of = entry.facts.get("of")
    if of is None or of == entry.member:
        return "已退出" if language == "zh" else "signed out"
    return f"结束了 {of} 的会话" if language == "zh" else f"ended a session of {of}"


def _password_set(entry: Found, _names: Mapping[UUID, str], language: Language) -> str:
    of = entry.facts["of"]
    return f"为 {of} 设置了一次性密码" if language == "zh" else f"set a one-time password for {of}"


def _plain(zh: str, en: str) -> Callable[[Found, Mapping[UUID, str], Language], str]:
    def told(_entry: Found, _names: Mapping[UUID, str], language: Language) -> str:
        return zh if language == "zh" else en

    return told


def _other(entry: Found, _names: Mapping[UUID, str], language: Language) -> str:
    return f"：{entry.kind}" if language == "zh" else f": {entry.kind}"


_SENTENCES: Final[Mapping[str, Callable[[Found, Mapping[UUID, str], Language], str]]] = {
    "details-read": _read,
    "waiting-read": _read,
    "collision-asked": _searched,
    "words-asked": _looked_through,
    "exported": _exported,
    "export-ended": _ended,
    "access-asked": _asked,
    "refused": _refused,
    "signed-in": _plain("已登录", "signed in"),
    "sign-in-failed": _sign_in_failed,
    "signed-out": _signed_out,
    "password-set": _password_set,
    "password-changed": _plain("更改了自己的密码", "changed the password"),
}


def _fields(entry: Found) -> list[Field]:
    return [field for field in FIELDS if field in entry.facts.get("fields", ())]


def _view(entry: Found, language: Language) -> str:
    view = str(entry.facts.get("view", ""))
    return VIEW_WORDS.get(view, {}).get(language, view)


def _right(entry: Found, language: Language) -> str:
    right = str(entry.state.get("right") or "")
    return RIGHT_WORDS.get(right, {}).get(language, right)


def _customers(entry: Found, names: Mapping[UUID, str], language: Language) -> str:
    """The first few by name, and how many they are."""
    known = [names.get(one, str(one)) for one in entry.customer_ids]
    if len(known) <= NAMES_MAX:
        return _listed(known, language)
    shown = "、".join(known[:NAMES_MAX]) if language == "zh" else ", ".join(known[:NAMES_MAX])
    if language == "zh":
        return f"{shown}等 {len(known)} 家客户"
    return f"{shown} and {len(known) - NAMES_MAX} others"


def _listed(words: Sequence[str], language: Language) -> str:
    if language == "zh":
        return "、".join(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
