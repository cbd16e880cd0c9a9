"""Pictures of the main pages on the demonstration's data: `make screenshots`.

The clock stands still on a weekday, so that two runs draw the same pictures.
"""

import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import Any

import httpx

from api.composition import build_service
from api.demonstration import fill
from api.embedded import EmbeddedPostgres
from api.schemas import migrate
from tests.api.http.guests import served, settings_for

NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
BYTES_MAX = 200_000
HEIGHT = 800


@dataclass(frozen=True)
class Picture:
    """One page, as somebody sees it. path: `{customer}` is the one with the richest life."""

    name: str
    path: str
    member: str
    language: str = "zh"
    theme: str = "light"
    width: int = 1280


PICTURES = (
    Picture("start", "/", "chenjing"),
    Picture("check", "/collisions?name=科技", "zhangwei"),
    Picture("customer", "/customers/{customer}", "xuan", "en"),
    Picture("customer-dark", "/customers/{customer}", "xuan", theme="dark"),
    Picture("time", "/customers/{customer}/time?at={middle}", "xuan"),
    Picture("dispute", "/customers/{contested}/disputes/{number}", "zhaolei"),
    Picture("pool", "/pool", "lina", "en", "dark"),
    Picture("rules", "/rules", "xuan"),
    Picture("people", "/people", "xuan", "en"),
    Picture("figures", "/figures", "chenjing", "en"),
    Picture("figures-dark", "/figures", "xuan", theme="dark", width=1920),
    Picture("audit", "/audit", "xuan"),
    Picture("board", "/board", "chenjing"),
    Picture("phone", "/collisions?name=科技", "zhangwei", width=390),
)


def main(folder: Path) -> None:
    """Write every picture into `folder`."""
    with tempfile.TemporaryDirectory(prefix="tenure-pictures-") as made:
        place = Path(made)
        place.chmod(0o711)
        clock = place / "now"
        clock.write_text(NOW.isoformat())
        with EmbeddedPostgres(place / "server") as server:
            migrate(server.url())
            settings = settings_for(server.url(), clock)
            with closing(build_service(settings)) as service:
                tokens = {token.member: token.token for token in fill(service, lambda *_: None)}
            with served(settings) as (service, url):
                _draw(url, service, tokens, folder)


def _draw(url: str, service: Any, tokens: dict[str, str], folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    position = str(service.application.reader.settled_position())
    places = _places(url, tokens["xuan"], position)
    folder.mkdir(parents=True, exist_ok=True)
    chromium = which("chromium") or which("chromium-browser") or which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium here: apt-get install chromium fonts-wqy-zenhei")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for picture in PICTURES:
            member = picture.member if picture.member in tokens else "zhangwei"
            window = browser.new_context(
                base_url=url,
                viewport={"width": picture.width, "height": HEIGHT},
                locale="zh-CN" if picture.language == "zh" else "en-US",
                color_scheme=picture.theme,
                extra_http_headers={
                    "Authorization": f"Bearer {tokens[member]}",
                    "Tenure-Min-Position": position,
                },
            )
            page = window.new_page()
            page.goto(picture.path.format(**places))
            file = folder / f"console-{picture.name}.png"
            page.screenshot(path=file)
            if file.stat().st_size > BYTES_MAX:
                raise SystemExit(f"{file} is larger than {BYTES_MAX} bytes")
            window.close()


def _places(url: str, token: str, position: str) -> dict[str, str]:
    """The customer that most members held, and an instant in the middle of its life."""
    headers = {"Authorization": f"Bearer {token}", "Tenure-Min-Position": position}
    answer = httpx.get(f"{url}/v1/tenures?limit=500", headers=headers, timeout=60)
    items = answer.json()["items"]
    held = {(item["customer_id"], item["holder"]) for item in items}
    customer = Counter(one for one, _ in sorted(held, key=str)).most_common(1)[0][0]
    begun = [item["since"] for item in items if item["customer_id"] == customer]
    return {
        "customer": customer,
        "middle": sorted(begun)[len(begun) // 2],
        **_open_dispute(url, headers),
    }


def _open_dispute(url: str, headers: dict[str, str]) -> dict[str, str]:
    """The case that waits for a ruling."""
    answer = httpx.get(f"{url}/v1/disputes?open=true", headers=headers, timeout=60)
    case = answer.json()["items"][0]
    return {"contested": case["customer_id"], "number": str(case["number"])}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
