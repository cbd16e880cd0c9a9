"""Rules of a request's origin: forwarding headers count from trusted proxies alone."""

from __future__ import annotations

from typing import Any

import pytest

from api.proxies import Proxies, network_of

PROXY, OTHER, CLIENT, LIAR = "10.0.0.1", "10.0.0.2", "203.0.113.7", "198.51.100.9"
TRUSTED = ("10.0.0.0/8",)


def a_scope(peer: str | None, *headers: tuple[str, str], scheme: str = "http") -> Any:
    return {
        "client": None if peer is None else (peer, 4711),
        "scheme": scheme,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded"])
def test_a_header_of_somebody_who_is_not_trusted_is_never_read(header: str) -> None:
    sent = a_scope(LIAR, ("x-forwarded-for", CLIENT), ("forwarded", f"for={CLIENT};proto=https"))
    for proxies in (Proxies(), Proxies(TRUSTED, header)):  # type: ignore[arg-type]
        assert proxies.origin(sent) == (LIAR, False)


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ([CLIENT], CLIENT),
        ([f"{LIAR}, {CLIENT}"], CLIENT),
        ([LIAR, CLIENT], CLIENT),
        ([f"{LIAR}, {CLIENT}, {OTHER}"], CLIENT),
        ([f"{CLIENT}:5123"], CLIENT),
        (["2001:db8::7"], "2001:db8::7"),
        (["[2001:db8::7]:5123"], "2001:db8::7"),
        ([f"::ffff:{CLIENT}"], CLIENT),
        ([f"{CLIENT}, unknown"], PROXY),
        ([OTHER], OTHER),
        ([""], PROXY),
        ([], PROXY),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_not_trusted(
    said: list[str], client: str
) -> None:
    sent = a_scope(PROXY, *(("x-forwarded-for", value) for value in said))
    assert Proxies(TRUSTED).origin(sent) == (client, False)


@pytest.mark.parametrize(
    ("said", "origin"),
    [
        (f"for={CLIENT};proto=https;by={PROXY}", (CLIENT, True)),
        (f"for={LIAR}, for={CLIENT}", (CLIENT, False)),
        ('For="[2001:db8::7]:5123"', ("2001:db8::7", False)),
        ("for=_hidden", (PROXY, False)),
    ],
)
def test_the_standard_header_is_read_where_it_is_the_one_named(
    said: str, origin: tuple[str, bool]
) -> None:
    # A proxy that sets one header passes the other on as it came.
    sent = a_scope(PROXY, ("x-forwarded-for", LIAR), ("forwarded", said))
    assert Proxies(TRUSTED, "forwarded").origin(sent) == origin


def test_a_trusted_proxy_says_whether_the_client_came_over_tls() -> None:
    sent = [("x-forwarded-for", CLIENT), ("x-forwarded-proto", "https")]
    assert Proxies(TRUSTED).origin(a_scope(PROXY, *sent)) == (CLIENT, True)
    assert Proxies(TRUSTED).origin(a_scope(LIAR, *sent)) == (LIAR, False)
    assert Proxies().origin(a_scope(LIAR, scheme="https")) == (LIAR, True)


def test_a_long_chain_is_read_to_a_bound_and_no_peer_is_no_client() -> None:
    chain = ", ".join([CLIENT, *[OTHER] * 100])
    assert Proxies(TRUSTED).origin(a_scope(PROXY, ("x-forwarded-for", chain))) == (OTHER, False)
    assert Proxies(TRUSTED).origin(a_scope(None)) == (None, False)


def test_clients_are_counted_by_address_and_in_ipv6_by_household() -> None:
    assert network_of("2001:db8:1:2::7") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8:1:2::7") != network_of("2001:db8:1:3::7")
    assert network_of(f"::ffff:{CLIENT}") == network_of(CLIENT) == CLIENT
    assert network_of(None) == network_of("unix") == "-"
