"""The market a simulated exchange starts with: well-known coins at the prices of one afternoon in September 2024.

The prices are round figures for demonstrations and tests, not a record of any exchange.
"""

from __future__ import annotations

from decimal import Decimal

from coinassay.domain.money import CONTEXT, ONE, decimal_of, divide, rounded
from coinassay.testing.simulator.board import Board, price_places

# code, USD, change of 24 h in per cent, USD traded in 24 h in millions
COINS = """
BTC 63738.36 1.2 1480
ETH 2597.33817 -0.8 720
BNB 571.2 0.4 95
SOL 152.36 2.1 310
XRP 0.5862 -0.3 140
DOGE 0.10512 0.9 62
ADA 0.3574 -1.4 31
TRX 0.1513 0.2 28
AVAX 27.41 3.2 41
DOT 4.388 -0.6 14
LINK 11.92 1.1 33
LTC 66.71 0.5 24
BCH 343.6 -0.2 19
XLM 0.0962 0.1 9
ATOM 4.712 -1.1 12
UNI 6.894 2.4 18
ETC 18.93 0.3 11
FIL 3.851 -2.2 16
NEAR 4.937 4.3 45
APT 7.612 1.9 37
ARB 0.5721 -0.7 26
OP 1.662 0.8 29
SUI 1.4883 6.1 120
INJ 20.44 2.7 22
AAVE 153.7 3.4 38
MKR 1581 -0.5 8
LDO 1.112 -1.3 10
GRT 0.1592 0.6 7
ALGO 0.1297 -0.4 6
VET 0.02371 0.7 6
HBAR 0.05411 -0.9 8
ICP 8.521 1.5 15
PEPE 0.00000812 5.2 140
SHIB 0.00001476 3.9 55
BONK 0.00001893 2.8 31
FLOKI 0.0001391 4.4 26
1000SATS 0.000271 1.3 12
LUNC 0.0000912 -1.8 9
LUNA 0.3612 -0.9 3
WBTC 63702.5 1.2 4
"""

STABLECOINS = {"USDT": "0.9998", "USDC": "1.0001", "FDUSD": "0.9994", "DAI": "1.0000", "TUSD": "0.9971"}
FIAT = {"EUR": "1.1127", "GBP": "1.3209"}

NO_MARKET = "WTC"
"""A coin that can be held but is quoted nowhere."""

_EUR = ("BTC", "ETH", "BNB", "SOL", "XRP", "DOGE", "ADA", "LINK")
_BTC = ("ETH", "BNB", "SOL", "XRP", "ADA", "LTC", "LINK", "DOT", "WBTC")
_USDC = ("BTC", "ETH", "BNB", "SOL", "XRP", "DOGE", "LINK")
_KRAKEN_LACKS = {"1000SATS", "VET"}
_BINANCE_US_LACKS = {"1000SATS", "LUNC", "LUNA", "WBTC"}


def fill_board(board: Board, dialect: str) -> None:
    """Puts the demo market of "binance", "binanceus" or "kraken" on an empty board."""
    coins = {code: (decimal_of(usd), change, volume) for code, usd, change, volume in map(str.split, _lines())}
    _MARKETS[dialect](board, coins)
    board.add_coin(NO_MARKET)


_Coins = dict[str, tuple[Decimal, str, str]]


def _lines() -> list[str]:
    return [line for line in COINS.splitlines() if line]


def _binance(board: Board, coins: _Coins) -> None:
    for code in coins:
        _quote(board, coins, code, "USDT")
    for quote, codes in (("EUR", _EUR), ("BTC", _BTC), ("USDC", _USDC)):
        for code in codes:
            _quote(board, coins, code, quote)
    for code in ("USDC", "FDUSD", "TUSD", "EUR"):
        _quote(board, coins, code, "USDT")
    _quote(board, coins, "BTC", "FDUSD")
    # A market that was closed long ago keeps its last price, and that price is nobody's.
    board.kill("BTC/TUSD", last="209847.00")


def _binance_us(board: Board, coins: _Coins) -> None:
    for code in coins:
        if code not in _BINANCE_US_LACKS:
            _quote(board, coins, code, "USDT")
    for code in ("BTC", "ETH", "SOL", "ADA", "DOGE"):
        _quote(board, coins, code, "USD")
    for code in ("USDT", "USDC"):
        _quote(board, coins, code, "USD")
    _quote(board, coins, "USDC", "USDT")
    board.kill("BTC/DAI", last="209847.00")


def _kraken(board: Board, coins: _Coins) -> None:
    for code in coins:
        if code not in _KRAKEN_LACKS:
            _quote(board, coins, code, "USD")
            _quote(board, coins, code, "EUR")
    for code in ("ETH", "SOL", "XRP", "LTC", "LINK"):
        _quote(board, coins, code, "BTC")
    for code in ("BTC", "ETH"):
        _quote(board, coins, code, "USDT")
    for code in ("USDT", "USDC", "DAI", "EUR", "GBP"):
        _quote(board, coins, code, "USD")
    _quote(board, coins, "USDT", "EUR")
    board.kill("BTC/DAI", last="209847.0")


_MARKETS = {"binance": _binance, "binanceus": _binance_us, "kraken": _kraken}


def _usd(coins: _Coins, code: str) -> Decimal:
    if code in coins:
        return coins[code][0]
    return decimal_of(STABLECOINS.get(code) or FIAT.get(code) or "1")


def _quote(board: Board, coins: _Coins, base: str, quote: str) -> None:
    """Bid and ask lie one step to either side of the last price, which the USD prices of the two coins give."""
    price = divide(_usd(coins, base), _usd(coins, quote))
    places = price_places(price)
    last = rounded(price, places)
    step = Decimal(1).scaleb(-places)
    _, change, millions = coins.get(base, (ONE, "0.1", "60"))
    growth = CONTEXT.add(ONE, CONTEXT.divide(decimal_of(change), Decimal(100)))
    turnover = CONTEXT.multiply(decimal_of(millions), Decimal(1_000_000))
    board.set_price(
        f"{base}/{quote}",
        last=last,
        bid=CONTEXT.subtract(last, step),
        ask=CONTEXT.add(last, step),
        open=rounded(divide(last, growth), places),
        volume=rounded(divide(turnover, _usd(coins, base)), 2),
    )
