"""When a protection that runs began, as a stranger may know it: the day (A-34).

The term of a protection is no secret, so whoever knows the instant at which it began knows the one
at which it ends. Of a customer that somebody else holds a stranger is therefore told every instant
from its claim on as the beginning of its day in Asia/Shanghai, and every deadline as the end of
its day. What came before the claim, what he did himself, and the order of the events stay exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

_OFFSET: Final = timedelta(hours=8)
"""Of Asia/Shanghai, which has known no summer time since 1991."""
RUNNING: Final = frozenset(("waiting", "rejected", "potential", "intent"))
"""States in which a deadline runs, or will from an instant that lies in them."""
ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Veil:
    """What of one customer's instants is hidden from one reader.

    since: from which instant on; None: nothing is. member: the reader, whose own deeds are no
    secret to him. floor: the last instant before that he knows anyway, so that what is told of the
    protection does not lie before what is told of the customer.
    """

    member: str
    since: datetime | None = None
    floor: datetime | None = None

    def above(self, known: Iterable[datetime]) -> Veil:
        """The same over these instants, of which the exact ones are known."""
        since = self.since
        if since is None:
            return self
        return Veil(self.member, since, max((one for one in known if one < since), default=None))

    def hides(self, at: datetime | None) -> bool:
        """True of an instant from which the deadline might be reckoned."""
        return self.since is not None and at is not None and at >= self.since

    def shown(self, at: datetime | None) -> datetime | None:
        """An instant that has passed, as it is told."""
        if at is None or not self.hides(at):
            return at
        day = start_of_day(at)
        return day if self.floor is None else max(day, self.floor)

    def deadline(self, until: datetime | None) -> datetime | None:
        """A deadline, passed or not: one that was moved tells the one that it was moved to."""
        return end_of_day(until) if until is not None and self.hides(until) else until

    def event(self, told: dict[str, Any]) -> dict[str, Any]:
        """An event that was told; what the reader did himself stays exact."""
        if self.since is None or told["actor"] == self.member:
            return told
        instants = [name for name in ("at", "recorded_at") if name in told]
        return told | {name: self.shown(told[name]) for name in instants}

    def asked(self, at: datetime, now: datetime, *, as_known: bool = False) -> datetime:
        """The instant by which a question about `at` is answered: its day's beginning, or what the
        reader knows before the claim.

        Asking for instant after instant would find out when it began, or ends. as_known: the answer
        is by earlier knowledge, where a deadline that was moved since still ends what it ended:
        there `now` is an instant like any other, or whoever asks again and again learns when.
        """
        known = start_of_day(self.since) if self.since is not None else None
        if known is None or (at == now and not as_known) or at < max(known, self.floor or known):
            return at
        day = start_of_day(at)
        return max(day, now) if at > now else max(day, self.floor or day)


NOTHING_HIDDEN: Final = Veil("")
EVERYTHING_HIDDEN: Final = Veil("", ALWAYS)


def end_of_day(instant: datetime) -> datetime:
    """The midnight in Asia/Shanghai at which the day of `instant` ends, or the instant itself."""
    midnight = start_of_day(instant)
    return instant if instant == midnight else midnight + timedelta(days=1)


def start_of_day(instant: datetime) -> datetime:
    """The midnight in Asia/Shanghai at which the day of `instant` begins."""
    local = (instant + _OFFSET).date()
    return datetime.combine(local, time(), UTC) - _OFFSET
