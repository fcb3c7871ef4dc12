"""Every setting, from the environment.

A setting is a field of `Settings`, declared with the name of its environment variable, how its text is read, and what
it is when unset or empty. docs/reference/settings.md describes each one; a test compares the two.
"""

# ruff: noqa: RUF009 -- `_declare` makes a dataclasses.field

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from coinassay.domain.retention import Retention, retention_of
from coinassay.errors import ConfigurationError
from coinassay.exchanges.addresses import checked

PREFIX = "COINASSAY_"
SQLITE = "sqlite:///"

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in any `seconds` for each API key."""

    requests: int
    seconds: int


class _Wrong(ValueError):
    """What is wrong with a value and what to write instead. Never holds the value of a secret."""


def _declare(name: str, read: Callable[[str], Any], default: str, *, secret: bool = False) -> Any:
    """A field set by COINASSAY_`name`; `default` is written as it would be in the environment."""
    return field(repr=not secret, metadata={"name": PREFIX + name, "read": read, "default": default, "secret": secret})


# ----------------------------------------------------------------------------------------------- how texts are read


def _text(text: str) -> str:
    return text


def _or_off(text: str) -> str:
    """Empty for "off"."""
    return "" if text.lower() == "off" else text


def _label(text: str) -> str:
    if not (text.isascii() and text.isprintable() and len(text) <= 100):
        raise _Wrong(f"{text!r} is not a name of at most 100 plain characters; for example 203.0.113.7")
    return text


def _directory(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as e:
        raise _Wrong(f"{text!r} cannot be resolved without a home directory; write an absolute path") from e


def _database(text: str) -> str:
    if text and (not text.startswith(SQLITE) or text == SQLITE):
        raise _Wrong("must be an SQLite address such as sqlite:////var/lib/coinassay/coinassay.db")
    return text


def _port(text: str) -> int:
    if text != "0" and not (_is_count(text) and int(text) < 65536):
        raise _Wrong(f"{text!r} is not a port; write a whole number from 1 to 65535, or 0 for any free one")
    return int(text)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0


def _seconds(text: str) -> float:
    number = _number(text)
    if number is None or not 1 <= number <= 600:
        raise _Wrong(f"{text!r} is not a number of seconds from 1 to 600; for example 20")
    return number


def _number(text: object) -> float | None:
    try:
        return float(text) if isinstance(text, (str, int, float)) and not isinstance(text, bool) else None
    except ValueError:
        return None


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise _Wrong(f"{text!r} is not one of {', '.join(words)}")
        return text.lower()

    return read


def _switch(text: str) -> bool:
    return _one_of("on", "off")(text) == "on"


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _networks(text: str) -> tuple[Network, ...]:
    networks = []
    for word in _words(text):
        try:
            networks.append(ip_network(word))
        except ValueError as e:
            raise _Wrong(f"{word!r} is not an address or network; for example 127.0.0.1,10.0.0.0/8") from e
    return tuple(networks)


def _rate_limit(text: str) -> RateLimit | None:
    if text.lower() == "off":
        return None
    requests, _, seconds = text.partition("/")
    if not (_is_count(requests) and _is_count(seconds)):
        raise _Wrong(f"{text!r} is not a limit; write requests/seconds, for example 100/60, or off")
    return RateLimit(int(requests), int(seconds))


def _retention(text: str) -> Retention:
    try:
        return retention_of(text)
    except ValueError as e:
        raise _Wrong(f"{text!r} {e}, or off") from e


def _mapping(text: str) -> dict[str, Any]:
    import json

    try:
        pairs = json.loads(text, object_pairs_hook=tuple)
    except ValueError as e:
        raise _Wrong(f"is not JSON ({e})") from e
    if not isinstance(pairs, tuple):
        raise _Wrong("must be a JSON object")
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise _Wrong(f"names {name!r} twice")
    return dict(pairs)


def _base_urls(text: str) -> Mapping[str, str]:
    urls = {}
    for name, url in _mapping(text).items():
        try:
            urls[name] = checked(name, url if isinstance(url, str) else "")
        except ConfigurationError as e:
            raise _Wrong(f"is wrong. {e.message} Write {e.hint}") from e
    return urls


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise _Wrong(f"{text!r} is not an address such as https://coinassay.example")
    return text.rstrip("/")


def _limits(text: str) -> Mapping[str, float]:
    limits = {}
    for exchange_id, limit in _mapping(text).items():
        number = None if isinstance(limit, str) else _number(limit)
        if number is None or not 0 < number < 1e6:
            raise _Wrong(f'gives {exchange_id!r} no number above 0; for example {{"binance": 100, "kraken": 1}}')
        limits[exchange_id] = number
    return limits


# ------------------------------------------------------------------------------------------------- the settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Made by `Settings.from_env`; each field is described in docs/reference/settings.md."""

    home: Path = _declare("HOME", _directory, "~/.local/share/coinassay")
    database_url: str = _declare("DATABASE_URL", _database, "")
    """Empty: coinassay.db in `home`."""
    master_key: str = _declare("MASTER_KEY", _text, "", secret=True)
    """Empty: the file master.key in `home`, made at the first start."""

    host: str = _declare("HOST", _text, "127.0.0.1")
    port: int = _declare("PORT", _port, "8000")
    public_url: str = _declare("PUBLIC_URL", _url, "")
    """Without a slash at the end. Empty: http:// and the address listened on."""
    rate_limit: RateLimit | None = _declare("RATE_LIMIT", _rate_limit, "100/60")
    trusted_proxies: tuple[Network, ...] = _declare("TRUSTED_PROXIES", _networks, "")

    key_check: bool = _declare("KEY_CHECK", _switch, "on")
    """Whether exchange keys are examined before they are stored."""
    allow_withdraw_keys: bool = _declare("ALLOW_WITHDRAW_KEYS", _switch, "off")
    load_timeout: float = _declare("LOAD_TIMEOUT", _seconds, "20")
    """Seconds."""
    exchange_base_urls: Mapping[str, str] = _declare("EXCHANGE_BASE_URLS", _base_urls, "{}")
    """By market code."""
    exchange_limits: Mapping[str, float] = _declare("EXCHANGE_LIMITS", _limits, "{}")
    """Units a second by ccxt id."""
    egress: str = _declare("EGRESS", _label, "default")
    """What stands for the address that this machine asks exchanges from."""
    price_sources: tuple[str, ...] = _declare("PRICE_SOURCES", _words, "")
    """ccxt ids."""
    paper_price_source: str = _declare("PAPER_PRICE_SOURCE", _or_off, "binance")
    """A ccxt id. Empty: none."""

    retention: Retention = _declare("RETENTION", _retention, "7d/90d")
    """For how long snapshots are kept in full and by the hour."""

    log_level: str = _declare("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info")
    log_format: str = _declare("LOG_FORMAT", _one_of("json", "console"), "json")

    @property
    def paper_sources(self) -> tuple[str, ...]:
        """The exchanges that may price paper accounts, by ccxt id, the best first; none: the bundled daily closes."""
        first = (self.paper_price_source,) if self.paper_price_source else ()
        return tuple(dict.fromkeys((*first, *self.price_sources)))

    @property
    def database(self) -> Path:
        """The database's file."""
        return Path(self.database_url.removeprefix(SQLITE)) if self.database_url else self.home / "coinassay.db"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Raises one ConfigurationError that names everything that is wrong, a line each."""
        problems = _unknown(environ)
        values: dict[str, Any] = {}
        for each in fields(cls):
            name = each.metadata["name"]
            try:
                text = _secret(environ, name) if each.metadata["secret"] else environ.get(name, "").strip()
                values[each.name] = each.metadata["read"](text or each.metadata["default"])
            except _Wrong as e:
                problems.append(f"{name} {e}")
        if problems:
            raise ConfigurationError("\n".join(problems), hint="docs/reference/settings.md describes every setting")
        return cls(**values)


def names() -> dict[str, str]:
    """Every variable that is read, with its default."""
    result = {}
    for each in fields(Settings):
        result[each.metadata["name"]] = each.metadata["default"]
        if each.metadata["secret"]:
            result[each.metadata["name"] + "_FILE"] = ""
    return result


def _secret(environ: Mapping[str, str], name: str) -> str:
    text, path = environ.get(name, "").strip(), environ.get(name + "_FILE", "").strip()
    if text and path:
        raise _Wrong(f"and {name}_FILE are both set; set one of them")
    if not path:
        return text
    try:
        text = Path(path).read_text("utf-8").strip()
    except (OSError, ValueError) as e:
        raise _Wrong(f"_FILE cannot be read: {path}: {getattr(e, 'strerror', None) or 'not a text file'}") from e
    if not text:
        raise _Wrong(f"_FILE names an empty file: {path}")
    return text


def _unknown(environ: Mapping[str, str]) -> list[str]:
    known = names()
    problems = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            import difflib

            close = difflib.get_close_matches(name, known, n=1)
            problems.append(f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else ""))
    return problems
