"""What every ccxt exchange object of ours does differently from ccxt.

`Exact` stands before ccxt's class in the method resolution order. Nothing here imports ccxt.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec

from coinassay.errors import ExchangeThrottled, NotSupportedByExchange, UnexpectedReply
from coinassay.exchanges import reads_only
from coinassay.exchanges.budgets import weight_told
from coinassay.exchanges.errors import LAST_ANSWER, Answer, Circumstances, Phase, note, to_ours
from coinassay.exchanges.limiter import Limiter
from coinassay.exchanges.pools import Pool

SILENT = logging.Logger("ccxt", level=logging.CRITICAL + 1)
"""ccxt logs whole requests with their headers, at DEBUG: keys and signatures. This logger has no parent and no handler,
so no setting of anybody's can make it speak."""

_NO_PARAMS: Mapping[str, Any] = {}

_UNQUOTED = re.compile(r"[A-Za-z0-9_.~-]*\Z").match
"""What urllib.parse.quote leaves as it is."""

_decode = msgspec.json.Decoder(float_hook=str).decode


def _urlencode(params: Mapping[str, Any], doseq: bool) -> str:
    """As ccxt's Exchange.urlencode."""
    written = {name: str(value).lower() if isinstance(value, bool) else value for name, value in params.items()}
    return urlencode(written, doseq, quote_via=quote)


if TYPE_CHECKING:

    class _Exchange:
        """The part of ccxt.async_support's Exchange that is built upon."""

        id: str
        markets: Any

        def calculate_rate_limiter_cost(self, api: Any, method: str, path: str, params: Any, config: Any) -> Any: ...
        def sign(self, *args: Any, **kwargs: Any) -> Any: ...
        def on_rest_response(self, *args: Any) -> Any: ...
        def safe_string(self, value: Any, key: Any) -> str | None: ...

else:
    _Exchange = object


class Exact(_Exchange):
    """The exchange's own digits, one limiter for all, and nothing kept or logged that is not needed."""

    number: Any = str
    """ccxt makes each number with this: the exchange's own text stays."""

    logger = SILENT
    timeout_on_exit = 0
    enableLastHttpResponse = False
    enableLastJsonResponse = False
    enableLastResponseHeaders = False

    limiter: Limiter
    own_pool: Pool | None = None
    """What this object's API key has been asked with, where an exchange counts by key."""
    of_account = False
    """Whether its requests are one account's."""
    origin_only: str | None = None
    """Scheme and host everything must go to, where the exchange was pointed elsewhere: some classes of ccxt have
    further addresses in their code."""

    send: Any
    """How a request is sent (`coinassay.exchanges.sending`). A test looks for a class of ccxt with its own way."""

    turn: asyncio.Lock | None = None
    """Taken by each request of an exchange that wants its numbers (nonces) in ascending order: of two requests under
    way at once the later one may arrive first, and the other is refused ("EAPI:Invalid nonce")."""

    def on_json_response(self, text: str) -> Any:
        """Bare JSON numbers stay as they were written; whole ones become int, of any size. ccxt's own parser (orjson)
        makes both floats: 17 digits are all that is left."""
        try:
            return _decode(text)
        except RecursionError as e:
            raise ValueError("nested too deeply") from e

    @staticmethod
    def urlencode(params: Any = _NO_PARAMS, doseq: bool = False, sort: bool = False) -> str:
        """What ccxt's gives, without quoting what needs no quotes: numbers, names and times."""
        for name, value in params.items():
            kind = type(value)
            if not (kind is int or (kind is str and _UNQUOTED(value))) or type(name) is not str or not _UNQUOTED(name):
                return _urlencode(params, doseq)
        return "&".join([f"{name}={value}" for name, value in params.items()])

    def init_throttler(self, cost: Any = None) -> None:
        """No throttler of the object's own: `fetch2` waits for all of them at one limiter."""

    def sign(self, *args: Any, **kwargs: Any) -> Any:
        with _SIGNING:
            return super().sign(*args, **kwargs)

    async def fetch2(
        self, path: str, api: Any = "public", method: str = "GET", params: Any = _NO_PARAMS, config: Any = _NO_PARAMS
    ) -> Any:
        reads_only.check(self.id, method, path)
        cost = float(self.calculate_rate_limiter_cost(api, method, path, params, config))
        passed = await self.limiter.enter(self, api if isinstance(api, str) else api[0], path, cost)
        try:
            if self.turn is None:
                found = await self._sign_and_send(path, api, method, params)
            else:
                async with self.turn:
                    found = await self._sign_and_send(path, api, method, params)
        finally:
            self.limiter.leave(passed)
        answer = LAST_ANSWER.get()
        if answer is not None and answer.weight is not None:
            self.limiter.counted(passed, answer.weight)
        return found

    async def _sign_and_send(self, path: str, api: Any, method: str, params: Any) -> Any:
        """Signs the request and sends it. ccxt's own way there looks for retries, which are none of its business."""
        made = self.sign(path, api, method, params)
        return await self.fetch(made["url"], made["method"], made["headers"], made["body"])

    async def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        if self.origin_only is not None and not f"{url}/".startswith(f"{self.origin_only}/"):
            raise NotSupportedByExchange(
                f"{self.id} asks an address that its base URL does not cover.", exchange_id=self.id
            )
        with _Sending(self.id, self.limiter):
            found = await self.send(url, method, headers, body)
        if not isinstance(found, (dict, list)):
            # HTTP 200 with HTML, or an empty or cut body. ccxt hands the text on, and its parsers find no balances in
            # it, or take each of its letters for a market.
            raise UnexpectedReply(f"{self.id} sent an answer that is not JSON.", exchange_id=self.id)
        return found

    def on_rest_response(
        self, code: int, reason: str, url: str, method: str, headers: Any, body: str, *rest: Any
    ) -> Any:
        LAST_ANSWER.set(Answer(code, retry_after(headers) if code >= 400 else None, body, weight_told(headers)))
        return super().on_rest_response(code, reason, url, method, headers, body, *rest)


