"""What the API can be told about the installation it runs in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from coinassay.api.limits import RateLimit, Seconds
from coinassay.domain.addresses import Networks

DEFAULT_LIMIT = RateLimit()
"""100 requests a minute."""


class RequestLine(NamedTuple):
    """What is logged of one request. Nothing in it comes from a query, a body or a header: secrets travel there."""

    request_id: str
    method: str
    route: str
    """The route's template, e.g. "/ver1/accounts/{account_id}/pie_chart_data"; empty where no route fits."""
    key_id: int | None
    account_id: int | None
    status: int
    """The HTTP status; 499 when the client went away before its request was complete."""
    error: str
    """The code of our error (coinassay.errors); empty for a good answer."""
    milliseconds: int


class Crash(NamedTuple):
    """Our own trouble: an error nobody foresaw, or a database or setting that fails.

    Without the message of a foreign error and without any values: they may hold a secret.
    """

    request_id: str
    error: str
    """The name of its type."""
    message: str
    """What our own errors say; empty for others."""
    frames: tuple[str, ...]
    """Where it happened, outermost first: "file:line function"."""


def _nowhere(_: RequestLine | Crash) -> None:
    """Logs nothing."""


@dataclass(frozen=True, slots=True)
class ApiOptions:
    public_url: str = "http://127.0.0.1:8000"
    """Where this server is reached from outside, without a slash at the end: icons are linked under it."""
    rate_limit: RateLimit | None = DEFAULT_LIMIT
    """For each key; None: none."""
    failure_limit: RateLimit | None = DEFAULT_LIMIT
    """For each address that sends requests which cannot be authenticated; None: none."""
    trusted_proxies: Networks = ()
    """Whose X-Forwarded-For is believed."""
    max_body: int = 1024 * 1024
    """Bytes."""
    cache_bytes: int = 32 * 1024 * 1024
    """How much of finished answers is kept in memory."""
    heartbeat: float = 15.0
    """Seconds between two signs of life where nothing happens, for those who listen to events."""
    patience: float = 20.0
    """Seconds a listener may take to read what it was sent."""
    log: Callable[[RequestLine], None] = _nowhere
    log_crash: Callable[[Crash], None] = _nowhere
    seconds: Seconds = time.monotonic
    """The clock of the limits."""
