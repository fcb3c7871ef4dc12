"""What signing in to the pages needs: passwords, sessions, one-time codes, passkeys, and counters of failures.

Of whatever lets somebody in only a hash is kept: who copies the database cannot sign in with it. Tokens and codes are
random and long, so a plain SHA-256 is enough for them; passwords are not, so they are hashed by a PasswordHasher.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Method(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105  a name
    PASSKEY = "passkey"
    CODE = "code"
    DEMO = "demo"


class CodeKind(StrEnum):
    """What a one-time code is good for."""

    PASSWORD = "password"  # noqa: S105  a name
    """Setting the password of its user."""
    CHALLENGE = "challenge"
    """One passkey ceremony; not for people."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as that is known."""

    address: str
    """Where from; empty where nothing can be believed."""
    agent: str
    """The browser, as it calls itself."""


@dataclass(frozen=True, slots=True)
class WebSession:
    """Somebody signed in at one browser."""

    id: int
    user_id: int
    created_at: datetime
    seen_at: datetime
    """To the minute."""
    confirmed_at: datetime
    """When the user last proved who they are."""
    address: str
    agent: str
    method: Method


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential."""

    id: int
    user_id: int
    name: str
    credential_id: bytes
    public_key: bytes
    """COSE."""
    sign_count: int
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewSession:
    """`token_hash` of a session to be stored."""

    user_id: int
    token_hash: str = field(repr=False)
    caller: Caller
    method: Method


class PasswordStore(Protocol):
    async def find_password(self, user_id: int) -> str | None:
        """The encoded hash, None for who has not set a password yet."""
        ...

    async def set_password(self, user_id: int, encoded: str, now: datetime, keep: int | None = None) -> None:
        """Also ends the user's sessions but `keep`, forgets the browsers known to be theirs, and makes their codes
        void. Raises NotFound."""
        ...

    async def renew_hash(self, user_id: int, former: str, encoded: str) -> None:
        """The same password under other parameters: in the place of `former`, if that is still there."""
        ...

    async def redeem_password_code(self, code_hash: str, user_id: int, encoded: str, now: datetime) -> None:
        """`set_password` by a code, which is void afterwards. Raises NotFound where it is void or has expired."""
        ...


class SessionStore(Protocol):
    async def add_session(self, new: NewSession, now: datetime, device_hash: str | None = None) -> WebSession:
        """`device_hash`: the browser is known from now on."""
        ...

    async def find_session(self, token_hash: str) -> WebSession | None: ...

    async def touch_session(self, session_id: int, seen_at: datetime) -> None: ...

    async def confirm_session(self, session_id: int, confirmed_at: datetime) -> None: ...

    async def list_sessions(self, user_id: int) -> Sequence[WebSession]:
        """The one seen last comes first. Also those that have ended by themselves and were not dropped yet."""
        ...

    async def end_session(self, user_id: int, session_id: int) -> None:
        """Raises NotFound, also for another user's."""
        ...

    async def end_other_sessions(self, user_id: int, keep: int) -> None: ...

    async def knows_device(self, user_id: int, device_hash: str) -> bool: ...

    async def drop_stale(self, now: datetime, seen_before: datetime, created_before: datetime) -> None:
        """Sessions last seen or begun before, codes that have expired, counters that have run down."""
        ...


class CodeStore(Protocol):
    async def add_code(
        self, code_hash: str, kind: CodeKind, user_id: int | None, now: datetime, expires_at: datetime
    ) -> None:
        """Raises NotFound where there is no such user."""
        ...

    async def find_code(self, code_hash: str, kind: CodeKind, now: datetime) -> int | None:
        """The user of a code that is good now. Raises NotFound for any other."""
        ...

    async def take_code(self, code_hash: str, kind: CodeKind, now: datetime) -> int | None:
        """`find_code`, and the code is void afterwards: of several callers one gets it."""
        ...


class PasskeyStore(Protocol):
    async def add_passkey(
        self, user_id: int, name: str, credential_id: bytes, public_key: bytes, count: int, now: datetime
    ) -> None:
        """Raises Conflict where that credential is stored, NotFound where there is no such user."""
        ...

    async def find_passkey(self, credential_id: bytes) -> Passkey | None: ...

    async def list_passkeys(self, user_id: int) -> Sequence[Passkey]:
        """Oldest first."""
        ...

    async def rename_passkey(self, user_id: int, passkey_id: int, name: str) -> None:
        """Raises NotFound, also for another user's."""
        ...

    async def remove_passkey(self, user_id: int, passkey_id: int) -> None:
        """Raises NotFound, also for another user's."""
        ...

    async def record_passkey_use(self, passkey_id: int, former_count: int, count: int, now: datetime) -> None:
        """Raises Conflict where the stored count is no longer `former_count`: two uses at once, one of them a copy."""
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `burst` attempts at once, and one more whenever `every` has passed."""

    burst: int
    every: timedelta


class ThrottleStore(Protocol):
    """Counts attempts, for all servers over one database."""

    async def take_attempt(self, who: str, allowance: Allowance, now: datetime) -> timedelta:
        """Counts an attempt and gives zero, or counts nothing and gives how long to wait."""
        ...

    async def give_attempt_back(self, who: str, allowance: Allowance) -> None:
        """It was no failure."""
        ...

    async def forget_attempts(self, who: str) -> None: ...


class SampleStore(Protocol):
    """Which accounts are made up."""

    async def mark_sample(self, account_id: int) -> None:
        """Raises NotFound when the account has gone."""
        ...

    async def list_samples(self, user_id: int) -> Sequence[int]:
        """Ids, oldest first."""
        ...


class WebStore(PasswordStore, SessionStore, CodeStore, PasskeyStore, ThrottleStore, Protocol):
    """All of them."""


class PasswordHasher(Protocol):
    """Slow by design, so both run outside the event loop and at most a few at once.

    Raises TooManyRequests where too many wait already.
    """

    async def hash(self, password: str) -> str: ...

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Takes as long for None (there is no such user, or no password) as for a hash."""
        ...

    def is_outdated(self, encoded: str) -> bool:
        """Whether it was made with other parameters than `hash` uses now."""
        ...
