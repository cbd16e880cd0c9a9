"""The benchmarks themselves: they measure what they say, and their peers are no straw men."""

from __future__ import annotations

import io
import json
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg2
import pytest
from fastapi import HTTPException
from fastapi.routing import APIRoute
from rich.console import Console

from api.console.pages import PAGES
from api.embedded import EmbeddedPostgres
from benchmarks import appending, crud_claim, evidence, lasting, looking, main, sealing
from benchmarks.children import Children
from benchmarks.companies import companies, write_csv
from benchmarks.figures import Need, Section, at_least, at_most, exactly, percentile
from benchmarks.finding import Asked
from benchmarks.ground import Ground
from benchmarks.load.people import People
from benchmarks.report import Report
from benchmarks.resources import processor_seconds, resident_mb
from benchmarks.scales import QUICK
from domain.names import parse, problems
from domain.phones import normalise_phone
from tests.waiting import wait_until

CONTACT = crud_claim.Contact(name="王敏", position="采购经理", phone="13800138000")


@pytest.fixture
def peer_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """An empty database for the hand-written peer."""
    name = f"peer_{secrets.token_hex(4)}"
    with closing(psycopg2.connect(postgres.url(database="postgres"))) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
        yield postgres.url(database=name)
        connection.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_run_tells_rate_and_percentiles_of_every_side() -> None:
    scale = replace(QUICK, writers=(1, 2), append_seconds=0.3)
    with Ground() as ground:
        folder = ground.folder
        section = appending.measure(ground, scale)
    sides = [(figure.work, figure.side) for figure in section.figures]
    assert sides == [
        (work, side)
        for work in ("append, 1 writer", "append, 2 writers")
        for side in ("tenure", "library", "pgbench")
    ]
    for figure in section.figures:
        assert figure.value > 0
        assert figure.p50_ms is not None
        assert figure.p99_ms is not None
        assert 0 < figure.p50_ms <= figure.p99_ms
    assert [verdict.wanted for verdict in section.verdicts] == [
        ">= 4 x library",
        ">= 30 % of pgbench",
        ">= 50 % of pgbench",
    ]
    assert not folder.exists()


def test_every_page_of_the_console_is_looked_at() -> None:
    customer = uuid4()
    asked = Asked(
        [customer], [datetime(2026, 3, 2, tzinfo=UTC)], {"two-character search": ["春意"]}
    )
    found = looking.Found(
        [("seller-1", customer)], [customer], [(customer, 1)], [("seller-1", customer, 9)], "2026-1"
    )
    kinds = list(looking.kinds_of(People(60), asked, found, 1))
    addresses = [urlsplit(address).path for kind in kinds for _, address in kind.looks]
    pages = {
        route.path: route.path_regex
        for router in PAGES
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in route.methods
    }
    missed = {path for path, regex in pages.items() if not any(map(regex.fullmatch, addresses))}
    assert missed == looking.NO_PAGES


def test_a_long_past_is_measured_beside_a_short_one_with_and_without_snapshots() -> None:
    with Ground() as ground:
        section = lasting.measure(ground, replace(QUICK, long_commands=20, long_events=1_000))
        kept = ground.run_sql("long_tenure", "SELECT count(*) FROM tenure.snapshots")
    sides = (lasting.FRESH, lasting.LONG, lasting.BARE)
    figures = {(figure.work, figure.side): figure for figure in section.figures}
    assert list(figures) == [
        (work, side) for work in ("follow-up", "loading alone") for side in sides
    ]
    _, from_snapshot, from_all = (figures["loading alone", side].p50_ms or 0 for side in sides)
    assert from_all > 2 * from_snapshot > 0
    assert kept == [(lasting.LONG_CUSTOMERS,)]
    assert [verdict.wanted for verdict in section.verdicts] == ["<= 2 x of a short past"] * 2


