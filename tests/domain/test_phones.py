"""Phone numbers: the documents' formats, and one spelling of each number (S1-157, S1-158; A-40)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.phones import PHONE_CHARACTERS_MAX, PhoneProblem, normalise_phone


def code_of(text: str) -> str:
    with pytest.raises(PhoneProblem) as caught:
        normalise_phone(text)
    assert caught.value.zh
    assert caught.value.en
    return caught.value.code


@pytest.mark.clause("S1-157")
@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "１３８００１３８０００",
        "+86 138 0013 8000",
        "+8613800138000",
        "0086 13800138000",
        "\u202a138\u200b00138000\u202c",
    ],
)
def test_a_mobile_number_has_one_spelling(typed: str) -> None:
    assert normalise_phone(typed) == "+8613800138000"


@pytest.mark.clause("S1-157")
@pytest.mark.parametrize("typed", ["1380013800", "138001380000", "1", "+86 1380013800"])
def test_a_mobile_number_has_exactly_eleven_digits(typed: str) -> None:
    assert code_of(typed) == "phone-mobile-digits"


@pytest.mark.clause("S1-157")
def test_no_carrier_has_to_have_issued_a_mobile_number() -> None:
    assert normalise_phone("12000000000") == "+8612000000000"


@pytest.mark.clause("S1-158")
@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("021-88886666", "02188886666"),
        ("02188886666", "02188886666"),
        ("(021) 8888 6666", "02188886666"),
        ("（０２１）８８８８－６６６６", "02188886666"),
        ("021—8888 6666", "02188886666"),
        ("0523-8456123", "05238456123"),
        ("0123-4567890", "01234567890"),
        ("0998-82345678", "099882345678"),
        ("020-2345678", "0202345678"),
    ],
)
def test_a_landline_is_an_area_code_and_seven_or_eight_digits(typed: str, digits: str) -> None:
    assert normalise_phone(typed) == digits


@pytest.mark.clause("S1-158")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("021-123456", "phone-landline-form"),
        ("021-123456789", "phone-landline-form"),
        ("01-12345678", "phone-landline-form"),
        ("021123456", "phone-landline-form"),
        ("0211234567890", "phone-landline-form"),
        ("01234-1234567", "phone-landline-form"),
        ("+86 21 88886666", "phone-landline-plus"),
        ("+86 021-88886666", "phone-landline-plus"),
        ("88886666", "phone-area-code"),
        ("998-1234567", "phone-area-code"),
    ],
)
def test_a_landline_of_another_form_is_refused(typed: str, code: str) -> None:
    assert code_of(typed) == code


@pytest.mark.parametrize(
    "typed",
    ["021-88886666-123", "02188886666转123", "021-88886666 ext. 123", "(021)88886666 分机:123"],
)
def test_an_extension_follows_the_number(typed: str) -> None:
    assert normalise_phone(typed) == "02188886666x123"


@pytest.mark.parametrize("typed", ["02188886666转", "02188886666转abc", "02188886666x1234567"])
def test_an_extension_has_one_to_six_digits(typed: str) -> None:
    assert code_of(typed) == "phone-extension"


def test_a_number_of_another_country_is_possible_there() -> None:
    assert normalise_phone("+852 2123 4567") == "+85221234567"
    assert normalise_phone("00852 21234567") == "+85221234567"
    assert normalise_phone("(212) 555-0100", region="US") == "+12125550100"
    assert code_of("+1 5") == "phone-impossible"
    assert code_of("+999 123456789") == "phone-impossible"
    assert code_of("+852 212341234123412") == "phone-impossible"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "phone-empty"),
        (" \u200b", "phone-empty"),
        ("-", "phone-empty"),
        ("电话", "phone-characters"),
        ("١٣٨٠٠١٣٨٠٠٠", "phone-characters"),
        ("138\x0000138000", "phone-characters"),
        ("+", "phone-characters"),
        ("++8613800138000", "phone-characters"),
        ("'; drop table y", "phone-characters"),
        ("1" * (PHONE_CHARACTERS_MAX + 1), "phone-too-long"),
        ("\ufdfa" * PHONE_CHARACTERS_MAX, "phone-too-long"),
        ("1" * 200_000, "phone-too-long"),
    ],
)
def test_what_is_no_number_is_refused_by_reason(typed: str, code: str) -> None:
    assert code_of(typed) == code


@given(st.text(max_size=80))
def test_any_text_is_a_number_in_a_stable_spelling_or_a_problem(text: str) -> None:
    try:
        number = normalise_phone(text)
    except PhoneProblem:
        return
    assert normalise_phone(number) == number
