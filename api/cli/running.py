"""How a command runs: settings read, the house opened and left, every error in words."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from api.cli.output import ExitStatus, Output, Words, print_error

if TYPE_CHECKING:
    from api.composition import Service
    from api.settings import Settings


@contextmanager
def running(*, is_json: bool) -> Iterator[Output]:
    """An output; errors that a user can meet are printed and become the exit status."""
    try:
        yield Output(is_json=is_json)
    except KeyboardInterrupt as interrupt:
        words = Words(zh="已中断", en="interrupted")
        print_error(interrupt, words, is_json=is_json, slug="interrupted")
        raise typer.Exit(ExitStatus.REFUSED) from interrupt
    except BrokenPipeError as error:
        # Whoever read our output has seen enough. Python must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitStatus.REFUSED) from error
    except Exception as error:
        # Imported here: most commands never fail, and `--help` must not wait for these modules.
        from api.cli.errors import told

        found = told(error)
        if found is None:
            raise
        print_error(error, found.words, is_json=is_json, slug=found.slug)
        raise typer.Exit(found.status) from error


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """A SIGTERM or a lost terminal tidies up as Ctrl-C does."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    kept = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def settings_of(database: str | None, data: Path | None, **given: Any) -> Settings:
    """The settings with what the command line gave. Raises SettingsInvalid."""
    from api.settings import read_settings

    return read_settings(database=database, data=data, **given)


@contextmanager
def opened(settings: Settings) -> Iterator[Service]:
    """The house, left properly: an embedded server is joined or started, and left again."""
    from api.composition import open_service

    service = open_service(settings)
    try:
        yield service
    finally:
        service.close()
