"""The kinds of accounts that can be connected, and what is traded at their exchanges."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from coinassay.api.wire import numbers
from coinassay.domain.market import FIELD_LABELS, Market
from coinassay.domain.pair import Instrument, Leverage, Pair
from coinassay.domain.rates import DAILY_CLOSE, Quote

# -------------------------------------------------------------------------------------------------- market_list


class FormField(msgspec.Struct, frozen=True):
    field: str
    """The name of the parameter of `accounts/new`."""
    localized_name: str


class FormFields(msgspec.Struct, frozen=True):
    required: tuple[FormField, ...]
    optional: tuple[FormField, ...]


class MarketEntity(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of account. No field is null: a strict client of this interface reads them all as they are here."""

    market_name: str
    market_url: str
    """The exchange's own site; empty where it is not known."""
    market_icon: str
    help_link: str
    """The documentation of the exchange's API; empty where it is not known."""
    market_code: str
    form_fields: FormFields
    available_connection_flows: tuple[str, ...] = ("form",)
    third_party_allowed: bool = False
    trusted_ips: tuple[str, ...] = ()
    """Empty: from which address this server asks exchanges is its owner's to know."""
    trusted_ips_input_type: str = "inline"
    fast_connect_action_name: str
    """The market code. There is no such flow here, but the documented rows have it without one as well."""


def to_market(market: Market, icon: str) -> MarketEntity:
    return MarketEntity(
        market_name=market.listed_name or market.name,
        market_url=market.url or "",
        market_icon=icon,
        help_link=market.help_url or "",
        market_code=market.code,
        form_fields=FormFields(_fields(market.required), _fields(market.optional)),
        fast_connect_action_name=market.code,
    )


def _fields(names: Sequence[str]) -> tuple[FormField, ...]:
    return tuple(FormField(name, FIELD_LABELS[name]) for name in names)


# -------------------------------------------------------------------------------------------------- leverage


class LeverageMode(msgspec.Struct, frozen=True, kw_only=True):
    """A way of trading with borrowed money."""

    code: Literal["none", "cross", "isolated"]
    name: str
    can_set_leverage_value: bool
    available_leverage_values: tuple[str, ...] = ()
    max_leverage: str | None
    """null where the exchange does not tell it."""
    valid: dict[str, str | int | None]
    """`min` and `max`; empty where no value can be set."""


def to_modes(leverage: Leverage | None, *, lowest: str | int, unleveraged: bool) -> tuple[LeverageMode, ...]:
    """`lowest`: the smallest leverage as it is written. `unleveraged`: with the mode that stands for none."""
    none = LeverageMode(code="none", name="Not specified", can_set_leverage_value=False, max_leverage=None, valid={})
    if leverage is None:
        return (none,)
    highest = None if leverage.max is None else numbers.text(leverage.max)
    modes = [none] if unleveraged else []
    if leverage.cross:
        modes.append(_mode("cross", "Cross", lowest, highest))
    if leverage.isolated:
        modes.append(_mode("isolated", "Isolated", lowest, highest))
    return tuple(modes)


def _mode(code: Literal["cross", "isolated"], name: str, lowest: str | int, highest: str | None) -> LeverageMode:
    return LeverageMode(
        code=code,
        name=name,
        can_set_leverage_value=True,
        max_leverage=highest,
        valid={"min": lowest, "max": highest},
    )


# -------------------------------------------------------------------------------------------------- currency_rates

Known = str | msgspec.UnsetType
"""A decimal string. Left out, not guessed and never null, where the exchange does not say it."""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Price and rules of one pair, its fields in the documented order."""

    last: Known = msgspec.UNSET
    bid: Known = msgspec.UNSET
    ask: Known = msgspec.UNSET
    orderbook_ask: Known = msgspec.UNSET
    orderbook_bid: Known = msgspec.UNSET
    orderbook_last: Known = msgspec.UNSET
    orderbook_price_currency: str
    strategy_name: Literal["orderbook_price", "daily_close"]
    """How the price came about: "daily_close" for paper trading while no exchange can be reached."""
    contract_strategy_name: Literal["orderbook_price", "daily_close"]
    leverage_data: tuple[LeverageMode, ...] | msgspec.UnsetType = msgspec.UNSET
    instrumentKind: Literal["spot", "linear_futures", "inverse_futures"]
    minPrice: Known = msgspec.UNSET
    maxPrice: Known = msgspec.UNSET
    priceStep: Known = msgspec.UNSET
    minLotSize: Known = msgspec.UNSET
    lotStep: Known = msgspec.UNSET
    maxMarketBuyAmount: Known = msgspec.UNSET
    maxMarketSellAmount: Known = msgspec.UNSET
    minMarketBuyAmount: Known = msgspec.UNSET
    minMarketSellAmount: Known = msgspec.UNSET
    bidMultiplierDown: Known = msgspec.UNSET
    bidMultiplierUp: Known = msgspec.UNSET
    askMultiplierUp: Known = msgspec.UNSET
    askMultiplierDown: Known = msgspec.UNSET
    minTotal: Known = msgspec.UNSET
    minMarketTotal: Known = msgspec.UNSET
    maxTotal: Known = msgspec.UNSET
    maxLotSize: Known = msgspec.UNSET


def _known(value: Decimal | None) -> Known:
    return msgspec.UNSET if value is None else numbers.text(value)


def to_rates(pair: Pair, quote: Quote, *, with_leverage: bool = False) -> Rates:
    rules, known = pair.rules, _known
    strategy: Literal["orderbook_price", "daily_close"] = (
        "daily_close" if quote.source == DAILY_CLOSE else "orderbook_price"
    )
    last, bid, ask = known(quote.last), known(quote.bid), known(quote.ask)
    least, most = known(rules.min_market_lot), known(rules.max_market_lot)
    if pair.instrument is Instrument.SPOT:
        least = msgspec.UNSET  # the documented rows have it for contracts only; for spot it is the least lot
    return Rates(
        last=last,
        bid=bid,
        ask=ask,
        orderbook_ask=ask,
        orderbook_bid=bid,
        orderbook_last=last,
        orderbook_price_currency=pair.price_currency,
        strategy_name=strategy,
        contract_strategy_name=strategy,
        leverage_data=to_modes(pair.leverage, lowest=1, unleveraged=False) if with_leverage else msgspec.UNSET,
        instrumentKind=pair.instrument.value,
        minPrice=known(rules.min_price),
        maxPrice=known(rules.max_price),
        priceStep=known(rules.price_step),
        minLotSize=known(rules.min_lot),
        lotStep=known(rules.lot_step),
        maxMarketBuyAmount=most,
        maxMarketSellAmount=most,
        minMarketBuyAmount=least,
        minMarketSellAmount=least,
        bidMultiplierDown=known(rules.bid_multiplier_down),
        bidMultiplierUp=known(rules.bid_multiplier_up),
        askMultiplierUp=known(rules.ask_multiplier_up),
        askMultiplierDown=known(rules.ask_multiplier_down),
        minTotal=known(rules.min_total),
        minMarketTotal=known(rules.min_market_total),
        maxTotal=known(rules.max_total),
        maxLotSize=known(rules.max_lot),
    )
