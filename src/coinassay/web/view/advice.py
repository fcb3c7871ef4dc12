"""What to do about what failed: one table from error code to advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Remedy(StrEnum):
    """What the page offers beside the words."""

    NEW_KEY = "new key"
    AGAIN = "try again"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Advice:
    what: str
    """What happened, in a few words."""
    todo: str
    """What the owner of the account can do, in a sentence or two."""
    remedy: Remedy = Remedy.AGAIN


OTHER = Advice("Not read", "Try again; if it goes on, the server's log has the details.")

ADVICE: dict[str, Advice] = {
    "invalid_api_key": Advice(
        "Key rejected",
        "The exchange no longer accepts this API key. Make a new read-only key there and enter it here.",
        Remedy.NEW_KEY,
    ),
    "exchange_permission_missing": Advice(
        "Not allowed",
        "The key is known but may not read this. Give it the right to read, or take this server's address into its IP "
        "list, at the exchange.",
        Remedy.NEW_KEY,
    ),
    "not_supported_by_exchange": Advice(
        "Not offered", "The exchange has no such thing for this account; there is nothing to be done.", Remedy.NONE
    ),
    "only_reads": Advice("Not asked", "Coinassay only reads, so this was not sent to the exchange.", Remedy.NONE),
    "unexpected_reply": Advice(
        "Unreadable answer",
        "The exchange answered something that is no balance, so nothing was changed. Usually it passes: try again in a "
        "few minutes.",
    ),
    "exchange_unavailable": Advice(
        "No answer", "The exchange did not answer. The last good balances stay; it is asked again by itself."
    ),
    "exchange_throttled": Advice(
        "Asked to wait", "The exchange wants fewer requests. Wait a minute; nothing is lost meanwhile."
    ),
    "clock_skew": Advice(
        "Clock is off", "This machine's clock differs from the exchange's. Set it by NTP, then try again."
    ),
    "exchange": OTHER,
    "storage": Advice("Not stored", "The database could not be written. See whether the disk is full, then try again."),
    "conflict": Advice("Changed meanwhile", "The account was changed while it was being read. Try again."),
    "not_found": Advice("Gone", "The account was removed.", Remedy.NONE),
}


def advice_for(code: str) -> Advice:
    return ADVICE.get(code, OTHER)
