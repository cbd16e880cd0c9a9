"""`tenure rebuild`: views folded anew beside the live ones, which serve meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import ExitStatus, Output, Words, print_error, table
from api.cli.running import running, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings import Settings
    from projections.rebuilding import Progress, Rebuilt
    from projections.view import View

Views = Annotated[
    list[str] | None,
    typer.Argument(metavar="[VIEW]…", help="Names of views; all of them without. 视图名。"),
]
_STAGES = {
    "folding": "folding 折叠",
    "indexing": "indexing 建索引",
    "catching-up": "catching up 追赶",
    "swapping": "swapping 替换",
}
_UNITS = {"folding": "events", "indexing": "indexes", "catching-up": "events", "swapping": "views"}


def rebuild(
    views: Views = None, database: Database = None, data: Data = None, json_output: Json = False
) -> None:
    """Fold views anew beside the live ones and swap them. May be stopped anywhere. 重建视图。"""
    with running(is_json=json_output) as output:
        settings = settings_of(database, data)
        chosen = named_views(views, is_json=json_output)
        rebuilt = rebuild_views(settings, chosen, output)
        print_rebuilt(rebuilt, output)


def named_views(names: Sequence[str] | None, *, is_json: bool) -> list[View]:
    """The views of these names, or all; a name that no view has ends the command."""
    from projections.catalogue import ALL

    known = {view.NAME: view for view in ALL}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        wrong, right = ", ".join(unknown), ", ".join(known)
        words = Words(
            zh=f"没有名为 {wrong} 的视图；视图有：{right}",
            en=f"there is no view {wrong}; the views are {right}",
        )
        print_error(ValueError(wrong), words, is_json=is_json, slug="unknown-view")
        raise typer.Exit(ExitStatus.USAGE)
    return [known[name] for name in dict.fromkeys(names or known)]


def rebuild_views(settings: Settings, views: Sequence[View], output: Output) -> list[Rebuilt]:
    """Rebuild them under a progress bar."""
    from api.log_source import opened_source
    from api.rebuilds import rebuilt

    with opened_source(settings) as source, _progress(output) as tell:
        return rebuilt(source, source.database.url, views, tell)


def rebuild_outdated(settings: Settings, output: Output) -> list[Rebuilt]:
    """Rebuild the views whose tables are of an older version than this release's."""
    from api.log_source import opened_source
    from api.rebuilds import rebuilt
    from projections.migrating import outdated

    with opened_source(settings) as source:
        with source.database.autocommit() as cursor:
            views = outdated(cursor)
        if not views:
            return []
        with _progress(output) as tell:
            return rebuilt(source, source.database.url, views, tell)


def print_rebuilt(rebuilt: Sequence[Rebuilt], output: Output) -> None:
    """Each view with its rows and the position it stands at."""
    rows = sum(view.rows for view in rebuilt)
    told = [{"view": one.view, "position": one.position, "rows": one.rows} for one in rebuilt]
    shown = table(
        f"rebuilt 已重建: {rows} rows 行",
        ("view 视图", "rows 行", "position 位置"),
        [(one.view, one.rows, one.position) for one in rebuilt],
    )
    output.result({"rebuilt": told, "rows": rows}, shown)


@contextmanager
def _progress(output: Output) -> Iterator[Callable[[Progress], None]]:
    """A bar a stage, with rate and remaining time."""
    from api.cli.stages import staged

    with staged(output, _STAGES, _UNITS) as tell:

        def told(progress: Progress) -> None:
            tell(progress.stage, progress.done, progress.total)

        yield told
