"""Companies from a CSV file, row by row: UTF-8 with or without its mark, or GB18030.

A broken row costs that row alone. A quote that is never closed would swallow the rows behind it,
so a record that does not come out right is given up after its first line, and reading goes on at
the next one.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

COLUMNS = (
    "name",
    "address",
    "industry",
    "phone",
    "introduction",
    "contact_name",
    "contact_position",
    "contact_phone",
)
_CHINESE_HEADINGS = {
    "name": "名称 公司名称 企业名称 客户名称 单位名称",
    "address": "地址 公司地址 单位地址",
    "industry": "行业 所属行业",
    "phone": "电话 公司电话 单位电话",
    "introduction": "简介 公司简介 企业简介",
    "contact_name": "联系人 联系人姓名",
    "contact_position": "职位 职务 联系人职位 联系人职务",
    "contact_phone": "联系电话 联系人电话 手机",
}
_COLUMN_OF = {column: column for column in COLUMNS} | {
    heading: column for column, written in _CHINESE_HEADINGS.items() for heading in written.split()
}
LINE_BYTES_MAX = 1 << 20
RECORD_LINES_MAX = 64
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class FileUnusable(Exception):
    """The file as a whole cannot be read as companies. zh, en: why."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """One well-formed row. line: of the file, the first is 1. fields: by `COLUMNS`, trimmed."""

    line: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """One row that is no record. text: how it begins."""

    line: int
    text: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    raw: bytes
    is_too_long: bool


class CompanyFile:
    """An open file of companies; iterate it once. size, bytes_read: for showing how far it is."""

    def __init__(self, path: Path) -> None:
        """Find out the encoding, which reads the file once. Raises FileUnusable, OSError."""
        self.size = path.stat().st_size
        self.bytes_read = 0
        self.encoding = _encoding_of(path)
        self._path = path
        self._fresh: Iterator[_Line] = iter(())
        self._again: deque[_Line] = deque()

    def __iter__(self) -> Iterator[CompanyRow | BrokenRow]:
        with self._path.open("rb") as file:
            self._fresh = _lines_of(file)
            columns = self._columns()
            width = len(columns)
            while first := self._next_line():
                self.bytes_read = max(self.bytes_read, file.tell())
                if not first.raw.strip():
                    continue
                record = self._record(first, width)
                if isinstance(record, BrokenRow):
                    yield record
                    continue
                named = zip(columns, record, strict=False)
                fields = {column: text.strip() for column, text in named if column is not None}
                yield CompanyRow(first.number, dict.fromkeys(COLUMNS, "") | fields)

    def _columns(self) -> list[str | None]:
        """Which column stands where; None for one that is not ours. Raises FileUnusable."""
        first = self._next_line()
        while first is not None and not first.raw.strip():
            first = self._next_line()
        header = self._record(first, width=None) if first else []
        if isinstance(header, BrokenRow):
            raise FileUnusable(zh=f"表头无法读取：{header.zh}", en=f"the header: {header.en}")
        columns = [_COLUMN_OF.get(heading.strip().lower()) for heading in header]
        known = [column for column in columns if column]
        if "name" not in known:
            raise FileUnusable(
                zh="表头中没有公司名称一列（name 或 名称、公司名称）",
                en="the header has no column of company names (name, 名称 or 公司名称)",
            )
        if twice := next((column for column in known if known.count(column) > 1), None):
            raise FileUnusable(
                zh=f"表头中有两列都是 {twice}", en=f"two columns of the header mean {twice}"
            )
        return columns

    def _record(self, first: _Line, width: int | None) -> list[str] | BrokenRow:
        """The fields of the record that begins at `first`; of a broken one, only `first` is used.

        width: how many fields it must have; empty ones beyond that are dropped.
        """
        taken: list[_Line] = []

        def texts() -> Iterator[str]:
            line: _Line | None = first
            while line is not None:
                taken.append(line)
                yield self._decoded(line)
                line = self._next_line() if len(taken) < RECORD_LINES_MAX else None

        try:
            fields = next(csv.reader(texts(), strict=True))
            while width is not None and len(fields) > width and not fields[-1].strip():
                fields.pop()
            if width is None or len(fields) == width:
                return fields
            zh = f"有 {len(fields)} 列，表头有 {width} 列"
            en = f"it has {len(fields)} fields where the header has {width}"
        except (csv.Error, UnicodeDecodeError, _LineTooLong) as error:
            zh, en = self._reason(error)
        self._again.extendleft(reversed(taken[1:]))
        begin = first.raw[:120].decode(self.encoding, errors="replace").strip()
        return BrokenRow(first.number, begin, zh, en)

    def _reason(self, error: Exception) -> tuple[str, str]:
        if isinstance(error, UnicodeDecodeError):
            return f"不是有效的 {self.encoding} 文字", f"it is not valid {self.encoding}"
        if isinstance(error, _LineTooLong):
            return f"一行超过 {LINE_BYTES_MAX} 字节", f"a line exceeds {LINE_BYTES_MAX} bytes"
        return f"引号或分隔有误（{error}）", f"its quotes or separators are wrong ({error})"

    def _decoded(self, line: _Line) -> str:
        if line.is_too_long:
            raise _LineTooLong
        return line.raw.decode(self.encoding)

    def _next_line(self) -> _Line | None:
        """The next line, first those that a broken record gave back; None at the end."""
        return self._again.popleft() if self._again else next(self._fresh, None)


class _LineTooLong(Exception):
    """A line that is longer than a record may be."""


def _lines_of(file: BinaryIO) -> Iterator[_Line]:
    """Numbered lines, without the mark; of one that is too long, its beginning."""
    number = 0
    while raw := file.readline(LINE_BYTES_MAX):
        number += 1
        is_too_long = len(raw) == LINE_BYTES_MAX and not raw.endswith(b"\n")
        rest = raw
        while is_too_long and rest and not rest.endswith(b"\n"):
            rest = file.readline(LINE_BYTES_MAX)
        yield _Line(number, raw.removeprefix(_UTF8_MARK) if number == 1 else raw, is_too_long)


def _encoding_of(path: Path) -> str:
    """`utf-8` or `gb18030`, by what most lines with Chinese in them are. Raises FileUnusable.

    Text in GB18030 is hardly ever valid UTF-8, so a line that is counts for UTF-8; a few broken
    rows do not decide over the others. In both encodings a byte 10 is always the end of a line.
    """
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith(_UTF16_MARKS):
            raise FileUnusable(
                zh="文件为 UTF-16 编码，请另存为 CSV UTF-8 或 GB18030",
                en="the file is UTF-16; save it as CSV UTF-8 or GB18030",
            )
        if start.startswith(_UTF8_MARK):
            return "utf-8"
        file.seek(0)
        lines_utf8 = lines_other = 0
        for line in _lines_of(file):
            if line.raw.isascii() or line.is_too_long:
                continue
            try:
                line.raw.decode("utf-8")
                lines_utf8 += 1
            except UnicodeDecodeError:
                lines_other += 1
        return "gb18030" if lines_other > lines_utf8 else "utf-8"
