"""Following from outside with the installed command: kills lose nothing, an end ends streams."""

from __future__ import annotations

import subprocess
import threading
import time

import httpx
import pytest

from tests.api.outside.receiver import answering, receiving
from tests.end_to_end.installed import House, register
from tests.waiting import wait_until


def _leave(worker: subprocess.Popen[str]) -> None:
    """Its pipes are not read to their end: the database that it started may hold them."""
    worker.wait(60)
    for stream in (worker.stdout, worker.stderr):
        assert stream is not None
        stream.close()


@pytest.mark.long
def test_killed_workers_send_every_event_under_one_id_each(house: House) -> None:
    house.environment["TENURE_WEBHOOK_ALLOW_INTERNAL"] = "true"
    token = house.token("li", "seller")
    with receiving() as receiver:
        receiver.respond = lambda request: (time.sleep(0.002), answering(200)(request))  # type: ignore[assignment]
        added = house.json("webhook", "add", receiver.url, "--topic", "customer.*")
        with house.serving("--no-worker") as server, server.client(token) as client:
            for number in range(120):
                register(client, number)
            for killed in range(3):
                worker, seen = house.start("worker"), len(receiver.messages)
                wait_until(
                    lambda least=seen: len(receiver.messages) > least + 20,  # type: ignore[misc]
                    seconds_max=30,
                    what=f"messages of worker {killed}",
                )
                worker.kill()
                _leave(worker)
            last = house.start("worker")
            try:
                wait_until(
                    lambda: len({message.id for message in receiver.messages}) == 120,
                    seconds_max=60,
                    what="every event",
                )
            finally:
                last.terminate()
                _leave(last)
        assert receiver.verified(added["secret"])
    firsts = list(dict.fromkeys(receiver.positions))
    assert firsts == sorted(firsts)
    assert len(receiver.messages) <= 120 + 3


@pytest.mark.long
@pytest.mark.parametrize("words", [(), ("--workers", "2")], ids=["alone", "several"])
def test_a_server_that_ends_ends_its_streams_properly(house: House, words: tuple[str, ...]) -> None:
    token = house.token("wu", "auditor")
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
    opened, ended = threading.Event(), threading.Event()
    with house.serving(*words) as server:

        def follow() -> None:
            address = f"{server.address}/v1/events"
            with httpx.stream("GET", address, headers=headers, timeout=60) as answer:
                for _ in answer.iter_lines():
                    opened.set()
            ended.set()  # Not after a connection that broke: that would have raised.

        thread = threading.Thread(target=follow)
        thread.start()
        assert opened.wait(30)
        began = time.monotonic()
        assert server.stop() == 0
        assert ended.wait(10)
        assert time.monotonic() - began < 20
        thread.join(10)


@pytest.mark.long
def test_the_console_manages_webhooks(house: House) -> None:
    house.environment["TENURE_WEBHOOK_ALLOW_INTERNAL"] = "true"
    with receiving() as receiver:
        added = house.json("webhook", "add", receiver.url, "--from", "beginning")
        webhook_id = added["webhook_id"]
        tested = house.json("webhook", "test", webhook_id)
        assert tested["status"] == 204
        assert receiver.verified(added["secret"])[0]["type"] == "webhook.ping"
        receiver.respond = answering(500)
        house.run("webhook", "test", webhook_id, status=1)
        house.run("webhook", "disable", webhook_id)
        (listed,) = house.json("webhook", "list")["items"]
        assert (listed["state"], listed["disabled_for"]) == ("disabled", "asked")
        house.run("webhook", "enable", webhook_id)
        assert "正常" in house.run("webhook", "list").stdout
        house.run("webhook", "resend", webhook_id, "--from", "1", status=1)
        house.run("webhook", "remove", webhook_id)
        house.run("webhook", "add", "ftp://example.com/", status=1)
