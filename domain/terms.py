"""The words of the log and the surface, each in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Term(NamedTuple):
    """One word in both languages; the English one is made to stand inside a sentence."""

    zh: str
    en: str


STAGES: Final[Mapping[str, Term]] = {
    "waiting": Term("待审核", "waiting for review"),
    "rejected": Term("审核未通过", "refused by the review"),
    "potential": Term("潜在客户", "potential"),
    "intent": Term("意向客户", "intent"),
    "formal": Term("正式客户", "formal"),
}

CHANNELS: Final[Mapping[str, Term]] = {
    "phone": Term("电话", "by phone"),
    "visit": Term("拜访", "by visit"),
    "message": Term("消息", "by message"),
    "mail": Term("邮件", "by mail"),
    "other": Term("其他方式", "by other means"),
}

ROLES: Final[Mapping[str, Term]] = {
    "seller": Term("售前", "seller"),
    "manager": Term("销售经理", "manager"),
    "director": Term("总监", "director"),
    "reviewer": Term("审核员", "reviewer"),
    "risk": Term("风控", "risk"),
    "finance": Term("财务", "finance"),
    "after-sales": Term("售后", "after-sales"),
    "after-sales-manager": Term("售后经理", "after-sales manager"),
    "customer-manager": Term("客户经理", "customer manager"),
    "marketing-manager": Term("市场经理", "marketing manager"),
    "auditor": Term("审计员", "auditor"),
    "administrator": Term("管理员", "administrator"),
}

COMMANDS: Final[Mapping[str, Term]] = {
    "register": Term("登记客户", "register the customer"),
    "claim": Term("申请保护", "claim the customer"),
    "withdraw": Term("撤回申请", "withdraw the claim"),
    "review": Term("审核", "review the claim"),
    "follow-up": Term("客户跟踪", "note a follow-up"),
    "release": Term("放弃客户", "give the customer up"),
    "add-contact": Term("添加联系人", "add a contact person"),
    "change-profile": Term("修改资料", "change the record"),
}

RULES: Final[Mapping[str, Term]] = {
    "already-protected": Term("该客户已被保护", "the customer is already protected"),
    "barred": Term("放弃后的限制期未满", "the bar after giving it up still runs"),
    "not-the-holder": Term("只有跟进人可以操作", "only the holder may"),
    "wrong-stage": Term("当前阶段不允许", "the stage does not allow it"),
    "own-decision": Term("当事人不得自行决定", "a party may not decide"),
    "duplicate-name": Term("已有相同或相似的客户", "the same or a similar company is registered"),
    "nothing-pending": Term("没有待决的申请", "nothing is waiting for a decision"),
    "already-pending": Term("已有待决的申请", "an application is open already"),
    "pool-closed": Term("公共客户池尚未开放", "the pool is not open now"),
    "too-late": Term("期限已过", "the time for it has passed"),
    "earlier-claim": Term("相近客户有在先的申请", "a similar record has an earlier claim"),
    "number-taken": Term("合同编号已被使用", "the number is taken"),
    "merged": Term("该客户已被合并", "the customer was merged into another"),
}

ENDINGS: Final[Mapping[str, Term]] = {
    "lapsed": Term("到期自动落入公海", "the deadline passed"),
    "released": Term("放弃", "given up"),
    "withdrawn": Term("撤回申请", "the claim was withdrawn"),
    "removed": Term("移除跟进人", "the holder was removed"),
    "review-passed": Term("审核通过", "the review was passed"),
    "review-refused": Term("审核未通过", "the review was refused"),
    "corrected": Term("申请已更正", "the claim was corrected"),
    "term-over": Term("保护期满", "the term was over"),
}

FIELDS: Final[Mapping[str, Term]] = {
    "name": Term("名称", "the name"),
    "address": Term("地址", "the address"),
    "industry": Term("行业", "the industry"),
    "phone": Term("电话", "the phone"),
    "introduction": Term("客户介绍", "the introduction"),
}

KINDS: Final[Mapping[str, Term]] = {
    "name": Term("全称", "full name"),
    "core": Term("字号与行业", "core of the name"),
    "phone": Term("电话", "phone"),
}
