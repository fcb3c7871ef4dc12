"""What was done on paper, and how much accounts traded."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from coinassay.domain.account import Account
from coinassay.domain.money import CONTEXT
from coinassay.domain.paper import PaperTradeKind
from coinassay.domain.snapshot import Money
from coinassay.domain.trade import DayVolume, Transfer
from coinassay.errors import Conflict
from coinassay.services.ports import PaperAccount, PaperChange, TradeReading
from coinassay.storage import statements as sql
from coinassay.storage.accounts import account_of
from coinassay.storage.database import Change, change
from coinassay.storage.loads import load_changes
from coinassay.storage.noun import Noun


class Trades(Noun):
    """The ports PaperStore and VolumeStore."""

    async def record_paper_trades(self, operation: PaperChange) -> Account:
        account_id = operation.load.account_id
        written = await self._db.write([*_paper_changes(operation), change(sql.GET_ANY_ACCOUNT, id=account_id)])
        return account_of(written[-1][0])

    async def record_transfer(self, source: PaperChange, target: PaperChange, asset: str, amount: Decimal) -> Transfer:
        number = await self._take_id("transfers")
        ids = source.load.account_id, target.load.account_id
        at = source.load.finished_at
        sent = Transfer(number, ids[0], at, asset, CONTEXT.minus(amount), ids[1])
        received = Transfer(number, ids[1], at, asset, amount, ids[0])
        source, target = (
            _linked(side, f"paper:{number}", other) for side, other in ((source, ids[1]), (target, ids[0]))
        )
        # Always in one order, so that two transfers in opposite directions do not wait for each other.
        sides = sorted((source, target), key=lambda each: each.load.account_id)
        await self._db.write(
            [
                *(part for side in sides for part in _paper_changes(side)),
                *(
                    change(
                        sql.ADD_TRANSFER,
                        account_id=each.account_id,
                        id=each.id,
                        at=each.at,
                        asset=each.asset,
                        amount=each.amount,
                        counterpart=each.counterpart,
                    )
                    for each in (sent, received)
                ),
            ]
        )
        return sent

    async def list_transfers(
        self, account_id: int, asset: str, since: datetime, *, limit: int, offset: int = 0
    ) -> Sequence[Transfer]:
        params = {"account_id": account_id, "asset": asset, "since": since, "limit": limit, "offset": offset}
        return [
            Transfer(number, owner, at, code, amount, counterpart)
            for owner, number, at, code, amount, counterpart in await self._db.fetch_all(sql.LIST_TRANSFERS, params)
        ]

    async def list_paper_accounts(self, user_id: int) -> Sequence[PaperAccount]:
        found: dict[int, PaperAccount] = {}
        balances: dict[str, Decimal] = {}
        rows = await self._db.fetch_all(sql.LIST_ALL_PAPER_BALANCES, {"user_id": user_id})
        for account_id, name, market_code, asset, amount in rows:
            if account_id not in found:
                balances = {}
                found[account_id] = PaperAccount(account_id, name, market_code, balances)
            if asset is not None:
                balances[asset] = amount
        return list(found.values())

    async def find_last_paper_trade(self, account_id: int, kind: PaperTradeKind) -> datetime | None:
        row = await self._db.fetch_one(sql.FIND_LAST_PAPER_TRADE, {"account_id": account_id, "kind": kind.value})
        at: datetime | None = None if row is None else row[0]
        return at

    async def list_volumes(self, account_id: int, start: datetime, end: datetime) -> Sequence[DayVolume]:
        rows = await self._db.fetch_all(sql.LIST_VOLUMES, {"account_id": account_id, "start": start, "end": end})
        return [DayVolume(day, Money(usd, btc), trades, approximate) for day, usd, btc, trades, approximate in rows]

    async def find_trade_reading(self, account_id: int) -> TradeReading:
        row = await self._db.fetch_one(sql.FIND_TRADE_READING, {"account_id": account_id})
        return TradeReading() if row is None else TradeReading(*row)

    async def record_trades(self, account_id: int, reading: TradeReading, volumes: Sequence[DayVolume]) -> TradeReading:
        nothing = TradeReading()
        written = await self._db.write(
            [
                change(
                    sql.START_TRADE_READING,
                    account_id=account_id,
                    read_at=nothing.read_at,
                    cursors=nothing.cursors,
                    complete=nothing.complete,
                    version=nothing.version,
                ),
                change(
                    sql.SET_TRADE_READING,
                    Conflict(),
                    account_id=account_id,
                    read_at=reading.read_at,
                    cursors=reading.cursors,
                    complete=reading.complete,
                    version=reading.version,
                ),
                *(_add_volume(account_id, each) for each in volumes),
            ]
        )
        ((version,),) = written[1]
        return TradeReading(reading.read_at, reading.cursors, reading.complete, version)

    async def list_assets(self, account_id: int, after: datetime) -> frozenset[str]:
        rows = await self._db.fetch_all(sql.LIST_COMPOSITIONS, {"account_id": account_id, "after": after})
        return frozenset(asset for (body,) in rows for asset in json.loads(zlib.decompress(body)))


def _paper_changes(operation: PaperChange) -> list[Change]:
    """The load comes first: its guards decide whether anything is written."""
    account_id, at = operation.load.account_id, operation.load.finished_at
    return [
        *load_changes(operation.load),
        change(sql.DROP_PAPER_BALANCES, account_id=account_id),
        Change(
            sql.ADD_PAPER_BALANCE,
            [
                {"account_id": account_id, "position": n, "asset": asset, "amount": amount}
                for n, (asset, amount) in enumerate(operation.balances.items())
            ],
        ),
        Change(
            sql.ADD_PAPER_TRADE,
            [
                {
                    "account_id": account_id,
                    "at": at,
                    "kind": trade.kind.value,
                    "sold": trade.sold,
                    "amount": trade.amount,
                    "bought": trade.bought,
                    "gross": trade.gross,
                    "fee": trade.fee,
                    "usd": trade.money.usd,
                    "btc": trade.money.btc,
                }
                for trade in operation.trades
            ],
        ),
        *([] if operation.volume is None else [_add_volume(account_id, operation.volume)]),
    ]


def _linked(operation: PaperChange, link: str, counterpart: int) -> PaperChange:
    """Its flows are legs of the transfer."""
    flows = tuple(replace(flow, link=link, counterpart=counterpart) for flow in operation.load.flows)
    return replace(operation, load=replace(operation.load, flows=flows))


def _add_volume(account_id: int, volume: DayVolume) -> Change:
    return change(
        sql.ADD_VOLUME,
        account_id=account_id,
        day=volume.day,
        usd=volume.money.usd,
        btc=volume.money.btc,
        trades=volume.trades,
        approximate=volume.approximate,
    )
