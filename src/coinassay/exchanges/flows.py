"""Reading the deposits and withdrawals of accounts at all exchanges (port MovementSource)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from coinassay.domain.account import PAPER
from coinassay.domain.market import Market
from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.snapshot import FlowKind
from coinassay.errors import ExchangeError, NotSupportedByExchange
from coinassay.exchanges.calls import ask
from coinassay.exchanges.fills import OutOfTime, moment
from coinassay.exchanges.instances import Instances
from coinassay.exchanges.quirks import binance_flows, kraken_flows
from coinassay.exchanges.reading import Row, unexpected
from coinassay.exchanges.told import DEPOSIT, DONE, FAILED, PENDING, WITHDRAWAL, Told, milliseconds, together
from coinassay.services.ports import Catalogue, Connection
from coinassay.services.ports.flows import NewMovements

READERS: Mapping[str, Callable[[Told], Awaitable[None]]] = {**binance_flows.READERS, **kraken_flows.READERS}
"""By market code; all others are read by ccxt's methods."""

UNTOLD = frozenset(
    (
        "binance_portfolio_margin",
        "bitget_futures",
        "gate_io_usdt_perpetual",
        "gate_io_btc_perpetual",
        "krakenfutures",
        "kucoinfutures",
    )
)
"""Markets whose money comes from another account of the same user, to which ccxt's lists of deposits belong."""

WINDOW_DAYS = 30
"""The shortest of the spans that exchanges answer for at once: Bybit, Gate and others refuse more."""
SHORTER: Mapping[str, int] = {"mexc": 7, "htx": 7, "cryptocom": 30, "coinex": 30}
"""Days, by exchange."""
FULL = 10
"""Rows from which on an answer may be a page of more: no exchange has shorter ones."""
MOST_ROUNDS = 50

FEE_INSIDE = frozenset(("coinbase", "coinbaseexchange"))
"""Exchanges that tell a withdrawal's amount with the fee in it. Of others the balance tells (domain/movement)."""

_STATES = {"ok": DONE, "pending": PENDING, "failed": FAILED, "canceled": FAILED, "rejected": FAILED, "expired": FAILED}
_KINDS = {"deposit": DEPOSIT, "withdrawal": WITHDRAWAL}


class Flows:
    """Of one connector: shares its objects and limits."""

    def __init__(self, instances: Instances, catalogue: Catalogue, now: Callable[[], float] = time.monotonic) -> None:
        self._instances = instances
        self._catalogue = catalogue
        self._now = now

    async def fetch(
        self, connection: Connection, start: datetime, now: datetime, until: float, *, thorough: bool
    ) -> NewMovements:
        """What MovementSource.fetch_movements says; `until` on the clock of time.monotonic."""
        market = connection.market
        if market.code == PAPER or market.code in UNTOLD:
            raise _untold(market)
        secrets = tuple(connection.credentials.values())
        async with self._instances.lease(connection) as exchange:
            read = READERS.get(market.code) or _by_ccxt(ways_of(exchange))
            if read is None:
                raise _untold(market)
            resolve = partial(self._catalogue.resolve, market.exchange_id)
            told = Told(
                exchange,
                resolve,
                milliseconds(start),
                milliseconds(now),
                lambda: self._check(until),
                thorough=thorough,
            )
            try:
                await ask(market.exchange_id, _in_time(read(told)), secrets)
            except ExchangeError:
                if told.read_until <= told.start:
                    raise
        return NewMovements(told.movements, now if told.read_until >= told.end else moment(told.read_until))

    def _check(self, until: float) -> None:
        if self._now() >= until:
            raise OutOfTime


async def _in_time(reading: Awaitable[None]) -> None:
    try:
        await reading
    except OutOfTime:
        return


def _untold(market: Market) -> NotSupportedByExchange:
    return NotSupportedByExchange(
        f"{market.name} does not tell deposits and withdrawals of such an account.", exchange_id=market.exchange_id
    )


# ------------------------------------------------------------------------------------------------------- by ccxt


def ways_of(exchange: Any) -> tuple[tuple[str, FlowKind | None], ...]:
    """ccxt's methods by which everything is told; none where one of the two kinds is not."""
    has = exchange.has
    if has.get("fetchDeposits") is True and has.get("fetchWithdrawals") is True:
        return (("fetch_deposits", DEPOSIT), ("fetch_withdrawals", WITHDRAWAL))
    if has.get("fetchDepositsWithdrawals") is True:
        return (("fetch_deposits_withdrawals", None),)
    if has.get("fetchTransactions") is True:
        return (("fetch_transactions", None),)
    return ()


def _by_ccxt(ways: tuple[tuple[str, FlowKind | None], ...]) -> Callable[[Told], Awaitable[None]] | None:
    """A reader by ccxt's unified methods, window by window."""

    async def read(told: Told) -> None:
        async def window(low: int, high: int) -> None:
            await together(_read(told, method, kind, low, high) for method, kind in ways)

        await told.in_windows(SHORTER.get(told.exchange.id, WINDOW_DAYS), window)

    return read if ways else None


async def _read(told: Told, method: str, kind: FlowKind | None, low: int, high: int) -> None:
    """Exchanges give the oldest or the newest of a span, as many as go on a page: what lies before the oldest and after
    the newest of an answer is asked for until nothing new comes."""
    spans = [(low, high)]
    seen: set[str] = set()
    for _ in range(MOST_ROUNDS):
        if not spans:
            return
        begin, end = spans.pop()
        call = partial(getattr(told.exchange, method), None, begin, None, {"until": end})
        rows = await told.ask(call)
        if not isinstance(rows, list):
            raise unexpected(told.exchange, "a list of deposits and withdrawals")
        new = [row for row in rows if _key(row) not in seen and low <= _time(told, row) <= high]
        seen.update(map(_key, new))
        for row in new:
            _add(told, row, kind)
        if new and len(rows) >= FULL:
            times = [_time(told, row) for row in rows]
            spans += [each for each in ((begin, min(times)), (max(times), end)) if each[0] < each[1]]
    raise unexpected(told.exchange, "an end of its deposits and withdrawals")


def _key(row: Row) -> str:
    return f"{row.get('type')} {row.get('id') or row.get('txid')} {row.get('currency')}"


def _time(told: Told, row: Row) -> int:
    at = row.get("timestamp")
    if not isinstance(at, int):
        raise unexpected(told.exchange, "the time of a deposit or withdrawal")
    return at


def _add(told: Told, row: Row, kind: FlowKind | None) -> None:
    """From ccxt's transaction. One between wallets of the account is passed over."""
    kind = kind or _KINDS.get(str(row.get("type")))
    if kind is None or row.get("type") in {"transfer", "internal"}:
        return
    status = row.get("status")
    state = DONE if status is None else _STATES.get(str(status), PENDING)
    code = row.get("currency")
    if not isinstance(code, str) or not code:
        raise unexpected(told.exchange, "the currency of a deposit or withdrawal")
    fee = row.get("fee") or {}
    cost = told.optional(fee.get("cost"))
    fee_code = fee.get("currency") or code
    amount = told.number(row.get("amount")).copy_abs()
    if kind is DEPOSIT:
        cost = None  # what is listed is what is credited
    elif cost is not None and fee_code == code and told.exchange.id in FEE_INSIDE:
        amount = max(ZERO, CONTEXT.subtract(amount, cost.copy_abs()))
    told.add_code(
        kind,
        row.get("id") or row.get("txid"),
        _time(told, row),
        code,
        amount,
        fee=cost,
        fee_code=str(fee_code),
        state=state,
        txid=row.get("txid"),
    )
