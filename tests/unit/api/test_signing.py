"""The vectors, the seams between path, query and body, and keys that are not taken."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from itertools import permutations
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from coinassay.api import signing
from coinassay.domain.api_key import KeyKind
from coinassay.errors import InvalidRequest
from coinassay.storage.public_keys import load_public_key

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "signing.json").read_text())
SECRET = b"a secret"
PATH = b"/public/api/ver1/accounts/12345678/rename"


def fits(vector: dict[str, str], **changes: str) -> bool:
    """Whether the signature of a vector is accepted, also for a request changed in one place."""
    row = {**vector, **changes}
    key = VECTORS["keys"][row["key"]]
    kind = KeyKind(key["kind"])
    verifier = key["public_key"] if kind is KeyKind.RSA else key["secret"]
    path, _, query = row["target"].partition("?")
    return signing.verify(
        kind,
        verifier.encode(),
        row["signature"],
        method=row["method"],
        path=path.encode(),
        query=query.encode(),
        body=row["body"].encode(),
    )


def sign(text: bytes) -> str:
    return hmac.new(SECRET, text, hashlib.sha256).hexdigest()


def accepts(signed: bytes, method: str, target: bytes, body: bytes = b"") -> bool:
    """Whether a request is let through by the signature of the string `signed`."""
    path, _, query = target.partition(b"?")
    return signing.verify(KeyKind.HMAC, SECRET, sign(signed), method=method, path=path, query=query, body=body)


def name(vector: dict[str, str]) -> str:
    return vector["id"]


@pytest.mark.parametrize("vector", VECTORS["accept"], ids=name)
def test_a_vector_is_accepted(vector: dict[str, str]) -> None:
    assert fits(vector)


@pytest.mark.parametrize("vector", VECTORS["reject"], ids=name)
def test_a_signature_that_leaves_something_out_is_rejected(vector: dict[str, str]) -> None:
    assert not fits(vector)


@pytest.mark.parametrize("vector", VECTORS["accept"], ids=name)
def test_what_is_signed_cannot_be_changed(vector: dict[str, str]) -> None:
    path, mark, query = vector["target"].partition("?")
    for changes in (
        {"target": path + "x" + mark + query},
        {"target": f"{path}?{query}x"},
        {"target": f"{path}?{query}&page=7"},
        {"method": "POST", "body": vector["body"] + "x"},
        {"method": "POST", "body": vector["body"] + '{"name":"y"}'},
    ):
        assert not fits(vector, **changes)


@pytest.mark.parametrize("vector", [each for each in VECTORS["accept"] if each["key"] != "rsa"], ids=name)
def test_hex_is_read_in_either_case(vector: dict[str, str]) -> None:
    assert fits(vector, signature=vector["signature"].upper())


@pytest.mark.parametrize("vector", [each for each in VECTORS["accept"] if each["key"] == "rsa"], ids=name)
def test_base64_is_read_to_the_letter(vector: dict[str, str]) -> None:
    assert not fits(vector, signature=vector["signature"].swapcase())
    assert not fits(vector, signature=vector["signature"][:40] + " " + vector["signature"][40:])


@pytest.mark.parametrize("vector", VECTORS["strings"], ids=lambda each: each["signed"])
def test_stream_names_are_signed_the_same_way(vector: dict[str, str]) -> None:
    secret = VECTORS["keys"][vector["key"]]["secret"].encode()
    path = vector["signed"].encode()
    assert signing.verify(KeyKind.HMAC, secret, vector["signature"], method="GET", path=path, query=b"", body=b"")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "00" * 32,
        sign(PATH)[:-1],
        sign(PATH) + "00",
        " " + sign(PATH),
        sign(PATH)[:-2] + "  ",
        "ж" * 64,
        "=" * 64,
        "\x00" * 64,
    ],
)
@pytest.mark.parametrize("kind", KeyKind)
def test_a_signature_of_another_form_is_rejected(kind: KeyKind, signature: str) -> None:
    verifier = SECRET if kind is KeyKind.HMAC else VECTORS["keys"]["rsa"]["public_key"].encode()
    assert not signing.verify(kind, verifier, signature, method="POST", path=PATH, query=b"", body=b"")


def test_an_unknown_key_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    digests: list[bytes] = []

    def digest(_: bytes, text: bytes, __: str) -> bytes:
        digests.append(text)
        return b"\0" * 32

    monkeypatch.setattr(hmac, "digest", digest)
    request: dict[str, Any] = {"method": "GET", "path": PATH, "query": b"b=1&a=2", "body": b""}

    assert not signing.verify(KeyKind.HMAC, SECRET, "11" * 32, **request)
    known, digests[:] = list(digests), []
    signing.verify_unknown("11" * 32, **request)

    assert digests == known == list(signing.candidates("GET", PATH, b"b=1&a=2", b""))


# ------------------------------------------------------------------------------------------------- the seams


def test_a_get_has_no_body() -> None:
    assert accepts(PATH + b'{"a":1}', "POST", PATH, b'{"a":1}')
    assert not accepts(PATH + b'{"a":1}', "GET", PATH, b'{"a":1}')
    assert not accepts(PATH + b"?a=1", "GET", PATH, b"a=1")


def test_a_signed_path_is_not_cut_into_a_shorter_one_and_a_body() -> None:
    assert accepts(b"/public/api/ver1/accounts/12345678", "POST", b"/public/api/ver1/accounts/12345678")
    assert not accepts(b"/public/api/ver1/accounts/12345678", "POST", b"/public/api/ver1/accounts/1234", b"5678")


def test_the_border_of_query_and_body_cannot_be_moved_into_a_value() -> None:
    signed = b"/public/api/ver1/accounts/transfer?amount=1000&to_account_id=2"
    path = b"/public/api/ver1/accounts/transfer"
    assert accepts(signed, "POST", path + b"?amount=1000&to_account_id=2")
    assert not accepts(signed, "POST", path + b"?amount=10", b"00&to_account_id=2")
    assert not accepts(signed, "POST", path + b"?amount=1000&to_acc", b"ount_id=2")
    assert not accepts(signed, "POST", path + b"?amount=1000&to_account_id", b"=2")
    assert not accepts(signed, "POST", path + b"?amount=1000&to_account_id=", b"2")
    assert accepts(path + b"?note=a=b", "POST", path + b"?note=a=b")
    assert not accepts(path + b"?note=a=b", "POST", path + b"?note=a", b"=b")


@given(
    pairs=st.lists(
        st.tuples(st.sampled_from(["amount", "name", "a", "to_account_id"]), st.text("ab1.%2", max_size=6)),
        min_size=1,
        max_size=4,
        unique_by=lambda pair: pair[0],
    ),
    data=st.data(),
)
def test_wherever_query_and_body_meet_the_pairs_are_the_signed_ones(
    pairs: list[tuple[str, str]], data: st.DataObject
) -> None:
    whole = "&".join(f"{key}={quote(value)}" for key, value in pairs).encode()
    cut = data.draw(st.integers(0, len(whole)))
    query, body = whole[:cut], whole[cut:]
    if accepts(PATH + b"?" + whole, "POST", PATH + b"?" + query, body):
        assert [pair for pair in query.split(b"&") + body.split(b"&") if pair] == whole.split(b"&")


def test_json_signed_as_a_body_is_not_a_query() -> None:
    assert accepts(PATH + b'?{"name":"x"}', "POST", PATH, b'{"name":"x"}')
    assert not accepts(PATH + b'?{"name":"x"}', "POST", PATH + b'?{"name":"x"}')


def test_json_signed_inside_a_value_is_not_a_body() -> None:
    assert accepts(PATH + b'?balances={"USDT":"1"}', "POST", PATH + b'?balances={"USDT":"1"}')
    assert not accepts(PATH + b'?balances={"USDT":"1"}', "POST", PATH + b"?balances=", b'{"USDT":"1"}')


# -------------------------------------------------------------------------------------------- rearranged queries


@pytest.mark.parametrize("order", list(permutations([b"page=1", b"per_page=100", b"api_key=x"])))
def test_sorted_parameters_are_accepted_in_any_order(order: tuple[bytes, ...]) -> None:
    assert accepts(PATH + b"?api_key=x&page=1&per_page=100", "GET", PATH + b"?" + b"&".join(order))


@pytest.mark.parametrize(
    "query", [b"name=b&name=a", b"name=b&n%61me=a", b"names[]=b&names[]=a", b"names[1]=b&names[0]=a", b"a[]=2&a=1"]
)
def test_where_a_name_is_repeated_its_order_is_what_was_signed(query: bytes) -> None:
    assert accepts(PATH + b"?" + query, "GET", PATH + b"?" + query)
    assert not accepts(PATH + b"?" + b"&".join(sorted(query.split(b"&"))), "GET", PATH + b"?" + query)


@pytest.mark.parametrize("mark", list("&=#?%"))
def test_decoded_text_with_a_separator_is_not_accepted(mark: str) -> None:
    signed = f"a=x{mark}y".encode()
    assert not accepts(PATH + b"?" + signed, "GET", PATH + b"?a=" + quote(f"x{mark}y").encode())


def test_rearranging_is_for_requests_without_a_body() -> None:
    assert accepts(PATH + b'?b=1&a=2{"x":1}', "POST", PATH + b"?b=1&a=2", b'{"x":1}')
    assert not accepts(PATH + b'?a=2&b=1{"x":1}', "POST", PATH + b"?b=1&a=2", b'{"x":1}')
    assert not accepts(PATH + b"?a=2&b=1", "POST", PATH + b"?b=1&a=2", b'{"x":1}')


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=4))
def test_strict_escapes_are_accepted_however_they_were_sent(values: dict[str, str]) -> None:
    strict = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in values.items()).encode()
    lax = "&".join(f"{quote_plus(key, safe=':/')}={quote_plus(value, safe=':/,')}" for key, value in values.items())
    assert accepts(PATH + b"?" + strict, "GET", PATH + b"?" + lax.encode())


@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from(["GET", "POST", "PUT", "BREW"]))
def test_every_candidate_covers_all_there_is(query: bytes, body: bytes, method: str) -> None:
    query = query.replace(b"#", b"")
    for each in signing.candidates(method, PATH, query, body):
        assert each.startswith(PATH)
        assert each.endswith(body)
        assert body or len(each) >= len(PATH)
    assert not body or method != "GET" or not list(signing.candidates(method, PATH, query, body))


# -------------------------------------------------------------------------------------------------- RSA keys


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def test_both_public_forms_are_taken_and_made_one(private_key: rsa.RSAPrivateKey) -> None:
    usual = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    old = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)
    assert load_public_key(usual) == load_public_key(old.decode()) == usual

    signature = b64encode(private_key.sign(PATH, padding.PKCS1v15(), SHA256())).decode()
    assert signing.verify(KeyKind.RSA, usual, signature, method="GET", path=PATH, query=b"", body=b"")


def test_another_padding_is_not_taken(private_key: rsa.RSAPrivateKey) -> None:
    usual = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.MAX_LENGTH)
    signature = b64encode(private_key.sign(PATH, pss, SHA256())).decode()
    assert not signing.verify(KeyKind.RSA, usual, signature, method="GET", path=PATH, query=b"", body=b"")


def pem(key: Any) -> bytes:
    return bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (b"", "is not a public key in PEM form"),
        ("ssh-rsa AAAA", "is not a public key in PEM form"),
        (b"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", "is not a public key in PEM form"),
        (b"\xff\xfe", "is not a public key in PEM form"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "is not an RSA key"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "is not an RSA key"),
        (pem(rsa.generate_private_key(65537, 1024)), "has 1024 bits: 2048 to 4096 are taken"),
    ],
    ids=["empty", "ssh", "cut", "binary", "elliptic", "edwards", "short"],
)
def test_another_key_is_refused(key: bytes | str, says: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        load_public_key(key)
    assert caught.value.fields == {"public_key": (says,)}


def test_a_private_key_is_refused_and_not_repeated(private_key: rsa.RSAPrivateKey) -> None:
    key = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(InvalidRequest, match="private key: register the public one") as caught:
        load_public_key(key)
    assert b"MII" not in str(caught.value.fields).encode()
