"""Where exchanges are asked: at their own address, or at the base URL that a setting gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from coinassay.domain.market import Market
from coinassay.errors import ConfigurationError, NotSupportedByExchange

SPOT_SIBLINGS: Mapping[str, str] = {
    "binanceusdm": "binance",
    "binancecoinm": "binance",
    "krakenfutures": "kraken",
    "kucoinfutures": "kucoin",
}
"""Exchanges of futures only, and the one of the same house with the spot prices."""


class Addresses:
    """The base URLs by market code or ccxt id; a market code goes first."""

    def __init__(self, base_urls: Mapping[str, str], markets: Iterable[Market] = (), *, isolated: bool = False) -> None:
        """`markets` say which exchange a market code stands for. `isolated`: an exchange without a base URL is refused
        with NotSupportedByExchange. Raises ConfigurationError."""
        self._isolated = isolated
        self._urls = {name: checked(name, url) for name, url in base_urls.items()}
        self._of_markets: dict[str, str] = {}
        for market in markets:
            if market.code in self._urls:
                self._of_markets.setdefault(market.exchange_id, self._urls[market.code])

    def of_account(self, market: Market, beside: Market | None = None) -> str | None:
        """`beside`: the market whose key is tried at this one. Who has pointed that one elsewhere does not expect the
        key to go to the real exchange."""
        url = self._own(market) or (None if beside is None else self._own(beside))
        return self._checked(market.exchange_id, url)

    def _own(self, market: Market) -> str | None:
        return self._urls.get(market.code) or self._urls.get(market.exchange_id)

    def of_market(self, market: Market) -> str | None:
        """For what is public: any other market's URL for the same exchange counts, too (see `of_prices`)."""
        return self._checked(market.exchange_id, self._own(market) or self._of_markets.get(market.exchange_id))

    def of_prices(self, exchange_id: str) -> tuple[str, str | None]:
        """The exchange whose spot prices stand for `exchange_id`'s, and its base URL.

        Prices belong to no market code, so any market's URL for the exchange counts: who has pointed one elsewhere
        does not expect the other half of the load to go to the real exchange.
        """
        source = SPOT_SIBLINGS.get(exchange_id, exchange_id)
        for each in (source, exchange_id):
            url = self._urls.get(each) or self._of_markets.get(each)
            if url is not None:
                return source, url
        return source, self._checked(source, None)

    def _checked(self, exchange_id: str, url: str | None) -> str | None:
        if url is None and self._isolated:
            raise NotSupportedByExchange(
                f"Only simulated exchanges are asked here, and {exchange_id} is not one.", exchange_id=exchange_id
            )
        return url


def checked(name: str, url: str) -> str:
    """The base URL without a slash at its end. Raises ConfigurationError for what is neither https nor loopback."""
    hint = f'for example {{"{name}": "http://127.0.0.1:8080"}}'
    if any(letter.isspace() or not letter.isprintable() for letter in url):  # urlsplit leaves some of them out
        raise ConfigurationError(f"The base URL of {name} has a space or a control character in it.", hint=hint)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as e:
        raise ConfigurationError(f"The base URL of {name} is no URL.", hint=hint) from e
    if not host or parts.scheme not in ("http", "https"):
        raise ConfigurationError(f"The base URL of {name} is no http or https URL with a host.", hint=hint)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(f"The base URL of {name} has more than a host and a path.", hint=hint)
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            f"The base URL of {name} would send keys over plain http to another machine: use https.", hint=hint
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def point_at(base_url: str, api: Any) -> Any:
    """A copy of ccxt's `urls["api"]`, at any depth, with scheme and host of each http URL replaced, its path kept."""
    if isinstance(api, str):
        return _moved(base_url, api)
    if isinstance(api, Mapping):
        return {name: point_at(base_url, value) for name, value in api.items()}
    return [point_at(base_url, value) for value in api] if isinstance(api, list) else api


def _moved(base_url: str, url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("http", "https"):
        return url
    _, slash, path = rest.partition("/")
    return f"{base_url}{slash}{path}"
