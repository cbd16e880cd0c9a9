"""`tenure bench`: the figures of the README, measured on this machine; and large databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import ExitStatus, Output, Words, print_error
from api.cli.running import running, settings_of

if TYPE_CHECKING:
    from api.composition import Service
    from benchmarks.load.filling import Filled, Followed
    from benchmarks.load.plan import Plan

app = typer.Typer(help="Measure on this machine. 性能测试。", invoke_without_command=True)


@app.callback()
def bench(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="Small and rough. 快速。")] = False,
    full: Annotated[bool, typer.Option("--full", help="A million customers. 完整。")] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="SECTION", help="Only this part; may repeat.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Ask questions of the load in DIR; made where missing."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the figures there, as JSON.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON. 输出 JSON。")] = False,
) -> None:
    """Measure on a database of its own, side by side with others. 性能测试。"""
    if context.invoked_subcommand is not None:
        return
    from benchmarks.main import main

    flags = {"--quick": quick, "--full": full, "--json": json_output}
    words = [name for name, is_given in flags.items() if is_given]
    for section in only or []:
        words += ["--only", section]
    for option, path in (("--data", data), ("--out", out)):
        words += [option, str(path)] if path is not None else []
    raise typer.Exit(main(words))


@app.command("load")
def load(
    customers: Annotated[int, typer.Option(help="How many customers. 客户数。")] = 1_000_000,
    events: Annotated[
        int, typer.Option(help="How many events, about, all together. 事件总数（约）。")
    ] = 10_000_000,
    seed: Annotated[int, typer.Option(help="The same seed writes the same. 随机种子。")] = 1,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"],
            help="Where the history ends, in UTC (default: today's midnight). 截止时间。",
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Fold the views, too. 同时建视图。")
    ] = False,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Fill an empty database with many customers who have a past. 生成大规模数据。"""
    with running(is_json=json_output) as output:
        from api.composition import build_service

        settings = settings_of(database, data)
        plan = _plan(customers, events, seed, until)
        with closing(build_service(settings)) as service, _failures_told(is_json=json_output):
            filled = _filled(service, plan, output)
            followed = _followed(service, output) if follow else None
        _tell(output, plan, filled, followed)


@contextmanager
def _failures_told(*, is_json: bool) -> Iterator[None]:
    """A process of the load that failed, in words; what it had appended stays."""
    from benchmarks.children import ChildFailed

    try:
        yield
    except ChildFailed as error:
        words = Words(
            zh=f"生成数据的进程失败：{error}", en=f"a process of the load failed: {error}"
        )
        print_error(error, words, is_json=is_json, slug="load")
        raise typer.Exit(ExitStatus.REFUSED) from error


def _plan(customers: int, events: int, seed: int, until: datetime | None) -> Plan:
    """Raises SettingsInvalid for counts that cannot be."""
    from datetime import UTC

    from api.settings import SettingsInvalid
    from benchmarks.load.plan import CUSTOMERS_MAX, EVENTS_A_REGISTRATION, Plan, start_of_day

    if not 1 <= customers <= CUSTOMERS_MAX:
        raise SettingsInvalid(
            zh=f"--customers 须为 1 至 {CUSTOMERS_MAX}",
            en=f"--customers must be from 1 to {CUSTOMERS_MAX}",
        )
    if events < customers * EVENTS_A_REGISTRATION:
        raise SettingsInvalid(
            zh=f"--events 至少为 --customers 的 {EVENTS_A_REGISTRATION} 倍：登记须占用名称与电话",
            en=f"--events must be at least {EVENTS_A_REGISTRATION} times --customers: a "
            "registration reserves name, core and phone",
        )
    end = until.replace(tzinfo=UTC) if until else start_of_day(datetime.now(UTC))
    return Plan(customers, events, seed, end)


def _filled(service: Service, plan: Plan, output: Output) -> Filled:
    from api.cli.stages import staged
    from benchmarks.load.filling import fill

    with staged(output, {"load": "load 写入"}, {"load": "events"}) as tell:
        return fill(service, plan, lambda done, _customers: tell("load", done, plan.events))


def _followed(service: Service, output: Output) -> Followed:
    from api.cli.stages import staged
    from benchmarks.load.filling import follow

    with staged(output, {"views": "views 视图"}, {"views": "events"}) as tell:
        return follow(service, lambda done, total: tell("views", done, total))


def _tell(output: Output, plan: Plan, filled: Filled, followed: Followed | None) -> None:
    document = {
        "customers": filled.customers,
        "events": filled.events,
        "seed": plan.seed,
        "until": plan.until.isoformat(),
        "seconds": round(filled.seconds, 1),
        "events_per_second": round(filled.rate),
    }
    lines = [
        f"{filled.customers:,} customers, {filled.events:,} events in {filled.seconds:,.0f} s: "
        f"{filled.rate:,.0f} events/s",
        f"seed {plan.seed}, history until {plan.until:%Y-%m-%dT%H:%M:%SZ}",
    ]
    if followed is not None:
        rate = followed.events / followed.seconds
        document |= {
            "followed_seconds": round(followed.seconds, 1),
            "followed_events_per_second": round(rate),
            "engine_peak_mb": round(followed.peak_mb),
        }
        lines.append(
            f"views followed in {followed.seconds:,.0f} s: {rate:,.0f} events/s, "
            f"at most {followed.peak_mb:,.0f} MB"
        )
    output.result(document, lines)
