"""The promise of docs/explanation/never-trades.md: nothing here can place an order or move a coin."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.unit.exchanges.world import connection, connector, serving

import coinassay.exchanges
from coinassay.errors import OnlyReads
from coinassay.exchanges import generate_reads, library, reads_only
from coinassay.exchanges.generate_reads import MOVES, READS, TARGET
from coinassay.exchanges.limiters import Limiters

HOME = Path(coinassay.exchanges.__path__[0])
SOURCES = sorted(path.relative_to(HOME).as_posix() for path in HOME.rglob("*.py"))

READ_BY_MOVERS = frozenset(
    (
        # What ccxt's moving methods read before they move: it may be read.
        "apex GET v3/account",
        "apex GET v3/symbols",
        "coinbaseexchange GET coinbase-accounts",
        "extended GET user/orders/{id}",
        "hibachi GET market/exchange-info",
        "ndax GET GetWithdrawTemplate",
        "ndax GET GetWithdrawTemplateTypes",
    )
)

_PERMISSION = "the exchange's name of what a key may do, which is asked before the key is accepted"

OTHER_MEANINGS: Mapping[tuple[str, str], str] = {
    ("doctor/bitget.py", "withdraw"): _PERMISSION,
    ("doctor/gate.py", "withdraw"): _PERMISSION,
    ("doctor/okx.py", "withdraw"): _PERMISSION,
    ("flows.py", "transfer"): "a type of rows in ccxt's lists of deposits, which is passed over",
    ("quirks/kraken_flows.py", "transfer"): "a type of entries in Kraken's ledger",
}
"""What a name that sounds like a way to trade means there, where it is none. By file and name."""


def passes(exchange_id: str, method: str, path: str) -> bool:
    try:
        reads_only.check(exchange_id, method, path)
    except OnlyReads:
        return False
    return True


# ----------------------------------------------------------------------------------------------------- the gate


def test_the_list_of_reads_is_what_ccxt_does() -> None:
    assert TARGET.read_text(encoding="utf-8") == generate_reads.generate()


def test_everything_by_which_ccxt_moves_something_is_refused() -> None:
    moving = {" ".join(each) for each in generate_reads.requests(MOVES)}
    assert len(moving) > 1000, "the search finds nothing any more"
    assert [] == sorted(each for each in moving - READ_BY_MOVERS if passes(*each.split(" ", 2)))


def test_everything_by_which_ccxt_reads_passes() -> None:
    reading = set(generate_reads.requests(READS))
    assert len(reading) > 1000, "the search finds nothing any more"
    assert [] == sorted(each for each in reading if not passes(*each))


@pytest.mark.parametrize(
    "request_line",
    [
        "binance POST order",
        "binance DELETE openOrders",
        "binance POST asset/transfer",
        "binance POST capital/withdraw/apply",
        "binance POST asset/dust",
        "kraken POST AddOrder",
        "kraken POST Withdraw",
        "kraken POST WalletTransfer",
        "okx POST trade/order",
        "okx POST asset/transfer",
        "bybit POST v5/order/create",
        "bitfinex POST auth/w/order/submit",
        "bitfinex POST auth/w/deposit/address",
        "deribit GET buy",
        "deribit GET withdraw",
        "deribit GET submit_transfer_to_user",
        "deribit GET set_email_in_announcements",
        "grvt POST full/v1/authorize_builder",
        "aster POST v3/approveBuilder",
        "anything POST at/all",
        "binance PATCH account",
    ],
)
def test_what_moves_something_is_refused(request_line: str) -> None:
    assert not passes(*request_line.split(" ", 2))


@pytest.mark.parametrize(
    "request_line",
    ["binance GET asset/transfer", "binance GET capital/withdraw/history", "kraken POST GetApiKeyInfo", "x GET orders"],
)
def test_what_reads_passes(request_line: str) -> None:
    assert passes(*request_line.split(" ", 2))


CALLS: dict[str, tuple[Any, ...]] = {
    "create_order": ("BTC/USDT", "market", "buy", 1),
    "cancel_order": ("1", "BTC/USDT"),
    "cancel_all_orders": ("BTC/USDT",),
    "withdraw": ("BTC", 1, "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh", None, {"key": "k", "network": "BTC"}),
    "transfer": ("BTC", 1, "spot", "funding"),
}


@pytest.mark.parametrize("exchange_id", ["binance", "kraken", "okx", "bybit", "gate", "coinbaseexchange"])
async def test_ccxt_itself_cannot_trade_from_here(exchange_id: str) -> None:
    """Whoever would call ccxt's own methods gets the refusal, and nothing is sent."""
    from ccxt.base.errors import BaseError

    loaded = await library.load()
    async with serving({"*": {}}) as server:
        session = loaded.open_session()
        secrets = {"apiKey": "k" * 64, "secret": "c2VjcmV0", "password": "p", "uid": "1"}
        exchange = loaded.account(exchange_id, session, secrets, server.url)
        limiters = Limiters({exchange_id: 1e6})
        limiters.bind()
        exchange.limiter = limiters.of(exchange)
        market = exchange.safe_market_structure(
            {"id": "BTCUSDT", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "spot": True, "type": "spot"}
        )
        market |= {"precision": {"amount": "0.001", "price": "0.01"}, "active": True, "contract": False}
        exchange.markets = exchange.markets_by_symbol = {"BTC/USDT": market}
        exchange.currencies = {"BTC": {"id": "BTC", "code": "BTC", "precision": "0.001", "networks": {}}}
        refused = 0
        for name, arguments in CALLS.items():
            if exchange.has.get(exchange.camelize(name) if hasattr(exchange, "camelize") else name) is False:
                continue
            with suppress(BaseError, TypeError, ValueError, AttributeError, KeyError):  # before anything is sent
                try:
                    await getattr(exchange, name)(*arguments)
                except OnlyReads:
                    refused += 1
        await session.close()
        await limiters.close()
        moved = [request for request in server.requests if request.method != "GET"]
    assert [] == moved
    assert refused >= 2