@pytest.mark.long
def test_evidence_of_a_long_life_is_measured_and_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "LIFE_EVENTS", 60)
    monkeypatch.setattr(evidence, "BUNDLES", 2)
    told: list[str] = []
    with Ground(told.append) as ground:
        section = evidence.measure(ground, replace(QUICK, names=150))
        unsealed = ground.run_sql(
            "evidence_tenure",
            "SELECT (SELECT count(*) FROM tenure.events) - size FROM proof.trees"
            " WHERE log = 'events'",
        )
        longest = ground.run_sql(
            "evidence_tenure",
            "SELECT max(originator_version) FROM tenure.events WHERE topic = 'customer.classified'",
        )
    assert unsealed == [(0,)]
    assert longest[0][0] >= 60
    assert any(text.startswith("evidence: sealed to ") for text in told)
    figures = {figure.work: figure for figure in section.figures}
    assert figures["sealing a log that is there"].value > 0
    (bundles,) = [figure for work, figure in figures.items() if work.startswith("evidence of")]
    assert 0 < (bundles.p50_ms or 0) <= (bundles.p99_ms or 0)
    verdicts = {verdict.work: verdict for verdict in section.verdicts}
    assert verdicts["events in the bundle"].reached >= 60
    assert verdicts["bundles that verify.py finds VERIFIED"].is_met
    assert [verdict.wanted for verdict in section.verdicts] == [
        ">= 60 events",
        "<= 2000 ms",
        "<= 2000 ms",
        "= 1 of 1",
    ]


def test_a_bundle_whose_own_script_fails_counts_as_not_verified() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("verify.py", "raise SystemExit('NOT VERIFIED')")
    with Ground() as ground:
        _, is_verified = evidence._verified(ground, evidence._Bundle(made.getvalue(), 1.0))
    assert is_verified == 0


@pytest.mark.long
def test_claims_are_measured_with_and_without_the_sealer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "EXISTING", 2_000)
    with Ground() as ground:
        section = sealing.measure(ground, replace(QUICK, rounds=1, claims=30, append_seconds=0.3))
        unsealed = [
            ground.run_sql(
                name,
                "SELECT (SELECT count(*) FROM tenure.events) - size FROM proof.trees"
                " WHERE log = 'events'",
            )
            for name in ("seal_claims", "seal_appends")
        ]
    figures = {(figure.work, figure.side): figure for figure in section.figures}
    assert [side for work, side in figures if work.startswith("claim")] == [
        sealing.ALONE,
        sealing.SEALED,
    ]
    assert figures["sealing a log that is there", "sealer"].value > 0
    # The claims of the one turn without it, which was the last; of the appends none.
    assert unsealed == [[(30,)], [(0,)]]
    assert [verdict.wanted for verdict in section.verdicts] == ["<= 5 % of the rate"]


