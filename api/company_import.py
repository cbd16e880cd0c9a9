"""Companies registered through the application, several at a time, each at most once.

Every row carries an idempotency key made from its own content. So an import that was stopped, by
whatever means, goes on when it is run again, also from a copy of the file under another name, in
another encoding, or with its columns in another order.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from api.company_file import COLUMNS, BrokenRow, CompanyRow
from domain.application import Tenure
from domain.customer import Customer
from domain.errors import DuplicateName, Invalid, Refused, Unavailable
from domain.names import parse
from domain.orders import ContactInput, Credentials, Order

THREADS = 4
AHEAD_ROWS = 256
PATIENCE_TRIES = 8
PATIENCE_SECONDS_MAX = 8.0


class Outcome(StrEnum):
    """What became of a row."""

    REGISTERED = "registered"
    ALREADY_THERE = "already-there"
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row. rule: slug of the rule that refused it.

    customer_id: registered by this row, now or before. collides_with: the record that a twin
    meets, with its name and how the two match.
    """

    line: int
    name: str
    outcome: Outcome
    customer_id: UUID | None = None
    rule: str | None = None
    match: str | None = None
    collides_with: UUID | None = None
    collides_with_name: str | None = None
    zh: str | None = None
    en: str | None = None


class CompanyImport:
    """Registers rows. Rows that may be one company go one after the other, in the file's order.

    So of an original and its twin the earlier row wins, as it would one by one.
    """

    def __init__(
        self, application: Tenure, credentials: Credentials, *, threads: int = THREADS
    ) -> None:
        self._application = application
        self._credentials = credentials
        self._threads = threads
        self._last_of: dict[str, Future[RowResult]] = {}

    def run(
        self, rows: Iterable[CompanyRow | BrokenRow], stop: threading.Event
    ) -> Iterator[RowResult]:
        """Results in the order of the rows. After `stop` no row is begun, those begun are ended.

        Raises Unavailable or PersistenceError when the database stays away; what was answered
        until then is done, and running again goes on.
        """
        begun: deque[tuple[Future[RowResult], list[str]]] = deque()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="import") as pool:
            try:
                for row in rows:
                    if stop.is_set():
                        break
                    begun.append(self._begin(pool, row))
                    if len(begun) >= AHEAD_ROWS:
                        yield self._end(*begun.popleft())
                while begun:
                    yield self._end(*begun.popleft())
            finally:
                pool.shutdown(cancel_futures=True)

    def _begin(
        self, pool: ThreadPoolExecutor, row: CompanyRow | BrokenRow
    ) -> tuple[Future[RowResult], list[str]]:
        """Start a row behind the earlier rows that it may collide with.

        It cannot wait for ever: those were given to the pool before it, in this order.
        """
        if isinstance(row, BrokenRow):
            done: Future[RowResult] = Future()
            done.set_result(RowResult(row.line, row.text, Outcome.BROKEN, zh=row.zh, en=row.en))
            return done, []
        marks = _marks(row)
        earlier = {self._last_of[mark] for mark in marks if mark in self._last_of}
        future = pool.submit(self._register_after, earlier, row)
        for mark in marks:
            self._last_of[mark] = future
        return future, marks

    def _end(self, future: Future[RowResult], marks: list[str]) -> RowResult:
        result = future.result()
        for mark in marks:
            if self._last_of.get(mark) is future:
                del self._last_of[mark]
        return result

    def _register_after(self, earlier: set[Future[RowResult]], row: CompanyRow) -> RowResult:
        wait(earlier)
        pause = threading.Event()
        for attempt in range(PATIENCE_TRIES):
            try:
                return self._register(row)
            except (Unavailable, PersistenceError):
                pause.wait(min(PATIENCE_SECONDS_MAX, 0.1 * 2**attempt))
        return self._register(row)

    def _register(self, row: CompanyRow) -> RowResult:
        fields = row.fields
        try:
            receipt = self._application.register(
                self._order(row),
                name=fields["name"],
                address=fields["address"],
                industry=fields["industry"],
                phone=fields["phone"],
                introduction=fields["introduction"],
                contacts=_contacts(fields),
            )
        except Invalid as error:
            zh = "；".join(f"{problem.field}：{problem.zh}" for problem in error.problems)
            en = "; ".join(f"{problem.field}: {problem.en}" for problem in error.problems)
            return RowResult(row.line, fields["name"], Outcome.BROKEN, rule="invalid", zh=zh, en=en)
        except Refused as refused:
            return self._refused(row, refused)
        outcome = Outcome.ALREADY_THERE if receipt.replayed else Outcome.REGISTERED
        return RowResult(row.line, fields["name"], outcome, receipt.customer_id)

    def _refused(self, row: CompanyRow, refused: Refused) -> RowResult:
        other = refused.customer_id if isinstance(refused, DuplicateName) else None
        return RowResult(
            row.line,
            row.fields["name"],
            Outcome.REFUSED,
            rule=refused.slug,
            match=str(refused.match) if isinstance(refused, DuplicateName) else None,
            collides_with=other,
            collides_with_name=self._name_of(other) if other else None,
        )

    def _name_of(self, customer_id: UUID) -> str | None:
        found = self._application.reader.load([(customer_id, 0)]).streams.get(customer_id)
        return found.name if isinstance(found, Customer) else None

    def _order(self, row: CompanyRow) -> Order:
        content = json.dumps([row.fields[column] for column in COLUMNS], ensure_ascii=False)
        digest = hashlib.sha256(content.encode(errors="surrogatepass"))
        return Order(self._credentials, key=f"import:{digest.hexdigest()}", request=digest.digest())


def _marks(row: CompanyRow) -> list[str]:
    """By what two rows may turn out to be one company: core, whole name, phone."""
    parts = parse(row.fields["name"])
    digits = "".join(sign for sign in row.fields["phone"] if sign.isdecimal())
    return [f"core {parts.core}", f"name {parts.key}", f"phone {digits}"]


def _contacts(fields: dict[str, str]) -> list[ContactInput]:
    typed = ContactInput(
        fields["contact_name"], fields["contact_position"], fields["contact_phone"]
    )
    return [typed] if typed.name or typed.position or typed.phone else []
