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

TRADE_NAMES = Path(__file__).parent / "data" / "trade-names.txt.gz"
_WORDS = {
    name: tuple(words.split())
    for name, words in tomllib.loads(
        TRADE_NAMES.with_name("company_words.toml").read_text("utf-8")
    ).items()
}
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
    names = trade_names()
    if start + count > len(names) * len(_WORDS["trades"]):
        raise ValueError(f"only {len(names) * len(_WORDS['trades'])} companies can be made")
    for number in range(start, start + count):
        random = Random(seed << 40 | number)
        words = {kind: random.choice(known) for kind, known in _WORDS.items()}
        city, trade = words["cities"], _WORDS["trades"][number // len(names)]
        name = names[(number * _STEP + seed) % len(names)]
        yield Company(
            name=f"{city}{name}{trade}{words['forms']}",
            address=f"{city}{words['streets']}{random.randint(1, 880)}号",
            industry=trade,
            # The number is part of the phone, so that no two companies share one.
            phone=f"0{571 + number // 10_000_000}-8{number % 10_000_000:07d}",
            introduction=f"从事{trade}经营，年营业额约{random.randint(1, 900)}百万元",
            contact_name=words["family_names"] + words["given_names"],
            contact_position=words["positions"],
            contact_phone=f"1{random.choice('35789')}{random.randrange(10**9):09d}",
        )


def write_csv(path: Path, made: Iterable[Company]) -> None:
    """The companies as a file for `tenure import`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(column.name for column in fields(Company))
        rows.writerows(astuple(company) for company in made)
