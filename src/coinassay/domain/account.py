"""One user's connection to one exchange and market type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from coinassay.domain.key_report import KeyReport
from coinassay.domain.snapshot import Money

PAPER = "paper_trading"
"""The market code of accounts that exist only here."""

SUMMARY = "summary"
"""What stands in the place of an account's id, and of its market code, for all accounts together."""
SUMMARY_ID = 0
"""No account has it: ids begin at 1."""


class Mode(StrEnum):
    """Which accounts a user works with (3Commas: one or the other). ALL until the user chooses."""

    ALL = "all"
    REAL = "real"
    PAPER = "paper"


LOCALES = ("en", "ru", "pt", "zh", "es", "fr", "tr", "de", "it")
"""The languages a user may choose, the first one until then."""


@dataclass(frozen=True, slots=True)
class User:
    id: int
    name: str
    display_currency: str
    """What amounts are shown in; empty for the installation's."""
    mode: Mode
    created_at: datetime


IDENTITIES = ("api_key", "address", "wallet_address", "login", "account_id", "customer_id")
"""Fields that are no secrets, the most telling first."""


class Credentials(Mapping[str, str]):
    """What an exchange wants to know of its user, by field name: api_key, secret, passphrase, customer_id, …

    Its repr shows the field names only. Not hashable, not picklable by accident: `dict(credentials)` is the way out.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = dict(fields)

    def __getitem__(self, name: str) -> str:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    @property
    def identity(self) -> str:
        """What tells the exchange whose account it is, never a secret: the API key, or an address or a name where
        there is no key. Empty where there is nothing but secrets."""
        return next((self._fields[name] for name in IDENTITIES if self._fields.get(name)), "")

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._fields))})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("credentials are not written anywhere but into the vault")


class KeyState(StrEnum):
    """`api_keys_state` of the Account entity."""

    OK = "ok"
    INVALID = "invalid"
    EXPIRED = "expired"
    EXPIRE_SOON = "expire_soon"


class WalletState(StrEnum):
    OK = "ok"
    CARRIED = "carried"
    """Not read this time: the last good balances stand in."""
    UNKNOWN = "unknown"
    """Never read so far: the account may hold more than is shown."""


@dataclass(frozen=True, slots=True)
class WalletStatus:
    wallet: str
    state: WalletState
    read_at: datetime | None
    """When its balances were last read, None for UNKNOWN."""
    failure: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account with the totals of its last good load."""

    id: int
    user_id: int
    market_code: str
    name: str
    api_key: str
    """`Credentials.identity`: never a secret. Generated for paper accounts."""
    customer_id: str | None
    subaccount_name: str | None
    include_in_summary: bool
    key_state: KeyState
    created_at: datetime
    updated_at: datetime
    loaded_at: datetime | None = None
    """When balances were last stored; None before the first good load."""
    complete: bool = True
    """Whether the last good load read every wallet."""
    total: Money = Money()
    net_deposits: Money = Money()
    """All deposits - withdrawals so far, each valued at its own time."""
    btc_rate: Decimal | None = None
    """USD for one BTC at the last load."""
    version: int = 0
    """Grows with every change of the row or its holdings: what is made from them may be kept as long as it stands."""

    @property
    def is_paper(self) -> bool:
        return self.market_code == PAPER


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What `accounts/new` was asked for, validated."""

    market_code: str
    name: str
    credentials: Credentials
    paper_balances: Mapping[str, Decimal] = field(default_factory=dict)
    key_state: KeyState = KeyState.OK
    key_report: KeyReport | None = None
    """What was found out about the key, where it was examined."""
