"""How far each view is: its row in `views.positions`, and what that means to a reader."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

FAILURE_CHARACTERS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class FailedView:
    """Why a view was set aside: the event at which its fold raised, and what it raised."""

    position: int
    topic: str
    error: str
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """A view's row. version: of the tables and the fold that it was written by."""

    view: str
    version: int
    position: int
    failed: FailedView | None


@dataclass(frozen=True, slots=True)
class ViewLag:
    """How a view stands. settled: how far the log can be read. lag: positions still to fold.

    is_leader: whether this engine follows it. is_current: whether its tables are of the version
    that this program knows; if not, `migrate` is due, or a newer release is at work.
    """

    view: str
    version: int
    position: int
    settled: int
    lag: int
    failed: FailedView | None
    is_leader: bool
    is_current: bool


class ViewLagging(Exception):
    """A view did not reach the asked position in time. lag: positions still missing."""

    def __init__(self, view: str, lag: int) -> None:
        super().__init__(f"{view} is {lag} positions behind")
        self.view = view
        self.lag = lag


def position_of(cursor: Cursor, view: str) -> int:
    """The last position that the view has folded; 0 for one that has no row."""
    return positions_of(cursor, [view]).get(view, Position(view, 0, 0, None)).position


def positions_of(cursor: Cursor, views: Collection[str]) -> dict[str, Position]:
    """The rows of these views, as far as there are any."""
    cursor.execute(
        "SELECT view, version, position, failed_position, failed_topic, failed_error, failed_at"
        " FROM views.positions WHERE view = ANY (%s)",
        (list(views),),
    )
    return {
        view: Position(
            view, version, position, FailedView(*failed) if failed[0] is not None else None
        )
        for view, version, position, *failed in cursor
    }


def record_failure(cursor: Cursor, view: str, failed: tuple[int, str, str]) -> None:
    """Say in the view's row why it stands still. failed: position, topic, error."""
    position, topic, error = failed
    cursor.execute(
        "UPDATE views.positions SET failed_position = %s, failed_topic = %s, failed_error = %s,"
        " failed_at = clock_timestamp() WHERE view = %s",
        (position, topic, error.replace("\x00", "")[:FAILURE_CHARACTERS_MAX], view),
    )
