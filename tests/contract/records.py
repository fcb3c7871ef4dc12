"""What the storage suites store. Domain values are written as text: `held("2 BTC", at="50000")`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from coinassay.domain.account import Credentials, NewAccount, WalletState, WalletStatus
from coinassay.domain.api_key import KeyKind, Permission
from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, add_up, divide
from coinassay.domain.rates import Leg, Rate
from coinassay.domain.snapshot import Flow, FlowKind, Money
from coinassay.services.ports import Load, NewKey, StoredHolding

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
BTC_RATE = Decimal("63722.1")

exact_decimals = st.builds(
    lambda sign, digits, exponent: Decimal((sign, tuple(map(int, str(digits))), exponent)),
    st.integers(0, 1),
    st.integers(0, 10**50 - 1),
    st.integers(-60, 20),
)
"""Up to 50 digits, either sign, also with exponents and zeros at the end."""

codes = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)

moments = st.integers(-(10**15), 10**16).map(lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n))
"""From 1938 to 2286."""


def new_account(
    name: str = "main", api_key: str = "public-key", market_code: str = "binance", **more: str
) -> NewAccount:
    return NewAccount(market_code, name, Credentials({"api_key": api_key, "secret": "a-secret", **more}))


def new_key(api_key: str = "k" * 64, verifier: bytes = b"hmac-secret", kind: KeyKind = KeyKind.HMAC) -> NewKey:
    return NewKey(
        "laptop",
        api_key,
        kind,
        verifier,
        frozenset({Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE}),
        ("10.0.0.0/8", "2001:db8::/32"),
    )


def held(amount_and_asset: str, at: str | None = None, wallet: str = "spot") -> StoredHolding:
    amount, asset = amount_and_asset.split()
    total = Decimal(amount)
    balance = Balance(asset, wallet, total, free=total)
    if at is None:
        return StoredHolding(balance, None, None, "no market found")
    price = Decimal(at)
    rate = Rate(asset, "USD", price, (Leg(asset, "USD", price, "kraken", NOW),))
    return StoredHolding(balance, rate, CONTEXT.multiply(total, price))


def a_load(
    account_id: int,
    *holdings: StoredHolding,
    at: datetime = NOW,
    flows: tuple[Flow, ...] = (),
    wallets: tuple[WalletStatus, ...] | None = None,
    base_version: int | None = None,
) -> Load:
    usd = add_up(holding.usd for holding in holdings if holding.usd is not None)
    return Load(
        account_id=account_id,
        started_at=at - timedelta(seconds=2),
        finished_at=at,
        holdings=holdings,
        wallets=(WalletStatus("spot", WalletState.OK, at),) if wallets is None else wallets,
        total=Money(usd, divide(usd, BTC_RATE)),
        btc_rate=BTC_RATE,
        flows=flows,
        base_version=base_version,
    )


def a_flow(
    account_id: int,
    usd: str,
    btc: str = "0",
    at: datetime = NOW,
    kind: FlowKind = FlowKind.DEPOSIT,
    reference: str = "",
) -> Flow:
    return Flow(account_id, at, kind, Money(Decimal(usd), Decimal(btc)), "USDT", Decimal(usd), reference)
