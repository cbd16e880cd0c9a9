"""What happens in the demonstration: seventy days of sellers, reviewers and their customers.

Every step is a command of a member at an instant. Steps wait in a queue by their instant and put
further ones into it, so lives of customers run side by side as they would. The same seed tells
the same story.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count, cycle
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from api.company_file import CompanyRow
from api.demonstration_deals import LEAVER, LEAVES_AFTER_DAYS, SETTLES_AFTER_DAYS, Deals, Life
from api.demonstration_disputes import Contests
from api.test_clock import SettableClock
from domain.application import Tenure
from domain.errors import DuplicateName, NotSignedIn, Refused
from domain.orders import ContactInput, Credentials, FollowUpInput, Order, Receipt

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPENS_HOUR, CLOSES_HOUR = 9, 18
SATURDAY = 5
PRESENT_ROWS = 12
SELLERS = ("zhangwei", "lina", "wangqiang", "liuyang", "chenjing", LEAVER)
REGISTRARS = ("hejun", "linfang", *SELLERS)
REVIEWER = "yangmin"
BOTH = "zhouping"
"""Sells and reviews, and so meets the rule that nobody decides his own case."""
NOTES = (
    "电话沟通，对方正在比较三家供应商，关心交货周期，已约下周发报价。",
    "上门拜访，见到采购负责人，参观了车间，需求明确，预算年底前确定。",
    "发送了产品资料和案例，对方表示内部讨论后回复。",
    "对方反馈报价偏高，已说明包含两年质保，准备申请优惠。",
    "联系人出差，改为短信沟通，约定回来后面谈。",
    "演示了样品，技术部门提出两点修改意见，已记录并转产品组。",
    "确认了付款方式和开票信息，等待对方法务审核合同条款。",
)
CHANNELS = ("phone", "visit", "message", "mail", "other")
RELEASE_REASONS = (
    "对方今年没有预算，明年再联系",
    "对方已与其他供应商签约",
    "需求与我方产品不符",
    "跟进量过大，让给同事跟进",
)
REFUSAL_REASONS = (
    "联系人电话无法接通，请核实后更正",
    "公司全称与营业执照不一致，请更正",
    "联系人职位未填写完整，请补充",
)
Step = Callable[[], None]
Advance = Callable[[int, int], None]


class Story(Deals, Contests):
    """Plays until `end`; what lies behind it is left for whoever looks at the demonstration."""

    def __init__(
        self,
        application: Tenure,
        clock: SettableClock,
        random: Random,
        members: Mapping[str, Credentials],
        end: datetime,
    ) -> None:
        self._application = application
        self._clock = clock
        self._random = random
        self._members = members
        self._end = end
        self._lives: list[Life] = []
        self._contract_numbers = count(1)
        self._settled: set[bool] = set()
        self._in_the_way: DuplicateName | None = None
        self._queue: list[tuple[datetime, int, Step]] = []
        self._numbers = count()

    @property
    def companies(self) -> list[tuple[UUID, str]]:
        """Id and name of every customer in the story, the newest first."""
        return [(life.customer_id, life.row.fields["name"]) for life in reversed(self._lives)]

    def run(self, rows: Sequence[CompanyRow], advance: Advance) -> None:
        """Play. advance: told the days told and the days in all."""
        begin = self._clock()
        for index, row in enumerate(rows[:-PRESENT_ROWS]):
            # Most are there after the first fortnight; some come later.
            days = self._random.uniform(0, 14 if index % 5 else 60)
            self._at(begin + timedelta(days=days), self._register, row)
        leaves_at = begin + timedelta(days=LEAVES_AFTER_DAYS)
        self._at(self._at_work(leaves_at), self._arrange_leave)
        self._plan_disputes(begin)
        settles_at = begin + timedelta(days=SETTLES_AFTER_DAYS)
        self._at(self._at_work(settles_at), self._settle_duplicates)
        total = (self._end - begin).days
        while self._queue and self._queue[0][0] < self._end:
            instant, _, step = heapq.heappop(self._queue)
            self._clock.move_to(instant)
            step()
            advance((instant - begin).days, total)
        self._leave_under_way(rows[-PRESENT_ROWS:])
        self._leave_undecided()
        self._leave_a_dispute()

    def _leave_under_way(self, rows: Sequence[CompanyRow]) -> None:
        """Claims of this hour: some wait, some were refused, some passed, whatever the hour is."""
        self._clock.move_to(max(self._clock(), self._end - timedelta(hours=1)))
        decisions = cycle((None, "refuse", "pass"))
        for row in rows:
            receipt = self._try(self._register_as, SELLERS[0], row, None)
            if receipt is None or receipt.customer_id is None:
                continue
            life = self._begun(row, receipt)
            self._claim_as(life, self._one_of(SELLERS))
            decision = next(decisions)
            if decision is not None:
                self._review_as(life, REVIEWER, decision)

    # Steps: each is one thing that somebody does.

    def _register(self, row: CompanyRow) -> None:
        registrar = self._one_of(REGISTRARS)
        receipt = self._try(self._register_as, registrar, row, None)
        if receipt is None:
            if self._chance(0.4):
                self._register_all_the_same(registrar, row)
            return
        life = self._begun(row, receipt)
        if self._chance(0.86):
            self._later(self._claim, life, self._one_of(SELLERS), hours=(1, 140))
        if self._chance(0.12):
            self._later(self._correct_record, life, "hejun", hours=(1, 3))

    def _register_all_the_same(self, registrar: str, row: CompanyRow) -> None:
        """An override of a likeness: two records whose claims the reviewer must tell apart."""
        reason = "已与对方核实：为同名的另一家公司，注册地址与法定代表人均不同"
        in_the_way = self._in_the_way
        receipt = self._try(self._register_as, registrar, row, reason)
        if receipt is None:
            return
        life = self._begun(row, receipt)
        self._later(self._claim, life, self._one_of(SELLERS), hours=(150, 200))
        if in_the_way is not None:
            self._later(self._report_duplicate, life, in_the_way.customer_id, hours=(210, 300))

    def _begun(self, row: CompanyRow, receipt: Receipt) -> Life:
        life = Life(row, receipt.customer_id)  # type: ignore[arg-type]
        self._lives.append(life)
        return life

    def _register_as(self, registrar: str, row: CompanyRow, override: str | None) -> Receipt:
        fields = row.fields
        return self._application.register(
            self._order(registrar),
            name=fields["name"],
            address=fields["address"],
            industry=fields["industry"],
            phone=fields["phone"],
            introduction=fields["introduction"],
            contacts=[self._contact(row)],
            override_reason=override,
        )

    def _correct_record(self, life: Life, member: str) -> None:
        changes = {"introduction": life.row.fields["introduction"] + "，已核对工商登记信息"}
        self._try(
            self._application.change_profile, self._order(member), life.customer_id, changes=changes
        )

    def _claim(self, life: Life, seller: str) -> None:
        first = self._claim_as(life, seller)
        if self._chance(0.22):
            # A race: rivals ask at the same instant, and the first one recorded has it.
            for rival in self._random.sample([one for one in SELLERS if one != seller], k=2):
                self._claim_as(life, rival)
        if first is None:
            return
        life.claims += 1
        life.former.append(seller)
        if self._chance(0.04):
            self._later(self._release, life, seller, hours=(1, 2))
        if self._chance(0.07):
            self._later(self._withdraw, life, seller, hours=(2, 8))
        elif self._chance(0.05):
            self._later(self._review, life, seller, hours=(90, 130))
        else:
            self._later(self._review, life, seller, hours=(3, 40))

    def _claim_as(self, life: Life, seller: str) -> Receipt | None:
        return self._try(
            self._application.claim,
            self._order(seller),
            life.customer_id,
            contact=self._contact(life.row),
            follow_up=self._follow_up() if life.claims else None,
        )

    def _withdraw(self, life: Life, seller: str) -> None:
        done = self._try(
            self._application.withdraw,
            self._order(seller),
            life.customer_id,
            what="claim",
            reason="与同事商议后由其跟进",
        )
        if done is not None:
            self._later(self._claim, life, seller, hours=(2, 20))
            self._later(self._claim, life, self._other_than(seller), hours=(30, 200))

    def _review(self, life: Life, seller: str) -> None:
        if seller == BOTH:
            self._review_as(life, BOTH, "pass")
        if self._chance(0.13):
            refused = self._review_as(life, REVIEWER, "refuse")
            if refused is not None:
                self._after_refusal(life, seller, refused)
            return
        passed = self._review_as(life, REVIEWER, "pass")
        if passed is None:
            why = "已核对统一社会信用代码，两家公司不同"
            passed = self._review_as(life, REVIEWER, "pass", different_company=why)
        if passed is not None:
            self._hold(life, seller, passed)

    def _review_as(
        self, life: Life, reviewer: str, decision: str, *, different_company: str | None = None
    ) -> Receipt | None:
        return self._try(
            self._application.review,
            self._order(reviewer),
            life.customer_id,
            decision=decision,
            reason=self._one_of(REFUSAL_REASONS) if decision == "refuse" else None,
            different_company=different_company,
        )

    def _after_refusal(self, life: Life, seller: str, refused: Receipt) -> None:
        if self._chance(0.55):
            self._later(self._correct_claim, life, seller, hours=(2, 20))
        elif refused.until is not None:
            self._at(refused.until + timedelta(seconds=1), self._sweep, life)
            self._later(self._claim, life, self._other_than(seller), hours=(130, 300))

    def _correct_claim(self, life: Life, seller: str) -> None:
        if self._claim_as(life, seller) is not None:
            self._later(self._review, life, seller, hours=(3, 30))

    def _hold(self, life: Life, seller: str, passed: Receipt) -> None:
        """The thirty days: notes, rivals who try in vain, and one of the ways it ends."""
        for hours in self._random.sample(range(20, 700, 40), k=self._random.randint(0, 3)):
            self._later(self._note, life, seller, hours=(hours, hours + 20))
        if self._chance(0.2):
            self._later(self._try_in_vain, life, self._other_than(seller), hours=(24, 600))
        if self._chance(0.2):
            self._later(self._release, life, seller, hours=(100, 500))
        elif passed.until is not None:
            self._at(passed.until + timedelta(seconds=1), self._sweep, life)
            if self._chance(0.55):
                self._pursue(life, seller)
            elif self._chance(0.6):
                after = passed.until + timedelta(hours=self._random.uniform(0, 120))
                self._at(self._at_work(after), self._claim, life, self._other_than(seller))

    def _note(self, life: Life, member: str) -> None:
        self._try(
            self._application.follow_up,
            self._order(member),
            life.customer_id,
            follow_up=self._follow_up(),
        )

    def _try_in_vain(self, life: Life, rival: str) -> None:
        self._claim_as(life, rival)
        if self._chance(0.3):
            self._note(life, rival)
        if self._chance(0.2):
            self._review_as(life, REVIEWER, "pass")

    def _release(self, life: Life, seller: str) -> None:
        done = self._try(
            self._application.release,
            self._order(seller),
            life.customer_id,
            reason=self._one_of(RELEASE_REASONS),
        )
        if done is None:
            return
        if self._chance(0.4):
            self._later(self._claim, life, seller, hours=(1, 40))
        if self._chance(0.6):
            self._later(self._claim, life, self._other_than(seller), hours=(5, 150))
        else:
            self._later(self._claim, life, seller, hours=(80, 160))

    def _sweep(self, life: Life) -> None:
        self._application.sweep([life.customer_id])

    # How steps are made.

    def _try(self, command: Callable[..., Receipt], *values: Any, **named: Any) -> Receipt | None:
        """The receipt; None where a rule forbade it or the actor has left: part of the story."""
        try:
            return command(*values, **named)
        except DuplicateName as refused:
            self._in_the_way = refused
            return None
        except (Refused, NotSignedIn):
            return None

    def _later(self, step: Callable[..., None], *values: Any, hours: tuple[float, float]) -> None:
        instant = self._clock() + timedelta(hours=self._random.uniform(*hours))
        self._at(self._at_work(instant), step, *values)

    def _at(self, instant: datetime, step: Callable[..., None], *values: Any) -> None:
        heapq.heappush(self._queue, (instant, next(self._numbers), lambda: step(*values)))

    def _at_work(self, instant: datetime) -> datetime:
        """The instant, or the next one at which the office is open, minutes spread."""
        local = instant.astimezone(SHANGHAI)
        if local.hour >= CLOSES_HOUR:
            local = (local + timedelta(days=1)).replace(hour=0)
        while local.weekday() >= SATURDAY:
            local = (local + timedelta(days=1)).replace(hour=0)
        if local.hour < OPENS_HOUR:
            local = local.replace(hour=OPENS_HOUR + self._random.randrange(8))
        return local.astimezone(instant.tzinfo)

    def _order(self, member: str) -> Order:
        return Order(self._members[member])

    def _contact(self, row: CompanyRow) -> ContactInput:
        fields = row.fields
        return ContactInput(
            fields["contact_name"], fields["contact_position"], fields["contact_phone"]
        )

    def _follow_up(self) -> FollowUpInput:
        days = self._random.randint(2, 12)
        next_contact = self._at_work(self._clock() + timedelta(days=days))
        return FollowUpInput(self._one_of(CHANNELS), self._one_of(NOTES), next_contact)

    def _other_than(self, seller: str) -> str:
        return self._one_of([one for one in (*SELLERS, BOTH) if one != seller])

    def _one_of(self, choices: Sequence[Any]) -> Any:
        return self._random.choice(choices)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share
