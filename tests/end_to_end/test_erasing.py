"""What an erasure leaves behind, on the disk: nothing that anybody can read (PIPL art. 47)."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest

from api.composition import open_service
from api.embedded import EmbeddedPostgres
from api.subjects import customers_of
from domain.orders import CONSOLE, ContactInput, Order
from tests.api.outside.receiver import Receiver, receiving
from tests.end_to_end.installed import COMMAND, House, Server, company
from tests.waiting import wait_until

NAME = "欧阳鎏垚"
CONTACT_PHONE, COMPANY_PHONE = "13987650321", "13876540987"
TEXTS = [text.encode() for text in (NAME, CONTACT_PHONE, COMPANY_PHONE)]
ASKED = {"ground": "consent-withdrawn", "reason": "本人要求删除，身份已核实"}
CHUNK = 1 << 20


@dataclass
class Staff:
    """Callers by role."""

    seller: httpx.Client
    reviewer: httpx.Client
    director: httpx.Client
    auditor: httpx.Client


@pytest.fixture
def tokens(house: House) -> dict[str, str]:
    house.environment["TENURE_WEBHOOK_ALLOW_INTERNAL"] = "true"
    return {role: house.token(f"m-{role}", role) for role in Staff.__annotations__}


@contextmanager
def staff_of(server: Server, tokens: dict[str, str]) -> Iterator[Staff]:
    with ExitStack() as stack:
        clients = {
            role: stack.enter_context(server.client(token)) for role, token in tokens.items()
        }
        yield Staff(**clients)


def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


def claimed_customer(staff: Staff, number: int = 1) -> tuple[str, str]:
    """A customer under protection with a contact: (customer, contact)."""
    contact = {"name": NAME, "position": "总经理", "phone": CONTACT_PHONE}
    body = company(number, phone=COMPANY_PHONE) if number == 1 else company(number)
    customer = done(staff.seller.post("/v1/customers", json={**body, "contacts": [contact]}))
    path = f"/v1/customers/{customer['customer_id']}"
    claim = {"name": "王芳", "position": "总经理", "phone": "13800138000"}
    done(staff.seller.post(f"{path}/claim", json={"contact": claim}))
    done(staff.reviewer.post(f"{path}/review", json={"decision": "pass"}))
    headers = {"Tenure-Min-Position": str(customer["position"])}
    card = done(staff.seller.get(path, headers=headers))
    contact_id = next(one["id"] for one in card["contacts"] if one["name"] == NAME)
    return customer["customer_id"], contact_id


def files_with(texts: Iterable[bytes], *places: Path) -> list[str]:
    """The files below these places that hold any of the texts."""
    wanted = list(texts)
    return [
        str(path)
        for place in places
        for path in sorted(place.rglob("*"))
        if path.is_file() and _holds(path, wanted)
    ]


def _holds(path: Path, texts: list[bytes]) -> bool:
    overlap = max(map(len, texts)) - 1
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            seen = before + chunk
            if any(text in seen for text in texts):
                return True
            before = seen[-overlap:]
    return False


def wrapped_keys(house: House, *subjects: str) -> list[bytes]:
    listed = ", ".join(f"'{subject}'" for subject in subjects)
    return [
        bytes(wrapped)
        for wrapped in house.column(
            "SELECT wrapped FROM tenure_keys.subject_keys"
            f" WHERE wrapped IS NOT NULL AND subject_id IN ({listed})"
        )
    ]


def checkpoint(house: House) -> None:
    with closing(psycopg2.connect(EmbeddedPostgres(house.data).url())) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")


def told_of_ownership(staff: Staff, customer: str) -> list[Any]:
    """Who held the customer, by the log and by the view."""
    path = f"/v1/customers/{customer}"
    replay = done(staff.auditor.get(f"{path}/replay"))["steps"]
    steps = [step for step in replay if "data_" not in step["event"]["topic"]]
    instants = [step["event"]["at"] for step in steps] + ["2030-01-01T00:00:00Z"]
    held = [done(staff.auditor.get(f"{path}/holder", params={"at": at})) for at in instants]
    tenures = done(staff.auditor.get("/v1/tenures", params={"customer": customer}))
    return [
        [(one["holder"], one["stage"], one["since"], one["until"], one["ended"]) for one in held],
        [(step["event"]["topic"], step["after"]["holder"], step["changed"]) for step in steps],
        tenures["items"],
    ]


def test_after_an_erasure_no_file_holds_the_data_and_ownership_reads_as_before(
    house: House, tokens: dict[str, str]
) -> None:
    exported = house.folder / "exports"
    exported.mkdir()
    with receiving() as receiver:
        house.json("webhook", "add", receiver.url)
        with house.serving() as server, ExitStack() as callers:
            staff = callers.enter_context(staff_of(server, tokens))
            customer, contact = claimed_customer(staff)
            _carry_it_out_of_the_house(house, staff, receiver, customer, exported)
            keys = wrapped_keys(house, customer, contact)
            checkpoint(house)
            # What is searched for can be found: both keys, and a name that nobody erases.
            assert len(keys) == 2
            assert all(files_with([key], *_heaps(house)) for key in keys)
            assert files_with([company(1)["name"].encode()], house.data)
            before = told_of_ownership(staff, customer)
            for subject in (contact, customer):
                done(staff.reviewer.post(f"/v1/subjects/{subject}/erase", json=ASKED))
                position = done(staff.director.post(f"/v1/subjects/{subject}/erase/confirm"))
            headers = {"Tenure-Min-Position": str(position["position"])}
            card = done(staff.seller.get(f"/v1/customers/{customer}", headers=headers))
            assert (card["phone"], card["phone_state"]) == (None, "erased")
            assert NAME not in str(card)
            assert told_of_ownership(staff, customer) == before
            subject = done(staff.auditor.get(f"/v1/subjects/{contact}"))
            assert subject["webhooks"][0]["carried"] == "ids-only"
            wait_until(
                lambda: house.column("SELECT is_due FROM tenure_keys.upkeep") == [False],
                seconds_max=30,
                what="the rewritten table of keys",
            )
            checkpoint(house)
            assert wrapped_keys(house, customer, contact) == []
            assert files_with(keys, *_heaps(house)) == []
        logged = "".join([*server.lines, *server.errors]).encode()
    sent = b"".join(message.body for message in receiver.messages)
    assert not any(text in logged + sent for text in TEXTS)
    assert files_with(TEXTS, house.folder) == []
    assert house.run("verify").returncode == 0


def _heaps(house: House) -> Iterator[Path]:
    """The folders of the cluster in which tables lie."""
    return (path for path in house.data.rglob("base") if path.is_dir())


def _carry_it_out_of_the_house(
    house: House, staff: Staff, receiver: Receiver, customer: str, folder: Path
) -> None:
    """Every way in which data leaves, or is written down by reading it."""
    path = f"/v1/customers/{customer}"
    for phone in (CONTACT_PHONE, COMPANY_PHONE):
        found = done(staff.seller.get("/v1/collisions", params={"phone": phone}))
        assert [item["customer_id"] for item in found["items"]] == [customer]
    done(staff.auditor.get(path))
    done(staff.seller.get(f"{path}/history"))
    for form in ("csv", "jsonl"):
        answer = staff.auditor.get("/v1/audit/export", params={"format": form})
        assert answer.is_success
        (folder / f"audit.{form}").write_bytes(answer.content)
    (folder / "events.json").write_bytes(staff.director.get("/v1/events").content)
    house.run("backup", str(folder / "backups"))
    wait_until(lambda: len(receiver.messages) > 3, seconds_max=30, what="the webhook's messages")


def test_killed_while_erasing_a_subject_is_erased_whole_or_not_at_all(
    house: House, tokens: dict[str, str]
) -> None:
    answered: list[str] = []
    with (
        house.serving() as server,
        staff_of(server, tokens) as staff,
        ThreadPoolExecutor(1) as pool,
    ):
        asked = [claimed_customer(staff, number)[1] for number in range(2, 26)]
        for subject in asked:
            done(staff.reviewer.post(f"/v1/subjects/{subject}/erase", json=ASKED))
        running = pool.submit(_confirm_all, staff.director, asked, answered)
        wait_until(lambda: len(answered) >= 5, seconds_max=60, what="confirmations")
        server.kill()
        running.result(60)
    assert 5 <= len(answered) < len(asked)
    erased = set(
        house.column(
            "SELECT state ->> 'subject_id' FROM tenure.event_log WHERE topic = 'subject.erased'"
        )
    )
    assert set(answered) <= erased
    for told in (
        "SELECT state ->> 'subject_id' FROM tenure.event_log WHERE topic = 'customer.data_erased'",
        "SELECT subject_id::text FROM tenure_keys.subject_keys WHERE destroyed_at IS NOT NULL",
    ):
        assert set(house.column(told)) == erased
    with house.serving() as server, server.client(tokens["director"]) as confirming:
        again: list[str] = []
        _confirm_all(confirming, [one for one in asked if one not in erased], again)
        assert set(again) | erased == set(asked)
        assert confirming.post(f"/v1/subjects/{asked[0]}/erase/confirm").status_code == 409


def _confirm_all(client: httpx.Client, subjects: list[str], answered: list[str]) -> None:
    """One after the other, until the service is gone."""
    lock = threading.Lock()
    for subject in subjects:
        try:
            answer = client.post(f"/v1/subjects/{subject}/erase/confirm")
        except httpx.TransportError:
            return
        assert answer.is_success, answer.text
        with lock:
            answered.append(subject)


def test_the_console_asks_and_a_member_confirms_with_a_token(
    house: House, tokens: dict[str, str]
) -> None:
    with house.serving() as server, staff_of(server, tokens) as staff:
        customer, contact = claimed_customer(staff)
    asked = house.json("erase", contact, "--reason", ASKED["reason"])
    assert (asked["subject_state"], asked["customers"]) == ("restricted", [customer])
    refused = house.run("erase", contact, "--confirm", "--json", status=1)
    assert '"own-decision"' in refused.stderr
    house.run("erase", contact, "--confirm", "--lift", status=2)
    house.run("erase", contact, status=2)
    house.environment["TENURE_TOKEN"] = tokens["director"]
    confirmed = house.json("erase", contact, "--confirm")
    assert confirmed["subject_state"] == "erased"
    assert house.column("SELECT is_due FROM tenure_keys.upkeep") == [False]


def test_doctor_says_who_waits_for_long_and_what_backups_still_hold(house: House) -> None:
    house.run("member", "list")
    with EmbeddedPostgres(house.data) as server:
        assert _found_by_doctor(house) == {"erasures": ["good"], "erased-in-backups": []}
        with closing(psycopg2.connect(server.url())) as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO tenure_keys.subject_keys VALUES"
                " (gen_random_uuid(), NULL, now(), now(), NULL),"
                " (gen_random_uuid(), '\\x00', now(), NULL, now() - interval '16 days')"
            )
            cursor.execute("UPDATE tenure_keys.upkeep SET is_due = true")
            cursor.execute(
                "INSERT INTO views.audit SELECT 9999, subject_id, 1, 'subject.erased', now(),"
                " now(), 'x', NULL, NULL, NULL, NULL, NULL, '', '',"
                " jsonb_build_object('subject_id', subject_id)"
                " FROM tenure_keys.subject_keys WHERE wrapped = '\\x00'"
            )
            connection.commit()
        found = _found_by_doctor(house)
    assert found == {
        "erasures": ["warning", "failure", "warning"],
        "erased-in-backups": ["warning"],
    }


def test_where_nobody_follows_the_log_a_subject_is_found_in_it(house: House) -> None:
    with closing(open_service(house.settings())) as service:
        body = company(1)
        registered = service.application.register(
            Order(CONSOLE), **body, contacts=[ContactInput(NAME, "总经理", CONTACT_PHONE)]
        )
        assert registered.customer_id is not None
        event: Any = service.application.history(registered.customer_id).events[0].event
        contact = event.contacts[0].id
        assert registered.customer_id in customers_of(service, contact)
        service.application.ask_erasure(
            Order(CONSOLE),
            contact,
            customers=customers_of(service, contact),
            ground="unlawful",
            reason="来源不明",
        )
        assert service.application.subjects([contact])[contact].customers == (
            registered.customer_id,
        )


def _found_by_doctor(house: House) -> dict[str, list[str]]:
    document = json.loads(
        subprocess.run(
            [COMMAND, "doctor", "--json"],
            cwd=house.folder,
            env=house.environ(),
            capture_output=True,
            check=False,
        ).stdout
    )
    return {
        name: [one["standing"] for one in document["checks"] if one["name"] == name]
        for name in ("erasures", "erased-in-backups")
    }
