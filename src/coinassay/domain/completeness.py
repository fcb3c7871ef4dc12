"""How far a total can be relied on (docs/explanation/completeness.md)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from coinassay.domain.account import Account

STALE_AFTER = timedelta(hours=1)
"""Balances older than that are called stale where the account's own interval is not longer."""


class Completeness(StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"
    """A wallet was not read: its last good balances stand in, or it is not known at all."""
    STALE = "stale"
    """What is known is older than it should be."""
    NONE = "none"
    """Nothing was ever read."""


def stale_after(interval: timedelta) -> timedelta:
    """Where an account is read by itself, two of its intervals may pass; where it is not (0), an hour, as well."""
    return max(STALE_AFTER, 2 * interval)


def completeness(account: Account, failing: bool, interval: timedelta, now: datetime) -> Completeness:
    """`failing`: the last attempt to load the account failed."""
    if account.loaded_at is None:
        return Completeness.NONE
    if failing or now - account.loaded_at > stale_after(interval):
        return Completeness.STALE
    return Completeness.COMPLETE if account.complete else Completeness.PARTIAL


def of_all(states: Iterable[Completeness]) -> Completeness:
    """Of several accounts together: an account of which nothing is known leaves the sum partial."""
    found = set(states)
    if found <= {Completeness.NONE}:
        return Completeness.NONE
    if Completeness.STALE in found:
        return Completeness.STALE
    return Completeness.COMPLETE if found == {Completeness.COMPLETE} else Completeness.PARTIAL
