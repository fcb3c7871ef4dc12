from __future__ import annotations

import ast
import gc
import inspect
import subprocess
import sys
import textwrap
import tracemalloc
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import ccxt.async_support as ccxt
import pytest
from tests.unit.exchanges.world import MARKETS

from coinassay.errors import NotSupportedByExchange
from coinassay.exchanges import library
from coinassay.exchanges.generic import by_ccxt
from coinassay.exchanges.instances import NEEDS_CATALOGUE
from coinassay.exchanges.library import SHARED
from coinassay.exchanges.wallets import PLANS, plan

HERE = "http://127.0.0.1:1"


@pytest.fixture
async def loaded() -> AsyncIterator[tuple[library.Library, Any]]:
    found = await library.load()
    session = found.open_session()
    yield found, session
    await session.close()


Loaded = tuple[library.Library, Any]


def test_importing_the_connector_imports_no_ccxt() -> None:
    code = """
        import sys
        import coinassay.exchanges.connector
        found = sorted({"ccxt", "aiohttp", "orjson", "coincurve"} & set(sys.modules))
        print(found)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


async def test_it_is_loaded_once() -> None:
    assert await library.load() is await library.load()


async def test_an_exchange_that_ccxt_does_not_know(loaded: Loaded) -> None:
    for name in ("ftx", "Exchange", "__name__", "exchanges", "base"):
        with pytest.raises(NotSupportedByExchange):
            loaded[0].account(name, loaded[1], {})


@pytest.mark.parametrize("exchange_id", ccxt.exchanges)
async def test_a_copied_object_is_what_ccxts_constructor_makes(loaded: Loaded, exchange_id: str) -> None:
    """Nothing but our own settings differs, and nothing that a request may write to is shared."""
    first, second = (loaded[0].account(exchange_id, loaded[1], {"apiKey": "key"}) for _ in range(2))
    theirs = type("Theirs", (getattr(ccxt, exchange_id),), {"number": str})({"apiKey": "key"})
    ours_alone = {"origin", "session", "own_session", "ownSession", "ssl_context", "sslContext", "asyncio_loop", "turn"}
    ours_alone |= {"markets", "markets_by_id", "currencies", "currencies_by_id", "throttler", "logger", "number"}
    ours_alone |= {"origin_only", "originOnly", "in_order", "inOrder", "timeoutOnExit", "closedByUser"}
    ours_alone |= {"enableRateLimit"}
    for name, value in vars(theirs).items():
        if name not in ours_alone and not callable(value):
            assert value == vars(first)[name], name
    for name, value in vars(first).items():
        if isinstance(value, (dict, list, set)):
            assert (name in SHARED) == (value is vars(second)[name]), name
    assert first.exceptions == theirs.exceptions


Functions = dict[str, ast.FunctionDef | ast.AsyncFunctionDef]


@cache
def own_functions(cls: type) -> Functions:
    tree = ast.parse(Path(inspect.getfile(cls)).read_text("utf-8"))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__).body
    return {node.name: node for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def functions(cls: type) -> Functions:
    """The source of every method of a ccxt class, its parents' included."""
    found: Functions = {}
    for each in reversed(cls.__mro__[:-1]):
        found |= own_functions(each)
    return found


@pytest.mark.parametrize("exchange_id", ["binance", "okx", "bybit", "kraken"])
async def test_what_is_shared_is_never_written_to(exchange_id: str) -> None:
    """But by the constructor and the switches to test networks."""
    allowed = {"set_sandbox_mode", "enable_demo_trading", "has_autocorrect", "features_generator"}
    for name, function in functions(getattr(ccxt, exchange_id)).items():
        for node in ast.walk(function):
            for target in node.targets if isinstance(node, ast.Assign) else ():
                text = ast.unparse(target)
                written = text.startswith(tuple(f"self.{each}[" for each in SHARED))
                assert not written or name in allowed, f"{name}: {text}"


async def test_a_further_account_costs_little_memory(loaded: Loaded) -> None:
    """ccxt's own objects: 244 kB for Binance; with a catalogue each about 6 MB."""
    loaded[0].account("binance", loaded[1], {})
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept = [loaded[0].account("binance", loaded[1], {"apiKey": str(n)}) for n in range(50)]
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) / len(kept) < 40_000


async def test_credentials_belong_to_one_object(loaded: Loaded) -> None:
    first = loaded[0].account("kucoin", loaded[1], {"apiKey": "first-key", "secret": "b", "password": "c"})
    second = loaded[0].account("kucoin", loaded[1], {"apiKey": "d"})
    assert ("first-key", "b", "c") == (first.apiKey, first.secret, first.password)
    assert "d" == second.apiKey
    assert not second.secret
    assert not second.password
    first.options["timeDifference"] = 77
    assert 77 != second.options.get("timeDifference")
    assert "first-key" not in repr(vars(third := loaded[0].account("kucoin", loaded[1], {})))
    assert third.apiKey is None


async def test_pointing_one_market_elsewhere_leaves_the_others(loaded: Loaded) -> None:
    moved = loaded[0].account("binance", loaded[1], {}, HERE)
    stayed = loaded[0].account("binance", loaded[1], {})
    assert moved.urls["api"]["private"].startswith(HERE)
    assert stayed.urls["api"]["private"].startswith("https://api.binance.com")
    assert HERE == moved.origin_only
    assert stayed.origin_only is None


# ------------------------------------------------------------------------------------------------- catalogues

CATALOGUE = {"currencies", "currencies_by_id", "markets_by_id", "symbols", "codes", "ids"}
"""Beside `markets`, which every class asks whether they are loaded."""


def uses_catalogue(known: Functions, method: str, seen: set[str]) -> bool:
    """Whether reading a balance looks something up that only a loaded catalogue holds."""
    if method in seen or method not in known:
        return False
    seen.add(method)
    for node in ast.walk(known[method]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and "self" == node.value.id:
            if node.attr in CATALOGUE or node.attr == "safe_market":
                return True
            if "balance" in node.attr and uses_catalogue(known, node.attr, seen):
                return True
    return False


@pytest.mark.slow  # reads 60 of ccxt's modules
async def test_who_needs_a_catalogue_for_its_balances_has_one() -> None:
    """Of the exchanges that are read by ccxt's own summary, without a reader of ours."""
    plain = (by_ccxt("spot").fetch.__qualname__,)
    by_summary = {
        each.exchange_id
        for each in MARKETS.list()
        if "paper" != each.exchange_id
        and each.code not in PLANS
        and all(wallet.fetch.__qualname__ in plain for wallet in plan(each))
    }
    # bithumb looks along the currencies in the answer of its first API only; ccxt asks the second.
    found = {each for each in by_summary if uses_catalogue(functions(getattr(ccxt, each)), "fetch_balance", set())} - {
        "bithumb"
    }
    assert found == NEEDS_CATALOGUE
