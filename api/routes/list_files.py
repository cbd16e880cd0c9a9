"""Lists as files of any length, written a page at a time from one snapshot and kept in the access
log before the first byte."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar

from fastapi.responses import StreamingResponse
from pydantic import Field

from api.access.exporting import Taken
from api.answers import POSITION
from api.envelope import is_head
from api.exports import MEDIA_TYPES, Columns, Format, written
from api.languages import CONTENT_LANGUAGES
from api.routes.parameters import Questions
from domain.errors import Unavailable
from projections.answers import After, Page

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
    from starlette.requests import Request

    from api.routes.calls import QueryCall
    from domain.orders import Signed

Item = TypeVar("Item")
SECONDS_MAX: Final = 240.0
"""How long a file may take. Its snapshot keeps a view's tables from being replaced meanwhile, and a
rebuild waits somewhat longer than this for its readers."""


class FileForm(Questions):
    """The form of a file."""

    format: Annotated[
        Format,
        Field(
            description="`csv`: RFC 4180, a cell that a spreadsheet would take for a formula "
            "begins with an apostrophe. `jsonl`: JSON lines, the items of the list; the last one "
            "says `complete` and how many came before it.",
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


@dataclass(frozen=True, slots=True)
class ListFile(Generic[Item]):
    """A list that is to be a file.

    view: what it is of, as the access log names it; right: by which it is read. views: what it is
    read from. ask: a page behind a key. told: an item as the list answers it. spelt: more cells for
    people, in a CSV alone.
    """

    view: str
    right: str
    asked: FileForm
    views: Sequence[str]
    ask: Callable[[Cursor, After | None], Page[Item]]
    told: Callable[[Item], dict[str, Any]]
    spelt: Callable[[Mapping[str, Any]], dict[str, str]]
    columns: Columns

    def answer(self, call: QueryCall, signed: Signed, request: Request) -> StreamingResponse:
        """The file, true at one position. One that could not be finished is cut off, which every
        client reports."""
        pages = self._pages(call)
        first = next(pages)
        position = first.position
        filters = self.asked.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        facts = {"view": self.view, "filters": filters, "position": position}
        taken = Taken(call, signed, self.right, facts)
        content: Iterator[bytes] = iter(())
        form = self.asked.format
        if not is_head(request.scope):
            taken.begins()
            rows = taken.counted(map(self._rows, chain((first,), pages)))
            about = {"bom": self.asked.bom, "position": position, "columns": self.columns}
            content = taken.told(written(rows, form, call.language, **about))
        name = f"tenure-{self.view}-{signed.at:%Y%m%dT%H%M%SZ}-{position}.{form}"
        return StreamingResponse(
            content,
            media_type=MEDIA_TYPES[form],
            headers={
                POSITION: str(position),
                "Content-Disposition": f'attachment; filename="{name}"',
                "Content-Language": CONTENT_LANGUAGES[call.language],
                "Vary": "Accept-Language",
            },
        )

    def _pages(self, call: QueryCall) -> Iterator[Page[Item]]:
        """Page after page as all of them were when the first was read, so that what moves meanwhile
        is neither in the file twice nor missing. Raises Unavailable after `SECONDS_MAX`."""
        give_up = time.monotonic() + SECONDS_MAX
        with call.snapshot(*self.views) as cursor:
            page = self.ask(cursor, None)
            yield page
            while page.next is not None:
                if time.monotonic() > give_up:
                    raise Unavailable(f"a file of {self.view} took longer than it may")
                page = self.ask(cursor, page.next)
                yield page

    def _rows(self, page: Page[Item]) -> list[dict[str, Any]]:
        """The items of a page as the file tells them."""
        rows = [self.told(item) for item in page.items]
        if self.asked.format == "csv":
            rows = [row | self.spelt(row) for row in rows]
        return rows
