"""Wherever clients put parameters, however they spell them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.api.errors import UnsupportedContentType
from coinassay.api.params import LONGEST_NUMBER, MOST_PARAMETERS, Params, parse
from coinassay.errors import InvalidRequest

FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"


def refusal(query: bytes = b"", content_type: bytes = b"", body: bytes = b"") -> dict[str, tuple[str, ...]]:
    with pytest.raises(InvalidRequest) as caught:
        parse(query, content_type, body)
    return caught.value.fields


def complaints(params: Params) -> dict[str, tuple[str, ...]]:
    with pytest.raises(InvalidRequest) as caught:
        params.check()
    return caught.value.fields


# -------------------------------------------------------------------------------------------------- where


@pytest.mark.parametrize(
    ("query", "content_type", "body"),
    [
        (b"name=new%20name", b"", b""),
        (b"name=new+name", JSON, b""),
        (b"", FORM, b"name=new+name"),
        (b"", b"", b"name=new%20name"),
        (b"", JSON, b'{"name": "new name"}'),
        (b"", b"application/json; charset=utf-8", b'{"name":"new name"}'),
        (b"", b"Application/JSON", b'{"name":"new\\u0020name"}'),
        (b"", b"application/vnd.api+json", b'{"name":"new name"}'),
        (b"", b"", b'{"name":"new name"}'),
        (b"", FORM, b'{"name":"new name"}'),
        (b"", b"text/plain;charset=UTF-8", b'{"name":"new name"}'),
        (b"name=new+name", JSON, b'{"name":"old"}'),
        (b"name=new+name", FORM, b"name=old&name=older"),
        (b"account_id=1&name=new+name&limit=100", JSON, b'{"id":1}'),
        (b"&name=new+name&", b"", b""),
    ],
)
def test_a_name_is_found(query: bytes, content_type: bytes, body: bytes) -> None:
    params = parse(query, content_type, body)
    assert params.text("name") == "new name"
    params.check()


@pytest.mark.parametrize("content_type", [b"", JSON, FORM, b"text/xml", b"multipart/form-data; boundary=x"])
def test_an_empty_body_is_no_parameters(content_type: bytes) -> None:
    params = parse(b"", content_type, b"")
    assert params.names() == ()
    assert params.text("name") is None


def test_an_empty_object_is_no_parameters() -> None:
    assert parse(b"", JSON, b"{}").names() == ()


def test_query_and_body_add_up() -> None:
    params = parse(b"name=a", JSON, b'{"type":"binance","name":"b"}')
    assert (params.text("name"), params.text("type")) == ("a", "binance")


def test_null_is_not_given() -> None:
    params = parse(b"", JSON, b'{"name":null,"page":null,"list":null,"balances":null}')
    assert params.text("name") is None
    assert params.integer("page", 1, 1, 9) == 1
    assert params.texts("list") is None
    assert params.amounts("balances") is None
    params.check()


# ------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"name": ', "is not valid JSON"),
        (b'{"name": "x"}}', "is not valid JSON"),
        (b"{'name': 'x'}", "is not valid JSON"),
        (b'{"name": "a\x00b"}', "is not valid JSON"),
        (b'{"amount": NaN}', "is not valid JSON"),
        (b'{"amount": -Infinity}', "is not valid JSON"),
        (b'\xef\xbb\xbf{"name":"x"}', "is not valid JSON"),
        (b"name=x", "is not valid JSON"),
        (b"   ", "is not valid JSON"),
        (b'{"a":' * 100_000, "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b'{"name": "\xff"}', "is not valid UTF-8"),
        ('{"name":"x"}'.encode("utf-16"), "is not valid UTF-8"),
        (b'["name"]', "is not a JSON object"),
        (b'"name"', "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b"7", "is not a JSON object"),
        (b'{"name":"a","name":"b"}', "has a key twice"),
        (b'{"x":{"name":"a","n\\u0061me":"a"}}', "has a key twice"),
        (b'{"x":' + b"9" * (LONGEST_NUMBER + 1) + b"}", "has a number of too many digits"),
        (b'{"x":0.' + b"9" * 5000 + b"}", "has a number of too many digits"),
        (b'{"x":1e999999999}', "has a number beyond all quantities"),
        (b'{"x":1e99999999999999999999}', "has a number beyond all quantities"),
    ],
)
def test_a_broken_body_is_refused(body: bytes, says: str) -> None:
    assert refusal(b"", JSON, body) == {"body": (says,)}


def test_what_begins_like_json_is_never_read_as_a_form() -> None:
    assert refusal(b"", FORM, b"{name=x") == {"body": ("is not valid JSON",)}


@pytest.mark.parametrize("content_type", [b"text/xml", b"multipart/form-data; boundary=x", b"text/html", b"\xff"])
def test_other_contents_are_not_read(content_type: bytes) -> None:
    with pytest.raises(UnsupportedContentType):
        parse(b"", content_type, b'{"name":"x"}')


def test_text_that_is_no_json_is_not_read() -> None:
    with pytest.raises(UnsupportedContentType):
        parse(b"", b"text/plain", b"name=x")


@pytest.mark.parametrize(("query", "body", "where"), [(b"a=%FF", b"", "query"), (b"", b"%C3%28=1", "body")])
def test_broken_utf8_is_refused(query: bytes, body: bytes, where: str) -> None:
    assert refusal(query, FORM, body) == {where: ("is not valid UTF-8",)}


def test_parameters_are_bounded() -> None:
    parse(b"&".join([b"a=1"] * MOST_PARAMETERS), b"", b"")
    assert "query" in refusal(b"&".join([b"a=1"] * (MOST_PARAMETERS + 1)))
    assert "body" in refusal(b"", FORM, b"&" * 500_000)


# -------------------------------------------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (b"name=a&name=b", b""),
        (b"name[]=a", b""),
        (b"name[0]=a", b""),
        (b"name[x]=a", b""),
        (b"name=a&name[]=b", b""),
        (b"name=a%00b", b""),
        (b"", b'{"name":true}'),
        (b"", b'{"name":1.5}'),
        (b"", b'{"name":["a"]}'),
        (b"", b'{"name":{"a":"b"}}'),
        (b"", b'{"name":"a\\u0000b"}'),
        (b"", b'{"name":"a\\ud800"}'),
    ],
)
def test_what_is_no_text_is_invalid(query: bytes, body: bytes) -> None:
    params = parse(query, JSON, body)
    assert params.text("name") is None
    assert complaints(params) == {"name": ("is invalid",)}


def test_an_integer_is_taken_for_its_digits() -> None:
    assert parse(b"", JSON, b'{"customer_id":4711}').text("customer_id") == "4711"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_every_text_comes_through(text: str) -> None:
    assert parse(b"x=" + quote_plus(text).encode(), b"", b"").text("x") == text
    assert parse(b"", FORM, b"x=" + quote_plus(text).encode()).text("x") == text
    assert parse(b"", JSON, msgspec.json.encode({"x": text})).text("x") == text


@given(st.binary(), st.sampled_from([b"", FORM, JSON, b"text/plain"]), st.binary())
def test_anything_is_read_or_refused(query: bytes, content_type: bytes, body: bytes) -> None:
    try:
        params = parse(query, content_type, body)
    except (InvalidRequest, UnsupportedContentType):
        return
    for name in params.names():
        params.text(name)
        params.texts(name)
        params.amounts(name)
        params.integer(name, 1, 1, 100)


# ------------------------------------------------------------------------------------------------ integers


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        (b"page=0", "does not have a valid value"),
        (b"page=101", "does not have a valid value"),
        (b"page=99999999999999999", "does not have a valid value"),
        (b"page=" + b"9" * 5000, "is invalid"),
        (b"page=-1", "is invalid"),
        (b"page=+1", "is invalid"),
        (b"page=1.0", "is invalid"),
        (b"page=1e1", "is invalid"),
        (b"page=", "is invalid"),
        (b"page=%C2%B2", "is invalid"),
        (b"page=%D9%A3", "is invalid"),
        (b"page=1&page=2", "is invalid"),
    ],
)
def test_what_is_no_page_is_refused(given_: bytes, says: str) -> None:
    params = parse(given_, b"", b"")
    assert params.integer("page", 7, 1, 100) == 7
    assert complaints(params) == {"page": (says,)}


@pytest.mark.parametrize("body", [b'{"page":true}', b'{"page":1.5}', b'{"page":[1]}', b'{"page":"x"}'])
def test_what_is_no_integer_in_json_is_refused(body: bytes) -> None:
    params = parse(b"", JSON, body)
    params.integer("page", 1, 1, 100)
    assert complaints(params) == {"page": ("is invalid",)}


@pytest.mark.parametrize(("query", "body"), [(b"page=5", b""), (b"", b'{"page":5}'), (b"", b'{"page":"5"}')])
def test_an_integer_is_read(query: bytes, body: bytes) -> None:
    assert parse(query, JSON, body).integer("page", 1, 1, 100) == 5


# --------------------------------------------------------------------------------------- lists and amounts


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (b"", b'{"types":["a","b"]}'),
        (b"types=a&types=b", b""),
        (b"types[]=a&types[]=b", b""),
        (b"types%5B%5D=a&types%5B%5D=b", b""),
        (b"types[0]=a&types[1]=b", b""),
        (b"types[1]=b&types[0]=a", b""),
        (b"types[10]=b&types[9]=a", b""),
    ],
)
def test_a_list_is_read(query: bytes, body: bytes) -> None:
    assert parse(query, JSON, body).texts("types") == ["a", "b"]


@pytest.mark.parametrize(("query", "body"), [(b"types=a", b""), (b"types[]=a", b""), (b"", b'{"types":"a"}')])
def test_one_text_is_a_list_of_one(query: bytes, body: bytes) -> None:
    assert parse(query, JSON, body).texts("types") == ["a"]


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (b"types=a&types[]=b", b""),
        (b"types[]=a&types[0]=b", b""),
        (b"types[0]=a&types[0]=b", b""),
        (b"types[x]=a", b""),
        (b"", b'{"types":[1]}'),
        (b"", b'{"types":{"0":"a"}}'),
        (b"", b'{"types":1}'),
    ],
)
def test_what_is_no_list_is_invalid(query: bytes, body: bytes) -> None:
    params = parse(query, JSON, body)
    assert params.texts("types") is None
    assert complaints(params) == {"types": ("is invalid",)}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (b"", b'{"balances":{"USDT":"10000","btc":"0.10"}}'),
        (b"", b'{"balances":{"USDT":10000,"BTC":0.10}}'),
        (b"balances[USDT]=10000&balances[BTC]=0.10", b""),
        (b"balances%5BUSDT%5D=1e4&balances%5BBTC%5D=1E-1", b""),
    ],
)
def test_amounts_are_read_exactly(query: bytes, body: bytes) -> None:
    assert parse(query, JSON, body).amounts("balances") == {"USDT": Decimal(10000), "BTC": Decimal("0.1")}


def test_no_digit_of_an_amount_is_lost() -> None:
    digits = "0.123456789012345678901234567890123456789"
    params = parse(b"", JSON, f'{{"balances":{{"A":{digits},"B":"{digits}"}}}}'.encode())
    assert params.amounts("balances") == {"A": Decimal(digits), "B": Decimal(digits)}


@pytest.mark.parametrize(
    "balances",
    [
        '"x"',
        "[]",
        "7",
        '{"BTC":"x"}',
        '{"BTC":"-1"}',
        '{"BTC":-0.1}',
        '{"BTC":"NaN"}',
        '{"BTC":"Infinity"}',
        '{"BTC":"1e61"}',
        '{"BTC":true}',
        '{"BTC":null}',
        '{"BTC":["1"]}',
        '{"BTC":"' + "1" * 200 + '"}',
        '{"":"1"}',
        '{"B C":"1"}',
        '{"B\\u0000":"1"}',
        '{"B\\ud800":"1"}',
        '{"BTC":"1","btc":"1"}',
        '{"ABCDEFGHIJKLMNOPQRSTU":"1"}',
        msgspec.json.encode({f"C{n}": "1" for n in range(MOST_PARAMETERS + 1)}).decode(),
    ],
)
def test_what_are_no_amounts_is_invalid(balances: str) -> None:
    params = parse(b"", JSON, f'{{"balances":{balances}}}'.encode())
    assert params.amounts("balances") is None
    assert complaints(params) == {"balances": ("is invalid",)}


def test_all_complaints_come_together() -> None:
    params = parse(b"page=x&per_page=1000&name[]=a", b"", b"")
    values: tuple[Any, ...] = (
        params.integer("page", 1, 1, 9),
        params.integer("per_page", 1, 1, 9),
        params.text("name"),
    )
    assert values == (1, 1, None)
    assert sorted(complaints(params)) == ["name", "page", "per_page"]
