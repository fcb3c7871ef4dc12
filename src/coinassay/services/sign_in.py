"""Signing in to the pages, and staying signed in."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from coinassay.domain.account import User
from coinassay.domain.password import check_password, normal
from coinassay.errors import Conflict, InvalidRequest, NotAuthenticated, NotFound, TooManyRequests
from coinassay.services.ports import Clock, UserStore
from coinassay.services.ports.web import (
    Allowance,
    Caller,
    CodeKind,
    Method,
    NewSession,
    Passkey,
    PasswordHasher,
    WebSession,
    WebStore,
)

LONGEST_AGENT = 400
LONGEST_NAME = 60

OWNERS_CODE = timedelta(hours=1)
INVITATION = timedelta(days=3)
CHALLENGE = timedelta(minutes=5)
CONFIRMED = timedelta(minutes=15)
"""For how long after proving who they are a user may change what lets people in."""
SEEN_EVERY = timedelta(minutes=1)

PER_ADDRESS = Allowance(10, timedelta(seconds=30))
PER_USER = Allowance(30, timedelta(minutes=2))
PER_DEVICE = Allowance(10, timedelta(seconds=30))
CEREMONIES = Allowance(30, timedelta(seconds=10))

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 signs that are not mistaken for one another."""


WRONG_PASSWORD = "The name or the password is not right."  # noqa: S105  a message
WRONG_PASSKEY = "This passkey was not accepted."
WRONG_CODE = "This code is not right, was used already, or has expired."


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts."""

    idle: timedelta = timedelta(days=7)
    """Without a request."""
    absolute: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that just began; the only moment its tokens are known here."""

    session: WebSession
    token: str = field(repr=False)
    device: str = field(repr=False)
    """Lets this browser try passwords of the same user while strangers are kept from it."""


