"""Deposits and withdrawals at Kraken.

Traps, and where they come from (https://docs.kraken.com/api-reference):
- DepositStatus tells a deposit's amount before its fee, WithdrawStatus a withdrawal's without its fee; both say whole
  seconds, and when it was begun, not when it was credited.
- `start` is exclusive, in seconds.
- The ledger says it all to the digit, but a page of 50 entries costs a key as much as six seconds of waiting. So it is
  asked only for what the lists do not have, where something is missing or has come from nowhere: transfers to and from
  Kraken Futures, which is an account of its own here. A key may lack the permission for it.
- Staking rewards, airdrops and dividends are in neither list: they are earned.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.snapshot import FlowKind
from coinassay.exchanges.reading import Row, inside, rows_of, table_of
from coinassay.exchanges.told import DEPOSIT, DONE, FAILED, MOST_PAGES, PENDING, WITHDRAWAL, Told, together

PAGE = 50
FUTURES = ("spottofutures", "spotfromfutures")
"""Subtypes of transfers to and from Kraken Futures."""
_STATES = {"Success": DONE, "Failure": FAILED, "Canceled": FAILED}
"""Everything else is on its way: Initial, Pending, Settled, On hold."""


async def spot(told: Told) -> None:
    await together(
        [
            _list(told, DEPOSIT, "privatePostDepositStatus"),
            _list(told, WITHDRAWAL, "privatePostWithdrawStatus"),
        ]
    )
    if told.thorough:
        await _futures(told)
    told.read_until = told.end


async def _list(told: Told, kind: FlowKind, method: str) -> None:
    params = {"start": _seconds(told.start - 1), "end": _seconds(told.end)}
    reply: Any = await told.ask(partial(getattr(told.exchange, method), params))
    for row in rows_of(told.exchange, reply, "result"):
        fee = told.optional(row.get("fee")) or ZERO
        amount = told.number(inside(told.exchange, row, "amount"))
        told.add(
            kind,
            row.get("refid"),
            _moment(told, row),
            row.get("asset"),
            CONTEXT.subtract(amount, fee) if kind is DEPOSIT else amount,
            fee=fee if kind is WITHDRAWAL else None,
            state=_STATES.get(str(row.get("status")), PENDING),
            txid=row.get("txid"),
        )


async def _futures(told: Told) -> None:
    """Nothing for a key that may not read the ledger."""
    from ccxt.base.errors import PermissionDenied

    for page in range(MOST_PAGES):
        params = {
            "type": "transfer",
            "start": _seconds(told.start - 1),
            "end": _seconds(told.end),
            "ofs": page * PAGE,
        }
        try:
            reply = await told.ask(partial(told.exchange.privatePostLedgers, params))
        except PermissionDenied:
            return
        rows = table_of(told.exchange, reply, "result", "ledger")
        for number, row in rows.items():
            _add(told, number, table_of(told.exchange, row))
        if len(rows) < PAGE:
            return


def _add(told: Told, number: str, row: Row) -> None:
    if row.get("subtype") not in FUTURES:
        return
    amount = told.number(inside(told.exchange, row, "amount"))
    kind = DEPOSIT if amount > ZERO else WITHDRAWAL
    told.add(kind, number, _moment(told, row), row.get("asset"), amount, note="Between wallets.")


def _moment(told: Told, row: Row) -> int:
    return int(CONTEXT.multiply(told.number(inside(told.exchange, row, "time")), Decimal(1000)))


def _seconds(milliseconds: int) -> str:
    return str(Decimal(milliseconds).scaleb(-3))


READERS = {"kraken": spot}
"""By market code."""
