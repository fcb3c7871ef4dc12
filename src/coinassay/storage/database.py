"""The port between the nouns and a database driver: statements, changes, and a database that runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from coinassay.errors import CoinassayError

T = TypeVar("T")

Params = Mapping[str, object]
"""Values of the domain (Decimal, aware datetime, bool, int, str, bytes, None) by the name of the parameter."""
Row = Sequence[Any]
"""Values of the domain, in the order of the statement's columns."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as one driver wants it."""

    sql: str
    binds: str = ""
    """Its positional parameters, each as "name" or "name:codec" (coinassay.storage.codec), with spaces between."""


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """Made from `coinassay.storage.queries` by `coinassay.storage.compile`."""

    name: str
    sqlite: Compiled
    postgres: Compiled
    columns: str = ""
    """The columns of a row, in the same form; empty for a statement that gives no rows."""


def parsed(names: str) -> list[tuple[str, str]]:
    """Name and codec of each parameter or column; no codec is ""."""
    return [(name, codec) for name, _, codec in (each.partition(":") for each in names.split())]


@dataclass(frozen=True, slots=True)
class Change:
    """One statement of a write, run once for each of `rows`."""

    statement: Statement
    rows: Sequence[Params] = ({},)
    otherwise: CoinassayError | None = None
    """Raised, and everything taken back, when the statement changed or gave no row. For a single row only."""


def change(statement: Statement, otherwise: CoinassayError | None = None, /, **params: object) -> Change:
    """A change of one row."""
    return Change(statement, (params,), otherwise)


ANNOUNCE = Statement(
    "ANNOUNCE",
    Compiled("SELECT ?", binds="topic"),
    Compiled("SELECT pg_notify('coinassay', $1)", binds="topic"),
)


def announce(topic: str) -> Change:
    """Wakes those who watch the topic, in every process, once the write it is part of is committed."""
    return change(ANNOUNCE, topic=topic)


class Database(Protocol):
    """Runs statements. Every method raises StorageError, in words for people, when the database fails.

    Text that the database cannot hold and integers beyond 64 bits raise StorageError in a write and find nothing in a
    read: nothing stored can equal them.
    """

    async def fetch_one(self, statement: Statement, params: Params) -> Row | None: ...

    async def fetch_kept(self, statement: Statement, params: Params, make: Callable[[Row], T]) -> T | None:
        """`fetch_one` for what is asked for at each request. The row is read each time; what `make` made of it may be
        kept and given again for as long as the row reads the same. One statement goes with one `make`.
        """
        ...

    async def fetch_all(self, statement: Statement, params: Params) -> Sequence[Row]: ...

    async def fetch_all_kept(self, statement: Statement, params: Params, make: Callable[[Row], T]) -> Sequence[T]:
        """`fetch_all`, each row made into an object as by `fetch_kept`."""
        ...

    async def write(
        self, changes: Sequence[Change], before_commit: Callable[[], None] | None = None
    ) -> Sequence[Sequence[Row]]:
        """Applies all of the changes in one transaction, or none; also when the process is killed in the middle.

        Gives the rows of each change that returns some. `before_commit` is called last, from any thread, while other
        writers wait; when it raises, nothing is written. A caller that is cancelled meanwhile does not stop the write.

        Raises Conflict where a change breaks a unique key, NotFound where it belongs to a row that is not there, and
        `Change.otherwise`.
        """
        ...

    def watch(self, topic: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake`, on the event loop, soon after each committed write that announced the topic, here or in another
        process; several such writes may be one call, and a call may come without one. Gives what ends it.
        """
        ...

    async def forget_deleted(self) -> None:
        """Sees to it that what was deleted so far is in none of the database's files, as far as readers allow."""
        ...

    async def close(self) -> None:
        """Ends when all writes have. May be called twice."""
        ...
