"""Paper or real: which accounts a request is about."""

from __future__ import annotations

from coinassay.api.call import Call
from coinassay.api.params import NO_SUCH_VALUE
from coinassay.domain.account import Mode
from coinassay.errors import InvalidRequest
from coinassay.services.ports import UserStore


async def mode_of(call: Call, users: UserStore) -> Mode:
    """What the Forced-Mode header asks for in this request, else what the user has chosen."""
    forced = call.header(b"forced-mode").strip().lower()
    if not forced:
        return (await users.get_user(call.user_id)).mode
    if forced in (Mode.PAPER, Mode.REAL):
        return Mode(forced)
    raise InvalidRequest({"Forced-Mode": [NO_SUCH_VALUE]})
