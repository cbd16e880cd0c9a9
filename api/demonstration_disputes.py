"""Disputes in the demonstration: one of each ruling, and one that waits for it.

Told without chance, so that the rest of the story stays as it is without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from api.demonstration_deals import DIRECTOR, LEAVER, Life
from api.test_clock import SettableClock
from domain.application import Tenure
from domain.events import DisputeOpened, DisputeRuled, Stage
from domain.orders import Order, Receipt
from domain.replay import Answer

CONTENDERS = ("lina", "wangqiang", "zhangwei", "liuyang")
RULED_AFTER = timedelta(hours=26)
RESTORED_DAYS = 12
GOES_ON = timedelta(days=6)
"""How long what is contested still runs, so that the ruling finds it held."""


class Contests:
    """Steps of a dispute. Mixed into the story, which gives them the rest."""

    if TYPE_CHECKING:
        _application: Tenure
        _clock: SettableClock
        _lives: list[Life]

        def _try(
            self, command: Callable[..., Receipt], *values: Any, **named: Any
        ) -> Receipt | None: ...
        def _at(self, instant: datetime, step: Callable[..., None], *values: Any) -> None: ...
        def _at_work(self, instant: datetime) -> datetime: ...
        def _order(self, member: str) -> Order: ...

    def _plan_disputes(self, begin: datetime) -> None:
        """One of each ruling, in the last weeks of the story."""
        for days, contest in (
            (49, self._contest_a_lapse),
            (56, self._contest_in_vain),
            (60, self._contest_and_win),
        ):
            self._at(self._at_work(begin + timedelta(days=days)), contest)

    def _contest_a_lapse(self) -> None:
        """What lapsed while nothing could be sent comes back to who had it."""
        for life, answer in self._answers():
            last = answer.last
            if answer.ended == "lapsed" and last is not None and last.holder in CONTENDERS:
                self._contest(
                    life,
                    str(last.holder),
                    last.until or self._clock(),
                    "到期当日系统停机，延期申请无法提交",
                    "S1-033",
                    {"ruling": "restore", "reason": "停机属实，恢复其保护并补足停机影响的时间"},
                )
                return

    def _contest_in_vain(self) -> None:
        """A rival who came second says that he had met the customer before."""
        self._contest_what_is_held(
            "早在对方申请之前已拜访过该客户",
            "already-protected",
            {"ruling": "uphold", "reason": "以先保存的有效申请为准，拜访未作登记"},
        )

    def _contest_and_win(self) -> None:
        """A rival shows that the holder never met the customer."""
        self._contest_what_is_held(
            "客户书面说明从未与现跟进人联系，一直由我方接洽",
            None,
            {"ruling": "move", "reason": "客户书面说明属实，跟踪记录与事实不符", "rule": "A-27"},
        )

    def _leave_a_dispute(self) -> None:
        """One waits for whoever looks at the demonstration."""
        self._contest_what_is_held(
            "该客户由我部门老客户介绍，先于对方接洽", "already-protected", None
        )
        for life, answer in self._answers():
            if answer.interval is not None and answer.interval.holder and self._waits(life):
                self._try(
                    self._application.state_in_dispute,
                    self._order(answer.interval.holder),
                    life.customer_id,
                    1,
                    statement="申请与跟踪记录均在先，介绍一事客户并不知情",
                )

    def _contest_what_is_held(
        self, statement: str, rule: str | None, ruling: dict[str, Any] | None
    ) -> None:
        for life, answer in self._answers():
            live = answer.interval
            if live is None or live.stage is not Stage.POTENTIAL or self._is_contested(life):
                continue
            if live.until is None or live.until < self._clock() + GOES_ON:
                continue
            rival = next(one for one in CONTENDERS if one != live.holder)
            if ruling is not None and ruling["ruling"] == "move":
                ruling = {**ruling, "to": rival}
            self._contest(life, rival, self._clock(), statement, rule, ruling)
            return

    def _contest(
        self,
        life: Life,
        opener: str,
        contested_at: datetime,
        statement: str,
        rule: str | None,
        ruling: dict[str, Any] | None,
    ) -> None:
        opened = self._try(
            self._application.open_dispute,
            self._order(opener),
            life.customer_id,
            contested_at=contested_at,
            statement=statement,
            rule=rule,
        )
        if opened is not None and ruling is not None:
            at = self._at_work(self._clock() + RULED_AFTER)
            self._at(at, self._rule_dispute, life, opened.extra["dispute"], ruling)

    def _rule_dispute(self, life: Life, number: int, ruling: dict[str, Any]) -> None:
        until = None
        if ruling["ruling"] == "restore":
            until = self._clock() + timedelta(days=RESTORED_DAYS)
        self._try(
            self._application.rule_dispute,
            self._order(DIRECTOR),
            life.customer_id,
            number,
            until=until,
            **ruling,
        )

    def _answers(self) -> Iterator[tuple[Life, Answer]]:
        """How the customers stand now that no leaver holds."""
        for life in self._lives:
            answer = self._application.holder_at(life.customer_id)
            if answer.holder != LEAVER:
                yield life, answer

    def _waits(self, life: Life) -> bool:
        """Its first dispute has no ruling."""
        events = [past.event for past in self._application.history(life.customer_id).events]
        return any(isinstance(event, DisputeOpened) for event in events) and not any(
            isinstance(event, DisputeRuled) for event in events
        )

    def _is_contested(self, life: Life) -> bool:
        events = self._application.history(life.customer_id).events
        return any(isinstance(past.event, DisputeOpened) for past in events)
