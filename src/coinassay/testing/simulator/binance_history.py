"""What came to and went from a Binance account.

Shapes: https://developers.binance.com/docs/wallet/capital and .../docs/fiat
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from coinassay.domain.money import CONTEXT
from coinassay.testing.http import Request
from coinassay.testing.simulator.amounts import padded
from coinassay.testing.simulator.binance_errors import BinanceError, integer
from coinassay.testing.simulator.demo_market import FIAT
from coinassay.testing.simulator.dialect import World
from coinassay.testing.simulator.users import Movement, MovementKind, SimulatedUser

Private = Callable[[World, SimulatedUser, Request], object]

NINETY_DAYS = 90 * 86_400_000
LEGAL_TENDER = frozenset(FIAT) | {"USD", "TRY", "BRL", "JPY"}


def deposits(world: World, user: SimulatedUser, request: Request) -> object:
    """Deposits of coins; those of money are in /sapi/v1/fiat/orders."""
    statuses = {"pending": 0, "done": 1, "failed": 7}
    return [
        {
            "id": each.id,
            "amount": _short(each.amount),
            "coin": each.asset,
            "network": each.network,
            "status": statuses[each.state],
            "address": each.address,
            "addressTag": "",
            "txId": f"Internal transfer {each.txid}" if each.internal else each.txid,
            "insertTime": each.at,
            "completeTime": each.settled_at,
            "transferType": int(each.internal),
            "confirmTimes": "1/1",
            "unlockConfirm": 0,
            "walletType": 0,
        }
        for each in _window(world, user, request, MovementKind.DEPOSIT)
    ]


def withdrawals(world: World, user: SimulatedUser, request: Request) -> object:
    """Withdrawals of coins; `amount` is without the fee."""
    statuses = {"pending": 4, "done": 6, "failed": 5}
    return [
        {
            "id": each.id,
            "amount": _short(each.amount),
            "transactionFee": _short(each.fee),
            "coin": each.asset,
            "status": statuses[each.state],
            "address": each.address,
            "txId": f"Internal transfer {each.txid}" if each.internal else each.txid,
            "applyTime": _second(each.at),
            "completeTime": "" if each.settled_at is None else _second(each.settled_at),
            "network": each.network,
            "transferType": int(each.internal),
            "info": "",
            "confirmNo": 1,
            "walletType": 0,
            "txKey": "",
        }
        for each in _window(world, user, request, MovementKind.WITHDRAWAL)
    ]


def _window(world: World, user: SimulatedUser, request: Request, kind: MovementKind) -> list[Movement]:
    """The newest first, within startTime and endTime (at most 90 days, the last 90 by default), at most 1,000."""
    params = request.params
    end = integer(params, "endTime", world.clock())
    assert end is not None
    start = integer(params, "startTime", end - NINETY_DAYS)
    assert start is not None
    if end - start > NINETY_DAYS:
        raise BinanceError(400, -4047, "Time interval must be within 0-90 days")
    limit = min(integer(params, "limit", 1000) or 1000, 1000)
    offset = integer(params, "offset", 0) or 0
    found = [
        each
        for each in user.movements
        if each.kind is kind
        and each.listed
        and each.asset not in LEGAL_TENDER
        and start <= each.at <= end
        and params.get("coin") in {None, each.asset}
    ]
    found.sort(key=lambda each: each.at, reverse=True)
    return found[offset : offset + limit]


def fiat_orders(world: World, user: SimulatedUser, request: Request) -> object:
    """Deposits (transactionType 0) and withdrawals (1) of money."""
    params = request.params
    if params.get("transactionType") not in {"0", "1"}:
        raise BinanceError.missing("transactionType")
    kind = MovementKind.DEPOSIT if params["transactionType"] == "0" else MovementKind.WITHDRAWAL
    start = integer(params, "beginTime", 0) or 0
    end = integer(params, "endTime", world.clock()) or world.clock()
    statuses = {"pending": "Processing", "done": "Successful", "failed": "Failed"}
    found = [
        {
            "orderNo": each.id,
            "fiatCurrency": each.asset,
            "indicatedAmount": _short(CONTEXT.add(each.amount, each.fee)),
            "amount": _short(each.amount),
            "totalFee": _short(each.fee),
            "method": "bank transfer",
            "status": statuses[each.state],
            "createTime": each.at,
            "updateTime": each.settled_at or each.at,
        }
        for each in reversed(user.movements)
        if each.kind is kind and each.listed and each.asset in LEGAL_TENDER and start <= each.at <= end
    ]
    size = min(integer(params, "rows", 100) or 100, 500)
    page = integer(params, "page", 1) or 1
    shown = found[(page - 1) * size : page * size]
    return {"code": "000000", "message": "success", "data": shown, "total": len(found), "success": True}


_WALLETS = {
    "spot": "MAIN",
    "funding": "FUNDING",
    "futures": "UMFUTURE",
    "coin_futures": "CMFUTURE",
    "margin": "MARGIN",
}


def wallet_transfers(world: World, user: SimulatedUser, request: Request) -> object:
    """Between two wallets, whose names make the type. Without any there are no rows, only a total of 0.

    https://developers.binance.com/docs/wallet/asset/query-user-universal-transfer
    """
    params = request.params
    wanted = params.get("type")
    if wanted is None:
        raise BinanceError.missing("type")
    start = integer(params, "startTime", 0) or 0
    end = integer(params, "endTime", world.clock()) or world.clock()
    found = [
        {
            "asset": each.asset,
            "amount": _short(each.amount),
            "type": wanted,
            "status": "CONFIRMED",
            "tranId": each.id,
            "timestamp": each.at,
        }
        for each in reversed(user.transfers)
        if f"{_WALLETS.get(each.source)}_{_WALLETS.get(each.target)}" == wanted and start <= each.at <= end
    ]
    size = min(integer(params, "size", 10) or 10, 100)
    page = integer(params, "current", 1) or 1
    shown = found[(page - 1) * size : page * size]
    return {"total": len(found), "rows": shown} if found else {"total": 0}


def income(world: World, user: SimulatedUser, request: Request) -> object:
    """What came to the USD-M futures wallet and went from it by transfer, the oldest first.

    https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Get-Income-History
    """
    params = request.params
    start = integer(params, "startTime", 0) or 0
    end = integer(params, "endTime", world.clock()) or world.clock()
    limit = min(integer(params, "limit", 100) or 100, 1000)
    found = [
        {
            "symbol": "",
            "incomeType": "TRANSFER",
            "income": _short(each.amount if each.target == "futures" else CONTEXT.minus(each.amount)),
            "asset": each.asset,
            "time": each.at,
            "info": "TRANSFER",
            "tranId": each.id,
            "tradeId": "",
        }
        for each in user.transfers
        if "futures" in {each.source, each.target}
        and params.get("incomeType", "TRANSFER") == "TRANSFER"
        and start <= each.at <= end
    ]
    return found[:limit]


def _short(value: Decimal) -> str:
    """Binance's histories leave trailing zeros out."""
    text = padded(value, 0)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _second(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


ROUTES: Mapping[tuple[str, str], Private] = {
    ("GET", "/sapi/v1/capital/deposit/hisrec"): deposits,
    ("GET", "/sapi/v1/capital/withdraw/history"): withdrawals,
    ("GET", "/sapi/v1/fiat/orders"): fiat_orders,
    ("GET", "/sapi/v1/asset/transfer"): wallet_transfers,
    ("GET", "/fapi/v1/income"): income,
}
