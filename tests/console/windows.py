"""Windows of a real browser, one a member; what goes wrong in any of them is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.api.http.guests import Guests

AXE = Path(__file__).parent / "axe.min.js"
SERIOUS = ("serious", "critical")
LOCALES = {"zh": "zh-CN", "en": "en-US"}


@dataclass
class Windows:
    """faults: errors of scripts and of the policy, and requests to other houses."""

    browser: Any
    guests: Guests
    faults: list[str] = field(default_factory=list)
    _open: list[Any] = field(default_factory=list)

    def open(
        self,
        path: str,
        member: str | None = "li",
        *,
        language: str = "en",
        theme: str = "light",
        width: int = 1280,
        scripts: bool = True,
    ) -> Any:
        """A page in a window of its own. `member` has signed in by token."""
        headers = {"Tenure-Min-Position": str(self.guests.settled())}
        if member is not None:
            headers["Authorization"] = f"Bearer {self.guests.tokens[member]}"
        window = self.browser.new_context(
            base_url=str(self.guests.client.base_url),
            viewport={"width": width, "height": 800},
            locale=LOCALES[language],
            color_scheme=theme,
            extra_http_headers=headers,
            java_script_enabled=scripts,
        )
        self._open.append(window)
        page = window.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._requested)
        page.set_default_timeout(10_000)
        page.goto(path)
        return page

    def close(self) -> None:
        for window in self._open:
            window.close()

    def _console(self, message: Any) -> None:
        # That a form was refused is the answer of its page, which tests look at.
        if message.type == "error" and "status of 4" not in message.text:
            self.faults.append(f"console: {message.text}")

    def _requested(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and parts.netloc != self.guests.client.base_url.netloc.decode():
            self.faults.append(f"request to {request.url}")


SENDING = """([action, typed]) => {
  const form = [...document.querySelectorAll("main form[method=post]")]
    .find((one) => one.getAttribute("action").startsWith(action));
  for (const [name, value] of Object.entries(typed)) {
    const field = form.querySelector(`[name="${name}"]:not(button)`)
      ?? form.appendChild(Object.assign(document.createElement("input"), {type: "hidden", name}));
    if (field.type === "checkbox") field.checked = true; else field.value = value;
  }
  HTMLFormElement.prototype.submit.call(form);
}"""
"""Sends a form with these fields, those that it lacks as hidden ones, whatever is required."""


def send_form(page: Any, action: str, typed: Mapping[str, str]) -> None:
    """Send the page's form of that action, and wait for the page that answers it."""
    with page.expect_navigation():
        page.evaluate(SENDING, [action, dict(typed)])


def scrolls_sideways(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def serious_faults(page: Any) -> list[str]:
    """What axe-core finds and calls serious or critical."""
    found = page.evaluate(f"{AXE.read_text(encoding='utf-8')}; axe.run(document)")
    return [
        f"{fault['id']}: {node['html']}"
        for fault in found["violations"]
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]
