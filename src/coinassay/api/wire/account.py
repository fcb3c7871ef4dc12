"""The Account entity."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from coinassay.api.images import exchange_icon
from coinassay.api.wire import numbers
from coinassay.api.wire.display import Amount, NumericAmount, Shown
from coinassay.domain.account import SUMMARY, SUMMARY_ID, Account, KeyState
from coinassay.domain.market import Market
from coinassay.domain.profit import percentage
from coinassay.domain.worth import Worth, worth_in_usd
from coinassay.services.portfolio import AccountReport

AUTO_BALANCE_PERIOD = 12
"""Hours. Balancing does not exist here, but one client cannot read the entity without an integer."""

DEPOSIT_MARKETS = frozenset({"binance", "binance_us", "okex"})
"""Where 3Commas documents deposit addresses; elsewhere its examples say false."""

SUMMARY_MARKET = Market(
    code=SUMMARY,
    exchange_id="",
    name="Summary",
    display_type="Summary",
    icon=SUMMARY,
    kinds=("spot", "futures"),
    required=(),
)
"""What all accounts together are connected to, in the entity's words."""


class AccountEntity(msgspec.Struct, frozen=True, kw_only=True):
    """The fields in the documented order; `auto_balance_portfolio` only where one account is asked for by GET.

    What is fixed here says what this kind of account is in the interface, as the documented examples do, not what this
    server would do with it: it never trades. Tools choose the accounts they list by these flags, so false would hide an
    account from a tool that only wants to read it.
    """

    id: int
    """1 to 2147483647; 0 for all accounts together."""
    auto_balance_period: int = AUTO_BALANCE_PERIOD
    auto_balance_portfolio_id: None = None
    auto_balance_portfolio: msgspec.UnsetType | None = msgspec.UNSET
    auto_balance_currency_change_limit: None = None
    autobalance_enabled: bool = False
    hedge_mode_available: bool = False
    hedge_mode_enabled: bool = False
    is_locked: bool = False
    smart_trading_supported: bool = True
    smart_selling_supported: bool = True
    available_for_trading: dict[str, str] = {}
    stats_supported: bool = True
    trading_supported: bool = True
    market_buy_supported: bool = True
    market_sell_supported: bool = True
    conditional_buy_supported: bool = True
    bots_allowed: bool = True
    bots_ttp_allowed: bool = True
    bots_tsl_allowed: bool
    gordon_bots_available: bool = True
    multi_bots_allowed: bool = True
    created_at: str
    """When it was connected."""
    updated_at: str
    """When it was last loaded or changed."""
    last_auto_balance: None = None
    fast_convert_available: bool
    grid_bots_allowed: bool = True
    api_key_invalid: bool
    """Whether the exchange rejects the key."""
    market_icon: str
    """An address of this server."""
    deposit_enabled: bool
    include_in_summary: bool
    """Whether it counts among all accounts together."""
    supported_market_types: tuple[str, ...]
    """"spot", "futures"."""
    primary_display_currency_profit_percentage: Amount
    """Over 30 days, with two decimals."""
    primary_display_currency_profit: Amount
    """Over 30 days."""
    day_profit_primary_display_currency_percentage: Amount
    """Over 24 hours, with four decimals."""
    day_profit_primary_display_currency: Amount
    """Over 24 hours."""
    primary_display_currency_amount: Amount
    """What it is worth."""
    total_primary_display_currency_profit: NumericAmount
    """Since it was connected. Its amount is a JSON number, unlike its siblings'."""
    available_include_in_summary: bool = True
    api_key: str | msgspec.UnsetType
    """Left out for all accounts together."""
    name: str
    auto_balance_method: None = None
    auto_balance_error: None = None
    customer_id: str | None
    """Where the exchange asks for one."""
    subaccount_name: str | None
    """Where the exchange asks for one."""
    lock_reason: Literal["invalid_api_key"] | None
    """Why it cannot be loaded."""
    btc_amount: str
    """What it is worth in Bitcoin, with the prices of the last load; 0.0 before the first."""
    usd_amount: str
    """What it is worth in US dollars."""
    day_profit_btc: str
    """Over 24 hours, without what was paid in or taken out."""
    day_profit_usd: str
    """The same in US dollars."""
    day_profit_btc_percentage: str
    """With two decimals, as the other percentages."""
    day_profit_usd_percentage: str
    btc_profit: str
    """Over 30 days, without what was paid in or taken out."""
    usd_profit: str
    """The same in US dollars."""
    usd_profit_percentage: str
    btc_profit_percentage: str
    total_btc_profit: str
    """Since it was connected."""
    total_usd_profit: str
    """The same in US dollars."""
    pretty_display_type: str
    """The market's older name: BinanceFutures."""
    exchange_name: str
    """The market's name for people."""
    market_code: str
    """The market's code, as market_list has it; paper_trading for one on paper."""
    api_keys_state: Literal["ok", "invalid", "expired", "expire_soon"]
    """What is known of the exchange key."""


