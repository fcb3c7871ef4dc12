"""The ways by which a currency reaches an exchange and leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Network:
    """One of them. None: the exchange does not say."""

    code: str
    """The exchange's own name of it, as it wants to hear it: "ETH", "USDT-TRC20"."""
    name: str
    default: bool
    deposits: bool
    withdrawals: bool
    deposit_tip: str = ""
    withdraw_tip: str = ""
    special_tip: str = ""
    url: str = ""
    """Of the contract, at an explorer."""
    address_pattern: str = ""
    """A regular expression."""
    memo_pattern: str = ""
    needs_tag: bool = False
    withdraw_fee: Decimal | None = None
    withdraw_min: Decimal | None = None
    withdraw_max: Decimal | None = None
    withdraw_step: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CoinNetworks:
    currency: str
    name: str
    networks: tuple[Network, ...]

    @property
    def deposits(self) -> bool:
        return any(network.deposits for network in self.networks)

    @property
    def withdrawals(self) -> bool:
        return any(network.withdrawals for network in self.networks)


@dataclass(frozen=True, slots=True)
class DepositAddress:
    address: str
    tag: str
    """Empty where the network has none."""
