"""`tenure keys` on a house in use: killed in the middle, everything opens, before and after."""

from __future__ import annotations

import os
import secrets
import time
from base64 import b64decode
from contextlib import closing
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extras import execute_values

from api.embedded import EmbeddedPostgres
from domain.sealing import Sealer
from tests.end_to_end.installed import House, company
from tests.waiting import wait_until

SUBJECTS = 20_000


def many_subjects(house: House, url: str) -> None:
    """Subjects by the thousand, so that a rotation takes a while."""
    key = b64decode((house.data / "keys" / "subjects.key").read_bytes())
    sealer = Sealer(key, key, random=secrets.token_bytes)
    rows = [(str(one := uuid4()), sealer.new_key(one)[1]) for _ in range(SUBJECTS)]
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO tenure_keys.subject_keys (subject_id, wrapped, created_at) VALUES %s",
            rows,
            template="(%s, %s, now())",
        )
        connection.commit()


@pytest.mark.long
def test_a_rotation_that_is_killed_leaves_everything_open_and_is_gone_on_with(
    house: House,
) -> None:
    token = house.token("li", "seller")
    with EmbeddedPostgres(house.data) as postgres, house.serving() as server:
        many_subjects(house, postgres.url())
        with server.client(token) as client:
            first = client.post("/v1/customers", json=company(1)).json()
            path = f"/v1/customers/{first['customer_id']}"
            headers = {"Tenure-Min-Position": str(first["position"])}
            assert client.get(path, headers=headers).json()["phone"] == f"05126{1:07d}"
            rotation = house.start("keys", "rotate", "--json")
            wait_until(
                lambda: house.column("SELECT is_due FROM tenure_keys.upkeep") == [True],
                seconds_max=60,
                what="the first keys that are wrapped anew",
            )
            os.killpg(rotation.pid, 9)
            rotation.communicate()
            standing = house.json("keys", "show")
            wraps = {key["name"]: key["wraps"] for key in standing["keys"]}
            assert standing["unopened"] == 0
            assert wraps["TENURE_KEY"] > 0
            # A service that began under the old key reads what the new one wraps, and goes on.
            assert client.get(path).json()["phone"] == f"05126{1:07d}"
            second = client.post("/v1/customers", json=company(2)).json()
            done = house.json("keys", "rotate")
            assert done["rewrapped"] == wraps["TENURE_KEY_OLD"]
            assert client.get(path).json()["phone"] == f"05126{1:07d}"
            _retire(house)
            standing = house.json("keys", "show")
            assert [key["name"] for key in standing["keys"]] == ["TENURE_KEY"]
            assert (standing["unopened"], standing["keys"][0]["mark"]) == (0, done["mark"])
            path = f"/v1/customers/{second['customer_id']}"
            headers = {"Tenure-Min-Position": str(second["position"])}
            assert client.get(path, headers=headers).json()["phone"] == f"05126{2:07d}"
    assert house.json("doctor")["well"]


def _retire(house: House) -> None:
    """Too early at first; an hour later nothing is in the way."""
    house.run("keys", "retire", status=1)
    keys = house.data / "keys"
    os.utime(keys / "subjects.key", (time.time() - 3600,) * 2)
    assert house.json("keys", "retire")["destroyed"]
    assert not (keys / "subjects.key.old").exists()
