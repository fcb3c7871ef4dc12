"""Passkeys on the wire: WebAuthn (https://www.w3.org/TR/webauthn-3/), through the package `webauthn`.

That package comes with the extra `passkeys`; without it, and where browsers would refuse, nothing of this is offered.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from coinassay.domain.account import User
from coinassay.errors import NotAuthenticated
from coinassay.services.ports.web import Passkey
from coinassay.services.sign_in import WRONG_PASSKEY
from coinassay.web.errors import BadForm
from coinassay.web.headers import host_of
from coinassay.web.options import WebOptions

NAME = "Coinassay"
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
"""What the package raises beside its own errors where a browser's answer is not made as it expects."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    credential_id: bytes
    public_key: bytes
    count: int


@dataclass(frozen=True, slots=True)
class Party:
    """This server, as passkeys know it."""

    id: str
    """The host name: a passkey works under the name it was made for."""
    origin: str

    @classmethod
    def of(cls, host: str, options: WebOptions) -> Party | None:
        """For a page asked for at `host` (the Host header, which has been checked). None where there can be no
        passkeys: they need a name, not an address, and https or this machine itself."""
        name = host_of(host)
        if importlib.util.find_spec("webauthn") is None or not name or _is_address(name):
            return None
        origin = options.origin if name == options.host else f"http://{host.lower()}"
        is_safe = origin.startswith("https://") or name == "localhost" or name.endswith(".localhost")
        return cls(name, origin) if is_safe else None

    def creation(self, challenge: bytes, user: User, known: Sequence[Passkey]) -> dict[str, Any]:
        """What `navigator.credentials.create` is asked for."""
        from webauthn import generate_registration_options, options_to_json
        from webauthn.helpers import structs

        options = generate_registration_options(
            rp_id=self.id,
            rp_name=NAME,
            user_id=handle_of(user),
            user_name=user.name,
            user_display_name=user.name,
            challenge=challenge,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=each.credential_id) for each in known],
        )
        document: dict[str, Any] = json.loads(options_to_json(options))
        return document

    def request(self, challenge: bytes) -> dict[str, Any]:
        """What `navigator.credentials.get` is asked for: any passkey of this server."""
        from webauthn import generate_authentication_options, options_to_json
        from webauthn.helpers import structs

        options = generate_authentication_options(
            rp_id=self.id, challenge=challenge, user_verification=structs.UserVerificationRequirement.REQUIRED
        )
        document: dict[str, Any] = json.loads(options_to_json(options))
        return document

    def created(self, credential: dict[str, Any], challenge: bytes) -> NewCredential:
        """Raises BadForm for anything but an answer to `creation`, with the user verified."""
        from webauthn import verify_registration_response
        from webauthn.helpers.exceptions import WebAuthnException

        try:
            made = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.id,
                expected_origin=self.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, *UNREADABLE) as e:
            raise BadForm("The browser's answer about the passkey cannot be used.") from e
        return NewCredential(made.credential_id, made.credential_public_key, made.sign_count)

    def used(self, credential: dict[str, Any], challenge: bytes, passkey: Passkey, user: User) -> int:
        """How often the authenticator says it was used. Raises NotAuthenticated for anything but a good answer."""
        from webauthn import verify_authentication_response
        from webauthn.helpers.exceptions import WebAuthnException

        try:
            made = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.id,
                expected_origin=self.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, *UNREADABLE) as e:
            raise NotAuthenticated(WRONG_PASSKEY) from e
        stands_for = credential["response"].get("userHandle")
        if not isinstance(stands_for, str) or not hmac.compare_digest(_decoded(stands_for), handle_of(user)):
            raise NotAuthenticated(WRONG_PASSKEY)
        return made.new_sign_count


def handle_of(user: User) -> bytes:
    """What stands for the user inside authenticators: the same each time, and it says nothing about them."""
    return hashlib.sha256(f"coinassay user {user.id} since {user.created_at.isoformat()}".encode()).digest()


def challenge_in(credential: Any) -> bytes:
    """The challenge a browser's answer says it is to. Raises BadForm."""
    try:
        client = json.loads(_decoded(credential["response"]["clientDataJSON"]))
        return _decoded(client["challenge"])
    except (ValueError, KeyError, TypeError, RecursionError) as e:
        raise BadForm from e


def credential_id_in(credential: Any) -> bytes:
    """Raises BadForm."""
    try:
        return _decoded(credential["rawId"])
    except (ValueError, KeyError, TypeError) as e:
        raise BadForm from e


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as e:
        raise ValueError(str(e)) from e


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
