"""The simulated exchange: a server that shows its state in one exchange's dialect."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from coinassay.testing.faults import REFUSALS, FaultKind, FaultPlan
from coinassay.testing.http import HttpServer, Reply, Request
from coinassay.testing.simulator import spoil
from coinassay.testing.simulator.control import CONTROL, Control
from coinassay.testing.simulator.limits import Limits, limits_of
from coinassay.testing.simulator.state import SimulatedState
from coinassay.testing.simulator.threads import LoopThread


class SimulatedExchange(SimulatedState):
    """One exchange on one port of this machine.

        async with await SimulatedExchange.start("kraken") as exchange:      # in the running event loop
        with SimulatedExchange.running("kraken") as exchange:                # in a thread of its own

    Point a ccxt instance at it by replacing scheme and host of every string under `urls["api"]` with `url`.
    """

    def __init__(
        self, dialect: str = "binance", *, demo_market: bool = True, now: Callable[[], float] = time.time
    ) -> None:
        super().__init__(dialect, demo_market=demo_market, now=now)
        self._requests: Counter[str] = Counter()
        self.faults = FaultPlan(self._speaks.wallets)
        self.in_flight = 0
        self.most_in_flight = 0
        """The largest number of requests that were being answered at one moment."""
        self.limits: Limits | None = None
        self._control = Control(self)
        self._server = HttpServer(self._answer)

    # ------------------------------------------------------------------------------------------------ running

    @classmethod
    async def start(
        cls, dialect: str = "binance", port: int = 0, *, host: str = "127.0.0.1", demo_market: bool = True
    ) -> SimulatedExchange:
        """Serves in the running event loop until `stop`. Port 0 takes a free one."""
        exchange = cls(dialect, demo_market=demo_market)
        await exchange.serve(port, host)
        return exchange

    async def serve(self, port: int = 0, host: str = "127.0.0.1") -> None:
        await self._server.start(host, port)

    async def stop(self) -> None:
        await self._server.stop()

    async def __aenter__(self) -> SimulatedExchange:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    @classmethod
    @contextmanager
    def running(
        cls, dialect: str = "binance", port: int = 0, *, demo_market: bool = True
    ) -> Iterator[SimulatedExchange]:
        """Serves in a thread of its own, for code that has no event loop or blocks the one it has."""
        with cls.all_running(dialect, port=port, demo_market=demo_market) as exchanges:
            yield exchanges[dialect]

    @classmethod
    @contextmanager
    def all_running(
        cls, *dialects: str, port: int = 0, demo_market: bool = True
    ) -> Iterator[dict[str, SimulatedExchange]]:
        """Several exchanges, each on its own port (from `port` on, where it is not 0), in one thread."""
        with ExitStack() as stack:
            thread = stack.enter_context(LoopThread("simulated exchanges"))
            exchanges = {}
            for number, dialect in enumerate(dict.fromkeys(dialects)):
                exchange = cls(dialect, demo_market=demo_market)
                thread.run(exchange.serve(port + number if port else 0))
                stack.callback(_stop, thread, exchange)
                exchanges[dialect] = exchange
            yield exchanges

    @property
    def url(self) -> str:
        """http://127.0.0.1:PORT, without a slash at the end."""
        return self._server.url

    def enforce_limits(self) -> Limits:
        """From now on refuses what comes more often than the real exchange allows; `limits` says what was counted."""
        with self._lock:
            self.limits = limits_of(self.dialect, self._clock)
            return self.limits

    # ----------------------------------------------------------------------------------------------- requests

    @property
    def requests(self) -> Counter[str]:
        """How often each path was asked for so far, refused and failed requests included. A copy."""
        with self._lock:
            return Counter(self._requests)

    def forget_requests(self) -> None:
        """Starts the counts anew."""
        with self._lock:
            self._requests.clear()
            self.most_in_flight = self.in_flight

    async def _answer(self, request: Request) -> Reply:
        if request.path.startswith(CONTROL):
            return self._control.answer(request)
        with self._lock:
            self._requests[request.path] += 1
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            api_key = self._speaks.api_key_of(request)
            effects = self.faults.take(api_key, request.path)
            refusal = None if self.limits is None else self.limits.refusal(request, api_key)
        try:
            if effects.delay:
                await asyncio.sleep(effects.delay)
            if refusal is not None:
                return refusal
            fault = effects.fault
            if fault is None:
                reply = self._speak(self._speaks.answer, request)
                return reply if self.limits is None else _with(reply, self.limits.told(request))
            if fault.kind is FaultKind.HANG:
                await asyncio.get_running_loop().create_future()
            if fault.kind in REFUSALS:
                return self._speak(lambda each: self._speaks.refusal(fault, each), request)
            if fault.kind in spoil.WITHOUT_THE_ANSWER:
                return spoil.instead(fault)
            return spoil.spoiled(fault, self._speak(self._speaks.answer, request))
        finally:
            with self._lock:
                self.in_flight -= 1

    def _speak(self, say: Callable[[Request], Reply], request: Request) -> Reply:
        with self._lock:
            return say(request)


def _with(reply: Reply, headers: Mapping[str, str]) -> Reply:
    return replace(reply, headers={**reply.headers, **headers})


def _stop(thread: LoopThread, exchange: SimulatedExchange) -> None:
    thread.run(exchange.stop())
