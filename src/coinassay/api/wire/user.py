"""A user's own settings."""

from __future__ import annotations

from typing import Literal

import msgspec

from coinassay.api.wire.account import timestamp
from coinassay.domain.account import User


class UserSettings(msgspec.Struct, frozen=True):
    id: int
    name: str
    mode: Literal["all", "real", "paper"]
    """Which accounts are listed; "all" until one of the others was chosen."""
    locale: str
    """The language."""
    created_at: str


def to_settings(user: User, locale: str) -> UserSettings:
    return UserSettings(
        id=user.id,
        name=user.name,
        mode=user.mode.value,
        locale=locale,
        created_at=timestamp(user.created_at),
    )
