"""What becomes of protections in the demonstration: applications, contracts, other hands, merges.

The second half of the story: `demonstration_story` registers and claims, this part goes on from a
passed review. Every step is a command of a member, as there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from api.company_file import CompanyRow
from api.test_clock import SettableClock
from domain.application import Tenure
from domain.errors import NotAllowed
from domain.events.values import Product
from domain.orders import Order, Receipt

SHANGHAI = ZoneInfo("Asia/Shanghai")
MANAGER, DIRECTOR = "chenjing", "zhaolei"
FINANCE, AFTER_SALES_MANAGER, AFTER_SALES = "wuxia", "fengyan", "zhengtao"
REVIEWER = "yangmin"
LEAVER = "heping"
LEAVES_AFTER_DAYS, SETTLES_AFTER_DAYS = 52, 64
"""Behind the beginning of the story."""
INTENT_REASONS = (
    "对方已确认采购预算与时间表，要求下周提供正式报价和合同草案，技术部门已认可方案。",
    "客户已口头同意合作，正在走内部审批流程，采购负责人要求先准备合同。",
    "双方已在线下签字，按规定先转意向客户再录入合同。",
)
EXTENSION_REASONS = (
    "对方决策会议推迟到下月初，合作意向强烈，申请延长保护时间。",
    "客户资金下月到位，已明确由我方供货，需要更多时间完成签约。",
)
DECISION_REFUSALS = (
    "沟通记录不足以说明意向，请补充后再申请",
    "近两周没有有效联系，先按原期限跟进",
)
TRANSFER_REASONS = ("区域调整，转由负责该片区的同事跟进", "原跟进人长期出差，由同事接手")
VOID_REASON = "客户临时变更付款主体，本合同作废后重新预领"
PROMISES = ("赠送一年上门维护", "首批货物免运费", "赠送操作培训两次")


@dataclass(slots=True)
class Life:
    """One customer in the story: its row, its id, how often it was claimed."""

    row: CompanyRow
    customer_id: UUID
    claims: int = 0
    former: list[str] = field(default_factory=list)


class Deals:
    """Steps after a passed review. Mixed into the story, which gives them the rest."""

    if TYPE_CHECKING:
        _application: Tenure
        _clock: SettableClock
        _random: Random
        _end: datetime
        _lives: list[Life]
        _contract_numbers: Iterator[int]
        _settled: set[bool]

        def _try(
            self, command: Callable[..., Receipt], *values: Any, **named: Any
        ) -> Receipt | None: ...
        def _later(
            self, step: Callable[..., None], *values: Any, hours: tuple[float, float]
        ) -> None: ...
        def _at(self, instant: datetime, step: Callable[..., None], *values: Any) -> None: ...
        def _order(self, member: str) -> Order: ...
        def _one_of(self, choices: Any) -> Any: ...
        def _other_than(self, seller: str) -> str: ...
        def _chance(self, share: float) -> bool: ...
        def _note(self, life: Life, member: str) -> None: ...
        def _sweep(self, life: Life) -> None: ...

    def _pursue(self, life: Life, seller: str) -> None:
        """A holder who works: towards a signature, for more time, or in other hands."""
        way = self._random.random()
        if way < 0.6:
            self._later(self._request_intent, life, seller, hours=(60, 400))
        elif way < 0.8:
            self._later(self._request_extension, life, seller, hours=(300, 690))
        elif way < 0.93:
            self._later(self._transfer, life, hours=(80, 500))
        else:
            self._later(self._remove, life, hours=(100, 500))

    def _ask_for_intent(self, life: Life, seller: str) -> Receipt | None:
        return self._try(
            self._application.request_intent,
            self._order(seller),
            life.customer_id,
            reason=self._one_of(INTENT_REASONS),
        )

    def _request_intent(self, life: Life, seller: str) -> None:
        if self._ask_for_intent(life, seller) is None:
            return
        if self._chance(0.1):
            self._later(self._withdraw_application, life, seller, "intent", hours=(1, 6))
        self._later(self._decide_intent, life, seller, hours=(3, 60))

    def _decide_intent(self, life: Life, seller: str) -> None:
        granted = self._chance(0.85)
        decision = "grant" if granted else "refuse"
        reason = None if granted else self._one_of(DECISION_REFUSALS)
        decided = self._decided(
            self._application.decide_intent, life, decision=decision, reason=reason
        )
        if decided is None or not granted:
            return
        self._later(self._note, life, seller, hours=(10, 80))
        if self._chance(0.8):
            self._later(self._draw, life, seller, hours=(20, 200))
        elif self._chance(0.5):
            self._later(self._request_extension, life, seller, hours=(150, 340))
        if decided.until is not None:
            self._at(decided.until + timedelta(seconds=1), self._sweep, life)

    def _ask_for_extension(self, life: Life, seller: str) -> Receipt | None:
        return self._try(
            self._application.request_extension,
            self._order(seller),
            life.customer_id,
            reason=self._one_of(EXTENSION_REASONS),
            days=self._random.choice((7, 10, 15)),
        )

    def _request_extension(self, life: Life, seller: str) -> None:
        asked = self._ask_for_extension(life, seller)
        if asked is None:
            return
        if self._chance(0.85):
            self._later(self._decide_extension, life, hours=(3, 70))
        if asked.held_over_until is not None:
            self._at(asked.held_over_until + timedelta(seconds=1), self._sweep, life)

    def _decide_extension(self, life: Life) -> None:
        granted = self._chance(0.8)
        self._decided(
            self._application.decide_extension,
            life,
            decision="grant" if granted else "refuse",
            reason=None if granted else self._one_of(DECISION_REFUSALS),
        )

    def _decided(
        self, command: Callable[..., Receipt], life: Life, **decision: Any
    ) -> Receipt | None:
        """By the manager; where it is another department's, or he has a part in it, by the
        director."""
        for decider in (MANAGER, DIRECTOR):
            with suppress(NotAllowed):
                done = self._try(command, self._order(decider), life.customer_id, **decision)
                if done is not None:
                    return done
        return None

    def _withdraw_application(self, life: Life, seller: str, what: str) -> None:
        self._try(
            self._application.withdraw,
            self._order(seller),
            life.customer_id,
            what=what,
            reason="客户要求暂缓，补充材料后再申请",
        )

    # Contracts.

    def _draw(self, life: Life, seller: str) -> None:
        number = self._draw_number(life, seller)
        if number is not None and self._chance(0.9):
            self._later(self._sign, life, seller, number, hours=(4, 90))

    def _draw_number(self, life: Life, seller: str) -> str | None:
        number = f"HT-{self._clock():%Y}-{next(self._contract_numbers):04d}"
        drawn = self._try(
            self._application.draw_contract, self._order(seller), life.customer_id, number=number
        )
        return number if drawn is not None else None

    def _signature(self, life: Life) -> dict[str, Any]:
        """The steps up to the buyer."""
        return {
            "type": "招聘网虚拟合同",
            "signed_on": self._clock().astimezone(SHANGHAI).date(),
            "payment_method": self._one_of(("银行转账，预付百分之三十", "一次性付清", "月结")),
            "buyer": life.row.fields["name"],
        }

    def _goods(self) -> dict[str, Any]:
        """The steps that remain."""
        product = Product(
            self._one_of(("标准套餐", "企业套餐", "年度服务")),
            self._random.randint(1, 20),
            Decimal(self._random.randint(8, 90) * 100),
        )
        promises = [self._one_of(PROMISES)] if self._chance(0.6) else []
        return {"products": [product], "promises": promises}

    def _sign(self, life: Life, seller: str, number: str) -> None:
        if self._detail(life, seller, number, self._signature(life)) is None:
            return
        if self._chance(0.12):
            self._later(self._void, life, seller, number, hours=(1, 20))
        else:
            self._later(self._complete, life, seller, number, hours=(1, 30))

    def _complete(self, life: Life, seller: str, number: str) -> None:
        done = self._detail(life, seller, number, self._goods())
        if done is not None and self._chance(0.9):
            self._later(self._confirm, life, number, hours=(2, 60))

    def _detail(
        self, life: Life, seller: str, number: str, steps: dict[str, Any]
    ) -> Receipt | None:
        return self._try(
            self._application.detail_contract,
            self._order(seller),
            life.customer_id,
            number,
            steps=steps,
        )

    def _confirm(self, life: Life, number: str) -> None:
        done = self._try(
            self._application.confirm_contract, self._order(FINANCE), life.customer_id, number
        )
        if done is not None and self._chance(0.75):
            self._later(self._name_after_sales, life, hours=(4, 60))

    def _void(self, life: Life, seller: str, number: str) -> None:
        done = self._try(
            self._application.void_contract,
            self._order(seller),
            life.customer_id,
            number,
            reason=VOID_REASON,
        )
        if done is not None:
            self._later(self._draw, life, seller, hours=(1, 20))

    def _name_after_sales(self, life: Life) -> None:
        named = self._try(
            self._application.name_after_sales,
            self._order(AFTER_SALES_MANAGER),
            life.customer_id,
            to=AFTER_SALES,
        )
        if named is not None:
            self._later(self._note, life, AFTER_SALES, hours=(20, 120))

    # Other hands.

    def _transfer(self, life: Life) -> None:
        holder = self._application.holder_at(life.customer_id).holder
        if holder is None:
            return
        to = self._other_than(holder)
        if to == LEAVER:
            return
        self._try(
            self._application.transfer,
            self._order(DIRECTOR),
            life.customer_id,
            to=to,
            reason=self._one_of(TRANSFER_REASONS),
        )

    def _remove(self, life: Life) -> None:
        self._try(
            self._application.remove_holder,
            self._order(DIRECTOR),
            life.customer_id,
            reason="多次联系记录与客户反馈不符，收回保护",
        )

    def _arrange_leave(self) -> None:
        """A seller leaves: some of his customers go to a colleague, the others to the pool."""
        held = [
            life.customer_id
            for life in self._lives
            if self._application.holder_at(life.customer_id).holder == LEAVER
        ]
        hand_over = [
            (customer_id, "lina")
            for customer_id in held[::2]
            if self._application.holder_at(customer_id).stage in ("potential", "intent")
            and "lina" not in self._barred(customer_id)
        ]
        arranged = self._try(
            self._application.arrange_leave,
            self._order(DIRECTOR),
            LEAVER,
            leaves_at=self._clock() + timedelta(days=3),
            hand_over=hand_over,
            reason="个人原因离职",
            held=held,
        )
        if arranged is not None:
            for life in self._lives:
                if life.customer_id in held:
                    self._at(self._clock() + timedelta(days=3, seconds=1), self._sweep, life)

    def _barred(self, customer_id: UUID) -> set[str]:
        """Who once gave it up: never mind for how long, the story takes somebody else."""
        return {
            past.event.actor
            for past in self._application.history(customer_id).events
            if getattr(past.event, "bar", None) is not None
        }

    def _leave_undecided(self) -> None:
        """Of each kind of decision something waits for whoever looks at the demonstration."""
        potential, intent = [], []
        for life in self._lives:
            answer = self._application.holder_at(life.customer_id)
            held = answer.interval.protection if answer.interval is not None else None
            if held is None or held.holder is None or held.application is not None:
                continue
            if held.stage == "potential":
                potential.append((life, held.holder))
            elif held.stage == "intent" and not held.signatures:
                intent.append((life, held.holder))
        for life, seller in potential[:3]:
            self._ask_for_intent(life, seller)
        for life, seller in potential[3:5]:
            self._ask_for_extension(life, seller)
        for life, seller in intent[:2]:
            number = self._draw_number(life, seller)
            if number is not None:
                self._detail(life, seller, number, {**self._signature(life), **self._goods()})
        if len(potential) > 6:
            self._report(potential[5][0], potential[6][0].customer_id)

    # Duplicates.

    def _report(self, life: Life, of: UUID) -> Receipt | None:
        return self._try(
            self._application.report_duplicate,
            self._order("hejun"),
            life.customer_id,
            of=of,
            statement="两条记录的联系人与地址相同，疑为同一家公司",
        )

    def _report_duplicate(self, life: Life, of: UUID) -> None:
        reported = self._report(life, of)
        if reported is not None:
            self._later(self._resolve_duplicate, life, reported.extra["report"], hours=(5, 60))

    def _settle_duplicates(self) -> None:
        """One that is the same company and one that is not, where chance has brought none."""
        missing = [is_same for is_same in (True, False) if is_same not in self._settled]
        lives = iter(
            life
            for life in self._lives
            if self._application.holder_at(life.customer_id).interval is None
        )
        for is_same in missing:
            for life, other in zip(lives, lives, strict=False):
                reported = self._report(life, other.customer_id)
                if reported is None:
                    continue
                self._resolve(life, reported.extra["report"], is_same=is_same)
                if is_same in self._settled:
                    break

    def _resolve_duplicate(self, life: Life, number: int) -> None:
        """One that is not the same company, behind the first that is."""
        self._resolve(life, number, is_same=self._settled != {True})

    def _resolve(self, life: Life, number: int, *, is_same: bool) -> None:
        resolved = self._try(
            self._application.resolve_duplicate,
            self._order(REVIEWER),
            life.customer_id,
            number,
            resolution="merge" if is_same else "different",
            reason="已核对工商登记：同一家公司" if is_same else "统一社会信用代码不同，为两家公司",
        )
        if resolved is not None:
            self._settled.add(is_same)
