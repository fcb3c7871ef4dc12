"""Events, for listeners in any process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from coinassay.domain.event import Event, EventKind, NewEvent
from coinassay.services.ports.events import EventNumbers
from coinassay.storage import statements as sql
from coinassay.storage.codec import to_json
from coinassay.storage.database import Change, Row, announce, change
from coinassay.storage.noun import Noun


class Events(Noun):
    """The port EventStore."""

    async def add_events(self, events: Sequence[NewEvent]) -> None:
        by_user: dict[int, list[NewEvent]] = {}
        for event in events:
            by_user.setdefault(event.user_id, []).append(event)
        users = sorted(by_user)  # two processes that lock several counters lock them in one order
        rows = [
            {
                "user_id": user_id,
                "back": len(by_user[user_id]) - place,
                "account_id": event.account_id,
                "at": event.at,
                "kind": event.kind.value,
                "body": to_json(event.data).decode(),
            }
            for user_id in users
            for place, event in enumerate(by_user[user_id], 1)
        ]
        counts = [{"user_id": user_id, "count": len(by_user[user_id])} for user_id in users]
        await self._db.write(
            [
                Change(sql.COUNT_EVENTS, counts),
                Change(sql.ADD_EVENT, rows),
                *(announce(_topic(user_id)) for user_id in users),
            ]
        )

    async def event_numbers(self, user_id: int) -> EventNumbers:
        row = await self._db.fetch_one(sql.FIND_EVENT_NUMBERS, {"user_id": user_id})
        return EventNumbers() if row is None else EventNumbers(*row)

    async def list_events(self, user_id: int, after: int, limit: int) -> Sequence[Event]:
        params = {"user_id": user_id, "after": after, "limit": limit}
        return [_event(row) for row in await self._db.fetch_all(sql.LIST_EVENTS, params)]

    async def drop_events(self, user_id: int, before: datetime, up_to: int, limit: int) -> int:
        params = {"user_id": user_id, "before": before, "up_to": up_to, "limit": limit}
        row = await self._db.fetch_one(sql.FIND_DROPPABLE_EVENTS, params)
        if row is None or row[0] is None:
            return 0
        await self._db.write(
            [
                change(sql.SET_DROPPED_EVENTS, user_id=user_id, dropped_id=row[0]),
                change(sql.DROP_EVENTS, user_id=user_id, id=row[0]),
            ]
        )
        return int(row[1])

    def watch_events(self, user_id: int, wake: Callable[[], None]) -> Callable[[], None]:
        return self._db.watch(_topic(user_id), wake)


def _topic(user_id: int) -> str:
    return f"events {user_id}"


def _event(row: Row) -> Event:
    number, account_id, kind, at, body = row
    return Event(number, account_id, EventKind(kind), at, body)