def test_the_report_is_json_and_names_what_could_not_be_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(main.SECTIONS, "append", "benchmarks.no_such_module")
    out = tmp_path / "figures.json"
    assert main.main(["--quick", "--only", "append", "--json", "--out", str(out)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(out.read_text())
    assert "no_such_module" in told["sections"][0]["error"]
    assert told["machine"]["fsync"] is True


def test_of_two_claims_at_once_on_the_peer_one_wins(peer_url: str) -> None:
    customer_id = uuid4()
    crud_claim.prepare(peer_url, [(customer_id, "春意")], [("li", "a"), ("wang", "b")])
    pool = crud_claim.Pool(peer_url, 2)
    with pool.transaction() as first, ThreadPoolExecutor() as threads:
        crud_claim.claimed(first, customer_id, "li", CONTACT)

        def second() -> None:
            with pool.transaction() as cursor:
                crud_claim.claimed(cursor, customer_id, "wang", CONTACT)

        rival = threads.submit(second)
        _wait_until_blocked(peer_url)
        first.connection.commit()
        with pytest.raises(HTTPException) as refused:
            rival.result(timeout=10)
    pool.close()
    assert refused.value.status_code == 409
    with closing(psycopg2.connect(peer_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT holder, version FROM customers")
        assert cursor.fetchall() == [("li", 2)]
        cursor.execute("SELECT member_id, action FROM audit")
        assert cursor.fetchall() == [("li", "claim")]


def test_the_peer_knows_a_member_by_a_live_token_alone(peer_url: str) -> None:
    crud_claim.prepare(peer_url, [(uuid4(), "春意")], [("li", "a"), ("wang", "b")])
    pool = crud_claim.Pool(peer_url, 1)
    with pool.transaction() as cursor:
        assert crud_claim.member_of(cursor, sha256(b"a").digest()) == ("li", True)
        cursor.execute("UPDATE tokens SET expires_at = now() WHERE member_id = 'li'")
    for token in (b"a", b"unknown"):
        with pytest.raises(HTTPException) as refused, pool.transaction() as cursor:
            crud_claim.member_of(cursor, sha256(token).digest())
        assert refused.value.status_code == 401
    pool.close()


def test_a_process_that_is_left_behind_ends_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import time, sys; from pathlib import Path; from benchmarks.children import Children\n"
        "children = Children(Path('.'))\n"
        "child = children.start(sys.executable, '-c', 'import time; time.sleep(60)',"
        " environment={})\n"
        "print(child.process_id, flush=True); time.sleep(60)"
    )
    root = Path(__file__).parent.parent
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child_id = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not _is_running(child_id), what=f"process {child_id} is gone")


def test_every_process_is_ended_by_its_id(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start(sys.executable, "-c", "import time; time.sleep(60)", environment={})
    assert resident_mb(child.process_id) > 0
    assert processor_seconds(child.process_id) >= 0
    children.end_all()
    assert child.has_ended()


def test_companies_are_the_same_for_the_same_seed_and_pass_as_names(tmp_path: Path) -> None:
    made = list(companies(300))
    assert made == list(companies(300))
    assert made[200:] == list(companies(100, start=200))
    assert len({parse(company.name).core for company in made}) == len(made)
    for company in made:
        assert not [problem for problem in problems(company.name) if problem.is_hard]
        assert normalise_phone(company.phone)
        assert normalise_phone(company.contact_phone)
    write_csv(tmp_path / "companies.csv", made)
    assert (tmp_path / "companies.csv").read_text().startswith("name,address,industry,phone,")


def test_a_percentile_is_the_smallest_value_that_its_share_does_not_exceed() -> None:
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.99) == 4.0
    assert percentile([7.0], 0.5) == 7.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_verdict_says_whether_its_target_is_met() -> None:
    assert at_least("w", Need.MUST, 4, 4.0, "x").is_met
    assert not at_least("w", Need.MUST, 4, 3.9, "x").is_met
    assert at_most("w", Need.AIM, 5, 5.0, "ms").is_met
    assert not at_most("w", Need.AIM, 5, 5.1, "ms").is_met
    assert exactly("w", Need.MUST, 1, 1, "winner").is_met
    assert not exactly("w", Need.MUST, 1, 2, "winner").is_met


def test_a_run_with_a_failed_section_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    section = Section("claim", "Claims", error="ChildFailed: no answer")
    machine = {"processors": 2, "load": 5.0}
    report = Report(datetime.now(UTC), "quick", machine, [section], 1.0)
    report.print_to(Console(width=120))
    told = capsys.readouterr().out
    assert "not measured: ChildFailed: no answer" in told
    assert "The machine was busy" in told


def _wait_until_blocked(url: str) -> None:
    """Until somebody waits for a row that somebody else has locked."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:

            def is_blocked() -> bool:
                cursor.execute(
                    "SELECT 1 FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
                return cursor.fetchone() is not None

            wait_until(is_blocked, what="the second claim waits for the first")


def _is_running(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
