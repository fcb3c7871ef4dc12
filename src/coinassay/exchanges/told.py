"""What readers of deposits and withdrawals work with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.movement import Movement, MovementState, reference_of
from coinassay.domain.snapshot import FlowKind
from coinassay.domain.trade import EPOCH
from coinassay.exchanges.fills import MILLISECOND, moment
from coinassay.exchanges.reading import Resolve, number, unexpected

DAY = 86_400_000
"""Milliseconds."""
MOST_PAGES = 100
"""Asked for one after the other of one window."""

PENDING, DONE, FAILED = MovementState.PENDING, MovementState.DONE, MovementState.FAILED
DEPOSIT, WITHDRAWAL = FlowKind.DEPOSIT, FlowKind.WITHDRAWAL


class Told:
    """What a reading has been told so far. Times are milliseconds since 1970."""

    def __init__(
        self, exchange: Any, resolve: Resolve, start: int, end: int, check: Callable[[], None], *, thorough: bool
    ) -> None:
        """`check` raises OutOfTime when no further request may be made."""
        self.exchange = exchange
        self.start = start
        self.end = end
        self.read_until = start
        self.thorough = thorough
        self._resolve = resolve
        self._check = check
        self._movements: dict[str, Movement] = {}

    @property
    def movements(self) -> tuple[Movement, ...]:
        return tuple(self._movements.values())

    def __contains__(self, reference: str) -> bool:
        return reference in self._movements

    async def ask(self, call: Callable[[], Awaitable[Any]]) -> Any:
        self._check()
        return await call()

    async def in_windows(self, days: int, read: Callable[[int, int], Awaitable[None]]) -> None:
        """Window by window, the oldest first. What was read of former windows is good when one fails."""
        low = self.start
        while low < self.end:
            high = min(low + days * DAY, self.end)
            await read(low, high)
            self.read_until = low = high

    def add(
        self,
        kind: FlowKind,
        own_id: object,
        at: int,
        currency: object,
        amount: Decimal,
        *,
        fee: Decimal | None = None,
        fee_currency: object = None,
        state: MovementState = DONE,
        txid: object = None,
        note: str = "",
    ) -> None:
        """`currency` is the exchange's id of it, `amount` what was credited or arrives elsewhere; a fee in another
        currency becomes a withdrawal of its own. What is told twice counts once."""
        if not isinstance(currency, str) or not currency:
            raise unexpected(self.exchange, "the currency of a deposit or withdrawal")
        self.add_code(
            kind,
            own_id,
            at,
            str(self.exchange.safe_currency_code(currency)),
            amount,
            fee=fee,
            fee_code=None if fee_currency is None else str(self.exchange.safe_currency_code(fee_currency)),
            state=state,
            txid=txid,
            note=note,
        )

    def add_code(
        self,
        kind: FlowKind,
        own_id: object,
        at: int,
        code: str,
        amount: Decimal,
        *,
        fee: Decimal | None = None,
        fee_code: str | None = None,
        state: MovementState = DONE,
        txid: object = None,
        note: str = "",
    ) -> None:
        """The same by ccxt's codes."""
        if own_id is None or own_id == "":
            raise unexpected(self.exchange, "the id of a deposit or withdrawal")
        resolved = self._resolve(code)
        amount, fee = amount.copy_abs(), (fee or ZERO).copy_abs()
        apart = fee_code is not None and fee_code != code and bool(fee)
        reference = reference_of(kind, str(own_id))
        if amount or fee:
            self._movements[reference] = Movement(
                reference=reference,
                kind=kind,
                at=moment(at),
                asset=resolved.code,
                amount=CONTEXT.multiply(amount, resolved.multiplier),
                fee=ZERO if apart else CONTEXT.multiply(fee, resolved.multiplier),
                state=state,
                txid="" if txid is None else str(txid),
                note=note,
            )
        if apart and kind is WITHDRAWAL:
            assert fee_code is not None
            self.add_code(kind, f"{own_id}:fee", at, fee_code, fee, state=state, note="Fee of a withdrawal.")

    def number(self, value: object) -> Decimal:
        return number(self.exchange, value)

    def optional(self, value: object) -> Decimal | None:
        """ "" and null are how exchanges write nothing."""
        return None if value is None or value == "" else number(self.exchange, value)


async def together(calls: Iterable[Coroutine[Any, Any, None]]) -> None:
    """All of them at once; the first error of any ends the others."""
    tasks = [asyncio.ensure_future(each) for each in calls]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    errors = [each for each in results if isinstance(each, BaseException)]
    if errors:
        raise next((each for each in errors if not isinstance(each, asyncio.CancelledError)), errors[0])


def milliseconds(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND
