"""Company names: one spelling of each, their parts, and what is wrong with them (S1-018, S1-019).

Two spellings of one company meet in `NameParts.key` (the whole name) or in `NameParts.core` (trade
name and characteristic). Identities are derived from both, so a change to what these functions
answer raises `NAMES_VERSION`; events record the version that they were decided by.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from domain.name_tables import (
    ABBREVIATED_FORMS,
    BRANCHES,
    CHARACTERISTICS,
    COMMON_KINDS,
    FORMS,
    KINDS,
    QUALIFIERS,
    REGION_LENGTHS,
    REGIONS,
    SIMPLIFIED,
    ZONES,
)

NAMES_VERSION = 1
NAME_CHARACTERS_MAX = 200
# Longer input is refused before it matters; what is read of it is bounded all the same.
READ_CHARACTERS_MAX = 1_000
SEARCH_GRAMS_MAX = 32

_HANGUL_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
_BRACKETED = re.compile(r"\(([^()]*)\)")
_ORDINAL = re.compile("^第[一二三四五六七八九十百0-9]+")
_PUNCTUATION = frozenset("()[]{}〔〕【】「」『』《》〈〉·•・-–—_&+.,'’‘“”\"/、，。!?:@#%*°№")
_ENDINGS = FORMS | KINDS | BRANCHES
_WORD_CHARACTERS_MAX = max(map(len, CHARACTERISTICS))
_FORM_CHARACTERS_MAX = max(map(len, _ENDINGS | QUALIFIERS))
_PLACE_CHARACTERS_MAX = 30
_FOLDINGS_MAX = 8


@dataclass(frozen=True, slots=True)
class NameParts:
    """The four parts of a company's name (S1-018), each in its normalised spelling.

    region: as written, also where it had to stay in the core; "" where there is none. trade: the
    trade name, without a characteristic that is known as one. form: organisation form, kind of
    institution or kind of branch; "" where there is none. key: the whole name. core: trade name
    and characteristic; likeness is judged by it.
    """

    region: str
    trade: str
    form: str
    key: str
    core: str


@dataclass(frozen=True, slots=True)
class NameProblem:
    """Something wrong with a name. A hard one refuses it; a soft one is shown to the reviewer."""

    code: str
    is_hard: bool
    message_en: str
    message_zh: str


def normalise(name: str) -> str:
    """The name in the one spelling that comparison and search use.

    Width, case, traditional characters, brackets, spaces, punctuation, symbols and whatever is
    invisible make no difference. Reads the first READ_CHARACTERS_MAX characters.
    """
    return _without_brackets(_folded(name))


@lru_cache(maxsize=10_000)
def parse(name: str) -> NameParts:
    """Take a name apart (S1-018).

    Nothing is taken off where fewer than two characters would stay, and no region where what stays
    could be anybody (科技, 第一医院): 北京市有限公司 has the core 北京. Regions at the beginning
    go, however many, so that a name meets itself with or without them. Of a branch the core keeps
    place and kind, and its head's form goes. A kind of institution (医院) stays in the core.
    """
    folded = _folded(name)
    key = _without_brackets(folded)
    written, named = _without_bracketed_regions(folded)
    if len(_without_form(written)[0]) < 2:
        written, named = key, []
    stem, place, form = _without_branch(written)
    if not place:
        stem, form = _without_form(written)
        if len(stem) < 2:
            stem = written
        if form in KINDS:
            stem = written
    regions, stem = _without_regions(stem)
    core = stem + place
    return NameParts("".join(regions + named), _without_characteristic(stem), form, key, core)


def problems(name: str) -> list[NameProblem]:
    """What is wrong with a name as that of a new customer (S1-018, S1-019; A-39)."""
    found = _characters_problems(name)
    parts = parse(name)
    if not parts.key:
        found.append(_EMPTY)
    elif parts.form in ABBREVIATED_FORMS or not parts.form:
        found.append(_ABBREVIATION)
    elif parts.key == parts.form:
        found.append(_FORM_ALONE)
    elif not parts.region:
        found.append(_NO_REGION)
    return found


def grams(text: str) -> list[str]:
    """The distinct characters and pairs of neighbours of a name: what the search index holds."""
    normal = normalise(text)
    pairs = {normal[i : i + 2] for i in range(len(normal) - 1)}
    return sorted(pairs | set(normal))


def search_grams(query: str) -> list[str]:
    """Grams that every name containing the query holds (S1-022, S1-298).

    They narrow the search; `normalise(query)` in the normalised name decides it. Empty when the
    query holds no letter or digit, which asks for nothing rather than for everything.
    """
    normal = normalise(query)
    if len(normal) <= 1:
        return [normal] if normal else []
    pairs = [normal[i : i + 2] for i in range(len(normal) - 1)]
    return sorted(set(pairs[:SEARCH_GRAMS_MAX]))


class _Folding(dict[int, str]):
    """What becomes of each character: itself, another one, a plain bracket, or nothing."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Ps", "Pe"):
            folded = "(" if category == "Ps" else ")"
        elif category[0] in "LN" or category == "Mc":
            folded = "" if character in _HANGUL_FILLERS else SIMPLIFIED.get(character, character)
        else:
            folded = ""
        if code < 0x10000:
            self[code] = folded
        return folded


