"""What happens to a user's accounts, as it is told to those who listen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    LOAD_STARTED = "load_started"
    WALLET_DONE = "wallet_done"
    """One wallet of an account that is being loaded was read, or could not be."""
    LOAD_FINISHED = "load_finished"
    LOAD_FAILED = "load_failed"
    """Nothing could be read: the account is as it was."""
    TOTAL = "total"
    """What an account is worth has been worked out anew."""
    MISSED = "missed"
    """Events between the last one a listener has seen and this one are no longer kept. Never stored."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that has no number yet."""

    user_id: int
    account_id: int | None
    kind: EventKind
    at: datetime
    data: Mapping[str, object] = field(default_factory=dict)
    """What becomes a JSON object; decimals as text."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. The numbers of a user's events ascend; some may be left out."""

    id: int
    account_id: int | None
    kind: EventKind
    at: datetime
    data: str = "{}"
    """A JSON object."""
