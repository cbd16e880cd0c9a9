"""When each token was last used: to the minute, and no answer waits for it to be written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog
from anyio import to_thread
from eventsourcing.persistence import PersistenceError

from domain.errors import TenureError
from eventstore.connections import Database

SECONDS_BETWEEN = 60.0
GATHERED_SECONDS = 1.0
_NOBODYS = frozenset((401, 429))
_UPSERT = """
INSERT INTO access.token_uses AS known (digest, client, last_used_at)
SELECT digest, client, coalesce(%s, clock_timestamp())
FROM unnest(%s::text[], %s::text[]) AS used (digest, client) ORDER BY digest
ON CONFLICT (digest) DO UPDATE SET client = excluded.client,
    last_used_at = greatest(known.last_used_at, excluded.last_used_at)
"""


@dataclass(frozen=True, slots=True)
class TokenUse:
    """The last use of a token. client: the address that it came from."""

    at: datetime
    client: str | None


def shows_a_live_token(status: int) -> bool:
    """True for an answer that only somebody with a live token gets."""
    return status < 500 and status not in _NOBODYS


class TokenUses:
    """Gathers uses in the event loop; `run` writes them down beside it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[str, float] = {}
        self._waiting: dict[str, str | None] = {}

    def note(self, digest: str, client: str | None) -> None:
        """A live token was used; once a minute that is written."""
        now = time.monotonic()
        if now - self._noted.get(digest, -SECONDS_BETWEEN) >= SECONDS_BETWEEN:
            self._noted[digest] = now
            self._waiting[digest] = client

    async def run(self) -> None:
        """Write what was gathered, for ever; what cannot be written is left out and told."""
        while True:
            await asyncio.sleep(GATHERED_SECONDS)
            if self._waiting:
                await to_thread.run_sync(self.write)

    def write(self) -> None:
        """Write what was gathered so far."""
        uses, self._waiting = self._waiting, {}
        clock = self._database.clock
        try:
            at = clock() if clock else None
            with self._database.autocommit() as cursor:
                cursor.execute(_UPSERT, (at, list(uses), list(uses.values())))
        except (PersistenceError, TenureError) as error:
            log = structlog.get_logger("tenure.tokens")
            log.warning("last uses of tokens are lost", error=error)


def last_uses(database: Database, digests: Collection[str]) -> dict[str, TokenUse]:
    """The last use of each of these tokens; one that is missing was never used."""
    with database.autocommit() as cursor:
        cursor.execute(
            "SELECT digest, last_used_at, client FROM access.token_uses WHERE digest = ANY(%s)",
            (list(digests),),
        )
        return {digest: TokenUse(at, client) for digest, at, client in cursor.fetchall()}
