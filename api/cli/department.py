"""`tenure department`: the departments as a tree, from the operator's console."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.options import Data, Database, Json
from api.cli.output import table
from api.cli.running import opened, running, settings_of

app = typer.Typer(
    help="Departments as a tree: place, list. 部门的上下级关系。", no_args_is_help=True
)


@app.command("place")
def place(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The department. 部门。")],
    under: Annotated[
        str | None, typer.Option(help="The one above it; left out: none. 上级部门；不填为无。")
    ] = None,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Put a department under another. 设置上级部门。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from domain.orders import CONSOLE, Order

        receipt = service.application.place_department(Order(CONSOLE), name, parent=under)
        document = {
            "name": name,
            "parent": under,
            "version": receipt.version,
            "position": receipt.position,
        }
        output.result(document, f"placed {name} under {under or 'none'}")


@app.command("list")
def list_departments(
    database: Database = None, data: Data = None, json_output: Json = False
) -> None:
    """The tree of this instant. 部门列表。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        tree = service.application.departments_at()
        found = [
            {"name": name, "parent": tree.parents.get(name), "above": list(tree.above(name))}
            for name in tree.in_order()
        ]
        rows = [("  " * len(one["above"]) + one["name"], one["parent"] or "") for one in found]
        headings = ["department 部门", "under 上级"]
        output.result({"items": found}, table("Departments 部门", headings, rows))
