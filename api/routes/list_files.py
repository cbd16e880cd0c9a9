"""Lists as files of any length, written a page at a time and kept in the access log before the
first byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from fastapi.responses import StreamingResponse
from pydantic import Field

from api.access.exporting import Taken
from api.access.numbers import filters_of
from api.answers import POSITION
from api.envelope import is_head
from api.exports import MEDIA_TYPES, Columns, Format, written
from api.languages import CONTENT_LANGUAGES
from api.routes.parameters import Questions
from domain.errors import ViewBehind
from projections.answers import After, Page

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.routes.calls import QueryCall
    from domain.orders import Signed

Item = TypeVar("Item")


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

    view: what it is of, as the access log names it; right: by which it is read. ask: a page behind
    a key. told: an item as the list answers it. seen: called with each page before it is sent.
    spelt: more cells for people, in a CSV alone.
    """

    view: str
    right: str
    asked: FileForm
    ask: Callable[[After | None], Page[Item]]
    told: Callable[[Item], dict[str, Any]]
    spelt: Callable[[Mapping[str, Any]], dict[str, str]]
    columns: Columns
    seen: Callable[[Page[Item]], None] = lambda _: None

    def answer(self, call: QueryCall, signed: Signed, request: Request) -> StreamingResponse:
        """The file. One that could not be finished is cut off, which every client reports.

        Its position is that of the first page; what changed hands since is left out of the others.
        """
        first = self.ask(None)
        position = first.position
        filters = filters_of(self.asked)
        facts = {"view": self.view, "filters": filters, "position": position}
        taken = Taken(call, signed, self.right, facts)
        content: Iterator[bytes] = iter(())
        form = self.asked.format
        if not is_head(request.scope):
            taken.begins()
            rows = taken.counted(self._rows(first))
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

    def _rows(self, first: Page[Item]) -> Iterator[list[dict[str, Any]]]:
        """Page after page, each on a connection of its own for as long as it takes.

        Raises ViewBehind where the view is being folded anew meanwhile and lacks what it had.
        """
        page = first
        while True:
            rows = [self.told(item) for item in page.items]
            if self.asked.format == "csv":
                rows = [row | self.spelt(row) for row in rows]
            # A page without rows shows nothing; of a file without any the export's entry tells.
            if rows:
                self.seen(page)
            yield rows
            if page.next is None:
                return
            page = self.ask(page.next)
            if page.position < first.position:
                raise ViewBehind(self.view, first.position - page.position)
