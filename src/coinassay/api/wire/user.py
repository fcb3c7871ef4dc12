"""A user's own settings."""

from __future__ import annotations

from typing import Literal

import msgspec

from coinassay.api.wire import numbers
from coinassay.api.wire.account import timestamp
from coinassay.domain.account import User
from coinassay.services.ports.currencies import KnownRate


class CurrencyRate(msgspec.Struct, frozen=True):
    usd: str
    """US dollars for one unit."""
    at: str
    """When it was that. The last one known holds until the next, for seven days at most."""


class UserSettings(msgspec.Struct, frozen=True):
    id: int
    name: str
    mode: Literal["all", "real", "paper"]
    """Which accounts are listed; "all" until one of the others was chosen."""
    locale: str
    """The language."""
    display_currency: str
    """What amounts are shown in: `primary_display_currency` everywhere."""
    display_currency_rate: CurrencyRate | None
    """null where it has no price: amounts are shown in US dollars then, and say so."""
    created_at: str


def to_settings(user: User, locale: str, currency: str, rate: KnownRate | None) -> UserSettings:
    return UserSettings(
        id=user.id,
        name=user.name,
        mode=user.mode.value,
        locale=locale,
        display_currency=currency,
        display_currency_rate=None if rate is None else CurrencyRate(numbers.text(rate.usd), timestamp(rate.at)),
        created_at=timestamp(user.created_at),
    )
