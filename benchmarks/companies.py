"""Records of companies that do not exist, made from real trade names.

The same seed gives the same companies. Each has a trade name and characteristic of its own, so
hardly one resembles another: a few trade names differ in characters that read alike only.
"""

from __future__ import annotations

import csv
import gzip
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from functools import cache
from pathlib import Path
from random import Random

from domain.names import parse

TRADE_NAMES = Path(__file__).parent / "data" / "trade-names.txt.gz"
_WORDS = {
    name: tuple(words.split())
    for name, words in tomllib.loads(
        TRADE_NAMES.with_name("company_words.toml").read_text("utf-8")
    ).items()
}
_NO_TRADE = "骉骉"
"""Makes no known characteristic with what stands before it, so that every region is taken off."""
_STEP = 100_003
"""Consecutive companies take trade names this far apart; prime, and no divisor of their number."""


@dataclass(frozen=True, slots=True)
class Company:
    """One record, by the columns that `tenure import` reads."""

    name: str
    address: str
    industry: str
    phone: str
    introduction: str
    contact_name: str
    contact_position: str
    contact_phone: str


@cache
def trade_names() -> tuple[str, ...]:
    """The bundled trade names; see data/README.md."""
    with gzip.open(TRADE_NAMES, "rt", encoding="utf-8") as file:
        return tuple(file.read().split())


def companies(count: int, *, seed: int = 1, start: int = 0) -> Iterator[Company]:
    """`count` companies, from the one with the number `start` on.

    Raises ValueError where there are not so many.
    """
    if start + count > companies_max():
        raise ValueError(f"only {companies_max()} companies can be made")
    for number in range(start, start + count):
        yield company(number, seed=seed)


def companies_max() -> int:
    """How many can be made."""
    return len(trade_names()) * len(_WORDS["trades"])


def company(number: int, *, seed: int = 1) -> Company:
    """The company with this number, from 0 to below `companies_max()`."""
    random = Random(seed << 40 | number)
    words = {kind: random.choice(known) for kind, known in _WORDS.items()}
    city, trade = words["cities"], _WORDS["trades"][number // len(trade_names())]
    return Company(
        name=f"{city}{_trade_name(number, seed)}{trade}{words['forms']}",
        address=f"{city}{words['streets']}{random.randint(1, 880)}号",
        industry=trade,
        # The number is part of the phone, so that no two companies share one.
        phone=f"0{571 + number // 10_000_000}-8{number % 10_000_000:07d}",
        introduction=f"从事{trade}经营，年营业额约{random.randint(1, 900)}百万元",
        contact_name=words["family_names"] + words["given_names"],
        contact_position=words["positions"],
        contact_phone=f"1{random.choice('35789')}{random.randrange(10**9):09d}",
    )


def distinct_numbers(count: int, *, seed: int = 1) -> list[int]:
    """The first `count` numbers of companies of which no two resemble each other.

    Trade names that differ in a region or in characters that read alike only lead to one core;
    of those the first alone is taken. Raises ValueError where there are not so many.
    """
    names = trade_names()
    cores: set[str] = set()
    taken = bytearray(len(names))
    numbers: list[int] = []
    for number in range(companies_max()):
        if len(numbers) == count:
            return numbers
        place = (number * _STEP + seed) % len(names)
        if number < len(names):
            core = parse(f"杭州市{names[place]}{_NO_TRADE}有限公司").core
            taken[place] = core not in cores
            cores.add(core)
        if taken[place]:
            numbers.append(number)
    if len(numbers) < count:
        raise ValueError(f"only {len(numbers)} companies that do not resemble each other")
    return numbers


def random_name(random: Random) -> str:
    """A person's name."""
    return random.choice(_WORDS["family_names"]) + random.choice(_WORDS["given_names"])


def write_csv(path: Path, made: Iterable[Company]) -> None:
    """The companies as a file for `tenure import`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(column.name for column in fields(Company))
        rows.writerows(astuple(company) for company in made)


def _trade_name(number: int, seed: int) -> str:
    names = trade_names()
    return names[(number * _STEP + seed) % len(names)]
