"""Passwords: set for one time by an administrator, changed by their member, verified at sign-in."""

from __future__ import annotations

import hmac
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from api.access.entries import Entry, Kind
from api.access.log import AccessLog
from api.proxies import network_of
from api.sign_in import delays
from api.sign_in.errors import OidcFailed, PasswordChangeDue, SignInFailed, TooManyRequests
from api.sign_in.hashing import Hashes, one_time_password
from api.sign_in.sessions import Opened, Sessions, end_all
from domain.application import Tenure
from domain.errors import Invalid, NotFound
from domain.member import Member
from domain.orders import CONSOLE
from domain.passwords import normalised, require_strong
from eventstore.connections import Database

TURNED_AWAY = "turned-away"
"""Why a sign-in failed that was not looked at: others before it had, or there were too many."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in comes from. device: what its cookie says, if it brought one."""

    client: str | None = None
    request_id: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class _Stored:
    hash: str
    is_one_time: bool
    expires_at: datetime | None

    def is_fit(self, now: datetime) -> bool:
        """False once a one-time password has expired."""
        return self.expires_at is None or now < self.expires_at


class SignIn:
    """Lets members in. one_time: how long a password that was set for them waits."""

    def __init__(
        self,
        database: Database,
        application: Tenure,
        access_log: AccessLog,
        sessions: Sessions,
        *,
        one_time: timedelta,
    ) -> None:
        self.sessions = sessions
        self.hashes = Hashes()
        self._database = database
        self._application = application
        self._access_log = access_log
        self._one_time = one_time

    def with_password(
        self, member: str, password: str, origin: Origin, *, new_password: str | None = None
    ) -> Opened:
        """A session for the member whose password this is. new_password: from now on.

        Raises SignInFailed, after the same work whether the name is somebody's or not;
        TooManyRequests while failures slow this client down; PasswordChangeDue where a one-time
        password comes without a new one; Invalid where the new one is too weak.
        """
        person, stored, now = self._verified(member, password, origin)
        if stored.is_one_time and new_password is None:
            raise PasswordChangeDue
        if new_password is not None:
            self._require_new(new_password, person, field="new_password", but=password)
            self._set(person.member, new_password, origin, by=person.member, now=now)
        elif self.hashes.is_outdated(stored.hash):
            self._set(person.member, password, origin, by=person.member, now=now, is_told=False)
        name, client = self._counted(member, origin)
        with self._database.transaction() as cursor:
            delays.forget_failures(cursor, name, client)
        return self.begin(person.member, "password", origin, now)

    def vouched(self, member: str, method: str, origin: Origin) -> Opened:
        """A session for a member whom somebody else vouches for. Raises OidcFailed for nobody."""
        now = self._database.now()
        person = self._person(member, now)
        if person is None or person.member == CONSOLE.member:
            raise OidcFailed("member")
        return self.begin(person.member, method, origin, now)

    def failed(self, method: str, origin: Origin, reason: str) -> None:
        """Note that somebody was not let in, in the access log."""
        self._note("sign-in-failed", None, origin, right=method, reason=reason)

    def begin(self, member: str, method: str, origin: Origin, now: datetime) -> Opened:
        """A session for a member who has shown who he is, by a password or otherwise."""
        with self._database.transaction() as cursor:
            opened = self.sessions.begin(
                cursor, member, method=method, client=origin.client, now=now
            )
        facts = {"session": opened.session.session_id}
        self._note("signed-in", member, origin, right=method, **facts)
        return opened

    def sign_out(self, session_id: UUID, *, by: str, origin: Origin, member: str | None) -> bool:
        """End a session; False where there is none. member: whose it must be; None: anybody's."""
        of = self.sessions.end(session_id, member=member)
        if of is not None:
            self._note("signed-out", by, origin, of=of, session=session_id)
        return of is not None

    def set_one_time(self, member: str, *, by: str, origin: Origin) -> tuple[str, datetime]:
        """A new password of the member, to be changed with the next sign-in, and its end.

        The member's sessions end. Raises NotFound for nobody, Invalid for the console.
        """
        now = self._database.now()
        if self._person(member, now) is None:
            raise NotFound("member", member)
        if member == CONSOLE.member:
            raise Invalid.field(
                "member", "console", zh="控制台不能登录", en="the console does not sign in"
            )
        password, expires_at = one_time_password(), now + self._one_time
        self._set(member, password, origin, by=by, now=now, expires_at=expires_at)
        return password, expires_at

    def change(
        self, member: str, current: str, new: str, origin: Origin, *, session: UUID | None
    ) -> None:
        """One's own password, known by the current one; all other sessions end.

        Raises SignInFailed, TooManyRequests, Invalid.
        """
        person, _, now = self._verified(member, current, origin)
        self._require_new(new, person, field="new", but=current)
        self._set(member, new, origin, by=member, now=now, session=session)

    def device_cookie(self, member: str) -> str:
        """What shows later that this device has signed in as this member before."""
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{self._device_mac(member, nonce)}"

    def _verified(
        self, member: str, password: str, origin: Origin
    ) -> tuple[Member, _Stored, datetime]:
        """The member whose password this is. Raises SignInFailed, TooManyRequests."""
        now = self._database.now()
        name, client = self._counted(member, origin)
        person = self._person(member, now)
        with self._database.autocommit() as cursor:
            wait = delays.wait_seconds(cursor, name, client, now)
            # Asked for nobody, too, so that it takes as long; what was typed may hold anything.
            stored = _stored(cursor, person.member if person is not None else "")
        if wait > 0:
            self._turned_away(person, name, client, origin, now=now, wait_seconds=math.ceil(wait))
            raise TooManyRequests(math.ceil(wait))
        is_fit = person is not None and stored is not None and stored.is_fit(now)
        kept = stored.hash if is_fit and stored is not None else None
        if self.hashes.fits(kept, normalised(password)) and person is not None and stored:
            return person, stored, now
        with self._database.transaction() as cursor:
            delays.count_failure(cursor, name, client, now)
        # Only the name of somebody: anything else may be a password in the wrong field.
        self._note("sign-in-failed", person.member if person else None, origin)
        raise SignInFailed

    def _turned_away(
        self,
        person: Member | None,
        name: str,
        client: str,
        origin: Origin,
        *,
        now: datetime,
        wait_seconds: int,
    ) -> None:
        """Note that tries are turned away, once for each wait."""
        with self._database.transaction() as cursor:
            is_first = delays.is_first_turned_away(cursor, name, client, now)
        if is_first:
            member = person.member if person else None
            facts = {"reason": TURNED_AWAY, "wait_seconds": wait_seconds}
            self._note("sign-in-failed", member, origin, **facts)

    def _counted(self, member: str, origin: Origin) -> tuple[str, str]:
        """Under which name and client a failure counts. The name is kept as its keyed hash:
        somebody may have typed a password there."""
        nonce, _, mac = (origin.device or "").partition(".")
        is_known = hmac.compare_digest(self._device_mac(member, nonce).encode(), mac.encode())
        client = f"device:{nonce}" if is_known else network_of(origin.client)
        return self._application.sealer.keyed_hash("sign-in-name", member), client

    def _device_mac(self, member: str, nonce: str) -> str:
        return self._application.sealer.keyed_hash("device", f"{member}\x00{nonce}")

    def _person(self, member: str, now: datetime) -> Member | None:
        """The member of that name, unless he has left."""
        member_id = Member.id_of(member)
        found = self._application.reader.load([], cached=[member_id]).streams.get(member_id)
        return found if isinstance(found, Member) and not found.has_left(now) else None

    def _require_new(self, password: str, person: Member, *, field: str, but: str) -> None:
        require_strong(field, password, member=person.member, name=person.name)
        if normalised(password) == normalised(but):
            raise Invalid.field(
                field, "unchanged", zh="与原密码相同", en="is the same as the old one"
            )

    def _set(
        self,
        member: str,
        password: str,
        origin: Origin,
        *,
        by: str,
        now: datetime,
        expires_at: datetime | None = None,
        session: UUID | None = None,
        is_told: bool = True,
    ) -> None:
        """Keep the hash alone, and end the member's other sessions."""
        made = self.hashes.made(normalised(password))
        with self._database.transaction() as cursor:
            cursor.execute(_SET, (member, made, now, expires_at is not None, expires_at))
            if is_told:
                end_all(cursor, member, but=session)
        if is_told:
            kind: Kind = "password-set" if expires_at is not None else "password-changed"
            self._note(kind, by, origin, of=member)

    def _note(
        self, kind: Kind, member: str | None, origin: Origin, right: str = "password", **facts: Any
    ) -> None:
        self._access_log.record(
            Entry(kind, member, right, None, facts, origin.request_id, origin.client)
        )


_SET = """
INSERT INTO access.passwords (member, hash, set_at, is_one_time, expires_at)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (member) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at,
    is_one_time = excluded.is_one_time, expires_at = excluded.expires_at
"""


def _stored(cursor: Cursor, member: str) -> _Stored | None:
    cursor.execute(
        "SELECT hash, is_one_time, expires_at FROM access.passwords WHERE member = %s", (member,)
    )
    row: Any = cursor.fetchone()
    return _Stored(*row) if row else None
