"""The codes of exchanges that are not the codes everybody uses.

The table (coinassay/data/aliases.csv) says at which stage a row is applied:

ccxt    ccxt has done it before a code reaches us, so what such a row leads to is final: Kraken's LUNA2 arrives as LUNA,
        which must not become LUNC. They say which codes ccxt gives to coins that are NOT the usual one of the code.
ours    applied here.
never   true of past trades only, or a coin of its own that tools like to confuse with another.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import NamedTuple

EVERYWHERE = "*"


class Alias(NamedTuple):
    code: str
    multiplier: str = "1"
    usual: bool = True


class Aliases:
    """The table, by exchange."""

    def __init__(self, text: str) -> None:
        self._exact: dict[tuple[str, str], Alias] = {}
        self._everywhere: dict[str, Alias] = {}
        self._prefixes: dict[str, list[tuple[str, str]]] = {}
        self._suffixes: dict[str, list[str]] = {}
        self.labels: set[str] = set()
        """The codes that ccxt invented for coins that are not the usual one of their code."""
        for row in csv.DictReader(io.StringIO(text)):
            for exchange in row["exchanges"].split():
                self._add(exchange, row)

    def _add(self, exchange: str, row: dict[str, str]) -> None:
        stage, source, code, usual = row["stage"], row["exchange_code"], row["code"], row["usual"] == "yes"
        if stage == "never":
            return
        if exchange == EVERYWHERE:
            # Also the two rows that ccxt applies: they change nothing in what it has changed already, and paper
            # accounts and people bring codes that ccxt has not seen.
            self._everywhere[source] = Alias(code, row["multiplier"])
        elif stage == "ccxt":
            self._exact[exchange, code] = Alias(code, "1", usual)
            self._exact.setdefault((exchange, source), Alias(code, "1", usual))
            if not usual and code != source:
                self.labels.add(code)
        elif source.endswith("*"):
            self._prefixes.setdefault(exchange, []).append((source[:-1], row["multiplier"]))
        elif source.startswith("*"):
            self._suffixes.setdefault(exchange, []).append(source[1:])
        else:
            self._exact[exchange, source] = Alias(code, row["multiplier"], usual)

    def everywhere(self, code: str) -> str | None:
        """The code that everybody uses for one that some exchanges or times use."""
        alias = self._everywhere.get(code)
        return alias.code if alias is not None and alias.multiplier == "1" else None

    def find(self, exchange: str, code: str, known: Callable[[str], bool]) -> Alias | None:
        """What `code` means at `exchange`, or None where it means itself. `known` tells codes of the catalogue."""
        return self._plain(exchange, code) or self._stripped(exchange, code, known)

    def _plain(self, exchange: str, code: str) -> Alias | None:
        return self._exact.get((exchange, code)) or self._everywhere.get(code)

    def _stripped(self, exchange: str, code: str, known: Callable[[str], bool]) -> Alias | None:
        for suffix in self._suffixes.get(exchange, ()):
            stem = code.removesuffix(suffix)
            if stem and stem != code:
                return self._plain(exchange, stem) or self._without_term(exchange, stem, known)
        for prefix, multiplier in self._prefixes.get(exchange, ()):
            stem = code.removeprefix(prefix)
            if not stem or stem == code or known(code):
                continue
            if multiplier == "1":
                return self._plain(exchange, stem) or Alias(stem)
            if known(stem):
                return Alias(stem, multiplier)
        return None

    def _without_term(self, exchange: str, stem: str, known: Callable[[str], bool]) -> Alias:
        """Kraken writes the days of a bonding period behind the code: DOT28.S. C98 is a coin of its own."""
        if not known(stem) and len(stem) > 3 and stem[-2:].isdigit() and not stem[-3].isdigit():
            return self._plain(exchange, stem[:-2]) or Alias(stem[:-2])
        return Alias(stem)
