"""A browser for tests: it keeps the cookies that it is given, and its page the CSRF token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from api.security import COOKIE, CSRF
from tests.api.http.guests import Guests

GOOD, BETTER = "seven white herons", "竹林小径清晨的雨声与鸟鸣"


@dataclass
class Browser:
    """cookies: what it would send; a real one keeps them for localhost without TLS, too."""

    guests: Guests
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {**self.headers, **request.pop("headers", {})}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.csrf is not None:
            headers.setdefault(CSRF, self.csrf)
        answer = self.guests.send(method, path, None, headers=headers, **request)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def sign_in(self, member: str, password: str, **more: str) -> httpx.Response:
        body = {"member": member, "password": password, **more}
        answer = self.send("POST", "/v1/sign-in", json=body)
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf_token"]
        return answer

    @property
    def secret(self) -> str:
        return self.cookies[COOKIE]


def one_time(guests: Guests, member: str) -> str:
    """A one-time password from an administrator."""
    answer = guests.send("POST", f"/v1/members/{member}/password", "root")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["password"])


def signed_in(guests: Guests, member: str, password: str = GOOD, **headers: str) -> Browser:
    """A browser of a member whose password is `password` from now on."""
    browser = Browser(guests, headers=headers)
    answer = browser.sign_in(member, one_time(guests, member), new_password=password)
    assert answer.status_code == 200, answer.text
    return browser


def slug_of(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]
