"""Whose address a request comes from: the peer's, or what a proxy that the settings trust says of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from flask import Request

IPV6_NETWORK = 64
"""Bits of an IPv6 address that tell one subscriber from another; the rest they choose themselves."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(request: Request, proxies: Sequence[Network]) -> str:
    """The nearest address that is no trusted proxy's; of IPv6, its network."""
    nearest = parsed(request.remote_addr or "")
    hops = ",".join(request.headers.getlist("X-Forwarded-For")).split(",") if proxies else []
    while nearest is not None and hops and any(nearest in network for network in proxies):
        hop = parsed(hops.pop().strip())
        if hop is None:
            break
        nearest = hop
    return subscriber((request.remote_addr or "") if nearest is None else str(nearest))


def subscriber(text: str) -> str:
    """An address as it counts for limits: of IPv6, its network; what is none, as it is."""
    address = parsed(text)
    if not isinstance(address, ipaddress.IPv6Address):
        return text if address is None else str(address)
    return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))


def parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that `text` is, if it is one; an IPv4 one that is written as IPv6, as itself."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