_FOLDING = _Folding()


def _folded(name: str) -> str:
    """Normalised, but with the brackets still there, each as a plain round one."""
    text = name[:READ_CHARACTERS_MAX]
    for _ in range(_FOLDINGS_MAX):
        folded = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDING)
        # What was between two characters may be gone now, and the two may be one: look again.
        folded = unicodedata.normalize("NFKC", folded)[:READ_CHARACTERS_MAX]
        if folded == text:
            break
        text = folded
    return text


def _without_brackets(folded: str) -> str:
    return folded.replace("(", "").replace(")", "")


def _without_bracketed_regions(folded: str) -> tuple[str, list[str]]:
    """The text without its brackets and without the regions that stood in one, and those."""
    if "(" not in folded:
        return folded.replace(")", ""), []
    named: list[str] = []

    def inside(match: re.Match[str]) -> str:
        content = match[1]
        if not content or not (content == "中国" or _is_region(content)):
            return content
        named.append(content)
        return ""

    return _without_brackets(_BRACKETED.sub(inside, folded)), named


def _without_form(text: str) -> tuple[str, str]:
    """Stem and organisation form; a qualifier behind the form goes with it."""
    form = _ending(text, QUALIFIERS)
    stem = text.removesuffix(form)
    before = _ending(stem, _ENDINGS)
    return stem.removesuffix(before), before + form


def _without_branch(text: str) -> tuple[str, str, str]:
    """Head, and place with kind of branch, and kind of branch; "" for the last two if it is none.

    "春意科技有限公司苏州市分公司" is the head 春意科技 and the branch 苏州分公司.
    """
    kind = _ending(text, BRANCHES)
    stem = text.removesuffix(kind)
    if not kind or len(stem) < 2:
        return text, "", ""
    end = stem.rfind("公司") + len("公司")
    if end >= len("公司"):
        head = _without_form(stem[:end])[0]
        place = stem[end:]
    else:
        head = _without_last_regions(stem)
        place = stem[len(head) :]
    if len(head) < 2:
        head, place = stem, ""
    regions, rest = _leading_regions(place)
    return head, "".join(REGIONS[region] for region in regions) + rest + kind, kind


def _without_regions(stem: str) -> tuple[list[str], str]:
    """Leading regions, and what they leave, which still names somebody."""
    regions: list[str] = []
    while region := _leading_region(stem) or (regions and _leading_zone(stem)):
        rest = stem[len(region) :]
        if len(rest) < 2 or _is_common(rest):
            return [*regions, region], REGIONS.get(region, region) + rest
        regions.append(region)
        stem = rest
    return regions, stem


def _is_common(text: str) -> bool:
    """Whether the text, with no region before it, could be anybody: 科技, 人民政府, 第一医院."""
    if text in CHARACTERISTICS:
        return True
    kind = _ending(text, KINDS)
    rest = _ORDINAL.sub("", text.removesuffix(kind))
    return bool(kind) and (not rest or rest in COMMON_KINDS or rest in CHARACTERISTICS)


