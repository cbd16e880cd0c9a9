"""Where a webhook may point: public addresses over TLS, unless a setting says otherwise.

A name is resolved once for each connection, every address that it has is looked at, and the
connection goes to one of those and nowhere else: a name that answers differently a moment later
(DNS rebinding) leads nowhere new. Source: Standard Webhooks 1.0.0, "Server side request forgery".
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from domain.errors import Invalid

_LOOPBACK_NAMES = frozenset(("localhost", "127.0.0.1", "::1"))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out to the public; the rest is reserved, local or nobody's."""
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
_NOBODYS = tuple(
    map(
        ipaddress.ip_network,
        ("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "2001:db8::/32", "3fff::/20"),
    )
)
"""Of protocols and documents alone. Source: IANA, special-purpose address registries."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TargetRefused(Exception):
    """The address is not one to which events may be sent. zh, en: why, and what would be right."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class Target:
    """Where one connection goes. sockets: family and address, each of them allowed."""

    host: str
    port: int
    is_tls: bool
    path: str
    sockets: tuple[tuple[int, Any], ...]


@dataclass(frozen=True, slots=True)
class Targets:
    """What is allowed. allow_internal: loopback and private networks, too; link-local ones, where
    clouds keep their machines' credentials, never. allow_http: without TLS beyond loopback."""

    allow_http: bool = False
    allow_internal: bool = False

    def check(self, url: str) -> None:
        """Raise Invalid for a URL that is known not to be allowed without resolving its name."""
        parts = urlsplit(url)
        try:
            self._check_scheme(parts.scheme, parts.hostname or "")
            literal = _literal(parts.hostname or "")
            if literal is not None:
                self._check_address(literal)
            elif parts.hostname == "localhost":
                self._check_address(ipaddress.ip_address("127.0.0.1"))
        except TargetRefused as refused:
            raise Invalid.field("url", "not-allowed", zh=refused.zh, en=refused.en) from refused

    def resolved(self, url: str) -> Target:
        """The target of a URL, its name resolved. Raises TargetRefused, OSError."""
        parts = urlsplit(url)
        host, is_tls = parts.hostname or "", parts.scheme == "https"
        self._check_scheme(parts.scheme, host)
        port = parts.port or (443 if is_tls else 80)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for _, _, _, _, address in found:
            self._check_address(ipaddress.ip_address(str(address[0]).partition("%")[0]))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sockets = tuple((family, address) for family, _, _, _, address in found)
        return Target(host, port, is_tls, path, sockets)

    def _check_scheme(self, scheme: str, host: str) -> None:
        if scheme != "https" and not self.allow_http and host not in _LOOPBACK_NAMES:
            raise TargetRefused(
                zh="须用 https；确需 http 时设 TENURE_WEBHOOK_ALLOW_HTTP=true",
                en="must be https; TENURE_WEBHOOK_ALLOW_HTTP=true allows http",
            )

    def _check_address(self, address: Address) -> None:
        if not all(self._allows(one) for one in (address, *_inside(address))):
            raise TargetRefused(
                zh=f"{address} 不是公网地址；内网地址须设 TENURE_WEBHOOK_ALLOW_INTERNAL=true，"
                "链路本地地址一律不允许",
                en=f"{address} is no public address; TENURE_WEBHOOK_ALLOW_INTERNAL=true allows "
                "internal ones, but never link-local ones",
            )

    def _allows(self, address: Address) -> bool:
        """Whether it is somebody's, and where a webhook may point."""
        is_nobodys = address.is_unspecified or any(address in one for one in _NOBODYS)
        if address.is_link_local or address.is_multicast or is_nobodys:
            return False
        if address.is_loopback or any(address in one for one in _PRIVATE):
            return self.allow_internal
        if isinstance(address, ipaddress.IPv4Address):
            return address.is_global and not address.is_reserved
        stands_for_another = address.ipv4_mapped is not None or address in _NAT64
        return stands_for_another or (address.is_global and address in _UNICAST)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _inside(address: Address) -> tuple[Address, ...]:
    """IPv4 addresses that an IPv6 address stands for: mapped, 6to4, or behind NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found = [address.ipv4_mapped, address.sixtofour]
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(one for one in found if one is not None)
