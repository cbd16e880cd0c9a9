"""Rules of the import: each company once, whatever stops it; twins and broken rows are told."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.installed import House, company
from tests.waiting import wait_until

SAMPLE = Path(__file__).parents[2] / "api" / "sample" / "companies.csv"
HEADER = "name,address,industry,phone,introduction,contact_name,contact_position,contact_phone"


ROWS = 1500
"""So many that an import is stopped in the middle, with a second or two to spare."""


@pytest.fixture
def house(open_house: House) -> House:
    return open_house


def registered(house: House) -> int:
    count = "SELECT count(*) FROM tenure.events WHERE topic = 'customer.registered'"
    return int(house.column(count)[0])


def position(house: House) -> int:
    return int(house.column("SELECT coalesce(max(position), 0) FROM tenure.events")[0])


def write_rows(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def row(number: int, **changes: str) -> str:
    fields = company(number, **changes)
    contact = "王芳,总经理,13800138000"
    kept = [fields[key] for key in ("name", "address", "industry", "phone", "introduction")]
    return ",".join([*kept, contact])


def test_originals_are_registered_and_every_twin_is_reported_with_what_it_meets(
    house: House,
) -> None:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    originals = [one["name"] for one in rows if not one["twin_of"]]
    twins = {number: one for number, one in enumerate(rows, start=2) if one["twin_of"]}
    done = house.json("import", str(SAMPLE))
    assert (done["registered"], done["refused"], done["broken"]) == (len(originals), len(twins), 0)
    assert registered(house) == len(originals)
    reported = {one["line"]: one for one in done["report_rows"]}
    assert reported.keys() == twins.keys()
    for number, twin in twins.items():
        assert reported[number]["collides_with_name"] == twin["twin_of"]
        assert reported[number]["collides_with"]
        assert reported[number]["rule"] == "duplicate-name"


def test_again_under_another_name_and_encoding_nothing_is_done_twice(house: House) -> None:
    house.run("import", str(SAMPLE))
    before = position(house)
    text = SAMPLE.read_text(encoding="utf-8")
    for encoding in ("utf-8-sig", "gb18030"):
        copy = house.folder / f"{encoding}.csv"
        copy.write_bytes(text.encode(encoding))
        done = house.json("import", str(copy))
        assert (done["registered"], done["already_there"], done["refused"]) == (0, 240, 19)
    assert position(house) == before


def test_gb18030_and_a_chinese_header_give_the_same_names(house: House) -> None:
    heading = "公司名称,地址,行业,电话,简介,联系人,职位,联系电话"
    path = house.folder / "客户.csv"
    path.write_bytes(f"{heading}\r\n{row(1)}\r\n{row(2)}\r\n".encode("gb18030"))
    assert house.json("import", str(path))["registered"] == 2
    names = "SELECT state ->> 'name' FROM tenure.event_log WHERE topic = 'customer.registered'"
    assert set(house.column(names)) == {company(1)["name"], company(2)["name"]}


def test_a_broken_row_costs_that_row_alone(house: House) -> None:
    path = write_rows(
        house.folder / "broken.csv",
        row(1),
        "too,few",
        row(2, name="鑫磊"),
        row(3, phone="12"),
        '"' + row(4),
        row(5, name="苏州市\x00鑫磊科技有限公司"),
        row(6, introduction=""),
        row(7),
    )
    report = house.folder / "report.csv"
    done = house.json("import", str(path), "--report", str(report))
    assert (done["registered"], done["broken"]) == (2, 6)
    with report.open(encoding="utf-8-sig", newline="") as file:
        reported = list(csv.DictReader(file))
    assert [one["line"] for one in reported] == ["3", "4", "5", "6", "7", "8"]
    assert all(one["zh"] and one["en"] for one in reported)


def test_of_rows_of_one_company_the_earlier_wins(house: House) -> None:
    rows = [row(number // 6, address=f"苏州市人民路{number}号") for number in range(600)]
    path = write_rows(house.folder / "likes.csv", *rows)
    report = house.folder / "report.jsonl"
    done = house.json("import", str(path), "--report", str(report))
    assert (done["registered"], done["refused"]) == (100, 500)
    addresses = (
        "SELECT state ->> 'address' FROM tenure.event_log WHERE topic = 'customer.registered'"
    )
    assert set(house.column(addresses)) == {
        f"苏州市人民路{number}号" for number in range(0, 600, 6)
    }
    lines = [json.loads(line)["line"] for line in report.read_text("utf-8").splitlines()]
    assert lines == sorted(lines)


def test_a_member_imports_in_her_own_name_for_as_long_as_it_takes(house: House) -> None:
    house.token("hejun", "customer-manager")
    path = write_rows(house.folder / "some.csv", row(1))
    house.run("import", str(path), "--as", "hejun")
    actors = "SELECT state ->> 'actor' FROM tenure.event_log WHERE topic = 'customer.registered'"
    assert house.column(actors) == ["hejun"]
    assert house.column("SELECT topic FROM tenure.events ORDER BY position DESC LIMIT 1") == [
        "member.token_revoked"
    ]


def test_who_may_not_register_imports_nothing(house: House) -> None:
    house.token("xuan", "auditor")
    path = write_rows(house.folder / "some.csv", row(1))
    assert "Error" in house.run("import", str(path), "--as", "xuan", status=1).stderr
    assert registered(house) == 0


def test_a_file_without_names_is_refused_as_a_whole(house: House) -> None:
    path = house.folder / "other.csv"
    path.write_text("a,b\n1,2\n")
    assert "name" in house.run("import", str(path), status=1).stderr


def test_stopped_by_ctrl_c_it_ends_what_it_began_and_goes_on_when_run_again(house: House) -> None:
    path = write_rows(house.folder / "many.csv", *(row(number) for number in range(ROWS)))
    with importing(house, path) as process:
        wait_until(lambda: registered(house) > 100, seconds_max=60, what="the first hundred")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    told = json.loads(out)
    assert told["stopped"]
    assert told["registered"] == registered(house) < ROWS
    assert house.json("import", str(path))["already_there"] == told["registered"]
    assert registered(house) == ROWS


def test_killed_in_the_middle_it_goes_on_and_does_nothing_twice(house: House) -> None:
    path = write_rows(house.folder / "many.csv", *(row(number) for number in range(ROWS)))
    with importing(house, path) as process:
        wait_until(lambda: registered(house) > 100, seconds_max=60, what="the first hundred")
        process.kill()
        process.communicate(timeout=60)
    before = registered(house)
    assert 100 < before < ROWS
    renamed = shutil.move(path, house.folder / "renamed.csv")
    done = house.json("import", str(renamed))
    assert done["registered"] + done["already_there"] == ROWS
    assert done["refused"] == 0
    assert registered(house) == ROWS


@contextmanager
def importing(house: House, path: Path) -> Iterator[subprocess.Popen[str]]:
    """A running import, gone at the end."""
    house.run("migrate")
    process = house.start("import", str(path), "--json")
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
