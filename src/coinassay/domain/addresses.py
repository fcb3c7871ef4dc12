"""Where a request comes from, as far as that can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Networks = tuple[IPv4Network | IPv6Network, ...]

UNKNOWN = ""
"""The address of a caller that has none one could believe. No allow-list contains it."""


def caller_address(peer: str, forwarded: Sequence[bytes], trusted: Networks) -> str:
    """The address of whoever sent the request.

    `peer` is the other end of the connection, `forwarded` the values of X-Forwarded-For in order. Each proxy appends
    the address it was called from, so the list is read from the right for as long as its hops are `trusted`; the first
    that is not is the caller, and what stands left of it is merely what the caller says.
    """
    if not trusted or not _is_in(peer, trusted):
        return peer
    caller = peer
    for hop in reversed(b",".join(forwarded).split(b",") if forwarded else []):
        text = _without_port(hop.decode("latin-1").strip())
        address = _parse(text)
        if address is None:
            return UNKNOWN
        caller = str(address)
        if not _is_in(caller, trusted):
            return caller
    return caller


def bucket(address: str) -> str:
    """What counts as one caller among strangers: an IPv4 address, or the /64 network one IPv6 subscriber has."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False))
    return address if parsed is None else str(parsed)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """None for what is no address. IPv4 inside IPv6 counts as IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(text: str, networks: Networks) -> bool:
    address = _parse(text)
    return address is not None and any(address in network for network in networks)


def _without_port(text: str) -> str:
    """`192.0.2.1:4711` and `[2001:db8::1]:4711` (some proxies write them so) without brackets and port."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
