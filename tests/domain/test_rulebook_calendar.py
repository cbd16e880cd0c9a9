"""How a rulebook counts days, working days and hours (A-10), over the holidays of 2026."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rulebook import default_text
from domain.rulebook_text import Rulebook, parse
from domain.working_days import start_of_day

BEIJING = ZoneInfo("Asia/Shanghai")
EXACT = parse(default_text())
CIVIL = parse(default_text().replace('= "exact"', '= "civil"'))
BOTH = pytest.mark.parametrize("rules", [EXACT, CIVIL], ids=["exact", "civil"])
INSTANTS = st.datetimes(datetime(2004, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
UNPUBLISHED = max(chinese_calendar.holidays).year + 1

SPRING_FESTIVAL = [date(2026, 2, day) for day in range(15, 24)]
SPRING_MAKE_UP = [date(2026, 2, 14), date(2026, 2, 28)]
QINGMING = [date(2026, 4, day) for day in (4, 5, 6)]


def beijing(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BEIJING)  # type: ignore[misc, arg-type]


def with_days(
    rules: Rulebook = EXACT,
    *,
    holidays: tuple[date, ...] = (),
    make_up_days: tuple[date, ...] = (),
    hold_over: int = 3,
) -> Rulebook:
    return replace(
        rules,
        calendar=replace(rules.calendar, holidays=holidays, make_up_days=make_up_days),
        hold_over=replace(rules.hold_over, working_days=hold_over),
    )


# The days that the tests below rest on, as the published calendar has them.


@pytest.mark.parametrize(
    ("days", "name"),
    [(SPRING_FESTIVAL, "Spring Festival"), (QINGMING, "Tomb-sweeping Day")],
)
def test_the_published_calendar_has_these_days_off(days: list[date], name: str) -> None:
    for day in days:
        assert chinese_calendar.get_holiday_detail(day) == (True, name)
    assert chinese_calendar.is_workday(days[0] - timedelta(days=1))
    assert chinese_calendar.is_workday(days[-1] + timedelta(days=1))


@pytest.mark.parametrize("day", SPRING_MAKE_UP)
def test_the_published_calendar_makes_up_for_the_spring_festival_on_saturdays(day: date) -> None:
    assert day.isoweekday() == 6
    assert chinese_calendar.is_workday(day)


# Days.


@pytest.mark.clause("S1-033")
def test_exact_days_are_spans_of_24_hours() -> None:
    instant = datetime(2026, 3, 1, 15, 59, 59, 999999, tzinfo=UTC)
    assert EXACT.days_after(instant, 30) == instant + timedelta(days=30)


def test_civil_days_run_to_the_midnight_after_the_last_day() -> None:
    evening, night = beijing(2026, 3, 1, 23, 30), beijing(2026, 3, 2, 0, 30)
    assert CIVIL.days_after(evening.astimezone(UTC), 3) == beijing(2026, 3, 5)
    assert CIVIL.days_after(night.astimezone(UTC), 3) == beijing(2026, 3, 6)


@pytest.mark.clause("S1-036", "S1-044")
def test_an_exact_deadline_is_extended_by_spans_of_24_hours() -> None:
    deadline = datetime(2026, 3, 31, 6, 3, tzinfo=UTC)
    assert EXACT.extended(deadline, 15) == deadline + timedelta(days=15)
    midnight = beijing(2026, 4, 1)
    assert EXACT.extended(midnight, 15) == midnight + timedelta(days=15)


@pytest.mark.clause("S1-036", "S1-044")
def test_a_civil_deadline_is_extended_from_midnight_to_midnight() -> None:
    assert CIVIL.extended(beijing(2026, 4, 1).astimezone(UTC), 15) == beijing(2026, 4, 16)
    assert CIVIL.extended(beijing(2026, 4, 1), 0) == beijing(2026, 4, 1)


def test_a_deadline_that_no_civil_version_gave_counts_like_any_instant() -> None:
    deadline = beijing(2026, 4, 1, 14, 3)
    assert CIVIL.extended(deadline, 15) == CIVIL.days_after(deadline, 15) == beijing(2026, 4, 17)


@BOTH
@given(instant=INSTANTS, days=st.integers(0, 3650), more=st.integers(0, 3650))
def test_an_extension_is_as_long_as_if_it_had_been_there_from_the_start(
    rules: Rulebook, instant: datetime, days: int, more: int
) -> None:
    assert rules.extended(rules.days_after(instant, days), more) == rules.days_after(
        instant, days + more
    )


@BOTH
def test_deadlines_are_utc(rules: Rulebook) -> None:
    instant = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for deadline in (
        rules.days_after(instant, 30),
        rules.extended(rules.days_after(instant, 30), 1),
        rules.working_day_end(instant, 3).at,
        rules.hold_over_end(instant).at,
    ):
        assert deadline.tzinfo is UTC


# Working days.


@pytest.mark.clause("S1-036", "S1-318")
@pytest.mark.parametrize(
    ("deadline", "end"),
    [
        # An ordinary week: Monday's deadline is held over to the end of Thursday.
        (beijing(2026, 3, 9, 10), beijing(2026, 3, 13)),
        # Before 春节: Saturday the 14th is made up, then nothing until the 24th.
        (beijing(2026, 2, 11, 10), beijing(2026, 2, 15)),
        (beijing(2026, 2, 12, 10), beijing(2026, 2, 25)),
        (beijing(2026, 2, 13, 10), beijing(2026, 2, 26)),
        # On the day made up, which is the deadline's own and not counted.
        (beijing(2026, 2, 14, 10), beijing(2026, 2, 27)),
        # Within 春节.
        (beijing(2026, 2, 18, 10), beijing(2026, 2, 27)),
        # Before the second day made up, Saturday the 28th; and on it.
        (beijing(2026, 2, 25, 10), beijing(2026, 3, 1)),
        (beijing(2026, 2, 26, 10), beijing(2026, 3, 3)),
        (beijing(2026, 2, 28, 10), beijing(2026, 3, 5)),
        # Around 清明.
        (beijing(2026, 4, 1, 10), beijing(2026, 4, 8)),
        (beijing(2026, 4, 2, 10), beijing(2026, 4, 9)),
        (beijing(2026, 4, 3, 10), beijing(2026, 4, 10)),
        (beijing(2026, 4, 5, 10), beijing(2026, 4, 10)),
    ],
)
def test_an_application_holds_over_to_the_end_of_the_third_working_day_after_the_deadline(
    deadline: datetime, end: datetime
) -> None:
    found = EXACT.hold_over_end(deadline.astimezone(UTC))
    assert found.at == end
    assert not found.provisional
    civil_deadline = start_of_day(deadline.date() + timedelta(days=1))
    assert CIVIL.hold_over_end(civil_deadline) == found


def test_an_exact_deadline_at_midnight_belongs_to_the_day_that_it_begins() -> None:
    assert EXACT.hold_over_end(beijing(2026, 3, 10)).at == beijing(2026, 3, 14)
    assert CIVIL.hold_over_end(beijing(2026, 3, 10)).at == beijing(2026, 3, 13)


@BOTH
def test_without_hold_over_days_the_deadline_stands(rules: Rulebook) -> None:
    deadline = beijing(2026, 2, 14)
    found = with_days(rules, hold_over=0).hold_over_end(deadline)
    assert (found.at, found.provisional) == (deadline, False)


@pytest.mark.clause("S1-318")
def test_a_holiday_of_the_rulebook_is_no_working_day() -> None:
    rules = with_days(holidays=(date(2026, 3, 11),))
    assert EXACT.working_day_end(beijing(2026, 3, 9, 10), 3).at == beijing(2026, 3, 13)
    assert rules.working_day_end(beijing(2026, 3, 9, 10), 3).at == beijing(2026, 3, 14)
    assert rules.hold_over_end(beijing(2026, 3, 9, 10)).at == beijing(2026, 3, 14)


@pytest.mark.clause("S1-318")
def test_a_make_up_day_of_the_rulebook_is_one_also_in_a_published_holiday() -> None:
    rules = with_days(make_up_days=(date(2026, 3, 14), date(2026, 4, 6)))
    assert rules.working_day_end(beijing(2026, 3, 12, 10), 3).at == beijing(2026, 3, 17)
    assert rules.working_day_end(beijing(2026, 4, 3, 10), 3).at == beijing(2026, 4, 9)


def test_a_day_that_the_rulebook_names_is_known_before_its_year_is_published() -> None:
    new_year = date(UNPUBLISHED, 1, 1)
    eve = start_of_day(new_year) - timedelta(hours=1)
    tomorrow, after = new_year + timedelta(days=1), new_year + timedelta(days=2)
    assert EXACT.working_day_end(eve, 2).provisional
    known = with_days(holidays=(new_year,), make_up_days=(tomorrow, after))
    found = known.working_day_end(eve, 2)
    assert (found.at, found.provisional) == (start_of_day(after + timedelta(days=1)), False)
    partly = with_days(holidays=(new_year,))
    assert partly.working_day_end(eve, 2).provisional


# Hours.


def test_the_pool_is_always_open_where_no_hours_are_set() -> None:
    night = beijing(2026, 3, 1, 20).astimezone(UTC)
    assert EXACT.pool_opening(night) == night


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        (beijing(2026, 3, 2, 5), beijing(2026, 3, 2, 9)),
        (beijing(2026, 3, 2, 9), beijing(2026, 3, 2, 9)),
        (beijing(2026, 3, 2, 17, 59), beijing(2026, 3, 2, 17, 59)),
        (beijing(2026, 3, 2, 18), beijing(2026, 3, 3, 9)),
        (beijing(2026, 3, 2, 20), beijing(2026, 3, 3, 9)),
    ],
)
def test_the_pool_opens_at_its_hours(instant: datetime, opening: datetime) -> None:
    text = default_text().replace("# opens_at", "opens_at").replace("# closes_at", "closes_at")
    found = parse(text).pool_opening(instant.astimezone(UTC))
    assert found == opening
    assert found.tzinfo is UTC
