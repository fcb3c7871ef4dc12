"""What can be connected: 3Commas calls a kind of account at one exchange a market."""

from __future__ import annotations

from dataclasses import dataclass

FIELD_LABELS = {
    "secret": "API Secret:",
    "api_key": "API Key:",
    "passphrase": "Passphrase:",
    "customer_id": "Customer Id:",
    "subaccount_name": "Sub-account Name:",
    "address": "Address:",
    "login": "Login:",
    "account_id": "Account Id:",
    "wallet_address": "Wallet Address:",
    "private_key": "Private Key:",
}
"""`localized_name` of a form field by its name (wire.md 4)."""

OPEN_FIELDS = frozenset(
    {"api_key", "customer_id", "subaccount_name", "address", "wallet_address", "login", "account_id"}
)
"""Fields that may be seen while they are typed, and are filled in again after a mistake. The others are secret: they
are never sent back."""


@dataclass(frozen=True, slots=True)
class Market:
    code: str
    """3Commas's market_code, or the ccxt id of an exchange that 3Commas does not know."""
    exchange_id: str
    """ccxt's id; "paper" for paper trading."""
    name: str
    """`exchange_name` of the Account entity."""
    display_type: str
    """`pretty_display_type` of the Account entity."""
    icon: str
    """Base name of the icon, e.g. "binance"."""
    kinds: tuple[str, ...]
    """`supported_market_types`: "spot", "futures"."""
    required: tuple[str, ...]
    """Credential fields that `accounts/new` wants, in the order of the form: secret, api_key, passphrase, …"""
    optional: tuple[str, ...] = ()
    help_url: str | None = None
    url: str | None = None
    listed_name: str = ""
    """`market_name` in the list of markets, where the wire has another one there: "Binance US", "Binance US Spot"."""
