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

GROUPS: Final[Mapping[str, Term]] = {
    "after-sales": Term("售后组", "the after-sales group"),
}

HOLD_OVERS: Final[Mapping[str, Term]] = {
    "intent": Term("意向申请", "application for intent"),
    "extension": Term("延期申请", "application for more time"),
    "contract": Term("已签未确认的合同", "signed contract"),
}
"""What keeps a protection alive beyond its deadline until it is decided."""

STEPS: Final[Mapping[str, Term]] = {
    "type": Term("合同类型", "the type"),
    "signed_on": Term("签订日期", "the date of signing"),
    "payment_method": Term("付款方式", "the method of payment"),
    "buyer": Term("购买方信息", "the buyer"),
    "products": Term("合同产品", "the products"),
    "promises": Term("附加及其他", "what is promised besides"),
}
"""Steps of a contract, in their order (S1-056)."""

CONTRACT_STATES: Final[Mapping[str, Term]] = {
    "drawn": Term("已预领", "drawn"),
    "signed": Term("已签订", "signed"),
    "confirmed": Term("已确认", "confirmed"),
    "voided": Term("已作废", "void"),
    "dropped": Term("已随保护结束而关闭", "closed with the protection"),
    "expired": Term("逾期未签而失效", "expired unsigned"),
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
    "classify": Term("客户分类", "put the customer into a class"),
    "intent": Term("申请转为意向客户", "apply for intent"),
    "decide-intent": Term("决定意向申请", "decide the application for intent"),
    "extension": Term("申请延期", "apply for more time"),
    "decide-extension": Term("决定延期申请", "decide the application for more time"),
    "transfer": Term("转移客户", "transfer the customer"),
    "remove-holder": Term("移除跟进人", "remove the holder"),
    "draw-contract": Term("预领合同", "draw a contract"),
    "detail-contract": Term("填写合同", "fill in the contract"),
    "confirm-contract": Term("确认合同", "confirm the contract"),
    "void-contract": Term("作废合同", "declare the contract void"),
    "name-after-sales": Term("指定售后负责人", "name the person of after-sales"),
    "report-duplicate": Term("报告重复客户", "report a duplicate"),
    "resolve-duplicate": Term("决定重复报告", "decide the report of a duplicate"),
    "open-dispute": Term("提出撞单争议", "open a dispute"),
    "state-in-dispute": Term("就争议陈述", "state one's side of the dispute"),
    "rule-dispute": Term("裁决撞单争议", "rule the dispute"),
    "leave": Term("安排成员离职", "arrange for a member's leaving"),
    "ask-details": Term("申请查阅客户资料", "ask to read the customer's details"),
    "decide-details": Term("决定查阅申请", "decide the request to read details"),
    "decide-details-of-class-a": Term(
        "批准查阅A类客户资料", "let somebody read details of class A"
    ),
    "ask-erasure": Term("申请删除个人信息", "ask for personal data to be erased"),
    "confirm-erasure": Term("确认删除个人信息", "confirm the erasure"),
    "lift-restriction": Term("解除个人信息限制", "lift the restriction"),
    "add-webhook": Term("添加 webhook", "add a webhook"),
    "disable-webhook": Term("停用 webhook", "disable a webhook"),
    "enable-webhook": Term("启用 webhook", "enable a webhook"),
    "remove-webhook": Term("删除 webhook", "remove a webhook"),
    "resend-webhook": Term("重新发送事件", "send events once more"),
    "add-member": Term("添加成员", "add a member"),
    "change-member": Term("修改成员", "change a member"),
    "place-department": Term("设置部门的上级", "place a department"),
    "issue-token": Term("签发访问令牌", "issue an access token"),
    "revoke-token": Term("吊销访问令牌", "revoke an access token"),
    "adopt-rulebook": Term("采用制度版本", "adopt a rulebook version"),
}

