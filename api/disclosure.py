"""Who sees how much of a customer (A-34): the parties everything, a stranger the public part.

Everybody sees name, state, holder and deadline; contacts, phones and notes are for those whom
`domain.permissions.may_see_details` names. A stranger sees a deadline as the end of its day in
Asia/Shanghai where the rulebook says so: nobody can lie in wait for the instant, and whoever comes
at the instant shown finds the protection over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property

from domain import permissions
from domain.application import Tenure
from domain.orders import Signed

_OFFSET = timedelta(hours=8)
"""Of Asia/Shanghai, which has known no summer time since 1991."""
NOT_A_PARTY = "not-a-party"


@dataclass(frozen=True)
class Disclosure:
    """What one member may see at one instant."""

    signed: Signed
    application: Tenure

    @cached_property
    def by_day(self) -> bool:
        """True where the rulebook in force shows strangers deadlines to the day."""
        rules = self.application.rulebooks().in_force(self.signed.at)
        return rules.disclosure.deadline_to_strangers == "day"

    def sees_details(self, holder: str | None, state: str, *, signers: Iterable[str] = ()) -> bool:
        """True where the member may read contacts, phones, notes and contracts.

        signers: who signed the customer's contracts; they keep it in sight (A-31).
        """
        return permissions.may_see_details(
            self.signed.roles, self.signed.member, holder=holder, state=state, signers=signers
        )

    def deadline(
        self, until: datetime | None, *, holder: str | None, state: str
    ) -> datetime | None:
        """The deadline as the member may see it; one that has passed is no secret."""
        if until is None or until <= self.signed.at or self.sees_details(holder, state):
            return until
        return end_of_day(until) if self.by_day else until

    def future(self, at: datetime) -> datetime:
        """A future instant as a stranger may ask about it: the beginning of its day, or now.

        So the answers agree with the deadlines that a stranger is shown, and asking instant after
        instant finds out no more.
        """
        if at <= self.signed.at or not self.by_day:
            return at
        return max(self.signed.at, start_of_day(at))


def end_of_day(instant: datetime) -> datetime:
    """The midnight in Asia/Shanghai at which the day of `instant` ends, or the instant itself."""
    midnight = start_of_day(instant)
    return instant if instant == midnight else midnight + timedelta(days=1)


def start_of_day(instant: datetime) -> datetime:
    """The midnight in Asia/Shanghai at which the day of `instant` begins."""
    local = (instant + _OFFSET).date()
    return datetime.combine(local, time(), UTC) - _OFFSET
