"""What of an event is told to whoever may not read the details of what it is about (A-34).

A stranger to a customer is told that something happened, and no fact of it. Whoever reads the whole
log without a right to details (risk control, administrators, webhooks) is told the facts that
are none, too: who holds it, in which stage, until when.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from domain.words import Words

STRANGERS_WORDS: Final[Mapping[str, Words]] = {
    "customer.application_withdrawn": Words("申请已撤回", "the application was withdrawn"),
    "customer.claim_corrected": Words("跟进人更正了保护申请", "the holder corrected the claim"),
    "customer.claim_withdrawn": Words("申请人撤回了保护申请", "the claimant withdrew the claim"),
    "customer.claimed": Words("跟进人申请保护该客户", "the holder asked for protection"),
    "customer.classified": Words("客户的分类有变动", "the class of the customer was changed"),
    "customer.contact_added": Words("添加了一位联系人", "a contact person was added"),
    "customer.contract_confirmed": Words(
        "合同已确认，客户为正式客户", "a contract was confirmed: the customer is formal"
    ),
    "customer.contract_detailed": Words("填写了合同", "a contract was filled in"),
    "customer.contract_drawn": Words("预领了合同", "a contract was drawn"),
    "customer.contract_signed": Words("签订了合同", "a contract was signed"),
    "customer.contract_voided": Words("合同已作废", "a contract was declared void"),
    "customer.dispute_moved": Words(
        "依裁决，客户改由他人保护", "a ruling gave the customer to another member"
    ),
    "customer.dispute_opened": Words("客户的归属有争议", "who holds the customer was contested"),
    "customer.dispute_statement_made": Words(
        "争议当事人作了陈述", "a party stated its side of a dispute"
    ),
    "customer.dispute_ruled": Words("争议已有裁决", "the dispute was ruled"),
    "customer.duplicate_absorbed": Words(
        "重复客户并入该客户", "a duplicate was merged into this record"
    ),
    "customer.duplicate_reported": Words(
        "该客户被报告为重复客户", "the record was reported as a duplicate"
    ),
    "customer.duplicate_resolved": Words(
        "重复报告已有决定", "the report of a duplicate was decided"
    ),
    "customer.extension_granted": Words("延期申请已批准", "more time was granted"),
    "customer.extension_refused": Words("延期申请未获批准", "more time was refused"),
    "customer.extension_requested": Words("跟进人申请延期", "the holder applied for more time"),
    "customer.followed_up": Words("跟进人记录了一次客户跟踪", "the holder noted a contact"),
    "customer.hand_over_arranged": Words("已安排客户的交接", "a hand-over was arranged"),
    "customer.holder_removed": Words(
        "跟进人被移除，客户成为公共客户", "the holder was removed; the customer is public"
    ),
    "customer.intent_granted": Words("客户转为意向客户", "the customer is an intent customer"),
    "customer.intent_refused": Words("意向申请未获批准", "the application for intent was refused"),
    "customer.intent_requested": Words("跟进人申请转为意向客户", "the holder applied for intent"),
    "customer.likeness_ended": Words(
        "认定另一客户并非同一家公司", "another record was found to be a different company"
    ),
    "customer.profile_changed": Words("客户资料有修改", "the record was corrected"),
    "customer.registered": Words("登记了该客户", "the customer was registered"),
    "customer.released": Words("跟进人放弃了该客户", "the holder gave the customer up"),
    "customer.restored": Words("依裁决恢复了保护", "a ruling gave a lost protection back"),
    "customer.review_passed": Words("审核通过，保护生效", "the review passed: protection in force"),
    "customer.review_refused": Words("审核未通过", "the review refused the claim"),
    "customer.transferred": Words("客户转给其他成员", "the customer was given to another member"),
    "details.granted": Words("查阅申请已批准", "a request to read details was granted"),
    "details.refused": Words("查阅申请未获批准", "a request to read details was refused"),
    "details.requested": Words("有成员申请查阅资料", "a member asked to read details"),
    "details.requested_again": Words("有成员再次申请查阅资料", "a member asked again"),
    "member.leave_arranged": Words("已安排一位成员离职", "the leaving of a member was arranged"),
    "subject.restricted": Words("有人的个人信息被申请删除", "an erasure was asked for"),
    "subject.restricted_again": Words(
        "有人的个人信息再次被申请删除", "an erasure was asked for once more"
    ),
    "subject.restriction_lifted": Words(
        "对个人信息的限制已解除", "a restriction of personal data was lifted"
    ),
}
"""What a stranger reads of events whose sentence tells a reason, a note or a deadline."""
OPEN_FACTS: Final = frozenset(
    (
        *("holder", "applicant", "to", "gave_way", "department", "group", "stage", "profile"),
        *("name", "industry", "new", "old", "kind", "days", "extensions", "corrections"),
        *("until", "deadline", "held_over_until", "provisional", "review_due", "removal_due"),
        *("leaves_at", "contested_at", "from_pool", "cause", "bar", "into", "of", "other"),
        *("absorbed", "moved", "resolution", "ruling", "is_held", "opener"),
        *("command", "rule", "clause", "customer_version"),
    )
)
"""Facts that the service found, that are one of a few words, or that are on the part of the card
that everybody sees.

A fact that is not named here is a detail, so a new one stays hidden until somebody looks at it.
"""


def is_about_somebody(topic: str, customer_id: UUID | None) -> bool:
    """True of events that may hold what somebody typed about a customer or a person."""
    return customer_id is not None or topic in STRANGERS_WORDS


def strangers_words(topic: str, words: Words) -> Words:
    """The sentence as a stranger reads it."""
    return STRANGERS_WORDS.get(topic, words)


def open_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that are told to whoever reads the whole log without a right to details."""
    return {name: value for name, value in facts.items() if name in OPEN_FACTS}
