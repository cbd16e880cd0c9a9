"""In the background of a worker: views of an older version are rebuilt beside what they have.

`tenure migrate` does the same at once and with more processes. Where the worker has not the rights
of the owner, it only says what is to be done.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing

import psycopg2
import structlog
from eventsourcing.persistence import PersistenceError

from api.composition import Service
from api.log_source import source_of
from eventstore.connections import Database
from projections.catalogue import ALL
from projections.following import FoldFailed
from projections.migrating import outdated
from projections.rebuilding import Rebuild, Stopped
from projections.shadow import AlreadyRebuilding, NewerVersion, SwapBlocked
from projections.view import View

LOOK_SECONDS = 2.0
AGAIN_SECONDS = 60.0
"""After a failure. A fold that raises will do so again, but a reader may have ended."""


class Renewal:
    """Looks for outdated views, and rebuilds those that nobody rebuilds."""

    def __init__(self, service: Service, views: Sequence[View] = ALL) -> None:
        self._service = service
        self._views = views
        self._log = structlog.get_logger("tenure.renewal")

    def run(self, stop: threading.Event) -> None:
        """Look again and again, until `stop`. Goes on after any failure."""
        pause_seconds = 0.0
        while not stop.wait(pause_seconds):
            pause_seconds = LOOK_SECONDS
            try:
                self.step(stop)
            except (Stopped, NewerVersion):
                continue
            except AlreadyRebuilding as busy:
                self._log.info("another process rebuilds the view", view=busy.view)
            except (FoldFailed, SwapBlocked) as error:
                self._log.error("a view was not renewed", error=error, cause=error.__cause__)
                pause_seconds = AGAIN_SECONDS
            except (PersistenceError, psycopg2.Error) as error:
                self._log.warning("renewal failed, is tried again", error=error)
                pause_seconds = AGAIN_SECONDS

    def step(self, stop: threading.Event) -> list[str]:
        """Rebuild what is outdated, one view after the other; their names."""
        renewed = []
        for view in self._outdated():
            with closing(Database(self._owner_url(), size=4)) as database:
                if not self._may_change(database):
                    self._log.warning(
                        "a view's form has changed: run tenure migrate", view=view.NAME
                    )
                    stop.wait(AGAIN_SECONDS)
                    return renewed
                self._log.info("a view's form has changed: rebuilding it", view=view.NAME)
                Rebuild(source_of(database), [view], stop=stop).run()
            self._log.info("rebuilt", view=view.NAME)
            renewed.append(view.NAME)
        return renewed

    def _outdated(self) -> list[View]:
        with self._service.database.autocommit() as cursor:
            return outdated(cursor, self._views)

    def _owner_url(self) -> str:
        embedded = self._service.embedded
        return self._service.database.url if embedded is None else embedded.url()

    def _may_change(self, database: Database) -> bool:
        with database.autocommit() as cursor:
            cursor.execute(
                "SELECT pg_has_role(nspowner, 'USAGE') AND"
                " has_database_privilege(current_database(), 'CREATE')"
                " FROM pg_namespace WHERE nspname = 'views'"
            )
            return cursor.fetchone() == (True,)
