"""The rulebook's text: defaults, strictness, words, and texts of earlier releases."""

import re
from datetime import date
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.permissions import DECIDERS
from domain.rulebook_kinds import Language, Value
from domain.rulebook_text import InvalidRulebook, Rulebook, RulebookProblem, parse, parse_stored
from domain.rulebook_values import VALUES

ENTERPRISE = files("domain").joinpath("rulebooks", "enterprise.toml").read_text("utf-8")
FIRST_RELEASE = Path(__file__).with_name("rulebook_of_the_first_release.toml").read_text("utf-8")
BEIJING = ZoneInfo("Asia/Shanghai")
LATER = tuple(value for value in VALUES if value.is_later)


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


def said(rules: Rulebook, language: Language) -> dict[str, str]:
    return {told.key: told.words for told in rules.in_words(language)}


def place_of(key: str) -> int:
    """The line of the default text, counted from 0, that states a value or would."""
    table, _, name = key.rpartition(".")
    lines = ENTERPRISE.splitlines()
    start = lines.index(f"[{table}]") if table else 0
    return next(
        number
        for number, line in enumerate(lines[start:], start)
        if line.removeprefix("# ").startswith(f"{name} =")
    )


def comment_of(key: str) -> str:
    """What the default text says beside a value, or else above it."""
    if key == "calendar.make_up_days":
        return comment_of("calendar.holidays")
    lines = ENTERPRISE.splitlines()
    at = place_of(key)
    _, _, beside = lines[at].removeprefix("# ").partition("#")
    if beside:
        return " ".join(beside.split())
    above: list[str] = []
    for line in reversed(lines[:at]):
        if not line.startswith("# "):
            break
        # Both hours of the pool stand below one comment, as do both lists of days.
        if not re.match(r"# \w+ = ", line):
            above.insert(0, line.removeprefix("# "))
    return " ".join(" ".join(above).split())


def without(key: str) -> str:
    """The default text without one value."""
    lines = ENTERPRISE.splitlines()
    del lines[place_of(key)]
    return "\n".join(lines)


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


@pytest.mark.clause("S1-041", "S1-042")
def test_managers_and_directors_decide_and_the_grant_begins_the_term_as_intent() -> None:
    rules = parse(ENTERPRISE)
    assert rules.applications.decided_by == ("manager", "director")
    assert rules.intent.counts_from == "grant"


@pytest.mark.clause("S1-054", "S1-055", "S1-059")
def test_contracts_are_of_a_listed_type_and_with_intent_or_formal_customers() -> None:
    contracts = parse(ENTERPRISE).contracts
    assert contracts.types == ("招聘网虚拟合同", "其他合同")
    assert contracts.stages == ("intent", "formal")
    assert contracts.confirmed_by == ("finance", "manager")
    assert contracts.drawn_days == 30


@pytest.mark.clause("S0-26")
def test_the_number_of_customers_of_one_member_has_no_cap_unless_one_is_set() -> None:
    assert parse(ENTERPRISE).claims.held_max is None
    assert parse(changed("# held_max = 200", "held_max = 200")).claims.held_max == 200


@pytest.mark.clause("S1-032")
def test_the_default_warns_three_days_ahead_and_of_two_silent_weeks() -> None:
    agenda = parse(ENTERPRISE).agenda
    assert (agenda.warning_days, agenda.no_contact_days) == (3, 14)


def test_the_default_adds_no_day_to_the_published_calendar() -> None:
    rules = parse(ENTERPRISE)
    assert (rules.calendar.holidays, rules.calendar.make_up_days) == ((), ())
    text = changed("holidays = []", "holidays = [2026-10-08]")
    assert parse(text).calendar.holidays == (date(2026, 10, 8),)


