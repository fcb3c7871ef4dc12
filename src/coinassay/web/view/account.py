"""One account: what it holds, where every price comes from, and what of it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from coinassay.domain.account import WalletState, WalletStatus
from coinassay.domain.allocation import share_of
from coinassay.domain.currency import Currency
from coinassay.domain.money import CONTEXT, ZERO, add_up
from coinassay.domain.rates import Rate
from coinassay.services.ports import StoredHolding
from coinassay.services.ports.attention import Stake
from coinassay.web.view.shares import change, colour_of

DUST = Decimal(1)
"""In the display currency: what is worth less may be left out of the table."""


class SortBy(StrEnum):
    VALUE = "value"
    COIN = "coin"
    WALLET = "wallet"
    AMOUNT = "amount"
    PRICE = "price"
    CHANGE = "change"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Row:
    """One asset, in one wallet or in all of them."""

    asset: str
    name: str
    kind: str
    colour: int
    wallets: tuple[str, ...]
    equity: Decimal
    total: Decimal
    free: Decimal
    locked: Decimal
    borrowed: Decimal
    unrealised: Decimal
    usd: Decimal | None
    """None for what has no price."""
    share: Decimal
    """Of the account's positive USD total, in percent; 0 for what is owed or has no price."""
    rate: Rate | None
    refusal: str
    day_change: Decimal | None
    carried: tuple[WalletStatus, ...] = ()
    """The wallets among `wallets` whose last good balances these are."""

    @property
    def price(self) -> Decimal | None:
        return None if self.rate is None else self.rate.price


EACH = "each"
"""A row for each wallet an asset lies in."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the table is asked for, as the address says it."""

    sort: SortBy = SortBy.VALUE
    descending: bool = True
    words: str = ""
    """Part of a code or name."""
    wallet: str = ""
    """A wallet's name, EACH, or empty for all wallets of an asset in one row."""
    dust: bool = False
    """Whether what is worth next to nothing is shown."""

    @classmethod
    def read(cls, query: Mapping[str, str], *, dust: bool = False) -> Choice:
        """Whatever makes no sense is as if it were not there."""
        text = query.get("sort", "")
        sort = next((each for each in SortBy if each.value == text.removeprefix("-")), None)
        descending = sort is None or text.startswith("-")
        shown = query.get("dust")
        return cls(
            sort or SortBy.VALUE, descending, query.get("q", "").strip()[:40], query.get("wallet", "")[:40],
            dust if shown is None else shown == "show",
        )  # fmt: skip

    def sorted_by(self, sort: SortBy) -> str:
        """The `sort` of a link on that column: numbers fall first, texts rise first, the second time the other way."""
        falls = sort not in (SortBy.COIN, SortBy.WALLET)
        if sort is self.sort:
            falls = not self.descending
        return ("-" if falls else "") + sort.value


def stake_of(holding: StoredHolding, account_id: int = 0) -> Stake:
    rate = holding.rate
    price, day_ago = (None, None) if rate is None else (rate.price, rate.day_ago)
    return Stake(account_id, holding.balance.asset, holding.balance.equity, holding.usd, price, day_ago)


def rows(
    holdings: Sequence[StoredHolding],
    wallets: Sequence[WalletStatus],
    find: Callable[[str], Currency],
    wallet: str = "",
) -> list[Row]:
    """A row for each asset, or for each asset and wallet, or for each asset of one wallet; largest value first."""
    carried = {status.wallet: status for status in wallets if status.state is WalletState.CARRIED}
    grouped: dict[tuple[str, str], list[StoredHolding]] = {}
    for each in holdings:
        balance = each.balance
        if wallet in ("", EACH) or balance.wallet == wallet:
            grouped.setdefault((balance.asset, balance.wallet if wallet else ""), []).append(each)
    values = _values(holdings)
    whole = add_up(value for value in values.values() if value > ZERO)
    made = [_row(members, whole, find, carried) for members in grouped.values()]
    return sorted(made, key=lambda row: (row.usd is None, CONTEXT.minus(row.usd or ZERO), row.asset, row.wallets))


def chosen(all_rows: Iterable[Row], choice: Choice, dust_usd: Decimal) -> tuple[list[Row], int]:
    """The rows in the order asked for, and how many are left out because they are worth less than `dust_usd`. What has
    no price is never dust: nobody knows."""
    words = choice.words.casefold()
    found = [row for row in all_rows if words in row.asset.casefold() or words in row.name.casefold()]
    shown = [row for row in found if choice.dust or row.usd is None or row.usd.copy_abs() >= dust_usd]
    known = [row for row in shown if _key(row, choice.sort) is not None]
    known.sort(key=lambda row: _key(row, choice.sort), reverse=choice.descending)  # type: ignore[arg-type,return-value]
    # What there is nothing to sort by comes last, whichever way.
    return known + [row for row in shown if _key(row, choice.sort) is None], len(found) - len(shown)


def _values(holdings: Iterable[StoredHolding]) -> dict[str, Decimal]:
    values: dict[str, Decimal] = {}
    for each in holdings:
        if each.usd is not None:
            values[each.balance.asset] = CONTEXT.add(values.get(each.balance.asset, ZERO), each.usd)
    return values


def _row(
    members: Sequence[StoredHolding],
    whole: Decimal,
    find: Callable[[str], Currency],
    carried: Mapping[str, WalletStatus],
) -> Row:
    first = members[0].balance
    priced = [each for each in members if each.usd is not None]
    usd = add_up(each.usd for each in priced if each.usd is not None) if priced else None
    currency = find(first.asset)
    wallets = tuple(dict.fromkeys(each.balance.wallet for each in members))
    return Row(
        asset=first.asset,
        name=currency.name,
        kind=currency.kind,
        colour=colour_of(first.asset),
        wallets=wallets,
        equity=add_up(each.balance.equity for each in members),
        total=add_up(each.balance.total for each in members),
        free=add_up(each.balance.free for each in members),
        locked=add_up(each.balance.locked for each in members),
        borrowed=add_up(each.balance.borrowed for each in members),
        unrealised=add_up(each.balance.unrealised for each in members),
        usd=usd,
        share=share_of(usd, whole) if usd is not None and usd > ZERO else ZERO,
        rate=priced[0].rate if priced else None,
        refusal=next((each.refusal for each in members if each.refusal), ""),
        day_change=change(stake_of(priced[0])) if priced else None,
        carried=tuple(carried[name] for name in wallets if name in carried),
    )


def _key(row: Row, sort: SortBy) -> Decimal | str | None:
    if sort is SortBy.COIN:
        return row.asset.casefold()
    if sort is SortBy.WALLET:
        return ", ".join(row.wallets)
    if sort is SortBy.AMOUNT:
        return row.equity
    if sort is SortBy.PRICE:
        return row.price
    if sort is SortBy.CHANGE:
        return row.day_change
    return row.usd if sort is SortBy.VALUE else row.share
