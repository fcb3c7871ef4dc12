"""Passwords, sessions, one-time codes, passkeys, and counters of failures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from coinassay.errors import Conflict, NotFound
from coinassay.services.ports.web import Allowance, CodeKind, Method, NewSession, Passkey, WebSession
from coinassay.storage import statements as sql
from coinassay.storage.codec import EPOCH
from coinassay.storage.database import Change, Row, change
from coinassay.storage.noun import Noun

NOBODY = 0
"""No session has this id."""
_MILLISECOND = timedelta(milliseconds=1)


class WebSessions(Noun):
    """The port WebStore."""

    # ------------------------------------------------------------------------------------------------- passwords

    async def find_password(self, user_id: int) -> str | None:
        row = await self._db.fetch_one(sql.FIND_PASSWORD, {"user_id": user_id})
        return None if row is None else str(row[0])

    async def set_password(self, user_id: int, encoded: str, now: datetime, keep: int | None = None) -> None:
        await self._db.write(_new_password(user_id, encoded, now, keep))

    async def renew_hash(self, user_id: int, former: str, encoded: str) -> None:
        await self._db.write([change(sql.RENEW_HASH, user_id=user_id, former=former, hash=encoded)])

    async def redeem_password_code(self, code_hash: str, user_id: int, encoded: str, now: datetime) -> None:
        taken = change(sql.TAKE_CODE, NotFound(), code=code_hash, kind=CodeKind.PASSWORD.value, now=now)
        await self._db.write([taken, *_new_password(user_id, encoded, now, None)])

    # -------------------------------------------------------------------------------------------------- sessions

    async def add_session(self, new: NewSession, now: datetime, device_hash: str | None = None) -> WebSession:
        caller = new.caller
        changes = [
            change(
                sql.ADD_WEB_SESSION,
                user_id=new.user_id,
                token=new.token_hash,
                created_at=now,
                seen_at=now,
                confirmed_at=now,
                address=caller.address,
                agent=caller.agent,
                method=new.method.value,
            )
        ]
        if device_hash is not None:
            changes.append(change(sql.ADD_WEB_DEVICE, token=device_hash, user_id=new.user_id, seen_at=now))
        ((row,), *_) = await self._db.write(changes)
        return WebSession(row[0], new.user_id, now, now, now, caller.address, caller.agent, new.method)

    async def find_session(self, token_hash: str) -> WebSession | None:
        row = await self._db.fetch_one(sql.FIND_WEB_SESSION, {"token": token_hash})
        return None if row is None else _session(row)

    async def touch_session(self, session_id: int, seen_at: datetime) -> None:
        await self._db.write([change(sql.TOUCH_WEB_SESSION, id=session_id, seen_at=seen_at, at=seen_at)])

    async def confirm_session(self, session_id: int, confirmed_at: datetime) -> None:
        await self._db.write([change(sql.CONFIRM_WEB_SESSION, id=session_id, confirmed_at=confirmed_at)])

    async def list_sessions(self, user_id: int) -> Sequence[WebSession]:
        return [_session(row) for row in await self._db.fetch_all(sql.LIST_WEB_SESSIONS, {"user_id": user_id})]

    async def end_session(self, user_id: int, session_id: int) -> None:
        await self._db.write([change(sql.END_WEB_SESSION, NotFound(), user_id=user_id, id=session_id)])

    async def end_other_sessions(self, user_id: int, keep: int) -> None:
        await self._db.write([change(sql.END_OTHER_WEB_SESSIONS, user_id=user_id, keep=keep)])

    async def knows_device(self, user_id: int, device_hash: str) -> bool:
        row = await self._db.fetch_one(sql.FIND_WEB_DEVICE, {"token": device_hash, "user_id": user_id})
        return row is not None

    async def drop_stale(self, now: datetime, seen_before: datetime, created_before: datetime) -> None:
        await self._db.write(
            [
                change(sql.DROP_WEB_SESSIONS, seen_before=seen_before, created_before=created_before),
                change(sql.DROP_CODES, now=now),
                change(sql.DROP_ATTEMPTS, now=_milliseconds(now)),
            ]
        )

    # ----------------------------------------------------------------------------------------------------- codes

    async def add_code(
        self, code_hash: str, kind: CodeKind, user_id: int | None, now: datetime, expires_at: datetime
    ) -> None:
        row = {"code": code_hash, "kind": kind.value, "user_id": user_id, "created_at": now, "expires_at": expires_at}
        await self._db.write([change(sql.ADD_CODE, **row)])

    async def find_code(self, code_hash: str, kind: CodeKind, now: datetime) -> int | None:
        row = await self._db.fetch_one(sql.FIND_CODE, {"code": code_hash, "kind": kind.value, "now": now})
        if row is None:
            raise NotFound
        return _user_id(row)

    async def take_code(self, code_hash: str, kind: CodeKind, now: datetime) -> int | None:
        ((row,),) = await self._db.write([change(sql.TAKE_CODE, NotFound(), code=code_hash, kind=kind.value, now=now)])
        return _user_id(row)

    # -------------------------------------------------------------------------------------------------- passkeys

    async def add_passkey(
        self, user_id: int, name: str, credential_id: bytes, public_key: bytes, count: int, now: datetime
    ) -> None:
        await self._db.write(
            [
                change(
                    sql.ADD_PASSKEY,
                    user_id=user_id,
                    name=name,
                    credential_id=credential_id,
                    public_key=public_key,
                    sign_count=count,
                    created_at=now,
                    last_used_at=None,
                )
            ]
        )

    async def find_passkey(self, credential_id: bytes) -> Passkey | None:
        row = await self._db.fetch_one(sql.FIND_PASSKEY, {"credential_id": credential_id})
        return None if row is None else Passkey(*row)

    async def list_passkeys(self, user_id: int) -> Sequence[Passkey]:
        return [Passkey(*row) for row in await self._db.fetch_all(sql.LIST_PASSKEYS, {"user_id": user_id})]

    async def rename_passkey(self, user_id: int, passkey_id: int, name: str) -> None:
        await self._db.write([change(sql.RENAME_PASSKEY, NotFound(), user_id=user_id, id=passkey_id, name=name)])

    async def remove_passkey(self, user_id: int, passkey_id: int) -> None:
        await self._db.write([change(sql.REMOVE_PASSKEY, NotFound(), user_id=user_id, id=passkey_id)])

    async def record_passkey_use(self, passkey_id: int, former_count: int, count: int, now: datetime) -> None:
        row = {"id": passkey_id, "former": former_count, "sign_count": count, "last_used_at": now}
        await self._db.write([Change(sql.RECORD_PASSKEY_USE, (row,), Conflict())])

    # ---------------------------------------------------------------------------------------- counters of failures

    async def take_attempt(self, who: str, allowance: Allowance, now: datetime) -> timedelta:
        moment, cost = _milliseconds(now), allowance.every // _MILLISECOND
        latest = moment + (allowance.burst - 1) * cost
        row = {"who": who, "first": moment + cost, "now": moment, "cost": cost, "latest": latest}
        (rows,) = await self._db.write([Change(sql.TAKE_ATTEMPT, (row,))])
        if rows:
            return timedelta()
        found = await self._db.fetch_one(sql.FIND_ATTEMPTS, {"who": who})
        return timedelta() if found is None else max(_MILLISECOND, (found[0] - latest) * _MILLISECOND)

    async def give_attempt_back(self, who: str, allowance: Allowance) -> None:
        await self._db.write([change(sql.GIVE_ATTEMPT_BACK, who=who, cost=allowance.every // _MILLISECOND)])

    async def forget_attempts(self, who: str) -> None:
        await self._db.write([change(sql.FORGET_ATTEMPTS, who=who)])


class Samples(Noun):
    """The port SampleStore."""

    async def mark_sample(self, account_id: int) -> None:
        await self._db.write([change(sql.MARK_SAMPLE, account_id=account_id)])

    async def list_samples(self, user_id: int) -> Sequence[int]:
        return [row[0] for row in await self._db.fetch_all(sql.LIST_SAMPLES, {"user_id": user_id})]


def _new_password(user_id: int, encoded: str, now: datetime, keep: int | None) -> list[Change]:
    return [
        change(sql.SET_PASSWORD, user_id=user_id, hash=encoded, changed_at=now),
        change(sql.END_OTHER_WEB_SESSIONS, user_id=user_id, keep=NOBODY if keep is None else keep),
        change(sql.FORGET_WEB_DEVICES, user_id=user_id),
        change(sql.DROP_CODES_OF, user_id=user_id, kind=CodeKind.PASSWORD.value),
    ]


def _session(row: Row) -> WebSession:
    session_id, user_id, created_at, seen_at, confirmed_at, address, agent, method = row
    return WebSession(session_id, user_id, created_at, seen_at, confirmed_at, address, agent, Method(method))


def _user_id(row: Row) -> int | None:
    return None if row[0] is None else int(row[0])


def _milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // _MILLISECOND
