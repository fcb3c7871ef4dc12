"""ccxt, loaded when it is first needed: 0.5 s and 96 MB, so never in a process that only answers reads."""

from __future__ import annotations

import asyncio
import copy
import ssl
import threading
from collections.abc import Mapping
from typing import Any

from coinassay.errors import NotSupportedByExchange
from coinassay.exchanges.addresses import point_at
from coinassay.exchanges.exact import MERGES_NOTHING, AccountExact, Exact, MergesNothing, PublicExact

CONNECTIONS_PER_HOST = 100
DNS_SECONDS = 300

SHARED = frozenset(
    (
        *("api", "countries", "ecdsaCurves", "ecdsaPrehashedAlgorithms", "exceptions", "features", "fees", "has"),
        *("httpExceptions", "limits", "loadedFees", "requiredCredentials", "status", "timeframes", "urls"),
    )
)
"""What ccxt's objects only read: one copy serves all accounts of an exchange. They are 90 % of an object."""


class Library:
    """The loaded library. One for each process: it holds classes and the TLS settings, nothing of any account."""

    def __init__(self) -> None:
        import aiohttp
        import ccxt.async_support as ccxt
        import certifi

        from coinassay.exchanges import sending

        self._aiohttp = aiohttp
        self._ccxt = ccxt
        # One for all: making it reads the certificates, 15 ms each time.
        self._ssl = ssl.create_default_context(cafile=certifi.where())
        self._classes: dict[tuple[str, type[Exact]], type[Any]] = {}
        self._templates: dict[tuple[str, type[Exact], str | None], Any] = {}
        self._send = sending.send

    def open_session(self) -> Any:
        """A session for the running event loop and all that is asked in it. No cookies: they would follow one account's
        requests into another's."""
        aiohttp = self._aiohttp
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=self._ssl, limit=0, limit_per_host=CONNECTIONS_PER_HOST, ttl_dns_cache=DNS_SECONDS
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    def account(
        self, exchange_id: str, session: Any, credentials: Mapping[str, str], base_url: str | None = None
    ) -> Any:
        """An object for one account, for the running event loop. `credentials` by ccxt's names."""
        return self._make(exchange_id, AccountExact, session, credentials, base_url)

    def public(self, exchange_id: str, session: Any, base_url: str | None = None) -> Any:
        """An object without keys, for the running event loop."""
        return self._make(exchange_id, PublicExact, session, {}, base_url)

    def _make(
        self,
        exchange_id: str,
        kind: type[Exact],
        session: Any,
        credentials: Mapping[str, str],
        base_url: str | None,
    ) -> Any:
        template = self._templates.get((exchange_id, kind, base_url))
        if template is None:
            template = self._templates[exchange_id, kind, base_url] = self._template(exchange_id, kind, base_url)
        # A copy instead of a new object: ccxt's constructor binds 1,500 names again each time (2.4 ms for Binance)
        # and makes its own copy of all the constants (244 kB). Nothing in it depends on the credentials.
        exchange = template.__class__.__new__(template.__class__)
        for name, value in vars(template).items():
            shared = name in SHARED or not isinstance(value, (dict, list, set))
            exchange.__dict__[name] = value if shared else copy.deepcopy(value)
        exchange.session = session
        exchange.own_session = False
        exchange.asyncio_loop = asyncio.get_running_loop()
        exchange.ssl_context = self._ssl
        for name, value in credentials.items():
            setattr(exchange, name, value)
        if exchange.in_order:
            exchange.turn = asyncio.Lock()
        return exchange

    def _template(self, exchange_id: str, kind: type[Exact], base_url: str | None) -> Any:
        exchange = self._class(exchange_id, kind)({"session": None, "ssl_context": self._ssl, "enableRateLimit": False})
        if base_url is not None:
            exchange.urls["api"] = point_at(base_url, exchange.urls.get("api"))
            exchange.origin_only = base_url
        exchange.markets = {}
        exchange.markets_by_id = {}
        exchange.currencies = {}
        exchange.currencies_by_id = {}
        return exchange

    def _class(self, exchange_id: str, kind: type[Exact]) -> type[Any]:
        found = self._classes.get((exchange_id, kind))
        if found is None:
            parent = getattr(self._ccxt, exchange_id, None) if exchange_id in self._ccxt.exchanges else None
            if parent is None:
                raise NotSupportedByExchange(f"ccxt knows no exchange {exchange_id}.", exchange_id=exchange_id)
            # ccxt's own sign for exchanges whose numbers have to ascend: they call incrementing_nonce.
            in_order = "incrementing_nonce" in parent.sign.__code__.co_names
            bases = (kind, MergesNothing, parent) if exchange_id in MERGES_NOTHING else (kind, parent)
            found = type(f"{kind.__name__}_{exchange_id}", bases, {"in_order": in_order, "send": self._send})
            self._classes[exchange_id, kind] = found
        return found


_library: Library | None = None
_loading = threading.Lock()


async def load() -> Library:
    """The library; the first caller waits for the import, which happens in a thread."""
    return _library if _library is not None else await asyncio.to_thread(_load)


def _load() -> Library:
    global _library
    with _loading:
        if _library is None:
            _library = Library()
        return _library
