"""What a code stands for. A wrong CoinMarketCap id is worse than none."""

from __future__ import annotations

import csv
import io
import pkgutil
from decimal import Decimal

import pytest

from coinassay.domain.currency import Currency, Resolved
from coinassay.pricing import catalogue as module
from coinassay.pricing.catalogue import BundledCatalogue

CATALOGUE = BundledCatalogue()


def rows(name: str) -> list[dict[str, str]]:
    data = pkgutil.get_data("coinassay.data", name)
    assert data is not None
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


@pytest.mark.parametrize(
    ("code", "name", "cmc_id", "kind"),
    [
        ("BTC", "Bitcoin", "1", "coin"),
        ("ETH", "Ethereum", "1027", "coin"),
        ("USDT", "Tether USDt", "825", "stablecoin"),
        ("SOL", "Solana", "5426", "coin"),
        ("MNT", "Mantle", "27075", "coin"),  # also Mongolia's currency, which no exchange trades
        ("EUR", "Euro", None, "fiat"),
        ("GBP", "Pound Sterling", None, "fiat"),
        ("USD", "United States Dollar", None, "fiat"),
        ("COP", "Colombian Peso", None, "fiat"),  # also a coin; exchanges trade the currency
        ("QAR", "Qatari Rial", None, "fiat"),  # not traded, but no coin has the code
        ("BETH", "BETH", None, "unknown"),
        ("BAND", "Band", "4679", "coin"),  # in gaps.csv, but the note says it is present
        ("0G", "0G", None, "coin"),  # a gap whose name is known
        ("NEIRO", "NEIRO", None, "unknown"),  # three coins
        ("G", "G", None, "unknown"),
        ("FRAX", "FRAX", None, "unknown"),
        ("BOB", "BOB", None, "unknown"),  # several coins, no clear one
        ("VELO", "VELO", None, "unknown"),  # Velo and Velodrome are both listed
        ("BEAM", "BEAM", None, "unknown"),
        ("SHELL", "SHELL", None, "unknown"),  # the only one of the code ranked beyond 1,000
        ("RNDR", "Render", "5690", "coin"),  # renamed
        ("XBT", "Bitcoin", "1", "coin"),
        ("NOSUCHCOIN", "NOSUCHCOIN", None, "unknown"),
    ],
)
def test_what_a_code_stands_for(code: str, name: str, cmc_id: str | None, kind: str) -> None:
    found = CATALOGUE.find(code)
    assert (code, name, cmc_id, kind) == (found.code, found.name, found.cmc_id, found.kind)


@pytest.mark.parametrize(
    "code", ["", " ", "btc", "USDt", "BTC\t", "BTC\tcoin", "\nBTC", "BTC\n", "\x00", "é" * 1000, "*"]
)
def test_every_text_has_an_answer(code: str) -> None:
    """Codes are what an exchange calls them, case included: BitMEX's USDt is a millionth of a USDT."""
    assert Currency(code, code, kind="unknown") == CATALOGUE.find(code)
    assert Resolved(code, Decimal(1)) == CATALOGUE.resolve("kraken", code)


# Pairs of code and CoinMarketCap id that were verified coin by coin in public sources of 2026 (SOURCES.md, Y and D).
KNOWN = """
A:36462 ACT:33566 ACX:22620 AERO:29270 ALT:29073 APT:21794 ATH:30083 BIO:34812 BIT:11221 COOKIE:31838 COW:19269
DEEP:33391 DOGS:32698 DRIFT:31278 GFI:13967 GIGA:30063 GMT:18069 GMX:11857 GOAT:33440 GRT:6719 GST:16352 GTC:10052
HFT:22461 IMX:10603 LAYER:35429 M:35491 MASK:8536 ME:32197 MELANIA:35347 MEME:28301 MEW:30126 MNT:27075 MOVE:32452
OPEN:37456 POL:28321 PRIME:23711 PUMP:36507 RARE:11294 SONIC:35051 SPX:28081 STG:18934 STX:4847 SUI:20947 SUPER:8290
SYN:12147 TON:11419 TRUMP:35336 UNI:7083 VVV:35509 WAL:36119 XCN:18679 ZRO:26997
1INCH:8104 AAVE:7278 ADA:2010 AIOZ:9104 AKT:7431 ALGO:4030 ALICE:8766 AMP:6945 ANKR:3783 APE:18876 API3:7737
BTC:1 ETH:1027 USDT:825 SOL:5426 XRP:52
"""


