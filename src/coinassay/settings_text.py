"""How the texts of settings are read. A reader gives the value, or raises Wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from coinassay.domain.refresh import read_interval
from coinassay.domain.retention import Retention, retention_of
from coinassay.errors import ConfigurationError
from coinassay.exchanges.addresses import checked
from coinassay.services.sign_in import Lifetime
from coinassay.storage.addresses import SQLITE, is_postgres

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in any `seconds` for each API key."""

    requests: int
    seconds: int


class Wrong(ValueError):
    """What is wrong with a value and what to write instead. Never holds the value of a secret."""


def text(text: str) -> str:
    return text


def or_off(text: str) -> str:
    """Empty for "off"."""
    return "" if text.lower() == "off" else text


def label(text: str) -> str:
    if not (text.isascii() and text.isprintable() and len(text) <= 100):
        raise Wrong(f"{text!r} is not a name of at most 100 plain characters; for example 203.0.113.7")
    return text


def directory(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as e:
        raise Wrong(f"{text!r} cannot be resolved without a home directory; write an absolute path") from e


def database(text: str) -> str:
    if text and not is_postgres(text) and (not text.startswith(SQLITE) or text == SQLITE):
        raise Wrong(
            "must be an address such as sqlite:////var/lib/coinassay/coinassay.db "
            "or postgresql://user:password@host:5432/database"
        )
    return text


def port(text: str) -> int:
    if text != "0" and not (is_count(text) and int(text) < 65536):
        raise Wrong(f"{text!r} is not a port; write a whole number from 1 to 65535, or 0 for any free one")
    return int(text)


def is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0


def seconds(text: str) -> float:
    found = number(text)
    if found is None or not 1 <= found <= 600:
        raise Wrong(f"{text!r} is not a number of seconds from 1 to 600; for example 20")
    return found


def number(text: object) -> float | None:
    try:
        return float(text) if isinstance(text, (str, int, float)) and not isinstance(text, bool) else None
    except ValueError:
        return None


def one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise Wrong(f"{text!r} is not one of {', '.join(words)}")
        return text.lower()

    return read


def switch(text: str) -> bool:
    return one_of("on", "off")(text) == "on"


def words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def networks(text: str) -> tuple[Network, ...]:
    result = []
    for word in words(text):
        try:
            result.append(ip_network(word))
        except ValueError as e:
            raise Wrong(f"{word!r} is not an address or network; for example 127.0.0.1,10.0.0.0/8") from e
    return tuple(result)


def rate_limit(text: str) -> RateLimit | None:
    if text.lower() == "off":
        return None
    requests, _, seconds = text.partition("/")
    if not (is_count(requests) and is_count(seconds)):
        raise Wrong(f"{text!r} is not a limit; write requests/seconds, for example 100/60, or off")
    return RateLimit(int(requests), int(seconds))


def interval(text: str) -> timedelta:
    try:
        return read_interval(text)
    except ValueError as e:
        raise Wrong(str(e)) from e


def retention(text: str) -> Retention:
    try:
        return retention_of(text)
    except ValueError as e:
        raise Wrong(f"{text!r} {e}, or off") from e


_SPAN = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def lifetime(text: str) -> Lifetime:
    """How long a session lasts without a request, and in all."""
    spans = [int(number) * _UNITS[unit] for number, unit in map(_parts, text.split("/"))]
    if len(spans) != 2 or not timedelta() < spans[0] <= spans[1] <= timedelta(days=400):
        raise Wrong(f"{text!r} is not a time without a request and one in all; for example 7d/30d or 30m/12h")
    return Lifetime(spans[0], spans[1])


def _parts(text: str) -> tuple[str, str]:
    match = _SPAN.fullmatch(text.strip().lower())
    return (match[1], match[2]) if match else ("0", "m")


def mapping(text: str) -> dict[str, Any]:
    import json

    try:
        pairs = json.loads(text, object_pairs_hook=tuple)
    except ValueError as e:
        raise Wrong(f"is not JSON ({e})") from e
    if not isinstance(pairs, tuple):
        raise Wrong("must be a JSON object")
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise Wrong(f"names {name!r} twice")
    return dict(pairs)


def base_urls(text: str) -> Mapping[str, str]:
    urls = {}
    for name, url in mapping(text).items():
        try:
            urls[name] = checked(name, url if isinstance(url, str) else "")
        except ConfigurationError as e:
            raise Wrong(f"is wrong. {e.message} Write {e.hint}") from e
    return urls


def url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise Wrong(f"{text!r} is not an address such as https://coinassay.example")
    return text.rstrip("/")


def limits(text: str) -> Mapping[str, float]:
    result = {}
    for exchange_id, limit in mapping(text).items():
        found = None if isinstance(limit, str) else number(limit)
        if found is None or not 0 < found < 1e6:
            raise Wrong(f'gives {exchange_id!r} no number above 0; for example {{"binance": 100, "kraken": 1}}')
        result[exchange_id] = found
    return result


def currency(text: str) -> str:
    """A currency's code; whether it is one is known when there is a catalogue."""
    if not (text.isascii() and text.isalnum() and len(text) <= 20):
        raise Wrong(f"{text!r} is not the code of a currency; write for example USD, EUR or BTC")
    return text.upper()
