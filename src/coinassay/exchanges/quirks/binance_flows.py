"""Deposits and withdrawals at Binance, and transfers between wallets that are different accounts here.

Traps, and where they come from (https://developers.binance.com/docs):
- 90 days at once, 1,000 on a page, the newest first; a window without an end is the last 90 days.
- A deposit of status 6 ("credited but cannot withdraw") is in the balance; 7 and 2 never will be. The listing goes by
  `insertTime`, the balance changes at `completeTime`.
- A withdrawal has left the balance when it is asked for (`applyTime`, in UTC, without saying so); `amount` is without
  `transactionFee`.
- Money from banks is in /sapi/v1/fiat/orders, of which one user may ask for two a minute (weight 90,000 of 180,000), so
  it is asked only where something has come from nowhere. What was bought by card is in /sapi/v1/fiat/payments.
- Transfers to and from the futures and margin wallets are in neither; each wallet has its own history of them.
- Binance.US has none of the latter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from coinassay.domain.snapshot import FlowKind
from coinassay.exchanges.reading import Row, inside, is_refused, number, rows_of, unexpected
from coinassay.exchanges.told import (
    DEPOSIT,
    DONE,
    FAILED,
    MOST_PAGES,
    PENDING,
    WITHDRAWAL,
    Told,
    milliseconds,
    together,
)

DAYS = 90
TRANSFER_DAYS = 7
"""The longest span of a futures wallet's income that is told by default."""
PAGE = 1000
FIAT_PAGE = 500
TRANSFER_PAGE = 100

_DEPOSITS = {"0": PENDING, "8": PENDING, "1": DONE, "6": DONE, "2": FAILED, "7": FAILED}
_WITHDRAWALS = {"0": PENDING, "2": PENDING, "4": PENDING, "6": DONE, "1": FAILED, "3": FAILED, "5": FAILED}
_FIAT = {"Successful": DONE, "Finished": DONE, "Failed": FAILED, "Expired": FAILED, "Refunded": FAILED}

_OUT = ("MAIN_UMFUTURE", "MAIN_CMFUTURE", "MAIN_MARGIN", "FUNDING_UMFUTURE")
_IN = ("UMFUTURE_MAIN", "CMFUTURE_MAIN", "MARGIN_MAIN", "UMFUTURE_FUNDING")
"""Transfers out of and into the wallets of a spot account, by Binance's names of them."""


async def spot(told: Told) -> None:
    async def window(low: int, high: int) -> None:
        asking = [_deposits(told, low, high), _withdrawals(told, low, high)]
        if told.exchange.id == "binance":
            asking += [_transfers(told, WITHDRAWAL, name, low, high) for name in _OUT]
            asking += [_transfers(told, DEPOSIT, name, low, high) for name in _IN]
            if told.thorough:
                asking.append(_fiat(told, low, high))
        await together(asking)

    await told.in_windows(DAYS, window)


async def _paged(told: Told, method: str, params: Row, add: Callable[[Row], None]) -> None:
    for page in range(MOST_PAGES):
        asked = {**params, "limit": PAGE, "offset": page * PAGE}
        rows = rows_of(told.exchange, await told.ask(partial(getattr(told.exchange, method), asked)))
        for row in rows:
            add(row)
        if len(rows) < PAGE:
            return


async def _deposits(told: Told, low: int, high: int) -> None:
    def add(row: Row) -> None:
        inserted = _whole(told, row, "insertTime")
        state = _DEPOSITS.get(str(row.get("status")), PENDING)
        completed = row.get("completeTime") if state is DONE else None
        told.add(
            DEPOSIT,
            row.get("id") or row.get("txId"),
            int(told.number(completed)) if completed else inserted,
            row.get("coin"),
            told.number(inside(told.exchange, row, "amount")),
            state=state,
            txid=row.get("txId"),
            note=_internal(row),
        )

    await _paged(told, "sapiGetCapitalDepositHisrec", {"startTime": low, "endTime": high}, add)


async def _withdrawals(told: Told, low: int, high: int) -> None:
    def add(row: Row) -> None:
        told.add(
            WITHDRAWAL,
            row.get("id"),
            _applied(told, row.get("applyTime")),
            row.get("coin"),
            told.number(inside(told.exchange, row, "amount")),
            fee=told.optional(row.get("transactionFee")),
            state=_WITHDRAWALS.get(str(row.get("status")), PENDING),
            txid=row.get("txId"),
            note=_internal(row),
        )

    await _paged(told, "sapiGetCapitalWithdrawHistory", {"startTime": low, "endTime": high}, add)


def _internal(row: Row) -> str:
    return "Within Binance, from one customer to another." if str(row.get("transferType")) == "1" else ""


