"""Writes to SQLite, one after the other on a thread of their own; those that wait at the same moment go in together.

The way to the thread and back, the commit and what readers have to read again afterwards cost more than what is
written. So while one transaction is under way the next is gathered: writes that come meanwhile share it, each within a
savepoint of its own. What fails of one is taken back alone.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from coinassay.errors import CoinassayError, StorageError
from coinassay.storage.database import Change, Row

Given = Sequence[Sequence[Row]]
OWN = (CoinassayError, sqlite3.IntegrityError, OverflowError, UnicodeEncodeError)
"""What says something about one write, and nothing about the others of its transaction or about the database."""
MOST = 200
"""Writes in one transaction: no other process waits longer than for those."""


class _Attempt:
    """`with` keeps what was raised, whatever it is: it is raised where the write was asked for."""

    error: BaseException | None = None

    def __enter__(self) -> None:
        self.error = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self.error = error
        return True


class _Write(_Attempt):
    def __init__(
        self, changes: Sequence[Change], before_commit: Callable[[], None] | None, done: asyncio.Future[Given]
    ) -> None:
        self.changes = changes
        self.before_commit = before_commit
        self.done = done
        self.given: Given = ()


class Writing:
    """Belongs to the event loop it is used in; `connection` is used on the executor's one thread alone."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        executor: ThreadPoolExecutor,
        apply: Callable[[Change], Sequence[Row]],
    ) -> None:
        self._connection = connection
        self._executor = executor
        self._apply = apply
        self._waiting: list[_Write] = []
        self._under_way = False

    async def write(self, changes: Sequence[Change], before_commit: Callable[[], None] | None) -> Given:
        """As the port Database says; raises SQLite's errors as they are."""
        loop = asyncio.get_running_loop()
        one = _Write(changes, before_commit, loop.create_future())
        self._waiting.append(one)
        if not self._under_way:
            self._under_way = True
            loop.call_soon(self._begin, loop)  # with what comes in the same turn of the loop
        return await one.done

    async def finished(self) -> None:
        """Waits until everything so far is written."""
        while waiting := [each.done for each in self._waiting if not each.done.done()]:
            await asyncio.wait(waiting)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """The next transaction, of what waits."""
        count = 1 if self._waiting[0].before_commit else MOST
        batch = self._waiting[:count]
        if count > 1:
            batch = batch[: next((n for n, each in enumerate(batch) if each.before_commit), count)]
        try:
            self._executor.submit(self._run, loop, batch)
        except RuntimeError:
            closed = StorageError("The database is closed.")
            for each in batch:
                each.error = closed
            self._deliver(loop, batch)

    def _deliver(self, loop: asyncio.AbstractEventLoop, batch: list[_Write]) -> None:
        del self._waiting[: len(batch)]
        for each in batch:
            if each.done.done():  # its caller has gone
                continue
            if each.error is None:
                each.done.set_result(each.given)
            else:
                each.done.set_exception(each.error)
        if self._waiting:
            self._begin(loop)
        else:
            self._under_way = False

    # ------------------------------------------------------------------------------------------- on the thread

    def _run(self, loop: asyncio.AbstractEventLoop, batch: list[_Write]) -> None:
        together = _Attempt()
        if len(batch) > 1:
            with together:
                self._together(batch)
        if len(batch) == 1 or together.error is not None:
            for each in batch:
                with each:
                    self._alone(each)
        loop.call_soon_threadsafe(self._deliver, loop, batch)

    def _alone(self, one: _Write) -> None:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            one.given = [self._apply(each) for each in one.changes]
            if one.before_commit is not None:
                one.before_commit()
            execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _together(self, batch: list[_Write]) -> None:
        """All of them, but those whose own fault it is that they cannot be written. Where this raises, nothing was
        written, and each is to be tried alone."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            for one in batch:
                execute("SAVEPOINT one")
                try:
                    one.given = [self._apply(each) for each in one.changes]
                except OWN as e:
                    if not self._connection.in_transaction:
                        raise
                    execute("ROLLBACK TO one")
                    one.error = e
                execute("RELEASE one")
            execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # after some errors, a full disk for one, SQLite has ended it by itself
            self._connection.execute("ROLLBACK")
