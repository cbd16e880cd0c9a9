"""Hostile input in every form of every page: never a 5xx, never executed, and never lost."""

from collections.abc import Collection, Iterator
from html import unescape

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
UNSAFE = ("<script>alert", "<img src=x")
UNSENDABLE = {"surrogate"}
"""What no browser can send, so nobody has typed it."""
UNAVAILABLE = {"post /customers/*/evidence"}
"""What this house cannot do, since it seals and signs nothing."""
SECRET = {"password", "current", "new", "new_password"}
ALONE = {"markup", "nul"}
HIDDEN = ("_key", "_version")
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


def faults(form: Form, name: str, sent: dict[str, str], answer: httpx.Response) -> Iterator[str]:
    """What is wrong with the answer to a form."""
    where = f"{form.template}: {name}: {answer.status_code}"
    if answer.status_code >= 500 and form.template not in UNAVAILABLE:
        yield where
    yield from (f"{where}: {unsafe}" for unsafe in UNSAFE if unsafe in answer.text)
    if form.method != "post" or answer.status_code < 400 or name in UNSENDABLE:
        return
    fields = [one.fields for one in read(answer.text, form.page).forms]
    shown = unescape(answer.text).replace("\r\n", "\n")
    for field in sorted(set(form.typable()) - SECRET):
        kept = [one[field][1] for one in fields if field in one]
        typed = sent[field].replace("\r\n", "\n").strip()
        if not any(same(text, typed) for text in kept) and (kept or typed not in shown):
            yield f"{where}: {field} is lost"


def same(shown: str, typed: str) -> bool:
    """As a page gives it back: line breaks are those of forms."""
    return shown.replace("\r\n", "\n").strip() == typed.replace("\r\n", "\n").strip()


def beset(
    reader: Reader,
    guests: Guests,
    member: str | None,
    names: Collection[str],
    alone: Collection[str] = (),
) -> set[str]:
    """Send texts in every form that the member finds, and those of `alone` in each of its fields,
    among others that are fit, too; which forms there were, where nothing was wrong."""
    found = places(guests)
    starts = [known.path.format(**found) for known in PAGES if known.member in {member, "li"}]
    # What nobody types into is no way in, and done: a token revoked would end the walk.
    forms = [form for form in walked(reader, member, starts) if form.typable()]
    wrong = list[str]()
    for form in forms:
        for name, sent in tries(form, names, alone):
            now = as_it_is_now(reader, member, form) if name in alone else form
            sent |= {one: now.fields[one][1] for one in HIDDEN if one in now.fields}
            wrong += faults(form, name, sent, send(reader, member, form, sent))
    assert wrong == []
    return {form.template for form in forms}


def tries(
    form: Form, names: Collection[str], alone: Collection[str]
) -> Iterator[tuple[str, dict[str, str]]]:
    for name in names:
        text, fields = TEXTS[name], form.typable()
        if form.method == "get":  # An address has an end.
            yield name, form.typed(text[:ADDRESS_CHARACTERS])
        elif name == "long":  # And a form, which is still far from what a person types.
            yield name, form.typed_in(fields[0], text) if fields else form.typed(text)
        else:
            yield name, form.typed(text)
        if name in alone and len(fields) > 1:
            yield from ((name, form.typed_in(field, text)) for field in fields)


def as_it_is_now(reader: Reader, member: str | None, form: Form) -> Form:
    """The form with the version of now, or as it was where it is not shown any more."""
    shown = read(reader.get(form.page, member, Accept="text/html").text, form.page)
    return next((one for one in shown.forms if one.template == form.template), form)


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
    assert beset(reader, guests, member, TEXTS, ALONE)
