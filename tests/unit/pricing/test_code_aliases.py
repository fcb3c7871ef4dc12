"""The table of codes against the installed ccxt: what it has translated is not translated twice."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import ccxt
import pytest

from coinassay.domain.currency import Resolved
from coinassay.pricing.aliases import Alias, Aliases
from coinassay.pricing.catalogue import BundledCatalogue
from coinassay.pricing.prepare import read

CATALOGUE = BundledCatalogue()
ROWS = read("aliases.csv")
EVERYWHERE = {("XBT", "BTC"), ("BCHSV", "BSV")}
"""What ccxt translates at every exchange that does not say otherwise."""


@cache
def translations(exchange: str) -> dict[str, str]:
    """ccxt's own table of an exchange, without what it does everywhere."""
    common = getattr(ccxt, exchange)().commonCurrencies
    return {code: target for code, target in common.items() if (code, target) not in EVERYWHERE}


def test_each_row_of_ccxts_stage_is_what_ccxt_does_and_none_is_missing() -> None:
    ours = {
        (exchange, row["exchange_code"], row["code"])
        for row in ROWS
        if row["stage"] == "ccxt" and row["exchanges"] != "*"
        for exchange in row["exchanges"].split()
    }
    theirs = {
        (exchange, code, target) for exchange in ccxt.exchanges for code, target in translations(exchange).items()
    }
    assert theirs == ours


def test_ccxt_does_everywhere_what_the_table_says_it_does() -> None:
    generic = {
        (row["exchange_code"], row["code"]) for row in ROWS if row["stage"] == "ccxt" and row["exchanges"] == "*"
    }
    assert EVERYWHERE == generic
    assert EVERYWHERE <= set(ccxt.Exchange().commonCurrencies.items())


@pytest.mark.parametrize("exchange", ccxt.exchanges)
def test_what_ccxt_has_translated_stays_as_it_is(exchange: str) -> None:
    """Kraken's LUNA2 arrives as LUNA and must not become LUNC; KuCoin's KALT arrives as ALT."""
    for target in translations(exchange).values():
        resolved = CATALOGUE.resolve(exchange, target)
        assert (target, Decimal(1)) == (resolved.code, resolved.multiplier)
        if not resolved.usual:
            assert CATALOGUE.find(target, exchange).cmc_id is None


def test_our_rows_are_not_ccxts() -> None:
    for row in ROWS:
        if row["stage"] == "ours" and row["exchanges"] != "*":
            for exchange in row["exchanges"].split():
                if exchange in ccxt.exchanges:
                    assert row["exchange_code"] not in translations(exchange), row


def test_two_renamed_codes_are_never_chained() -> None:
    """What one row leads to is not what another starts from, so the order of the rows does not matter."""
    starts = {row["exchange_code"] for row in ROWS if row["stage"] == "ours" and row["exchanges"] == "*"}
    assert not starts & {row["code"] for row in ROWS if row["stage"] == "ours" and row["usual"] == "yes"}


def test_migrations_and_past_codes_are_not_applied() -> None:
    never = [row for row in ROWS if row["stage"] == "never"]
    assert {"MATIC", "FTM", "EOS", "MKR", "LEND"} <= {row["exchange_code"] for row in never}
    for row in never:
        exchange = row["exchanges"].split()[0]
        resolved = CATALOGUE.resolve(exchange, row["exchange_code"])
        generic = {
            each["code"] for each in ROWS if each["exchanges"] == "*" if each["exchange_code"] == row["exchange_code"]
        }
        assert resolved.code in {row["exchange_code"], *generic}, row
        assert 1 == resolved.multiplier


def test_the_table_is_well_formed() -> None:
    for row in ROWS:
        assert row["stage"] in ("ccxt", "ours", "never"), row
        assert row["usual"] in ("yes", "no"), row
        assert Decimal(row["multiplier"]) > 0
        assert row["note"] == row["note"].strip()
    keys = [(ex, row["exchange_code"], row["stage"]) for row in ROWS for ex in row["exchanges"].split()]
    assert len(set(keys)) == len(keys), [key for key in keys if keys.count(key) > 1]


def test_ccxt_keeps_krakens_suffix_and_has_translated_the_stem() -> None:
    """So the stem is not translated again: XBT.M arrives as BTC.M, LUNA.S (the classic coin) as LUNC.S."""
    kraken = ccxt.kraken()
    assert ["BTC.M", "LUNC.S", "DOT28.S"] == [
        kraken.safe_currency_code(code) for code in ("XBT.M", "LUNA.S", "DOT28.S")
    ]
    assert Resolved("LUNC", Decimal(1)) == CATALOGUE.resolve("kraken", "LUNC.S")


TABLE = """exchanges,exchange_code,code,multiplier,stage,usual,note
home,LD*,*,1,ours,yes,
home,1000*,*,1000,ours,yes,
home,*.S,*,1,ours,yes,
"""


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("LDABC", Alias("ABC")),
        ("LDX", None),  # known: a coin of its own
        ("1000ABC", Alias("ABC", "1000")),
        ("1000X", None),
        ("1000NEW", None),  # neither it nor the stem is known
        ("ABC28.S", Alias("ABC")),
        ("DEF98.S", Alias("DEF98")),  # known: its digits belong to it
        ("AB1.S", Alias("AB1")),
        ("AB123.S", Alias("AB123")),
        (".S", None),
        ("LD", None),
        ("ABC", None),
    ],
)
def test_a_rule_gives_way_to_a_code_that_is_known(code: str, means: Alias | None) -> None:
    assert means == Aliases(TABLE).find("home", code, {"LDX", "1000X", "DEF98", "ABC"}.__contains__)