def to_entity(
    report: AccountReport, market: Market, public_url: str, worth: Worth | None = None, *, detailed: bool = False
) -> AccountEntity:
    """The entity of an account with its profits. `worth`: the same in the currency to be shown, USD where it is not
    given. `detailed`: with `auto_balance_portfolio`."""
    account = report.account
    total, day, month, ever = account.total, report.profit.day, report.profit.month, report.profit.total
    seen = worth_in_usd(total, report.profit) if worth is None else worth

    def shown(value: Decimal | None, usd: Decimal) -> Shown:
        return Shown(seen.currency, value, seen.amount, usd, total.usd)

    amount_shown, day_shown = shown(seen.amount, total.usd), shown(seen.day, day.usd)
    month_shown, ever_shown = shown(seen.month, month.usd), shown(seen.total, ever.usd)
    text = numbers.text
    return AccountEntity(
        id=account.id,
        auto_balance_portfolio=None if detailed else msgspec.UNSET,
        bots_tsl_allowed=not account.is_paper,
        created_at=timestamp(account.created_at),
        updated_at=timestamp(account.updated_at),
        fast_convert_available=not account.is_paper,
        api_key_invalid=account.key_state is KeyState.INVALID,
        market_icon=exchange_icon(public_url, market.icon),
        deposit_enabled=market.code in DEPOSIT_MARKETS,
        include_in_summary=account.include_in_summary,
        supported_market_types=market.kinds,
        primary_display_currency_profit_percentage=month_shown.percentage(2),
        primary_display_currency_profit=month_shown.amount,
        day_profit_primary_display_currency_percentage=day_shown.percentage(4),
        day_profit_primary_display_currency=day_shown.amount,
        primary_display_currency_amount=amount_shown.amount,
        total_primary_display_currency_profit=ever_shown.numeric,
        api_key=account.api_key if account.id != SUMMARY_ID else msgspec.UNSET,
        name=account.name,
        customer_id=account.customer_id,
        subaccount_name=account.subaccount_name,
        lock_reason="invalid_api_key" if account.key_state is KeyState.INVALID else None,
        btc_amount=text(total.btc),
        usd_amount=text(total.usd),
        day_profit_btc=text(day.btc),
        day_profit_usd=text(day.usd),
        day_profit_btc_percentage=text(percentage(day.btc, total.btc), 2),
        day_profit_usd_percentage=text(percentage(day.usd, total.usd), 2),
        btc_profit=text(month.btc),
        usd_profit=text(month.usd),
        usd_profit_percentage=text(percentage(month.usd, total.usd), 2),
        btc_profit_percentage=text(percentage(month.btc, total.btc), 2),
        total_btc_profit=text(ever.btc),
        total_usd_profit=text(ever.usd),
        pretty_display_type=market.display_type,
        exchange_name=market.name,
        market_code=account.market_code,
        api_keys_state=account.key_state.value,
    )


def market_of(account: Account, market: Market | None) -> Market:
    """`market`, or what can be said of one that is no longer offered."""
    if market is not None:
        return market
    code = account.market_code
    return Market(code=code, exchange_id="", name=code, display_type=code, icon=code, kinds=("spot",), required=())


def timestamp(moment: datetime) -> str:
    """ISO 8601 with milliseconds, in UTC: "2023-06-19T16:50:57.303Z"."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
