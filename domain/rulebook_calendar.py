"""How a rulebook counts days and hours (S1-033, S1-042; A-10)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.rulebook_tables import DayCounting, PoolRules
from domain.working_days import ZONE, start_of_day


def days_after(instant: datetime, days: int, *, counting: DayCounting) -> datetime:
    """The first instant after `days` days from `instant` (A-10).

    Exact: as many spans of 24 hours. Civil: the day of the event is not counted and the last
    one runs to its midnight in Asia/Shanghai, so 0 days end with the day itself.
    """
    if counting == "exact":
        return instant + timedelta(days=days)
    return start_of_day(_local_day(instant) + timedelta(days=days + 1))


def extended(deadline: datetime, days: int, *, counting: DayCounting) -> datetime:
    """A deadline that is `days` days later (S1-036, S1-044; A-10).

    Civil: a deadline is the midnight that ends its last day, and so many days more end with the
    midnight as many days later; a deadline that is no midnight in Asia/Shanghai, as an exact
    version gave it, counts like any other instant.
    """
    day = _local_day(deadline)
    if counting == "civil" and deadline == start_of_day(day):
        return start_of_day(day + timedelta(days=days))
    return days_after(deadline, days, counting=counting)


def pool_opening(instant: datetime, hours: PoolRules) -> datetime:
    """From when on a pool customer may be claimed: `instant` itself while the pool is open."""
    if hours.opens_at is None or hours.closes_at is None:
        return instant
    local = instant.astimezone(ZoneInfo(ZONE))
    if hours.opens_at <= local.time() < hours.closes_at:
        return instant
    days = 0 if local.time() < hours.opens_at else 1
    opening = datetime.combine(local.date() + timedelta(days=days), hours.opens_at, local.tzinfo)
    return opening.astimezone(instant.tzinfo)


def _local_day(instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(ZONE)).date()
