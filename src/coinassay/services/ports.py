"""What the use cases need from the outside. Implementations: coinassay.exchanges, .pricing, .storage, .testing.

The contract suites in tests/contract run over every implementation of a port.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from coinassay.domain.account import Account, Credentials, KeyState, Mode, NewAccount, User, WalletStatus
from coinassay.domain.api_key import ApiKey, KeyKind, Permission
from coinassay.domain.balance import Balance, Reading
from coinassay.domain.currency import Currency, Resolved
from coinassay.domain.market import Market
from coinassay.domain.rates import Quote, Rate, RateBook
from coinassay.domain.snapshot import Flow, Money, Snapshot

Clock = Callable[[], datetime]
"""The present moment, aware, in UTC."""


# ----------------------------------------------------------------------------------------------- exchanges


@dataclass(frozen=True, slots=True)
class Connection:
    """What a connector needs to read one account."""

    account_id: int
    market: Market
    credentials: Credentials
    paper_balances: Mapping[str, Decimal] = field(default_factory=dict)


class Markets(Protocol):
    """The table of what can be connected. Never imports ccxt."""

    def find(self, market_code: str) -> Market | None: ...

    def list(self) -> Sequence[Market]: ...

    def check_credentials(self, market: Market, fields: Mapping[str, str]) -> Credentials:
        """The credentials among `fields`. Raises InvalidRequest naming each missing, short or malformed one.

        Malformed: a newline or NUL in any field, a secret that is not base64 or PEM where the exchange wants one.
        """
        ...


class Connector(Protocol):
    """Reads accounts of one or all exchanges."""

    async def fetch_reading(self, connection: Connection, timeout: float) -> Reading:
        """Every wallet of the account, each read or with its failure, after at most `timeout` seconds.

        Raises the most telling ExchangeError when no wallet at all could be read. A wallet the exchange says is not
        opened for this user is read and empty. Never raises anything but ExchangeError.
        """
        ...

    async def forget(self, account_id: int) -> None:
        """Drops what is kept in memory for the account: called when it is removed or its credentials change."""
        ...

    async def close(self) -> None: ...


class QuoteSource(Protocol):
    """Public market prices of exchanges."""

    async def fetch_quotes(self, exchange_id: str, codes: Sequence[str], timeout: float) -> Sequence[Quote]:
        """All the exchange's spot quotes, or at least those that may lead from `codes` to a dollar.

        `base` and `quote` are ccxt's common codes. Usable or not: judging is the caller's. Raises ExchangeError.
        """
        ...


# ------------------------------------------------------------------------------------------------- pricing


class RateSource(Protocol):
    """USD rates for what an account holds."""

    async def fetch_rates(self, market: Market, balances: Sequence[Balance], timeout: float) -> RateBook:
        """Rates by `Balance.asset` for all `balances` and BTC: the account's own exchange first, then the fallback
        sources. Raises ExchangeError where the own exchange could not be asked and no fresh answer of it is kept.
        """
        ...


class Catalogue(Protocol):
    """What codes stand for. Never raises: an unknown code is an answer."""

    def find(self, code: str, exchange_id: str = "") -> Currency:
        """`exchange_id` lets a code that means another coin there stay unresolved."""
        ...

    def resolve(self, exchange_id: str, code: str) -> Resolved:
        """What the code that ccxt gives for a balance of this exchange means: LDBTC -> BTC at binance, DOT.S -> DOT at
        kraken, 1000SATS -> SATS x 1000. What ccxt itself has already translated is not translated twice."""
        ...


# ------------------------------------------------------------------------------------------------- storage


class UserStore(Protocol):
    async def add_user(self, name: str, created_at: datetime) -> User:
        """Raises InvalidRequest({"name": ["has already been taken"]})."""
        ...

    async def get_user(self, user_id: int) -> User: ...

    async def find_user(self, name: str) -> User | None: ...

    async def list_users(self) -> Sequence[User]:
        """Oldest first: the first is the owner."""
        ...

    async def set_mode(self, user_id: int, mode: Mode) -> None: ...


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be stored. `verifier`: HMAC secret bytes (sealed by the store) or RSA public key, PEM."""

    name: str
    api_key: str
    kind: KeyKind
    verifier: bytes = field(repr=False)
    permissions: frozenset[Permission] = frozenset()
    networks: tuple[str, ...] = ()


