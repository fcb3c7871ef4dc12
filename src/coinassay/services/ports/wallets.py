"""What the use cases need to know of how coins reach exchanges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from coinassay.domain.network import CoinNetworks, DepositAddress
from coinassay.services.ports.exchanges import Connection


class WalletSource(Protocol):
    """Reads networks and deposit addresses. There is no way to withdraw through it."""

    async def fetch_networks(self, connection: Connection, timeout: float) -> Sequence[CoinNetworks]:
        """Every currency of the exchange. Raises NotSupportedByExchange where it is not read here, ExchangeError."""
        ...

    async def fetch_deposit_address(
        self, connection: Connection, currency: str, network: str, timeout: float
    ) -> DepositAddress:
        """Where the account may be sent `currency` by `network`. Raises ExchangeError."""
        ...
