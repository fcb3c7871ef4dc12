"""The ledger of a limit by itself: lending, giving back, windows that roll on, clocks that jump."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.budget import Flow, Lease, Ledger, Report, Window
from coinassay.errors import StorageError

NOW = 1_000_000_000.0
ALONE = Lease(6.0, 1)


def window() -> Window:
    return Window(100.0, 60.0, kept=10.0)


def test_half_of_a_window_is_lent_at_once_and_never_what_is_kept() -> None:
    pool = window()
    assert 50 == pool.settle("a", Report(want=500), NOW, ALONE).units
    assert 40 == pool.settle("b", Report(want=500), NOW, ALONE).units
    assert 0 == pool.settle("c", Report(want=500), NOW, ALONE).units
    assert 10 == pool.settle("c", Report(want_shared=500), NOW, ALONE).units


def test_what_is_answered_comes_free_a_window_later() -> None:
    pool = window()
    pool.settle("a", Report(want=50), NOW, ALONE)
    pool.settle("a", Report(answered=[(1.0, 50.0)]), NOW + 2, ALONE)
    pool.forget(NOW + 60.9, 60)
    assert 50 == pool.used()
    pool.forget(NOW + 61.1, 60)
    assert 0 == pool.used()


def test_what_a_killed_process_had_is_lost_for_a_lease_and_a_window() -> None:
    pool = window()
    pool.settle("killed", Report(want=50), NOW, ALONE)
    pool.forget(NOW + 65.9, 60)
    assert 50 == pool.used()
    pool.forget(NOW + 66.1, 60)
    assert 0 == pool.used()


def test_where_there_is_not_enough_nobody_is_given_a_part_that_is_of_no_use() -> None:
    pool = Window(100.0, 60.0)
    pool.settle("a", Report(holding=72.0), NOW, ALONE)
    assert 15 == pool.settle("b", Report(want=150, least=15, step=15), NOW, ALONE).units
    assert 0 == pool.settle("c", Report(want=150, least=15, step=15), NOW, ALONE).units
    assert 13 == pool.settle("c", Report(want=13, least=13, step=13), NOW, ALONE).units


def test_what_costs_more_than_there_ever_is_passes_when_all_is_free() -> None:
    pool = Window(10.0, 60.0)
    pool.settle("a", Report(holding=1.0), NOW, ALONE)
    want = Report(want=25, least=10, step=10)
    assert 0 == pool.settle("b", want, NOW, ALONE).units
    pool.settle("a", Report(), NOW, ALONE)
    assert 10 == pool.settle("b", want, NOW, ALONE).units


def test_a_clock_that_is_set_back_keeps_nothing_for_longer_than_it_can_count() -> None:
    ledger = Ledger(paused_until=NOW, pools={"w": window(), "f": Flow(10.0, 5.0)})
    for pool in ledger.pools.values():
        pool.settle("a", Report(want=50, answered=[(0.0, 10.0)]), NOW, ALONE)
    earlier = NOW - 10 * 86_400
    ledger.forget(earlier, 60)
    assert ledger.paused_until <= earlier + 86_400
    ledger.forget(earlier + 181, 60)
    pool = ledger.pools["w"]
    assert 0 == pool.used()
    assert 5 == ledger.pools["f"].settle("b", Report(want=5), earlier + 181, ALONE).units


def test_moments_that_are_returned_are_given_to_others() -> None:
    flow = Flow(10.0, 10.0)
    grant = flow.settle("a", Report(want=5), NOW, ALONE)
    assert (5, 0) == (grant.units, grant.starts_in)
    flow.settle("a", Report(returned=(grant.ends, 2.0)), NOW, ALONE)
    again = flow.settle("b", Report(want=2), NOW, ALONE)
    assert 0.3 == pytest.approx(again.starts_in)
    assert again.ends == pytest.approx(grant.ends)


def test_a_flow_gives_no_more_than_its_rate_and_burst() -> None:
    flow, given_out = Flow(10.0, 20.0), 0.0
    for tenth in range(600):
        given_out += flow.settle("ab"[tenth % 2], Report(want=100), NOW + tenth / 10, Lease(6.0, 2)).units
    assert 0.99 * 600 <= given_out <= 600 + 20 + 10 * 2 * 0.5


def test_a_limit_that_was_changed_counts_on() -> None:
    ledger = Ledger()
    ledger.pool("", window()).settle("a", Report(want=50), NOW, ALONE)
    changed = ledger.pool("", Window(200.0, 60.0))
    assert (50, 150) == (changed.used(), changed.settle("b", Report(want=500, least=150), NOW, ALONE).units)
    assert isinstance(ledger.pool("", Flow(1.0, 1.0)), Flow)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(0, 200), st.floats(0, 1), st.floats(0, 20)), min_size=1, max_size=60
    )
)
def test_whatever_processes_do_no_window_sees_more_than_there_is(steps: list[tuple[str, float, float, float]]) -> None:
    """Each step: a process reports that it has used a part of what it had, and wants more, some time after the last."""
    ledger, now = Ledger(), NOW
    had = dict.fromkeys("abc", 0.0)
    until = dict.fromkeys("abc", 0.0)
    used: list[tuple[float, float]] = []
    for holder, want, part, after in steps:
        now += after
        ledger = Ledger.decode(ledger.encode())
        ledger.forget(now, 60)
        holders = ledger.enter(holder, 0, now, 6.0)
        spent = had[holder] * part if now < until[holder] else 0.0
        if spent:
            used.append((now, spent))
        kept = had[holder] - spent if now < until[holder] else 0.0
        report = Report(answered=[(0.0, spent)] if spent else [], holding=kept, unused=kept, want=want)
        pool = ledger.pool("", Window(100.0, 60.0))
        had[holder] = kept + pool.settle(holder, report, now, Lease(6.0, holders)).units
        until[holder] = now + 6.0
    for end, _ in used:
        assert sum(units for at, units in used if end - 60 < at <= end) <= 100 + 1e-3


def test_what_something_else_wrote_is_said() -> None:
    for text in (b"{", b"[]", b'{"paused":0,"holders":{},"windows":{"":[1]},"flows":{}}'):
        with pytest.raises(StorageError):
            Ledger.decode(text)
    assert Ledger() == Ledger.decode(b"")
