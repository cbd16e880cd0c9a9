"""The audit: every event of the log in words, a page at a time or as one file of any length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.access.exporting import Taken
from api.access.looks import fields_in, record_details
from api.access.numbers import filters_of
from api.access.searches import record_words_search, words_kept
from api.answers import POSITION, Answer
from api.disclosure import Disclosure, untold
from api.envelope import is_head
from api.explanations import audit_line
from api.exports import MEDIA_TYPES, Format, written
from api.languages import CONTENT_LANGUAGES, Language
from api.models.fields import EXAMPLE_ID, EXAMPLE_INSTANT, Searched
from api.models.past import AuditPage
from api.openapi import download, query
from api.routes.calls import Asked, require_for
from api.routes.parameters import Paged, QueryInstant, Questions, searched
from api.veil import end_of_day, start_of_day
from domain.errors import Invalid, NotFound, ViewBehind
from domain.orders import Signed
from domain.permissions import PERMISSIONS, condition_of, reach_of
from projections import audit, customer_search, figures, statistics
from projections.answers import LIMIT_MAX, Page
from projections.positions import position_of

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

router = APIRouter()
POSITION_MAX = 2**63 - 1
LOOKED_MAX = 1_000
"""Events that a page looks through for a text: no index holds the words of every event."""
SEE_AUDIT = "see-audit"
"""The row of the table of permissions."""


class AuditFilters(Questions):
    """Filters of the audit; an event must pass every one that is given."""

    actor: Annotated[Searched | None, searched("Who caused it.", "zhang-wei")] = None
    customer: Annotated[
        UUID | None, Field(description="About this customer.", examples=[EXAMPLE_ID])
    ] = None
    topic: Annotated[
        Searched | None,
        searched(
            "Kind of event; with a dot at the end all that begin so, as `customer.` does.",
            "customer.claimed",
        ),
    ] = None
    rule: Annotated[
        Searched | None,
        searched(
            "What rests on this rule, refusals, disputes and rulings, by its slug or its clause.",
            "already-protected",
        ),
    ] = None
    words: Annotated[
        Searched | None,
        searched(
            "Whose sentence, reason or customer's name holds this text, as the reader is told them."
            f" A page looks through at most {LOOKED_MAX:,} events for which the other filters "
            "hold, so it may have few items, or none, and yet a next one.",
            "预算",
        ),
    ] = None
    position: Annotated[
        tuple[Annotated[int, Field(ge=1, le=POSITION_MAX)], ...],
        Field(
            description="The events at these places of the log alone; may be repeated.",
            examples=[[4698, 4711]],
            max_length=LIMIT_MAX,
        ),
    ] = ()
    start: Annotated[
        QueryInstant | None,
        Field(alias="from", description="In effect from here on.", examples=[EXAMPLE_INSTANT]),
    ] = None
    end: Annotated[
        QueryInstant | None,
        Field(alias="to", description="In effect before this.", examples=[EXAMPLE_INSTANT]),
    ] = None
    sort: Annotated[
        Literal["position", "-position"],
        Field(description="Order of the log; `-` newest first.", examples=["position"]),
    ] = "position"

    def asked(self) -> dict[str, Any]:
        """What the view is asked. Raises Invalid."""
        if self.start is not None and self.end is not None and self.end < self.start:
            raise Invalid.field(
                "to", "before-from", zh="不得早于 from", en="must not be before `from`"
            )
        return {
            "actor": self.actor,
            "customer_id": self.customer,
            "topic": self.topic,
            "rule": self.rule,
            "positions": self.position or None,
            "start": self.start,
            "end": self.end,
            "newest_first": self.sort == "-position",
        }


class AuditQuestions(AuditFilters, Paged):
    """Filters and the page."""


class ExportQuestions(AuditFilters):
    """Filters and the form of the file."""

    format: Annotated[
        Format,
        Field(
            description="`csv`: RFC 4180, a cell that a spreadsheet would take for a formula "
            "begins with an apostrophe. `jsonl`: JSON lines, exact; the last one says "
            "`complete` and how many came before it.",
            examples=["csv"],
        ),
    ] = "csv"
    bom: Annotated[
        bool,
        Field(
            description="Begin a CSV with a byte order mark, by which Excel knows UTF-8.",
            examples=[False],
        ),
    ] = False


def _require_reach(call: Asked, signed: Signed, asked: AuditFilters) -> None:
    """Whoever leads a department asks about one of its customers, what one of its members did, or
    events that its figures and habits rest on.

    Raises NotAllowed.
    """
    department = group = None
    if condition_of(signed.roles, PERMISSIONS[SEE_AUDIT]) == "department":
        if asked.position:
            with call.view(statistics.NAME) as cursor:
                if figures.are_counted(cursor, asked.position, signed.departments):
                    return
        if asked.customer is not None:
            with call.view(customer_search.VIEW) as cursor:
                card, _ = customer_search.card(cursor, asked.customer, now=signed.at)
            if card is not None:
                department, group = card.department, card.group
        elif asked.actor:
            with suppress(NotFound):
                department = call.application.member_at(asked.actor).department
    require_for(signed, SEE_AUDIT, member=asked.actor, department=department, group=group)


@router.get(
    "/v1/audit",
    **query(
        "views",
        "Every event in words",
        AuditPage,
        permission="see-audit",
        problems=["not-allowed", "details-used-up"],
    ),
)
def audit_log(asked: Annotated[AuditQuestions, Query()], call: Asked) -> Answer:
    """Events of the whole log for which every given filter holds.

    Managers name a customer of their departments, a member, or the events of a figure; those of
    after-sales also what it holds as a group. Of other departments' customers and those of class A
    they are told what strangers are, and of those instants to the day (S4-40). Risk control and
    administrators are told no notes, reasons and statements (A-34).
    """
    signed = call.signed()
    _require_reach(call, signed, asked)
    filters = asked.filters()
    after = call.cursor_key("audit", filters, asked.after)
    disclosure = Disclosure(signed, call.application)
    with call.view(audit.NAME, customer_search.VIEW) as cursor:
        looking = _Looking(cursor, disclosure, call.language, asked)
        items, following, position = looking.page(asked.limit, after)
    detailed = [item for item in items if item["customer_id"] and fields_in([item])]
    whose = [item["customer_id"] for item in detailed]
    record_words_search(call, signed, asked.words, items, position)
    record_details(call, signed, "audit", fields_in(detailed), whose, right=SEE_AUDIT)
    return call.page_answer(
        "audit",
        filters,
        items=items,
        following=following,
        position=position,
        at=signed.at,
    )


@router.get(
    "/v1/audit/export",
    **download("views", "The audit as a file", MEDIA_TYPES, permission="see-audit"),
)
def audit_export(
    asked: Annotated[ExportQuestions, Query()], call: Asked, request: Request
) -> StreamingResponse:
    """The events of `/v1/audit` under the same filters, true at the position that the header
    `Tenure-Position` names, whatever is written meanwhile.

    The file has any length, so it is sent in chunks, and one that could not be finished ends
    without the last of them: the connection is cut, which every client reports as an error.
    """
    signed = call.signed()
    _require_reach(call, signed, asked)
    with call.view(audit.NAME) as cursor:
        upto = position_of(cursor, audit.NAME)
    # The first page is read before the answer begins: what is wrong by then has a status.
    pages = _pages(call, signed, asked, upto)
    first = next(pages)
    facts = {"view": "audit", "filters": filters_of(asked), "position": upto}
    taken = Taken(call, signed, SEE_AUDIT, facts, asked.customer)
    content: Iterator[bytes] = iter(())
    if not is_head(request.scope):
        taken.begins()
        rows = taken.counted(words_kept(call, signed, asked.words, _chained(first, pages), upto))
        content = taken.told(
            written(rows, asked.format, call.language, bom=asked.bom, position=upto)
        )
    return StreamingResponse(
        content,
        media_type=MEDIA_TYPES[asked.format],
        headers={
            POSITION: str(upto),
            "Content-Disposition": f'attachment; filename="{_file_name(asked, upto, signed.at)}"',
            "Content-Language": CONTENT_LANGUAGES[call.language],
            "Vary": "Accept-Language",
        },
    )


@dataclass(frozen=True, slots=True)
class _Looking:
    """Somebody looks through the audit: he finds what he is told, and nothing by what he is not."""

    cursor: Cursor
    disclosure: Disclosure
    language: Language
    asked: AuditFilters

    @property
    def signed(self) -> Signed:
        """Who looks."""
        return self.disclosure.signed

    @property
    def reads_log(self) -> bool:
        """True of whoever reads the whole log: no instant of it is hidden from him."""
        return reach_of(self.signed.roles, SEE_AUDIT) == "any"

    def page(
        self, limit: int, after: Sequence[Any] | None
    ) -> tuple[list[dict[str, Any]], Sequence[Any] | None, int]:
        """Items, what the next page begins behind, and the position that they are true at."""
        if not self.asked.words:
            page = self.read(limit, after)
            return self.told(page.items), page.next, page.position
        found: list[dict[str, Any]] = []
        position = POSITION_MAX
        for _ in range(LOOKED_MAX // LIMIT_MAX):
            page = self.read(LIMIT_MAX, after)
            found += self.matching(self.told(page.items))
            position, after = min(position, page.position), page.next
            if len(found) > limit:
                return found[:limit], (str(found[limit - 1]["position"]),), position
            if after is None:
                break
        return found, after, position

    def read(
        self, limit: int, after: Sequence[Any] | None, upto: int | None = None
    ) -> Page[audit.AuditEntry]:
        """A page of the view, whatever its words. From whom instants are hidden, the days of the
        filters are read whole: asking for instant after instant would find them out."""
        asked = self.asked.asked()
        if not self.reads_log:
            asked["start"] = asked["start"] and start_of_day(asked["start"])
            asked["end"] = asked["end"] and end_of_day(asked["end"])
        return audit.audit(self.cursor, **asked, upto=upto, limit=limit, after=after)

    def told(self, entries: Sequence[audit.AuditEntry]) -> list[dict[str, Any]]:
        """Events with everything that the reader may know of them (A-34, S4-40)."""
        about = {entry.customer_id for entry in entries if entry.customer_id is not None}
        closed = untold(self.cursor, self.signed, about)
        if reach_of(self.signed.roles, "see-details") == "any":
            is_closed = closed.__contains__
        else:
            # What is about no customer may be about a person.
            is_closed = {*closed, None}.__contains__
        names = customer_search.names_of(self.cursor, list(about))
        told = [
            audit_line(
                entry,
                self.language,
                sees_details=not is_closed(entry.customer_id),
                reads_log=self.reads_log,
            )
            | {"customer_name": entry.customer_id and names.get(entry.customer_id)}
            for entry in entries
        ]
        return told if self.reads_log else self.veiled(told, closed)

    def veiled(self, items: list[dict[str, Any]], closed: set[UUID]) -> list[dict[str, Any]]:
        """Of customers that are not his to read, events to the day; those that are in the time that
        was asked for as he is told it."""
        cards = self.disclosure.cards(self.cursor, closed)
        start, end = self.asked.start, self.asked.end
        shown = [
            self.disclosure.veil_among(cards, item["customer_id"]).event(item)
            if item["customer_id"] in closed
            else item
            for item in items
        ]
        return [
            item
            for item in shown
            if (start is None or item["at"] >= start) and (end is None or item["at"] < end)
        ]

    def matching(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those that hold the text that is looked for; all where there is none."""
        sought = (self.asked.words or "").strip().casefold()
        return [item for item in items if not sought or sought in _text_of(item)]


