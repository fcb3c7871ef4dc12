"""What the use cases need to be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from coinassay.domain.account import Account, Credentials, KeyState, Mode, NewAccount, User, WalletStatus
from coinassay.domain.allocation import Part, Shown
from coinassay.domain.api_key import ApiKey, KeyKind, Permission
from coinassay.domain.balance import Balance, Position
from coinassay.domain.breakdown import Contents
from coinassay.domain.key_report import KeyReport
from coinassay.domain.movement import FlowReading
from coinassay.domain.rates import Rate
from coinassay.domain.snapshot import Flow, Leg, Money, Snapshot
from coinassay.services.ports.refresh import Settled


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

    async def set_locale(self, user_id: int, locale: str) -> None:
        """Raises NotFound."""
        ...

    async def get_locale(self, user_id: int) -> str:
        """ "en" until the user has chosen another one."""
        ...


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
    valued: tuple[Flow, ...] = ()
    """Stored flows for which there was no price so far, as they are with one: they count from this load on."""
    flow_reading: FlowReading | None = None
    """How far deposits and withdrawals are read now; None: as before."""
    positions: tuple[Position, ...] = ()
    """Open derivatives, also those of a wallet that was carried forward."""
    btc_day_ago: Decimal | None = None
    """`btc_rate` 24 h before, where it is known."""
    base_version: int | None = None
    """The account's version that flows and carried balances were worked out from; None: whatever it is now."""
    settled: Settled | None = None
    """Stored with it."""

    @property
    def complete(self) -> bool:
        return all(wallet.state == "ok" for wallet in self.wallets)


State = tuple[int, int]
"""Id and version of an account: what everything that is made of its holdings depends on."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change of an account; None leaves a field as it is."""

    name: str | None = None
    credentials: Credentials | None = None
    """All of the fields, in the place of the former."""
    include_in_summary: bool | None = None
    key_state: KeyState = KeyState.OK
    """Of new credentials."""
    key_report: KeyReport | None = None
    """About new credentials, where they were examined; what is known of the former ones is forgotten."""


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
    base_version: int | None = None
    """The account's version that was loaded: a key that was changed meanwhile is not the one that was rejected. None:
    whatever it is now."""
    wallets: tuple[WalletStatus, ...] = ()
    """What became of each wallet that was asked about."""
    settled: Settled | None = None
    """Stored with it."""


class AccountStore(Protocol):
    async def add_account(self, user_id: int, new: NewAccount, created_at: datetime) -> Account:
        """Seals the credentials. Raises InvalidRequest({"api_key": ["This account is already connected!"]}) when this
        user has connected the same key to the same market already."""
        ...

    async def add_accounts(self, user_id: int, new: Sequence[NewAccount], created_at: datetime) -> Sequence[Account]:
        """All of them or none. Raises InvalidRequest as `add_account` does."""
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

    async def change_account(
        self, user_id: int, account_id: int, changes: Changes, changed_at: datetime, base_version: int
    ) -> Account:
        """Sets what is given, updated_at and the next version. New credentials are sealed, and key_state is theirs.

        Raises NotFound, Conflict when the account has another version than `base_version`, and InvalidRequest as
        `add_account` does when another account has the new key.
        """
        ...

    async def get_credentials(self, account_id: int) -> Credentials: ...

    async def get_paper_balances(self, account_id: int) -> Mapping[str, Decimal]: ...


class KeyReportStore(Protocol):
    async def record_key_report(self, account_id: int, report: KeyReport) -> None:
        """In the place of an older one. Raises NotFound when the account has gone."""
        ...

    async def find_key_report(self, account_id: int) -> KeyReport | None:
        """None for an account whose key was never examined."""
        ...


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

    async def list_positions(self, account_id: int) -> Sequence[Position]:
        """Open derivatives at the last good load, in its order."""
        ...


class PortfolioStore(Protocol):
    """What the last good loads found, as it is asked for."""

    async def list_included(self, user_id: int, mode: Mode) -> Sequence[Account]:
        """All accounts that count in the summary, oldest first."""
        ...

    async def get_shown(self, account_id: int) -> tuple[State, Sequence[Shown]]:
        """The allocation of the last good load, largest share first, with the state it was read in: one statement.
        Empty for an account that was never loaded. Raises NotFound."""
        ...

    async def list_states(self, user_id: int, mode: Mode) -> Sequence[State]:
        """Of the accounts that count in the summary, oldest first; also of those that were never loaded."""
        ...

    async def list_parts(self, account_ids: Sequence[int]) -> Sequence[tuple[State, Part]]:
        """The shares of each account at its last good load, with the state they were read in, in the order of the ids'
        size: one statement for any number of them. Accounts that have gone are left out."""
        ...

    async def list_contents(self, account_ids: Sequence[int]) -> Sequence[tuple[State, Contents]]:
        """What each account held at its last good load, with the state it was read in, in the order of the ids' size:
        a fixed number of statements. Accounts that have gone are left out."""
        ...


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

    async def list_legs(self, account_ids: Sequence[int]) -> Sequence[Leg]:
        """The legs of transfers that these accounts have, oldest first, also those whose other leg is elsewhere."""
        ...
