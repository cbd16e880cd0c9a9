"""Rules of reading companies from CSV: encodings, headings, and what a broken row costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.company_file import LINE_BYTES_MAX, BrokenRow, CompanyFile, CompanyRow, FileUnusable

HEADER = "name,address,phone\n"


def rows_of(folder: Path, content: bytes | str) -> list[CompanyRow | BrokenRow]:
    path = folder / "companies.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(CompanyFile(path))


def names_of(rows: list[CompanyRow | BrokenRow]) -> list[str]:
    return [row.fields["name"] if isinstance(row, CompanyRow) else "broken" for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_gives_the_same_rows(tmp_path: Path, encoding: str) -> None:
    text = HEADER + "".join(
        f"苏州春意{n}科技有限公司,人民路{n}号,0512-6{n:07d}\n" for n in range(50)
    )
    rows = rows_of(tmp_path, text.encode(encoding))
    assert names_of(rows) == [f"苏州春意{n}科技有限公司" for n in range(50)]
    assert [row.line for row in rows] == list(range(2, 52))


def test_one_garbled_row_does_not_change_the_encoding_of_the_others(tmp_path: Path) -> None:
    good = "苏州春意科技有限公司,人民路,1\n".encode()
    rows = rows_of(tmp_path, HEADER.encode() + good + b"\xff\xfe\xfa,x,y\n" + good)
    assert names_of(rows) == ["苏州春意科技有限公司", "broken", "苏州春意科技有限公司"]
    assert rows[1].line == 3


def test_headings_may_be_chinese_and_unknown_columns_are_ignored(tmp_path: Path) -> None:
    [row] = rows_of(
        tmp_path, "区域,公司名称,联系人,联系电话\n华东,春意空调有限公司,王芳,13800000000\n"
    )
    assert isinstance(row, CompanyRow)
    assert row.fields["name"] == "春意空调有限公司"
    assert row.fields["contact_name"] == "王芳"
    assert row.fields["contact_phone"] == "13800000000"
    assert row.fields["industry"] == ""


def test_a_quote_never_closed_costs_its_own_row_alone(tmp_path: Path) -> None:
    content = HEADER + 'a,b,c\n"open,b,c\nd,e,f\n"g, quoted",h,i\nj,k,l\n'
    assert names_of(rows_of(tmp_path, content)) == ["a", "broken", "d", "g, quoted", "j"]


def test_a_quote_open_at_the_end_of_the_file_costs_its_own_row_alone(tmp_path: Path) -> None:
    assert names_of(rows_of(tmp_path, HEADER + 'a,b,c\n"open,b,c\nd,e,f')) == ["a", "broken", "d"]


def test_a_quote_open_over_many_rows_costs_its_own_row_alone(tmp_path: Path) -> None:
    content = HEADER + '"open,b,c\n' + "".join(f"n{n},b,c\n" for n in range(300))
    assert names_of(rows_of(tmp_path, content)) == ["broken", *(f"n{n}" for n in range(300))]


def test_a_quoted_field_may_hold_line_breaks_and_quotes(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, HEADER + 'a,"first\nsecond ""x""",c\r\nd,e,f\r\n')
    assert names_of(rows) == ["a", "d"]
    assert isinstance(rows[0], CompanyRow)
    assert rows[0].fields["address"] == 'first\nsecond "x"'
    assert [row.line for row in rows] == [2, 4]


def test_a_row_with_another_number_of_fields_is_broken(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, HEADER + "a,b\nc,d,e,f\ng,h,i,,\n\n   \nj,k,l\n")
    assert names_of(rows) == ["broken", "broken", "g", "j"]
    assert isinstance(rows[0], BrokenRow)
    assert "3" in rows[0].zh
    assert "3" in rows[0].en


def test_a_line_longer_than_a_record_may_be_is_broken_and_not_kept(tmp_path: Path) -> None:
    content = HEADER + "x" * (3 * LINE_BYTES_MAX) + ",b,c\nd,e,f\n"
    rows = rows_of(tmp_path, content)
    assert names_of(rows) == ["broken", "d"]
    assert [row.line for row in rows] == [2, 3]


@pytest.mark.parametrize(
    "content", [b"", b"address,phone\nx,y\n", b"name,name\na,b\n", "name\n春意".encode("utf-16")]
)
def test_a_file_without_company_names_is_refused_as_a_whole(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileUnusable) as caught:
        rows_of(tmp_path, content)
    assert caught.value.zh
    assert caught.value.en


@given(st.binary(max_size=400))
def test_any_bytes_behind_a_header_give_rows_or_broken_rows(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    rows = rows_of(folder, HEADER.encode() + noise + b"\nlast,b,c\n")
    lines = [row.line for row in rows]
    assert lines == sorted(lines)
    assert all(row.text is not None for row in rows if isinstance(row, BrokenRow))
