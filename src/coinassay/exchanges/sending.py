"""One request of a ccxt exchange object, in its own words and with its own judgement of the answer, sent with less ado.

ccxt's `fetch` looks at proxies, logs and copies that nobody here uses, and aiohttp's redirects and traces each cost
objects at every request. What an exchange makes of a request and of its answer is all ccxt's.

Imports aiohttp and ccxt: it is imported by the library when that is loaded.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import yarl
from ccxt.base.errors import ExchangeError, ExchangeNotAvailable, RequestTimeout

MOST_REDIRECTS = 10
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class RedirectRefused(aiohttp.ClientError):
    """The exchange sends the request, with its key and signature, to another host."""


async def send(exchange: Any, url: str, method: str, headers: Any, body: Any) -> Any:
    """What ccxt's `Exchange.fetch` gives: the answer's JSON, or its text where it is none. Raises what that raises."""
    asked = exchange.prepare_request_headers(headers)
    try:
        status, reason, told, text = await _ask(exchange, url, method, asked, body)
    except socket.gaierror as e:
        raise ExchangeNotAvailable(f"{exchange.id} {method} {url}") from e
    except TimeoutError as e:
        raise RequestTimeout(f"{exchange.id} {method} {url}") from e
    except aiohttp.ClientConnectionError as e:
        raise ExchangeNotAvailable(f"{exchange.id} {method} {url}") from e
    except aiohttp.ClientError as e:
        raise ExchangeError(f"{exchange.id} {method} {url}") from e
    text = exchange.on_rest_response(status, reason, url, method, told, text, asked, body)
    found = exchange.parse_json(text)
    exchange.handle_errors(status, reason, url, method, told, text, found, asked, body)
    exchange.handle_http_status_code(status, reason, url, method, text)
    return text if found is None else found


async def _ask(
    exchange: Any, url: str, method: str, headers: Mapping[str, str], body: Any
) -> tuple[int, str, dict[str, str], str]:
    """Status, reason, headers and text of the answer."""
    timeout = _timeout(exchange.timeout)
    data = body.encode() if body else None
    for _ in range(MOST_REDIRECTS + 1):
        async with exchange.session.request(
            method,
            yarl.URL(url, encoded=True),
            data=data,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
        ) as response:
            content = await response.read()
        status = response.status
        target = response.headers.get("Location") if status in _REDIRECTS else None
        if not target:
            return status, response.reason or "", _joined(response.headers), _text(response, content)
        url = _followed(url, target)
        if status == 303 or (status in (301, 302) and method == "POST"):  # as browsers and aiohttp do
            method, data = "GET", None
            headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    raise aiohttp.ClientError("redirected in a circle")


def _followed(url: str, target: str) -> str:
    """Where a redirect leads. Raises RedirectRefused for another host: whoever is asked there would get the key."""
    there = urljoin(url, target)
    source, aim = urlsplit(url), urlsplit(there)
    if (source.scheme, source.netloc) != (aim.scheme, aim.netloc):
        raise RedirectRefused("sent to another host")
    return there


def _joined(headers: Any) -> dict[str, str]:
    """Each name once, as it was written first."""
    joined: dict[str, str] = {}
    for name, value in headers.items():
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _text(response: Any, content: bytes) -> str:
    kind = response.headers.get("Content-Type", "")
    plain = kind.startswith("application/json") and "charset" not in kind
    return content.decode("utf-8" if plain else response.get_encoding(), "replace")


@lru_cache(maxsize=32)
def _timeout(milliseconds: float) -> aiohttp.ClientTimeout:
    """Each of them also while an answer is read: a connection that was closed silently must not hang."""
    seconds = milliseconds / 1000
    return aiohttp.ClientTimeout(total=seconds, sock_connect=seconds, sock_read=seconds)
