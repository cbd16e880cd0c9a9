"""Rules of a view whose fold raises: it stops alone, loudly."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import psycopg2

from tests.end_to_end.installed import House, company
from tests.waiting import wait_until

# The row of an event to come, so that the fold's own row for it meets the primary key.
POISON = """
INSERT INTO views.audit
SELECT (jsonb_populate_record(last, jsonb_build_object('position', last.position + 2))).*
FROM views.audit AS last ORDER BY position DESC LIMIT 1 RETURNING position
"""


def test_a_view_whose_fold_raises_stops_alone_and_names_the_event(
    kept_house: House,
) -> None:
    seller, auditor = kept_house.token("li", "seller"), kept_house.token("sun", "auditor")
    with (
        kept_house.serving("--no-worker") as server,
        server.client(seller) as client,
        server.client(auditor) as reader,
        logging_worker(kept_house) as logged,
    ):
        registered(client, 1)
        wait_until(lambda: lags(client) == {0}, seconds_max=60, what="the views")
        position = poison(kept_house)
        last = registered(client, 2)
        set_aside = wait_until(lambda: views(client)["audit"]["failed"], seconds_max=60)
        topic = kept_house.column(f"SELECT topic FROM tenure.events WHERE position = {position}")[0]

        assert set_aside == f"{topic} at {position}: IntegrityError"
        assert views(client)["audit"]["position"] == position - 1
        (line,) = wait_until(
            lambda: [one for one in list(logged) if one["event"] == "a view was set aside"]
        )
        assert (line["view"], line["position"], line["topic"]) == ("audit", position, topic)
        assert "audit_pkey" in line["exception"]
        told = [
            one for one in kept_house.json("doctor", status=1)["checks"] if one["name"] == "views"
        ]
        assert [one["standing"] for one in told] == ["failure"]
        assert f"{topic} @ {position}: IntegrityError: duplicate key" in told[0]["en"]
        assert (asked := ask_audit(reader, last)).status_code == 503
        assert asked.json()["type"] == "/problems/view-behind"

        registered(client, 3)
        wait_until(lambda: lags(client, but="audit") == {0}, seconds_max=60, what="the others")

    assert not kept_house.json("verify", status=1)["equal"]
    kept_house.json("rebuild", "audit")
    assert kept_house.json("verify")["equal"]


@contextmanager
def logging_worker(house: House) -> Iterator[list[dict[str, Any]]]:
    """A worker as a process; the lines that it logs."""
    worker, logged = house.start("worker", "--json"), []

    def read() -> None:
        assert worker.stderr is not None
        logged.extend(json.loads(line) for line in worker.stderr if line.startswith("{"))

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield logged
    finally:
        worker.terminate()
        worker.wait(60)
        reading.join(60)
        for stream in (worker.stdout, worker.stderr):
            assert stream is not None
            stream.close()


def poison(house: House) -> int:
    """Put a row in the way of an event to come; its position."""
    url = house.environment["TENURE_DATABASE"]
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(POISON)
        (position,) = cursor.fetchone() or (0,)
        connection.commit()
    return int(position)


def registered(client: httpx.Client, number: int) -> int:
    """The position of a new customer, whose card can be read."""
    made = client.post("/v1/customers", json=company(number)).json()
    path, at = f"/v1/customers/{made['customer_id']}", str(made["position"])

    def shown() -> bool:
        return client.get(path, headers={"Tenure-Min-Position": at}).status_code == 200

    wait_until(shown, seconds_max=60, what="the card")
    return int(made["position"])


def ask_audit(client: httpx.Client, position: int) -> httpx.Response:
    return client.get("/v1/audit", headers={"Tenure-Min-Position": str(position)})


def views(client: httpx.Client) -> dict[str, Any]:
    told: dict[str, Any] = client.get("/health/ready").json()["views"]
    return told


def lags(client: httpx.Client, *, but: str = "") -> set[int]:
    return {told["lag"] for name, told in views(client).items() if name != but}
