"""What a password must be."""

import pytest

from domain.errors import Invalid
from domain.passwords import COMMONEST, normalised, require_strong


def code_of(password: str) -> str:
    try:
        require_strong("new", password, member="zhang-wei", name="张伟")
    except Invalid as refusal:
        return refusal.problems[0].code
    return "strong"


@pytest.mark.clause("S1-295")
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("竹林小径清晨的雨声与鸟鸣", "strong"),
        ("seven white herons", "strong"),
        ("zhang-wei and the heron", "strong"),
        ("x" * 11, "length"),
        ("abcde" * 41, "length"),
        ("", "length"),
        ("Password1234", "too-common"),
        ("ｐａｓｓｗｏｒｄ１２３４", "too-common"),
        ("aaaaaaaaaaaa", "too-common"),
        ("abababababab", "too-common"),
        ("abcdefghijklmno", "too-common"),
        ("Zhang-Wei1234", "is-the-name"),
        ("张伟19900101ab", "strong"),
    ],
)
def test_a_password_is_long_not_common_and_not_the_name(password: str, code: str) -> None:
    assert code_of(password) == code


def test_the_list_of_the_commonest_holds_only_what_is_long_enough() -> None:
    assert all(len(password) >= 12 for password in COMMONEST)
    assert all(normalised(password).casefold() == password for password in COMMONEST)