class AccountExact(Exact):
    """For reading one account: needs no catalogue of markets, and must not fetch one (51 MB and 0.2 s for Binance)."""

    of_account = True

    async def load_markets(self, reload: bool = False, params: Any = None) -> Any:
        return self.markets


class PublicExact(Exact):
    """For catalogue and prices, without keys."""

    def safe_ticker(self, ticker: dict[str, Any], market: Any = None) -> dict[str, Any]:
        """The fields as the exchange sent them. ccxt's own derives change, average and vwap here, for each of
        thousands of symbols: three quarters of the time of reading prices, for numbers nobody here asks for."""
        if ticker.get("last") is None:
            ticker["last"] = ticker.get("close")
        return ticker

    def parse_order_book_bid_ask(
        self, bidask: Any, priceKey: Any = 0, amountKey: Any = 1, countOrIdKey: Any = 2
    ) -> list[Any]:
        """The exchange's own digits, of which ccxt's own makes floats. It sorts the offers afterwards: as text, now."""
        return [self.safe_string(bidask, priceKey), self.safe_string(bidask, amountKey)]


class MergesNothing:
    """Merging with None is merging with nothing, as it is in ccxt's other languages."""

    @staticmethod
    def extend(*parts: Any) -> dict[str, Any]:
        return {name: value for part in parts if part is not None for name, value in part.items()}


MERGES_NOTHING = frozenset(("coinbaseinternational",))
"""Exchanges of which ccxt 4.5.90 makes no request without it: `extend` raises TypeError in their `sign`."""


class _Signing:
    """Notes with an error on its way out that its request had not been made yet."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            note(error, Circumstances(Phase.SIGNING, LAST_ANSWER.get()))


_SIGNING = _Signing()


class _Sending:
    """Notes with an error whether there had been an answer, and heeds what the exchange says of its limits."""

    def __init__(self, exchange_id: str, limiter: Limiter) -> None:
        self._exchange_id = exchange_id
        self._limiter = limiter

    def __enter__(self) -> None:
        LAST_ANSWER.set(None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._limiter.served()
        elif isinstance(error, Exception):
            answer = LAST_ANSWER.get()
            note(error, Circumstances(Phase.SENDING if answer is None else Phase.ANSWERED, answer))
            wait = answer.retry_after if answer else None
            # Asked of the mapping, because ccxt also calls Binance's -2015 a ban, which is none.
            if wait is not None or isinstance(to_ours(error, self._exchange_id), ExchangeThrottled):
                self._limiter.refused(wait)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds from a Retry-After header, which is a number of seconds or a date (RFC 9110, 10.2.3)."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, at.timestamp() - (time.time() if now is None else now))
