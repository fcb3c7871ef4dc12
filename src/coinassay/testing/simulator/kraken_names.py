"""Kraken's names for coins and markets.

Coins listed early have an X in front (XXBT, XETH), money a Z (ZUSD); the "altname" is without. Which coins those are,
and that DOGE/USD is XDGUSD but USDT/USD is USDTZUSD, is in Kraken's own catalogue
(https://docs.kraken.com/api-reference/market-data) and in ccxt's tables, in which LUNA and LUNA2 mean LUNC and LUNA.
"""

from __future__ import annotations

_IDS = {
    "BTC": "XXBT",
    "DOGE": "XXDG",
    "ETH": "XETH",
    "LTC": "XLTC",
    "XRP": "XXRP",
    "XLM": "XXLM",
    "ETC": "XETC",
    "XMR": "XXMR",
    "ZEC": "XZEC",
    "MLN": "XMLN",
    "USD": "ZUSD",
    "EUR": "ZEUR",
    "GBP": "ZGBP",
    "CAD": "ZCAD",
    "JPY": "ZJPY",
    "AUD": "ZAUD",
    "LUNC": "LUNA",
    "LUNA": "LUNA2",
}
_PREFIXED = {own for own in _IDS.values() if own[0] in "XZ" and len(own) == 4}

OTHER_ASSETS = ("DOT.S", "DOT.F", "ETH2", "ETH2.S", "EUR.M", "KFEE", "SOL.F", "USD.HOLD", "USDT.F", "XBT.F", "XBT.M")
"""Staked, earning, held back, and fee credits: assets of their own, without markets."""


def asset_id(code: str) -> str:
    """BTC -> XXBT, BTC.F -> XBT.F; what is Kraken's own already, and what Kraken calls the same, stays."""
    stem, dot, suffix = code.partition(".")
    if dot:
        return f"{altname(asset_id(stem))}.{suffix}"
    return _IDS.get(code, code)


def altname(asset: str) -> str:
    """XXBT -> XBT."""
    return asset[1:] if asset in _PREFIXED else asset


def pair_id(base: str, quote: str) -> str:
    """The key of the market in AssetPairs, from Kraken's own names."""
    if (base, quote) == ("USDT", "ZUSD"):
        return "USDTZUSD"
    if base in _PREFIXED and quote in _PREFIXED and base != "XXDG":
        return base + quote
    return altname(base) + altname(quote)


def decimals(asset: str) -> int:
    """Digits after the point in balances."""
    if asset.startswith("Z") and asset in _PREFIXED:
        return 4
    return 10 if asset in _PREFIXED else 8
