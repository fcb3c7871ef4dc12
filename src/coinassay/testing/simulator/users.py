"""The customers of a simulated exchange: their keys, what they hold, and what came and went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address, ip_network

from coinassay.domain.money import CONTEXT, ZERO, add_up
from coinassay.testing.simulator.amounts import Amounts, amounts

AmountsLike = str | Decimal | Sequence[str] | Mapping[str, str] | Amounts
Wallets = Mapping[str, Mapping[str, AmountsLike]]

READ, TRADE, WITHDRAW, FUTURES = "read", "trade", "withdraw", "futures"
PERMISSIONS = frozenset({READ, TRADE, WITHDRAW, FUTURES})


class MovementKind(StrEnum):
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"


class MovementState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Movement:
    """Money that crosses the account's border."""

    id: str
    kind: MovementKind
    asset: str
    """The exchange's own code."""
    amount: Decimal
    """What arrives at the other side of a withdrawal, and what is credited by a deposit."""
    fee: Decimal
    """Taken on top of `amount`."""
    at: int
    """Milliseconds since 1970."""
    state: MovementState
    network: str
    address: str
    txid: str
    internal: bool = False
    """Between two customers of the exchange: no chain is involved."""
    balance: Decimal | None = None
    """What the wallet held of `asset` afterwards, where it was changed."""
    wallet: str = "spot"
    settled_at: int | None = None
    """When it was credited, arrived or failed, milliseconds since 1970; None while it is under way."""
    given_back: Decimal | None = None
    """What the wallet held after a withdrawal that failed was given back."""
    listed: bool = True
    """Whether the exchange's histories tell it."""


@dataclass(slots=True)
class WalletTransfer:
    """Between two wallets of one user."""

    id: int
    asset: str
    amount: Decimal
    source: str
    target: str
    at: int
    """Milliseconds since 1970."""


@dataclass(slots=True)
class OpenPosition:
    """A perpetual contract. `size` is negative for a short position, in units of the base coin."""

    symbol: str
    """"BTC/USDT"."""
    settle: str
    size: Decimal
    entry: Decimal
    leverage: Decimal


@dataclass(slots=True)
class Fill:
    """A trade of the user's, as the exchange's own histories tell it."""

    number: int
    """Ascending within the symbol."""
    symbol: str
    """"BTC/USDT"."""
    buy: bool
    amount: Decimal
    price: Decimal
    at: int
    """Milliseconds since 1970."""
    wallet: str = "spot"


@dataclass(slots=True)
class SimulatedUser:
    """One API key and what stands behind it."""

    api_key: str
    secret: str = field(repr=False)
    name: str = ""
    permissions: frozenset[str] = frozenset({READ})
    networks: tuple[str, ...] = ()
    """Addresses the key may be used from; none: from anywhere."""
    wallets: dict[str, dict[str, Amounts]] = field(default_factory=dict)
    """By wallet and the exchange's own code. "isolated" has one wallet a symbol: "isolated BTC/USDT"."""
    movements: list[Movement] = field(default_factory=list)
    transfers: list[WalletTransfer] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    """In the order of their numbers, each symbol's beginning with 1."""
    positions: list[OpenPosition] = field(default_factory=list)
    created_at: int = 0
    nonce: int = 0
    """The largest nonce seen."""
    requests: Counter[str] = field(default_factory=Counter)
    """Signed requests of this key that were let in, by path."""

    def held(self, wallet: str) -> dict[str, Amounts]:
        """What lies in the wallet, by the exchange's own code; empty where it was never opened."""
        return self.wallets.get(wallet, {})

    def may_come_from(self, peer: str) -> bool:
        address = ip_address(peer.partition("%")[0])
        return not self.networks or any(address in ip_network(each, strict=False) for each in self.networks)

    def put(self, wallet: str, asset: str, value: AmountsLike) -> None:
        """Sets what the wallet holds of the asset."""
        self.wallets.setdefault(wallet, {})[asset] = amounts(value)

    def change(self, wallet: str, asset: str, amount: Decimal) -> Decimal:
        """Adds to what is free and gives the new total. Raises ValueError where it would become negative."""
        held = self.wallets.setdefault(wallet, {}).setdefault(asset, Amounts())
        free = CONTEXT.add(held.free, amount)
        if free < 0:
            raise ValueError(f"{self.name or 'the user'} has not enough {asset} in {wallet}")
        held.free = free
        return held.total

    def unrealised(self, settle: str, marks: Mapping[str, Decimal]) -> Decimal:
        """What the futures wallet was given, and size x (mark - entry) of each position; `marks` by symbol."""
        held = self.held("futures").get(settle)
        positions = (profit(each, marks) for each in self.positions if each.settle == settle)
        return CONTEXT.add(ZERO if held is None else held.unrealised, add_up(positions))


def profit(position: OpenPosition, marks: Mapping[str, Decimal]) -> Decimal:
    """size x (mark - entry), 0 where the symbol has no price."""
    mark = marks.get(position.symbol, position.entry)
    return CONTEXT.multiply(position.size, CONTEXT.subtract(mark, position.entry))
