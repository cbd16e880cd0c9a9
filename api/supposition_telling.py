"""A life under other rules, as its reader may see it.

A stranger sees what a replay shows; what would have been, and when, he sees to the day, since it is
reckoned from deadlines that he sees no better.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.explanations import past_event
from api.life_telling import DEADLINES, Teller
from api.problems.wording import in_words
from domain.replay import PastEvent
from domain.replaying import Situation
from domain.tenures import ending_by
from domain.terms import ENDINGS
from domain.what_if import Attempt, Pair, Step, Tenure, WhatIf
from projections.audit import AuditEntry


class SuppositionTeller:
    """Steps and tenures of both lives. refusals: those about the customer, by position."""

    def __init__(self, teller: Teller, refusals: Mapping[int, AuditEntry], *, version: str) -> None:
        self._teller = teller
        self._refusals = refusals
        self._version = version

    def told(self, found: WhatIf) -> dict[str, Any]:
        """The answer without its frame."""
        return {
            "customer_id": found.customer_id,
            "rulebook": self._version,
            "steps": [self._step(step) for step in found.steps],
            "tenures": [self._pair(pair) for pair in found.pairs],
            "was": self._teller.situation(found.was),
            "would_be": self._supposed(found.would_be),
            "explanation": self._explanation(found),
        }

    def _step(self, step: Step) -> dict[str, Any]:
        was, would_be = self._teller.situation(step.was), self._supposed(step.would_be)
        return {
            "event": self._event(step),
            "outcome": step.outcome,
            "rule": step.refusal.slug if step.refusal is not None else None,
            "differs": step.differs,
            "was": was,
            "would_be": would_be,
            "differences": {
                name: {"was": was[name], "would_be": would_be[name]}
                for name in step.differences
                if was[name] != would_be[name]
            },
        }

    def _event(self, step: Step) -> dict[str, Any]:
        language, sees_details = self._teller.language, self._teller.sees_details
        event = step.event
        if isinstance(event, Attempt):
            return self._teller.logged(self._refusals[event.position])
        if step.past is not None:
            return self._teller.past(step.past)
        told = past_event(PastEvent(0, event.timestamp, event), language, sees_details=sees_details)
        unwritten = {"position": None, "version": None, "recorded_at": None}
        if sees_details:
            return told | unwritten
        # The sentence of a lapse names its instant.
        term = ENDINGS[ending_by(event)]
        words = term.zh if language == "zh" else term.en
        return told | unwritten | {"at": self._teller.day_of(event.timestamp), "words": words}

    def _supposed(self, situation: Situation) -> dict[str, Any]:
        shown = self._teller.situation(situation)
        if self._teller.sees_details:
            return shown
        bars = [{**bar, "until": self._teller.day_of(bar["until"])} for bar in shown["bars"]]
        days = {name: self._teller.day_of(shown[name]) for name in DEADLINES}
        return {**shown, **days, "bars": bars}

    def _pair(self, pair: Pair) -> dict[str, Any]:
        was, would_be = self._side(pair.was), self._side(pair.would_be, is_supposed=True)
        return {
            "was": was,
            "would_be": would_be,
            "differs": pair.differs,
            "ended_at": was["until"] if was else None,
            "would_have_ended_at": would_be["until"] if would_be else None,
            "reason": self._reason(was, would_be, differs=pair.differs),
        }

    def _side(self, tenure: Tenure | None, *, is_supposed: bool = False) -> dict[str, Any] | None:
        if tenure is None:
            return None
        held = tenure.interval
        until = self._teller.deadline(
            held.until, holder=held.holder, state=held.stage, department=held.department
        )
        if tenure.has_ended and not is_supposed:
            until = self._teller.veil.shown(held.until)
        return {
            "holder": held.holder,
            "group": held.group,
            "stage": held.stage,
            "since": self._teller.beginning(
                held.since, holder=held.holder, state=held.stage, department=held.department
            ),
            "until": self._teller.day_of(until) if is_supposed else until,
            "ending": tenure.ending,
            "has_ended": tenure.has_ended,
        }

    def _reason(
        self, was: dict[str, Any] | None, would_be: dict[str, Any] | None, *, differs: bool
    ) -> str:
        is_zh = self._teller.language == "zh"
        if was is None and would_be is not None:
            said = "当时没有；依此版本则有：{}" if is_zh else "It never was; it would have been: {}"
            return said.format(self._side_words(would_be))
        if was is not None and would_be is None:
            said = (
                "{}；依此版本则不会有" if is_zh else "{}; under this version it would not have been"
            )
            return said.format(self._side_words(was))
        if was is None or would_be is None:
            return ""
        if not differs:
            return self._side_words(was) + ("；不变" if is_zh else "; the same")
        between = "；依此版本则为：" if is_zh else "; under this version: "
        return self._side_words(was) + between + self._side_words(would_be)

    def _side_words(self, side: Mapping[str, Any]) -> str:
        language = self._teller.language
        words = in_words(
            {name: side[name] for name in ("holder", "group", "stage", "since")}, language
        )
        end: datetime | None = side["until"]
        if language == "zh":
            told = "{holder}（{stage}）自 {since} 起"
        else:
            told = "{holder} ({stage}) from {since}"
        if end is not None:
            words["end"] = in_words({"end": end}, language)["end"]
            told += "，至 {end}" if language == "zh" else " to {end}"
            words["how"] = ENDINGS[side["ending"] or "lapsed"][language == "en"]
            told += "（{how}）" if language == "zh" else " ({how})"
        return told.format_map(words)

    def _explanation(self, found: WhatIf) -> str:
        ended = sum(pair.differs for pair in found.pairs)
        refused = sum(step.outcome == "would-have-been-refused" for step in found.steps)
        allowed = sum(step.outcome == "would-not-have-been-refused" for step in found.steps)
        if self._teller.language == "zh":
            return (
                f"依制度 {self._version}：{ended} 段保护期会有不同，{refused} 个事件会被拒绝，"
                f"{allowed} 次被拒的申请本不会被拒绝。"
            )
        return (
            f"Under version {self._version}, tenures that would have been otherwise: {ended};"
            f" events that would have been refused: {refused};"
            f" refused claims that would not have been: {allowed}."
        )
