"""Working days in China, with holidays and make-up days (S1-318; A-09, A-10)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.working_days import end_of_working_day, start_of_day

BEIJING = ZoneInfo("Asia/Shanghai")
LAST_KNOWN_YEAR = max(chinese_calendar.holidays).year
INSTANTS = st.datetimes(datetime(2004, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))


def beijing(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BEIJING)  # type: ignore[misc, arg-type]


@pytest.mark.clause("S1-318")
@pytest.mark.parametrize(
    ("instant", "end"),
    [
        # An ordinary week: Monday's event ends with Thursday.
        (beijing(2026, 3, 9, 10), beijing(2026, 3, 13)),
        # Over a weekend.
        (beijing(2026, 3, 12, 10), beijing(2026, 3, 18)),
        # 春节 2026: off from 15 to 23 February; Saturday the 14th and the 28th are made up.
        (beijing(2026, 2, 13, 23, 30), beijing(2026, 2, 26)),
        (beijing(2026, 2, 14, 0, 30), beijing(2026, 2, 27)),
        (beijing(2026, 2, 12, 10), beijing(2026, 2, 25)),
        (beijing(2026, 2, 18, 12), beijing(2026, 2, 27)),
        (beijing(2026, 2, 26, 9), beijing(2026, 3, 3)),
        # 清明 2026: off from 4 to 6 April.
        (beijing(2026, 4, 2, 23, 30), beijing(2026, 4, 9)),
        (beijing(2026, 4, 3, 0, 30), beijing(2026, 4, 10)),
    ],
)
def test_three_working_days_end_with_the_third_after_the_day_of_the_event(
    instant: datetime, end: datetime
) -> None:
    deadline = end_of_working_day(instant.astimezone(UTC), 3)
    assert deadline.at == end
    assert deadline.at.tzinfo is UTC
    assert not deadline.provisional


@pytest.mark.clause("S1-318")
def test_a_year_without_published_holidays_counts_monday_to_friday_and_says_so() -> None:
    labour_day = date(LAST_KNOWN_YEAR + 1, 5, 1)
    monday = labour_day - timedelta(days=labour_day.weekday())
    deadline = end_of_working_day(start_of_day(monday), 5)
    assert deadline.provisional
    assert deadline.at == start_of_day(monday + timedelta(days=8))


def test_a_count_that_reaches_into_an_unpublished_year_is_provisional() -> None:
    assert end_of_working_day(beijing(LAST_KNOWN_YEAR, 12, 30, 9), 3).provisional
    assert not end_of_working_day(beijing(LAST_KNOWN_YEAR, 12, 20, 9), 3).provisional


@pytest.mark.clause("S1-318")
def test_a_named_day_goes_before_the_published_calendar() -> None:
    monday = beijing(2026, 3, 9, 10)
    wednesday, saturday = date(2026, 3, 11), date(2026, 3, 14)
    assert end_of_working_day(monday, 5, holidays=[wednesday]).at == beijing(2026, 3, 18)
    made_up = end_of_working_day(monday, 5, holidays=[wednesday], make_up_days=[saturday])
    assert made_up.at == beijing(2026, 3, 17)


@given(
    INSTANTS.filter(lambda instant: instant.year < LAST_KNOWN_YEAR),
    st.integers(0, 15),
    st.lists(st.integers(0, 30)),
)
def test_to_name_a_day_as_it_is_published_changes_nothing(
    instant: datetime, days: int, named: list[int]
) -> None:
    dates = [instant.date() + timedelta(days=number) for number in named]
    off = [day for day in dates if not chinese_calendar.is_workday(day)]
    on = [day for day in dates if chinese_calendar.is_workday(day)]
    assert end_of_working_day(instant, days, holidays=off, make_up_days=on) == (
        end_of_working_day(instant, days)
    )


def test_no_days_are_the_instant_itself() -> None:
    instant = beijing(2026, 2, 14, 0, 30)
    assert end_of_working_day(instant, 0).at == instant


def test_an_instant_without_offset_and_fewer_than_no_days_are_errors() -> None:
    with pytest.raises(ValueError, match="offset"):
        end_of_working_day(datetime(2026, 1, 1), 1)
    with pytest.raises(ValueError, match="from 0"):
        end_of_working_day(datetime(2026, 1, 1, tzinfo=UTC), -1)


@given(INSTANTS, st.integers(1, 15))
def test_exactly_so_many_working_days_lie_between_the_event_and_the_end(
    instant: datetime, days: int
) -> None:
    deadline = end_of_working_day(instant, days)
    day = instant.astimezone(BEIJING).date() + timedelta(days=1)
    end = deadline.at.astimezone(BEIJING)
    counted = 0
    is_last_working = False
    while day < end.date():
        is_known = day.year <= LAST_KNOWN_YEAR
        is_last_working = chinese_calendar.is_workday(day) if is_known else day.isoweekday() <= 5
        counted += is_last_working
        day += timedelta(days=1)
    assert counted == days
    assert is_last_working
    assert (end.hour, end.minute, end.second, end.microsecond) == (0, 0, 0, 0)


@given(INSTANTS, st.integers(0, 600), st.integers(0, 15))
def test_a_later_event_never_ends_earlier(instant: datetime, minutes: int, days: int) -> None:
    later = instant + timedelta(minutes=minutes)
    assert end_of_working_day(instant, days).at <= end_of_working_day(later, days).at


@given(INSTANTS, st.integers(0, 15))
def test_one_more_day_ends_later(instant: datetime, days: int) -> None:
    assert end_of_working_day(instant, days).at < end_of_working_day(instant, days + 1).at
