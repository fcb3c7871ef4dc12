"""Calling foreign code, with nothing but our own errors coming out of it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from coinassay.errors import ExchangeError
from coinassay.exchanges.errors import LAST_ANSWER, Circumstances, Phase, note, scrub, to_ours

_T = TypeVar("_T")


async def ask(exchange_id: str, call: Awaitable[_T], secrets: Iterable[str] = ()) -> _T:
    """What `call`, which asks the exchange through ccxt, returns.

    Raises ExchangeError for whatever comes out of it: beside ccxt's own classes that is what its code does with an
    answer it did not expect (TypeError, KeyError, …) or with credentials it cannot sign with. The cause holds nothing
    secret: it may be logged.
    """
    result, _ = await ask_knowing(exchange_id, call, secrets)
    return result


async def ask_knowing(exchange_id: str, call: Awaitable[_T], secrets: Iterable[str] = ()) -> tuple[_T, bool]:
    """The same, and whether the exchange has answered a request of the call: one that needs none proves nothing."""
    context = contextvars.copy_context()
    context.run(LAST_ANSWER.set, None)
    task = asyncio.get_running_loop().create_task(_wait(call), context=context)
    try:
        await asyncio.wait((task,))
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait((task,))
        raise
    error = task.exception()
    answer = context.get(LAST_ANSWER)
    if error is None:
        return task.result(), answer is not None and answer.status < 400
    if isinstance(error, ExchangeError) or not isinstance(error, Exception):
        raise error
    if answer is not None:
        note(error, Circumstances(Phase.ANSWERED, answer))
    ours = to_ours(error, exchange_id, secrets)
    raise ours from scrub(error, ours.message)


async def _wait(call: Awaitable[_T]) -> _T:
    return await call