def _applied(told: Told, text: object) -> int:
    """ "2026-03-01 12:00:00"; some users are sent milliseconds."""
    if isinstance(text, str):
        try:
            return milliseconds(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
        except ValueError:
            pass
    return int(number(told.exchange, text))


async def _fiat(told: Told, low: int, high: int) -> None:
    for kind, transaction_type in ((DEPOSIT, "0"), (WITHDRAWAL, "1")):
        for page in range(1, MOST_PAGES + 1):
            params = {
                "transactionType": transaction_type,
                "beginTime": low,
                "endTime": high,
                "rows": FIAT_PAGE,
                "page": page,
            }
            reply = await told.ask(partial(told.exchange.sapiGetFiatOrders, params))
            rows = rows_of(told.exchange, reply, "data")
            for row in rows:
                told.add(
                    kind,
                    row.get("orderNo"),
                    _whole(told, row, "createTime" if kind is WITHDRAWAL else "updateTime"),
                    row.get("fiatCurrency"),
                    told.number(inside(told.exchange, row, "amount")),
                    fee=told.optional(row.get("totalFee")) if kind is WITHDRAWAL else None,
                    state=_FIAT.get(str(row.get("status")), PENDING),
                    note="By bank.",
                )
            if len(rows) < FIAT_PAGE:
                break
    await _payments(told, low, high)


async def _payments(told: Told, low: int, high: int) -> None:
    """Coins bought by card came from outside; what coins were sold for to a card went there."""
    params = {"transactionType": "0", "beginTime": low, "endTime": high, "rows": FIAT_PAGE}
    reply = await _if_there(told, partial(told.exchange.sapiGetFiatPayments, params))
    for row in [] if reply is None else rows_of(told.exchange, reply, "data"):
        state = {"Completed": DONE, "Failed": FAILED, "Refunded": FAILED}.get(str(row.get("status")), PENDING)
        told.add(
            DEPOSIT,
            row.get("orderNo"),
            _whole(told, row, "updateTime"),
            row.get("cryptoCurrency"),
            told.number(inside(told.exchange, row, "obtainAmount")),
            state=state,
            note="Bought by card.",
        )


async def _transfers(told: Told, kind: FlowKind, name: str, low: int, high: int) -> None:
    """Only where the wallet at the other end is no part of the account."""
    for page in range(1, MOST_PAGES + 1):
        params = {"type": name, "startTime": low, "endTime": high, "current": page, "size": TRANSFER_PAGE}
        reply = await _if_there(told, partial(told.exchange.sapiGetAssetTransfer, params))
        # Without any transfer there is a total of 0 and no rows at all.
        rows = rows_of(told.exchange, reply, "rows") if isinstance(reply, Mapping) and reply.get("rows") else ()
        for row in rows:
            if row.get("status") == "CONFIRMED":
                told.add(
                    kind,
                    f"transfer {row.get('tranId')}",
                    _whole(told, row, "timestamp"),
                    row.get("asset"),
                    told.number(inside(told.exchange, row, "amount")),
                    note=f"Between wallets: {name}.",
                )
        if len(rows) < TRANSFER_PAGE:
            return


async def _if_there(told: Told, call: Callable[[], Awaitable[Any]]) -> Any:
    """None where this user has no such history: no futures wallet, an entity without card payments."""
    from ccxt.base.errors import AuthenticationError, BaseError

    try:
        return await told.ask(call)
    except BaseError as e:
        if is_refused(e) and not isinstance(e, AuthenticationError):
            return None
        raise


async def usd_futures(told: Told) -> None:
    await _income(told, "fapiPrivateGetIncome")


async def coin_futures(told: Told) -> None:
    await _income(told, "dapiPrivateGetIncome")


async def _income(told: Told, method: str) -> None:
    """Transfers into and out of a futures wallet; profit, fees and funding are no flows. The oldest first."""

    async def window(low: int, high: int) -> None:
        begin = low
        for _ in range(MOST_PAGES):
            params = {"incomeType": "TRANSFER", "startTime": begin, "endTime": high, "limit": PAGE}
            rows = rows_of(told.exchange, await told.ask(partial(getattr(told.exchange, method), params)))
            for row in rows:
                amount = told.number(inside(told.exchange, row, "income"))
                told.add(
                    DEPOSIT if amount > 0 else WITHDRAWAL,
                    f"transfer {row.get('tranId')}",
                    _whole(told, row, "time"),
                    row.get("asset"),
                    amount,
                    note="Between wallets.",
                )
            if len(rows) < PAGE:
                return
            begin = max(_whole(told, row, "time") for row in rows)

    await told.in_windows(TRANSFER_DAYS, window)


async def margin(told: Told) -> None:
    """Transfers into and out of the cross margin wallet."""

    async def window(low: int, high: int) -> None:
        for page in range(1, MOST_PAGES + 1):
            params = {"startTime": low, "endTime": high, "current": page, "size": TRANSFER_PAGE}
            reply = await told.ask(partial(told.exchange.sapiGetMarginTransfer, params))
            rows = rows_of(told.exchange, reply, "rows")
            for row in rows:
                if row.get("status") != "CONFIRMED":
                    continue
                told.add(
                    DEPOSIT if row.get("type") == "ROLL_IN" else WITHDRAWAL,
                    f"transfer {row.get('txId')}",
                    _whole(told, row, "timestamp"),
                    row.get("asset"),
                    told.number(inside(told.exchange, row, "amount")),
                    note="Between wallets.",
                )
            if len(rows) < TRANSFER_PAGE:
                return

    await told.in_windows(TRANSFER_DAYS, window)


def _whole(told: Told, row: Row, name: str) -> int:
    found = told.number(inside(told.exchange, row, name))
    if found != int(found):
        raise unexpected(told.exchange, f'a moment in "{name}"')
    return int(found)


READERS: Mapping[str, Callable[[Told], Awaitable[None]]] = {
    "binance": spot,
    "binance_us": spot,
    "binance_margin": margin,
    "binance_futures": usd_futures,
    "binance_futures_eea": usd_futures,
    "binance_futures_coin": coin_futures,
}
"""By market code."""
