"""What the pages can be told about the installation they run in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from coinassay.domain.addresses import Networks


class PageLine(NamedTuple):
    """What is logged of one request. Nothing in it comes from a query, a body, a header or a cookie."""

    request_id: str
    method: str
    route: str
    """The route's template, e.g. "/accounts/{account_id:int}"; empty where no route fits."""
    user_id: int | None
    status: int
    """The HTTP status; 499 when the browser went away before its request was complete."""
    error: str
    """The code of our error (coinassay.errors); empty for a good answer."""
    milliseconds: int


class PageCrash(NamedTuple):
    """Our own trouble: an error nobody foresaw, or a database or setting that fails. Without values and without the
    message of a foreign error: they may hold a secret."""

    request_id: str
    error: str
    message: str
    frames: tuple[str, ...]


def _nowhere(_: PageLine | PageCrash) -> None:
    """Logs nothing."""


@dataclass(frozen=True, slots=True)
class WebOptions:
    public_url: str = "http://127.0.0.1:8000"
    """Where this server is reached from outside, without a slash at the end. Over https cookies are Secure."""
    names: frozenset[str] = frozenset()
    """Further host names the pages may be asked for by; IP addresses and localhost always may."""
    trusted_proxies: Networks = ()
    """Whose X-Forwarded-For is believed."""
    demo_user: int | None = None
    """Everybody may sign in as that user: for `coinassay demo`, which holds made-up money."""
    cache: Path | None = None
    """A directory for what need not be made again at the next start; None: in memory only."""
    max_body: int = 1024 * 1024
    """Bytes."""
    log: Callable[[PageLine], None] = _nowhere
    log_crash: Callable[[PageCrash], None] = _nowhere

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def host(self) -> str:
        """The public name, without a port."""
        return (urlsplit(self.public_url).hostname or "").lower()

    @property
    def origin(self) -> str:
        """As browsers write it."""
        parts = urlsplit(self.public_url)
        default = {"http": 80, "https": 443}.get(parts.scheme)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else "")
