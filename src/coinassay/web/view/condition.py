"""How far an account's numbers can be relied on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from coinassay.domain.account import Account, KeyState, WalletState, WalletStatus
from coinassay.domain.completeness import STALE_AFTER
from coinassay.services.ports.attention import LastFailure
from coinassay.web.view.advice import Advice, advice_for

KEY_REJECTED = "invalid_api_key"


class Condition(StrEnum):
    COMPLETE = "Complete"
    PARTIAL = "Partial"
    """A wallet was not read: its last good balances stand in, or it is not known at all."""
    STALE = "Stale"
    """What is shown is older than it should be."""
    REJECTED = "Key rejected"
    NEVER = "Not read yet"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is not as it should be."""

    what: str
    reason: str
    """As the exchange or this program said it."""
    advice: Advice
    since: datetime | None = None
    """The moment of what is shown instead; None where there is nothing."""
    wallet: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's condition with what is to be said about it."""

    condition: Condition
    troubles: Sequence[Trouble] = ()


def standing(
    account: Account,
    now: datetime,
    unread: Sequence[WalletStatus] = (),
    failed: LastFailure | None = None,
    stale_after: timedelta = STALE_AFTER,
) -> Standing:
    """`unread`: its wallets that were not read at the last good load; `failed`: its latest load, where that failed."""
    troubles: list[Trouble] = []
    rejected = account.key_state in (KeyState.INVALID, KeyState.EXPIRED)
    if rejected:
        reason = failed.reason if failed is not None else ""
        troubles.append(Trouble("The API key was rejected", reason, advice_for(KEY_REJECTED), account.loaded_at))
    elif failed is not None:
        advice = advice_for(failed.failure)
        troubles.append(Trouble("The last refresh failed", failed.reason, advice, account.loaded_at))
    for each in unread:
        never = each.state is WalletState.UNKNOWN
        what = f"The {each.wallet} wallet " + ("was never read" if never else "was not read the last time")
        troubles.append(Trouble(what, each.reason, advice_for(each.failure), each.read_at, each.wallet))
    return Standing(_condition(account, now, bool(unread), rejected, failed, stale_after), tuple(troubles))


def _condition(
    account: Account,
    now: datetime,
    unread: bool,
    rejected: bool,
    failed: LastFailure | None,
    stale_after: timedelta,
) -> Condition:
    if rejected:
        return Condition.REJECTED
    if account.loaded_at is None:
        return Condition.NEVER
    if failed is not None or now - account.loaded_at > stale_after:
        return Condition.STALE
    return Condition.PARTIAL if unread or not account.complete else Condition.COMPLETE
