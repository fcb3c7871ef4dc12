"""Kraken's private methods: what a user holds, what came and went, what the key may do."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from coinassay.domain.money import CONTEXT, NotANumber, decimal_of
from coinassay.testing.simulator.amounts import padded
from coinassay.testing.simulator.dialect import World, made_up
from coinassay.testing.simulator.kraken_names import altname, asset_id, decimals, pair_id
from coinassay.testing.simulator.users import (
    READ,
    TRADE,
    WITHDRAW,
    Fill,
    Movement,
    MovementKind,
    MovementState,
    SimulatedUser,
)

Params = Mapping[str, str]
Private = Callable[[World, SimulatedUser, Params], object]

_SCOPES = {
    READ: ("query-funds", "query-open-trades", "query-closed-trades", "query-ledger"),
    TRADE: ("modify-trades", "close-trades"),
    WITHDRAW: ("withdraw-funds",),
}
SCOPES = frozenset(scope for scopes in _SCOPES.values() for scope in scopes)
"""Kraken's own names of permissions, as GetApiKeyInfo gives them."""

_STATES = {MovementState.PENDING: "Pending", MovementState.DONE: "Success", MovementState.FAILED: "Failure"}

_PAGE = 50
"""Ledger entries in one answer (https://docs.kraken.com/api-reference/account-data/get-ledgers-info)."""


class KrakenError(Exception):
    """The text of Kraken's `error`."""


def scopes(user: SimulatedUser) -> list[str]:
    """Kraken's names for what the key may do."""
    granted = [scope for permission, own in _SCOPES.items() if permission in user.permissions for scope in own]
    return granted + sorted(user.permissions & SCOPES - set(granted))


def balance(world: World, user: SimulatedUser, params: Params) -> object:
    return {asset: padded(each.total, decimals(asset)) for asset, each in user.held("spot").items()}


def balance_ex(world: World, user: SimulatedUser, params: Params) -> object:
    return {
        asset: {"balance": padded(each.total, decimals(asset)), "hold_trade": padded(each.locked, decimals(asset))}
        for asset, each in user.held("spot").items()
    }


def deposit_status(world: World, user: SimulatedUser, params: Params) -> object:
    return [_status(each) for each in _between(user, params, MovementKind.DEPOSIT)]


def withdraw_status(world: World, user: SimulatedUser, params: Params) -> object:
    """A list; with `cursor` a page of at most `limit` and the cursor of the next."""
    found = [_status(each) for each in _between(user, params, MovementKind.WITHDRAWAL)]
    cursor = params.get("cursor", "false")
    if cursor.lower() == "false":
        return found
    start = 0 if cursor.lower() == "true" else _position(cursor)
    end = start + max(1, _whole(params, "limit", 500))
    page: dict[str, Any] = {"withdrawals": found[start:end]}
    if end < len(found):
        page["next_cursor"] = base64.b64encode(str(end).encode()).decode()
    return page


def _position(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True).decode())
    except (binascii.Error, ValueError):
        raise KrakenError("EGeneral:Invalid arguments:cursor") from None


def _status(each: Movement) -> dict[str, Any]:
    """A deposit's amount is before the fee, a withdrawal's is without it."""
    places = decimals(each.asset)
    deposited = each.kind is MovementKind.DEPOSIT
    amount = CONTEXT.add(each.amount, each.fee) if deposited else each.amount
    return {
        "method": each.network,
        "network": each.network,
        "aclass": "currency",
        "asset": each.asset,
        "refid": each.id,
        "txid": each.txid,
        "info": each.address,
        "amount": padded(amount, places),
        "fee": padded(each.fee, places),
        "time": each.at // 1000,
        "status": _STATES[each.state],
    }


def ledgers(world: World, user: SimulatedUser, params: Params) -> object:
    """The newest first, 50 from `ofs` on. A withdrawal is negative; its fee is extra."""
    start, end = _seconds(params, "start"), _seconds(params, "end")
    wanted = params.get("type", "all")
    entries = [
        (name, entry, at)
        for each in user.movements
        if each.listed and wanted in {"all", each.kind.value}
        for name, entry, at in _entries(each)
        if (start is None or at > start) and (end is None or at <= end)
    ]
    entries.sort(key=lambda each: each[2], reverse=True)
    offset = _whole(params, "ofs", 0)
    return {
        "ledger": {name: entry for name, entry, _ in entries[offset : offset + _PAGE]},
        "count": len(entries),
    }


def _entries(each: Movement) -> Iterator[tuple[str, dict[str, Any], int]]:
    """What the movement did to the balance, and when: a deposit when it is credited, a withdrawal when it is asked for,
    and again when it comes back."""
    if each.balance is not None:
        deposited = each.kind is MovementKind.DEPOSIT
        at = each.settled_at if deposited and each.settled_at is not None else each.at
        yield f"L{each.id}", {**_entry(each), "time": at / 1000}, at
    if each.given_back is not None and each.settled_at is not None:
        entry = _entry(each)
        amount = padded(each.amount, decimals(each.asset))
        fee = padded(CONTEXT.minus(each.fee), decimals(each.asset))
        balance = padded(each.given_back, decimals(each.asset))
        back = {**entry, "time": each.settled_at / 1000, "amount": amount, "fee": fee, "balance": balance}
        yield f"B{each.id}", back, each.settled_at


