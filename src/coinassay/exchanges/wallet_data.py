"""Networks and deposit addresses at the exchanges that tell both: Binance, Binance.US and OKX. Only read, never made to
move anything (port WalletSource).

Fields: https://developers.binance.com/docs/wallet/capital/all-coins-info and .../deposite-address,
https://www.okx.com/docs-v5/en/#funding-account-rest-api-get-currencies and ...-get-deposit-address
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from coinassay.domain.network import CoinNetworks, DepositAddress, Network
from coinassay.errors import NotSupportedByExchange
from coinassay.exchanges.calls import ask
from coinassay.exchanges.instances import Instances
from coinassay.exchanges.reading import Row, inside, number, rows_of, table_of, unexpected
from coinassay.services.ports import Connection

T = TypeVar("T")

BINANCE = frozenset(("binance", "binance_us"))
OKX = frozenset(("okex",))
"""Market codes."""


class WalletData:
    def __init__(self, instances: Instances) -> None:
        self._instances = instances

    async def fetch_networks(self, connection: Connection) -> Sequence[CoinNetworks]:
        """Every currency of the exchange, in its order. Raises ExchangeError."""
        return await self._ask(connection, binance_networks, okx_networks)

    async def fetch_deposit_address(self, connection: Connection, currency: str, network: str) -> DepositAddress:
        """Raises NotSupportedByExchange where there is none for that network, ExchangeError."""
        return await self._ask(
            connection,
            lambda exchange: binance_address(exchange, currency, network),
            lambda exchange: okx_address(exchange, currency, network),
        )

    async def _ask(
        self, connection: Connection, binance: Callable[[Any], Awaitable[T]], okx: Callable[[Any], Awaitable[T]]
    ) -> T:
        market = connection.market
        if market.code not in BINANCE | OKX:
            raise NotSupportedByExchange(
                f"Networks of {market.name} are not read here.", exchange_id=market.exchange_id
            )
        async with self._instances.lease(connection) as exchange:
            reading = (binance if market.code in BINANCE else okx)(exchange)
            return await ask(market.exchange_id, reading, tuple(connection.credentials.values()))


# ----------------------------------------------------------------------------------------------------- Binance


async def binance_networks(exchange: Any) -> Sequence[CoinNetworks]:
    rows = rows_of(exchange, await exchange.sapiGetCapitalConfigGetall())
    return [
        CoinNetworks(
            currency=_text(exchange, row, "coin"),
            name=_text(exchange, row, "name"),
            networks=tuple(_binance_network(exchange, each) for each in rows_of(exchange, row, "networkList")),
        )
        for row in rows
    ]


def _binance_network(exchange: Any, row: Row) -> Network:
    memo = _optional(row, "memoRegex")
    return Network(
        code=_text(exchange, row, "network"),
        name=_optional(row, "name"),
        default=_is(row, "isDefault"),
        deposits=_is(row, "depositEnable"),
        withdrawals=_is(row, "withdrawEnable"),
        deposit_tip=_optional(row, "depositDesc"),
        withdraw_tip=_optional(row, "withdrawDesc"),
        special_tip=_optional(row, "specialTips"),
        url=_optional(row, "contractAddressUrl"),
        address_pattern=_optional(row, "addressRegex"),
        memo_pattern=memo,
        needs_tag=bool(memo) and not _is(row, "sameAddress"),
        withdraw_fee=_amount(exchange, row, "withdrawFee"),
        withdraw_min=_amount(exchange, row, "withdrawMin"),
        withdraw_max=_amount(exchange, row, "withdrawMax"),
        withdraw_step=_amount(exchange, row, "withdrawIntegerMultiple"),
    )


async def binance_address(exchange: Any, currency: str, network: str) -> DepositAddress:
    reply = await exchange.sapiGetCapitalDepositAddress({"coin": currency, "network": network})
    return DepositAddress(_text(exchange, table_of(exchange, reply), "address"), _optional(reply, "tag"))


# --------------------------------------------------------------------------------------------------------- OKX


async def okx_networks(exchange: Any) -> Sequence[CoinNetworks]:
    """A row for each currency and chain."""
    found: dict[str, tuple[str, list[Network]]] = {}
    for row in rows_of(exchange, await exchange.privateGetAssetCurrencies(), "data"):
        currency = _text(exchange, row, "ccy")
        found.setdefault(currency, (_optional(row, "name") or currency, []))[1].append(
            Network(
                code=_text(exchange, row, "chain"),
                name=_text(exchange, row, "chain").removeprefix(f"{currency}-"),
                default=_is(row, "mainNet"),
                deposits=_is(row, "canDep"),
                withdrawals=_is(row, "canWd"),
                needs_tag=_is(row, "needTag"),
                withdraw_fee=_amount(exchange, row, "fee", "minFee"),
                withdraw_min=_amount(exchange, row, "minWd"),
                withdraw_max=_amount(exchange, row, "maxWd"),
                withdraw_step=_step(row.get("wdTickSz")),
            )
        )
    return [CoinNetworks(currency, name, tuple(networks)) for currency, (name, networks) in found.items()]


async def okx_address(exchange: Any, currency: str, network: str) -> DepositAddress:
    """OKX tells the addresses of all chains together; the one it would choose itself comes first."""
    reply = await exchange.privateGetAssetDepositAddress({"ccy": currency})
    rows = [row for row in rows_of(exchange, reply, "data") if row.get("chain") in {network, f"{currency}-{network}"}]
    rows.sort(key=lambda row: not _is(row, "selected"))
    if not rows:
        raise NotSupportedByExchange(f"OKX has no address for {currency} on {network}.", exchange_id=exchange.id)
    tag = next((_optional(rows[0], name) for name in ("tag", "memo", "pmtId") if _optional(rows[0], name)), "")
    return DepositAddress(_text(exchange, rows[0], "addr"), tag)


# ------------------------------------------------------------------------------------------------------ fields


def _text(exchange: Any, row: Row, name: str) -> str:
    value = inside(exchange, row, name)
    if not isinstance(value, str):
        raise unexpected(exchange, f'"{name}"')
    return value


def _optional(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _is(row: Row, name: str) -> bool:
    return row.get(name) in (True, "true", "1", 1)


def _amount(exchange: Any, row: Row, *names: str) -> Decimal | None:
    value = next((row[name] for name in names if row.get(name) not in (None, "")), None)
    return None if value is None else number(exchange, value)


def _step(places: object) -> Decimal | None:
    """OKX says the number of decimals."""
    if not isinstance(places, str) or not places.isdigit() or len(places) > 2:
        return None
    return Decimal((0, (1,), -int(places)))
