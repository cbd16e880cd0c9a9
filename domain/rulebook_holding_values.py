"""The values that decide how a customer is held: claim, term, application, hold-over and bar."""

from domain.permissions import DECIDERS
from domain.rulebook_kinds import Flag, OneOf, SomeOf, Value, Whole


def _stage_values(
    table: str, zh: str, *, clause: str, window: str, days: int, extensions: tuple[int, str, str]
) -> tuple[Value, ...]:
    """The values of a stage's term. extensions: how many by default, and why in both languages."""
    count, because_zh, because_en = extensions
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
            because={"zh": because_zh, "en": because_en},
            default=count,
        ),
        Value(
            f"{table}.extension_days_max",
            Whole(1, 3650),
            "A-04",
            f"{zh}每次延期最多 {{}} 天",
            f"An extension as {table} is at most {{}} days",
            because={"zh": "与该阶段的保护期相同", "en": "it is the stage's own period"},
            default=days,
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


HOLDING_VALUES: tuple[Value, ...] = (
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
        {True: "从公海申请与其他申请同样审核", False: "从公海申请无须审核"},
        {
            True: "A claim from the pool is reviewed like any other",
            False: "A claim from the pool needs no review",
        },
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
        "S1-033, S1-313, A-07",
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
        "S1-317, A-09",
        "未通过的申请最多可更正 {} 次，申请时间不变",
        "Corrections of one refused claim, which keeps its time: at most {}",
        because={"zh": "写明原因就是为了更正一次", "en": "a reason is written to be acted on once"},
        default=1,
    ),
    Value(
        "claims.held_max",
        Whole(1, 100_000),
        "S0-26, A-35",
        {None: "每人持有的客户数不设上限", "{}": "每人最多持有 {} 个客户"},
        {
            None: "One member may hold any number of customers",
            "{}": "One member may hold at most {} customers",
        },
        optional=True,
    ),
    *_stage_values(
        "potential",
        "潜在客户",
        clause="S1-033",
        window="S1-036",
        days=30,
        extensions=(1, "可申请的期间内只容得下一次", "the window for applying fits one"),
    ),
    *_stage_values(
        "intent",
        "意向客户",
        clause="S1-042",
        window="S1-044, A-03",
        days=15,
        extensions=(2, "可申请的期间内容得下两次", "the window for applying fits two"),
    ),
    Value(
        "intent.counts_from",
        OneOf(("grant", "request")),
        "S1-034, S1-042, A-05",
        {"grant": "意向客户的期限自申请获准起算", "request": "意向客户的期限自提交申请起算"},
        {
            "grant": "The term as intent runs from the grant of the application",
            "request": "The term as intent runs from the application",
        },
        default="grant",
        is_later=True,
    ),
    Value(
        "applications.decided_by",
        SomeOf(DECIDERS, count_min=1),
        "S1-041, A-04",
        "审批意向与延期申请的角色（申请人本人除外）：{}",
        "Roles that decide on intent and extension, never the applicant: {}",
        because={
            "zh": "经理与总监对下属的客户负责",
            "en": "managers and directors answer for their sellers' customers",
        },
        default=("manager", "director"),
        is_later=True,
    ),
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
        because={"zh": "与 S1-318 的移除时限相同", "en": "S1-318 gives a removal the same time"},
        default=3,
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
        "S1-037, S1-045, A-01",
        {"giver-up": "放弃后的限制仅针对放弃者", "everyone": "放弃后的限制针对所有人"},
        {
            "giver-up": "The bar holds for who gave the customer up",
            "everyone": "The bar holds for everyone",
        },
    ),
    Value(
        "bar.after",
        SomeOf(("release", "withdrawal", "lapse", "removal")),
        "S1-037, S1-045, A-02",
        "视为放弃的情形：{}",
        "What counts as giving up: {}",
        because={
            "zh": "文件只说放弃，而撤回申请也是放弃",
            "en": "the documents say giving up, and a withdrawal gives up, too",
        },
        default=("release", "withdrawal"),
    ),
)
