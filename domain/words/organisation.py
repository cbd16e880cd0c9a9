"""The departments."""

from __future__ import annotations

from domain.events import DepartmentPlaced, OrganisationOpened
from domain.words.phrases import Names, Sentences, Words, clip


def _opened(event: OrganisationOpened, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}建立了部门结构", f"{who.en(event.actor)} opened the organisation"
    )


def _placed(event: DepartmentPlaced, who: Names) -> Words:
    department = clip(event.department)
    if event.parent is None:
        return Words(
            f"{who.zh(event.actor)}把部门{department}设为最上级部门",
            f"{who.en(event.actor)} put the department {department} under no other",
        )
    return Words(
        f"{who.zh(event.actor)}把部门{department}设在{clip(event.parent)}之下",
        f"{who.en(event.actor)} put the department {department} under {clip(event.parent)}",
    )


SENTENCES: Sentences = {OrganisationOpened: _opened, DepartmentPlaced: _placed}
