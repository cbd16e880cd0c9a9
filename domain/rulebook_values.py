"""Every value of a rulebook: its kind and range, who asks for it, and what it says in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.rulebook_kinds import (
    Flag,
    Kind,
    Language,
    LocalTime,
    Name,
    OneOf,
    SomeOf,
    Whole,
    Words,
)

UNSTATED: Words = {"zh": "文件未规定", "en": "not stated"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a rulebook.

    key: table and name. source: the clauses and ambiguities behind it, "" where nothing states it.
    zh, en: the sentence, with {} for the value, or one sentence for each value that it may have,
    None standing for a value that was left unset.
    """

    key: str
    kind: Kind
    source: str
    zh: str | Mapping[object, str]
    en: str | Mapping[object, str]
    optional: bool = False

    def sentence(self, value: object, language: Language) -> str:
        """The value in words, with its clauses."""
        said = self.zh if language == "zh" else self.en
        text = said if isinstance(said, str) else said.get(value, said.get("{}", ""))
        text = text.format(self.kind.words(value, language))
        source = self.source or UNSTATED[language]
        return f"{text}（{source}）。" if language == "zh" else f"{text} ({source})."


def _stage_values(table: str, zh: str, *, clause: str, window: str) -> tuple[Value, ...]:
    return (
        Value(
            f"{table}.days",
            Whole(1, 3650),
            clause,
            f"{zh}的保护期为 {{}} 天",
            f"A customer is protected as {table} for {{}} days",
        ),
        Value(
            f"{table}.extensions",
            Whole(0, 100),
            "A-04",
            f"{zh}的保护最多可延期 {{}} 次",
            f"Extensions of one protection as {table}: at most {{}}",
        ),
        Value(
            f"{table}.extension_days_max",
            Whole(1, 3650),
            "A-04",
            f"{zh}每次延期最多 {{}} 天",
            f"An extension as {table} is at most {{}} days",
        ),
        Value(
            f"{table}.extension_window_days",
            Whole(1, 3650),
            window,
            f"成为{zh}后 {{}} 天内，且保护仍有效时，可申请延期",
            f"An extension may be applied for within {{}} days of becoming {table},"
            " while the protection is live",
        ),
    )