class SignInService:
    """Guessing is slowed down in the database, so by all servers over it together: for each address, and for each name
    whether there is such a user or not. A browser in which the user has signed in before is counted by itself, so a
    stranger who guesses keeps nobody out of a browser of theirs.
    """

    def __init__(
        self, store: WebStore, users: UserStore, hasher: PasswordHasher, clock: Clock, lifetime: Lifetime = Lifetime()
    ) -> None:
        self._store = store
        self._users = users
        self._hasher = hasher
        self._clock = clock
        self.lifetime = lifetime

    # ------------------------------------------------------------------------------------------------- passwords

    async def has_password(self, user_id: int) -> bool:
        return await self._store.find_password(user_id) is not None

    async def is_new(self) -> bool:
        """Whether nobody has a password yet."""
        for user in await self._users.list_users():
            if await self.has_password(user.id):
                return False
        return True

    async def sign_in(self, name: str, password: str, caller: Caller, device: str = "") -> SignedIn:
        """`device`: what `SignedIn.device` was when this browser signed in last; empty for a new one.

        Raises NotAuthenticated, TooManyRequests.
        """
        user = await self._users.find_user(name)
        if user is not None and device and await self._store.knows_device(user.id, _hashed(device)):
            counted = [(f"device {_hashed(device)}", PER_DEVICE)]
        else:
            counted = [(f"address {caller.address}", PER_ADDRESS), (f"name {_hashed(name)}", PER_USER)]
            device = ""
        for who, allowance in counted:
            await self._count(who, allowance)
        encoded = None if user is None else await self._store.find_password(user.id)
        right = await self._hasher.verify(encoded, normal(password))
        if user is None or encoded is None or not right:
            raise NotAuthenticated(WRONG_PASSWORD)
        who, allowance = counted[0]
        await self._store.give_attempt_back(who, allowance)
        for who, _ in counted[1:]:
            await self._store.forget_attempts(who)
        if self._hasher.is_outdated(encoded):
            await self._store.renew_hash(user.id, encoded, await self._hasher.hash(normal(password)))
        return await self._begin(user.id, caller, Method.PASSWORD, device)

    async def confirm(self, session: WebSession, password: str) -> None:
        """The user of a session proves once more who they are. Raises NotAuthenticated, TooManyRequests."""
        await self._check(session.user_id, password)
        await self._store.confirm_session(session.id, self._clock())

    def is_confirmed(self, session: WebSession) -> bool:
        """Whether that was short enough ago for changing what lets people in. Who looks at the demo has no password to
        prove anything with, and nothing to protect."""
        return session.method is Method.DEMO or self._clock() - session.confirmed_at < CONFIRMED

    async def change_password(self, session: WebSession, former: str, new: str) -> None:
        """Ends all other sessions. Raises NotAuthenticated, TooManyRequests, InvalidRequest({"password": …})."""
        check_password(new)
        await self._check(session.user_id, former)
        encoded = await self._hasher.hash(normal(new))
        await self._store.set_password(session.user_id, encoded, self._clock(), keep=session.id)

    async def set_password(self, user_id: int, password: str) -> None:
        """For who runs the server: nothing is asked. Ends all sessions of the user.

        Raises NotFound, InvalidRequest({"password": …}).
        """
        check_password(password)
        await self._store.set_password(user_id, await self._hasher.hash(normal(password)), self._clock())

    async def _check(self, user_id: int, password: str) -> None:
        who = f"user {user_id}"
        await self._count(who, PER_DEVICE)
        if not await self._hasher.verify(await self._store.find_password(user_id), normal(password)):
            raise NotAuthenticated(WRONG_PASSWORD)
        await self._store.give_attempt_back(who, PER_DEVICE)

    # ----------------------------------------------------------------------------------------------------- codes

    async def issue_code(self, user_id: int, lifetime: timedelta = OWNERS_CODE) -> str:
        """A code with which its user sets a password, once: XXXX-XXXX-XXXX-XXXX. Raises NotFound."""
        text = "".join(secrets.choice(_ALPHABET) for _ in range(16))
        now = self._clock()
        await self._store.add_code(_hashed(text), CodeKind.PASSWORD, user_id, now, now + lifetime)
        return "-".join(text[at : at + 4] for at in range(0, 16, 4))

    async def redeem_code(self, code: str, password: str, caller: Caller) -> SignedIn:
        """Sets the password of the code's user, ends their sessions, and begins one.

        Raises NotAuthenticated, TooManyRequests, and InvalidRequest({"password": …}), which leaves the code good.
        """
        check_password(password)
        hashed = _hashed("".join(each for each in code.upper() if each.isalnum()))
        who = f"address {caller.address}"
        await self._count(who, PER_ADDRESS)
        try:
            user_id = await self._store.find_code(hashed, CodeKind.PASSWORD, self._clock())
            if user_id is None:
                raise NotAuthenticated(WRONG_CODE)
            encoded = await self._hasher.hash(normal(password))
            await self._store.redeem_password_code(hashed, user_id, encoded, self._clock())
        except NotFound as e:
            raise NotAuthenticated(WRONG_CODE) from e
        await self._store.give_attempt_back(who, PER_ADDRESS)
        return await self._begin(user_id, caller, Method.CODE)

    async def begin_demo(self, user_id: int, caller: Caller) -> SignedIn:
        """For `coinassay demo`, which has nothing to hide."""
        return await self._begin(user_id, caller, Method.DEMO)

    # -------------------------------------------------------------------------------------------------- sessions

    async def find_session(self, token: str) -> WebSession | None:
        """The session, if it has not ended; noted as seen."""
        session = await self._store.find_session(_hashed(token))
        now = self._clock()
        if session is None or not self._lasts(session, now):
            return None
        if now - session.seen_at >= SEEN_EVERY:
            await self._store.touch_session(session.id, now)
        return session

    async def list_sessions(self, user_id: int) -> Sequence[WebSession]:
        """Those that have not ended, the one seen last first."""
        now = self._clock()
        return [each for each in await self._store.list_sessions(user_id) if self._lasts(each, now)]

    async def end_session(self, user_id: int, session_id: int) -> None:
        """Raises NotFound."""
        await self._store.end_session(user_id, session_id)

    async def end_other_sessions(self, session: WebSession) -> None:
        await self._store.end_other_sessions(session.user_id, session.id)

    def _lasts(self, session: WebSession, now: datetime) -> bool:
        return now - session.seen_at < self.lifetime.idle and now - session.created_at < self.lifetime.absolute

    async def _begin(self, user_id: int, caller: Caller, method: Method, device: str = "") -> SignedIn:
        token, device, now = secrets.token_urlsafe(32), device or secrets.token_urlsafe(32), self._clock()
        await self._store.drop_stale(now, now - self.lifetime.idle, now - self.lifetime.absolute)
        new = NewSession(user_id, _hashed(token), Caller(caller.address, caller.agent[:LONGEST_AGENT]), method)
        return SignedIn(await self._store.add_session(new, now, _hashed(device)), token, device)

    # -------------------------------------------------------------------------------------------------- passkeys

    async def begin_ceremony(self, user_id: int | None, caller: Caller) -> bytes:
        """A challenge for registering a passkey of that user, or for signing in (None). Raises TooManyRequests."""
        await self._count(f"ceremonies {caller.address}", CEREMONIES)
        challenge, now = secrets.token_bytes(32), self._clock()
        await self._store.drop_stale(now, now - self.lifetime.idle, now - self.lifetime.absolute)
        await self._store.add_code(_hashed(challenge), CodeKind.CHALLENGE, user_id, now, now + CHALLENGE)
        return challenge

    async def end_ceremony(self, user_id: int | None, challenge: bytes) -> None:
        """The challenge came back. Raises NotAuthenticated where it was another user's, was used, or has expired."""
        try:
            given_to = await self._store.take_code(_hashed(challenge), CodeKind.CHALLENGE, self._clock())
        except NotFound as e:
            raise NotAuthenticated(WRONG_CODE) from e
        if given_to != user_id:
            raise NotAuthenticated(WRONG_CODE)

    async def add_passkey(self, user_id: int, name: str, credential_id: bytes, public_key: bytes, count: int) -> None:
        """Raises InvalidRequest."""
        try:
            await self._store.add_passkey(user_id, _name(name), credential_id, public_key, count, self._clock())
        except Conflict as e:
            raise InvalidRequest({"passkey": ["has been added already"]}) from e

    async def find_passkey(self, credential_id: bytes) -> tuple[Passkey, User] | None:
        """With whom it belongs to."""
        passkey = await self._store.find_passkey(credential_id)
        return None if passkey is None else (passkey, await self._users.get_user(passkey.user_id))

    async def list_passkeys(self, user_id: int) -> Sequence[Passkey]:
        return await self._store.list_passkeys(user_id)

    async def rename_passkey(self, user_id: int, passkey_id: int, name: str) -> None:
        """Raises NotFound, InvalidRequest."""
        await self._store.rename_passkey(user_id, passkey_id, _name(name))

    async def remove_passkey(self, user_id: int, passkey_id: int) -> None:
        """Raises NotFound."""
        await self._store.remove_passkey(user_id, passkey_id)

    async def sign_in_with(self, passkey: Passkey, count: int, caller: Caller) -> SignedIn:
        """After its signature was verified; `count` is what the authenticator says of its uses.

        Raises NotAuthenticated where the count did not grow (WebAuthn, section 6.1.1): there is a copy of it somewhere.
        Authenticators that do not count say 0 always.
        """
        if (count or passkey.sign_count) and count <= passkey.sign_count:
            raise NotAuthenticated(WRONG_PASSKEY)
        try:
            await self._store.record_passkey_use(passkey.id, passkey.sign_count, count, self._clock())
        except Conflict as e:
            raise NotAuthenticated(WRONG_PASSKEY) from e
        return await self._begin(passkey.user_id, caller, Method.PASSKEY)

    async def _count(self, who: str, allowance: Allowance) -> None:
        wait = await self._store.take_attempt(who, allowance, self._clock())
        if wait:
            raise TooManyRequests(math.ceil(wait.total_seconds()))

    async def invite(self, name: str) -> tuple[User, str]:
        """A new user, and the code with which they set their password. Raises InvalidRequest."""
        user = await self._users.add_user(_name(name), self._clock())
        return user, await self.issue_code(user.id, INVITATION)


def _name(text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidRequest({"name": [f"must be 1 to {LONGEST_NAME} characters in one line"]})
    return name


def _hashed(text: str | bytes) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text).hexdigest()
