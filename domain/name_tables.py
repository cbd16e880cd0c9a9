"""The word lists and tables by which a company's name is taken apart (S1-018).

Regions come from python-stdnum, simplified characters from OpenCC, the other words from
name_words.toml. Identities are derived from what these tables make of a name, so a table that
changes changes identities: `TABLES_DIGEST` tells whether one did, and `names.NAMES_VERSION` must
then be raised.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.resources import files

import opencc

_WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(
        files("domain").joinpath("name_words.toml").read_text("utf-8")
    ).items()
}
FORMS = _WORDS["forms"]
ABBREVIATED_FORMS = _WORDS["abbreviated_forms"]
KINDS = _WORDS["kinds"]
COMMON_KINDS = _WORDS["common_kinds"]
BRANCHES = _WORDS["branches"]
QUALIFIERS = _WORDS["qualifiers"]
CHARACTERISTICS = _WORDS["characteristics"]
ZONES = tuple(sorted(_WORDS["zones"], key=len, reverse=True))

_REGION = re.compile(r'^( *)(\d+) (?:province|county)="([^"]*)"', re.MULTILINE)
_YEARS = re.compile(r"\[[^\]]*\]")
_GENERIC = re.compile(r"直辖|委员会|办事处|海域|^(?:市辖|城|郊|矿|市|新市|东|西|南|北)?[区县]$")
_AUTONOMOUS = re.compile(r"自治([区州县旗])$")


def _simplified() -> dict[str, str]:
    """Each traditional character with its simplified one, alone and never by phrase.

    By phrase, a part of a name could turn out otherwise than the same part inside the whole name,
    and a search for it would miss.
    """
    characters = [chr(code) for code in (*range(0x3400, 0xA000), *range(0x20000, 0x32000))]
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    pairs = zip(characters, converted, strict=True)
    return {one: other for one, other in pairs if one != other and len(other) == 1}


def _written(name: str, is_large: bool) -> Iterator[tuple[str, str]]:
    """The ways in which a region is written, each with its shortest name.

    is_large: a province, prefecture or city, which is also named without its suffix ("苏州");
    a county or district is not, since too many trade names look like one.
    """
    short = name
    if autonomous := _AUTONOMOUS.search(name):
        short = _without_peoples(name[: autonomous.start()])
        yield short + autonomous[1], short
    else:
        for suffix in ("特别行政区", "地区", "省", "市", "盟"):
            if name.endswith(suffix):
                short = name.removesuffix(suffix)
                break
    if not is_large or len(short) < 2:
        short = name
    yield name, short
    if short not in _WORDS["trade_names_first"]:
        yield short, short


def _without_peoples(name: str) -> str:
    """The place alone: "黔南布依族苗族" is 黔南, but "内蒙古" stays whole."""
    while True:
        peoples = [people for people in _WORDS["peoples"] if name.endswith(people)]
        rest = name.removesuffix(max(peoples, key=len)) if peoples else name
        if len(rest) < 2 or rest == name:
            return name
        name = rest


def _regions() -> dict[str, str]:
    """Every written form of a region, past ones too, with its shortest form."""
    table = files("stdnum.cn").joinpath("loc.dat").read_text("utf-8")
    regions: dict[str, str] = {}
    for indent, code, names in _REGION.findall(table):
        for dated in names.split(","):
            name = "".join(SIMPLIFIED.get(character, character) for character in dated)
            name = _YEARS.sub("", name)
            if _GENERIC.search(name):
                continue
            is_large = not indent or code.endswith("00") or name.endswith("市")
            for written, short in _written(name, is_large):
                if len(written) >= 2:
                    regions.setdefault(written, short)
    return regions


def _by_beginning(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """For each first two characters, the lengths of the words that begin so, longest first."""
    lengths: dict[str, set[int]] = {}
    for word in words:
        lengths.setdefault(word[:2], set()).add(len(word))
    return {beginning: tuple(sorted(found, reverse=True)) for beginning, found in lengths.items()}


def _digest() -> str:
    """Twelve hexadecimal digits over every list of this module."""
    mappings = (SIMPLIFIED, REGIONS)
    lines = [" ".join([name, *sorted(words)]) for name, words in sorted(_WORDS.items())]
    lines += [" ".join(sorted(map("".join, mapping.items()))) for mapping in mappings]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


SIMPLIFIED = _simplified()
REGIONS = _regions()
REGION_LENGTHS = _by_beginning(REGIONS)
TABLES_DIGEST = _digest()
