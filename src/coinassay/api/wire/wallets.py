"""Networks, deposit addresses, and what trades by itself."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from coinassay.api.wire import numbers
from coinassay.domain.network import CoinNetworks, Network
from coinassay.services.wallets import Deposit


class NetworkEntity(msgspec.Struct, frozen=True, kw_only=True):
    """One network, its fields spelled as documented. Amounts the exchange does not say are null."""

    network: str
    default: bool
    deposit_enable: bool
    withdraw_enable: bool
    deposit_tip: str
    withdraw_tip: str
    special_tip: str
    network_name: str
    network_url: str
    address_regexp: str
    withdraw_fee: str | None
    withdraw_min: str | None
    withdraw_max: str | None = msgspec.field(name="withdrawMax")
    withdraw_multiple: str | None = msgspec.field(name="withdrawMultiple")
    memo_regexp: str
    label: str
    require_address_tag: bool


class NetworksEntity(msgspec.Struct, frozen=True, kw_only=True):
    """One currency."""

    currency: str
    name: str
    deposit_enable: bool
    withdraw_enable: bool
    network_list: tuple[NetworkEntity, ...]


def to_networks(coins: Sequence[CoinNetworks]) -> list[NetworksEntity]:
    return [
        NetworksEntity(
            currency=coin.currency,
            name=coin.name,
            deposit_enable=coin.deposits,
            withdraw_enable=coin.withdrawals,
            network_list=tuple(_network(each) for each in coin.networks),
        )
        for coin in coins
    ]


def _network(network: Network) -> NetworkEntity:
    return NetworkEntity(
        network=network.code,
        default=network.default,
        deposit_enable=network.deposits,
        withdraw_enable=network.withdrawals,
        deposit_tip=network.deposit_tip,
        withdraw_tip=network.withdraw_tip,
        special_tip=network.special_tip,
        network_name=network.name,
        network_url=network.url,
        address_regexp=network.address_pattern,
        withdraw_fee=_text(network.withdraw_fee),
        withdraw_min=_text(network.withdraw_min),
        withdraw_max=_text(network.withdraw_max),
        withdraw_multiple=_text(network.withdraw_step),
        memo_regexp=network.memo_pattern,
        label=f"{network.name} ({network.code})" if network.name != network.code else network.code,
        require_address_tag=network.needs_tag,
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else numbers.text(amount)


class DepositEntity(msgspec.Struct, frozen=True):
    address: str
    address_tag: str
    available_balance: str
    in_orders: str
    total_balance: str


def to_deposit(deposit: Deposit) -> DepositEntity:
    text = numbers.text
    return DepositEntity(
        address=deposit.address.address,
        address_tag=deposit.address.tag,
        available_balance=text(deposit.free),
        in_orders=text(deposit.locked),
        total_balance=text(deposit.total),
    )


class TradingEntities(msgspec.Struct, frozen=True):
    """All 0: nothing trades by itself here."""

    active_bots_count: int = 0
    active_deals_count: int = 0
    active_smart_trades_count: int = 0
    active_orders_count: int = 0
    active_grid_bots_count: int = 0


class ActiveTradingEntities(msgspec.Struct, frozen=True):
    data: TradingEntities = TradingEntities()
