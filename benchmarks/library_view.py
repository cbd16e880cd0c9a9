"""`python -m benchmarks.library_view`: the library's ProjectionRunner keeping one simple view.

Reads one JSON line, {"url": …}, follows the whole log and writes {"events": …, "seconds": …}.
The view has one row a customer: who holds it, after how many events.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg2.extensions
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

# psycopg's pipeline stalls on statements of several hundred kilobytes.
_BATCH = 50
_PATIENCE_SECONDS = 900.0


class Account(Aggregate):
    """A customer as the library's examples would have it."""

    TOPIC = "bench.account"

    class Event(Aggregate.Event):
        """holder: who holds it afterwards. facts: as much text as Tenure's event has."""

        TOPIC = "bench.account.event"
        holder: str
        facts: str

    class Created(Event, Aggregate.Created):
        TOPIC = "bench.account.created"

    class Changed(Event):
        TOPIC = "bench.account.changed"


class Accounts(Application[UUID]):
    """The library's application, with its own mapper and transcoder."""

    name = "accounts"


class Holders(PostgresTrackingRecorder):
    """One table, one row an account."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS holders ("
                "account_id uuid PRIMARY KEY, holder text NOT NULL, version bigint NOT NULL)"
            )

    def put(self, account_id: UUID, holder: str, version: int, tracking: Tracking) -> None:
        """The row and the position in one transaction, as the library's documentation shows."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO holders VALUES (%s, %s, %s) ON CONFLICT (account_id)"
                " DO UPDATE SET holder = excluded.holder, version = excluded.version",
                (account_id, holder, version),
                prepare=True,
            )


class HoldersProjection(Projection[Holders]):
    """Who holds each account."""

    name = "holders"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.put(
            domain_event.originator_id,
            domain_event.holder,
            domain_event.originator_version,
            tracking,
        )


def environment(url: str) -> dict[str, str]:
    """The library's settings for a database."""
    given = psycopg2.extensions.parse_dsn(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": given["dbname"],
        "POSTGRES_HOST": given["host"],
        "POSTGRES_PORT": given["port"],
        "POSTGRES_USER": given["user"],
        "POSTGRES_PASSWORD": given["password"],
    }


def fill(url: str, streams: Iterable[Sequence[StoredEvent]]) -> int:
    """Append as many events, with states of the same size, to the library's log; how many."""
    count = 0
    with closing(Accounts(environment(url))) as accounts:
        batch: list[StoredEvent] = []
        for stream in streams:
            batch += [accounts.mapper.to_stored_event(event) for event in _as_account(stream)]
            if len(batch) >= _BATCH:
                accounts.recorder.insert_events(batch)
                count += len(batch)
                batch = []
        accounts.recorder.insert_events(batch)
        return count + len(batch)


def _as_account(stream: Sequence[StoredEvent]) -> list[Any]:
    account: Account | None = None
    for stored in stream:
        facts = stored.state.decode()
        if account is None:
            account = Account._create(
                Account.Created, id=UUID(str(stored.originator_id)), holder="", facts=facts
            )
        else:
            account.trigger_event(Account.Changed, holder="seller-1", facts=facts)
    return [] if account is None else list(account.collect_events())


def main() -> None:
    url = json.loads(sys.stdin.readline())["url"]
    began = time.monotonic()
    with ProjectionRunner(
        application_class=Accounts,
        projection_class=HoldersProjection,
        view_class=Holders,
        env=environment(url),
    ) as runner:
        last = runner.app.recorder.max_notification_id()
        runner.wait(last, timeout=_PATIENCE_SECONDS)
        seconds = time.monotonic() - began
    print(json.dumps({"events": last, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
