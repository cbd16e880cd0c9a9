"""`tenure bench`: the figures of the README, measured on this machine."""

from __future__ import annotations

import typer


def bench(context: typer.Context) -> None:
    """Measure appends, claims over HTTP and following of the views. 性能测试。"""
    from benchmarks.main import main

    raise typer.Exit(main(context.args))
