"""Phone numbers in one spelling, so that equal numbers are equal texts (S1-157, S1-158; A-40).

What decides is the form that the documents give, never whether a carrier has issued the number:
a mobile number of eleven digits becomes +8613800138000; a landline, written with its area code and
without "+", becomes its digits, 02188886666; an extension follows either as x123. A number of
another country is written with "+", must be possible there, and becomes E.164.
"""

import re
import unicodedata

import phonenumbers

PHONE_CHARACTERS_MAX = 64

_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc]")
_SEPARATORS = re.compile(r"[\s().\-/]+")
_NAMED_EXTENSION = re.compile(
    r"(.*?)[\s,;]*(?:转分机|转|分机号?|extension|ext\.?|x|#)[\s:.\-]*(.*)", re.DOTALL
)
_HYPHENED_EXTENSION = re.compile(r"(\(?0[0-9]{2,3}\)?[-\s]?[0-9]{7,8})-([0-9]{1,6})")
_EXTENSION = re.compile("[0-9]{1,6}")
_DIGITS = re.compile("[0-9]+")
_MOBILE = re.compile("1[0-9]{10}")
_LANDLINE = re.compile("0[0-9]{2,3}[0-9]{7,8}")
# A shorter first group is meant as an area code, a longer one as a number written together.
_AREA_CODE_GROUP_MAX = 6


class PhoneProblem(ValueError):
    """A text that is no phone number. code: for programs; zh and en: for people."""

    def __init__(self, code: str) -> None:
        zh, en = _REASONS[code]
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en


def normalise_phone(text: str, *, region: str = "CN") -> str:
    """The number in its one spelling; width, spaces, hyphens and brackets make no difference.

    region: the country of a number written without "+", two letters. Raises PhoneProblem.
    """
    plain = _plain(text[: PHONE_CHARACTERS_MAX + 1])
    if len(plain) > PHONE_CHARACTERS_MAX:
        raise PhoneProblem("phone-too-long")
    number, extension = _split(plain)
    groups = [group for group in _SEPARATORS.split(number) if group]
    digits = "".join(groups)
    if not digits:
        raise PhoneProblem("phone-empty")
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not _DIGITS.fullmatch(digits.removeprefix("+")):
        raise PhoneProblem("phone-characters")
    if digits.startswith("+86"):
        return _mobile_with_country(digits) + extension
    if region == "CN" and not digits.startswith("+"):
        return _chinese(digits, groups) + extension
    return _foreign(digits, region) + extension


def _plain(text: str) -> str:
    """Half-width, one kind of hyphen, nothing invisible around it."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(sign for sign in folded if unicodedata.category(sign) != "Cf")
    return _DASHES.sub("-", seen).strip()


def _split(plain: str) -> tuple[str, str]:
    """The number, and its extension as x123, or ""."""
    if hyphened := _HYPHENED_EXTENSION.fullmatch(plain):
        return hyphened[1], "x" + hyphened[2]
    if named := _NAMED_EXTENSION.fullmatch(plain):
        if not _EXTENSION.fullmatch(named[2]):
            raise PhoneProblem("phone-extension")
        return named[1], "x" + named[2]
    return plain, ""


def _mobile_with_country(digits: str) -> str:
    rest = digits.removeprefix("+86")
    if not rest.startswith("1"):
        raise PhoneProblem("phone-landline-plus")
    return _mobile(rest)


def _chinese(digits: str, groups: list[str]) -> str:
    if digits.startswith("1"):
        return _mobile(digits)
    if not digits.startswith("0"):
        raise PhoneProblem("phone-area-code")
    # Where the area code stands apart, its own length counts, not the sum of the digits alone.
    apart = len(groups) > 1 and len(groups[0]) <= _AREA_CODE_GROUP_MAX
    if apart and not (len(groups[0]) in (3, 4) and len(digits) - len(groups[0]) in (7, 8)):
        raise PhoneProblem("phone-landline-form")
    if not _LANDLINE.fullmatch(digits):
        raise PhoneProblem("phone-landline-form")
    return digits


def _mobile(digits: str) -> str:
    """S1-157: exactly eleven digits."""
    if not _MOBILE.fullmatch(digits):
        raise PhoneProblem("phone-mobile-digits")
    return "+86" + digits


def _foreign(digits: str, region: str) -> str:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException as error:
        raise PhoneProblem("phone-impossible") from error
    if not phonenumbers.is_possible_number(number):
        raise PhoneProblem("phone-impossible")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_REASONS = {
    "phone-empty": ("请填写电话号码", "holds no phone number"),
    "phone-too-long": (
        f"电话号码不能超过 {PHONE_CHARACTERS_MAX} 个字符",
        f"must have at most {PHONE_CHARACTERS_MAX} characters",
    ),
    "phone-characters": (
        "电话号码只能由数字、空格、连字符和括号组成",
        "must consist of digits, spaces, hyphens and brackets",
    ),
    "phone-mobile-digits": ("手机号码必须是 11 位数字", "a mobile number has exactly 11 digits"),
    "phone-landline-form": (
        "固定电话应为区号（0 加 2 至 3 位）加 7 或 8 位号码，如 021-88886666",
        "a landline is an area code (0 and 2 or 3 digits) and 7 or 8 digits, as in 021-88886666",
    ),
    "phone-landline-plus": (
        "固定电话不加“+”，请写区号和号码，如 021-88886666",
        'a landline is written without "+", with area code and number, as in 021-88886666',
    ),
    "phone-area-code": (
        "固定电话须写区号（如 021-88886666），手机号码以 1 开头",
        "a landline needs its area code (as in 021-88886666); a mobile number begins with 1",
    ),
    "phone-extension": ("分机号应为 1 至 6 位数字", "an extension has 1 to 6 digits"),
    "phone-impossible": (
        "该号码在其国家或地区不可能存在",
        "is not a possible number of its country",
    ),
}
