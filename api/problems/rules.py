"""Rows of the table of problems: rules of the documents that a command broke."""

from __future__ import annotations

from api.problems.row import Problem, Wording
from domain import errors

RULES: tuple[Problem, ...] = (
    Problem(
        "already-protected",
        409,
        Wording(
            "客户已被保护",
            "该客户由 {holder} 于 {claimed_at} 申请保护（{stage}），截止：{until}。",
            "跟进人不为空的客户已在保护中，他人不能重复保护。并发申请时，先存盘者有效。"
            "请在截止时间之后再申请，或与跟进人联系。",
        ),
        Wording(
            "The customer is protected already",
            "{holder} claimed this customer at {claimed_at} ({stage}); deadline: {until}.",
            "A customer with a holder is under protection and cannot be protected again. Of claims "
            "that race, the one recorded first wins. Claim after the deadline, or ask the holder.",
        ),
        (errors.AlreadyProtected,),
        "S1-302",
    ),
    Problem(
        "barred",
        409,
        Wording(
            "放弃后暂不可再保护",
            "您放弃过该客户，{until} 起才可再次申请保护。",
            "放弃客户的人在三天内不能再保护同一客户；其他人不受影响。"
            "成员 until 是可再次申请的最早时间。",
        ),
        Wording(
            "Barred after giving up",
            "You gave this customer up; you may claim it again from {until}.",
            "Whoever gives a customer up may not claim it again for three days; others may. "
            "The member `until` is the first instant at which a claim is allowed.",
        ),
        (errors.Barred,),
        "S1-037",
    ),
    Problem(
        "pool-closed",
        409,
        Wording(
            "公共客户池尚未开放",
            "公共客户池将于 {opens_at} 开放。",
            "制度规定了公共客户池的开放时段，此时段之外不能从公海申请保护。"
            "成员 opens_at 是下次开放时间。",
        ),
        Wording(
            "The pool is not open",
            "The pool opens at {opens_at}.",
            "The rulebook sets hours in which customers may be claimed from the pool. The member "
            "`opens_at` is when it opens next.",
        ),
        (errors.PoolClosed,),
    ),
    Problem(
        "not-the-holder",
        409,
        Wording(
            "只有跟进人可以操作",
            "该客户的跟进人是：{holder}。",
            "跟踪、放弃、撤回等操作只能由当前跟进人进行。保护到期后，原跟进人也不再是跟进人。",
        ),
        Wording(
            "Only the holder may",
            "The holder of this customer is: {holder}.",
            "Follow-ups, release and withdrawal belong to the present holder. After the deadline "
            "the former holder is the holder no more.",
        ),
        (errors.NotTheHolder,),
        "S1-038",
    ),
    Problem(
        "wrong-stage",
        409,
        Wording(
            "客户所处阶段不允许此操作",
            "客户当前处于：{stage}；允许的阶段：{allowed}。",
            "每个操作只在保护的某些阶段允许。成员 stage 是当前阶段，allowed 是允许的阶段。",
        ),
        Wording(
            "Not in this stage",
            "The customer is: {stage}; allowed stages: {allowed}.",
            "Each command is allowed in some stages of a protection. The member `stage` is the "
            "present one, `allowed` lists those that allow the command.",
        ),
        (errors.WrongStage,),
    ),
    Problem(
        "own-decision",
        403,
        Wording(
            "不得审核自己的事项",
            "申请人是 {applicant}，您是当事人，须由他人决定。",
            "审核人不得是申请人，也不得曾申请保护该客户。请由其他审核人决定。",
        ),
        Wording(
            "A party may not decide",
            "The applicant is {applicant} and you are a party to it; somebody else must decide.",
            "A reviewer is never the claimant, nor anybody who has claimed this customer. "
            "Let another reviewer decide.",
        ),
        (errors.OwnDecision,),
        "S1-310",
    ),
    Problem(
        "duplicate-name",
        409,
        Wording(
            "客户已录入",
            "已有{match}的客户：{customer_id}。",
            "撞单分析发现名称相同或相似的客户，因此不再录入。若客户无跟进人，请直接申请保护已有记录；"
            "若确为另一家公司，请在 override_reason 中书面说明理由后重新提交（名称相同者除外）。",
        ),
        Wording(
            "The company is registered already",
            "There is a customer that is {match}: {customer_id}.",
            "The collision check found the same or a similar company, so no second record is made. "
            "If the record has no holder, claim it. If it is another company all the same, say why "
            "in `override_reason` and send again (not possible for the same name).",
        ),
        (errors.DuplicateName,),
        "S1-173",
    ),
    Problem(
        "nothing-pending",
        409,
        Wording(
            "没有待处理的事项",
            "该客户当前没有等待决定或可以撤回的事项。",
            "审核或撤回针对一个未决的申请；它可能已被他人处理，请查看客户的历史。",
        ),
        Wording(
            "Nothing is pending",
            "This customer has no open claim or application to decide or take back.",
            "A decision or a withdrawal needs an open claim or application; somebody else may have "
            "dealt with it. Look at the customer's history.",
        ),
        (errors.NothingPending,),
    ),
    Problem(
        "too-late",
        409,
        Wording(
            "已过期限",
            "期限是 {deadline}，现已过期。",
            "期限一到保护即告结束，与后台任务何时运行无关。成员 deadline 是该期限。",
        ),
        Wording(
            "Too late",
            "The deadline was {deadline}.",
            "A protection is over at its deadline, whenever the sweep writes that down. "
            "The member `deadline` is that instant.",
        ),
        (errors.TooLate,),
    ),
    Problem(
        "earlier-claim",
        409,
        Wording(
            "相似客户有更早的申请",
            "相似客户 {customer_id} 已由 {holder} 于 {claimed_at} 申请保护。",
            "相似记录上有更早的有效申请。若确为不同公司，请在 different_company 中写明理由后"
            "再通过审核；否则请拒绝本申请。",
        ),
        Wording(
            "A similar record has an earlier claim",
            "{holder} claimed the similar customer {customer_id} at {claimed_at}.",
            "A similar record has an earlier live claim. If they are different companies, pass "
            "with a written `different_company`; else refuse this claim.",
        ),
        (errors.EarlierClaim,),
        "S1-312",
    ),
)
