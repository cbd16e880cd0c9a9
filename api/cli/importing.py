"""`tenure import`: customers from a CSV file, through the application like everybody's."""

from __future__ import annotations

import csv
import json
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import ExitStatus, Output, Words, table
from api.cli.running import opened, running, settings_of

if TYPE_CHECKING:
    from api.company_file import CompanyFile
    from api.company_import import RowResult
    from domain.application import Tenure
    from domain.orders import Credentials

REPORT_COLUMNS = (
    "line",
    "name",
    "outcome",
    "rule",
    "match",
    "collides_with",
    "collides_with_name",
    "zh",
    "en",
)
_SHOWN = {
    "registered": "registered 已录入",
    "already-there": "already there 此前已录入",
    "refused": "refused 撞单",
    "broken": "broken 无效",
}


_File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE.csv",
        exists=True,
        dir_okay=False,
        readable=True,
        help="UTF-8 or GB18030; columns name, address, industry, phone, introduction, "
        "contact_name, contact_position, contact_phone. 表头可用中文。",
    ),
]


def import_companies(
    file: _File,
    as_member: Annotated[
        str, typer.Option("--as", metavar="MEMBER", help="On whose behalf. 以谁的名义。")
    ] = "console",
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            help="Refused and broken rows, as CSV, or as JSON lines where FILE ends with .jsonl.",
        ),
    ] = None,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Register customers; refused twins are reported. May be stopped and run again. 导入客户。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from api.company_file import CompanyFile
        from api.company_import import CompanyImport

        companies = CompanyFile(file)
        rows: list[dict[str, Any]] = []
        began = monotonic()
        with (
            _acting_as(service.application, as_member) as credentials,
            _stopped_by_signals() as stop,
            _reporter(report, rows) as note,
        ):
            importer = CompanyImport(service.application, credentials)
            counts = _followed(importer.run(companies, stop), companies, output, note)
        seconds = monotonic() - began
        _print(output, counts, rows, companies, seconds, report, is_stopped=stop.is_set())
        if stop.is_set():
            raise typer.Exit(ExitStatus.REFUSED)


@contextmanager
def _acting_as(application: Tenure, member: str) -> Iterator[Credentials]:
    """Credentials of a member, for the time of the import.

    Nobody acts for another unseen: the operator issues a token, which stands in the log like any
    other, and revokes it at the end.
    """
    from api.credentials import credentials_of
    from domain.orders import CONSOLE, Order

    if member == CONSOLE.member:
        yield CONSOLE
        return
    expires_at = application.now() + timedelta(days=1)
    issued = application.issue_token(Order(CONSOLE), member, expires_at=expires_at)
    try:
        yield credentials_of(issued.extra["token"])
    finally:
        application.revoke_token(Order(CONSOLE), member, UUID(issued.extra["token_id"]))


def _followed(
    results: Iterator[RowResult],
    companies: CompanyFile,
    output: Output,
    note: Callable[[dict[str, Any]], None],
) -> Counter[str]:
    """Count the results, note those that a person must look at, and show how far it is."""
    counts: Counter[str] = Counter()
    began = monotonic()
    with output.progress(unit="rows") as bar:
        task = bar.add_task(str(companies.encoding), total=companies.size or 1, rate=0.0)
        for done, result in enumerate(results, start=1):
            counts[result.outcome] += 1
            if result.outcome in ("refused", "broken"):
                note({key: value for key, value in asdict(result).items() if key in REPORT_COLUMNS})
            if not bar.disable and done % 50 == 0:
                rate = done / (monotonic() - began)
                bar.update(task, completed=companies.bytes_read, rate=rate)
    return counts


def _print(
    output: Output,
    counts: Counter[str],
    rows: list[dict[str, Any]],
    companies: CompanyFile,
    seconds: float,
    report: Path | None,
    *,
    is_stopped: bool,
) -> None:
    summary = {outcome.replace("-", "_"): counts[outcome] for outcome in _SHOWN}
    document: dict[str, Any] = {
        **summary,
        "rows": sum(counts.values()),
        "seconds": round(seconds, 3),
        "encoding": companies.encoding,
        "stopped": is_stopped,
    }
    document |= {"report": str(report)} if report else {"report_rows": rows}
    shown: list[Any] = [_for_people(row) for row in rows]
    counted = [(text, counts[outcome]) for outcome, text in _SHOWN.items()]
    title = f"{sum(counts.values())} rows in {seconds:.1f} s, {companies.encoding}"
    shown.append(table(title, ["outcome 结果", "rows 行数"], counted))
    if report:
        shown.append(f"refused and broken rows 未录入的行: {report}")
    output.result(document, shown)
    if is_stopped:
        output.notice(
            Words(
                zh="已停止；再次运行即从未完成处继续，不会重复录入",
                en="stopped; run it again to go on, nothing is done twice",
            )
        )


def _for_people(row: dict[str, Any]) -> str:
    """One row to look at, in lines that can be copied from the narrowest terminal."""
    head = f"{row['line']:>7}  {row['outcome']}  {row['name']}"
    if row["collides_with"]:
        other = f"{row['collides_with_name']}  {row['collides_with']}"
        return f"{head}\n         {row['rule']}, {row['match']}: {other}"
    reason = f"{row['zh']} / {row['en']}" if row["zh"] else row["rule"]
    return f"{head}\n         {reason}"


@contextmanager
def _reporter(
    report: Path | None, rows: list[dict[str, Any]]
) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Where rows to look at go: to the report as they come, or into `rows`."""
    if report is None:
        yield rows.append
        return
    is_lines = report.suffix in (".jsonl", ".ndjson", ".json")
    # The mark tells spreadsheet programs that a CSV file is UTF-8.
    encoding = "utf-8" if is_lines else "utf-8-sig"
    with report.open("w", encoding=encoding, newline="", buffering=1) as file:
        if is_lines:
            yield lambda row: print(json.dumps(row, ensure_ascii=False, default=str), file=file)
        else:
            writer = csv.DictWriter(file, REPORT_COLUMNS)
            writer.writeheader()
            yield lambda row: writer.writerow({key: _harmless(row[key]) for key in REPORT_COLUMNS})


def _harmless(value: Any) -> Any:
    """A cell that no spreadsheet program takes for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """Set by Ctrl-C and SIGTERM: rows already begun are still ended and counted."""
    stop = threading.Event()
    kept = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
