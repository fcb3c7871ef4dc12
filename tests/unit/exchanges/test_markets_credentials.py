"""Credentials are checked before anything is sent: what is wrong with each field is said by its name."""

from __future__ import annotations

import base64
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.exchanges.replay import Replay, exchange

from coinassay.domain.market import Market
from coinassay.errors import InvalidRequest
from coinassay.exchanges.credentials import FORMATS
from coinassay.exchanges.markets import MarketTable

TABLE = MarketTable()

MISSING, SHORT, INVALID = "is missing", "is too short (minimum is 5 characters)", "is invalid"

BASE64 = base64.b64encode(bytes(64)).decode()


def pem(key: PrivateKeyTypes, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


@cache
def keys() -> dict[str, str]:
    return {
        "ec": pem(ec.generate_private_key(ec.SECP256R1()), PrivateFormat.TraditionalOpenSSL),
        "other curve": pem(ec.generate_private_key(ec.SECP256K1())),
        "rsa": pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "ed25519": pem(ed25519.Ed25519PrivateKey.generate()),
    }


def market(code: str) -> Market:
    found = TABLE.find(code)
    assert found is not None
    return found


def check(code: str, **fields: str) -> dict[str, str]:
    return dict(TABLE.check_credentials(market(code), fields))


def wrong(code: str, **fields: str) -> dict[str, tuple[str, ...]]:
    with pytest.raises(InvalidRequest) as caught:
        check(code, **fields)
    return caught.value.fields


def test_good_credentials_and_nothing_else_come_back() -> None:
    assert {"api_key": "abcde", "secret": "fghij"} == check(
        "binance", api_key="abcde", secret="fghij", name="Mine", passphrase="not asked for"
    )


def test_paper_trading_wants_none() -> None:
    assert {} == check("paper_trading")


def test_optional_fields_are_kept_when_given_and_checked() -> None:
    fields = {"api_key": "abcde", "secret": "fghij"}
    assert fields == check("bitstamp", **fields)
    assert {**fields, "customer_id": "abc123"} == check("bitstamp", **fields, customer_id="abc123")
    assert {"customer_id": (INVALID,)} == wrong("bitstamp", **fields, customer_id="abc\n")


def test_each_wrong_field_is_named() -> None:
    assert {"secret": (MISSING,), "api_key": (MISSING,), "passphrase": (MISSING,)} == wrong("okex", secret="")
    assert {"secret": (SHORT,), "api_key": (SHORT,)} == wrong("okex", secret="abcd", api_key="x", passphrase="p")


@pytest.mark.parametrize("bad", ["\n", "\r", "\0", "\t", "\x7f", "\u2028", "\u200b", "\ufeff", "\ud800", "\x1b"])
@pytest.mark.parametrize("field", ["api_key", "secret", "passphrase"])
def test_invisible_characters_are_refused_in_every_field(field: str, bad: str) -> None:
    good = {"api_key": "abcdefgh", "secret": "ijklmnop", "passphrase": "qrstuvwx"}
    for value in (f"{bad}abcdefgh", f"abcd{bad}efgh", f"abcdefgh{bad}"):
        assert {field: (INVALID,)} == wrong("okex", **{**good, field: value})


@pytest.mark.parametrize("field", ["api_key", "secret", "passphrase"])
def test_space_at_the_ends_is_refused(field: str) -> None:
    good = {"api_key": "abcdefgh", "secret": "ijklmnop", "passphrase": "qrstuvwx"}
    for value in (" abcdefgh", "abcdefgh ", "abcdefgh\u00a0"):
        assert {field: (INVALID,)} == wrong("okex", **{**good, field: value})


def test_a_passphrase_may_be_any_words_and_a_key_may_not() -> None:
    words = "пароль mit Leerzeichen"
    good = {"api_key": "abcdefgh", "secret": "ijklmnop", "passphrase": words}
    assert good == check("kucoin", **good)
    assert {"api_key": (INVALID,)} == wrong("kucoin", **{**good, "api_key": "abcd efgh"})
    assert {"secret": (INVALID,)} == wrong("kucoin", **{**good, "secret": "пароль"})


def test_a_field_as_long_as_a_book_is_refused() -> None:
    assert {"secret": (INVALID,)} == wrong("binance", api_key="abcde", secret="x" * 10_000)


@pytest.mark.parametrize("code", ["kraken", "krakenfutures", "gdax", "btcmarkets", "btcturk", "backpack"])
def test_secrets_that_must_be_base64(code: str) -> None:
    fields = {"api_key": "abcdefgh", "passphrase": "qrstuvwx"}
    assert BASE64 == check(code, **fields, secret=BASE64)["secret"]
    for secret in ("not-base64!", BASE64[:-1], BASE64[:10] + "?" + BASE64[11:]):
        assert {"secret": (INVALID,)} == wrong(code, **fields, secret=secret)


def test_a_coinbase_secret_is_an_ec_key_or_an_ed25519_one_in_base64() -> None:
    for secret in (keys()["ec"], keys()["ec"].strip(), BASE64):
        assert secret.strip() == check("coinbase_advanced", api_key="organizations/a", secret=secret)["secret"]
    bad = [keys()["rsa"], keys()["ed25519"], keys()["other curve"], keys()["ec"].replace("A", "!"), BASE64[4:]]
    bad += ["-----BEGIN EC PRIVATE KEY-----", "legacysecret", keys()["ec"].replace("END EC", "END")]
    for secret in bad:
        assert {"secret": (INVALID,)} == wrong("coinbase_advanced", api_key="organizations/a", secret=secret)


def test_line_ends_of_a_pasted_pem_are_put_right() -> None:
    """The key file of Coinbase is JSON: copied from it, the line ends are a backslash and an n."""
    clean = keys()["ec"].strip()
    for pasted in (clean.replace("\n", "\\n"), clean.replace("\n", "\r\n") + "\r\n", clean.replace("\n", " \n")):
        assert clean == check("coinbase_advanced", api_key="organizations/a", secret=pasted)["secret"]


@pytest.mark.parametrize("code", ["binance", "binance_us", "binance_margin", "binance_futures", "binance_futures_coin"])
def test_binance_takes_hmac_rsa_and_ed25519(code: str) -> None:
    for secret in ("plainhmacsecret", keys()["rsa"].strip(), keys()["ed25519"].strip()):
        assert secret == check(code, api_key="abcde", secret=secret)["secret"]
    for secret in (keys()["ec"], "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "PRIVATE KEY\0"):
        assert {"secret": (INVALID,)} == wrong(code, api_key="abcde", secret=secret)


def test_bybit_takes_hmac_and_rsa() -> None:
    for secret in ("plainhmacsecret", keys()["rsa"].strip()):
        assert secret == check("bybit_spot", api_key="abcde", secret=secret)["secret"]
    assert {"secret": (INVALID,)} == wrong("bybit_spot", api_key="abcde", secret=keys()["ed25519"])


def test_a_pem_is_no_secret_where_the_exchange_knows_none() -> None:
    assert {"secret": (INVALID,)} == wrong("bitstamp", api_key="abcde", secret=keys()["rsa"])


@pytest.mark.parametrize(
    ("code", "field", "good", "bad"),
    [
        ("hyperliquid", "private_key", "0x" + "ab" * 32, "ab" * 31),
        ("hyperliquid", "wallet_address", "0x" + "cd" * 20, "cd" * 20),
        ("pacifica", "private_key", "5" * 64, "0OIl" * 16),
        ("woofipro", "secret", "ed25519:3yZe7d", "ed25519:0OIl"),
        ("lbank", "secret", BASE64, "x" * 33 + "!"),
        ("revolutx", "private_key", "ed25519", "rsa"),
        ("coinbaseinternational", "secret", "x" * 43, "x" * 44 + "!"),
    ],
)
def test_other_formats(code: str, field: str, good: str, bad: str) -> None:
    good, bad = keys().get(good, good).strip(), keys().get(bad, bad)
    samples = {"private_key": "0x" + "ab" * 32, "wallet_address": "0x" + "cd" * 20}
    others = {name: samples.get(name, "abcdefgh") for name in market(code).required}
    assert good == check(code, **{**others, field: good})[field]
    assert {field: (INVALID,)} == wrong(code, **{**others, field: bad})


def test_every_format_is_of_an_exchange_and_field_that_is_offered() -> None:
    offered = {(each.exchange_id, field) for each in TABLE.list() for field in (*each.required, *each.optional)}
    assert set() == set(FORMATS) - offered


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_sent_is_taken_unchanged_or_refused_by_name(api_key: str, secret: str) -> None:
    fields = {"api_key": api_key, "secret": secret}
    try:
        taken = check("kraken", **fields)
    except InvalidRequest as e:
        refused = e.fields
        taken = {}
    else:
        refused = {}
    assert taken == (fields if not refused else {})
    assert set(refused) <= {"api_key", "secret"}
    assert {text for texts in refused.values() for text in texts} <= {MISSING, SHORT, INVALID}


@pytest.mark.parametrize(("code", "kind"), [("coinbase_advanced", "ec"), ("binance", "rsa"), ("binance", "ed25519")])
async def test_ccxt_signs_with_the_keys_that_were_taken(code: str, kind: str) -> None:
    fields = check(code, api_key="organizations/a", secret=keys()[kind].replace("\n", "\\n"))
    async with exchange(market(code).exchange_id, Replay("")) as made:
        made.apiKey, made.secret = fields["api_key"], fields["secret"]
        api = ["v2", "private"] if code == "coinbase_advanced" else ["private"]
        assert made.sign("accounts", api, "GET", {})
