"""Chinese working days, with holidays and make-up days as far as they are published (A-10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

ZONE = "Asia/Shanghai"
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class WorkingDeadline:
    """at: the first instant that is too late, in UTC.

    provisional: a day was counted for whose year no holidays are published yet, so it was taken
    for a working day from Monday to Friday.
    """

    at: datetime
    provisional: bool


def end_of_working_day(
    instant: datetime,
    days: int,
    *,
    zone: str = ZONE,
    holidays: Iterable[date] = (),
    make_up_days: Iterable[date] = (),
) -> WorkingDeadline:
    """The end of the `days`-th working day after the local day of `instant` (S1-318; A-09, A-10).

    The day of the event itself is not counted, and the end of a day is the midnight after it.
    days: 0 or more; 0 is the instant itself, since then nothing is waited for.
    holidays, make_up_days: days off and working days that go before the published calendar; such
    a day is known, whether its year is published or not.
    Raises ValueError for an instant without offset or fewer than 0 days.
    """
    if instant.utcoffset() is None:
        raise ValueError("an instant has an offset from UTC")
    if days < 0:
        raise ValueError("days are counted from 0")
    if days == 0:
        return WorkingDeadline(instant.astimezone(UTC), False)
    named = dict.fromkeys(holidays, False) | dict.fromkeys(make_up_days, True)
    day = instant.astimezone(ZoneInfo(zone)).date()
    provisional = False
    while days:
        day += timedelta(days=1)
        is_working, is_known = (named[day], True) if day in named else _published(day)
        days -= is_working
        provisional = provisional or not is_known
    return WorkingDeadline(start_of_day(day + timedelta(days=1), zone=zone), provisional)


def start_of_day(day: date, *, zone: str = ZONE) -> datetime:
    """The instant in UTC at which a local day begins."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _published(day: date) -> tuple[bool, bool]:
    """Whether a day is a working day, and whether the calendar knows its year."""
    try:
        return bool(chinese_calendar.is_workday(day)), True
    except NotImplementedError:  # So chinese_calendar says that it does not know a year.
        return day.weekday() < _SATURDAY, False