RULES: Final[Mapping[str, Term]] = {
    "already-protected": Term("该客户已被保护", "the customer is already protected"),
    "barred": Term("放弃后的限制期未满", "the bar after giving it up still runs"),
    "not-the-holder": Term("只有跟进人可以操作", "only the holder may"),
    "wrong-stage": Term("当前阶段不允许", "the stage does not allow it"),
    "own-decision": Term("当事人不得自行决定", "a party may not decide"),
    "not-a-party": Term("只有当事人可以陈述", "only a party may state a side"),
    "duplicate-name": Term("已有相同或相似的客户", "the same or a similar company is registered"),
    "nothing-pending": Term("没有待决的申请", "nothing is waiting for a decision"),
    "already-pending": Term("已有待决的申请", "an application is open already"),
    "pool-closed": Term("公共客户池尚未开放", "the pool is not open now"),
    "too-late": Term("期限已过", "the time for it has passed"),
    "earlier-claim": Term("相近客户有在先的申请", "a similar record has an earlier claim"),
    "extensions-used-up": Term("延期次数已用完", "no further extension is left"),
    "number-taken": Term("合同编号已被使用", "the number is taken"),
    "portfolio-full": Term(
        "所保护的客户数已达上限", "the member holds as many customers as one may"
    ),
    "merged": Term("该客户已被合并", "the customer was merged into another"),
    "already-erased": Term("该个人信息已被删除", "the personal data was erased"),
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
    "undecided": Term("顺延期满仍未决定", "nobody decided in time"),
    "application-refused": Term("申请未获批准", "the application was refused"),
    "application-withdrawn": Term("申请已撤回", "the application was withdrawn"),
    "contract-voided": Term("合同已作废", "the contract was declared void"),
    "intent-granted": Term("转为意向客户", "intent was granted"),
    "contract-confirmed": Term("合同已确认", "a contract was confirmed"),
    "transferred": Term("转给其他成员", "transferred to another member"),
    "moved": Term("转由售后负责", "moved to after-sales"),
    "manager": Term("由经理移除", "removed by a manager"),
    "left": Term("跟进人离职", "the holder left the company"),
    "merged": Term("重复客户合并", "merged with a duplicate"),
    "dispute-moved": Term("争议裁决改由他人保护", "a ruling gave it to another member"),
    "restored": Term("裁决恢复了先前的保护", "a ruling gave an earlier protection back"),
}
"""How a tenure ended, and the causes that the events of an end name."""

RULINGS: Final[Mapping[str, Term]] = {
    "uphold": Term("维持现状", "upheld"),
    "move": Term("改由他人保护", "moved to another member"),
    "restore": Term("恢复保护", "restored"),
}
"""What a ruling may say."""

FIELDS: Final[Mapping[str, Term]] = {
    "name": Term("名称", "the name"),
    "address": Term("地址", "the address"),
    "industry": Term("行业", "the industry"),
    "phone": Term("电话", "the phone"),
    "introduction": Term("客户介绍", "the introduction"),
}

ERASURE_GROUNDS: Final[Mapping[str, Term]] = {
    "consent-withdrawn": Term("个人撤回同意", "consent was withdrawn"),
    "purpose-achieved": Term("处理目的已实现或不再必要", "the purpose was achieved"),
    "service-stopped": Term("停止提供服务", "the service was stopped"),
    "retention-over": Term("保存期限已届满", "the time of keeping is over"),
    "unlawful": Term("违法或违约处理", "the processing was unlawful"),
    "other": Term("其他原因", "another ground"),
}
"""Why personal data must go (PIPL art. 47)."""

WEBHOOK_CAUSES: Final[Mapping[str, Term]] = {
    "asked": Term("按要求", "as was asked"),
    "failing": Term("长期失败", "it failed for too long"),
    "gone": Term("对方回答 410", "it answered 410"),
}
"""Why a webhook was disabled."""

KINDS: Final[Mapping[str, Term]] = {
    "name": Term("全称", "full name"),
    "core": Term("字号与行业", "core of the name"),
    "phone": Term("电话", "phone"),
}
