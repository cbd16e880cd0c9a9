"""`tenure bench`: the figures of the README, measured on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Small and rough. 快速。")] = False,
    full: Annotated[bool, typer.Option("--full", help="A million customers. 完整。")] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="SECTION", help="Only this part; may repeat.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the figures there, as JSON.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON. 输出 JSON。")] = False,
) -> None:
    """Measure on a database of its own, side by side with others. 性能测试。"""
    from benchmarks.main import main

    flags = {"--quick": quick, "--full": full, "--json": json_output}
    words = [name for name, is_given in flags.items() if is_given]
    for section in only or []:
        words += ["--only", section]
    if out is not None:
        words += ["--out", str(out)]
    raise typer.Exit(main(words))
