"""A protection: the exclusive right of one holder, in one stage, until a deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.events.values import Stage


@dataclass(frozen=True, slots=True)
class Protection:
    """The right that blocks others (S1-302). Intervals are half-open (design §3).

    claimed_at: when it was asked for; it orders claims (A-07). since: when the present stage
    began. in_force_since: when the review passed; None before. until: the deadline; None where
    none runs (a claim under review has no automatic outcome, A-08). review_due: when the review
    should be decided; None outside it. corrections: how often the claim was corrected (A-09).
    rulebook: the version that granted the present stage.
    """

    holder: str
    stage: Stage
    claimed_at: datetime
    since: datetime
    in_force_since: datetime | None
    until: datetime | None
    review_due: datetime | None
    corrections: int
    rulebook: str

    def is_live(self, at: datetime) -> bool:
        """True before the deadline; the deadline instant itself belongs to nobody (A-10)."""
        return self.until is None or at < self.until

    def blocks(self, member: str, at: datetime) -> bool:
        """True while `member` may not claim, because somebody holds it (S1-023, S1-302, A-62).

        The holder of a refused claim is not blocked: claiming again is the correction (A-09).
        """
        return self.is_live(at) and not (member == self.holder and self.stage is Stage.REJECTED)

    def may_be_corrected(self, member: str, at: datetime, corrections_max: int) -> bool:
        """True while the claimant may correct a refused claim (A-09)."""
        return (
            self.stage is Stage.REJECTED
            and member == self.holder
            and self.is_live(at)
            and self.corrections < corrections_max
        )
