"""Verifying signatures: pure functions over the raw bytes of a request.

The protocol signs the path (with /public/api or /api), the query and the body, and nothing else: no method, host, time
or nonce. Clients differ in how they join and order the three, so a signature is accepted when it fits any of a few
strings (`candidates`), each of which covers the whole path, the whole query and the whole body. What has been parsed
and written again is never the basis: one client's `{"name": "x"}` is another's `{"name":"x"}`.

HMAC keys: hex of HMAC-SHA256, upper or lower case. RSA keys: base64 of RSASSA-PKCS1-v1_5 with SHA-256
(https://github.com/3commas-io/3commas-official-api-docs).
"""

from __future__ import annotations

import binascii
import hmac
import secrets
from base64 import b64decode
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote_from_bytes, unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from coinassay.domain.api_key import KeyKind

_DECOY = secrets.token_bytes(64)
"""The secret against which requests with an unknown key are verified, so that they take as long as the others."""


def candidates(method: str, path: bytes, query: bytes, body: bytes) -> Iterator[bytes]:
    """The strings a signature of this request may stand for, the usual ones first.

    `path` is the path as it came in the request line, `query` what came after the first `?` (empty also for a bare
    `?`), `body` the whole body. With P, Q, B for the three:

    1. `P?QB` or, without a query, `PB`: most clients. Without a query nothing separates path and body, so that a
       signed path could be cut into a shorter path and a "body": only a body that begins with `{` is taken, which no
       path contains, and such a body is read as JSON or not at all.
    2. `P?QB` also without a query: `P?` for nothing (3commas-api-node sends the bare `?`, 3commas-client-node only
       signs it), `P?B` for a JSON or form body.
    3. Only without a body: the parameters sorted (Go SDK, hacs-3commas).
    4. Only without a body: the parameters escaped strictly as RFC 3986 says, however they were sent
       (3commas-typescript).
    5. Only without a body: the parameters decoded and sorted (hacs-3commas).

    Order decides among parameters of one name and text decoded may read differently, so 3 and 5 ask for different
    names and 5 for values without separators. A body never belongs to a GET: nothing fits then.
    """
    if body and (method in ("GET", "HEAD") or not _may_join(query, body)):
        return
    if query.startswith(b"{"):  # a signed `P?{…}` is a JSON body; as a query it would name no parameter at all
        return
    if query:
        yield path + b"?" + query + body
    else:
        if not body or body.startswith(b"{"):
            yield path + body
        yield path + b"?" + body
    if query and not body:
        yield from _rearranged(path, query)


def verify(
    kind: KeyKind, verifier: bytes, signature: str, *, method: str, path: bytes, query: bytes, body: bytes
) -> bool:
    """Whether `signature` fits the request. `verifier`: the HMAC secret, or the RSA public key as PEM."""
    strings = candidates(method, path, query, body)
    if kind is KeyKind.RSA:
        return _fits_rsa(verifier, signature, strings)
    return _fits_hmac(verifier, signature, strings)


def verify_unknown(signature: str, *, method: str, path: bytes, query: bytes, body: bytes) -> None:
    """Does the work of `verify` for a key that does not exist, so that the time taken does not tell."""
    _fits_hmac(_DECOY, signature, candidates(method, path, query, body))


def _may_join(query: bytes, body: bytes) -> bool:
    """Whether query and body can only be meant as they came.

    They are signed one after the other without a mark between them. So that nobody can move the border and with it cut
    a signed value short or rename a parameter, both sides have to be whole `name=value` pairs, or the body JSON.
    """
    if not query:
        return True
    return not query.endswith(b"=") and _is_pairs(query) and (body.startswith(b"{") or _is_pairs(body))


def _is_pairs(text: bytes) -> bool:
    return all(pair.find(b"=") > 0 for pair in text.split(b"&"))


def _rearranged(path: bytes, query: bytes) -> Iterator[bytes]:
    pieces = [pair.partition(b"=") for pair in query.split(b"&")]
    decoded = [(_unquoted(name), equals, _unquoted(value)) for name, equals, value in pieces]
    names = {name.partition(b"[")[0] for name, _, _ in decoded}  # a[]=1&a[]=2 is one name twice
    distinct = len(names) == len(decoded)
    if distinct:
        yield path + b"?" + b"&".join(sorted(query.split(b"&")))
    yield path + b"?" + b"&".join(_quoted(name) + equals + _quoted(value) for name, equals, value in decoded)
    if distinct and not any(mark in text for name, _, value in decoded for text in (name, value) for mark in b"&=#?%"):
        yield path + b"?" + b"&".join(sorted(name + equals + value for name, equals, value in decoded))


def _unquoted(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))


def _quoted(text: bytes) -> bytes:
    return quote_from_bytes(text, safe="").encode()


def _fits_hmac(secret: bytes, signature: str, strings: Iterator[bytes]) -> bool:
    try:
        given = bytes.fromhex(signature)
    except ValueError:
        given = b""
    if len(signature) != 64:
        given = b""
    return any(hmac.compare_digest(hmac.digest(secret, string, "sha256"), given) for string in strings)


def _fits_rsa(public_key: bytes, signature: str, strings: Iterator[bytes]) -> bool:
    try:
        given = b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    key = _parsed(public_key)
    if len(given) * 8 != key.key_size:
        return False
    for string in strings:
        try:
            key.verify(given, string, PKCS1v15(), SHA256())
        except InvalidSignature:
            continue
        return True
    return False


@lru_cache(maxsize=1024)
def _parsed(public_key: bytes) -> RSAPublicKey:
    """Parsing takes several times as long as verifying; the keys are few."""
    key = load_pem_public_key(public_key)
    if not isinstance(key, RSAPublicKey):
        raise TypeError("an RSA key was stored with another kind of public key")
    return key