async def test_a_reader_that_tried_would_fail_and_nothing_would_be_sent() -> None:
    from coinassay.exchanges.reading import WalletPlan

    async def buy(exchange: Any, resolve: Any) -> Any:
        return await exchange.privatePostOrder({"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"})

    async with (
        serving({"*": {}}) as server,
        connector({"binance": server.url}, plan=lambda market: (WalletPlan("spot", buy),)) as reader,
    ):
        with pytest.raises(OnlyReads):
            await reader.fetch_reading(connection("binance"), 10)
        assert not server.asked


# ------------------------------------------------------------------------------------------------------ the code


def test_no_code_here_names_a_way_to_trade() -> None:
    """Neither a method of ccxt nor an endpoint of an exchange that moves something: no call of it, no mention in a
    string that could become one."""
    found = [
        f"{file}:{line}: {name}"
        for file in SOURCES
        if file != "generate_reads.py"  # it names them to find them
        for line, name in names_in(HOME / file)
        if is_moving(name) and (file, name) not in OTHER_MEANINGS
    ]
    assert [] == found


def test_every_exception_is_still_needed() -> None:
    for file, name in OTHER_MEANINGS:
        assert name in {each for _, each in names_in(HOME / file)}, f"{file} no longer says {name}"


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """Attributes that are taken of something, and strings that are one word."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.lineno, node.value


def unified() -> frozenset[str]:
    """ccxt's own names of what moves something, in both spellings."""
    from ccxt.base.exchange import Exchange

    snake = {name for name in vars(Exchange) if MOVES.match(name) and not name.startswith(HARMLESS)}
    return frozenset(snake | {camel(name) for name in snake})


HARMLESS = (
    "set_",  # of the object itself: set_markets, set_sandbox_mode, …; those of exchanges are below
    "create_expired_option_market",
    "create_safe_dictionary",
    "close",  # the sockets; close_position is below
    "add_pagination",
    "order_",  # helpers that sort
)
OF_EXCHANGES = frozenset(
    (
        "withdraw",
        "transfer",
        "transfer_in",
        "transfer_out",
        "set_leverage",
        "set_margin",
        "set_margin_mode",
        "set_position_mode",
        "close_position",
        "close_all_positions",
    )
)


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


UNIFIED = unified() | OF_EXCHANGES | {camel(name) for name in OF_EXCHANGES}


def is_moving(name: str) -> bool:
    if name in UNIFIED:
        return True
    for verb in ("Post", "Put", "Delete", "Patch"):
        if verb in name and name[0].islower() and f"{verb}" != name:
            head, _, tail = name.partition(verb)
            if head.isidentifier() and tail[:1].isupper():
                return not is_allowed_endpoint(verb.upper(), tail)
    return False


def is_allowed_endpoint(method: str, tail: str) -> bool:
    """Whether some exchange's request of this name is among those that read."""
    spelled = {
        "".join(part[:1].upper() + part[1:] for part in words(path))
        for line in reads_only.allowed()
        for _, allowed_method, path in [line.split(" ", 2)]
        if allowed_method == method and path
    }
    return any(tail == each or tail.endswith(each) for each in spelled)


def words(path: str) -> list[str]:
    return [
        part for part in path.replace("-", "/").replace("_", "/").replace("{", "/").replace("}", "/").split("/") if part
    ]


def test_the_search_would_find_it(tmp_path: Path) -> None:
    source = tmp_path / "bad.py"
    source.write_text(
        "exchange.create_order()\n"
        "exchange.privatePostOrder()\n"
        "getattr(exchange, 'withdraw')()\n"
        "exchange.sapiPostAssetTransfer()\n"
        "exchange.setLeverage\n"
        "exchange.privateDeleteOpenOrders\n"
        "exchange.sapiPostAssetGetFundingAsset()\n"
        "exchange.fetch_balance()\n"
    )
    assert [1, 2, 3, 4, 5, 6] == sorted(line for line, name in names_in(source) if is_moving(name))
