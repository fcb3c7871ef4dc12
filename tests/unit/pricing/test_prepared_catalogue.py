"""The shipped catalogue is what the tables and the rules give."""

from __future__ import annotations

import subprocess
import sys

import pytest

from coinassay.pricing.prepare import CATALOGUE, CLEAR, DATA, ESTABLISHED, LISTED, build, pick, read


def coin(cmc_id: int, rank: int | str, kind: str = "coin") -> dict[str, str]:
    return {"code": "ABC", "cmc_id": str(cmc_id), "name": f"Coin {cmc_id}", "rank": str(rank), "kind": kind}


@pytest.mark.parametrize(
    ("candidates", "picked"),
    [
        ([coin(1, 7)], "1"),
        ([coin(2, 2000), coin(1, LISTED)], "1"),
        ([coin(1, LISTED), coin(2, LISTED + 1)], "1"),
        ([coin(1, 5), coin(2, LISTED)], None),  # both are listed
        ([coin(1, ESTABLISHED)], "1"),
        ([coin(1, 600), coin(2, 600 * CLEAR)], "1"),
        ([coin(1, 600), coin(2, 600 * CLEAR - 1)], None),  # not clear enough
        ([coin(1, ESTABLISHED + 1)], None),
        ([coin(1, 9000, "stablecoin")], "1"),
        ([coin(1, 9000, "stablecoin"), coin(2, 9001)], None),
        ([coin(1, 9000), coin(2, 9001, "stablecoin")], None),
        ([coin(1, ""), coin(2, 9)], "2"),  # no rank: inactive
        ([coin(1, "")], None),
        ([coin(1, 1, "fiat"), coin(2, 9)], "2"),
        ([], None),
    ],
)
def test_which_coin_a_code_stands_for(candidates: list[dict[str, str]], picked: str | None) -> None:
    found = pick(candidates)
    assert picked == (found["cmc_id"] if found else None)
    backwards = pick(candidates[::-1])
    assert picked == (backwards["cmc_id"] if backwards else None)


def test_the_shipped_text_is_in_step_with_the_tables() -> None:
    """After a change of the tables: python -m coinassay.pricing.prepare."""
    assert build() == (DATA / CATALOGUE).read_text("utf-8")


def test_every_line_has_five_fields_and_every_code_one_line() -> None:
    lines = (DATA / CATALOGUE).read_text("utf-8").splitlines()
    assert {5} == {line.count("\t") + 1 for line in lines}
    codes = [line.split("\t")[0] for line in lines]
    assert codes == sorted(set(codes))
    assert all(line.isprintable() for text in lines for line in text.split("\t"))


def test_the_ranks_are_unique_so_that_the_smallest_is_one() -> None:
    ranks = [row["rank"] for row in read("currencies.csv") if row["rank"]]
    assert len(set(ranks)) == len(ranks)


def test_the_catalogue_imports_no_ccxt_and_reads_little() -> None:
    code = (
        "import sys, tracemalloc; from coinassay.pricing.catalogue import BundledCatalogue; tracemalloc.start();"
        "c = BundledCatalogue(); c.find('BTC'); c.resolve('binance', 'LDBTC');"
        "assert 'ccxt' not in sys.modules; print(tracemalloc.get_traced_memory()[1])"
    )
    peak = int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    assert peak < 2_000_000
