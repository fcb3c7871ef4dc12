"""Loads: what is written when an exchange was read, and what the last good load found."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from decimal import Decimal

from coinassay.domain.account import Account, KeyState, WalletState, WalletStatus
from coinassay.domain.allocation import Stake, allocate, show
from coinassay.domain.balance import Balance, Position
from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.rates import Rate
from coinassay.errors import Conflict, NotFound
from coinassay.services.ports import FailedLoad, Load, StoredHolding
from coinassay.storage import statements as sql
from coinassay.storage.accounts import account_of
from coinassay.storage.codec import moment_to_integer, to_json
from coinassay.storage.database import Change, Row, change
from coinassay.storage.flows import counting, flow_row, pricing_changes, reading_changes
from coinassay.storage.noun import Noun
from coinassay.storage.provenance import read_route, route_text
from coinassay.storage.refresh import settling


class Loads(Noun):
    """The port LoadStore."""

    async def record_load(self, load: Load) -> Account:
        written = await self._db.write([*load_changes(load), change(sql.GET_ANY_ACCOUNT, id=load.account_id)])
        return account_of(written[-1][0])

    async def record_failed_load(self, failed: FailedLoad) -> None:
        """Raises NotFound when the account has gone meanwhile."""
        changes = [
            change(
                sql.ADD_LOAD,
                account_id=failed.account_id,
                started_at=failed.started_at,
                finished_at=failed.finished_at,
                failure=failed.failure,
                reason=failed.reason,
                wallets=_outcomes(failed.wallets),
            )
        ]
        if failed.key_state is not None:
            state = {
                "id": failed.account_id,
                "key_state": failed.key_state.value,
                "updated_at": failed.finished_at,
            }
            if failed.base_version is None:
                changes.append(change(sql.SET_KEY_STATE, NotFound(), **state))
            else:
                changes.append(change(sql.SET_KEY_STATE_OF, version=failed.base_version, **state))
        await self._db.write([*changes, *settling(failed.settled)])

    async def list_holdings(self, account_id: int) -> Sequence[StoredHolding]:
        """In the order they were recorded in; empty for an account that was never loaded, or has gone."""
        return [_holding(row) for row in await self._db.fetch_all(sql.LIST_HOLDINGS, {"account_id": account_id})]

    async def list_wallets(self, account_id: int) -> Sequence[WalletStatus]:
        """In the order they were recorded in."""
        rows = await self._db.fetch_all(sql.LIST_WALLETS, {"account_id": account_id})
        return [
            WalletStatus(wallet, WalletState(state), read_at, failure, reason)
            for wallet, state, read_at, failure, reason in rows
        ]


def load_changes(load: Load) -> list[Change]:
    """What a load writes. Raises NotFound and Conflict, as `record_load` says, when they are written."""
    account_id = load.account_id
    own = {"account_id": account_id}
    guards = [change(sql.LOCK_ACCOUNT, NotFound(), id=account_id)]
    if load.base_version is not None:
        guards.append(change(sql.LOCK_VERSION, Conflict(), id=account_id, version=load.base_version))
    return [
        *guards,
        change(
            sql.SET_TOTALS,
            id=account_id,
            key_state=KeyState.OK.value,
            updated_at=load.finished_at,
            loaded_at=load.finished_at,
            complete=load.complete,
            total_usd=load.total.usd,
            total_btc=load.total.btc,
            btc_rate=load.btc_rate,
        ),
        *(each for flow in load.flows for each in counting(flow_row(flow))),
        *pricing_changes(load.valued),
        *reading_changes(account_id, load.flow_reading),
        Change(sql.DROP_HOLDINGS, [own]),
        Change(sql.ADD_HOLDING, [own | _holding_row(n, each) for n, each in enumerate(load.holdings)]),
        change(
            sql.PUT_ALLOCATION,
            account_id=account_id,
            loaded_at=load.finished_at,
            btc_day_ago=load.btc_day_ago,
            body=to_json([show(share) for share in allocate(stakes_of(load.holdings), load.btc_rate)]),
        ),
        Change(sql.DROP_POSITIONS, [own]),
        Change(sql.ADD_POSITION, [own | _position_row(n, each) for n, each in enumerate(load.positions)]),
        Change(sql.DROP_WALLETS, [own]),
        Change(sql.ADD_WALLET, [own | _wallet_row(n, each) for n, each in enumerate(load.wallets)]),
        change(sql.TURN_PAST_IF_LATE, account_id=account_id, taken_at=load.finished_at),
        change(sql.ADD_SNAPSHOT, account_id=account_id, taken_at=load.finished_at),
        change(
            sql.ADD_COMPOSITION,
            account_id=account_id,
            taken_at=load.finished_at,
            body=composition(load.holdings),
        ),
        change(
            sql.ADD_LOAD,
            account_id=account_id,
            started_at=load.started_at,
            finished_at=load.finished_at,
            failure="",
            reason="",
            wallets=_outcomes(load.wallets),
        ),
        *settling(load.settled),
    ]


def _holding_row(position: int, holding: StoredHolding) -> dict[str, object]:
    balance, rate = holding.balance, holding.rate
    return {
        "position": position,
        "asset": balance.asset,
        "wallet": balance.wallet,
        "total": balance.total,
        "free": balance.free,
        "locked": balance.locked,
        "borrowed": balance.borrowed,
        "unrealised": balance.unrealised,
        "exchange_code": balance.exchange_code,
        "multiplier": balance.multiplier,
        "price": None if rate is None else rate.price,
        "route": None if rate is None else route_text(rate),
        "usd": holding.usd,
        "refusal": holding.refusal,
        "day_ago": None if rate is None else rate.day_ago,
    }


def _position_row(place: int, position: Position) -> dict[str, object]:
    return {
        "position": place,
        "symbol": position.symbol,
        "wallet": position.wallet,
        "side": position.side,
        "size": position.size,
        "entry_price": position.entry_price,
        "mark_price": position.mark_price,
        "unrealised": position.unrealised,
        "leverage": position.leverage,
    }


def _holding(row: Row) -> StoredHolding:
    asset, wallet, total, free, locked, borrowed, unrealised, code, multiplier, price, route, usd, refusal = row
    balance = Balance(asset, wallet, total, free, locked, borrowed, unrealised, code, multiplier)
    rate = None
    if route is not None:
        rated, currency, legs = read_route(route)
        rate = Rate(rated, currency, price, legs)
    return StoredHolding(balance, rate, usd, refusal)


def stakes_of(holdings: Iterable[StoredHolding]) -> Iterable[Stake]:
    return (Stake(each.balance.asset, each.balance.equity, each.usd) for each in holdings)


def composition(holdings: Iterable[StoredHolding]) -> bytes:
    """What a snapshot was made of: zlib-compressed JSON, asset -> [amount, USD value], decimals as text.

    The amount is the equity of all wallets together; the value is null for an unpriced asset. Compressed it is about
    half as long, and there are millions of them.
    """
    amounts: dict[str, Decimal] = {}
    values: dict[str, Decimal | None] = {}
    for holding in holdings:
        asset = holding.balance.asset
        amounts[asset] = CONTEXT.add(amounts.get(asset, ZERO), holding.balance.equity)
        if holding.usd is not None:
            values[asset] = CONTEXT.add(values.get(asset) or ZERO, holding.usd)
    body = to_json({asset: (amounts[asset], values.get(asset)) for asset in amounts})
    # As short as with zlib's defaults, whose buffers of 260 kB take several times as long to make as this to compress.
    compressor = zlib.compressobj(wbits=12, memLevel=5)
    return compressor.compress(body) + compressor.flush()


def _outcomes(wallets: Iterable[WalletStatus]) -> str:
    """How each wallet fared in one load, as JSON: [[wallet, state, read_at, failure, reason], …]."""
    return to_json(
        [
            (each.wallet, each.state.value, each.read_at and moment_to_integer(each.read_at), each.failure, each.reason)
            for each in wallets
        ]
    ).decode()


def _wallet_row(position: int, status: WalletStatus) -> dict[str, object]:
    return {
        "position": position,
        "wallet": status.wallet,
        "state": status.state.value,
        "read_at": status.read_at,
        "failure": status.failure,
        "reason": status.reason,
    }
