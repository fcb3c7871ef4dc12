"""Whether this machine's clock agrees with an exchange's."""

from __future__ import annotations

from typing import Any

SECOND = 1000


async def skew(exchange: Any) -> float | None:
    """Seconds by which this machine's clock is at least ahead (negative: behind); None where the exchange has no clock
    to ask.

    The exchange's time was read between the sending of the request and the coming of its answer, so a difference within
    that span is none. Some exchanges tell whole seconds, cut off: those may be up to a second later.
    """
    if not exchange.has.get("fetchTime"):
        return None
    sent = exchange.milliseconds()
    told = await exchange.fetch_time()
    received = exchange.milliseconds()
    return None if told is None else difference(sent, int(told), received)


def difference(sent: int, told: int, received: int) -> float:
    """All in milliseconds since 1970."""
    latest = told + (SECOND - 1 if told % SECOND == 0 else 0)
    if latest < sent:
        return (sent - latest) / SECOND
    return (received - told) / SECOND if told > received else 0.0
