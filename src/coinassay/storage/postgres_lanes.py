"""Reads of one row that are asked for at the same moment go to PostgreSQL together.

A round trip costs the server process several times what it takes to understand a row. So all who ask for the same
statement while the event loop goes round once, or while the one before is under way, are answered by one. Nobody is
given a row that was read before it was asked for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from coinassay.errors import CoinassayError, StorageError
from coinassay.storage.codec import POSTGRES_BINDS
from coinassay.storage.database import Compiled, Params, Row, Statement
from coinassay.storage.values import encoder

TOGETHER = 64
"""Reads that one round trip answers at most."""

_PARAMETER = re.compile(r"\$(\d+)::(VARCHAR|TEXT|INTEGER|BIGINT|NUMERIC|BOOLEAN|TIMESTAMP WITH TIME ZONE)\b(?!\[)")

_Asked = tuple[Params, Sequence[Any], "asyncio.Future[Row | None]"]
"""Parameters, the driver's values of them, and where the row goes."""

FetchAll = Callable[[Statement, Params], Awaitable[Sequence[Row]]]
FetchTogether = Callable[[Statement, Sequence[Sequence[Any]]], Awaitable[Sequence[Row] | None]]
"""The rows of a statement made by `together`; None where one of the values does not fit into the database."""


def together(statement: Statement) -> Statement | None:
    """The same for many sets of parameters at once: each parameter a list, each row with the number of its set, from 1,
    behind its columns. None for a statement this cannot be done with."""
    form = statement.postgres
    kinds = {int(number): kind for number, kind in _PARAMETER.findall(form.sql)}
    if not kinds or len(_PARAMETER.findall(form.sql)) != form.sql.count("$") or not form.sql.startswith("SELECT "):
        return None
    if " ORDER BY " in form.sql or " FOR UPDATE" in form.sql:
        return None
    lists = ", ".join(f"${number}::{kinds[number]}[]" for number in sorted(kinds))
    names = ", ".join(f"p{number}" for number in sorted(kinds))
    each = _PARAMETER.sub(lambda found: f"given.p{found[1]}", form.sql)
    sql = (
        f"SELECT found.*, given.place FROM unnest({lists}) WITH ORDINALITY AS given({names}, place), "  # noqa: S608
        f"LATERAL ({each}) AS found"
    )
    return Statement(f"{statement.name} together", Compiled(""), Compiled(sql, form.binds))


class Lane:
    """Reads of one statement. For use on one event loop."""

    __slots__ = ("_busy", "_encode", "_fetch_all", "_fetch_together", "_statement", "_tasks", "_together", "_waiting")

    def __init__(self, statement: Statement, fetch_all: FetchAll, fetch_together: FetchTogether) -> None:
        self._statement = statement
        self._together = together(statement)
        self._encode = encoder(statement.postgres.binds, POSTGRES_BINDS)
        self._fetch_all = fetch_all
        self._fetch_together = fetch_together
        self._busy = False
        self._waiting: list[_Asked] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def fetch_one(self, params: Params) -> Row | None:
        if self._together is None:
            rows = await self._fetch_all(self._statement, params)
            return rows[0] if rows else None
        try:
            values = self._encode(params)
        except OverflowError:
            return None
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Row | None] = loop.create_future()
        self._waiting.append((params, values, answer))
        if not self._busy:
            self._busy = True
            # Not at once: others that are about to run ask for the same, and can come along.
            loop.call_soon(self._go_on)
        return await answer

    def _go_on(self) -> None:
        if not self._waiting:
            self._busy = False
            return
        task = asyncio.get_running_loop().create_task(self._answer_waiting())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer_waiting(self) -> None:
        turn, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        try:
            await self._answer([each for each in turn if not each[2].done()])
        except CoinassayError as e:
            self._refuse(turn, e.message)
        finally:
            self._refuse(turn, "The read was ended.")  # those that have no answer
            self._go_on()

    def _refuse(self, turn: Sequence[_Asked], message: str) -> None:
        for _, _, answer in turn:
            if not answer.done():
                answer.set_exception(StorageError(message))

    async def _answer(self, turn: Sequence[_Asked]) -> None:
        if len(turn) > 1:
            assert self._together is not None
            columns = list(zip(*(values for _, values, _ in turn), strict=True))
            found = await self._fetch_together(self._together, columns)
            if found is not None:
                rows: list[Row | None] = [None] * len(turn)
                for row in reversed(found):  # of several rows of one set the first stays
                    rows[row[-1] - 1] = row[:-1]
                for (_, _, answer), of_it in zip(turn, rows, strict=True):
                    if not answer.done():
                        answer.set_result(of_it)
                return
        for params, _, answer in turn:  # a value of one that does not fit is nothing to the others
            alone = await self._fetch_all(self._statement, params)
            if not answer.done():
                answer.set_result(alone[0] if alone else None)