def test_every_role_that_may_decide_at_all_may_be_named_to_decide() -> None:
    text = changed('["manager", "director"]', str(list(DECIDERS)))
    assert parse(text).applications.decided_by == DECIDERS


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
        ('["manager", "director"]', '["boss"]', "applications.decided_by", "decided_by"),
        ('["manager", "director"]', "[]", "applications.decided_by", "decided_by"),
        ('"grant"\n', '"pass"\n', "intent.counts_from", "counts_from"),
        ('["招聘网虚拟合同", "其他合同"]', "[]", "contracts.types", "types"),
        ('["招聘网虚拟合同", "其他合同"]', '["甲", "甲"]', "contracts.types", "types"),
        ('["招聘网虚拟合同", "其他合同"]', '["甲", ""]', "contracts.types", "types"),
        ('["招聘网虚拟合同", "其他合同"]', '["甲 "]', "contracts.types", "types"),
        ('["招聘网虚拟合同", "其他合同"]', '["甲\\n乙"]', "contracts.types", "types"),
        ('["招聘网虚拟合同", "其他合同"]', '["甲", 1]', "contracts.types", "types"),
        ('["招聘网虚拟合同", "其他合同"]', '["甲", ["甲"]]', "contracts.types", "types"),
        ('["招聘网虚拟合同", "其他合同"]', f'["{"长" * 41}"]', "contracts.types", "types"),
        (
            '["招聘网虚拟合同", "其他合同"]',
            f"{[str(n) for n in range(51)]}",
            "contracts.types",
            "types",
        ),
        ('["招聘网虚拟合同", "其他合同"]', '"其他合同"', "contracts.types", "types"),
        ('["intent", "formal"]', '["intent"]', "contracts.stages", "stages"),
        ('["intent", "formal"]', '["intent", "formal", "waiting"]', "contracts.stages", "stages"),
        ('["finance", "manager"]', "[]", "contracts.confirmed_by", "confirmed_by"),
        ('["finance", "manager"]', '["seller"]', "contracts.confirmed_by", "confirmed_by"),
        ("# held_max = 200", "held_max = 0", "claims.held_max", "held_max"),
        ("# held_max = 200", "held_max = 100001", "claims.held_max", "held_max"),
        ("holidays = []", 'holidays = ["2026-10-08"]', "calendar.holidays", "holidays"),
        ("holidays = []", "holidays = [2026-10-08, 2026-10-08]", "calendar.holidays", "holidays"),
        ("holidays = []", "holidays = [2026-10-08T09:00:00]", "calendar.holidays", "holidays"),
        ("holidays = []", "holidays = 2026-10-08", "calendar.holidays", "holidays"),
        ("make_up_days = []", "make_up_days = [1]", "calendar.make_up_days", "make_up_days"),
        ("no_contact_days = 14", "no_contact_days = 0", "agenda.no_contact_days", "no_contact"),
        ("warning_days = 3", "warning_days = 366", "agenda.warning_days", "warning_days"),
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


def test_a_day_is_not_off_and_made_up_at_once() -> None:
    text = changed("holidays = []", "holidays = [2026-10-08, 2026-10-09]").replace(
        "make_up_days = []", "make_up_days = [\n  2026-10-10,\n  2026-10-09,\n]"
    )
    problem = the_problem(text)
    assert (problem.key, problem.line) == ("calendar.make_up_days", line_of(text, "make_up_days"))
    assert "2026-10-09" in problem.message_zh
    assert "2026-10-09" in problem.message_en
    assert "2026-10-08" not in problem.message_en


def test_a_text_of_the_first_release_reads_for_ever() -> None:
    assert parse_stored(FIRST_RELEASE) == parse(ENTERPRISE)
    assert parse_stored(FIRST_RELEASE.replace("days = 15 ", "days = 20 ")).intent.days == 20


@pytest.mark.parametrize("value", LATER, ids=lambda value: value.key)
def test_a_value_that_came_later_stands_in_where_a_stored_text_lacks_it(value: Value) -> None:
    text = without(value.key)
    assert parse_stored(text) == parse(ENTERPRISE)
    problem = the_problem(text)
    assert (problem.key, problem.value) == (value.key, None)
    assert "the default is" in problem.message_en
    assert "默认值" in problem.message_zh


def test_a_stored_text_keeps_what_it_states() -> None:
    text = changed('"grant"\n', '"request"\n').replace("warning_days = 3", "warning_days = 0")
    assert parse_stored(text) == parse(text) != parse(ENTERPRISE)


@pytest.mark.parametrize(
    "text",
    [FIRST_RELEASE.replace("days = 30 ", "# "), FIRST_RELEASE + "\n[agenda]\nwarning_days = -1\n"],
    ids=["lacks-a-first-value", "states-a-bad-value"],
)
def test_a_stored_text_is_read_no_less_strictly_otherwise(text: str) -> None:
    with pytest.raises(InvalidRulebook):
        parse_stored(text)


def test_every_value_that_is_missing_in_the_first_release_came_later() -> None:
    missing = {problem.key for problem in problems_of(FIRST_RELEASE)}
    assert missing == {value.key for value in LATER}


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.key)
def test_a_default_that_a_reason_or_an_older_text_rests_on_is_the_default(value: Value) -> None:
    if value.because or value.is_later:
        (told,) = (told for told in parse(ENTERPRISE).in_words("en") if told.key == value.key)
        assert told.value == value.default


def test_every_value_is_said_in_both_languages_with_its_source() -> None:
    rules = parse(ENTERPRISE)
    chinese, english = said(rules, "zh"), said(rules, "en")
    assert list(chinese) == list(english) == [value.key for value in VALUES]
    assert chinese["potential.days"] == "潜在客户的保护期为 30 天（S1-033）。"
    assert english["potential.days"] == (
        "A customer is protected as potential for 30 days (S1-033)."
    )
    sentences = [*chinese.values(), *english.values()]
    assert not [said for said in sentences if "{" in said or said.startswith(("（", " "))]
    for told in (*rules.in_words("zh"), *rules.in_words("en")):
        assert told.source
        assert told.source in told.words


