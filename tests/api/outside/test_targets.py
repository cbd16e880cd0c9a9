"""Where webhooks may point: nowhere inside, unless a setting says so, and never link-local."""

import socket

import pytest

from api.outside.sending import Courier
from api.outside.targets import TargetRefused, Targets
from domain.errors import Invalid
from tests.api.outside.receiver import receiving

INTERNAL = (
    "https://127.0.0.1/",
    "https://localhost/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://[::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::a00:1]/",
    "https://[2002:a00:1::]/",
)
NEVER = (
    "https://169.254.169.254/latest/meta-data",
    "https://[fe80::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://0.0.0.0/",
    "https://[::]/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://240.0.0.1/",
    "https://0.0.0.1/",
    "https://192.0.0.8/",
    "https://100.64.0.1/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[4000::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[2001:0:1::1]/",
    "https://[::8.8.8.8]/",
    "https://[64:ff9b:1::1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:a9fe:a9fe::]/",
)
PUBLIC = (
    "https://8.8.8.8/",
    "https://[2001:4860:4860::8888]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[64:ff9b::808:808]/",
    "https://[2002:808:808::1]/",
)
SECRET = "whsec_" + "c2VjcmV0" * 4


@pytest.mark.parametrize("url", [*INTERNAL, *NEVER])
def test_internal_addresses_are_refused(url: str) -> None:
    with pytest.raises(Invalid):
        Targets().check(url)
    with pytest.raises(TargetRefused):
        Targets().resolved(url)


@pytest.mark.parametrize("url", PUBLIC)
def test_public_addresses_are_allowed_in_whatever_form_they_are_written(url: str) -> None:
    assert Targets().resolved(url).sockets


@pytest.mark.parametrize("url", NEVER)
def test_link_local_and_addresses_of_nobody_are_refused_whatever_is_set(url: str) -> None:
    with pytest.raises(TargetRefused):
        Targets(allow_http=True, allow_internal=True).resolved(url)


@pytest.mark.parametrize("url", ["https://10.1.2.3/", "https://127.0.0.1/", "https://[fd00::1]/"])
def test_a_setting_allows_internal_networks(url: str) -> None:
    assert Targets(allow_internal=True).resolved(url).sockets


def test_without_tls_only_this_machine_unless_a_setting_says_so() -> None:
    with pytest.raises(TargetRefused):
        Targets().resolved("http://8.8.8.8/")
    assert Targets(allow_http=True).resolved("http://8.8.8.8/").port == 80
    assert Targets(allow_internal=True).resolved("http://127.0.0.1:9/x?y=1").path == "/x?y=1"
    assert Targets().resolved("https://8.8.8.8").port == 443


def test_a_name_is_looked_at_when_it_is_resolved_and_not_resolved_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: the second answer would lead inside, and is never asked for."""
    asked = []

    def resolve(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    courier = Courier("https://example.com/", SECRET, Targets(), timeout_seconds=1)
    reply = courier.send("msg_1", b"{}")
    assert reply.status is None
    assert "10.0.0.1" in reply.excerpt
    with receiving() as receiver:
        port = int(receiver.url.rpartition(":")[2].partition("/")[0])
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda *_, **__: (
                asked.append("again")
                or [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
            ),
        )
        targets = Targets(allow_http=True, allow_internal=True)
        with Courier(f"http://inside.example:{port}/", SECRET, targets, timeout_seconds=1) as one:
            assert one.send("msg_1", b"{}").is_success
            assert one.send("msg_2", b"{}").is_success
        assert receiver.messages[0].headers["host"] == f"inside.example:{port}"
    assert asked == ["example.com", "again"]
