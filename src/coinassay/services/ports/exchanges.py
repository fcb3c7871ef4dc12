"""What the use cases need of exchanges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from coinassay.domain.account import Credentials
from coinassay.domain.balance import Reading, WalletReading
from coinassay.domain.key_report import KeyReport
from coinassay.domain.market import Market
from coinassay.domain.rates import Quote


@dataclass(frozen=True, slots=True)
class Connection:
    """What a connector needs to read one account."""

    account_id: int
    market: Market
    credentials: Credentials
    paper_balances: Mapping[str, Decimal] = field(default_factory=dict)
    tell: Callable[[WalletReading], None] | None = field(default=None, repr=False, compare=False)
    """Told of each wallet once, as soon as it was read or could not be; what it failed with is not final before all
    have been asked. Does not raise."""


class Markets(Protocol):
    """The table of what can be connected. Never imports ccxt."""

    def find(self, market_code: str) -> Market | None: ...

    def list(self) -> Sequence[Market]: ...

    def check_credentials(self, market: Market, fields: Mapping[str, str]) -> Credentials:
        """The credentials among `fields`. Raises InvalidRequest naming each missing, short or malformed one.

        Malformed: a newline or NUL in any field, a secret that is not base64 or PEM where the exchange wants one.
        """
        ...

    def sharing_keys(self, market: Market) -> Sequence[Market]:
        """Every market a key of this one could be connected as, itself first."""
        ...


class Connector(Protocol):
    """Reads accounts of one or all exchanges."""

    async def fetch_reading(self, connection: Connection, timeout: float) -> Reading:
        """Every wallet of the account, each read or with its failure, after at most `timeout` seconds.

        Where an exchange allows only so much, a reading waits for its turn first, which is not counted (`waited` says
        how long), or ExchangeThrottled is raised when that would take too long.

        Raises the most telling ExchangeError when no wallet at all could be read. A wallet the exchange says is not
        opened for this user is read and empty. Never raises anything but ExchangeError.
        """
        ...

    async def forget(self, account_id: int) -> None:
        """Drops what is kept in memory for the account: called when it is removed or its credentials change."""
        ...

    async def close(self) -> None: ...


class KeyDoctor(Protocol):
    """Finds out what a key is good for, by asking its exchange. Reads only."""

    async def examine(
        self, market: Market, credentials: Credentials, timeout: float, others: Sequence[Market] = ()
    ) -> KeyReport:
        """Takes at most about `timeout` seconds; what was not answered by then is unknown.

        `others` are markets of the same keys, to be tried as well. Never raises for what the exchange does or says:
        that is in the report.
        """
        ...


class QuoteSource(Protocol):
    """Public market prices of exchanges."""

    async def fetch_quotes(self, exchange_id: str, codes: Sequence[str], timeout: float) -> Sequence[Quote]:
        """All the exchange's spot quotes, or at least those that may lead from `codes` to a dollar.

        `base` and `quote` are ccxt's common codes. Usable or not: judging is the caller's. Raises ExchangeError.
        """
        ...
