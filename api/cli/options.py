"""Options that every command takes, described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="A PostgreSQL database of yours. 自备数据库地址。",
        show_default=False,
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder of the embedded PostgreSQL (default ./.tenure). 内置数据库目录。",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON. 输出 JSON。", show_default=False)]
TestClock = Annotated[
    Path | None,
    typer.Option(
        "--test-clock",
        metavar="FILE",
        help='"Now" is the instant that FILE holds; for tests and demonstrations. 测试时钟。',
        show_default=False,
    ),
]
GLOBAL_OPTIONS = {"--json": 1, "--database": 2, "--data": 2}
"""Options that may stand before the command as well, and how many words each takes."""
