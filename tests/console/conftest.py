"""The console behind a real server, read as text and in a real browser."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.http.conftest import guests, module_guests
from tests.console.reading import Reader
from tests.console.windows import Windows

__all__ = ["guests", "module_guests"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def reader(guests: Any) -> Reader:
    """Whoever reads pages without a browser."""
    return Reader(guests)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The machine's own Chromium. In CI there must be one.

    For one module: as long as it is there, Playwright's loop runs in this thread, where tests of
    other modules start loops of their own.
    """
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI has no Chromium: .ci/run installs it")
        pytest.skip("these tests drive a real browser, and there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # As root, which tests in containers are, Chromium cannot put itself into a box.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


@pytest.fixture
def windows(browser: Any, guests: Any) -> Iterator[Windows]:
    """Windows of members; what goes wrong in any of them fails the test at its end."""
    found = Windows(browser, guests)
    yield found
    found.close()
    assert found.faults == []