@pytest.mark.parametrize("pair", KNOWN.split())
def test_known_ids(pair: str) -> None:
    code, _, cmc_id = pair.partition(":")
    assert cmc_id == CATALOGUE.find(code).cmc_id


def test_a_gap_never_gets_an_id_of_another_coin() -> None:
    for row in rows("gaps.csv"):
        found = CATALOGUE.find(row["code"])
        expected = row["note"].split()[-1] if found.cmc_id else ""
        assert (found.cmc_id or "") in (expected, _renamed(row["code"])), row


def _renamed(code: str) -> str:
    target = CATALOGUE.resolve("", code).code
    return (CATALOGUE.find(target).cmc_id or "") if target != code else ""


def test_no_fiat_currency_that_is_traded_has_an_id_or_is_a_coin() -> None:
    for row in rows("fiat.csv"):
        found = CATALOGUE.find(row["code"])
        if row["traded_on_exchanges"] == "1":
            assert ("fiat", None) == (found.kind, found.cmc_id)
        assert found.cmc_id != row["cmc_id"]


def test_a_currency_the_dollar_stands_for_is_a_stablecoin_known_for_sure() -> None:
    assert "USDT" in CATALOGUE.pegs["*"]
    for code, target in CATALOGUE.pegs["*"].items():
        found = CATALOGUE.find(code)
        assert ("USD", "stablecoin") == (target, found.kind)
        assert found.cmc_id, code
    for code in ("EURT", "EURC", "EURI", "USTC", "FRAX", "SUSD", "XUSD", "MIM", "USDN", "USDX", "DEUSD"):
        assert code not in CATALOGUE.pegs["*"]


# ------------------------------------------------------------------------------------------- codes of exchanges


@pytest.mark.parametrize(
    ("exchange", "code", "means", "multiplier"),
    [
        ("binance", "LDBTC", "BTC", "1"),
        ("binance", "LDUSDT", "USDT", "1"),
        ("binance", "LDO", "LDO", "1"),  # Lido
        ("binance", "LDLDO", "LDO", "1"),
        ("binance", "LDSHIB2", "SHIB", "1"),
        ("binance", "LDW", "W", "1"),
        ("binance", "LDBRANDNEW", "BRANDNEW", "1"),
        ("binance", "LD", "LD", "1"),
        ("binance", "LD1000SATS", "SATS", "1000"),
        ("binance", "1000SATS", "SATS", "1000"),
        ("binance", "1MBABYDOGE", "BABYDOGE", "1000000"),
        ("binance", "1INCH", "1INCH", "1"),
        ("binance", "BETH", "BETH", "1"),  # an asset of its own: one ETH is not what it trades at
        ("binance", "WBETH", "WBETH", "1"),
        ("binance", "BFUSD", "BFUSD", "1"),
        ("binance", "LUNA", "LUNA", "1"),
        ("binance", "FTM", "FTM", "1"),  # migrations are not applied
        ("binance", "MATIC", "MATIC", "1"),
        ("binanceus", "LDBTC", "LDBTC", "1"),
        ("binanceusdm", "1000PEPE", "PEPE", "1000"),
        ("binanceusdm", "1000DOGE", "DOGE", "1000"),  # unknown code, known stem
        ("binanceusdm", "1000NOSUCHCOIN", "1000NOSUCHCOIN", "1"),
        ("kraken", "DOT.S", "DOT", "1"),
        ("kraken", "DOT28.S", "DOT", "1"),
        ("kraken", "ETH2.S", "ETH", "1"),
        ("kraken", "ETH2", "ETH", "1"),
        ("kraken", "BTC.M", "BTC", "1"),
        ("kraken", "XBT.M", "BTC", "1"),
        ("kraken", "USDC.F", "USDC", "1"),
        ("kraken", "SOL03.S", "SOL", "1"),
        ("kraken", "C98.S", "C98", "1"),  # its digits belong to it
        ("kraken", "API3.B", "API3", "1"),
        ("kraken", "1INCH.S", "1INCH", "1"),
        ("kraken", "USD.HOLD", "USD", "1"),
        ("kraken", "EUR.M", "EUR", "1"),
        ("kraken", ".S", ".S", "1"),
        ("kraken", "LUNA", "LUNA", "1"),  # ccxt made it of LUNA2
        ("kraken", "LUNA.S", "LUNA", "1"),
        ("kraken", "LUNC", "LUNC", "1"),
        ("kraken", "REP", "REP", "1"),
        ("kucoin", "ALT", "ALT", "1"),  # ccxt made it of KALT
        ("mexc", "FLUX", "FLUX", "1"),  # ccxt made it of FLUX1
        ("mexc", "GAS", "GAS", "1"),
        ("mexc", "GMT", "GMT", "1"),
        ("bingx", "TRUMP", "TRUMP", "1"),
        ("bitfinex", "USDT", "USDT", "1"),
        ("okx", "RNDR", "RENDER", "1"),
        ("okx", "UST", "USTC", "1"),
        ("paper", "XBT", "BTC", "1"),
        ("bitmex", "XBT", "BTC", "1"),
        ("bitmex", "XBt", "BTC", "0.00000001"),  # case matters
        ("bitmex", "USDt", "USDT", "0.000001"),
        ("hyperliquid", "kPEPE", "PEPE", "1000"),
        ("hyperliquid", "KPEPE", "KPEPE", "1"),
        ("bybit", "SHIB1000", "SHIB", "1000"),
        ("coinbase", "DOT.S", "DOT.S", "1"),
        ("", "LDBTC", "LDBTC", "1"),
    ],
)
def test_what_an_exchanges_code_means(exchange: str, code: str, means: str, multiplier: str) -> None:
    assert Resolved(means, Decimal(multiplier)) == CATALOGUE.resolve(exchange, code)


