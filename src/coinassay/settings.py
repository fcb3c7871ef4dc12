"""Every setting, from the environment.

A setting is a field of `Settings`, declared with the name of its environment variable, how its text is read, and what
it is when unset or empty. docs/reference/settings.md describes each one; a test compares the two.
"""

# ruff: noqa: RUF009 -- `_declare` makes a dataclasses.field

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from coinassay import settings_text as read
from coinassay.domain.retention import Retention
from coinassay.errors import ConfigurationError
from coinassay.services.sign_in import Lifetime
from coinassay.settings_text import Network, RateLimit, Wrong
from coinassay.storage.addresses import SQLITE, is_postgres, place_of

__all__ = ["Network", "RateLimit", "Settings", "names"]

PREFIX = "COINASSAY_"
FILE = "_FILE"
"""What the name of a secret's variable ends with when it names a file that holds the secret."""


def _declare(name: str, reader: Callable[[str], Any], default: str, *, secret: bool = False) -> Any:
    """A field set by COINASSAY_`name`; `default` is written as it would be in the environment."""
    return field(
        repr=not secret, metadata={"name": PREFIX + name, "read": reader, "default": default, "secret": secret}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Made by `Settings.from_env`; each field is described in docs/reference/settings.md."""

    home: Path = _declare("HOME", read.directory, "~/.local/share/coinassay")
    database_url: str = _declare("DATABASE_URL", read.database, "", secret=True)
    """Holds the password of PostgreSQL. Empty: coinassay.db in `home`."""
    master_key: str = _declare("MASTER_KEY", read.text, "", secret=True)
    """Empty: the file master.key in `home`, made at the first start."""

    host: str = _declare("HOST", read.text, "127.0.0.1")
    port: int = _declare("PORT", read.port, "8000")
    public_url: str = _declare("PUBLIC_URL", read.url, "")
    """Without a slash at the end. Empty: http:// and the address listened on."""
    rate_limit: RateLimit | None = _declare("RATE_LIMIT", read.rate_limit, "100/60")
    trusted_proxies: tuple[Network, ...] = _declare("TRUSTED_PROXIES", read.networks, "")

    session_lifetime: Lifetime = _declare("SESSION_LIFETIME", read.lifetime, "7d/30d")
    """How long somebody stays signed in to the pages."""

    key_check: bool = _declare("KEY_CHECK", read.switch, "on")
    """Whether exchange keys are examined before they are stored."""
    allow_withdraw_keys: bool = _declare("ALLOW_WITHDRAW_KEYS", read.switch, "off")
    load_timeout: float = _declare("LOAD_TIMEOUT", read.seconds, "20")
    """Seconds."""
    refresh_interval: timedelta = _declare("REFRESH_INTERVAL", read.interval, "10m")
    """Zero: off."""
    background: str = _declare("BACKGROUND", read.one_of("on", "off", "auto"), "auto")
    exchange_base_urls: Mapping[str, str] = _declare("EXCHANGE_BASE_URLS", read.base_urls, "{}")
    """By market code."""
    exchange_limits: Mapping[str, float] = _declare("EXCHANGE_LIMITS", read.limits, "{}")
    """Units a second by ccxt id."""
    egress: str = _declare("EGRESS", read.label, "default")
    """What stands for the address that this machine asks exchanges from."""
    price_sources: tuple[str, ...] = _declare("PRICE_SOURCES", read.words, "")
    """ccxt ids."""
    paper_price_source: str = _declare("PAPER_PRICE_SOURCE", read.or_off, "binance")
    """A ccxt id. Empty: none."""

    retention: Retention = _declare("RETENTION", read.retention, "7d/90d")
    """For how long snapshots are kept in full and by the hour."""

    display_currency: str = _declare("DISPLAY_CURRENCY", read.currency, "USD")
    """What amounts are shown in to users who have chosen nothing else."""

    log_level: str = _declare("LOG_LEVEL", read.one_of("debug", "info", "warning", "error"), "info")
    log_format: str = _declare("LOG_FORMAT", read.one_of("json", "console"), "json")

    from_files: tuple[str, ...] = ()
    """The fields whose values were read from files."""

    def named(self, name: str) -> str:
        """The variable that gave the field its value."""
        variable: str = next(each.metadata["name"] for each in _declared() if each.name == name)
        return variable + FILE if name in self.from_files else variable

    @property
    def paper_sources(self) -> tuple[str, ...]:
        """The exchanges that may price paper accounts, by ccxt id, the best first; none: the bundled daily closes."""
        first = (self.paper_price_source,) if self.paper_price_source else ()
        return tuple(dict.fromkeys((*first, *self.price_sources)))

    @property
    def on_postgres(self) -> bool:
        """Whether everything is kept on PostgreSQL, and nothing in `home`."""
        return is_postgres(self.database_url)

    @property
    def works(self) -> bool:
        """Whether the server does background work."""
        return self.background == "on" or (self.background == "auto" and not self.on_postgres)

    @property
    def database(self) -> Path:
        """The database's file. Only where it is not on PostgreSQL."""
        assert not self.on_postgres
        return Path(self.database_url.removeprefix(SQLITE)) if self.database_url else self.home / "coinassay.db"

    @property
    def place(self) -> str:
        """Where everything is kept, in words for people: nothing secret is in it."""
        return place_of(self.database_url) if self.on_postgres else str(self.home)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Raises one ConfigurationError that names everything that is wrong, a line each."""
        problems = [*_unknown(environ), *_twice(environ)]
        values: dict[str, Any] = {}
        from_files: list[str] = []
        for each in _declared():
            name = each.metadata["name"]
            if each.metadata["secret"]:
                name = _source(environ, name)
            try:
                text = _file(environ, name) if name.endswith(FILE) else environ.get(name, "").strip()
                values[each.name] = each.metadata["read"](text or each.metadata["default"])
            except Wrong as e:
                problems.append(f"{name} {e}")
            if name.endswith(FILE):
                from_files.append(each.name)
        if problems:
            raise ConfigurationError("\n".join(problems), hint="docs/reference/settings.md describes every setting")
        return cls(**values, from_files=tuple(from_files))


def _declared() -> Sequence[Field[Any]]:
    return [each for each in fields(Settings) if each.metadata]


def names() -> dict[str, str]:
    """Every variable that is read, with its default."""
    result = {}
    for each in _declared():
        result[each.metadata["name"]] = each.metadata["default"]
        if each.metadata["secret"]:
            result[each.metadata["name"] + FILE] = ""
    return result


def _twice(environ: Mapping[str, str]) -> list[str]:
    """Secrets that are given, and a file for them as well."""
    secrets = [each.metadata["name"] for each in _declared() if each.metadata["secret"]]
    both = [name for name in secrets if environ.get(name, "").strip() and environ.get(name + FILE, "").strip()]
    return [f"{name} and {name}{FILE} are both set; set one of them" for name in both]


def _source(environ: Mapping[str, str], name: str) -> str:
    """The variable a secret comes from: `name`, or the one that names a file."""
    return name if environ.get(name, "").strip() or not environ.get(name + FILE, "").strip() else name + FILE


def _file(environ: Mapping[str, str], name: str) -> str:
    path = environ[name].strip()
    try:
        text = Path(path).read_text("utf-8").strip()
    except (OSError, ValueError) as e:
        raise Wrong(f"cannot be read: {path}: {getattr(e, 'strerror', None) or 'not a text file'}") from e
    if not text:
        raise Wrong(f"names an empty file: {path}")
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
