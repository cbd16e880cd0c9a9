"""Where a request came from: the peer itself, or what a trusted proxy says of its own peer.

A forwarding header is read only from a peer in `TENURE_TRUSTED_PROXIES`, and only the one that
`TENURE_FORWARDED_HEADER` names: a proxy that sets the one passes the other on unread, so whoever
sends that could say anything. Addresses are read from the right, each as long as the one that
reported it is trusted; the first that is not is the client.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from starlette.types import Scope

Address = IPv4Address | IPv6Address
ForwardedHeader = Literal["x-forwarded-for", "forwarded"]
HOPS_MAX = 20
_PART = re.compile(r'\s*(?P<name>for|proto)\s*=\s*"?(?P<value>[^";,]*)"?', re.IGNORECASE)
_PORT = re.compile(r"^(?P<address>\[[^\]]*\]|[0-9.]+)(:[0-9]{1,5})?$")


class Proxies:
    """Whose word on a request's origin counts. networks: in CIDR form."""

    def __init__(
        self, networks: Iterable[str] = (), header: ForwardedHeader = "x-forwarded-for"
    ) -> None:
        self._networks = [ip_network(network, strict=False) for network in networks]
        self._header = header.encode()

    def origin(self, scope: Scope) -> tuple[str | None, bool]:
        """The client's address, None where there is none, and whether it came over TLS."""
        peer = scope.get("client")
        is_secure = scope.get("scheme") == "https"
        if peer is None or not self._networks:
            return (peer[0] if peer else None), is_secure
        client = address_of(peer[0])
        if client is None or not self._trusts(client):
            return peer[0], is_secure
        said = _said(scope, self._header)
        protocols = said[1] or _values(scope, b"x-forwarded-proto")
        for hop in reversed(said[0][-HOPS_MAX:]):
            found = address_of(hop)
            if found is None:
                break  # What the last one to be trusted could not name is not known.
            client = found
            if not self._trusts(found):
                break
        return str(client), is_secure or protocols[-1:] == ["https"]

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def is_here(host: str) -> bool:
    """True for a name or an address of this machine alone."""
    address = address_of(host)
    return host == "localhost" or (address is not None and address.is_loopback)


@lru_cache(maxsize=4096)
def address_of(text: str) -> Address | None:
    """An address, with or without port and brackets; a mapped IPv4 one as IPv4."""
    found = _PORT.match(text.strip())
    try:
        address = ip_address((found["address"] if found else text.strip()).strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def network_of(client: str | None) -> str:
    """By what a client is counted: its address, of IPv6 the /64 that one household has whole."""
    address = address_of(client) if client is not None else None
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address or "-")


def _said(scope: Scope, header: bytes) -> tuple[Sequence[str], Sequence[str]]:
    """Hops and protocols that the header names, in its order."""
    values = _values(scope, header)
    if header != b"forwarded":
        return values, ()
    parts = [part for value in values for part in _PART.finditer(value)]
    hops = [part["value"] for part in parts if part["name"].lower() == "for"]
    return hops, [part["value"].lower() for part in parts if part["name"].lower() == "proto"]


def _values(scope: Scope, header: bytes) -> list[str]:
    sent = (value.decode("latin-1") for name, value in scope["headers"] if name == header)
    return [part.strip() for value in sent for part in value.split(",") if part.strip()]
