"""The forms of pages, found by walking from page to page as a member sees them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_plus, urljoin, urlsplit

from tests.console.reading import Reader

PAGES_MAX = 150
_OF_ONE_CASE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+|(?<=^/people/)[^/?]+")
TEXT_KINDS = {"text", "search", "tel", "password", "textarea", "datetime-local", "date", "number"}
PLAUSIBLE = {
    "tel": "13800138000",
    "datetime-local": "2026-03-09T10:00",
    "date": "2026-03-02",
    "number": "1",
}


@dataclass
class Form:
    """A form as a page shows it. page: where. fields: name, kind and value of each, in order;
    choices of a select are those of its options."""

    page: str
    address: str
    method: str
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The form, whatever customer or member it is of."""
        return f"{self.method} {_OF_ONE_CASE.sub('*', urlsplit(self.address).path)}"

    def typed(self, text: str) -> dict[str, str]:
        """The fields as sent, with `text` in whatever somebody can type into."""
        sent = {}
        for name, (kind, value) in self.fields.items():
            chosen = [choice for choice in self.choices.get(name, ()) if choice]
            sent[name] = text if kind in TEXT_KINDS else next(iter(chosen), value)
        return sent

    def typed_in(self, name: str, text: str) -> dict[str, str]:
        """The same with `text` in one field, and what could stand there in the others."""
        plain = {one: PLAUSIBLE.get(kind, "甲方") for one, (kind, _) in self.fields.items()}
        return {
            one: text if one == name else plain[one] if one in self.typable() else value
            for one, value in self.typed(text).items()
        }

    def typable(self) -> list[str]:
        return [name for name, (kind, _) in self.fields.items() if kind in TEXT_KINDS]


def encoded(sent: dict[str, str]) -> str:
    """As a browser encodes a form; what no browser would send, too."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(text, errors='surrogatepass')}"
        for name, text in sent.items()
    )


def walked(reader: Reader, member: str | None, starts: list[str]) -> Iterator[Form]:
    """Every kind of form once, on the pages that links lead to from `starts`."""
    waiting, seen, forms = list(starts), set(), set()
    while waiting and len(seen) < PAGES_MAX:
        path = waiting.pop(0)
        kind = _OF_ONE_CASE.sub("*", path)
        if kind in seen:
            continue
        seen.add(kind)
        answer = reader.get(path, member, Accept="text/html")
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        assert answer.status_code < 500, path
        page = read(answer.text, path)
        waiting += [link for link in page.links if urlsplit(link).netloc == ""]
        for form in page.forms:
            if form.template not in forms:
                forms.add(form.template)
                yield form


def read(text: str, path: str) -> "_Page":
    """The links and forms of a page."""
    page = _Page(path)
    page.feed(text)
    return page


class _Page(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.links, self.forms = path, list[str](), list[Form]()
        self._form: Form | None = None
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told: dict[str, Any] = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in told:
            self.links.append(urljoin(self.path, told["href"]).partition("#")[0])
        elif tag == "form":
            address = urljoin(self.path, told.get("action", self.path))
            self._form = Form(self.path, address, told.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is None or not told.get("name"):
            if tag == "option" and self._form is not None:
                self._form.choices.setdefault(self._select, []).append(told.get("value", ""))
        elif tag == "select":
            self._select = told["name"]
            self._form.fields[self._select] = ("select", "")
        elif tag == "textarea":
            self._area = told["name"]
            self._form.fields[self._area] = ("textarea", "")
        elif tag in {"input", "button"}:
            kind = told.get("type", "text" if tag == "input" else "submit")
            self._form.fields[told["name"]] = (kind, told.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            kind, value = self._form.fields[self._area]
            # The first line break of a textarea is not its own.
            self._form.fields[self._area] = (kind, value + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "form":
            self._form = None
