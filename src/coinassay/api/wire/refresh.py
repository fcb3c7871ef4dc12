"""When an account loads itself."""

from __future__ import annotations

from typing import Literal

import msgspec

from coinassay.api.wire.account import timestamp
from coinassay.domain.refresh import write_interval
from coinassay.services.refresh import RefreshState


class Refreshing(msgspec.Struct, frozen=True):
    account_id: int
    every: str
    """The interval, such as "10m" or "1d"; "off" where it is loaded only when somebody asks."""
    own: bool
    """Whether the interval was set for this account; otherwise it is the installation's."""
    next_at: str | None
    """When it is loaded next. In the past: it is due, and waits for its turn. Null while it is paused."""
    paused: Literal["off", "key"] | None
    """ "key": the exchange rejected its key, and is not asked again until the key is changed or works again."""
    refreshed_at: str | None
    """When the last load ended, good or bad, in the background or not."""
    failures: int
    """In a row; 0 after a good load."""
    failure: str | None
    """Code of the last error; null after a good load."""
    reason: str | None


def to_refreshing(state: RefreshState) -> Refreshing:
    return Refreshing(
        account_id=state.account_id,
        every=write_interval(state.interval),
        own=state.own,
        next_at=None if state.next_at is None else timestamp(state.next_at),
        paused=state.paused.value or None,  # type: ignore[arg-type]  # the two words of the enumeration
        refreshed_at=None if state.refreshed_at is None else timestamp(state.refreshed_at),
        failures=state.failures,
        failure=state.failure or None,
        reason=state.reason or None,
    )
