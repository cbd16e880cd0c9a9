"""A clock for tests and demonstrations: "now" is the instant that a file holds (api.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from domain.errors import Unavailable


class ClockUnreadable(Unavailable):
    """The test clock's file holds no instant. zh, en: which file, and what it must hold."""

    def __init__(self, path: Path, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.path = path
        self.zh = zh
        self.en = en


class FileClock:
    """Reads the file at every call, so that whoever writes it moves the time."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def __call__(self) -> datetime:
        """The file's instant in UTC. Raises ClockUnreadable."""
        try:
            text = self.path.read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ClockUnreadable(
                self.path,
                zh=f"测试时钟文件 {self.path} 无法读取：{error}",
                en=f"the test clock {self.path} cannot be read: {error}",
            ) from error
        try:
            instant = datetime.fromisoformat(text)
        except ValueError as error:
            raise self._no_instant(text) from error
        if instant.tzinfo is None:
            raise self._no_instant(text)
        return instant.astimezone(UTC)

    def _no_instant(self, text: str) -> ClockUnreadable:
        shown = text[:60]
        return ClockUnreadable(
            self.path,
            zh=f"测试时钟文件 {self.path} 须为带时区的 ISO 时间，如 "
            f"2026-03-05T14:03:00+08:00，现为 {shown!r}",
            en=f"the test clock {self.path} must hold an ISO instant with its offset, such as "
            f"2026-03-05T14:03:00+08:00; it holds {shown!r}",
        )


class SettableClock:
    """A clock that stands until it is moved: for filling a demonstration with a past."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Stand at `instant`; never earlier than now, because time does not run back."""
        self._now = max(self._now, instant)
