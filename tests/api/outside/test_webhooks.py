"""Webhooks: signed, in order, at least once; failures wait, long failures end, resends resend."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from random import Random
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import OperationalError

from api.composition import Service
from api.outside import rounds, states
from api.outside.delivering import Deliverer
from api.outside.overview import Standing, counts, gauges, standings
from api.outside.rounds import BACKOFF_SECONDS_MAX, backoff_seconds
from api.outside.sending import Courier
from api.outside.targets import Targets
from api.settings import Settings
from api.worker import Worker
from domain.errors import Invalid, NotAllowed, NotFound
from domain.orders import CONSOLE, Order
from eventstore.connections import Database
from tests.api.outside.receiver import OK, Receiver, answering, receiving
from tests.application.house import CONTACT, Clock, House, a_house
from tests.waiting import wait_until

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def house(database_url: str) -> Iterator[House]:
    clock = Clock()
    with closing(Database(database_url, clock=clock)) as database:
        house = a_house(database, clock)
        house.move_in()
        yield house


@pytest.fixture
def service(house: House) -> Iterator[Service]:
    """The house as processes see it; a test's webhooks are gone after it."""
    settings = Settings(
        _env_file=None,
        webhook_allow_internal=True,
        webhook_timeout_seconds=30,
        webhook_failing_days=5,
    )
    service = Service(settings, house.database, house.tenure, None)
    yield service
    for one in standings(service):
        house.tenure.switch_webhook(Order(CONSOLE), one.webhook.id, "remove")
        states.forget(house.database, one.webhook.id)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def now() -> Clock:
    """The instant of attempts: now, until a test moves it."""
    return Clock(datetime.now(UTC))


@contextmanager
def delivering(service: Service, now: Clock | None = None) -> Iterator[Deliverer]:
    deliverer = Deliverer(service, look_seconds=0.02, **({"now": now} if now else {}))
    stop = threading.Event()
    thread = threading.Thread(target=deliverer.run, args=(stop,))
    thread.start()
    try:
        yield deliverer
    finally:
        stop.set()
        deliverer._awake.set()
        thread.join(10)
        assert not thread.is_alive()


def with_timeout(service: Service, seconds: float) -> Service:
    settings = service.settings.model_copy(update={"webhook_timeout_seconds": seconds})
    return Service(settings, service.database, service.application, None)


def add(service: Service, url: str, *topics: str, after: int | None = None) -> tuple[UUID, str]:
    """Id and secret of a new webhook that begins at the end of the log, or behind `after`."""
    webhook_id = uuid4()
    if after is None:
        after = service.application.recorder.settled_position()
    states.begin(service.database, webhook_id, after)
    receipt = service.application.add_webhook(
        Order(CONSOLE), webhook_id, url=url, topics=topics, after=after
    )
    return webhook_id, receipt.extra["secret"]


def standing(service: Service, webhook_id: UUID) -> Standing:
    return next(one for one in standings(service) if one.webhook.id == webhook_id)


def told(house: House, after: int) -> list[int]:
    """Positions after `after` of everything that is told outside."""
    return house.column(
        "SELECT position FROM tenure.events WHERE position > %s"
        " AND topic !~ '^(identity|party)\\.' ORDER BY position",
        after,
    )


def topics(house: House, webhook_id: UUID) -> list[str]:
    return house.topics(webhook_id)


def test_every_event_arrives_in_order_and_signed(
    house: House, service: Service, receiver: Receiver
) -> None:
    house.potential()
    webhook_id, secret = add(service, receiver.url, after=0)
    with delivering(service):
        house.potential()
        wait_until(lambda: receiver.positions == told(house, 0), what="everything")
        wait_until(lambda: standing(service, webhook_id).lag == 0, what="the record of it")
    events = receiver.verified(secret)
    assert [event["specversion"] for event in events] == ["1.0"] * len(events)
    assert {message.headers["content-type"] for message in receiver.messages} == {
        "application/cloudevents+json; charset=utf-8"
    }
    ids = [message.id for message in receiver.messages]
    assert len(set(ids)) == len(ids)
    assert not any("." in identifier for identifier in ids)
    assert standing(service, webhook_id).state.delivered == len(events)


def test_a_webhook_gets_the_topics_that_it_asked_for(
    house: House, service: Service, receiver: Receiver
) -> None:
    add(service, receiver.url, "customer.claimed", "refusal.*")
    with delivering(service):
        customer = house.potential()
        with pytest.raises(Exception, match="already-protected"):
            house.claim("chen", customer)
        wait_until(lambda: len(receiver.messages) == 2, what="both")
    types = [message.event["type"] for message in receiver.messages]
    assert types == ["customer.claimed", "refusal.recorded"]


