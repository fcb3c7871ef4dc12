"""What a credential must look like before anything is sent.

ccxt signs with whatever it is given and fails in its own ways: a Kraken secret that is not base64 ends in
binascii.Error, a broken PEM in ValueError, a newline in a key in an aiohttp error. And where it does not fail, a
mispasted secret costs a request and an "invalid key" of the exchange. So the form is checked first. The formats were
read from `sign()` of each exchange class of ccxt 4.5.90.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Mapping

from coinassay.domain.account import Credentials
from coinassay.domain.market import Market
from coinassay.errors import InvalidRequest

MISSING = "is missing"
TOO_SHORT = "is too short (minimum is 5 characters)"
INVALID = "is invalid"

MINIMUM = 5
"""Characters of an API key or secret, as 3Commas counts them."""

LONGEST = 8192
"""Characters: twice the longest PEM key in use (RSA 4096 is 3.3 kB)."""

HAS_MINIMUM = ("api_key", "secret")
IN_HEADERS = ("api_key", "secret")
"""Fields that end up in HTTP headers, or sign them: ASCII without spaces."""

ASCII = re.compile(r"[!-~]+")
HEX_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")
ETHEREUM_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]+")


class Malformed(ValueError):
    """The credential is not what the exchange issues."""


def check(market: Market, fields: Mapping[str, str]) -> Credentials:
    """The credentials of `market` among `fields`, PEM keys with normal line ends. Other fields are ignored.

    Raises InvalidRequest with one text for each field that is missing, too short or malformed.
    """
    found: dict[str, str] = {}
    wrong: dict[str, tuple[str, ...]] = {}
    for name in (*market.required, *market.optional):
        value = fields.get(name)
        if value is None or value == "":
            if name in market.required:
                wrong[name] = (MISSING,)
            continue
        try:
            found[name] = _checked(market.exchange_id, name, value)
        except Malformed as e:
            wrong[name] = (str(e),)
    if wrong:
        raise InvalidRequest(wrong)
    return Credentials(found)


def _checked(exchange_id: str, name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Malformed(INVALID)
    if name in HAS_MINIMUM and len(value) < MINIMUM:
        raise Malformed(TOO_SHORT if _is_clean(value) else INVALID)
    shape = FORMATS.get((exchange_id, name))
    if "PRIVATE KEY" in value and shape in PEM_SHAPES:
        value = _with_line_ends(value)
    elif not _is_clean(value) or (name in IN_HEADERS and not ASCII.fullmatch(value)):
        raise Malformed(INVALID)
    if shape is not None:
        shape(value)
    return value


def _is_clean(value: str) -> bool:
    """Nothing that is invisible or breaks a header: control characters, line separators, lone surrogates (category C
    and Zl, Zp), or space at the ends."""
    return value == value.strip() and not any(unicodedata.category(c) in _UNCLEAN for c in value)


_UNCLEAN = frozenset(("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"))


def _with_line_ends(pem: str) -> str:
    """A PEM key as it is meant: key files that exchanges hand out as JSON hold `\\n` as two characters."""
    lines = pem.replace("\\n", "\n").replace("\r\n", "\n").strip().split("\n")
    text = "\n".join(line.strip(" \t") for line in lines)
    if not _is_clean(text.replace("\n", "")):
        raise Malformed(INVALID)
    return text


# ------------------------------------------------------------------------------------------------------- formats


def _base64(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as e:
        raise Malformed(INVALID) from e


def is_base64(value: str) -> None:
    _base64(value)


def _private_key(value: str, expected: str) -> None:
    """`value` is a PEM private key of the algorithm: "ec", "rsa" or "ed25519"."""
    # Loaded here: a server that only answers reads needs no cryptography for this.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(value.encode("ascii"), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise Malformed(INVALID) from e
    fits = {
        "ec": isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1),
        "rsa": isinstance(key, rsa.RSAPrivateKey),
        "ed25519": isinstance(key, ed25519.Ed25519PrivateKey),
    }
    if not fits[expected]:
        raise Malformed(INVALID)


def is_coinbase_secret(value: str) -> None:
    """An EC P-256 key as PEM, or an Ed25519 key: 64 bytes in base64. Coinbase has issued nothing else since the end of
    the legacy keys (https://docs.cdp.coinbase.com/get-started/authentication/cdp-api-keys)."""
    if "PRIVATE KEY" in value:
        _private_key(value, "ec")
    elif len(_base64(value)) != 64:
        raise Malformed(INVALID)


def is_hmac_or_binance_pem(value: str) -> None:
    """ccxt tells Binance's RSA from Ed25519 keys by the length of the PEM."""
    if "PRIVATE KEY" in value:
        _private_key(value, "rsa" if len(value) > 120 else "ed25519")


def is_hmac_or_rsa_pem(value: str) -> None:
    if "PRIVATE KEY" in value:
        _private_key(value, "rsa")


def is_coinbase_international_secret(value: str) -> None:
    """Also the 43 characters of a Deribit secret, which that class of ccxt accepts."""
    if len(value) != 43:
        is_coinbase_secret(value)


def is_ed25519_pem(value: str) -> None:
    if "PRIVATE KEY" not in value:
        raise Malformed(INVALID)
    _private_key(value, "ed25519")


def is_ed25519_seed(value: str) -> None:
    if len(_base64(value)) < 32:
        raise Malformed(INVALID)


def is_lbank_secret(value: str) -> None:
    """32 characters for HMAC; anything longer is the base64 body of an RSA key, which ccxt wraps as PEM."""
    if len(value) > 32:
        _base64(value)


def is_orderly_secret(value: str) -> None:
    if not BASE58.fullmatch(value.removeprefix("ed25519:")):
        raise Malformed(INVALID)


def is_hex_key(value: str) -> None:
    """A secp256k1 private key."""
    if not HEX_KEY.fullmatch(value):
        raise Malformed(INVALID)


def is_base58_key(value: str) -> None:
    if not BASE58.fullmatch(value):
        raise Malformed(INVALID)


def is_ethereum_address(value: str) -> None:
    if not ETHEREUM_ADDRESS.fullmatch(value):
        raise Malformed(INVALID)


FORMATS: Mapping[tuple[str, str], Callable[[str], None]] = {
    ("backpack", "secret"): is_ed25519_seed,
    ("btcmarkets", "secret"): is_base64,
    ("btcturk", "secret"): is_base64,
    ("coinbaseexchange", "secret"): is_base64,
    ("kraken", "secret"): is_base64,
    ("krakenfutures", "secret"): is_base64,
    ("coinbase", "secret"): is_coinbase_secret,
    ("coinbaseinternational", "secret"): is_coinbase_international_secret,
    ("binance", "secret"): is_hmac_or_binance_pem,
    ("binanceusdm", "secret"): is_hmac_or_binance_pem,
    ("binancecoinm", "secret"): is_hmac_or_binance_pem,
    ("binanceus", "secret"): is_hmac_or_binance_pem,
    ("bybit", "secret"): is_hmac_or_rsa_pem,
    ("bybiteu", "secret"): is_hmac_or_rsa_pem,
    ("bybitid", "secret"): is_hmac_or_rsa_pem,
    ("lbank", "secret"): is_lbank_secret,
    ("modetrade", "secret"): is_orderly_secret,
    ("woofipro", "secret"): is_orderly_secret,
    ("revolutx", "private_key"): is_ed25519_pem,
    ("pacifica", "private_key"): is_base58_key,
    ("aster", "private_key"): is_hex_key,
    ("derive", "private_key"): is_hex_key,
    ("grvt", "private_key"): is_hex_key,
    ("hyperliquid", "private_key"): is_hex_key,
    ("nado", "private_key"): is_hex_key,
    ("paradex", "private_key"): is_hex_key,
    ("polymarket", "private_key"): is_hex_key,
    ("derive", "wallet_address"): is_ethereum_address,
    ("hyperliquid", "wallet_address"): is_ethereum_address,
    ("nado", "wallet_address"): is_ethereum_address,
    ("paradex", "wallet_address"): is_ethereum_address,
}

PEM_SHAPES = (
    is_coinbase_secret,
    is_coinbase_international_secret,
    is_hmac_or_binance_pem,
    is_hmac_or_rsa_pem,
    is_ed25519_pem,
)
"""The formats in which line ends belong."""
