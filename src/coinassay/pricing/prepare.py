"""Makes the catalogue that is shipped from the tables it is decided by: `python -m coinassay.pricing.prepare`.

The tables (coinassay/data, SOURCES.md there) hold every coin known for each code. Which of them a code stands for is
decided here, once, so that a running server reads one small text. A wrong CoinMarketCap id is worse than none:

1. A fiat code that exchanges trade is the fiat currency. One they do not trade is a coin where any has the code.
2. A code in gaps.csv gets no id, unless its note says that the coin is present under the id that would be picked.
3. Otherwise the active coin with the smallest rank is the candidate. It is taken
   - when its rank is up to LISTED, which holds the coins that were seen among the largest 200 since 2023 or that are
     traded on exchanges, and no other coin of the code is up there;
   - when its rank is up to ESTABLISHED, which goes back to 2023, and the next coin of the code ranks at least CLEAR
     times lower;
   - when it is the only one and a stablecoin: those ids come from a curated list.
   Anything else is left unresolved: beyond these ranks a code is as often used by a newer coin as by the one listed.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import coinassay.data

LISTED = 453
ESTABLISHED = 1000
CLEAR = 4

NO_RANK = 10**9
DATA = Path(coinassay.data.__file__).parent
CATALOGUE = "catalogue.tsv"

Row = Mapping[str, str]


def pick(candidates: Sequence[Row]) -> Row | None:
    """The coin a code stands for, or None where that is not known for sure (rule 3). `candidates` share one code."""
    active = sorted((row for row in candidates if row["rank"] and row["kind"] != "fiat"), key=_rank)
    if not active:
        return None
    first, second = active[0], _rank(active[1]) if len(active) > 1 else NO_RANK
    if _rank(first) <= LISTED:
        return first if second > LISTED else None
    if _rank(first) <= ESTABLISHED:
        return first if second >= CLEAR * _rank(first) else None
    return first if first["kind"] == "stablecoin" and second == NO_RANK else None


def build() -> str:
    """The text of catalogue.tsv: a line for each code that is known, with code, kind, id, name and slug."""
    coins: dict[str, list[Row]] = defaultdict(list)
    for row in read("currencies.csv"):
        if row["kind"] != "fiat":
            coins[row["code"]].append(row)
    gaps: dict[str, list[Row]] = defaultdict(list)
    for row in read("gaps.csv"):
        gaps[row["code"]].append(row)

    entries: dict[str, tuple[str, str, str, str]] = {}
    for code, candidates in coins.items():
        if (chosen := pick(candidates)) is not None:
            entries[code] = (chosen["kind"], chosen["cmc_id"], chosen["name"], chosen["slug"])
    for code, rows in gaps.items():
        present = {row["note"].removeprefix("present as ") for row in rows if row["note"].startswith("present as ")}
        if present and code in entries and present == {entries[code][1]}:
            continue
        entries.pop(code, None)
        if (name := _gap_name(rows)) is not None:
            entries[code] = ("coin", "", name, "")
    for row in read("fiat.csv"):
        if row["traded_on_exchanges"] == "1" or row["code"] not in coins:
            entries[row["code"]] = ("fiat", "", row["name"], "")

    lines = ["\t".join((code, *entry)) for code, entry in sorted(entries.items())]
    return "\n".join(lines) + "\n"


def read(name: str) -> list[Row]:
    """The rows of a table in coinassay/data."""
    return list(csv.DictReader(io.StringIO((DATA / name).read_text("utf-8"))))


def _gap_name(rows: Sequence[Row]) -> str | None:
    """The name of a coin without an id, where only one is known by the code."""
    names = {row["name"] for row in rows}
    if len(names) != 1 or any(not row["note"].startswith("cmc id not found") for row in rows):
        return None
    return names.pop()


def _rank(row: Row) -> int:
    return int(row["rank"])


if __name__ == "__main__":
    (DATA / CATALOGUE).write_text(build(), "utf-8")
