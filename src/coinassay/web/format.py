"""What templates write numbers and moments with: filters that know the visitor's language, currency and privacy.

Everything between two tags is escaped here. Every amount is `<span class="amt"><span>shown</span></span>`, so that
privacy mode can hide it; all its digits are in `title`, or in `data-exact` while amounts are hidden. Shares and
prices of the market stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import Undefined, pass_context
from markupsafe import Markup, escape

from coinassay.domain.money import CONTEXT, ONE, divide
from coinassay.web import figures

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context

USD, BTC = "USD", "BTC"
CENT_PLACES = 2
COIN_PLACES = 8
UNKNOWN = Markup('<span class="none" title="not known">–</span>')

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Lens:
    """The currency amounts are shown in."""

    code: str = USD
    usd: Decimal = ONE
    """USD for one unit of it."""
    fiat: bool = True

    def of_usd(self, amount: Decimal) -> Decimal:
        return amount if self.code == USD else divide(amount, self.usd)


@dataclass(frozen=True, slots=True)
class Format:
    """How one visitor reads numbers."""

    now: datetime
    locale: str = "en"
    lens: Lens = field(default_factory=Lens)
    private: bool = False
    """Whether amounts are hidden: the page then has no tooltip that would show them."""

    @property
    def style(self) -> figures.NumberStyle:
        return figures.style_of(self.locale)

    @property
    def places(self) -> int:
        return figures.places_of(self.lens.code, fiat=self.lens.fiat)

    def money(self, usd: Decimal | None, *, signed: bool = False) -> Markup:
        """An amount in USD, shown in the visitor's currency."""
        if usd is None:
            return UNKNOWN
        return self.own(self.lens.of_usd(usd), signed=signed)

    def own(self, value: Decimal | None, *, signed: bool = False) -> Markup:
        """An amount that is in the visitor's currency already."""
        if value is None:
            return UNKNOWN
        code = _safe(self.lens.code)
        shown = figures.money(value, code, self.places, self.style, signed=signed)
        return self._amount(shown, f"{figures.exact(value)} {code}")

    def own_gain(self, value: Decimal | None) -> Markup:
        """The same with its direction as sign and colour."""
        if value is None:
            return UNKNOWN
        return _markup(f'<span class="{_turn(value)}">{self.own(value, signed=True)}</span>')

    def money_text(self, usd: Decimal) -> str:
        """`money` for scripts, which hide it themselves."""
        return figures.money(self.lens.of_usd(usd), self.lens.code, self.places, self.style)

    def amount_text(self, value: Decimal, code: str) -> str:
        return f"{figures.flexible(value, COIN_PLACES, self.style)}{figures.SPACE}{code}"

    def coin(self, value: Decimal | None, code: str = BTC, *, signed: bool = False) -> Markup:
        """An amount in units of a coin, eight decimals."""
        if value is None:
            return UNKNOWN
        code = _safe(code)
        shown = figures.money(value, code, COIN_PLACES, self.style, signed=signed)
        return self._amount(shown, f"{figures.exact(value)} {code}")

    def amount(self, value: Decimal | None, code: str = "") -> Markup:
        """A quantity of an asset."""
        if value is None:
            return UNKNOWN
        exact = f"{figures.exact(value)} {_safe(code)}" if code else figures.exact(value)
        return self._amount(figures.flexible(value, COIN_PLACES, self.style), exact)

    def price(self, usd: Decimal | None) -> Markup:
        """What one unit costs: known to everybody, so never hidden."""
        if usd is None:
            return UNKNOWN
        value = self.lens.of_usd(usd)
        shown = figures.price(value, self.places if self.lens.fiat else CENT_PLACES, self.style)
        return _markup(f'<span title="{figures.exact(value)} {_safe(self.lens.code)}">{shown}</span>')

    def exact(self, value: Decimal) -> str:
        """Every digit, as a program reads it."""
        return figures.exact(value)

    def number(self, value: Decimal | int, places: int = 0) -> str:
        return figures.fixed(Decimal(value), places, self.style)

    def percent(self, value: Decimal | None, places: int = 2) -> Markup:
        if value is None:
            return UNKNOWN
        return _markup(figures.percent(value, self.style, places=places))

    def change(self, value: Decimal | None) -> Markup:
        """A percentage with its direction as sign and colour."""
        if value is None:
            return UNKNOWN
        text = figures.percent(value, self.style, signed=True)
        return _markup(f'<span class="{_direction(text)}">{text}</span>')

    def gain(self, usd: Decimal | None) -> Markup:
        """An amount of money with its direction as sign and colour."""
        if usd is None:
            return UNKNOWN
        return _markup(f'<span class="{_turn(usd)}">{self.money(usd, signed=True)}</span>')

    def ago(self, moment: datetime | None) -> Markup:
        """How long ago, with the moment on hover; the page's script keeps it right."""
        if moment is None:
            return Markup('<span class="none">never</span>')
        old = age((self.now - moment).total_seconds())
        return _markup(f'<time datetime="{_iso(moment)}" title="{_words(moment)}" data-ago>{old}</time>')

    def moment(self, moment: datetime | None) -> Markup:
        if moment is None:
            return UNKNOWN
        return Markup('<time datetime="{}">{}</time>').format(_iso(moment), _words(moment))

    def seconds(self, begin: datetime, end: datetime) -> str:
        """How long something took."""
        took = end - begin
        tenths = Decimal(took // timedelta(milliseconds=100)).scaleb(-1, CONTEXT)
        return f"{figures.fixed(tenths, 1, self.style)}{figures.SPACE}s"

    def day(self, day: date | datetime) -> Markup:
        text = (day.astimezone(UTC).date() if isinstance(day, datetime) else day).isoformat()
        return Markup('<time datetime="{0}">{0}</time>').format(text)

    def _amount(self, shown: str, exact: str) -> Markup:
        """Digits, signs, and codes that were escaped."""
        attribute = "data-exact" if self.private else "title"
        return _markup(f'<span class="amt" {attribute}="{exact}"><span>{shown}</span></span>')


def _markup(text: str) -> Markup:
    """As Markup(text), without a look at what it is given: a page has a thousand of them."""
    return str.__new__(Markup, text)


def age(seconds: float) -> str:
    """In words: "just now", "3 min ago", "2 h ago", "5 days ago"."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return "just now"
    if whole < HOUR:
        return f"{whole // MINUTE} min ago"
    if whole < 2 * DAY:
        return f"{whole // HOUR} h ago"
    return f"{whole // DAY} days ago"


def percentage(part: Decimal, whole: Decimal) -> Decimal | None:
    """part / whole x 100; None where there is no positive whole."""
    return divide(CONTEXT.multiply(part, Decimal(100)), whole) if whole > 0 else None


def install(environment: Environment) -> None:
    """The methods of Format as filters; a page's context has its Format as `fmt`."""
    for name in (
        "money",
        "coin",
        "amount",
        "price",
        "percent",
        "change",
        "gain",
        "ago",
        "moment",
        "day",
        "number",
        "own",
        "own_gain",
    ):
        environment.filters[name] = _filter(name)


def _filter(name: str) -> Any:
    @pass_context
    def written(context: Context, value: Any, *args: Any, **options: Any) -> Any:
        if isinstance(value, Undefined):
            return value
        return getattr(context["fmt"], name)(value, *args, **options)

    return written


@lru_cache(maxsize=4096)
def _safe(code: str) -> str:
    """A code as it may stand in HTML: what exchanges call their coins is theirs to choose."""
    return str(escape(code))


def _turn(value: Decimal) -> str:
    return "up" if value > 0 else "down" if value < 0 else "even"


def _direction(text: str) -> str:
    return "up" if text.startswith(figures.PLUS) else "down" if text.startswith(figures.MINUS) else "even"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _words(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
