"""What the use cases need to be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from coinassay.domain.account import Account, Credentials, KeyState, Mode, NewAccount, User, WalletStatus
from coinassay.domain.api_key import ApiKey, KeyKind, Permission
from coinassay.domain.balance import Balance
from coinassay.domain.rates import Rate
from coinassay.domain.snapshot import Flow, Money, Snapshot


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
    base_version: int | None = None
    """The account's version that flows and carried balances were worked out from; None: whatever it is now."""

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
        loaded_at and the next version: all in one transaction. A flow whose reference is stored already is left out.

        Raises NotFound when the account has gone meanwhile, Conflict when it has another version than `base_version`.
        """
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