def test_a_value_that_no_document_states_says_why_it_was_chosen() -> None:
    rules = parse(ENTERPRISE)
    assert said(rules, "zh")["contracts.drawn_days"] == (
        "预领的合同 30 天内未签即失效（文件未规定；因编号不应被永久占用而定；见 S1-057）。"
    )
    assert said(rules, "en")["agenda.no_contact_days"] == (
        "A customer without a follow-up for 14 days is in the manager's briefing"
        " (not stated; chosen because two weeks are nearly half of a potential customer's term)."
    )


def test_the_reason_of_a_default_is_not_told_of_another_value() -> None:
    rules = parse(changed("drawn_days = 30", "drawn_days = 60"))
    assert said(rules, "zh")["contracts.drawn_days"] == (
        "预领的合同 60 天内未签即失效（文件未规定；由本版本设定；见 S1-057）。"
    )
    assert (
        "(not stated; set by this version; see S1-057)"
        in (said(rules, "en")["contracts.drawn_days"])
    )


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.key)
def test_every_value_rests_on_a_clause_or_on_a_reason(value: Value) -> None:
    if value.because is None:
        assert re.match(r"S\d-\d", value.source)
    else:
        assert value.because["zh"]
        assert value.because["en"]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.key)
def test_the_text_says_of_every_value_what_its_words_say(value: Value) -> None:
    comment = comment_of(value.key)
    reason = value.because["en"] if value.because else ""
    assert reason in comment
    assert ("not stated" in comment.lower()) is bool(reason)
    for mark in re.findall(r"[SA]\d?-\d+", value.source):
        assert mark in comment


def test_words_change_with_the_values() -> None:
    text = changed('"giver-up"', '"everyone"').replace(
        "removal_working_days = 3", "removal_working_days = 0"
    )
    chinese = said(parse(text), "zh")
    assert chinese["bar.applies_to"] == "放弃后的限制针对所有人（S1-037, S1-045, A-01）。"
    assert chinese["claims.removal_working_days"] == "审核未通过即移除跟进人（S1-318, A-09）。"


def test_lists_are_told_in_words_of_the_language() -> None:
    rules = parse(changed("holidays = []", "holidays = [2026-10-09, 2026-10-08]"))
    chinese, english = said(rules, "zh"), said(rules, "en")
    assert "：销售经理、总监（" in chinese["applications.decided_by"]
    assert ": manager, director (" in english["applications.decided_by"]
    assert "：招聘网虚拟合同、其他合同（" in chinese["contracts.types"]
    assert ": 2026-10-08, 2026-10-09 (" in english["calendar.holidays"]
    assert "：无（" in chinese["calendar.make_up_days"]
    assert chinese["claims.held_max"] == "每人持有的客户数不设上限（S0-26, A-35）。"


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


def test_the_hours_of_the_pool_come_in_pairs_and_in_order() -> None:
    assert the_problem(changed("# opens_at", "opens_at")).key == "pool.closes_at"
    assert the_problem(changed("# closes_at", "closes_at")).key == "pool.opens_at"
    text = changed("# opens_at = 09", "opens_at = 19").replace("# closes_at", "closes_at")
    assert the_problem(text).key == "pool.closes_at"


def test_a_cap_by_role_is_a_table_of_known_roles() -> None:
    text = changed("# details_a_day = { seller = 200 }", "details_a_day = { seller = 2, risk = 9 }")
    rules = parse(text)
    disclosure = rules.disclosure
    assert (
        "a member may see the details on one day: " in said(rules, "en")["disclosure.details_a_day"]
    )
    (told,) = (one for one in rules.in_words("en") if one.key == "disclosure.details_a_day")
    assert told.value == {"seller": 2, "risk": 9}
    assert disclosure.details_max({"seller"}) == 2
    assert disclosure.details_max({"seller", "risk"}) == 9
    assert disclosure.details_max({"seller", "manager"}) is None
    assert disclosure.details_max(()) is None
    assert parse(ENTERPRISE).disclosure.details_max({"seller"}) is None
    assert hash(rules) == hash(parse(text))


@pytest.mark.parametrize(
    "value", ["{ king = 1 }", "{ seller = 0 }", "{ seller = true }", "{}", "5", "[1]"]
)
def test_a_cap_of_an_unknown_role_or_no_number_is_a_problem(value: str) -> None:
    text = changed("# details_a_day = { seller = 200 }", f"details_a_day = {value}")
    problem = the_problem(text)
    assert (problem.key, problem.line) == (
        "disclosure.details_a_day",
        line_of(text, "details_a_day"),
    )
