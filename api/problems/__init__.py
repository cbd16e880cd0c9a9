"""Problems of RFC 9457: how every failure answers."""

from api.problems.rendering import problem_answer, problem_of
from api.problems.row import Problem, Wording
from api.problems.table import BY_SLUG, PROBLEMS, row_of

__all__ = [
    "BY_SLUG",
    "PROBLEMS",
    "Problem",
    "Wording",
    "problem_answer",
    "problem_of",
    "row_of",
]