def _leading_regions(text: str) -> tuple[list[str], str]:
    """All leading regions, and the rest, which may be empty."""
    regions: list[str] = []
    while region := _leading_region(text):
        regions.append(region)
        text = text[len(region) :]
    return regions, text


def _leading_region(text: str) -> str:
    for length in REGION_LENGTHS.get(text[:2], ()):
        if text[:length] in REGIONS:
            return text[:length]
    return ""


def _leading_zone(text: str) -> str:
    return next((zone for zone in ZONES if text.startswith(zone)), "")


def _without_last_regions(text: str) -> str:
    """The text without the regions at its end, of which at least two characters stay."""
    for start in range(max(2, len(text) - _PLACE_CHARACTERS_MAX), len(text) - 1):
        if _is_region(text[start:]):
            return text[:start]
    return text


def _is_region(text: str) -> bool:
    return bool(text) and not _leading_regions(text)[1]


def _ending(text: str, words: frozenset[str]) -> str:
    """The longest of the words that the text ends with, or ""."""
    longest = _FORM_CHARACTERS_MAX
    return next((text[-n:] for n in range(longest, 0, -1) if text[-n:] in words), "")


def _without_characteristic(stem: str) -> str:
    """The trade name: the stem without known characteristics at its end; two characters stay."""
    while True:
        for length in range(min(_WORD_CHARACTERS_MAX, len(stem) - 2), 1, -1):
            if stem[-length:] in CHARACTERISTICS:
                stem = stem[:-length]
                break
        else:
            return stem


def _characters_problems(name: str) -> list[NameProblem]:
    found = []
    if len(name) > NAME_CHARACTERS_MAX:
        found.append(_TOO_LONG)
    read = name[:READ_CHARACTERS_MAX]
    categories = {unicodedata.category(character) for character in read}
    if categories & {"Cc", "Cs"}:
        found.append(_CONTROL_CHARACTERS)
    if categories & {"Cf", "Zl", "Zp"} or _HANGUL_FILLERS & set(read):
        found.append(_INVISIBLE_CHARACTERS)
    if any(_is_strange(character) for character in unicodedata.normalize("NFKC", read)):
        found.append(_STRANGE_CHARACTERS)
    return found


def _is_strange(character: str) -> bool:
    """Whether no company's name holds it: a picture, markup, a private or unassigned character."""
    category = unicodedata.category(character)
    if category[0] in "PS":
        return character not in _PUNCTUATION
    return category in ("Co", "Cn", "Me")


_EMPTY = NameProblem(
    "name-empty", True, "The name holds no letter and no digit.", "名称中没有文字或数字。"
)
_TOO_LONG = NameProblem(
    "name-too-long",
    True,
    f"The name is longer than {NAME_CHARACTERS_MAX} characters.",
    f"名称超过{NAME_CHARACTERS_MAX}个字符。",
)
_CONTROL_CHARACTERS = NameProblem(
    "name-control-characters",
    True,
    "The name holds control characters.",
    "名称中有控制字符。",
)
_INVISIBLE_CHARACTERS = NameProblem(
    "name-invisible-characters",
    True,
    "The name holds invisible characters (zero width, or marks of writing direction).",
    "名称中有不可见字符（零宽字符或书写方向标记）。",
)
_STRANGE_CHARACTERS = NameProblem(
    "name-strange-characters",
    True,
    "The name holds characters that no company's name has (pictures, markup, symbols).",
    "名称中有企业名称不会使用的字符（表情、标记或符号）。",
)
_ABBREVIATION = NameProblem(
    "name-abbreviated",
    True,
    "The name does not end with an organisation form such as 有限公司; give the full name.",
    "名称未以组织形式（如“有限公司”）结尾，请填写公司全称，不接受简称。",
)
_FORM_ALONE = NameProblem(
    "name-form-alone",
    True,
    "The name is an organisation form and nothing else.",
    "名称只有组织形式，没有字号。",
)
_NO_REGION = NameProblem(
    "name-region-missing",
    False,
    "The name names no administrative region.",
    "名称中没有行政区划。",
)
