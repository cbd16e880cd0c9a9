"""The table of problems: nothing unmapped, every row in two languages, no word missing."""

import json
import string
from collections.abc import Iterator

import pytest
from eventsourcing import persistence
from eventsourcing.domain import EventSourcingError

import api.problems.errors
from api.answers import json_bytes
from api.problems import BY_SLUG, PROBLEMS, Problem, problem_of, row_of
from api.problems.rendering import FIELDS_MAX
from api.problems.samples import SAMPLES
from api.problems.schemas import FACTS, example_of, problem_schemas
from domain import errors

PASSING = {
    persistence.InterfaceError,
    persistence.OperationalError,
    persistence.InternalError,
    persistence.IntegrityError,
    persistence.RecordConflictError,
    persistence.WaitInterruptedError,
    persistence.ConnectionPoolClosedError,
    persistence.ConnectionUnavailableError,
}
"""Failures of the store that another try may get past; the others are defects."""


def leaves(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    for child in kind.__subclasses__():
        yield child
        yield from leaves(child)


def domain_errors() -> list[type[BaseException]]:
    return [
        kind
        for kind in leaves(errors.TenureError)
        if kind.__module__ in {errors.__name__, api.problems.errors.__name__}
        and kind is not errors.Refused
    ]


@pytest.mark.parametrize("kind", domain_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_domain_has_the_row_of_its_slug(kind: type[errors.TenureError]) -> None:
    assert row_of(kind.__new__(kind)).slug == kind.slug


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in leaves(EventSourcingError)
        if kind.__module__.split(".")[0] in {persistence.__name__.split(".")[0], "eventstore"}
        and "persistence" in kind.__module__ + " ".join(str(base) for base in kind.__mro__)
    ],
    ids=lambda kind: kind.__name__,
)
def test_every_failure_of_the_store_is_passing_or_a_defect(kind: type[BaseException]) -> None:
    expected = "unavailable" if set(kind.__mro__) & PASSING else "internal"
    assert row_of(kind.__new__(kind)).slug == expected


def test_what_no_row_names_is_an_internal_error() -> None:
    assert row_of(KeyError()).slug == "internal"


def test_no_two_rows_answer_one_error() -> None:
    named = [error for row in PROBLEMS for error in row.errors]
    assert len(named) == len(set(named))
    assert len(BY_SLUG) == len(PROBLEMS)


@pytest.mark.parametrize("row", PROBLEMS, ids=lambda row: row.slug)
def test_every_row_speaks_both_languages(row: Problem) -> None:
    for wording, is_chinese in ((row.zh, True), (row.en, False)):
        for text in (wording.title, wording.detail, wording.page):
            assert text
            assert any("\u4e00" <= sign <= "\u9fff" for sign in text) is is_chinese


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.slug)
def test_a_detail_uses_only_facts_that_the_error_has(sample: errors.TenureError) -> None:
    row = BY_SLUG[sample.slug]
    always = {"request_id", "fields"}
    for wording in (row.zh, row.en):
        used = {name for _, name, _, _ in string.Formatter().parse(wording.detail) if name}
        assert used <= set(sample.facts()) | always


def test_every_slug_but_the_defect_has_a_sample() -> None:
    assert {sample.slug for sample in SAMPLES} == set(BY_SLUG) - {"internal"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.slug)
def test_every_fact_is_explained_and_in_the_schema(sample: errors.TenureError) -> None:
    told = json.loads(json_bytes(sample.facts()))
    schema = problem_schemas()[
        "Problem" + "".join(part.capitalize() for part in sample.slug.split("-"))
    ]
    assert set(told) <= set(FACTS)
    assert set(told) <= set(schema["properties"])
    assert set(schema["required"]) <= set(example_of(sample.slug))


def test_facts_are_members_and_recorded_refusals_carry_their_position() -> None:
    refused = SAMPLES[0]
    assert isinstance(refused, errors.AlreadyProtected)
    refused = errors.AlreadyProtected(**refused.facts())
    refused.position, refused.replayed = 17, True
    answer = problem_of(refused, language="en", request_id="r")
    told = json.loads(bytes(answer.body))
    assert told["until"] == "2026-04-04T06:03:00.000000Z"
    assert told["position"] == 17
    assert answer.headers["tenure-position"] == "17"
    assert answer.headers["idempotent-replayed"] == "true"


def test_details_tell_instants_in_beijing_time_in_chinese() -> None:
    zh = json.loads(bytes(problem_of(SAMPLES[1], language="zh", request_id="r").body))
    en = json.loads(bytes(problem_of(SAMPLES[1], language="en", request_id="r").body))
    assert "2026-04-04 14:03:00（北京时间）" in zh["detail"]
    assert "2026-04-04 06:03:00 UTC" in en["detail"]


def test_a_store_error_without_facts_still_has_words() -> None:
    answer = problem_of(persistence.OperationalError("secret"), language="en", request_id="r")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert b"secret" not in bytes(answer.body)


def test_a_flood_of_malformed_fields_is_cut() -> None:
    flood = errors.Invalid(
        *(errors.FieldProblem(f"f{n}", "unknown", "未知", "unknown") for n in range(1000))
    )
    told = json.loads(bytes(problem_of(flood, language="en", request_id="r").body))
    assert len(told["invalid"]) == FIELDS_MAX
