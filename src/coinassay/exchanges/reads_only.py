"""The gate every request to an exchange passes: only what reads goes out (docs/explanation/never-trades.md).

A GET passes, but for the names by which some exchanges trade with it. Anything else passes only where it is known to
read: the requests of ccxt's own reading methods (coinassay.exchanges.generate_reads), and OURS.
"""

from __future__ import annotations

import pkgutil
import re
from functools import cache

from coinassay.errors import OnlyReads

OURS = frozenset(
    (
        # What the key may do: asked before an account is connected. https://docs.kraken.com/api-reference
        "kraken POST GetApiKeyInfo",
        # Balances of users whom BalanceEx does not answer.
        "kraken POST Balance",
    )
)
"""What this program asks beyond ccxt's reading methods, each with its reason."""

_MOVING = re.compile(
    r"\A(private/)?(buy|sell|edit|cancel\w*|(set|submit|create|close|add|remove|change|move|broadcast)_\w+)\Z"
)
"""How Deribit, which takes everything as a GET, and the chains behind some exchanges call what changes something."""

_MOVING_TOO = frozenset(("deribit GET withdraw",))
"""The same word reads at other exchanges."""


def check(exchange_id: str, method: str, path: str) -> None:
    """Raises OnlyReads for a request that is not known to read. `path` is ccxt's template of it."""
    request = f"{exchange_id} {method} {path}"
    moves = request in _MOVING_TOO or _MOVING.match(path) is not None
    refused = moves if method == "GET" else request not in allowed()
    if refused:
        raise OnlyReads(exchange_id=exchange_id)


@cache
def allowed() -> frozenset[str]:
    data = pkgutil.get_data("coinassay.data", "ccxt_reads.txt")
    assert data is not None, "ccxt_reads.txt is not installed"
    return OURS | frozenset(data.decode().splitlines())
