"""Passwords, sessions, one-time codes, passkeys, and counters of failures."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from coinassay.storage.queries.expressions import add, given
from coinassay.storage.schema import (
    accounts,
    demo_accounts,
    one_time_codes,
    passkeys,
    passwords,
    throttles,
    web_devices,
    web_sessions,
)

FIND_PASSWORD = select(passwords.c.hash).where(passwords.c.user_id == given(passwords.c.user_id))
_password = add(passwords)
SET_PASSWORD = _password.on_conflict_do_update(
    index_elements=[passwords.c.user_id],
    set_={"hash": _password.excluded.hash, "changed_at": _password.excluded.changed_at},
)
RENEW_HASH = (
    update(passwords)
    .values(hash=given(passwords.c.hash))
    .where(passwords.c.user_id == given(passwords.c.user_id), passwords.c.hash == given(passwords.c.hash, "former"))
)

_SESSION = select(
    web_sessions.c.id,
    web_sessions.c.user_id,
    web_sessions.c.created_at,
    web_sessions.c.seen_at,
    web_sessions.c.confirmed_at,
    web_sessions.c.address,
    web_sessions.c.agent,
    web_sessions.c.method,
)
_OF_USER = web_sessions.c.user_id == given(web_sessions.c.user_id)

ADD_WEB_SESSION = add(web_sessions).returning(web_sessions.c.id)
FIND_WEB_SESSION = _SESSION.where(web_sessions.c.token == given(web_sessions.c.token))
LIST_WEB_SESSIONS = _SESSION.where(_OF_USER).order_by(web_sessions.c.seen_at.desc(), web_sessions.c.id.desc())
TOUCH_WEB_SESSION = (
    update(web_sessions)
    .values(seen_at=given(web_sessions.c.seen_at))
    .where(web_sessions.c.id == given(web_sessions.c.id), web_sessions.c.seen_at < given(web_sessions.c.seen_at, "at"))
)
CONFIRM_WEB_SESSION = (
    update(web_sessions)
    .values(confirmed_at=given(web_sessions.c.confirmed_at))
    .where(web_sessions.c.id == given(web_sessions.c.id))
)
END_WEB_SESSION = delete(web_sessions).where(_OF_USER, web_sessions.c.id == given(web_sessions.c.id))
END_OTHER_WEB_SESSIONS = delete(web_sessions).where(_OF_USER, web_sessions.c.id != given(web_sessions.c.id, "keep"))
DROP_WEB_SESSIONS = delete(web_sessions).where(
    or_(
        web_sessions.c.seen_at < given(web_sessions.c.seen_at, "seen_before"),
        web_sessions.c.created_at < given(web_sessions.c.created_at, "created_before"),
    )
)

_device = add(web_devices)
ADD_WEB_DEVICE = _device.on_conflict_do_update(
    index_elements=[web_devices.c.token],
    set_={"user_id": _device.excluded.user_id, "seen_at": _device.excluded.seen_at},
)
FIND_WEB_DEVICE = select(web_devices.c.seen_at).where(
    web_devices.c.token == given(web_devices.c.token), web_devices.c.user_id == given(web_devices.c.user_id)
)
FORGET_WEB_DEVICES = delete(web_devices).where(web_devices.c.user_id == given(web_devices.c.user_id))

_GOOD = (
    one_time_codes.c.code == given(one_time_codes.c.code),
    one_time_codes.c.kind == given(one_time_codes.c.kind),
    one_time_codes.c.expires_at > given(one_time_codes.c.expires_at, "now"),
)
ADD_CODE = add(one_time_codes)
FIND_CODE = select(one_time_codes.c.user_id).where(*_GOOD)
TAKE_CODE = delete(one_time_codes).where(*_GOOD).returning(one_time_codes.c.user_id)
DROP_CODES_OF = delete(one_time_codes).where(
    one_time_codes.c.user_id == given(one_time_codes.c.user_id), one_time_codes.c.kind == given(one_time_codes.c.kind)
)
DROP_CODES = delete(one_time_codes).where(one_time_codes.c.expires_at <= given(one_time_codes.c.expires_at, "now"))

_PASSKEY = select(
    passkeys.c.id,
    passkeys.c.user_id,
    passkeys.c.name,
    passkeys.c.credential_id,
    passkeys.c.public_key,
    passkeys.c.sign_count,
    passkeys.c.created_at,
    passkeys.c.last_used_at,
)
_MINE = (passkeys.c.user_id == given(passkeys.c.user_id), passkeys.c.id == given(passkeys.c.id))
ADD_PASSKEY = add(passkeys)
FIND_PASSKEY = _PASSKEY.where(passkeys.c.credential_id == given(passkeys.c.credential_id))
LIST_PASSKEYS = _PASSKEY.where(passkeys.c.user_id == given(passkeys.c.user_id)).order_by(passkeys.c.id)
RENAME_PASSKEY = update(passkeys).values(name=given(passkeys.c.name)).where(*_MINE)
REMOVE_PASSKEY = delete(passkeys).where(*_MINE)
RECORD_PASSKEY_USE = (
    update(passkeys)
    .values(sign_count=given(passkeys.c.sign_count), last_used_at=given(passkeys.c.last_used_at))
    .where(passkeys.c.id == given(passkeys.c.id), passkeys.c.sign_count == given(passkeys.c.sign_count, "former"))
)

# A leaky bucket in one number: when it will have run empty. Both in milliseconds since 1970.
_now, _cost = bindparam("now", type_=BigInteger()), bindparam("cost", type_=BigInteger())
TAKE_ATTEMPT = (
    insert(throttles)
    .values(who=given(throttles.c.who), clears_at=bindparam("first", type_=BigInteger()))
    .on_conflict_do_update(
        index_elements=[throttles.c.who],
        set_={"clears_at": case((throttles.c.clears_at > _now, throttles.c.clears_at), else_=_now) + _cost},
        where=throttles.c.clears_at <= bindparam("latest", type_=BigInteger()),
    )
    .returning(throttles.c.clears_at)
)
FIND_ATTEMPTS = select(throttles.c.clears_at).where(throttles.c.who == given(throttles.c.who))
GIVE_ATTEMPT_BACK = (
    update(throttles).values(clears_at=throttles.c.clears_at - _cost).where(throttles.c.who == given(throttles.c.who))
)
FORGET_ATTEMPTS = delete(throttles).where(throttles.c.who == given(throttles.c.who))
DROP_ATTEMPTS = delete(throttles).where(throttles.c.clears_at <= _now)

MARK_SAMPLE = add(demo_accounts).on_conflict_do_nothing()
LIST_SAMPLES = (
    select(demo_accounts.c.account_id)
    .join(accounts, accounts.c.id == demo_accounts.c.account_id)
    .where(accounts.c.user_id == given(accounts.c.user_id))
    .order_by(demo_accounts.c.account_id)
)
