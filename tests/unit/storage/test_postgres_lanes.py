"""Reads that are asked for at the same moment are answered by one statement, each with its own row."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from coinassay.errors import StorageError
from coinassay.storage import statements as sql
from coinassay.storage.database import Params, Row, Statement
from coinassay.storage.postgres_lanes import TOGETHER, Lane, together


class Server:
    """Rows by id: (id, "row <id>"), for even ids only."""

    def __init__(self) -> None:
        self.alone: list[int] = []
        self.turns: list[list[int]] = []
        self.held = asyncio.Event()
        self.held.set()
        self.fails = False
        self.fits = True

    async def fetch_all(self, statement: Statement, params: Params) -> Sequence[Row]:
        asked = params["id"]
        assert isinstance(asked, int)
        self.alone.append(asked)
        await self.held.wait()
        if self.fails:
            raise StorageError("it has gone")
        return [(asked, f"row {asked}")] if asked % 2 == 0 else []

    async def fetch_together(self, statement: Statement, values: Sequence[Sequence[Any]]) -> Sequence[Row] | None:
        (ids,) = values
        self.turns.append(list(ids))
        await self.held.wait()
        if self.fails:
            raise StorageError("it has gone")
        if not self.fits:
            return None
        return [(asked, f"row {asked}", n) for n, asked in reversed(list(enumerate(ids, 1))) if asked % 2 == 0]

    def lane(self) -> Lane:
        return Lane(sql.GET_USER, self.fetch_all, self.fetch_together)


async def test_one_alone_is_asked_as_it_is() -> None:
    server = Server()
    lane = server.lane()
    assert (2, "row 2") == await lane.fetch_one({"id": 2})
    assert await lane.fetch_one({"id": 3}) is None
    assert ([2, 3], []) == (server.alone, server.turns)


async def test_those_of_one_moment_are_asked_for_together() -> None:
    server = Server()
    lane = server.lane()
    rows = await asyncio.gather(*(lane.fetch_one({"id": n}) for n in (1, 2, 3, 4, 2)))
    assert [None, (2, "row 2"), None, (4, "row 4"), (2, "row 2")] == rows
    assert ([], [[1, 2, 3, 4, 2]]) == (server.alone, server.turns)


async def test_who_comes_later_is_given_what_is_read_later() -> None:
    server = Server()
    lane = server.lane()
    server.held.clear()
    first = asyncio.create_task(lane.fetch_one({"id": 2}))
    await asyncio.sleep(0.01)
    later = [asyncio.create_task(lane.fetch_one({"id": 2})) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert ([2], []) == (server.alone, server.turns), "the first one is still under way"
    server.held.set()
    assert [(2, "row 2")] * 3 == await asyncio.gather(first, *later)
    assert ([2], [[2, 2]]) == (server.alone, server.turns)


async def test_no_turn_is_longer_than_the_longest() -> None:
    server = Server()
    lane = server.lane()
    rows = await asyncio.gather(*(lane.fetch_one({"id": 2 * n}) for n in range(2 * TOGETHER + 1)))
    assert [(2 * n, f"row {2 * n}") for n in range(2 * TOGETHER + 1)] == rows
    assert ([TOGETHER, TOGETHER], 1) == ([len(turn) for turn in server.turns], len(server.alone))


async def test_a_value_that_does_not_fit_is_nothing_to_the_others() -> None:
    server = Server()
    server.fits = False
    lane = server.lane()
    found = await asyncio.gather(*(lane.fetch_one({"id": n}) for n in (1, 2)))
    assert [None, (2, "row 2")] == found
    assert [1, 2] == server.alone


async def test_all_of_a_turn_that_fails_are_told_and_the_next_one_is_asked() -> None:
    server = Server()
    server.fails = True
    lane = server.lane()
    found = await asyncio.gather(*(lane.fetch_one({"id": n}) for n in (1, 2)), return_exceptions=True)
    assert ["it has gone"] * 2 == [each.message for each in found if isinstance(each, StorageError)]
    server.fails = False
    assert (2, "row 2") == await lane.fetch_one({"id": 2})


async def test_who_has_gone_is_not_asked_for() -> None:
    server = Server()
    lane = server.lane()
    reads = [asyncio.create_task(lane.fetch_one({"id": n})) for n in (2, 4, 6)]
    await asyncio.sleep(0)
    reads[1].cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    assert [[2, 6]] == server.turns


def test_only_reads_of_one_row_by_single_values_go_together() -> None:
    for statement in (sql.FIND_KEY, sql.GET_ACCOUNT, sql.GET_ALLOCATION):
        made = together(statement)
        assert made is not None
        assert made.postgres.binds == statement.postgres.binds
        assert "given.p1" in made.postgres.sql
        assert "WITH ORDINALITY" in made.postgres.sql
    for statement in (sql.LIST_USERS, sql.LIST_ALLOCATIONS, sql.LOCK_ACCOUNT, sql.SET_MODE, sql.LIST_KEYS):
        assert together(statement) is None


@pytest.mark.parametrize("wrong", [{}, {"name": "x"}])
async def test_our_own_mistakes_are_ours_alone(wrong: dict[str, object]) -> None:
    server = Server()
    lane = server.lane()
    found = await asyncio.gather(lane.fetch_one(wrong), lane.fetch_one({"id": 2}), return_exceptions=True)
    assert isinstance(found[0], KeyError)
    assert (2, "row 2") == found[1]
