"""Writes data/ccxt_reads.txt from the installed ccxt: `python -m coinassay.exchanges.generate_reads`.

Some exchanges want a POST also for what is only read. The file lists those requests, found in the code of the methods
of ccxt that read, and `coinassay.exchanges.reads_only` lets no other through. A test compares the two, so an upgrade
cannot forget it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "data" / "ccxt_reads.txt"

READS = re.compile(
    r"fetch_(balance|my_trades|deposits?|withdrawals?|deposits_withdrawals|transactions|ledger|positions?|accounts?"
    r"|markets|\w+_markets|currencies|tickers?|order_book|time|status)\Z|sign_in|authenticate|load_account_infos\Z"
)
"""The methods of ccxt that read what this program may want to know, and those that begin a conversation."""

MOVES = re.compile(
    r"(create|edit|cancel|close|withdraw|transfer|borrow|repay|set|add|reduce|redeem|modify|approve|batch|order)(_|\Z)"
)
"""The methods of ccxt that move or change something. Only tests look for these: what is not read is refused anyway."""

_METHOD = re.compile(r"^    (?:async )?def (\w+)\(", re.MULTILINE)
_CALL = re.compile(r"self\.([a-z][A-Za-z0-9]*(?:Get|Post|Put|Delete|Patch)[A-Za-z0-9]*)\(")


def requests(names: re.Pattern[str]) -> Iterator[tuple[str, str, str]]:
    """Exchange id, HTTP method and path of every request in ccxt's methods of these names, and in what they inherit."""
    import ccxt.async_support as ccxt  # the one place that may load it for this list

    for exchange_id in ccxt.exchanges:
        parents = getattr(ccxt, exchange_id).__mro__
        # Taken from where ccxt writes them down: making an object puts functions in their place in its own class.
        entries: dict[str, Any] = {}
        for parent in reversed(parents):
            if parent.__module__.startswith("ccxt.abstract."):
                entries.update(vars(parent))
        for parent in parents:
            for name, called in _calls(parent):
                if names.match(name) and called in entries:
                    yield exchange_id, entries[called].method, entries[called].path


@cache
def _calls(cls: type[Any]) -> tuple[tuple[str, str], ...]:
    """Each call of an endpoint in the class's own methods, by the method's name."""
    if not cls.__module__.startswith("ccxt.async_support.") or ".base." in cls.__module__:
        return ()
    path = sys.modules[cls.__module__].__file__
    assert path is not None
    parts = _METHOD.split(Path(path).read_text(encoding="utf-8"))[1:]
    return tuple(
        (name, call) for name, body in zip(parts[::2], parts[1::2], strict=True) for call in _CALL.findall(body)
    )


def generate() -> str:
    """A line for each, so that a change of ccxt reads as a short diff."""
    found = {f"{exchange} {method} {path}" for exchange, method, path in requests(READS) if method != "GET"}
    return "".join(f"{line}\n" for line in sorted(found))


def main() -> None:
    TARGET.write_text(generate(), encoding="utf-8")


if __name__ == "__main__":
    main()
