"""What Binance says when it refuses.

Codes and texts: https://developers.binance.com/docs/binance-spot-api-docs/errors; the statuses are those of reports on
GitHub: -2008 with 400 (ccxt/ccxt#16616), -2014 and -2015 with 401, -1003 with 429 or 418 (ccxt/ccxt#14639).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from coinassay.testing.faults import Fault, FaultKind
from coinassay.testing.http import Reply, Request, json_reply


class BinanceError(Exception):
    def __init__(self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers

    def reply(self) -> Reply:
        return json_reply({"code": self.code, "msg": str(self)}, self.status, self.headers)

    @classmethod
    def missing(cls, name: str) -> BinanceError:
        return cls(400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")

    @classmethod
    def not_permitted(cls, request: Request) -> BinanceError:
        """One text for three reasons: the key, the address, or the permission."""
        text = "Invalid API-key, IP, or permissions for action"
        if request.path.startswith(("/fapi", "/dapi")):
            return cls(401, -2015, f"{text}, request ip: {request.peer}")
        return cls(401, -2015, f"{text}.")

    @classmethod
    def of_fault(cls, fault: Fault, request: Request, now: int) -> BinanceError:
        wait = {"Retry-After": str(fault.retry_after)}
        match fault.kind:
            case FaultKind.BAD_KEY:
                return cls(400, -2008, "Invalid Api-Key ID.")
            case FaultKind.BAD_SIGNATURE:
                return cls(400, -1022, "Signature for this request is not valid.")
            case FaultKind.IP_REFUSED | FaultKind.SCOPE_MISSING:
                return cls.not_permitted(request)
            case FaultKind.CLOCK_SKEW:
                return cls(400, -1021, "Timestamp for this request is outside of the recvWindow.")
            case FaultKind.THROTTLED:
                text = (
                    "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "
                    "Please use WebSocket Streams for live updates to avoid polling the API."
                )
                return cls(429, -1003, text, wait)
            case FaultKind.BANNED:
                until = now + fault.retry_after * 1000
                text = (
                    f"Way too much request weight used; IP banned until {until}. "
                    "Please use WebSocket Streams for live updates to avoid bans."
                )
                return cls(418, -1003, text, wait)
            case FaultKind.MAINTENANCE:
                return cls(503, 1, "System is under maintenance.")
            case _:
                raise ValueError(f"Binance has no words of its own for {fault.kind}")


def integer(params: Mapping[str, str], name: str, default: int | None = None) -> int | None:
    text = params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,20}", text):
        legal = "legal range is '^[0-9]{1,20}$'."
        raise BinanceError(400, -1100, f"Illegal characters found in parameter '{name}'; {legal}")
    return int(text)