def test_a_webhook_carries_nothing_that_people_typed_about_a_customer(
    house: House, service: Service, receiver: Receiver
) -> None:
    """Who reads at the other end nobody knows (A-34)."""
    add(service, receiver.url, "customer.*", "refusal.*")
    customer = house.register(introduction="金丝雀一号")
    with delivering(service):
        house.tenure.claim(
            house.order("li"), customer, contact=CONTACT, follow_up=house.note("金丝雀二号")
        )
        house.pass_review("zhao", customer)
        house.tenure.follow_up(house.order("li"), customer, follow_up=house.note("金丝雀三号"))
        house.tenure.release(house.order("li"), customer, reason="金丝雀四号")
        wait_until(lambda: "customer.released" in _types(receiver), what="the last of them")
    text = b"".join(message.body for message in receiver.messages).decode()
    assert "金丝雀" not in text
    (passed,) = (one.event for one in receiver.messages if "review_passed" in one.event["type"])
    assert passed["data"]["facts"].keys() >= {"holder", "until"}
    assert passed["data"]["words"]["en"] == "the review passed: protection in force"


def _types(receiver: Receiver) -> list[str]:
    return [message.event["type"] for message in receiver.messages]


def _hang(request: BaseHTTPRequestHandler) -> None:
    request.rfile.read(1)


