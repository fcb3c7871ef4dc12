"""A user's mode and language, and what a key may do."""

from __future__ import annotations

from typing import Literal

import msgspec

from coinassay.api.wire.account import timestamp
from coinassay.domain.api_key import ApiKey


class CurrentMode(msgspec.Struct, frozen=True):
    mode: Literal["paper", "real"]


class UserLocale(msgspec.Struct, frozen=True):
    locale: str


class PermissionsInfo(msgspec.Struct, frozen=True):
    name: str
    """What its owner called the key."""
    permissions: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    """Addresses and networks it may be used from; empty: any."""
    created_at: str


def to_permissions(key: ApiKey) -> PermissionsInfo:
    return PermissionsInfo(
        name=key.name,
        permissions=tuple(sorted(key.permissions)),
        ip_addresses=tuple(str(network) for network in key.networks),
        created_at=timestamp(key.created_at),
    )
