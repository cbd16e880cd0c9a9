"""Writes docs/permissions.md from the one table: `python -m tests.permission_page docs/…`.

Whoever changes who may do what changes this page with it, and a reviewer reads the page.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from api.app import ROUTERS
from api.openapi import PERMISSION
from domain.permissions import PERMISSIONS, ROLES, TASKS

SIGNS = {"any": "any", "department": "dept", "own": "own", None: "·"}
HEAD = """\
# Permissions

Who may do what: every permission, every role, and how far it reaches. Written by `make docs` from
`domain/permissions.py`; a test compares the two. What a member may do with one customer, and which
rule forbids the rest: `GET /v1/customers/{id}/may?member=&at=`. Why it is so: [decision
0022](decisions/0022-how-far-a-right-reaches.md).

`any`: everything. `dept`: what belongs to the member's department or one below it; for an
after-sales manager also what after-sales holds as a group. `own`: the member himself, and what he
holds, or a group of his. `·`: not at all. A member with several roles has the widest.

Beyond the table, whoever decides has no part in the case: not the claimant, not the applicant,
nobody who sought the customer in vain. Of commands that are the holder's alone, the customer itself
says who that is, and a refusal is kept as evidence. The rulebook narrows `decide-intent`,
`decide-extension`, `confirm-contract` and `rule-dispute` to the roles that it names.
"""


def routes() -> dict[str, list[str]]:
    """The routes that each permission opens."""
    found: dict[str, list[str]] = defaultdict(list)
    for router in ROUTERS:
        for route in router.routes:
            permission = route.openapi_extra[PERMISSION]  # type: ignore[attr-defined]
            methods = " ".join(sorted(route.methods))  # type: ignore[attr-defined]
            found[permission].append(f"`{methods} {route.path}`")  # type: ignore[attr-defined]
    return found


def page() -> str:
    """The whole page."""
    columns = " | ".join(ROLES)
    lines = [HEAD, "## The table", "", f"| permission | {columns} |"]
    lines.append("|---" * (len(ROLES) + 1) + "|")
    for name, row in PERMISSIONS.items():
        cells = " | ".join(SIGNS[row.get(role)] for role in ROLES)
        lines.append(f"| `{name}` | {cells} |")
    lines += ["", "## Details for a task", "", "| role | while the customer is |", "|---|---|"]
    lines += [f"| {role} | {', '.join(sorted(states))} |" for role, states in TASKS.items()]
    lines += ["", "## What each one opens", "", "| permission | routes |", "|---|---|"]
    opened = routes()
    for name in (*PERMISSIONS, *sorted(set(opened) - set(PERMISSIONS))):
        lines.append(f"| `{name}` | {'<br>'.join(opened.get(name, ['–']))} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
