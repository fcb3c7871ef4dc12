"""What every reader of a wallet needs: exact numbers, checked shapes, and balances in our own convention.

The convention (domain/balance.py): `total` is the gross assets, before debts and without unrealised profit; equity is
total - borrowed + unrealised. Exchanges each have their own: a reader says in its docstring how its fields lead there.

Readers take the exchange's own rows (`info`), not ccxt's summary of them: ccxt keeps one account per code, so of two
rows with one code (Poloniex's USDT on two chains, Kraken's XBT and XXBT) only the last survives there, and sums with an
absent part become None (`Precise.string_add(x, None)`, ccxt 4.5.90).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from coinassay.domain.balance import Balance, Position, merge
from coinassay.domain.currency import Resolved
from coinassay.domain.money import CONTEXT, ZERO, NotANumber, decimal_of
from coinassay.errors import UnexpectedReply
from coinassay.exchanges.replies import Reply, status_in

Resolve = Callable[[str], Resolved]
"""What ccxt's code of a currency means at this exchange (port Catalogue, bound to the exchange)."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fetched:
    balances: tuple[Balance, ...] = ()
    positions: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class WalletPlan:
    """One wallet of an account and how to read it.

    `fetch` takes a ccxt exchange object (`number` is str, catalogues empty) and the resolver of codes. It raises ccxt's
    errors as they come, and UnexpectedReply where the answer is not the exchange's. A wallet the exchange says is not
    opened is empty. `Balance.wallet` is always `name`.
    """

    name: str
    fetch: Callable[[Any, Resolve], Awaitable[Fetched]]


NOTHING = Fetched()


def unexpected(exchange: Any, what: str) -> UnexpectedReply:
    """`what` is in our own words: the answer itself may hold anything."""
    return UnexpectedReply(f"{exchange.name} sent an answer without {what}.", exchange_id=exchange.id)


# ------------------------------------------------------------------------------------------------------ shapes


def inside(exchange: Any, reply: object, *path: str) -> object:
    """`reply[path[0]][path[1]]…`. Raises UnexpectedReply where a level is not an object with that key."""
    for name in path:
        if not isinstance(reply, Mapping) or name not in reply:
            raise unexpected(exchange, f'"{name}"')
        reply = reply[name]
    return reply


def rows_of(exchange: Any, reply: object, *path: str) -> Sequence[Row]:
    """The list of objects at `path`. Raises UnexpectedReply for anything else: an empty list is believed only when it
    is a list, in its place."""
    found = inside(exchange, reply, *path)
    if not isinstance(found, list) or not set(map(type, found)) <= _ROW_TYPES:
        raise unexpected(exchange, f'a list of balances at "{".".join(path)}"' if path else "a list of balances")
    return found


_ROW_TYPES = {dict}
"""What objects of JSON are. Exchanges list hundreds of coins: asking each row whether it is a Mapping costs more than
reading it."""

_NOTHING = frozenset(("0", *(f"0.{'0' * places}" for places in range(1, 31))))


def is_nothing(row: Row, *names: str) -> bool:
    """Whether the fields are all zeros, as exchanges write them; what is written otherwise has to be read."""
    return all(row.get(name) in _NOTHING for name in names)


def table_of(exchange: Any, reply: object, *path: str) -> Row:
    """The object at `path`."""
    found = inside(exchange, reply, *path)
    if not isinstance(found, Mapping):
        raise unexpected(exchange, f'an object at "{".".join(path)}"' if path else "an object")
    return found


def number(exchange: Any, value: object) -> Decimal:
    """The exact decimal. Raises UnexpectedReply for what is no number, and for a float: it has lost digits already."""
    if not isinstance(value, (str, int, Decimal)):
        raise unexpected(exchange, "exact numbers")
    try:
        return decimal_of(value)
    except NotANumber as e:
        raise unexpected(exchange, "readable numbers") from e


# ------------------------------------------------------------------------------------------------------ balances


def plus(*amounts: Decimal | None) -> Decimal:
    """The exact sum; None counts as 0."""
    total = ZERO
    for amount in amounts:
        if amount is not None:
            total = CONTEXT.add(total, amount)
    return total


def minus(amount: Decimal, *others: Decimal | None) -> Decimal:
    for other in others:
        if other is not None:
            amount = CONTEXT.subtract(amount, other)
    return amount


