"""Accounts that exist only here: their reading is what they hold in the store."""

from __future__ import annotations

from coinassay.domain.balance import Balance, Reading, WalletReading
from coinassay.domain.paper import WALLET
from coinassay.services.ports import Connection

PAPER_EXCHANGE = "paper"


def read(connection: Connection) -> Reading:
    """One wallet, all of it free. Zero amounts are left out."""
    balances = tuple(
        Balance(asset=code, wallet=WALLET, total=amount, free=amount)
        for code, amount in connection.paper_balances.items()
        if amount
    )
    return Reading((WalletReading(WALLET, balances),))
