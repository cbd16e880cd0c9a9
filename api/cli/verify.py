"""`tenure verify`: are the logs what was sealed, and the views what follows from the logs?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import ExitStatus, Output, Words, table
from api.cli.rebuild import Views, named_views
from api.cli.running import running, settings_of
from api.cli.verify_logs import Checkpoints, Keys, notice_logs, shown_logs, verified_logs

if TYPE_CHECKING:
    from api.cli.stages import Tell
    from api.proof.findings import Verified as VerifiedLog
    from projections.stretches import Source
    from projections.verifying import Found, Take, Verified
    from projections.view import View

_STAGES = {
    "events": "events against their seal 日志校验",
    "access": "access log against its seal 访问日志校验",
    "folding": "folding aside 旁路折叠",
    "comparing": "comparing 比较",
    "explaining": "looking for events 查找事件",
}
_UNITS = {
    "events": "leaves",
    "access": "leaves",
    "folding": "events",
    "comparing": "views",
    "explaining": "rows",
}
All = Annotated[
    bool,
    typer.Option(
        "--all",
        help="Tell every row that differs, as it is found, not the first 200 of a view; "
        "with --json one object a line, the result last. 逐条列出全部差异。",
    ),
]
_KINDS = {
    "missing": "missing 缺少",
    "superfluous": "superfluous 多余",
    "different": "different 不同",
}


def verify(
    views: Views = None,
    checkpoints: Checkpoints = None,
    key: Keys = None,
    database: Database = None,
    data: Data = None,
    is_all: All = False,
    json_output: Json = False,
) -> None:
    """Every row of the logs against the seal, every row of the views against the log; exit status 1
    where one differs. Only the views that are named, if any are. 校验日志与视图。"""
    with running(is_json=json_output) as output:
        from api.cli.stages import staged
        from api.log_source import opened_source

        settings = settings_of(database, data)
        chosen = named_views(views, is_json=json_output)
        are_logs_asked = not views or bool(checkpoints or key)
        take = _taking(output) if is_all else None
        with (
            opened_source(settings) as source,
            staged(output, _STAGES, _UNITS, is_bar=not is_all) as tell,
        ):
            logs = verified_logs(source, settings, checkpoints, key, tell) if are_logs_asked else []
            is_rewritten = not all(log.is_sound for log in logs)
            verified, failure = _verified_views(
                source, chosen, tell, take, is_rewritten=is_rewritten
            )
        _print(verified, logs, failure, output, is_last_line=is_all)
        if failure or not all(one.is_sound for one in (*logs, *verified)):
            raise typer.Exit(ExitStatus.REFUSED)


def _taking(output: Output) -> Take:
    """Prints each row as it is found."""

    def take(view: str, found: Found) -> None:
        if output.is_json:
            output.line({"view": view, **_told(found)})
            return
        for line in _lines(view, found):
            output.people.print(line, markup=False, soft_wrap=True)

    return take


def _verified_views(
    source: Source, chosen: Sequence[View], tell: Tell, take: Take | None, *, is_rewritten: bool
) -> tuple[list[Verified], str | None]:
    """What was found, or why a log that was rewritten cannot be folded any more."""
    from projections.verifying import Verification

    try:
        return Verification(source, chosen, tell=tell, take=take).run(), None
    except Exception as error:
        # A log that was rewritten may be unreadable in any way; what is known of it must come out.
        if not is_rewritten:
            raise
        return [], f"{type(error).__name__}: {error}"


def _print(
    verified: Sequence[Verified],
    logs: Sequence[VerifiedLog],
    failure: str | None,
    output: Output,
    *,
    is_last_line: bool,
) -> None:
    rows = sum(view.rows for view in verified)
    is_equal = failure is None and all(one.is_sound for one in (*logs, *verified))
    document: dict[str, Any] = {
        "equal": is_equal,
        "rows": rows,
        "views": [_document(view) for view in verified],
    }
    if logs:
        document["logs"] = [log.document() for log in logs]
    if failure is not None:
        document["views_failed"] = failure
    verdict = "equal 一致" if is_equal else "not equal 不一致"
    shown: list[Any] = shown_logs(logs)
    shown.append(
        table(
            f"{verdict}: {rows} rows 行",
            ("view 视图", "rows 行", "position 位置", "behind 落后", "found 结果"),
            [(one.view, one.rows, one.position, one.behind, _result(one)) for one in verified],
        )
    )
    if failure is not None:
        shown.append(f"views could not be folded 视图无法折叠: {failure}")
    for view in verified:
        shown += [line for found in view.differences for line in _lines(view.view, found)]
        if view.left_out:
            shown.append(
                f"{view.view}: {view.left_out} more rows differ 另有 {view.left_out} 行不同"
            )
    output.result(document, shown, is_line=is_last_line)
    for view in verified:
        _notice(view, output)
    notice_logs(logs, output)


def _result(view: Verified) -> str:
    if not view.is_current:
        return "another version 其他版本"
    if view.differing:
        return f"{view.differing} differ 行不同"
    return "equal 一致" if view.failed is None else "set aside 已搁置"


def _notice(view: Verified, output: Output) -> None:
    if not view.is_current:
        output.notice(
            Words(
                zh=f"视图 {view.view} 的表属于另一版本，未比较；tenure migrate 会重建它",
                en=f"the tables of {view.view} are of another version and were not compared: "
                "tenure migrate rebuilds them",
            )
        )
    elif view.failed is not None:
        place = f"{view.failed.topic} @ {view.failed.position}: {view.failed.error}"
        output.notice(
            Words(
                zh=f"视图 {view.view} 已搁置：{place}", en=f"{view.view} was set aside at {place}"
            )
        )
    elif view.behind:
        output.notice(
            Words(
                zh=f"视图 {view.view} 落后日志 {view.behind} 个位置；已按其位置比较",
                en=f"{view.view} is {view.behind} positions behind the log; it was compared as of "
                "where it stands",
            )
        )


def _lines(view: str, found: Found) -> list[str]:
    one = found.difference
    key = ", ".join(f"{column} {value}" for column, value in one.key.items())
    lines = [f"{view}: {one.table} {key}: {_KINDS[one.kind]}"]
    if one.kind == "different":
        lines += [
            f"    {column}: kept 现存 {kept!r}, folded 应为 {folded!r}"
            for column, (kept, folded) in one.columns.items()
        ]
    event = _event(found)
    lines.append(
        f"    {event['topic']} @ {event['position']}: {event['words']['zh']} {event['words']['en']}"
        if event
        else "    no event speaks of this row 没有事件涉及此行"
    )
    return lines


def _document(view: Verified) -> dict[str, Any]:
    failed = view.failed
    return {
        "view": view.view,
        "equal": view.is_sound,
        "position": view.position,
        "behind": view.behind,
        "is_current": view.is_current,
        "failed": failed
        and {"position": failed.position, "topic": failed.topic, "error": failed.error},
        "rows": view.rows,
        "differing": view.differing,
        "differences": [_told(found) for found in view.differences],
        "differences_left_out": view.left_out,
    }


def _told(found: Found) -> dict[str, Any]:
    one = found.difference
    return {
        "table": one.table,
        "key": dict(one.key),
        "kind": one.kind,
        "columns": {
            column: {"kept": kept, "folded": folded}
            for column, (kept, folded) in one.columns.items()
        },
        "event": _event(found),
    }


def _event(found: Found) -> dict[str, Any] | None:
    from domain.words import describe

    if found.event is None:
        return None
    words = describe(found.event.event)
    return {
        "position": found.event.position,
        "topic": found.event.topic,
        "words": {"zh": words.zh, "en": words.en},
    }
