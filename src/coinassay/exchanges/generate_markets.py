"""Writes data/ccxt_exchanges.json from the installed ccxt: `python -m coinassay.exchanges.generate_markets`.

The table of markets is read by processes that never import ccxt (0.5 s and 96 MB), so what ccxt knows about each
exchange's credentials is kept as data. A test compares it with the installed ccxt, so an upgrade cannot forget it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "data" / "ccxt_exchanges.json"


def generate() -> dict[str, dict[str, Any]]:
    """Every exchange that ccxt can read balances from, by ccxt id: name, kinds, ccxt's names of the required
    credentials, and the addresses of its site and its API documentation."""
    import ccxt.async_support as ccxt  # the one place that may load it for this table

    found: dict[str, dict[str, Any]] = {}
    for exchange_id in sorted(ccxt.exchanges):
        exchange = getattr(ccxt, exchange_id)()
        credentials = [name for name, wanted in exchange.requiredCredentials.items() if wanted]
        if not exchange.has.get("fetchBalance") or not credentials:
            continue
        kinds = ["spot"] if exchange.has.get("spot") else []
        if exchange.has.get("swap") or exchange.has.get("future"):
            kinds.append("futures")
        found[exchange_id] = {
            "name": exchange.name,
            "kinds": kinds or ["spot"],
            "credentials": credentials,
            "url": _first(exchange.urls.get("www")),
            "help_url": _first(exchange.urls.get("doc")),
        }
    return found


def render(found: dict[str, dict[str, Any]]) -> str:
    """One exchange a line, so that a change of ccxt reads as a short diff."""
    lines = (f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in sorted(found.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _first(address: object) -> str | None:
    if isinstance(address, list):
        address = address[0] if address else None
    return address if isinstance(address, str) and address else None


def main() -> None:
    TARGET.write_text(render(generate()), encoding="utf-8")


if __name__ == "__main__":
    main()