def _drip(request: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, a byte at a time."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    tick = threading.Event()
    while not tick.wait(0.05):
        request.wfile.write(b"a")
        request.wfile.flush()


FAILURES = {
    "500": (answering(500, b"<h1>out of\x00 order</h1>"), 500, "<h1>out of order</h1>"),
    "404": (answering(404), 404, ""),
    "redirect": (answering(307, Location="/elsewhere"), 307, ""),
    "hanging": (_hang, None, "no answer in time"),
    "dripping": (_drip, None, "no answer in time"),
    "rubbish": (lambda request: request.wfile.write(b"hello\r\n\r\n"), None, "BadStatusLine"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failed_event_waits_and_is_sent_again_under_the_same_id(
    house: House, service: Service, receiver: Receiver, now: Clock, kind: str
) -> None:
    receiver.respond, status, answer = FAILURES[kind]
    webhook_id, _ = add(service, receiver.url, "customer.*")
    house.register()
    is_late = kind in {"hanging", "dripping"}
    with delivering(with_timeout(service, 0.5 if is_late else 30), now):
        wait_until(lambda: standing(service, webhook_id).state.failures == 1, what="a failure")
        failed = standing(service, webhook_id)
        assert failed.word == "failing"
        assert failed.state.last_status == status
        assert answer in (failed.state.last_answer or "").replace("\x00", " ")
        assert failed.state.next_attempt_at is not None
        assert timedelta(0) < failed.state.next_attempt_at - now.at <= timedelta(seconds=5)
        house.register()
        receiver.respond = answering(200)
        now.at = failed.state.next_attempt_at - timedelta(microseconds=1)
        count = len(receiver.messages)
        now.at += timedelta(microseconds=1)
        wait_until(lambda: len(receiver.messages) == count + 2, what="both events")
        wait_until(lambda: standing(service, webhook_id).word == "active", what="the record")
    first, again, second = receiver.messages[-3:]
    assert {message.path for message in receiver.messages} == {"/hooks/tenure"}
    assert first.id == again.id != second.id
    assert first.body == again.body
    assert standing(service, webhook_id).state.last_answer is None


def test_a_refused_connection_is_a_failure(house: House, service: Service, now: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    webhook_id, _ = add(service, f"http://127.0.0.1:{port}/")
    house.register()
    with delivering(service, now):
        wait_until(lambda: standing(service, webhook_id).state.failures, what="a failure")
    assert "refused" in (standing(service, webhook_id).state.last_answer or "").lower()


def test_a_receiver_that_asks_for_time_gets_it(
    house: House, service: Service, receiver: Receiver, now: Clock
) -> None:
    receiver.respond = answering(503, Retry_After="3600")
    webhook_id, _ = add(service, receiver.url)
    house.register()
    with delivering(service, now):
        wait_until(lambda: standing(service, webhook_id).state.failures, what="a failure")
    assert standing(service, webhook_id).state.next_attempt_at == now.at + HOUR


def test_410_gone_disables_at_once_and_the_log_says_so(
    house: House, service: Service, receiver: Receiver
) -> None:
    receiver.respond = answering(410)
    webhook_id, _ = add(service, receiver.url)
    house.register()
    with delivering(service):
        wait_until(lambda: standing(service, webhook_id).word == "disabled", what="the end")
        house.register()
    assert len(receiver.messages) == 1
    assert standing(service, webhook_id).webhook.disabled_for == "gone"
    assert topics(house, webhook_id) == ["webhook.added", "webhook.disabled"]


def test_after_days_of_failure_a_webhook_is_disabled_and_goes_on_once_enabled(
    house: House, service: Service, receiver: Receiver, now: Clock
) -> None:
    receiver.respond = answering(500)
    webhook_id, _ = add(service, receiver.url, "customer.*")
    house.register()
    with delivering(service, now):
        wait_until(lambda: standing(service, webhook_id).state.failures == 1, what="a failure")
        now.at += timedelta(days=5) - timedelta(seconds=1)
        wait_until(lambda: standing(service, webhook_id).state.failures == 2, what="another")
        assert standing(service, webhook_id).webhook.is_active
        now.at += HOUR
        wait_until(lambda: standing(service, webhook_id).word == "disabled", what="the end")
        assert standing(service, webhook_id).webhook.disabled_for == "failing"
        assert counts(service)["disabled"] == 1
        receiver.respond = answering(200)
        count = len(receiver.messages)
        house.tenure.switch_webhook(Order(CONSOLE), webhook_id, "enable")
        wait_until(lambda: len(receiver.messages) > count, what="the event that waited")
        wait_until(lambda: standing(service, webhook_id).word == "active", what="the record")
    assert receiver.messages[-1].id == receiver.messages[0].id


def test_a_kill_between_sending_and_recording_sends_again_and_loses_nothing(
    house: House, service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook_id, _ = add(service, receiver.url, "customer.*")
    save, dies = rounds.save, iter([True, False, True])

    def dying(*values: object) -> bool:
        if next(dies, False):
            raise OperationalError("the process died here")
        return save(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(rounds, "save", dying)
    positions = [house.tenure.history(house.register()).events[-1].position for _ in range(3)]
    with delivering(service):
        wait_until(lambda: standing(service, webhook_id).lag == 0, what="everything")
    assert sorted(set(receiver.positions)) == positions
    assert receiver.positions == sorted(receiver.positions)
    assert len(receiver.messages) == len(positions) + 2
    assert len({message.id for message in receiver.messages}) == len(positions)


def test_a_slow_receiver_holds_up_no_other(
    house: House, service: Service, receiver: Receiver
) -> None:
    held = threading.Event()
    with receiving() as slow:
        slow.respond = lambda request: OK(request) if held.wait(30) else None
        add(service, slow.url)
        add(service, receiver.url, "customer.*")
        with delivering(service):
            house.register()
            wait_until(lambda: slow.messages, what="the slow one")
            house.register()
            wait_until(lambda: len(receiver.messages) == 2, what="the quick one")
            assert len(slow.messages) == 1
            held.set()


def test_one_delivers_and_another_takes_over(
    house: House, service: Service, receiver: Receiver
) -> None:
    add(service, receiver.url, "customer.*")
    with delivering(service) as first:
        wait_until(lambda: first.is_leader, what="a leader")
        with delivering(service) as second:
            house.register()
            wait_until(lambda: receiver.messages, what="the event")
            assert not second.is_leader
            first.close()
            wait_until(lambda: first.is_leader != second.is_leader, what="one leader")
            house.register()
            wait_until(lambda: len(receiver.messages) == 2, what="the next event")


def test_one_that_was_overtaken_writes_nothing(service: Service, receiver: Receiver) -> None:
    webhook_id, _ = add(service, receiver.url, after=1)
    before = standing(service, webhook_id).state
    assert states.save(service.database, before, replace(before, position=5))
    assert not states.save(service.database, before, replace(before, position=3))
    assert standing(service, webhook_id).state.position == 5


def test_a_stretch_is_sent_again_under_the_same_ids_before_what_is_new(
    house: House, service: Service, receiver: Receiver
) -> None:
    webhook_id, secret = add(service, receiver.url, "customer.*")
    for _ in range(4):
        house.register()
    with delivering(service):
        wait_until(lambda: standing(service, webhook_id).lag == 0, what="everything")
    sent = receiver.positions
    ids = [message.id for message in receiver.messages]
    for first, last in ((sent[1], sent[2]), (sent[3], sent[3])):
        house.tenure.resend_webhook(Order(CONSOLE), webhook_id, first=first, last=last)
    assert standing(service, webhook_id).word == "resending"
    house.register()
    with delivering(service):
        wait_until(lambda: len(receiver.messages) == 8, what="what was ordered and what is new")
        wait_until(lambda: standing(service, webhook_id).word == "active", what="the record")
    assert receiver.positions[4:7] == sent[1:]
    assert receiver.positions[7] > sent[3]
    assert [message.id for message in receiver.messages][4:7] == ids[1:]
    assert receiver.verified(secret)
    with pytest.raises(Invalid):
        house.tenure.resend_webhook(Order(CONSOLE), webhook_id, first=5, last=4)


def test_neither_secret_nor_query_is_in_the_database(house: House, service: Service) -> None:
    webhook_id, secret = add(service, "http://127.0.0.1:9/hooks?token=s3cr3t-token")
    webhook = service.application.webhooks([webhook_id])[webhook_id]
    assert webhook.address == "http://127.0.0.1:9/hooks"
    assert service.application.webhook_target(webhook) == (
        "http://127.0.0.1:9/hooks?token=s3cr3t-token",
        secret,
    )
    assert secret.startswith("whsec_")
    kept = house.column("SELECT convert_from(state, 'UTF8') FROM tenure.events")
    kept += house.column("SELECT webhooks::text FROM outside.webhooks AS webhooks")
    kept += house.column("SELECT answer::text FROM tenure.commands")
    for text in filter(None, kept):
        assert "s3cr3t" not in text
        assert secret.removeprefix("whsec_") not in text


def test_only_administrators_manage_webhooks(house: House, service: Service) -> None:
    webhook_id, _ = add(service, "http://127.0.0.1:9/")
    for member in ("li", "wang", "dong", "wu"):
        with pytest.raises(NotAllowed):
            house.tenure.switch_webhook(house.order(member), webhook_id, "disable")
    house.tenure.switch_webhook(house.order("root"), webhook_id, "disable")
    house.tenure.switch_webhook(house.order("root"), webhook_id, "disable")
    assert topics(house, webhook_id) == ["webhook.added", "webhook.disabled"]


def test_a_removed_webhook_is_not_found_and_its_row_is_forgotten(
    house: House, service: Service, receiver: Receiver
) -> None:
    webhook_id, _ = add(service, receiver.url)
    house.tenure.switch_webhook(Order(CONSOLE), webhook_id, "remove")
    with pytest.raises(NotFound):
        house.tenure.switch_webhook(Order(CONSOLE), webhook_id, "enable")
    house.register()
    with delivering(service):
        wait_until(lambda: not states.states(service.database), what="the forgotten row")
    assert receiver.messages == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "ftp://example.com/",
        "https://",
        "https://user:pass@example.com/",
        "https://example.com/#part",
        "https://example.com:99999/",
        "https://exam ple.com/",
        "https://例子.cn/",
        "https://example.com/" + "x" * 2_000,
    ],
)
def test_an_address_that_cannot_be_sent_to_is_refused(service: Service, url: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(service, url)
    assert refused.value.problems[0].field == "url"


def test_what_a_worker_has_to_show(house: House, service: Service, receiver: Receiver) -> None:
    webhook_id, _ = add(service, receiver.url, "customer.*")
    worker, stop = Worker(service), threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        house.register()
        wait_until(lambda: receiver.messages, what="the event")
        wait_until(lambda: standing(service, webhook_id).lag == 0, what="the record")
        shown = {name: value for name, _, _, value in worker.gauges()}
        assert shown["tenure_webhook_leader"] == 1
    finally:
        stop.set()
        thread.join(10)
    shown = {name: value for name, _, labels, value in gauges(service) if labels["webhook"]}
    assert shown == {
        "tenure_webhook_lag_events": 0,
        "tenure_webhook_failures": 0,
        "tenure_webhook_disabled": 0,
    }
    assert counts(service) == {"active": 1, "failing": 0, "disabled": 0}


def test_waits_grow_with_failures_and_have_a_bound() -> None:
    random = Random(1)
    waits = [backoff_seconds(failures, None, random) for failures in range(1, 60)]
    assert 2.5 <= waits[0] <= 5
    assert all(wait <= BACKOFF_SECONDS_MAX for wait in waits)
    assert all(wait >= BACKOFF_SECONDS_MAX / 2 for wait in waits[10:])
    assert backoff_seconds(1, 600, random) == 600
    assert backoff_seconds(1, 10**9, random) == 24 * 3600


def test_a_receiver_that_drips_its_handshake_is_cut_off_in_time() -> None:
    """Not each wait alone is bounded, but the whole."""
    over = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.recv(4096)
            connection.sendall(b"\x16\x03\x03\x3f\xff")  # A record of 16,383 bytes, in single ones.
            while not over.wait(0.05):
                connection.sendall(b"\x02")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening,))
        dripping.start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        secret = "whsec_" + b64encode(bytes(32)).decode()
        with Courier(url, secret, Targets(allow_internal=True), timeout_seconds=0.5) as courier:
            reply = courier.send("msg_1", b"{}")
        over.set()
        dripping.join()
    assert (reply.status, reply.excerpt) == (None, "no answer in time")
