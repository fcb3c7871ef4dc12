"""What accounts were worth on days that are over: looked up once, and again when that has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.series import ONE_DAY, day_of, days, start_of
from coinassay.domain.snapshot import Flow, Leg, Money, Snapshot
from coinassay.services.closed_days import ClosedDays

FIRST = date(2026, 3, 1)
HOUR = timedelta(hours=1)


def on(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


class Past:
    """Snapshots of accounts, recorded as the stores do it, and what was asked of them."""

    def __init__(self) -> None:
        self.taken: dict[int, dict[datetime, int]] = {}
        self.numbers: dict[int, int] = {}
        self.looked_up = 0

    def load(self, account_id: int, at: datetime, usd: int) -> None:
        taken = self.taken.setdefault(account_id, {})
        if any(each >= at for each in taken):
            self.numbers[account_id] = self.numbers.get(account_id, 0) + 1
        taken[at] = usd

    def bring(self, account_id: int, days: Mapping[datetime, int]) -> None:
        """An import."""
        self.taken.setdefault(account_id, {}).update(days)
        self.numbers[account_id] = self.numbers.get(account_id, 0) + 1

    def thin(self, account_id: int) -> None:
        last = {day_of(at): at for at in sorted(self.taken[account_id])}
        self.taken[account_id] = {at: usd for at, usd in self.taken[account_id].items() if at in last.values()}

    def expected(self, account_ids: Sequence[int], first: date, last: date) -> list[int]:
        return [sum(self._until(each, start_of(day) + ONE_DAY) for each in account_ids) for day in days(first, last)]

    def _until(self, account_id: int, end: datetime) -> int:
        before = [at for at in self.taken.get(account_id, {}) if at < end]
        return self.taken[account_id][max(before)] if before else 0

    async def list_past_numbers(self, account_ids: Sequence[int]) -> Sequence[int]:
        return [self.numbers.get(each, 0) for each in account_ids]

    async def find_starts(
        self, account_ids: Sequence[int], moments: Sequence[datetime]
    ) -> Mapping[int, Sequence[Snapshot | None]]:
        self.looked_up += len(account_ids) * len(moments)
        return {each: [self._start(each, moment) for moment in moments] for each in account_ids}

    def _start(self, account_id: int, moment: datetime) -> Snapshot | None:
        taken = self.taken.get(account_id)
        if not taken:
            return None
        at = max((each for each in taken if each <= moment), default=min(taken))
        return Snapshot(account_id, at, Money(Decimal(taken[at]), Decimal(-taken[at])))

    async def list_flows(self, account_ids: Sequence[int], after: datetime) -> Mapping[int, Sequence[Flow]]:
        return dict.fromkeys(account_ids, ())

    async def list_legs(self, account_ids: Sequence[int]) -> Sequence[Leg]:
        return ()


class House:
    def __init__(self, most: int = 1000) -> None:
        self.past = Past()
        self.closed = ClosedDays(self.past, most)
        self.today = date(2026, 3, 20)

    async def totals(self, *account_ids: int, first: date = FIRST, last: date | None = None) -> list[int]:
        """As they should be; sets how many snapshots were looked up."""
        until = self.today if last is None else last
        self.past.looked_up = 0
        totals = await self.closed.totals(account_ids, first, until, self.today)
        assert self.past.expected(account_ids, first, until) == [int(total.usd) for total in totals]
        assert [-total.usd for total in totals] == [total.btc for total in totals]
        return [int(total.usd) for total in totals]


@pytest.fixture
async def house() -> House:
    """Two accounts whose days up to 19 March are kept."""
    house = House()
    for day in range(1, 20):
        house.past.load(1, on(day, 8), day)
        house.past.load(1, on(day, 20), 100 * day)
    house.past.load(2, on(10, 5), 7)
    await house.totals(1, 2)
    assert house.past.looked_up == 2 * 20
    return house


async def test_days_that_are_over_are_not_looked_up_again(house: House) -> None:
    house.past.load(1, on(20, 3), 5)
    assert [1807, 1907, 12] == (await house.totals(1, 2))[-3:]
    assert house.past.looked_up == 2 * 2, "the last of them and today"
    await house.totals(1, 2, first=date(2026, 3, 5), last=date(2026, 3, 9))
    assert house.past.looked_up == 2


async def test_a_day_that_comes_to_its_end_is_kept_too(house: House) -> None:
    house.past.load(2, on(20, 23), 9)
    house.today = date(2026, 3, 23)
    await house.totals(1, 2)
    assert house.past.looked_up == 2 * 5
    await house.totals(1, 2)
    assert house.past.looked_up == 2 * 2


async def test_an_import_is_seen(house: House) -> None:
    house.past.bring(2, {on(3, 23): 50, on(4, 23): 60})
    assert [200, 350, 460] == (await house.totals(1, 2))[1:4]


async def test_a_load_that_was_under_way_at_midnight_is_seen(house: House) -> None:
    house.past.load(2, on(19, 23), 1000)
    assert (await house.totals(1, 2))[-2] == 2900


async def test_a_load_with_a_clock_that_was_set_back_is_seen(house: House) -> None:
    house.past.load(1, on(12, 22), 1)
    assert (await house.totals(1, 2))[11] == 8


async def test_another_value_at_the_very_same_moment_is_seen(house: House) -> None:
    house.past.load(2, on(10, 5), 8)
    assert (await house.totals(1, 2))[-1] == 1908


async def test_the_first_load_of_an_account_on_a_day_before_is_seen(house: House) -> None:
    await house.totals(1, 3)
    house.past.load(3, on(18, 5), 8)
    assert (await house.totals(1, 3))[-3:] == [1808, 1908, 1908]


async def test_what_is_thinned_changes_nothing_and_nothing_is_looked_up(house: House) -> None:
    house.past.thin(1)
    await house.totals(1, 2)
    assert house.past.looked_up == 2 * 2


async def test_accounts_that_come_and_go_make_other_totals(house: House) -> None:
    await house.totals(1)
    await house.totals(2)
    await house.totals(1, 2)
    assert house.past.looked_up == 2 * 2


async def test_days_before_those_kept_are_looked_up(house: House) -> None:
    await house.totals(1, 2, first=date(2026, 2, 20))
    assert house.past.looked_up == 2 * 29


async def test_today_alone_is_not_kept(house: House) -> None:
    fresh = House()
    fresh.past.load(1, on(20, 1), 1)
    await fresh.totals(1, first=fresh.today)
    fresh.past.load(1, on(20, 2), 2)
    assert [2] == await fresh.totals(1, first=fresh.today)


async def test_a_clock_that_is_set_back_keeps_what_was_over(house: House) -> None:
    house.today = date(2026, 3, 15)
    house.past.load(1, on(15, 3), 4)
    assert (await house.totals(1, 2))[-1] == 1507, "until the end of the day that is known already"


async def test_no_more_is_kept_than_said() -> None:
    house = House(most=50)
    for account_id in (1, 2, 3):
        house.past.load(account_id, on(1), account_id)
        await house.totals(account_id)  # 19 days and an account each
    await house.totals(2)
    assert house.past.looked_up == 2
    await house.totals(1)
    assert house.past.looked_up == 20, "not asked for longest"
    await house.totals(1, first=date(2026, 1, 1))
    await house.totals(1, first=date(2026, 1, 1))
    assert house.past.looked_up == 79, "more than may be kept at all"


hours = st.integers(0, 24 * 12)


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("load"), st.sampled_from([1, 2]), hours),
            st.tuples(st.just("bring"), st.sampled_from([1, 2]), hours),
            st.tuples(st.just("thin"), st.sampled_from([1, 2]), hours),
            st.tuples(st.just("ask"), st.sampled_from([1, 2]), hours),
        ),
        max_size=25,
    )
)
async def test_totals_are_what_their_definition_says_whatever_happens_between(
    steps: list[tuple[str, int, int]],
) -> None:
    house = House()
    for n, (what, account_id, hour) in enumerate(steps):
        at = on(1) + hour * HOUR
        if what == "load":
            house.past.load(account_id, at, n)
        elif what == "bring":
            house.past.bring(account_id, {at: n})
        elif what == "thin" and account_id in house.past.taken:
            house.past.thin(account_id)
        else:
            house.today = day_of(at)
            await house.totals(1, 2, first=min(house.today, FIRST + account_id * ONE_DAY))
    await house.totals(1, 2)
