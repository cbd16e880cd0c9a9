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
            "该客户由 {holder} 保护（{stage}），申请时间：{claimed_at}，截止：{until}。",
            "跟进人不为空的客户已在保护中，他人不能重复保护；正式客户由售后组或其成员负责，同样"
            "受保护。并发申请时，先存盘者有效。请在截止时间之后再申请，或与跟进人联系。"
            "成员 holder 为空时，成员 group 说明由哪一组负责。",
        ),
        Wording(
            "The customer is protected already",
            "This customer is held by {holder} ({stage}), claimed at {claimed_at}; "
            "deadline: {until}.",
            "A customer with a holder is under protection and cannot be protected again; a formal "
            "one belongs to after-sales, a person or the group. Of claims that race, the one "
            "recorded first wins. Claim after the deadline, or ask the holder. Where the member "
            "`holder` is null, `group` names the group that holds it.",
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
            "跟踪、申请、合同、放弃、撤回等操作只能由当前跟进人进行。保护到期后，原跟进人也不再是"
            "跟进人。成员 holder 为空而 group 不为空时，客户由该组负责，须先指定负责人；"
            "跟踪则组内成员均可记录。",
        ),
        Wording(
            "Only the holder may",
            "The holder of this customer is: {holder}.",
            "Follow-ups, applications, contracts, release and withdrawal belong to the present "
            "holder. After the deadline the former holder is the holder no more. Where the member "
            "`holder` is null and `group` is not, that group holds the customer: a person must be "
            "named first, while everybody of the group may note follow-ups.",
        ),
        (errors.NotTheHolder,),
        "S1-038",
    ),
    Problem(
        "wrong-stage",
        409,
        Wording(
            "客户所处阶段不允许此操作",
            "当前：{stage}；允许：{allowed}。",
            "每个操作只在保护的某些阶段允许，合同须按固定顺序逐步填写。成员 stage 是客户当前的"
            "阶段，或合同已进行到的步骤；allowed 是允许的阶段或步骤。",
        ),
        Wording(
            "Not in this stage",
            "The present stage: {stage}; allowed: {allowed}.",
            "Each command is allowed in some stages of a protection, and a contract is filled in "
            "step by step in a fixed order. The member `stage` is the customer's stage, or how far "
            "the contract has come; `allowed` lists the stages or steps that would be allowed.",
        ),
        (errors.WrongStage,),
    ),
    Problem(
        "own-decision",
        403,
        Wording(
            "当事人不得决定",
            "申请人是 {applicant}，您是当事人，须由他人决定。",
            "审核、意向申请、延期申请、合同确认与作废、转移与移除、重复客户与撞单争议，都须由与此无关"
            "的人决定：决定人不得是申请人、报告人、签订人或争议的提出人，也不得曾申请或保护过该客户，"
            "或因申请该客户被拒绝过；与之关联的重复客户同样适用。任何人不得把客户转给自己。"
            "请由其他人决定。",
        ),
        Wording(
            "A party may not decide",
            "The applicant is {applicant} and you are a party to it; somebody else must decide.",
            "Reviews, applications for intent and for more time, contracts, transfers, removals, "
            "duplicates and disputes are decided by somebody with no part in the matter: not by "
            "the applicant, the reporter, the signer or who opened a dispute, nor by anybody who "
            "has claimed or held this customer or was refused it, or a linked duplicate. Nobody "
            "gives a customer to himself. Let somebody else decide.",
        ),
        (errors.OwnDecision,),
        "S1-310",
    ),
    Problem(
        "not-a-party",
        403,
        Wording(
            "不是争议的当事人",
            "只有与此事有关的成员可以就争议陈述。",
            "争议的提出人、曾申请或保护过该客户的成员、签订人，以及因申请该客户被拒绝过的成员是当事人；"
            "与之关联的重复客户同样适用。当事人可以陈述，因此不得裁决；其他人不能陈述。",
        ),
        Wording(
            "Not a party to the dispute",
            "Only those with a part in the matter state their side of a dispute.",
            "Parties are whoever opened a dispute about the customer, claimed, held or signed it, "
            "or was refused it, or a linked duplicate. They may state their side, and therefore "
            "cannot rule; nobody else states anything.",
        ),
        (errors.NotAParty,),
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
        "already-pending",
        409,
        Wording(
            "已有待决的事项",
            "该客户已有同样的事项等待决定。",
            "同一时间只能有一项意向或延期申请待决，同一对客户只能有一份重复报告待决。"
            "请等待决定，或先撤回原申请。",
        ),
        Wording(
            "It is pending already",
            "The same is waiting for a decision on this customer.",
            "One application for intent or for more time waits at a time, and one report of the "
            "same two records. Wait for the decision, or withdraw the open application first.",
        ),
        (errors.AlreadyPending,),
    ),
    Problem(
        "too-late",
        409,
        Wording(
            "已过期限",
            "期限是 {deadline}，现已过期。",
            "期限一到保护即告结束，与后台任务何时运行无关；申请与签字须在期限之前，预领的合同"
            "须在失效之前签订。成员 deadline 是该期限。",
        ),
        Wording(
            "Too late",
            "The deadline was {deadline}.",
            "A protection is over at its deadline, whenever the sweep writes that down; "
            "applications come before it, and a contract is signed before it expires. "
            "The member `deadline` is that instant.",
        ),
        (errors.TooLate,),
    ),
    Problem(
        "extensions-used-up",
        409,
        Wording(
            "延期次数已用完",
            "本阶段（{stage}）已延期 {extensions} 次，最多 {extensions_max} 次。",
            "制度规定了每个阶段最多延期几次。成员 extensions 是已批准的次数，extensions_max "
            "是上限。请在到期前转为意向客户或签订合同。",
        ),
        Wording(
            "No further extension",
            "In this stage ({stage}) {extensions} of at most {extensions_max} extensions were "
            "granted.",
            "The rulebook says how often each stage is extended. The member `extensions` is how "
            "many were granted, `extensions_max` how many may be. Before the deadline, apply for "
            "intent or sign a contract.",
        ),
        (errors.ExtensionsUsedUp,),
    ),
    Problem(
        "earlier-claim",
        409,
        Wording(
            "相似客户有更早的申请",
            "相似客户 {customer_id} 由 {holder} 保护，其申请更早：{claimed_at}。",
            "相似记录上有更早的有效申请。若确为不同公司，请在 different_company 中写明理由后"
            "再通过审核；否则请拒绝本申请。",
        ),
        Wording(
            "A similar record has an earlier claim",
            "The similar customer {customer_id}, held by {holder}, was claimed at {claimed_at}.",
            "A similar record has an earlier live claim. If they are different companies, pass "
            "with a written `different_company`; else refuse this claim.",
        ),
        (errors.EarlierClaim,),
        "S1-312",
    ),
    Problem(
        "number-taken",
        409,
        Wording(
            "合同编号已被使用",
            "合同编号 {number} 已被另一份合同使用。",
            "每个合同编号只能预领一次，与属于哪个客户无关。预领后从未签订且已失效的编号可以再次预领。"
            "请换一个编号。",
        ),
        Wording(
            "The number is taken",
            "Another contract has the number {number}.",
            "Each contract number is drawn once, whichever customer it is for. A number that "
            "expired without ever being signed may be drawn again. Choose another number.",
        ),
        (errors.NumberTaken,),
        "S1-057",
    ),
    Problem(
        "portfolio-full",
        409,
        Wording(
            "所保护的客户数已达上限",
            "该成员已保护 {held} 个客户，上限为 {held_max} 个。",
            "制度可以限定一人同时保护的客户数。成员 held 是现有的客户数，held_max 是上限。"
            "请先放弃一个客户，或由他人申请保护。",
        ),
        Wording(
            "The portfolio is full",
            "The member holds {held} customers; at most {held_max} are allowed.",
            "The rulebook may limit how many customers one member holds at a time. The member "
            "`held` is how many it is now, `held_max` how many it may be. Give a customer up "
            "first, or let somebody else claim this one.",
        ),
        (errors.PortfolioFull,),
    ),
    Problem(
        "merged",
        409,
        Wording(
            "该客户已被合并",
            "该客户已并入客户 {into}。",
            "两条记录属于同一家公司，已合并；原记录只供查阅，历史保留。"
            "请对成员 into 所指的客户操作。",
        ),
        Wording(
            "Merged into another record",
            "This record was merged into {into}.",
            "The two records were one company and were merged; this one keeps its history and "
            "answers no command. Send the command to the customer that the member `into` names.",
        ),
        (errors.MergedAway,),
        "S1-020",
    ),
    Problem(
        "already-erased",
        409,
        Wording(
            "该个人信息已被删除",
            "个人信息 {subject_id} 已被删除。",
            "其密钥已销毁，任何人都无法再读取，也无法恢复。客户的归属与其他事实不受影响。",
        ),
        Wording(
            "The personal data was erased",
            "The personal data of {subject_id} was erased.",
            "Its key was destroyed: nobody can read it any more, and nothing brings it back. Who "
            "holds the customer, and every other fact, stands.",
        ),
        (errors.AlreadyErased,),
    ),
)
