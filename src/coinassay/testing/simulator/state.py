"""The state of a simulated exchange, changed from Python: users, wallets, movements, prices, the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from coinassay.domain.money import ZERO, decimal_of
from coinassay.testing.simulator.binance import BinanceDialect
from coinassay.testing.simulator.board import Board, Price
from coinassay.testing.simulator.demo_market import fill_board
from coinassay.testing.simulator.dialect import Dialect, World
from coinassay.testing.simulator.kraken import KrakenDialect
from coinassay.testing.simulator.movements import Movements, milliseconds
from coinassay.testing.simulator.users import (
    FUTURES,
    PERMISSIONS,
    READ,
    AmountsLike,
    Fill,
    OpenPosition,
    SimulatedUser,
    Wallets,
)

DIALECTS: Mapping[str, Callable[[World], Dialect]] = {
    "binance": BinanceDialect,
    "binanceus": lambda world: BinanceDialect(world, us=True),
    "kraken": KrakenDialect,
}
"""By ccxt's id of the exchange."""

_QUOTES = {"binance": ("USDT", "BTC", "USDC"), "binanceus": ("USDT", "USD"), "kraken": ("USD", "EUR")}


class SimulatedState(Movements):
    """What the exchange knows. Its methods may be called from any thread; amounts and prices are texts, kept exact."""

    def __init__(
        self, dialect: str = "binance", *, demo_market: bool = True, now: Callable[[], float] = time.time
    ) -> None:
        """`dialect`: "binance", "binanceus" or "kraken"; `now` gives seconds since 1970."""
        if dialect not in DIALECTS:
            raise ValueError(f"no such dialect: {dialect}; there are {', '.join(sorted(DIALECTS))}")
        self.dialect = dialect
        self._now = now
        self._skew = 0
        self._lock = threading.RLock()
        self._world = World(self._clock, Board(self._clock))
        self._speaks: Dialect = DIALECTS[dialect](self._world)
        self._movements = 0
        if demo_market:
            fill_board(self._world.board, dialect)

    # --------------------------------------------------------------------------------------------------- users

    def add_user(
        self,
        name: str = "",
        *,
        api_key: str | None = None,
        secret: str | None = None,
        wallets: Wallets | None = None,
        permissions: Iterable[str] | None = None,
        ip_allowlist: Iterable[str] = (),
    ) -> SimulatedUser:
        """A customer with one API key; key and secret are made up where they are not given.

        `wallets` maps a wallet ("spot", "funding", "earn" (locked), "earn_flexible", "margin", "isolated BTC/USDT",
        "futures", "coin_futures"; at Kraken "spot") to amounts by code: "1.5", ("100", "20") for free and locked, or
        {"free": "1", "borrowed": "0.2", "interest": "0.001"}. `permissions`: "read", "trade", "withdraw", "futures",
        at Kraken also its own ("query-funds", …); where they are not given: "read", and "futures" with such a wallet.
        """
        with self._lock:
            made_key, made_secret = self._speaks.credentials(f"{name or 'user'} {len(self._world.users)}")
            user = SimulatedUser(api_key or made_key, secret or made_secret, name or f"user {len(self._world.users)}")
            self._speaks.check_secret(user.secret)
            if user.api_key in self._world.users:
                raise ValueError("this API key belongs to another user already")
            user.created_at = self._clock()
            user.networks = tuple(ip_allowlist)
            user.may_come_from("127.0.0.1")  # raises ValueError where an address is none
            for wallet, held in (wallets or {}).items():
                for code, value in held.items():
                    self._put(user, wallet, code, value)
                user.wallets.setdefault(wallet, {})
            default = {READ} | ({FUTURES} if {"futures", "coin_futures"} & set(user.wallets) else set())
            user.permissions = frozenset(default if permissions is None else permissions)
            unknown = user.permissions - PERMISSIONS - self._speaks.scopes
            if unknown:
                raise ValueError(f"no such permission: {', '.join(sorted(unknown))}")
            self._world.users[user.api_key] = user
            return user

    def remove_user(self, user: SimulatedUser) -> None:
        """Deletes the API key: what is asked with it from now on is refused."""
        with self._lock:
            del self._world.users[user.api_key]

    def user(self, api_key: str) -> SimulatedUser:
        """Raises KeyError."""
        return self._world.users[api_key]

    def set_balance(self, user: SimulatedUser, wallet: str, code: str, value: AmountsLike) -> None:
        """Sets what the wallet holds: nothing came and nothing went as far as the exchange's histories say."""
        with self._lock:
            self._put(user, wallet, code, value)

    def _put(self, user: SimulatedUser, wallet: str, code: str, value: AmountsLike) -> None:
        if wallet.partition(" ")[0] not in self._speaks.wallets:
            raise ValueError(f"no such wallet here: {wallet}; there are {', '.join(self._speaks.wallets)}")
        user.put(wallet, self._speaks.asset_id(code), value)

    def set_position(
        self, user: SimulatedUser, symbol: str, size: Price, entry: Price, *, leverage: Price = "10"
    ) -> None:
        """An open USD-M perpetual; `size` in units of the base coin, negative for short, "0" closes it."""
        with self._lock:
            user.positions = [each for each in user.positions if each.symbol != symbol]
            opened = OpenPosition(symbol, "USDT", decimal_of(size), decimal_of(entry), decimal_of(leverage))
            if opened.size:
                user.positions.append(opened)

    def trade(
        self,
        user: SimulatedUser,
        symbol: str,
        amount: Price,
        price: Price,
        *,
        buy: bool = True,
        at: datetime | None = None,
        wallet: str = "spot",
    ) -> Fill:
        """Adds to the user's history of trades; what the wallets hold stays as it is."""
        with self._lock:
            if symbol not in self._world.board.pairs:
                raise KeyError(symbol)
            traded, paid = decimal_of(amount), decimal_of(price)
            if traded <= ZERO or paid <= ZERO:
                raise ValueError("an amount and a price are positive")
            number = 1 + sum(each.symbol == symbol for each in user.fills)
            moment = self._clock() if at is None else milliseconds(at)
            fill = Fill(number, symbol, buy, traded, paid, moment, wallet)
            user.fills.append(fill)
            return fill

    # ------------------------------------------------------------------------------------------------- market

    def set_price(
        self,
        symbol: str,
        *,
        last: Price | None = None,
        bid: Price | None = None,
        ask: Price | None = None,
        volume: Price | None = None,
        open: Price | None = None,
    ) -> None:
        """Changes what is given, and makes the market where there is none. `last` alone sets bid and ask too."""
        with self._lock:
            self._world.board.set_price(symbol, last=last, bid=bid, ask=ask, volume=volume, open=open)

    def price(self, symbol: str) -> Decimal:
        """The last price. Raises KeyError where there is no such market."""
        return self._world.board.pairs[symbol].last

    def kill_market(self, symbol: str, *, last: Price | None = None, days_ago: int = 200) -> None:
        """Stops trading: bid, ask and volume are 0, the old price stays."""
        with self._lock:
            self._world.board.kill(symbol, last=last, days_ago=days_ago)

    def remove_market(self, symbol: str) -> None:
        with self._lock:
            self._world.board.remove(symbol)

    def add_coin(self, code: str) -> None:
        """A coin without a market."""
        with self._lock:
            self._world.board.add_coin(code)

    def fill_catalogue(self, size: int) -> None:
        """Adds made-up coins until there are `size` markets."""
        with self._lock:
            self._world.board.fill(size, _QUOTES[self.dialect])

    @property
    def symbols(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._world.board.pairs)

    # -------------------------------------------------------------------------------------------------- clock

    def shift_clock(self, by: timedelta) -> None:
        """Sets the exchange's clock ahead of (or behind) this machine's, for good: its time endpoint says so too."""
        self._skew = by // timedelta(milliseconds=1)

    def _clock(self) -> int:
        return int(self._now() * 1000) + self._skew
