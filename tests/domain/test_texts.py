"""Text fields: what is seen, within a length, and not nothing."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.texts import line, prose


@pytest.mark.clause("S1-030", "S1-040", "S1-317")
@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u3000", "\u200d"])
@pytest.mark.parametrize("check", [line, prose])
def test_a_text_that_says_nothing_is_refused(check, text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check("note", text, characters_max=100)
    assert refusal.value.problems[0].field == "note"


@pytest.mark.parametrize("sign", ["\x00", "\u202e", "\u200b", "\ufeff", "\x1b", "\ud800", "\u2028"])
@pytest.mark.parametrize("check", [line, prose])
def test_characters_that_are_not_seen_are_refused_with_their_code(check, sign: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check("name", f"张{sign}伟", characters_max=100)
    problem = refusal.value.problems[0]
    assert f"U+{ord(sign):04X}" in problem.zh
    assert f"U+{ord(sign):04X}" in problem.en


def test_prose_breaks_lines_and_joins_emoji_and_a_line_does_not() -> None:
    text = "第一行\n第二行 👩\u200d💼 <b>1=1;--</b>"
    assert prose("note", text, characters_max=100) == text
    with pytest.raises(Invalid):
        line("name", text, characters_max=100)


@given(st.text(max_size=200), st.integers(1, 50))
def test_what_passes_is_trimmed_and_within_its_length(text: str, characters_max: int) -> None:
    with suppress(Invalid):
        passed = prose("note", text, characters_max=characters_max)
        assert passed == text.strip()
        assert 0 < len(passed) <= characters_max
