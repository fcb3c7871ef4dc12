"""Keys of exchanges: where their fields come from, and what an examination found."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from coinassay.cli.output import Json, print_json, print_table
from coinassay.cli.run import on_installation, read_file
from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.domain.market import FIELD_LABELS, OPEN_FIELDS, Market
from coinassay.errors import CoinassayError, NotFound
from coinassay.services.bundle import Services
from coinassay.services.doctor import cautions

MarketCode = Annotated[str, typer.Argument(help="Market code, as `coinassay accounts markets` shows it.")]
ApiKey = Annotated[str | None, typer.Option(metavar="KEY", help="The exchange's API key.")]
Secret = Annotated[
    str | None, typer.Option(metavar="FILE", help="A file with the API secret; - for stdin. Asked for if missing.")
]
Passphrase = Annotated[
    str | None, typer.Option(metavar="FILE", help="A file with the passphrase, where the exchange has one.")
]
Field = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=FILE", help="Any other field the exchange asks for. May be repeated."),
]


def find_market(code: str) -> Market:
    """Raises NotFound."""
    from coinassay.exchanges.markets import MarketTable

    market = MarketTable().find(code)
    if market is None:
        raise NotFound(f"There is no market {code!r}; `coinassay accounts markets` lists them.")
    return market


def given_fields(
    market: Market, api_key: str | None, secret: str | None, passphrase: str | None, field: Sequence[str] | None
) -> dict[str, str]:
    """What the options give, and at a terminal what they leave out."""
    given = {} if api_key is None else {"api_key": api_key}
    files = {"secret": secret, "passphrase": passphrase, **dict(pair(each) for each in field or ())}
    given |= {name: read_file(file) for name, file in files.items() if file is not None}
    return given | _ask(market, given)


def pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE")
    return name, value


def _ask(market: Market, given: Mapping[str, str]) -> dict[str, str]:
    """The required fields that were not given, from the person at the terminal; nothing where there is none."""
    if not sys.stdin.isatty():
        return {}
    missing = [name for name in market.required if name not in given]
    return {
        name: typer.prompt(FIELD_LABELS.get(name, name).removesuffix(":"), hide_input=name not in OPEN_FIELDS)
        for name in missing
    }


def check(
    market: MarketCode,
    api_key: ApiKey = None,
    secret: Secret = None,
    passphrase: Passphrase = None,
    field: Field = None,
    as_json: Json = False,
) -> None:
    """Examine a key without storing it. Ends with status 1 for one that does not work or would be refused."""
    fields = given_fields(find_market(market), api_key, secret, passphrase, field)

    async def work(services: Services) -> tuple[KeyReport, CoinassayError | None]:
        report = await services.keys.examine(market, fields)
        try:
            services.keys.refuse_dangerous(report)
        except CoinassayError as e:
            return report, e
        return report, None

    report, refusal = on_installation(work)
    if as_json:
        print_json(row_of(report))
    else:
        print_report(report)
    if refusal is not None:
        raise refusal
    if report.failure:
        raise typer.Exit(1)


def print_report(report: KeyReport) -> None:
    """A line for each finding, then what there is to say about them."""
    rows = [
        ("works", report.works.value),
        ("may read", report.may_read.value),
        ("may trade", report.may_trade.value),
        ("may withdraw", report.may_withdraw.value),
        ("bound to addresses", report.ip_bound.value),
        ("expires", f"{report.expires_at:%Y-%m-%d}" if report.expires_at else report.expires.value),
        ("this clock is ahead by", "unknown" if report.clock_skew is None else f"{report.clock_skew:.1f} s"),
        *((f"wallet {name}", _in_words(each)) for name, each in report.wallets.items()),
        *((f"as {code}", _in_words(each)) for code, each in report.others.items()),
    ]
    print_table(("key", "finding"), rows)
    for each in cautions(report):
        print(each)


def _in_words(readable: Readable) -> str:
    if readable.answer is Answer.YES or not readable.reason:
        return readable.answer.value
    return f"{readable.answer.value}: {readable.reason}"


def row_of(report: KeyReport) -> dict[str, object]:
    return {
        "market_code": report.market_code,
        "works": report.works.value,
        "may_read": report.may_read.value,
        "may_trade": report.may_trade.value,
        "may_withdraw": report.may_withdraw.value,
        "ip_bound": report.ip_bound.value,
        "expires": report.expires.value,
        "expires_at": report.expires_at,
        "clock_skew": report.clock_skew,
        "unified": report.unified.value,
        "failure": report.failure,
        "reason": report.reason,
        "wallets": _rows(report.wallets),
        "others": _rows(report.others),
        "cautions": list(cautions(report)),
    }


def _rows(readable: Mapping[str, Readable]) -> dict[str, dict[str, str]]:
    return {name: {"readable": each.answer.value, "reason": each.reason} for name, each in readable.items()}
