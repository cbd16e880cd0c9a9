"""Following the log as the library's `Subscription`, by polling the settled position."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

POLL_SECONDS = 0.05
_BATCH = 500


class PollingSubscription(Subscription[ApplicationRecorder]):
    """Yields events as they settle; the iteration ends once it is stopped, from any thread."""

    def __init__(
        self, recorder: ApplicationRecorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._stopped = threading.Event()
        self._fetched: deque[Notification] = deque()

    def stop(self) -> None:
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        while not self._stopped.is_set():
            if self._fetched:
                return self._fetched.popleft()
            self._fetch()
            if not self._fetched:
                self._stopped.wait(POLL_SECONDS)
        raise StopIteration

    def _fetch(self) -> None:
        fetched = self._recorder.select_notifications(
            start=self._last_notification_id,
            limit=_BATCH,
            topics=self._topics,
            inclusive_of_start=False,
        )
        self._fetched.extend(fetched)
        if fetched:
            self._last_notification_id = fetched[-1].id
