"""What a password must be (S1-295): long, not the name, and none that everybody tries first.

No rule of composition and no expiry: they make passwords worse. Source: NIST SP 800-63B, Digital
Identity Guidelines, section 3.1.1.2 (length, blocklist, NFKC, no composition rules).
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Final

from domain.errors import Invalid

CHARACTERS_MIN: Final = 12
CHARACTERS_MAX: Final = 200
_DISTINCT_MIN: Final = 5

COMMONEST: Final = frozenset(
    """
    123456123456 123456654321 1234567890123 123456789012 123456789123 1234567891011 123123123123
    112233445566 111222333444 121212121212 987654321012 0123456789012 098765432109 147258369147
    1q2w3e4r5t6y 1qaz2wsx3edc qazwsxedcrfv qwerty123456 123456qwerty qwertyuiop12 qwertyuiop123
    qwertyuiopas qwertyuiop[] asdfghjkl123 zxcvbnm12345 q1w2e3r4t5y6 1qazxsw23edc
    1qaz2wsx3edc4rfv qwerasdfzxcv password1234 password12345 password123456 passwordpassword
    passw0rd1234 p@ssw0rd1234 p@ssword1234 admin1234567 administrator administrator1
    adminadmin123 adminadminadmin letmeinletmein welcome12345 welcome123456 iloveyou1234
    iloveyou12345 woaini1314520 woaini520520 woaini5201314 5201314520131 5201314woaini
    abcdefghijkl abc123456789 abcd12345678 a123456789012 aa1234567890 aaa123456789 aaaaaa123456
    changeme1234 changemechangeme trustno1trustno1 tenuretenure correcthorsebatterystaple
    monkey123456 dragon123456 superman1234 football1234 baseball1234 sunshine1234 princess1234
    """.split()  # noqa: SIM905 - a list of so many would fill the page
)
"""Of the commonest passwords, those of twelve characters and more."""


def normalised(password: str) -> str:
    """The one form of what may be typed in several (NFKC), before it is hashed."""
    return unicodedata.normalize("NFKC", password)


def require_strong(field: str, password: str, *, member: str, name: str) -> str:
    """The normalised password. Raises Invalid for `field`, which says what would be right."""
    password = normalised(password)
    if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
        raise Invalid.field(
            field,
            "length",
            zh=f"须为 {CHARACTERS_MIN} 至 {CHARACTERS_MAX} 个字符",
            en=f"must have {CHARACTERS_MIN} to {CHARACTERS_MAX} characters",
        )
    folded = password.casefold()
    if _is_common(folded):
        raise Invalid.field(
            field,
            "too-common",
            zh="是最常见的密码之一，或字符过于单一；可用几个互不相关的词连成",
            en="is among the commonest, or repeats few characters: join a few unrelated words",
        )
    if any(_is_mostly(folded, own.casefold()) for own in (member, name)):
        raise Invalid.field(
            field, "is-the-name", zh="不能由登录名或姓名构成", en="must not be made of the name"
        )
    return password


def _is_common(folded: str) -> bool:
    runs = all(abs(ord(a) - ord(b)) <= 1 for a, b in pairwise(folded))
    return folded in COMMONEST or runs or len(set(folded)) < _DISTINCT_MIN


def _is_mostly(folded: str, own: str) -> bool:
    """True where little but the name is left: fewer than eight other characters."""
    return bool(own) and own in folded and len(folded.replace(own, "")) < 8