class ApiKeyStore(Protocol):
    async def add_key(self, user_id: int, key: NewKey, created_at: datetime) -> ApiKey: ...

    async def find_key(self, api_key: str) -> ApiKey | None:
        """Also a revoked one. Hot: one indexed statement."""
        ...

    async def list_keys(self, user_id: int) -> Sequence[ApiKey]: ...

    async def revoke_key(self, user_id: int, key_id: int, revoked_at: datetime) -> None:
        """Raises NotFound, also for another user's key."""
        ...

    async def record_used(self, used_at: Mapping[int, datetime]) -> None:
        """Last-used times by key id."""
        ...


@dataclass(frozen=True, slots=True)
class StoredHolding:
    """A balance of the last good load with the rate it was valued at, or why it has none."""

    balance: Balance
    rate: Rate | None
    usd: Decimal | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """Everything a good load changes, written in one transaction."""

    account_id: int
    started_at: datetime
    finished_at: datetime
    """Also the time of the snapshot."""
    holdings: tuple[StoredHolding, ...]
    wallets: tuple[WalletStatus, ...]
    total: Money
    btc_rate: Decimal | None
    flows: tuple[Flow, ...] = ()

    @property
    def complete(self) -> bool:
        return all(wallet.state == "ok" for wallet in self.wallets)


@dataclass(frozen=True, slots=True)
class FailedLoad:
    account_id: int
    started_at: datetime
    finished_at: datetime
    failure: str
    """Code of the error."""
    reason: str
    key_state: KeyState | None = None
    """The state to set, where the exchange rejected the key; None leaves the account's row as it is."""


class AccountStore(Protocol):
    async def add_account(self, user_id: int, new: NewAccount, created_at: datetime) -> Account:
        """Seals the credentials. Raises InvalidRequest({"api_key": ["This account is already connected!"]}) when this
        user has connected the same key to the same market already."""
        ...

    async def get_account(self, user_id: int, account_id: int) -> Account:
        """Hot: one indexed statement. Raises NotFound, also for another user's account."""
        ...

    async def list_accounts(
        self,
        user_id: int,
        *,
        mode: Mode = Mode.ALL,
        api_key: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> Sequence[Account]:
        """Oldest first."""
        ...

    async def remove_account(self, user_id: int, account_id: int) -> None:
        """With everything that belongs to it. Raises NotFound."""
        ...

    async def get_credentials(self, account_id: int) -> Credentials: ...

    async def get_paper_balances(self, account_id: int) -> Mapping[str, Decimal]: ...


class LoadStore(Protocol):
    async def record_load(self, load: Load) -> Account:
        """Replaces holdings and wallets, appends snapshot, flows and load, sets totals, key_state ok, updated_at,
        loaded_at and the next version: all in one transaction. Raises NotFound when the account has gone meanwhile."""
        ...

    async def record_failed_load(self, failed: FailedLoad) -> None:
        """Appends the load; sets the key state where given (with updated_at and the next version). Nothing else."""
        ...

    async def list_holdings(self, account_id: int) -> Sequence[StoredHolding]: ...

    async def list_wallets(self, account_id: int) -> Sequence[WalletStatus]: ...


class HistoryStore(Protocol):
    async def find_starts(
        self, account_ids: Sequence[int], moments: Sequence[datetime]
    ) -> Mapping[int, Sequence[Snapshot | None]]:
        """For each account and each moment the latest snapshot at or before it, else the account's first snapshot,
        else None."""
        ...

    async def list_flows(self, account_ids: Sequence[int], after: datetime) -> Mapping[int, Sequence[Flow]]:
        """Flows with `at` > `after`, oldest first, for each of the accounts."""
        ...
