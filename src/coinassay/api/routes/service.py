"""Is anybody there, what time is it, and is my signature right: ping, time, validate."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.routing import Route
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.service import Pong, ServerTime, Validity
from coinassay.services.bundle import Services

PONG = encode(Pong())
VALID = encode(Validity())


class ServiceRoutes:
    def __init__(self, services: Services) -> None:
        self._clock = services.clock

    def table(self) -> Sequence[Route]:
        return (
            Route("GET", "/ver1/ping", self.ping, signed=False, summary="Is the server there?", answer=Pong),
            Route("GET", "/ver1/time", self.time, signed=False, summary="The server's clock", answer=ServerTime),
            Route("GET", "/ver1/validate", self.validate, summary="Is my signature right?", answer=Validity),
        )

    async def ping(self, _: Call) -> bytes:
        """Always the same answer, to anybody."""
        return PONG

    async def time(self, _: Call) -> bytes:
        """Whole seconds since 1970."""
        return encode(ServerTime(int(self._clock().timestamp())))

    async def validate(self, _: Call) -> bytes:
        """A key without any permission will do. A wrong signature is answered with 401 as everywhere."""
        return VALID