@pytest.mark.parametrize(
    ("exchange", "code"),
    [
        ("gate", "BITCOINFILE"),
        ("gateeu", "GAMECOM"),
        ("kucoin", "APTOSLAUNCHTOKEN"),
        ("mexc", "FLUX1"),
        ("mexc", "GMTTOKEN"),
        ("hitbtc", "Cube"),
        ("htx", "PENTA"),
        ("poloniex", "Hotcoin"),
        ("bitget", "omni"),
        ("kraken", "KFEE"),
        ("kraken", "REPV1"),
        ("upbit", "Tokamak Network"),
        ("mexc", "XBT"),  # ccxt keeps the code there: it is not bitcoin
        ("lbank", "XBT"),
        ("binance", "BCC"),
        ("poloniex", "BCHABC"),
        ("kucoin", "BCHABC"),
    ],
)
def test_a_coin_that_is_not_the_usual_one_has_no_entry(exchange: str, code: str) -> None:
    assert Resolved(code, Decimal(1), usual=False) == CATALOGUE.resolve(exchange, code)
    assert Currency(code, code, kind="unknown") == CATALOGUE.find(code, exchange)


def test_the_usual_coin_keeps_its_entry_where_another_exchange_means_another() -> None:
    assert "1" == CATALOGUE.find("XBT", "kraken").cmc_id
    assert None is CATALOGUE.find("XBT", "mexc").cmc_id
    assert "5338" == CATALOGUE.find("CUBE", "binance").cmc_id
    assert "18069" == CATALOGUE.find("GMT", "mexc").cmc_id


def test_labels_of_ccxt_are_not_looked_up_where_the_exchange_is_not_known() -> None:
    for row in rows("aliases.csv"):
        if row["usual"] == "no" and row["code"] != row["exchange_code"]:
            assert Currency(row["code"], row["code"], kind="unknown") == CATALOGUE.find(row["code"])


def test_answers_are_not_kept_for_ever() -> None:
    catalogue = BundledCatalogue()
    for n in range(module.REMEMBERED + 5):
        catalogue.find(f"C{n}")
    assert len(catalogue._found) <= module.REMEMBERED
