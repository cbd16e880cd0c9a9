"""The command `tenure`: its commands, each in a module of its own that imports late."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.cli import (
    backup,
    bench,
    department,
    doctor,
    erase,
    evidence,
    importing,
    keys,
    member,
    migrate,
    psql,
    rebuild,
    restore,
    serve,
    token,
    verify,
    webhook,
    witness,
    worker,
)
from api.cli.options import GLOBAL_OPTIONS

app = typer.Typer(
    name="tenure",
    help="Who protects which customer, since when, and by which rule. 客户保护期的事件台账。",
    epilog="Every command takes --database URL or --data DIR, and --json.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """The entry point of the installed command."""
    app(args=_with_global_options_behind(sys.argv[1:]))


@app.callback(invoke_without_command=True)
def tenure(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        print(f"tenure {version_of('tenure')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.BadParameter("no command given; 缺少命令")


for _name, _command in (
    ("serve", serve.serve),
    ("worker", worker.worker),
    ("migrate", migrate.migrate),
    ("rebuild", rebuild.rebuild),
    ("verify", verify.verify),
    ("witness", witness.witness),
    ("evidence", evidence.evidence),
    ("token", token.token),
    ("import", importing.import_companies),
    ("backup", backup.backup),
    ("restore", restore.restore),
    ("erase", erase.erase),
    ("doctor", doctor.doctor),
    ("psql", psql.psql),
):
    app.command(_name)(_command)
_GROUPS = {
    "member": member.app,
    "department": department.app,
    "webhook": webhook.app,
    "keys": keys.app,
}
for _name, _group in _GROUPS.items():
    app.add_typer(_group, name=_name)
app.add_typer(bench.app, name="bench")


def _with_global_options_behind(words: list[str]) -> list[str]:
    """`--json doctor` as `doctor --json`: options of every command may also stand before it."""
    leading: list[str] = []
    rest = list(words)
    while rest and (size := GLOBAL_OPTIONS.get(rest[0].split("=")[0])):
        taken = 1 if "=" in rest[0] else size
        leading += rest[:taken]
        rest = rest[taken:]
    # A group such as `member` takes them behind its own command.
    is_group = len(rest) > 1 and (rest[0] in _GROUPS or rest[:2] == ["bench", "load"])
    place = 2 if is_group else 1
    return rest[:place] + leading + rest[place:]
