"""Hostile input in every form of every page: never a 5xx, never executed, and never lost."""

import httpx
import pytest

from tests.api.http.guests import MEMBERS, Guests
from tests.console.forms import Form, encoded, read, walked
from tests.console.pages_known import PAGES, places
from tests.console.reading import Reader

MARKUP = "\"><script>alert('x')</script><img src=x onerror=alert(1)>"
TEXTS = {
    "markup": MARKUP,
    "quotes": "' OR 1=1; -- \" ` \\ {{7*7}} ${7*7} %s %(x)s",
    "nul": "a\x00b",
    "surrogate": "\ud800",
    "right-to-left": "\u202e\u0645\u0648\u0642",
    "lines": "one\ntwo\n\n three",
    "long": "长" * 100_000,
    "instant": "9999-12-31T23:59:59",
    "number": "9" * 400,
}
UNSENDABLE = {"surrogate"}
"""What no browser can send, so nobody has typed it."""
SECRET = {"password", "current", "new", "new_password"}
ADDRESS_CHARACTERS = 1_000
FORM = "application/x-www-form-urlencoded"


def send(reader: Reader, member: str | None, form: Form, sent: dict[str, str]) -> httpx.Response:
    signed = {"Authorization": f"Bearer {reader.guests.tokens[member]}"} if member else {}
    headers = {**signed, "Accept": "text/html", "Accept-Language": "en"}
    client = reader.guests.client
    client.cookies.clear()
    if form.method == "get":
        address = form.address.partition("?")[0]
        return client.get(f"{address}?{encoded(sent)}", headers=headers)
    headers["Content-Type"] = FORM
    return client.post(form.address, content=encoded(sent), headers=headers)


def check(form: Form, name: str, sent: dict[str, str], answer: httpx.Response) -> None:
    where = f"{form.template}: {name}"
    assert answer.status_code < 500, where
    for unsafe in ("<script>alert", "<img src=x"):
        assert unsafe not in answer.text, where
    if form.method != "post" or answer.status_code < 400 or name in UNSENDABLE:
        return
    shown = [
        fields
        for one in read(answer.text, form.page).forms
        if (fields := {name: value for name, (_, value) in one.fields.items()})
    ]
    for field in set(form.typable()) - SECRET:
        kept = {text for fields in shown if (text := fields.get(field)) is not None}
        assert any(same(text, sent[field]) for text in kept), (where, field, kept)


def same(shown: str, typed: str) -> bool:
    """As a page gives it back: line breaks are those of forms."""
    return shown.replace("\r\n", "\n").strip() == typed.replace("\r\n", "\n").strip()


def beset(reader: Reader, guests: Guests, member: str | None, names: list[str]) -> set[str]:
    """Send every text in every form that the member finds; which forms there were."""
    found = places(guests)
    starts = [known.path.format(**found) for known in PAGES if known.member in {member, "li"}]
    forms = list(walked(reader, member, starts))
    for form in forms:
        for name in names:
            text, fields = TEXTS[name], form.typable()
            typed = form.typed(text)
            if form.method == "get":  # An address has an end.
                typed = form.typed(text[:ADDRESS_CHARACTERS])
            elif name == "long":  # And a form, which is still far from what a person types.
                typed = form.typed("x") | dict.fromkeys(fields[:1], text)
            check(form, name, typed, send(reader, member, form, typed))
    return {form.template for form in forms}


def test_markup_in_any_form_of_a_seller_comes_back_as_text(reader: Reader, guests: Guests) -> None:
    forms = beset(reader, guests, "li", ["markup"])
    assert "post /register" in forms
    assert "get /pool" in forms
    assert sum("/actions/" in form for form in forms) >= 5


@pytest.mark.long
@pytest.mark.parametrize("member", [None, *MEMBERS])
def test_no_form_fails_executes_or_loses_anything(
    reader: Reader, guests: Guests, member: str | None
) -> None:
    assert beset(reader, guests, member, list(TEXTS))
