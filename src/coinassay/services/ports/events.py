"""What the use cases need to tell users what happens, across processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from coinassay.domain.event import Event, EventKind, NewEvent


class EventNumbers(NamedTuple):
    """Of one user."""

    last: int = 0
    """The last number given to an event; 0 before the first."""
    dropped: int = 0
    """All events up to this one are no longer kept."""


class EventStore(Protocol):
    async def add_events(self, events: Sequence[NewEvent]) -> None:
        """Gives each user's events the next numbers, in their order, and wakes who watches. Events of users and
        accounts that have gone are left out.

        A reader who has seen an event has seen every one with a smaller number, whoever writes at the same time.
        """
        ...

    async def event_numbers(self, user_id: int) -> EventNumbers: ...

    async def list_events(self, user_id: int, after: int, limit: int) -> Sequence[Event]:
        """Those with a number above `after`, in their order, `limit` at most."""
        ...

    async def drop_events(self, user_id: int, before: datetime, up_to: int, limit: int) -> int:
        """Drops, from the oldest one on, those from before `before` and those with a number up to `up_to`: at most
        `limit` of them. How many there may have been."""
        ...

    def watch_events(self, user_id: int, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` soon after events of the user were added, here or in another process; sometimes without reason.
        Gives what ends it."""
        ...


class Publisher(Protocol):
    def publish(
        self, user_id: int, account_id: int | None, kind: EventKind, data: Mapping[str, object] | None = None
    ) -> None:
        """Tells who listens, soon. Neither waits nor raises."""
        ...
