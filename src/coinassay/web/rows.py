"""The rows of the overview's table, written here and not in a template.

There can be hundreds, and a template takes three times as long for each of them. What comes from outside is escaped
right where it is put in.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from coinassay.web.format import Format
from coinassay.web.view.shares import Slice

_escaped = lru_cache(maxsize=4096)(lambda text: str(escape(text)))
"""The same coins are in every table."""


def share_rows(slices: Iterable[Slice], fmt: Format, *, coins: bool) -> Markup:
    """`coins`: with amount, price and its change, which only coins have."""
    return Markup("\n".join([_row(each, fmt, coins) for each in slices]))  # noqa: S704  made below


def _row(each: Slice, fmt: Format, coins: bool) -> str:
    key, label = _escaped(each.key), _escaped(each.label)
    name = f'<a href="{escape(each.link)}">{label}</a>' if each.link else f"<span>{label}</span>"
    detail = f' <span class="detail">{_escaped(each.detail)}</span>' if each.detail else ""
    small = wide = ""
    if coins:
        amount = fmt.amount(each.amount, each.key)
        small = f'<span class="parts small-only">{amount}</span>'
        wide = (
            f'<td class="num wide">{amount}</td><td class="num wide">{fmt.price(each.price)}</td>'
            f'<td class="num wide">{fmt.change(each.day_change)}</td>'
        )
    if each.priced:
        value = f'<td class="num">{fmt.money(each.usd)}</td><td class="num">{fmt.percent(each.share)}</td>'
    else:
        value = '<td class="num" colspan="2"><a class="unpriced" href="#not-known">Unpriced</a></td>'
    return (
        f'<tr id="row-{key}"><th scope="row"><span class="swatch c{each.colour}" aria-hidden="true"></span>'
        f"{name}{detail}{small}</th>{wide}{value}</tr>"
    )
