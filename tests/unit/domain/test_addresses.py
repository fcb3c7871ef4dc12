"""Whose word about a caller's address counts."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from coinassay.domain.addresses import UNKNOWN, Networks, bucket, caller_address

PROXIES: Networks = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", [b"198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [b"198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [b"192.0.2.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [b"192.0.2.1", b"198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [b"192.0.2.1, 198.51.100.1, 10.2.2.2"], "198.51.100.1"),
        ("10.0.0.1", [b"10.9.9.9, 10.2.2.2"], "10.9.9.9"),
        ("10.0.0.1", [b"198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", [b"[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", [b"2001:DB8::1"], "2001:db8::1"),
        ("10.0.0.1", [b"::ffff:198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", [b"198.51.100.1"], "198.51.100.1"),
        ("fd00::1", [b"198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [b"198.51.100.1, unknown"], UNKNOWN),
        ("10.0.0.1", [b""], UNKNOWN),
        ("10.0.0.1", [b"198.51.100.1, \xff"], UNKNOWN),
        ("10.0.0.1", [b"unknown, 198.51.100.1"], "198.51.100.1"),
        ("", [b"198.51.100.1"], ""),
    ],
)
def test_the_rightmost_untrusted_hop_is_the_caller(peer: str, forwarded: list[bytes], caller: str) -> None:
    assert caller_address(peer, forwarded, PROXIES) == caller


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert caller_address("10.0.0.1", [b"198.51.100.1"], ()) == "10.0.0.1"


@pytest.mark.parametrize(
    ("address", "one"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_one_subscriber_is_one_caller(address: str, one: str) -> None:
    assert bucket(address) == one
