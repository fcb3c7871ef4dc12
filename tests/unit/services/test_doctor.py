"""What is said about a key, and what is stored of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from coinassay.domain.account import KeyState
from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.services.doctor import cautions, key_state_of
from coinassay.testing.scripted import EXAMINED_AT

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


def report(**answers: Any) -> KeyReport:
    good: dict[str, Any] = {
        "works": YES,
        "may_read": YES,
        "may_trade": NO,
        "may_withdraw": NO,
        "ip_bound": YES,
        "clock_skew": 0.5,
        "wallets": {"spot": Readable(YES)},
    }
    return KeyReport("binance", EXAMINED_AT, **{**good, **answers})


def test_a_key_that_only_reads_from_one_address() -> None:
    assert cautions(report()) == ()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"may_withdraw": YES}, ["The key may withdraw. Nothing here needs that: replace it by one that may only read."]),
        (
            {"may_withdraw": UNKNOWN},
            ["Whether the key may withdraw could not be found out: make sure at the exchange that it may not."],
        ),
        (
            {"may_trade": YES},
            ["The key may trade or move coins. Nothing here needs that: one that may only read is enough."],
        ),
        ({"may_trade": UNKNOWN, "ip_bound": UNKNOWN, "clock_skew": None}, []),
        ({"ip_bound": NO}, ["The key works from any address: bind it to this server's at the exchange."]),
        ({"expires": YES, "expires_at": datetime(2027, 2, 7, tzinfo=UTC)}, ["The key expires on 2027-02-07."]),
        ({"expires": NO}, []),
        (
            {"clock_skew": 90.25},
            ["This machine's clock is at least 90 s ahead of the exchange's: set it by NTP."],
        ),
        ({"clock_skew": -1.0}, ["This machine's clock is at least 1 s behind the exchange's: set it by NTP."]),
        ({"clock_skew": -0.999}, []),
        (
            {"wallets": {"spot": Readable(YES), "earn": Readable(NO, "No permission."), "x": Readable(UNKNOWN, "Late.")}},
            ["The wallet earn could not be read. No permission.", "The wallet x could not be read. Late."],
        ),
        (
            {"failure": "exchange_unavailable", "reason": "Late.", "wallets": {"spot": Readable(UNKNOWN, "Late.")}},
            ["The account could not be read. Late."],
        ),
    ],
)  # fmt: skip
def test_what_is_said(answers: dict[str, Any], said: list[str]) -> None:
    assert list(cautions(report(**answers))) == said


def test_only_a_rejected_key_is_marked() -> None:
    """As a load would: it marks what the exchange rejects, and nothing else."""
    assert key_state_of(report(works=NO, failure="invalid_api_key")) is KeyState.INVALID
    assert key_state_of(report(works=UNKNOWN, failure="invalid_api_key")) is KeyState.INVALID
    for failure in ("exchange_permission_missing", "exchange_unavailable", "clock_skew", "unexpected_reply", ""):
        assert key_state_of(report(failure=failure)) is KeyState.OK
