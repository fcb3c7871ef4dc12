"""RSA public keys as users hand them in, brought into the one form they are kept in."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from coinassay.errors import InvalidRequest

SMALLEST_RSA = 2048
LARGEST_RSA = 4096


def load_public_key(pem: str | bytes) -> bytes:
    """The RSA public key in its usual form (SubjectPublicKeyInfo, PEM). PKCS#1 PEM is taken too.

    Raises InvalidRequest({"public_key": …}) for anything but an RSA public key of 2048 to 4096 bits.
    """
    data = pem.encode() if isinstance(pem, str) else pem
    if b"PRIVATE KEY" in data:
        raise _bad_key("is a private key: register the public one, and keep this one to yourself")
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as e:
        raise _bad_key("is not a public key in PEM form") from e
    if not isinstance(key, RSAPublicKey):
        raise _bad_key("is not an RSA key")
    if not SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
        raise _bad_key(f"has {key.key_size} bits: {SMALLEST_RSA} to {LARGEST_RSA} are taken")
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _bad_key(text: str) -> InvalidRequest:
    return InvalidRequest({"public_key": [text]}, f"The public key {text}.")
