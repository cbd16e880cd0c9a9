"""Sessions: an opaque cookie that this table knows by its hash.

A session ends when it is not used for a while, at a set age, at the sign-out, when its password
is changed, and when its member leaves. Rights are never in it: they are read with each request.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.connections import Database

SEEN_EVERY = timedelta(minutes=1)
_COLUMNS = "session_id, member, method, client, created_at, last_seen_at, expires_at"


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. expires_at: its end, however much it is used."""

    session_id: UUID
    member: str
    method: str
    client: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has just begun. secret: the cookie's value, shown this once."""

    session: Session
    secret: str


def csrf_token(secret: str) -> str:
    """What a page must send along with a command: derived from the cookie, which it cannot read,
    and told to our own page alone."""
    made = hmac.digest(secret.encode(), b"tenure: csrf", "sha256")
    return urlsafe_b64encode(made).rstrip(b"=").decode()


class Sessions:
    """idle: how long one may rest. lifetime: how old one may become."""

    def __init__(self, database: Database, *, idle: timedelta, lifetime: timedelta) -> None:
        self._database = database
        self._idle = idle
        self._lifetime = lifetime

    def begin(
        self, cursor: Cursor, member: str, *, method: str, client: str | None, now: datetime
    ) -> Opened:
        """A new session under a new secret; what has expired is removed."""
        secret = secrets.token_urlsafe(32)
        session = Session(uuid4(), member, method, client, now, now, now + self._lifetime)
        cursor.execute(
            "DELETE FROM access.sessions WHERE expires_at < %s OR last_seen_at < %s",
            (now, now - self._idle - SEEN_EVERY),
        )
        cursor.execute(
            f"INSERT INTO access.sessions (digest, {_COLUMNS})"  # noqa: S608 - names of columns
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (_digest(secret), *astuple(session)),
        )
        return Opened(session, secret)

    def live(self, secret: str, *, is_use: bool = True) -> Session | None:
        """The session of that secret; one that has rested too long, or is too old, is none.

        is_use: somebody is at work; else the session goes on resting."""
        clock = self._database.clock
        with self._database.autocommit() as cursor:
            cursor.execute(
                f"SELECT {_COLUMNS}, coalesce(%s, clock_timestamp())"  # noqa: S608 - as above
                " FROM access.sessions WHERE digest = %s",
                (clock() if clock else None, _digest(secret)),
            )
            row: Any = cursor.fetchone()
            if row is None:
                return None
            session, now = Session(*row[:-1]), row[-1]
            if now >= session.expires_at or now - session.last_seen_at >= self._idle:
                return None
            if is_use and now - session.last_seen_at >= SEEN_EVERY:
                cursor.execute(
                    "UPDATE access.sessions SET last_seen_at = %s WHERE session_id = %s",
                    (now, session.session_id),
                )
            return session

    def living(self, session_ids: Collection[UUID]) -> set[UUID]:
        """Those of the sessions that have not ended; asking is no use of them."""
        if not session_ids:
            return set()
        clock = self._database.clock
        with self._database.autocommit() as cursor:
            cursor.execute(
                "SELECT session_id FROM access.sessions,"
                " coalesce(%s, clock_timestamp()) AS at WHERE session_id = ANY(%s)"
                " AND expires_at > at AND last_seen_at > at - %s",
                (clock() if clock else None, list(session_ids), self._idle),
            )
            return {session_id for (session_id,) in cursor.fetchall()}

    def of(self, member: str, now: datetime) -> Sequence[Session]:
        """The member's live sessions, the newest first."""
        with self._database.autocommit() as cursor:
            cursor.execute(
                f"SELECT {_COLUMNS} FROM access.sessions"  # noqa: S608 - names of columns
                " WHERE member = %s AND expires_at > %s AND last_seen_at > %s"
                " ORDER BY created_at DESC, session_id",
                (member, now, now - self._idle),
            )
            return [Session(*row) for row in cursor.fetchall()]

    def end(self, session_id: UUID, *, member: str | None = None) -> str | None:
        """End a session, where it is the member's, if one is given; whose it was."""
        with self._database.autocommit() as cursor:
            cursor.execute(
                "DELETE FROM access.sessions WHERE session_id = %s"
                " AND member = coalesce(%s, member) RETURNING member",
                (session_id, member),
            )
            row: Any = cursor.fetchone()
        return row[0] if row else None


def end_all(cursor: Cursor, member: str, *, but: UUID | None = None) -> int:
    """End a member's sessions, but one; how many there were."""
    cursor.execute(
        "DELETE FROM access.sessions WHERE member = %s AND session_id IS DISTINCT FROM %s",
        (member, but),
    )
    return int(cursor.rowcount)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
