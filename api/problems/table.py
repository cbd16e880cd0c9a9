"""The one table of problems: which error is which slug and status, and how it reads.

An error finds its row by the nearest class of its own. A test holds that every error of the
domain and of the event store has a row.
"""

from __future__ import annotations

from api.problems.requests import REQUESTS
from api.problems.row import Problem
from api.problems.rules import RULES
from api.problems.signing_in import SIGNING_IN

PROBLEMS: tuple[Problem, ...] = (*RULES, *REQUESTS, *SIGNING_IN)
BY_SLUG = {problem.slug: problem for problem in PROBLEMS}
BY_ERROR = {error: problem for problem in PROBLEMS for error in problem.errors}


def row_of(error: BaseException) -> Problem:
    """The row of the nearest class of `error`; `internal` for what no row names."""
    for kind in type(error).__mro__:
        row = BY_ERROR.get(kind)
        if row is not None:
            return row
    return BY_SLUG["internal"]