def _text_of(item: Mapping[str, Any]) -> str:
    """What a text is looked for in."""
    return "\n".join(item[name] or "" for name in ("words", "reason", "customer_name")).casefold()


def _pages(
    call: Asked, signed: Signed, asked: AuditFilters, upto: int
) -> Iterator[list[dict[str, Any]]]:
    """Page after page up to one position, each on a connection of its own for as long as it takes.

    Raises ViewBehind where the view is being folded anew meanwhile and lacks what it had.
    """
    after: tuple[str, ...] | None = None
    disclosure = Disclosure(signed, call.application)
    while True:
        with call.view(audit.NAME, customer_search.VIEW) as cursor:
            looking = _Looking(cursor, disclosure, call.language, asked)
            page = looking.read(LIMIT_MAX, after, upto)
            told = looking.matching(looking.told(page.items))
        if page.position < upto:
            raise ViewBehind(audit.NAME, upto - page.position)
        yield told
        after = page.next
        if after is None:
            return


def _chained(
    first: list[dict[str, Any]], pages: Iterator[list[dict[str, Any]]]
) -> Iterator[list[dict[str, Any]]]:
    yield first
    yield from pages


def _file_name(asked: ExportQuestions, upto: int, at: datetime) -> str:
    """Unique for a position, and in the order of time by name."""
    return f"tenure-audit-{at:%Y%m%dT%H%M%SZ}-{upto}.{asked.format}"
