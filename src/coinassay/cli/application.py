"""The API and the pages as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

OF_THE_API = ("/public/", "/api/", "/img/", "/docs", "/openapi.json")


class Both:
    """The API has the paths below `OF_THE_API`, the pages all others.

    The pages are made when the first one is asked for, on a thread: a server that nobody looks at spends neither the
    time nor the memory. A request to the API costs one comparison more.
    """

    def __init__(self, api: Application, make_web: Callable[[], Application]) -> None:
        self._api = api
        self._make_web = make_web
        self._web: Application | None = None
        self._making = asyncio.Lock()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or scope["path"].startswith(OF_THE_API):
            return self._api(scope, receive, send)
        return self._page(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._web is None:
            async with self._making:
                if self._web is None:
                    self._web = await asyncio.to_thread(self._make_web)
        await self._web(scope, receive, send)
