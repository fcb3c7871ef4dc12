"""What can be connected and what is traded there: for anybody, whatever key and signature come along."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from coinassay.api.call import Call
from coinassay.api.declared import Choice, RequiredText, Text
from coinassay.api.errors import EXCHANGE_ERRORS
from coinassay.api.images import exchange_icon
from coinassay.api.options import ApiOptions
from coinassay.api.params import MISSING, NO_SUCH_VALUE, Params
from coinassay.api.routing import Route
from coinassay.api.wire.market_data import LeverageMode, MarketEntity, Rates, to_market, to_modes, to_rates
from coinassay.api.wire.numbers import encode
from coinassay.domain.account import PAPER
from coinassay.domain.api_key import Permission
from coinassay.domain.market import Market
from coinassay.errors import Banned, TooManyRequests, UnknownPair
from coinassay.services.bundle import Services

MARKET_CODE = Text(
    "market_code",
    "One of market_list, or `paper_trading`. Required, unless `pretty_display_type` names the market.",
    "binance",
)
DISPLAY_TYPE = Text("pretty_display_type", "How older clients name the market.", "Binance")
PAIR = RequiredText("pair", "One of market_pairs: the quote before the base.", "USDT_BTC")
LIMIT_TYPE = Choice(
    "limit_type", "Whose limits are wanted. The exchange's own hold for both.", "bot", ("bot", "smart_trade")
)

TOO_OFTEN = (TooManyRequests, Banned)


class MarketDataRoutes:
    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._markets = services.markets
        self._data = services.market_data
        self._public_url = options.public_url.rstrip("/")

    def table(self) -> Sequence[Route]:
        accounts = "/ver1/accounts"
        return (
            Route(
                "GET",
                f"{accounts}/market_list",
                self.market_list,
                signed=False,
                summary="What can be connected",
                answer=list[MarketEntity],
            ),
            *(
                Route(
                    "GET",
                    f"{version}/accounts/market_pairs",
                    self.market_pairs,
                    signed=False,
                    counted=True,
                    summary="What is traded in a market" if version == "/ver1" else "The same, at its second address",
                    answer=list[str],
                    params=(MARKET_CODE, DISPLAY_TYPE),
                    errors=(*TOO_OFTEN, *EXCHANGE_ERRORS),
                )
                for version in ("/ver1", "/v2")
            ),
            Route(
                "GET",
                f"{accounts}/currency_rates",
                self.currency_rates,
                signed=False,
                counted=True,
                summary="Price and rules of a pair",
                answer=Rates,
                params=(MARKET_CODE, DISPLAY_TYPE, PAIR, LIMIT_TYPE),
                errors=(UnknownPair, *TOO_OFTEN, *EXCHANGE_ERRORS),
            ),
            Route(
                "GET",
                f"{accounts}/currency_rates_with_leverage_data",
                self.currency_rates_with_leverage_data,
                signed=False,
                counted=True,
                summary="Price, rules and leverage of a pair",
                answer=Rates,
                params=(MARKET_CODE, DISPLAY_TYPE, PAIR, LIMIT_TYPE),
                errors=(UnknownPair, *TOO_OFTEN, *EXCHANGE_ERRORS),
            ),
            Route(
                "GET",
                f"{accounts}/{{account_id}}/leverage_data",
                self.leverage_data,
                Permission.ACCOUNTS_READ,
                summary="How a pair can be leveraged",
                answer=list[LeverageMode],
                params=(PAIR,),
                errors=(UnknownPair, *EXCHANGE_ERRORS),
            ),
        )

    async def market_list(self, _: Call) -> bytes:
        """Every kind of account that can be connected here, paper trading apart: that needs no form. An array."""
        return self._market_list

    async def market_pairs(self, call: Call) -> bytes:
        """An array of codes: "USDT_BTC", for contracts "USDT_BTCUSDT". Both versions of the address answer the same."""
        market = self._market(call.params)
        call.params.check()
        assert market is not None
        return encode(await self._data.list_pairs(market))

    async def currency_rates(self, call: Call) -> bytes:
        """What the exchange does not say is left out."""
        return await self._rates(call, with_leverage=False)

    async def currency_rates_with_leverage_data(self, call: Call) -> bytes:
        """The same as currency_rates, with `leverage_data`: how the pair can be leveraged, or only the mode "none"."""
        return await self._rates(call, with_leverage=True)

    async def leverage_data(self, call: Call) -> bytes:
        """How a pair can be leveraged in an account. An array; for what is not leveraged only the mode "none"."""
        account_id = call.take_account_id()
        code = PAIR.read(call.params)
        call.params.check()
        pair = await self._data.pair_of_account(call.user_id, account_id, code)
        return encode(to_modes(pair.leverage, lowest="1.0", unleveraged=True))

    async def _rates(self, call: Call, *, with_leverage: bool) -> bytes:
        params = call.params
        market = self._market(params)
        code = PAIR.read(params)
        LIMIT_TYPE.read(params)
        params.check()
        assert market is not None
        found = await self._data.rates(market, code)
        return encode(to_rates(found.pair, found.quote, with_leverage=with_leverage))

    def _market(self, params: Params) -> Market | None:
        """By `market_code`, or by the older `pretty_display_type`. What is wrong is complained of."""
        code, display_type = MARKET_CODE.read(params), DISPLAY_TYPE.read(params)
        market = None
        if code is not None:
            market = self._markets.find(code)
        elif display_type is not None:
            market = next((each for each in self._markets.list() if each.display_type == display_type), None)
        if market is None and "market_code" not in params.problems:
            missing = code is None and display_type is None
            params.complain("market_code", MISSING if missing else NO_SUCH_VALUE)
        return market

    @cached_property
    def _market_list(self) -> bytes:
        return encode(
            [
                to_market(market, exchange_icon(self._public_url, market.icon))
                for market in self._markets.list()
                if market.code != PAPER
            ]
        )