VALUES: tuple[Value, ...] = (
    Value("version", Name(), "A-51", "制度版本为 {}", "This is version {}"),
    Value("profile", OneOf(("enterprise",)), "A-15", "适用于企业客户", "It is for enterprises"),
    Value(
        "day_counting",
        OneOf(("exact", "civil")),
        "A-10",
        {
            "exact": "一天为自事件起的 24 小时",
            "civil": "事件当日不计，末日计至北京时间午夜",
        },
        {
            "exact": "A day is 24 hours from the event",
            "civil": "The day of the event is not counted, and the last runs to Beijing midnight",
        },
    ),
    Value(
        "claims.review_required",
        Flag(),
        "S1-309, S1-313",
        {True: "申请保护经客户服务中心审核通过后生效", False: "申请保护即时生效，无须审核"},
        {
            True: "A claim is in force when the service centre has passed it",
            False: "A claim is in force at once, without a review",
        },
    ),
    Value(
        "claims.review_on_pool_claim",
        Flag(),
        "S1-051, A-07",
        {True: "从公海申请同样须审核", False: "从公海申请无须审核"},
        {True: "So is a claim from the pool", False: "A claim from the pool needs no review"},
    ),
    Value(
        "claims.review_due_days",
        Whole(1, 365),
        "S1-315, A-08",
        "审核应在 {} 天内作出，逾期列入逾期清单，不自动决定",
        "A review is due within {} days; overdue, it is listed, and nothing is decided by itself",
    ),
    Value(
        "claims.potential_counts_from",
        OneOf(("pass", "earlier-of-pass-and-review-due", "claim")),
        "S1-033, A-07",
        {
            "pass": "潜在客户的期限自审核通过起算",
            "earlier-of-pass-and-review-due": "潜在客户的期限自审核通过或审核到期起算，以早者为准",
            "claim": "潜在客户的期限自申请起算",
        },
        {
            "pass": "The term as potential runs from the pass",
            "earlier-of-pass-and-review-due": "The term as potential runs from the pass,"
            " or from the review's due time if that is earlier",
            "claim": "The term as potential runs from the claim",
        },
    ),
    Value(
        "claims.removal_working_days",
        Whole(0, 60),
        "S1-318, A-09",
        {0: "审核未通过即移除跟进人", "{}": "审核未通过的，第 {} 个工作日结束时移除跟进人"},
        {
            0: "After a refused review the holder is removed at once",
            "{}": "After a refused review the holder is removed at the end of working day {}",
        },
    ),
    Value(
        "claims.corrections",
        Whole(0, 100),
        "A-09",
        "未通过的申请最多可更正 {} 次，申请时间不变",
        "Corrections of one refused claim, which keeps its time: at most {}",
    ),
    *_stage_values("potential", "潜在客户", clause="S1-033", window="S1-036"),
    *_stage_values("intent", "意向客户", clause="S1-042", window="S1-044, A-03"),
    Value(
        "hold_over.working_days",
        Whole(0, 60),
        "A-04",
        {
            0: "到期前提交而未决的申请不顺延到期时间",
            "{}": "到期前提交而未决的申请，最多顺延至到期后第 {} 个工作日结束",
        },
        {
            0: "An undecided application does not keep the protection alive",
            "{}": "An application made in time keeps the protection alive until it is decided,"
            " at the latest to the end of working day {} after the deadline",
        },
    ),
    Value(
        "bar.days",
        Whole(0, 3650),
        "S1-037, S1-045",
        {0: "放弃后可立即再保护", "{}": "放弃后 {} 天内不可再保护"},
        {
            0: "A customer given up may be claimed again at once",
            "{}": "A customer given up may not be claimed again for {} days",
        },
    ),
    Value(
        "bar.applies_to",
        OneOf(("giver-up", "everyone")),
        "A-01",
        {"giver-up": "此限制仅针对放弃者", "everyone": "此限制针对所有人"},
        {"giver-up": "This holds for who gave it up", "everyone": "This holds for everyone"},
    ),
    Value(
        "bar.after",
        SomeOf(("release", "withdrawal", "lapse", "removal")),
        "A-02",
        "视为放弃的情形：{}",
        "What counts as giving up: {}",
    ),
    Value(
        "follow_up.next_contact_required_stages",
        SomeOf(("waiting", "rejected", "potential", "intent", "formal")),
        "S1-031, A-28",
        "必须填写下次联系时间的状态：{}",
        "Stages in which a follow-up must name the next contact: {}",
    ),
    Value(
        "follow_up.next_contact_days_max",
        Whole(1, 3650),
        "",
        "下次联系时间最远为 {} 天后",
        "The next contact is at most {} days ahead",
    ),
    Value(
        "follow_up.note_characters_max",
        Whole(100, 100_000),
        "S1-030",
        "跟踪笔记最多 {} 个字符",
        "A note has at most {} characters",
    ),
    Value(
        "names.similar",
        OneOf(("block-unless-explained", "block", "warn")),
        "S1-173, A-11",
        {
            "block-unless-explained": "名称相似的不得录入，除非书面说明为何不是同一公司",
            "block": "名称相似的不得录入",
            "warn": "名称相似的可以录入，并提示审核人",
        },
        {
            "block-unless-explained": "A similar name is not entered without a written reason"
            " why it is another company",
            "block": "A similar name is not entered",
            "warn": "A similar name is entered and shown to the reviewer",
        },
    ),
    Value(
        "names.phone",
        OneOf(("similar", "block", "ignore")),
        "A-11",
        {
            "similar": "电话相同视为名称相似",
            "block": "电话相同的不得录入",
            "ignore": "电话相同不作限制",
        },
        {
            "similar": "The same phone number counts as a similar name",
            "block": "The same phone number is not entered twice",
            "ignore": "The same phone number does not matter",
        },
    ),
    Value(
        "contracts.drawn_days",
        Whole(1, 3650),
        "S1-057",
        "预领的合同 {} 天内未签即失效",
        "A drawn contract that is not signed within {} days expires",
    ),
    Value(
        "pool.opens_at",
        LocalTime(),
        "",
        {None: "公海全天可申请", "{}": "公海每日 {} 起可申请（北京时间）"},
        {
            None: "The pool is open at all hours",
            "{}": "Pool customers may be claimed from {} Beijing time",
        },
        optional=True,
    ),
    Value(
        "pool.closes_at",
        LocalTime(),
        "",
        {None: "公海不设关闭时间", "{}": "公海每日 {} 起停止申请（北京时间）"},
        {None: "The pool does not close", "{}": "and until {}"},
        optional=True,
    ),
    Value(
        "disclosure.deadline_to_strangers",
        OneOf(("day", "instant")),
        "A-34",
        {"day": "无关人员看到的到期时间精确到日", "instant": "无关人员看到准确的到期时间"},
        {
            "day": "A stranger sees a deadline to the day",
            "instant": "A stranger sees a deadline to the instant",
        },
    ),
)