def _entry(each: Movement) -> dict[str, Any]:
    assert each.balance is not None
    places = decimals(each.asset)
    deposited = each.kind is MovementKind.DEPOSIT
    amount = CONTEXT.add(each.amount, each.fee) if deposited else CONTEXT.minus(each.amount)
    return {
        "refid": each.id,
        "time": each.at / 1000,
        "type": each.kind.value,
        "subtype": "",
        "aclass": "currency",
        "asset": each.asset,
        "wallet": "spot / main",
        "amount": padded(amount, places),
        "fee": padded(each.fee, places),
        "balance": padded(each.balance, places),
    }


def _between(user: SimulatedUser, params: Params, kind: MovementKind | None = None) -> list[Movement]:
    """The newest first; `start` (exclusive) and `end` (inclusive) in seconds, `asset` by either of its names."""
    start, end = _seconds(params, "start"), _seconds(params, "end")
    asset = params.get("asset", "all")
    found = [
        each
        for each in user.movements
        if (kind is None or each.kind is kind)
        and each.listed
        and (start is None or each.at > start)
        and (end is None or each.at <= end)
        and asset in {"all", each.asset, altname(each.asset)}
    ]
    found.sort(key=lambda each: each.at, reverse=True)
    return found


def _seconds(params: Params, name: str) -> Decimal | None:
    """Milliseconds since 1970, from seconds."""
    if name not in params:
        return None
    try:
        return CONTEXT.multiply(decimal_of(params[name]), Decimal(1000))
    except NotANumber:
        raise KrakenError(f"EGeneral:Invalid arguments:{name}") from None


def _whole(params: Params, name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not (text.isascii() and text.isdigit()):
        raise KrakenError(f"EGeneral:Invalid arguments:{name}")
    return int(text)


def api_key_info(world: World, user: SimulatedUser, params: Params) -> object:
    second = str(user.created_at // 1000)
    return {
        "apiKeyName": user.name,
        "apiKey": user.api_key,
        "nonce": str(user.nonce),
        "nonceWindow": "0",
        "permissions": scopes(user),
        "iban": "AA00 N00N 0000 0000",
        "validUntil": "0",
        "queryFrom": "0",
        "queryTo": "0",
        "createdTime": second,
        "modifiedTime": second,
        "ipAllowlist": list(user.networks),
        "lastUsed": str(world.clock() // 1000),
    }


def open_positions(world: World, user: SimulatedUser, params: Params) -> object:
    return {}


def trades_history(world: World, user: SimulatedUser, params: Params) -> object:
    """The newest first, 50 of them from `ofs` on, after `start` and until `end`; `count` says how many there are.

    https://docs.kraken.com/api-reference/account-data/get-trades-history
    """
    start, end = _seconds(params, "start"), _seconds(params, "end")
    found = [each for each in user.fills if (start is None or each.at > start) and (end is None or each.at <= end)]
    found.sort(key=lambda each: each.at, reverse=True)
    offset = _whole(params, "ofs", 0)
    return {
        "count": len(found),
        "trades": {_trade_id(each): _trade(each) for each in found[offset : offset + _PAGE]},
    }


def _trade_id(fill: Fill) -> str:
    made = base64.b32encode(made_up(f"{fill.symbol} {fill.number}", 10)).decode()
    return f"T{made[:5]}-{made[5:10]}-{made[10:16]}"


def _trade(fill: Fill) -> dict[str, Any]:
    base, _, quote = fill.symbol.partition("/")
    return {
        "ordertxid": f"O{_trade_id(fill)[1:]}",
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": pair_id(asset_id(base), asset_id(quote)),
        "time": float(Decimal(fill.at).scaleb(-3)),
        "type": "buy" if fill.buy else "sell",
        "ordertype": "limit",
        "price": padded(fill.price, 5),
        "cost": padded(CONTEXT.multiply(fill.price, fill.amount), 5),
        "fee": "0.00000",
        "vol": padded(fill.amount, 8),
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": fill.number,
        "maker": False,
    }


METHODS: Mapping[str, tuple[str, Private]] = {
    "Balance": ("query-funds", balance),
    "BalanceEx": ("query-funds", balance_ex),
    "DepositStatus": ("query-funds", deposit_status),
    "WithdrawStatus": ("query-funds", withdraw_status),
    "Ledgers": ("query-ledger", ledgers),
    "GetApiKeyInfo": ("", api_key_info),
    "OpenPositions": ("query-open-trades", open_positions),
    "TradesHistory": ("query-closed-trades", trades_history),
}
"""The permission each method wants, and what answers it."""
