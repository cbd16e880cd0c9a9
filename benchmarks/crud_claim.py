"""A claim as a careful engineer writes it without events: the peer that Tenure is measured against.

The same stack: FastAPI with a synchronous route, psycopg2 over a pool of ten connections, uvicorn
with the settings of `tenure serve`. One transaction: look the token up, lock the customer's row,
update it, add an audit row. What it cannot do is the point of Tenure: say who held the customer
in March, keep a refusal as evidence, rebuild a view, answer a repeated request.

`python -m benchmarks.crud_claim` serves the database that CRUD_DATABASE names, on a free port.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from queue import LifoQueue
from typing import Annotated, Any
from uuid import UUID

import psycopg2
import psycopg2.extras
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from pydantic import BaseModel, ConfigDict, StringConstraints

HOST = "127.0.0.1"
CONNECTIONS = 10
REVIEW_DUE = timedelta(days=3)
TABLES = """
CREATE TABLE members (
    id text PRIMARY KEY,
    name text NOT NULL,
    may_claim boolean NOT NULL
);
CREATE TABLE tokens (
    digest bytea PRIMARY KEY,
    member_id text NOT NULL REFERENCES members,
    expires_at timestamptz
);
CREATE TABLE customers (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    holder text REFERENCES members,
    stage text NOT NULL DEFAULT 'pool',
    claimed_at timestamptz,
    review_due timestamptz,
    until timestamptz,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX customers_holder ON customers (holder);
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customers,
    member_id text NOT NULL REFERENCES members,
    action text NOT NULL,
    at timestamptz NOT NULL,
    details jsonb NOT NULL
);
CREATE INDEX audit_customer ON audit (customer_id, id);
"""

psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Contact(BaseModel):
    """The person whom a claim must name."""

    model_config = ConfigDict(extra="forbid")
    name: Text
    position: Text
    phone: Text


class ClaimBody(BaseModel):
    """What a claim carries."""

    model_config = ConfigDict(extra="forbid")
    contact: Contact


class ClaimAnswer(BaseModel):
    """Where the customer stands after the claim."""

    customer_id: UUID
    version: int
    state: str
    holder: str
    until: datetime | None


class Pool:
    """Connections for threads, which wait for a free one. One that failed is closed."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._free: LifoQueue[Connection | None] = LifoQueue()
        for _ in range(size):
            self._free.put(None)

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Committed at the end of the block, rolled back when it raises."""
        connection = self._free.get(timeout=5)
        try:
            connection = connection or psycopg2.connect(self._url)
            with connection, connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error:
            if connection is not None:
                connection.close()
            connection = None
            raise
        finally:
            self._free.put(connection)

    def close(self) -> None:
        while not self._free.empty():
            connection = self._free.get_nowait()
            if connection is not None:
                connection.close()


def bearer(request: Request) -> bytes:
    """The digest of the token that the request carries."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise HTTPException(401, "not signed in")
    return sha256(token.encode()).digest()


def create_app(url: str) -> FastAPI:
    pool = Pool(url, CONNECTIONS)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        pool.close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/health/ready")
    def ready() -> dict[str, bool]:
        with pool.transaction() as cursor:
            cursor.execute("SELECT 1")
        return {"ready": True}

    @app.post("/v1/customers/{customer_id}/claim", status_code=201)
    def claim(
        customer_id: UUID, body: ClaimBody, digest: Annotated[bytes, Depends(bearer)]
    ) -> ClaimAnswer:
        with pool.transaction() as cursor:
            member, may_claim = member_of(cursor, digest)
            if not may_claim:
                raise HTTPException(403, "not allowed")
            return claimed(cursor, customer_id, member, body.contact)

    return app


def member_of(cursor: Cursor, digest: bytes) -> tuple[str, bool]:
    """The member behind a live token, and whether he may claim."""
    cursor.execute(
        "SELECT id, may_claim FROM tokens JOIN members ON id = member_id"
        " WHERE digest = %s AND (expires_at IS NULL OR expires_at > now())",
        (digest,),
    )
    found: Any = cursor.fetchone()
    if found is None:
        raise HTTPException(401, "not signed in")
    return str(found[0]), bool(found[1])


def claimed(cursor: Cursor, customer_id: UUID, member: str, contact: Contact) -> ClaimAnswer:
    """The claim itself: whoever locks the row first wins."""
    cursor.execute(
        "SELECT holder, until, clock_timestamp() FROM customers WHERE id = %s FOR UPDATE",
        (customer_id,),
    )
    found: Any = cursor.fetchone()
    if found is None:
        raise HTTPException(404, "no such customer")
    holder, until, now = found
    if holder is not None and (until is None or now < until):
        raise HTTPException(409, f"already protected by {holder}")
    cursor.execute(
        "UPDATE customers SET holder = %s, stage = 'waiting', claimed_at = %s, review_due = %s,"
        " until = NULL, version = version + 1 WHERE id = %s RETURNING version",
        (member, now, now + REVIEW_DUE, customer_id),
    )
    changed: Any = cursor.fetchone()
    cursor.execute(
        "INSERT INTO audit (customer_id, member_id, action, at, details)"
        " VALUES (%s, %s, 'claim', %s, %s)",
        (customer_id, member, now, contact.model_dump_json()),
    )
    return ClaimAnswer(
        customer_id=customer_id, version=changed[0], state="waiting", holder=member, until=None
    )


def prepare(
    url: str, customers: Sequence[tuple[UUID, str]], members: Sequence[tuple[str, str]]
) -> None:
    """Tables, customers (id, name) and members (id, token) that may claim."""
    with closing(psycopg2.connect(url)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute(TABLES)
            psycopg2.extras.execute_values(
                cursor, "INSERT INTO customers (id, name) VALUES %s", customers
            )
            psycopg2.extras.execute_values(
                cursor,
                "INSERT INTO members VALUES %s",
                [(member, member, True) for member, _ in members],
            )
            psycopg2.extras.execute_values(
                cursor,
                "INSERT INTO tokens VALUES %s",
                [(sha256(token.encode()).digest(), member, None) for member, token in members],
            )
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def main() -> None:
    config = uvicorn.Config(
        create_app(os.environ["CRUD_DATABASE"]),
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
    )
    with socket.create_server((HOST, 0), backlog=config.backlog) as listener:
        print(f"ready: http://{HOST}:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
