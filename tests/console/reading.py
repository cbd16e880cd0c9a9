"""Pages as text: fetched by a member, forms filled in and sent, without a browser."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.api.http.guests import Guests


@dataclass
class Reader:
    """A member before the pages. guests: the house that he visits."""

    guests: Guests

    def get(self, path: str, member: str | None = "li", **headers: str) -> httpx.Response:
        """A page, at everything that is written so far."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("Accept-Language", "en")
        named["Tenure-Min-Position"] = str(self.guests.settled())
        return self.guests.client.get(path, headers=self._signed(member) | named)

    def post(
        self, path: str, typed: dict[str, str], member: str | None = "li", **headers: str
    ) -> httpx.Response:
        """A form, sent as a browser sends it."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("Accept-Language", "en")
        return self.guests.client.post(path, data=typed, headers=self._signed(member) | named)

    def act(
        self, customer: str, command: str, typed: dict[str, str], member: str = "li", **more: str
    ) -> httpx.Response:
        """Open the form of a command, fill it in and send it. more: hidden fields, instead."""
        path = f"/customers/{customer}/actions/{command}"
        page = self.get(path, member)
        assert page.status_code == 200, page.text
        return self.post(path, hidden(page.text) | typed | more, member)

    def _signed(self, member: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.guests.tokens[member]}"} if member else {}


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    found = _Fields()
    found.feed(page)
    return {
        field["name"]: field.get("value") or ""
        for field in found.fields
        if field.get("type") == "hidden"
    }


def as_sent(page: str) -> dict[str, str]:
    """What a browser would send of a page's form, as it stands."""
    found = _Sending()
    found.feed(page)
    return found.sent


def typed_in(page: str, name: str) -> str:
    """What stands in a field of a page's form."""
    found = _Fields()
    found.feed(page)
    return next(field.get("value") or "" for field in found.fields if field["name"] == name)


def words(page: str) -> str:
    """The text of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: list[dict[str, Any]] = []
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        field = dict(attrs)
        if tag in {"input", "select", "textarea"} and "name" in field:
            self.fields.append(field)
        self._open = tag

    def handle_data(self, data: str) -> None:
        if self._open == "textarea":
            self.fields[-1]["value"] = data
            self._open = None


class _Sending(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._name = ""
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        field = dict(attrs)
        name, value = field.get("name") or "", field.get("value") or ""
        if tag == "input" and name:
            if field.get("type") != "checkbox" or "checked" in field:
                self.sent[name] = value
        elif tag in {"select", "textarea"} and name:
            self._name, self.sent[name] = name, ""
            self._text = [] if tag == "textarea" else None
        elif tag == "option" and ("selected" in field or not self.sent.get(self._name)):
            self.sent[self._name] = value

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None:
            self.sent[self._name] = "".join(self._text)
            self._text = None