class Purse:
    """The balances of one wallet while its answer is being read."""

    def __init__(self, exchange: Any, resolve: Resolve, wallet: str) -> None:
        self.exchange = exchange
        self.wallet = wallet
        self._resolve = resolve
        self._balances: list[Balance] = []

    def find(self, row: Row, *names: str) -> Decimal | None:
        """The first of the fields that holds something; "" and null are how exchanges write nothing."""
        for name in names:
            value = row.get(name)
            if value is not None and value != "":
                return number(self.exchange, value)
        return None

    def get(self, row: Row, *names: str) -> Decimal:
        """The same, where the exchange always sends one of them. Raises UnexpectedReply."""
        found = self.find(row, *names)
        if found is None:
            raise unexpected(self.exchange, " or ".join(f'"{name}"' for name in names))
        return found

    def add(
        self,
        currency: object,
        total: Decimal,
        *,
        free: Decimal | None = None,
        locked: Decimal | None = None,
        borrowed: Decimal | None = None,
        unrealised: Decimal | None = None,
        quoted_as: Callable[[str, Resolved], str] | None = None,
    ) -> None:
        """One row. `currency` is the exchange's own id of it.

        Of `free` and `locked` one may be left out. `quoted_as` gives the code by which the exchange quotes what is held
        where that is not the balance's own: nobody quotes Kraken's DOT.S.
        """
        if not isinstance(currency, str) or not currency:
            raise unexpected(self.exchange, "the currency of a balance")
        if not (total or free or locked or borrowed or unrealised):
            return
        self.add_code(
            str(self.exchange.safe_currency_code(currency)),
            total,
            free=free,
            locked=locked,
            borrowed=borrowed,
            unrealised=unrealised,
            quoted_as=quoted_as,
        )

    def add_code(
        self,
        code: str,
        total: Decimal,
        *,
        free: Decimal | None = None,
        locked: Decimal | None = None,
        borrowed: Decimal | None = None,
        unrealised: Decimal | None = None,
        quoted_as: Callable[[str, Resolved], str] | None = None,
    ) -> None:
        """The same by ccxt's code."""
        if free is None:
            free = max(ZERO, minus(total, locked)) if locked else total
        elif locked is None:
            locked = max(ZERO, minus(total, free))
        resolved = self._resolve(code)
        times = resolved.multiplier
        balance = Balance(
            asset=resolved.code,
            wallet=self.wallet,
            total=CONTEXT.multiply(total, times),
            free=CONTEXT.multiply(free, times),
            locked=CONTEXT.multiply(locked or ZERO, times),
            borrowed=CONTEXT.multiply(borrowed or ZERO, times),
            unrealised=CONTEXT.multiply(unrealised or ZERO, times),
            exchange_code=code if quoted_as is None else quoted_as(code, resolved),
            multiplier=times,
        )
        if not balance.is_zero:
            self._balances.append(balance)

    def fetched(self, positions: Iterable[Position] = ()) -> Fetched:
        balances = (balance for balance in merge(self._balances) if not balance.is_zero)
        return Fetched(tuple(balances), tuple(positions))


# ------------------------------------------------------------------------------------------------------ refusals


def refused_with(error: BaseException, *codes: str) -> bool:
    """Whether the exchange's answer, in the text of a ccxt error, carries one of these codes: {"code":-3003,…},
    {"label":"USER_NOT_FOUND"}."""
    return not set(codes).isdisjoint(Reply.of(str(error), "").codes)


def is_refused(error: BaseException) -> bool:
    """Whether the exchange has understood the question and refused to answer it: with a code of its own, or because it
    has no such address. An answer that broke off, a page of somebody in between or an exchange that is down is none."""
    from ccxt.base.errors import OperationFailed

    reply = Reply.of(str(error), "")
    if is_missing(error):
        return not reply.is_page
    return bool(reply.codes) and not isinstance(error, OperationFailed)


def is_missing(error: BaseException) -> bool:
    """Whether the address does not exist (HTTP 404), which ccxt makes an ExchangeNotAvailable, as if it were down."""
    return status_in(str(error)) == 404


# ------------------------------------------------------------------------------------------------------ memory

SHORT = 30_000
"""Milliseconds: long enough for the wallets of one load, short enough that a user who switches to a unified account is
not read through the old account's (then empty) wallets."""

LONG = 3_600_000
"""For catalogues that change only when a coin is listed."""


@dataclass(slots=True)
class _Memory:
    lock: asyncio.Lock
    answers: dict[str, tuple[int, Any]]


_memories: WeakKeyDictionary[Any, _Memory] = WeakKeyDictionary()


async def remembered(exchange: Any, name: str, ask: Callable[[], Awaitable[Any]], age: int = SHORT) -> Any:
    """What `ask` answered for this exchange object within the last `age` milliseconds, asked once for all who wait."""
    memory = _memories.get(exchange)
    if memory is None:
        memory = _memories[exchange] = _Memory(asyncio.Lock(), {})
    async with memory.lock:
        kept = memory.answers.get(name)
        now = exchange.milliseconds()
        if kept is None or not 0 <= now - kept[0] < age:
            kept = (now, await ask())
            memory.answers[name] = kept
        return kept[1]
