"""Calling foreign code, with nothing but our own errors coming out of it."""

from __future__ import annotations

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
    before = LAST_ANSWER.set(None)
    try:
        result = await call
        answer = LAST_ANSWER.get()
        return result, answer is not None and answer.status < 400
    except ExchangeError:
        raise
    except Exception as e:
        answer = LAST_ANSWER.get()
        if answer is not None:
            note(e, Circumstances(Phase.ANSWERED, answer))
        ours = to_ours(e, exchange_id, secrets)
        scrub(e, ours.message)
        raise ours from e
    finally:
        LAST_ANSWER.reset(before)
