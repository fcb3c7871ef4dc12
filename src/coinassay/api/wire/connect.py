"""What a key could be connected as."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from coinassay.services.doctor import Connectable


class TypeToConnect(msgspec.Struct, frozen=True):
    type: str
    """A market code: what `types_to_create` of `accounts/new` takes."""
    connected: bool
    available: bool
    """False where the exchange says that the key cannot read it."""
    unified: bool


def to_types(found: Sequence[Connectable]) -> list[TypeToConnect]:
    return [TypeToConnect(each.market.code, each.connected, each.available, each.unified) for each in found]
