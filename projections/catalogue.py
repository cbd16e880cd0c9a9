"""All views, those with most to write first. A new view is a module and a line here."""

from projections import (
    agenda,
    approvals,
    audit,
    customers,
    disputes,
    members,
    pool,
    statistics,
    tenures,
)
from projections.view import View

ALL: tuple[View, ...] = (
    audit,
    customers,
    tenures,
    pool,
    agenda,
    approvals,
    statistics,
    disputes,
    members,
)
