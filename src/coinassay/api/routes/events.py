"""What happens, as it happens: server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from coinassay.api.call import Call
from coinassay.api.declared import EventNumber
from coinassay.api.options import ApiOptions
from coinassay.api.routing import OWN, Route
from coinassay.api.streams import Stream
from coinassay.api.wire.events import BEAT, HEADERS, beginning, told
from coinassay.domain.api_key import ApiKey, Permission
from coinassay.errors import NotAuthenticated, TooManyRequests
from coinassay.services.bundle import Services
from coinassay.services.events import Subscription

LAST_EVENT_ID = EventNumber(
    "last_event_id",
    "The `id` of the last event that was seen: those after it come first. The header `Last-Event-ID`, which browsers "
    "send when they connect again, goes before it. Without either, what happens from now on.",
    41,
)


class EventRoutes:
    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._events = services.events
        self._keys = services.api_keys
        self._heartbeat = options.heartbeat

    def table(self) -> Sequence[Route]:
        return (
            Route(
                "GET",
                "/v1/events",
                self.events,
                Permission.ACCOUNTS_READ,
                summary="What happens, as it happens",
                answer=str,
                params=(LAST_EVENT_ID,),
                errors=(TooManyRequests,),
                prefix=OWN,
                media="text/event-stream",
            ),
        )

    async def events(self, call: Call) -> Stream:
        """An answer without an end, in the format of
        [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html): what happens to the
        user's accounts, in whichever process. Each event has a number, its `id`, larger than those before it."""
        after = LAST_EVENT_ID.read(call.params)
        sent = call.header(b"last-event-id")
        if sent:
            after = LAST_EVENT_ID.read_text(sent, call.params)
        call.params.check()
        if call.key is None:
            raise NotAuthenticated
        subscription = await self._events.subscribe(call.key.user_id, after)
        return Stream(HEADERS, self._tell(call.key, subscription), subscription.close)

    async def _tell(self, key: ApiKey, subscription: Subscription) -> AsyncGenerator[bytes, None]:
        yield beginning(subscription.after)
        while not subscription.ended:
            events = await subscription.take(self._heartbeat)
            if await self._keys.find(key.api_key) is None:  # revoked meanwhile
                return
            if not subscription.ended or events:
                yield b"".join(map(told, events)) or BEAT
