"""The house put together: database, keys, application, views' engine, from settings."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eventsourcing.utils import Environment

import eventstore
from api import schemas
from api.access.log import AccessLog
from api.embedded import EmbeddedPostgres
from api.keys import KeyRing, read_keys
from api.proof.signing import Checkpointer, signing_of
from api.settings import Settings, SettingsInvalid
from api.sign_in.sessions import Sessions
from api.test_clock import FileClock
from domain.application import Tenure
from domain.errors import Unavailable
from domain.sealing import SealBroken, Sealer
from eventstore.connections import Database

if TYPE_CHECKING:
    from api.sign_in.passwords import SignIn
    from projections.engine import Engine

APP_ROLE = "tenure_app"
WAIT_SECONDS_MAX = 2.0
"""How long a question to a view waits for what has just been written."""


class SchemaBehind(SettingsInvalid):
    """The database's schema is older than this release, or is not there."""


class KeyMismatch(SettingsInvalid):
    """The key does not open what the database holds."""


@dataclass
class Service:
    """What every part of a process shares. embedded: None with a database of one's own."""

    settings: Settings
    database: Database
    application: Tenure
    embedded: EmbeddedPostgres | None
    _left_at_close: ExitStack = field(default_factory=ExitStack, repr=False)
    on_write: list[Callable[[], None]] = field(default_factory=list, repr=False)
    """Called after every write of this process, from any thread."""

    @cached_property
    def access_log(self) -> AccessLog:
        """Who looked at what: written before anything is shown."""
        return AccessLog(self.database, self.application.now)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in with a browser."""
        settings = self.settings
        return Sessions(
            self.database,
            idle=timedelta(minutes=settings.session_idle_minutes),
            lifetime=timedelta(hours=settings.session_hours),
        )

    @cached_property
    def sign_in(self) -> SignIn:
        """Passwords, and what they let in; imported when it is first asked for."""
        from api.sign_in.passwords import SignIn

        return SignIn(
            self.database,
            self.application,
            self.access_log,
            self.sessions,
            one_time=timedelta(days=self.settings.one_time_password_days),
        )

    @cached_property
    def checkpointer(self) -> Checkpointer:
        """Who signs the heads of the sealed logs."""
        return Checkpointer(self.database, signing_of(self.settings))

    @cached_property
    def engine(self) -> Engine:
        """The views' engine, made when it is first asked for: many commands need none."""
        from projections.engine import Engine

        application = self.application
        return Engine(self.database, application.recorder, application.mapper.to_domain_event)

    def wake(self) -> None:
        """This process has just written: whoever follows the log need not sit out its poll."""
        self.engine.wake()
        for told in self.on_write:
            told()

    def count_held(self, member: str, at: datetime) -> int:
        """How many customers a member holds, by everything that is written so far (A-35).

        Raises Unavailable where the view does not get there in time.
        """
        from projections.customer_search import VIEW, held_count
        from projections.positions import ViewLagging

        settled = self.application.reader.settled_position()
        try:
            self.engine.wait_for([VIEW], settled, WAIT_SECONDS_MAX)
        except ViewLagging as error:
            raise Unavailable("the view of who holds what is behind") from error
        with self.database.autocommit() as cursor:
            return held_count(cursor, member, now=at)

    def close(self) -> None:
        """Close the connections, then leave the embedded server."""
        self._left_at_close.close()


def open_service(settings: Settings) -> Service:
    """The house, its log begun. Raises SettingsInvalid, EmbeddedPostgresError, PersistenceError."""
    service = build_service(settings)
    try:
        service.application.open_log()
    except BaseException:
        service.close()
        raise
    return service


def build_service(settings: Settings) -> Service:
    """The house without a first event: for whoever wants to write that under another clock.

    An embedded server is joined or started and its schema brought up to date; with a database of
    one's own that is the task of `tenure migrate`, which may need other rights.
    """
    clock = FileClock(settings.test_clock) if settings.test_clock else None
    if clock is not None:
        clock()
    with ExitStack() as stack:
        embedded, url = _reached(settings, stack)
        database = stack.enter_context(closing(Database(url, size=settings.pool_size, clock=clock)))
        if embedded is None:
            require_schema(database)
        sealer = _sealer(settings, database)
        env = Environment(Tenure.name, {"CREATE_TABLE": "no"})
        factory = eventstore.Factory.with_database(database, env)
        service: Service | None = None

        def count_held(member: str, at: datetime) -> int:
            if service is None:
                raise Unavailable("the service is still being put together")
            return service.count_held(member, at)

        application = Tenure(factory, sealer, count_held=count_held)
        stack.callback(application.close)
        service = Service(settings, database, application, embedded, stack.pop_all())
        return service


def migrated(settings: Settings) -> list[str]:
    """Bring the schema up to date; the migrations that ran. Needs the rights of the owner."""
    with ExitStack() as stack:
        url = settings.database
        if url is None:
            url = stack.enter_context(EmbeddedPostgres(settings.data)).url()
        return schemas.migrate(url)


def _reached(settings: Settings, stack: ExitStack) -> tuple[EmbeddedPostgres | None, str]:
    """The embedded server, if that is meant, and the URL under which the application connects."""
    if settings.database is not None:
        return None, settings.database
    embedded = stack.enter_context(EmbeddedPostgres(settings.data))
    schemas.migrate(embedded.url())
    return embedded, embedded.url(role=APP_ROLE)


def require_schema(database: Database) -> None:
    """Raise SchemaBehind where the database has no tables of Tenure."""
    with database.autocommit() as cursor:
        missing = schemas.missing(cursor)
    if missing:
        raise SchemaBehind(
            zh="数据库中缺少 Tenure 的表；请先运行 tenure migrate --database URL",
            en="the database lacks tables of Tenure: run tenure migrate --database URL first",
        )


def _sealer(settings: Settings, database: Database) -> Sealer:
    """The sealer, its key tried on one of the keys that the database holds."""
    with database.autocommit() as cursor:
        cursor.execute(
            "SELECT subject_id, wrapped FROM tenure_keys.subject_keys"
            " WHERE wrapped IS NOT NULL LIMIT 1"
        )
        sample: Any = cursor.fetchone()
        # Hashes lie in events without any subject, too, so one event is enough to forbid a new key.
        cursor.execute("SELECT EXISTS (SELECT FROM tenure.events)")
        has_events: Any = cursor.fetchone()
    keys = read_keys(settings, log_is_empty=has_events == (False,))
    sealer = Sealer(keys.key, keys.hash_key, random=secrets.token_bytes, wrapping=KeyRing(settings))
    if sample is not None:
        try:
            sealer.unwrap(*sample)
        except SealBroken as error:
            raise KeyMismatch(
                zh="密钥 TENURE_KEY 与此数据库不符：无法打开其中的数据密钥",
                en="TENURE_KEY is not the key of this database: what is sealed does not open",
            ) from error
    return sealer
