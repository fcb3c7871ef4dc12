"""A second event loop, in a thread of its own, for what takes ccxt long.

Parsing the catalogue of an exchange like Binance takes 0.2 s, a list of all its prices nearly as long, and ccxt does it
in one piece. In the thread it only slows the requests that are being answered meanwhile; it does not stop them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class Background:
    """Started with the first call."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    async def run(self, make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """What the coroutine made by `make` returns or raises there. Cancelling this cancels it, too; context variables
        are handed on."""
        future = asyncio.run_coroutine_threadsafe(make(), self._started())
        return await asyncio.wrap_future(future)

    async def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs the coroutine of `last` there and ends the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
        if loop is None or thread is None:
            return
        try:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(last(), loop))
        finally:
            loop.call_soon_threadsafe(loop.stop)
            await asyncio.to_thread(thread.join)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_serve, args=(self._loop,), name=self._name, daemon=True)
                self._thread.start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
