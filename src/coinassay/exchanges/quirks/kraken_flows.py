"""Deposits and withdrawals at Kraken: from its ledger, which is what changed the balance, when and by how much.

Traps, and where they come from (https://docs.kraken.com/api/docs/rest-api/get-ledgers):
- 50 entries on a page, the newest first; `start` is exclusive, in seconds.
- A deposit's `amount` is before its `fee`; a withdrawal's is negative and its fee is extra. A withdrawal that failed is
  given back by an entry of its own, of the same `refid`.
- The ledger has no transaction id; the lists of recent deposits and withdrawals have, by `refid`. They hold what was
  not credited yet as well, which is no concern: nothing has changed.
- A key may read the lists and not the ledger ("Query ledger entries" is a permission of its own).
- Staking rewards, airdrops and dividends are entries of other types: they are earned.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from coinassay.domain.money import CONTEXT, ZERO
from coinassay.exchanges.reading import Row, inside, rows_of, table_of
from coinassay.exchanges.told import DEPOSIT, DONE, FAILED, MOST_PAGES, PENDING, WITHDRAWAL, Told

PAGE = 50
FUTURES = ("spottofutures", "spotfromfutures")
"""Subtypes of transfers to and from Kraken Futures, which is an account of its own here."""


async def spot(told: Told) -> None:
    from ccxt.base.errors import PermissionDenied

    found: list[tuple[str, Row]] = []
    try:
        for kind in ("deposit", "withdrawal", "transfer"):
            found += await _entries(told, kind)
    except PermissionDenied:
        await _lists(told)
        told.read_until = told.end
        return
    transactions = await _transactions(told) if found else {}
    for number, row in found:
        _add(told, number, row, transactions)
    told.read_until = told.end


async def _entries(told: Told, kind: str) -> list[tuple[str, Row]]:
    found: list[tuple[str, Row]] = []
    for page in range(MOST_PAGES):
        params = {"type": kind, "start": _seconds(told.start - 1), "end": _seconds(told.end), "ofs": page * PAGE}
        reply = await told.ask(partial(told.exchange.privatePostLedgers, params))
        rows = table_of(told.exchange, reply, "result", "ledger")
        found += ((number, table_of(told.exchange, row)) for number, row in rows.items())
        if len(rows) < PAGE:
            break
    return found


def _add(told: Told, number: str, row: Row, transactions: Mapping[str, str]) -> None:
    if row.get("type") == "transfer" and row.get("subtype") not in FUTURES:
        return
    fee = told.optional(row.get("fee")) or ZERO
    amount = told.number(inside(told.exchange, row, "amount"))
    change = CONTEXT.subtract(amount, fee)
    came = change > ZERO
    told.add(
        DEPOSIT if came else WITHDRAWAL,
        number,
        int(CONTEXT.multiply(told.number(inside(told.exchange, row, "time")), Decimal(1000))),
        row.get("asset"),
        change if came else amount,
        fee=None if came else fee,
        txid=transactions.get(str(row.get("refid"))),
        note="Between wallets." if row.get("type") == "transfer" else "",
    )


async def _transactions(told: Told) -> dict[str, str]:
    """By refid. Without them a transfer is matched by its amount."""
    from ccxt.base.errors import BaseError

    found: dict[str, str] = {}
    for method in ("privatePostDepositStatus", "privatePostWithdrawStatus"):
        try:
            rows = await _status(told, method)
        except BaseError:
            continue
        found |= {str(row.get("refid")): str(row["txid"]) for row in rows if row.get("txid")}
    return found


async def _status(told: Told, method: str) -> list[Row]:
    params = {"start": _seconds(told.start - 1), "end": _seconds(told.end)}
    reply: Any = await told.ask(partial(getattr(told.exchange, method), params))
    return list(rows_of(told.exchange, reply, "result"))


async def _lists(told: Told) -> None:
    """For a key that may not read the ledger."""
    states = {"Success": DONE, "Failure": FAILED, "Canceled": FAILED}
    for kind, method in ((DEPOSIT, "privatePostDepositStatus"), (WITHDRAWAL, "privatePostWithdrawStatus")):
        for row in await _status(told, method):
            fee = told.optional(row.get("fee")) or ZERO
            amount = told.number(inside(told.exchange, row, "amount"))
            told.add(
                kind,
                row.get("refid"),
                int(told.number(inside(told.exchange, row, "time"))) * 1000,
                row.get("asset"),
                CONTEXT.subtract(amount, fee) if kind is DEPOSIT else amount,
                fee=fee if kind is WITHDRAWAL else None,
                state=states.get(str(row.get("status")), PENDING),
                txid=row.get("txid"),
            )


def _seconds(milliseconds: int) -> str:
    return str(Decimal(milliseconds).scaleb(-3))


READERS = {"kraken": spot}
"""By market code."""
