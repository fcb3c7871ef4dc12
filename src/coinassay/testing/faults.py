"""The failure lab: what a simulated exchange does wrong on demand.

    exchange.faults.add("throttled", endpoint="/api/v3/account", times=2, retry_after=30)
    exchange.faults.add("server_error", wallet="funding")
    exchange.faults.add("latency", seconds=0.1)
    exchange.faults.clear()

A fault holds for everybody, one user, one endpoint or one wallet, for a number of requests or until it is cleared.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coinassay.testing.simulator.users import SimulatedUser


class FaultKind(StrEnum):
    # Refusals, in the exchange's own words.
    BAD_KEY = "bad_key"
    """The key is not known (any more)."""
    BAD_SIGNATURE = "bad_signature"
    IP_REFUSED = "ip_refused"
    """The key may not be used from the caller's address."""
    SCOPE_MISSING = "scope_missing"
    """The key lacks the permission."""
    CLOCK_SKEW = "clock_skew"
    """The request's time or nonce is refused."""
    THROTTLED = "throttled"
    """Too many requests; Binance: HTTP 429 with Retry-After."""
    BANNED = "banned"
    """Went on after that; Binance: HTTP 418 with Retry-After."""
    MAINTENANCE = "maintenance"
    # What lies between the exchange and its customers.
    SERVER_ERROR = "server_error"
    """A gateway's HTML page with the given status (502)."""
    GEO_BLOCK = "geo_block"
    """HTTP 403 or 451 and a page of HTML."""
    HANG = "hang"
    """Never answers; the connection stays open."""
    LATENCY = "latency"
    """The true answer, `seconds` later."""
    DRIP = "drip"
    """The true answer, spread over `seconds`."""
    RESET = "reset"
    """The connection is closed instead of an answer."""
    BROKEN_OFF = "broken_off"
    """The connection is closed in the middle of the body."""
    # HTTP 200 with something else than the answer.
    HTML = "html"
    EMPTY = "empty"
    CUT = "cut"
    """The first half of the true body, with a Content-Length that fits."""
    EMPTY_OBJECT = "empty_object"
    EMPTY_LIST = "empty_list"


REFUSALS = frozenset(
    {
        FaultKind.BAD_KEY,
        FaultKind.BAD_SIGNATURE,
        FaultKind.IP_REFUSED,
        FaultKind.SCOPE_MISSING,
        FaultKind.CLOCK_SKEW,
        FaultKind.THROTTLED,
        FaultKind.BANNED,
        FaultKind.MAINTENANCE,
    }
)
"""What each exchange says in its own way."""


@dataclass(slots=True)
class Fault:
    kind: FaultKind
    user: str | None = None
    """API key of the user it hits; None hits everybody."""
    endpoints: tuple[str, ...] = ()
    """Paths, or their ends: "BalanceEx" is "/0/private/BalanceEx". None: all."""
    times: int | None = None
    """Requests left; None until it is cleared."""
    seconds: float = 1.0
    """For latency and drip."""
    retry_after: int = 60
    """Seconds, for throttled and banned."""
    status: int | None = None
    """For server_error (502) and geo_block (403)."""
    id: int = 0
    hits: int = 0
    """Requests it was done to."""

    def hits_request(self, api_key: str | None, path: str) -> bool:
        if self.times == 0 or (self.user is not None and self.user != api_key):
            return False
        return not self.endpoints or any(_same(path, each) for each in self.endpoints)

    def describe(self) -> dict[str, Any]:
        """As the control path shows it. An API key is public, a secret is not in here."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "user": self.user,
            "endpoints": list(self.endpoints),
            "times": self.times,
            "seconds": self.seconds,
            "retry_after": self.retry_after,
            "status": self.status,
            "hits": self.hits,
        }


def _same(path: str, endpoint: str) -> bool:
    return path == endpoint or path.endswith("/" + endpoint.lstrip("/"))


@dataclass(slots=True)
class Effects:
    """What is done to one request."""

    delay: float = 0.0
    fault: Fault | None = None
    """The one that decides the answer."""


@dataclass(slots=True)
class FaultPlan:
    """The faults of one simulated exchange. Safe to change from another thread than the one that serves."""

    wallets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The endpoints each wallet is read from."""
    _faults: dict[int, Fault] = field(default_factory=dict)
    _made: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(
        self,
        kind: FaultKind | str,
        *,
        user: SimulatedUser | str | None = None,
        endpoint: str | None = None,
        wallet: str | None = None,
        times: int | None = None,
        seconds: float = 1.0,
        retry_after: int = 60,
        status: int | None = None,
    ) -> Fault:
        """Starts a fault. Raises ValueError for an unknown kind or wallet and for numbers that make no sense."""
        if endpoint is not None and wallet is not None:
            raise ValueError("a fault hits an endpoint or a wallet, not both")
        if wallet is not None and wallet not in self.wallets:
            raise ValueError(f"no such wallet here: {wallet}; there are {', '.join(sorted(self.wallets))}")
        if times is not None and times < 1:
            raise ValueError("a fault happens at least once")
        if not (math.isfinite(seconds) and 0 <= seconds <= 3600):
            raise ValueError("seconds lie between 0 and 3600")
        if status is not None and not 400 <= status <= 599:
            raise ValueError("the status of a fault lies between 400 and 599")
        endpoints = () if endpoint is None else (endpoint,)
        fault = Fault(
            FaultKind(kind),
            user if user is None or isinstance(user, str) else user.api_key,
            endpoints if wallet is None else self.wallets[wallet],
            times,
            seconds,
            retry_after,
            status,
        )
        with self._lock:
            self._made += 1
            fault.id = self._made
            self._faults[fault.id] = fault
        return fault

    def clear(self, fault: Fault | int | None = None) -> None:
        """Ends one fault, or all. One that is over already is no error."""
        with self._lock:
            if fault is None:
                self._faults.clear()
            else:
                self._faults.pop(fault if isinstance(fault, int) else fault.id, None)

    def list(self) -> tuple[Fault, ...]:
        """Those that are not over, oldest first."""
        with self._lock:
            return tuple(self._faults.values())

    def take(self, api_key: str | None, path: str) -> Effects:
        """What happens to this request: delays add up, of the rest the oldest that fits. Counts it as done."""
        effects = Effects()
        with self._lock:
            for fault in list(self._faults.values()):
                if not fault.hits_request(api_key, path):
                    continue
                if fault.kind is FaultKind.LATENCY:
                    effects.delay += fault.seconds
                elif effects.fault is None:
                    effects.fault = fault
                else:
                    continue
                fault.hits += 1
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        del self._faults[fault.id]
        return effects
