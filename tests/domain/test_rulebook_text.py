"""The rulebook's text: defaults, strictness, words, and how it counts days."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rulebook_text import InvalidRulebook, Rulebook, RulebookProblem, parse
from domain.rulebook_values import VALUES

ENTERPRISE = files("domain").joinpath("rulebooks", "enterprise.toml").read_text("utf-8")
BEIJING = ZoneInfo("Asia/Shanghai")


def changed(old: str, new: str) -> str:
    assert old in ENTERPRISE
    return ENTERPRISE.replace(old, new, 1)


def problems_of(text: str) -> tuple[RulebookProblem, ...]:
    with pytest.raises(InvalidRulebook) as caught:
        parse(text)
    return caught.value.problems


def the_problem(text: str) -> RulebookProblem:
    (problem,) = problems_of(text)
    assert problem.message_zh
    assert problem.message_en
    return problem


def line_of(text: str, beginning: str) -> int:
    lines = text.splitlines()
    return 1 + next(i for i, line in enumerate(lines) if line.startswith(beginning))


@pytest.mark.clause("S1-033", "S1-037", "S1-315", "S1-318")
def test_the_default_holds_the_documents_numbers() -> None:
    rules = parse(ENTERPRISE)
    assert (rules.version, rules.profile, rules.day_counting) == ("2026-1", "enterprise", "exact")
    assert (rules.potential_days, rules.intent_days) == (30, 15)
    assert (rules.bar.days, rules.bar.applies_to) == (3, "giver-up")
    assert rules.bar.after == ("release", "withdrawal")
    assert (rules.claims.review_due_days, rules.claims.removal_working_days) == (3, 3)
    assert (rules.claims.potential_counts_from, rules.claims.corrections) == ("pass", 1)


def test_the_default_holds_the_chosen_caps_of_extensions() -> None:
    rules = parse(ENTERPRISE)
    potential, intent = rules.stage("potential"), rules.stage("intent")
    assert (potential.extensions, potential.extension_days_max) == (1, 30)
    assert (intent.extensions, intent.extension_days_max) == (2, 15)
    assert potential.extension_window_days == intent.extension_window_days == 30
    assert rules.hold_over.working_days == 3


def test_the_default_holds_what_a_record_and_a_follow_up_need() -> None:
    rules = parse(ENTERPRISE)
    assert rules.follow_up.next_contact_required_stages == ("waiting", "potential", "intent")
    assert (rules.names.similar, rules.names.phone) == ("block-unless-explained", "similar")


def test_equal_texts_are_equal_rulebooks() -> None:
    assert parse(ENTERPRISE) == parse(ENTERPRISE)
    assert hash(parse(ENTERPRISE)) == hash(parse(ENTERPRISE))


@pytest.mark.parametrize(
    ("old", "new", "key", "beginning"),
    [
        ("days = 30 ", "days = 0 ", "potential.days", "days = 0"),
        ("days = 30 ", "days = 4000 ", "potential.days", "days = 4000"),
        ("days = 30 ", "days = 30.5 ", "potential.days", "days = 30.5"),
        ("days = 30 ", "days = true ", "potential.days", "days = true"),
        ("days = 30 ", 'days = "30" ', "potential.days", "days = "),
        ("review_required = true", "review_required = 1", "claims.review_required", "review_req"),
        ('"giver-up"', '"team"', "bar.applies_to", "applies_to"),
        ('"pass"\n', '"save"\n', "claims.potential_counts_from", "potential_counts"),
        ('["release", "withdrawal"]', '["release", "sale"]', "bar.after", "after"),
        ('["release", "withdrawal"]', '["release", "release"]', "bar.after", "after"),
        ('["release", "withdrawal"]', '"release"', "bar.after", "after"),
        ('["release", "withdrawal"]', "[[]]", "bar.after", "after"),
        ('"2026-1"', '"a b"', "version", "version"),
        ('"2026-1"', "2026", "version", "version"),
        ('"enterprise"', '"owner"', "profile", "profile"),
        ("[bar]\n", "[bar]\nhours = 3\n", "bar.hours", "hours"),
        ("[claims]\n", 'colour = "red"\n[claims]\n', "colour", "colour"),
        ("[claims]\n", "[claims]\nsub.key = 1\n", "claims.sub", "sub"),
    ],
)
def test_a_bad_value_is_named_with_its_line(old: str, new: str, key: str, beginning: str) -> None:
    text = changed(old, new)
    problem = the_problem(text)
    assert problem.key == key
    if key != "claims.sub":
        assert problem.line == line_of(text, beginning)


def test_a_missing_value_is_named_with_the_line_of_its_table() -> None:
    text = changed('applies_to = "giver-up"', "#")
    problem = the_problem(text)
    assert (problem.key, problem.line, problem.value) == (
        "bar.applies_to",
        line_of(text, "[bar]"),
        None,
    )


def test_a_missing_or_misspelt_table_misses_each_of_its_values() -> None:
    found = problems_of(changed("[hold_over]", "[holdover]"))
    assert {problem.key for problem in found} == {"holdover", "hold_over.working_days"}


def test_a_value_in_place_of_a_table_is_named_once() -> None:
    text = "\n".join(
        line
        for line in ENTERPRISE.splitlines()
        if "[hold_over]" not in line and "working_days = 3   " not in line
    )
    text = text.replace("claims]", "claims]\nremoval_working_days = 3")
    found = problems_of(
        text.replace('day_counting = "exact"', 'day_counting = "exact"\nhold_over = 3')
    )
    assert [problem.key for problem in found] == ["hold_over"]


def test_all_problems_are_found_at_once_in_the_order_of_their_lines() -> None:
    text = changed("days = 15", "days = -1").replace("review_due_days = 3", "review_due_days = 0")
    assert [problem.key for problem in problems_of(text)] == [
        "claims.review_due_days",
        "intent.days",
    ]


def test_an_empty_text_misses_every_value_that_is_not_optional() -> None:
    needed = {value.key for value in VALUES if not value.optional}
    assert {problem.key for problem in problems_of("")} == needed


@pytest.mark.parametrize(
    "text",
    [
        "a = ",
        "a = [[[[",
        "x = " + "[" * 50_000,
        "x = " + "{a=" * 30_000,
        "a = " + "9" * 5_000,
        "a = 2026-13-45",
        "[" + " " * 90_000,
        " " * 90_000 + "x",
        "x" * 200_000,
        "\x00",
    ],
    ids=range(10),
)
def test_what_is_no_toml_is_one_problem_of_syntax(text: str) -> None:
    assert the_problem(text).key == "syntax"


def test_a_syntax_error_names_its_line() -> None:
    text = changed("days = 15", "days = = 15")
    assert the_problem(text).line == line_of(text, "days = = 15")


def test_a_key_inside_a_longer_text_is_not_mistaken_for_the_key_itself() -> None:
    text = "note = '''\nversion = 1\n'''\n" + changed('"2026-1"', "7")
    found = {problem.key: problem.line for problem in problems_of(text)}
    assert found == {"note": 1, "version": 3 + line_of(ENTERPRISE, "version")}


@given(st.text(max_size=300))
def test_any_short_text_is_a_list_of_problems(text: str) -> None:
    # No text of this length states every value.
    assert problems_of(text)


def test_every_value_is_said_in_both_languages_with_its_source() -> None:
    rules = parse(ENTERPRISE)
    chinese, english = rules.sentences("zh"), rules.sentences("en")
    assert len(chinese) == len(english) == len(VALUES)
    assert "潜在客户的保护期为 30 天（S1-033）。" in chinese
    assert "A customer is protected as potential for 30 days (S1-033)." in english
    assert not [said for said in chinese + english if "{" in said or said.startswith(("（", " "))]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.key)
def test_every_value_of_the_default_says_where_it_comes_from(value: object) -> None:
    name = value.key.rpartition(".")[2]  # type: ignore[attr-defined]
    lines = ENTERPRISE.splitlines()
    at = next(i for i, line in enumerate(lines) if line.lstrip("# ").startswith(f"{name} ="))
    if name in ("version", "profile"):
        return
    near = " ".join(lines[max(0, at - 3) : at + 1])
    assert any(mark in near for mark in ("S1-", "A-", "Not stated", "not stated"))


def test_words_change_with_the_values() -> None:
    text = changed('"giver-up"', '"everyone"').replace(
        "removal_working_days = 3", "removal_working_days = 0"
    )
    said = parse(text).sentences("zh")
    assert "此限制针对所有人（A-01）。" in said
    assert "审核未通过即移除跟进人（S1-318, A-09）。" in said


@pytest.mark.clause("S1-033")
def test_exact_days_are_spans_of_24_hours() -> None:
    instant = datetime(2026, 3, 1, 15, 59, 59, 999999, tzinfo=UTC)
    assert parse(ENTERPRISE).days_after(instant, 30) == instant + timedelta(days=30)


def test_civil_days_run_to_the_midnight_after_the_last_day() -> None:
    rules = parse(changed('= "exact"', '= "civil"'))
    evening = datetime(2026, 3, 1, 23, 30, tzinfo=BEIJING)
    night = datetime(2026, 3, 2, 0, 30, tzinfo=BEIJING)
    assert rules.days_after(evening.astimezone(UTC), 3) == datetime(2026, 3, 5, tzinfo=BEIJING)
    assert rules.days_after(night.astimezone(UTC), 3) == datetime(2026, 3, 6, tzinfo=BEIJING)


def test_a_claim_needs_a_review_where_the_rules_say_so() -> None:
    def rules(*, review: str, on_pool_claim: str) -> Rulebook:
        text = changed("review_required = true", f"review_required = {review}")
        return parse(
            text.replace("review_on_pool_claim = true", f"review_on_pool_claim = {on_pool_claim}")
        )

    both = rules(review="true", on_pool_claim="true")
    assert both.needs_review(from_pool=True)
    assert both.needs_review(from_pool=False)
    first_only = rules(review="true", on_pool_claim="false")
    assert not first_only.needs_review(from_pool=True)
    assert first_only.needs_review(from_pool=False)
    assert not rules(review="false", on_pool_claim="true").needs_review(from_pool=False)


def test_the_pool_opens_at_its_hours_or_is_always_open() -> None:
    night = datetime(2026, 3, 1, 20, 0, tzinfo=BEIJING).astimezone(UTC)
    assert parse(ENTERPRISE).pool_opening(night) == night
    text = changed("# opens_at", "opens_at").replace("# closes_at", "closes_at")
    rules = parse(text)
    assert rules.pool_opening(night) == datetime(2026, 3, 2, 9, tzinfo=BEIJING)
    dawn = datetime(2026, 3, 2, 5, tzinfo=BEIJING)
    assert rules.pool_opening(dawn) == datetime(2026, 3, 2, 9, tzinfo=BEIJING)
    for open_at in (
        datetime(2026, 3, 2, 9, tzinfo=BEIJING),
        datetime(2026, 3, 2, 17, 59, tzinfo=BEIJING),
    ):
        assert rules.pool_opening(open_at) == open_at
    closing = datetime(2026, 3, 2, 18, tzinfo=BEIJING)
    assert rules.pool_opening(closing) == datetime(2026, 3, 3, 9, tzinfo=BEIJING)


def test_the_hours_of_the_pool_come_in_pairs_and_in_order() -> None:
    assert the_problem(changed("# opens_at", "opens_at")).key == "pool.closes_at"
    assert the_problem(changed("# closes_at", "closes_at")).key == "pool.opens_at"
    text = changed("# opens_at = 09", "opens_at = 19").replace("# closes_at", "closes_at")
    assert the_problem(text).key == "pool.closes_at"
