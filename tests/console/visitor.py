"""Somebody before the pages with cookies and without a token, as a browser is."""

from dataclasses import dataclass, field

import httpx

from tests.api.http.guests import Guests
from tests.api.sign_in.browser import GOOD, one_time


@dataclass
class Visitor:
    """Somebody with cookies and without a token."""

    guests: Guests
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> httpx.Response:
        return self._send("GET", path)

    def post(self, path: str, typed: dict[str, str], **headers: str) -> httpx.Response:
        return self._send("POST", path, data=typed, headers=headers)

    def _send(self, method: str, path: str, **request: object) -> httpx.Response:
        headers = dict(request.pop("headers", {}))  # type: ignore[call-overload]
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers["Tenure-Min-Position"] = str(self.guests.settled())
        self.guests.client.cookies.clear()
        answer = self.guests.client.request(method, path, headers=headers, **request)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer


def enter(visitor: Visitor, member: str = "li", **more: str) -> httpx.Response:
    password = one_time(visitor.guests, member)
    typed = {"member": member, "password": password, "new_password": GOOD}
    return visitor.post("/sign-in", typed | more)
