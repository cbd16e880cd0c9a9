"""What a token may be limited to: `read`, `write`, or permissions by name.

A scope only takes away: whoever sends the token needs the permission as well. `read` is every
question and no command, `write` every command and no question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from domain.errors import Invalid, NotAllowed
from domain.permissions import PERMISSIONS

READ: Final = "read"
WRITE: Final = "write"
SCOPES: Final = (READ, WRITE, *PERMISSIONS)
_QUESTIONS = ("see-", "follow-")


def is_question(permission: str) -> bool:
    """True where the permission is to see something, not to change it."""
    return permission.startswith(_QUESTIONS)


def require(scopes: Collection[str] | None, permission: str) -> None:
    """Raise NotAllowed, with the scopes that would do, where the token is limited to others."""
    needs = dict.fromkeys((READ if is_question(permission) else WRITE, permission))
    if scopes is not None and not any(scope in scopes for scope in needs):
        raise NotAllowed(permission, tuple(f"scope:{scope}" for scope in needs))


def require_no_wider(
    scopes: Collection[str] | None, permission: str, given: Collection[str] | None
) -> None:
    """Whoever is limited makes nothing that may do more: no token, and no password, which lets its
    member do everything. given: the new token's scopes; None: not limited. Raises NotAllowed."""
    if scopes is None:
        return
    if given is None:
        raise NotAllowed(permission, ("scope:*",))
    wider = [one for one in given if not {one, _whole(one)} & set(scopes)]
    if wider:
        raise NotAllowed(permission, tuple(f"scope:{one}" for one in wider))


def _whole(scope: str) -> str:
    """What a scope is part of: a permission of `read` or `write`, these of themselves alone."""
    if scope in (READ, WRITE):
        return scope
    return READ if is_question(scope) else WRITE


def known_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes, each once, in their order. Raises Invalid that names what is none."""
    asked = set(scopes)
    unknown = sorted(asked - set(SCOPES))
    if unknown or not asked:
        raise Invalid.field(
            "scopes",
            "unknown-scope",
            zh=f"未知范围：{'、'.join(unknown) or '（空）'}；可选：read、write 或某项权限的名称",
            en=f"unknown: {', '.join(unknown) or '(none given)'}; "
            "known: read, write, or the name of a permission",
        )
    return sorted(asked, key=SCOPES.index)
