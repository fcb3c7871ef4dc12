"""Is anybody there, what time is it, and is my signature right: ping, time, validate."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.routing import Route
from coinassay.api.wire.numbers import encode
from coinassay.services.bundle import Services


class ServiceRoutes:
    def __init__(self, services: Services) -> None:
        self._clock = services.clock

    def table(self) -> Sequence[Route]:
        return (
            Route("GET", "/ver1/ping", self.ping, signed=False),
            Route("GET", "/ver1/time", self.time, signed=False),
            Route("GET", "/ver1/validate", self.validate),
        )

    async def ping(self, _: Call) -> bytes:
        return b'{"pong":"pong"}'

    async def time(self, _: Call) -> bytes:
        """Whole seconds since 1970."""
        return encode({"server_time": int(self._clock().timestamp())})

    async def validate(self, _: Call) -> bytes:
        """Any key will do: that the signature is right has been found before this is reached."""
        return b'{"valid":true}'
