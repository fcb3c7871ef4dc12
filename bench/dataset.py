"""The holdings all sides of a comparison answer from: made up from a fixed seed, the same in every run."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path

_CODES = """
    BTC ETH XRP USDT BNB SOL USDC DOGE TRX ADA HYPE LINK AVAX XLM SUI BCH HBAR LTC LEO SHIB CRO DOT MNT XMR DAI UNI AAVE
    PEPE OKB ENA BGB NEAR APT TAO ETC ONDO WLD POL PYUSD ICP ARB KAS KCS VET FLR ZEC ATOM ALGO SEI BONK FIL FET IMX GT
    XDC INJ QNT OP TIA PAXG STX FDUSD LDO CRV AERO XAUT PYTH GRT CAKE PENDLE NEXO FLOKI ENS RAY CFX WIF XTZ THETA SAND
    IOTA VIRTUAL GALA STRK JASMY JTO ATH MORPHO MANA FLOW BTT EIGEN TWT ZRO BSV TUSD HNT SUN DYDX USDD CHZ SNX ZK BRETT
    NFT NEO RUNE APE COMP RSR BEAM XCN CORE GNO EGLD AR DASH SUPER AXS XEC 1INCH KAVA AIOZ RON CVX JST WEMIX FTT LUNC
    AXL MOVE DCR LPT MOG CTC AMP KSM BIO TURBO EURC SFP MEW MX SAFE QTUM TFUEL POPCAT BAT GLM IOTX CKB MINA ZIL ZRX GAS
    SUSHI RVN TRAC BLUR NOT ASTR ROSE VTHO YFI MASK GIGA ACH MKR EOS ID ZETA FXS KDA CELO ANKR ONE OSMO HOT SC ORDI ELF
    MATIC SATS XCH WOO PRIME SKL ZEN
"""

CODES = tuple(_CODES.split())
"""Two hundred codes, the best known first."""

SMALL, LARGE = 10, 200
"""Holdings of an account: an ordinary one, and one that collects everything."""

BTC_RATE = Decimal("63738.36")


@dataclass(frozen=True)
class Held:
    """`amount` units of `code`, `rate` USD each; decimals as text."""

    code: str
    amount: str
    rate: str


@dataclass
class AccountData:
    """`id` and `user` are set by whoever stores the account first."""

    holdings: tuple[Held, ...]
    user: int = 0
    id: int = 0


@dataclass
class KeyData:
    """A key of user `user`, as a client has it."""

    user: int
    api_key: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass
class Dataset:
    small: list[AccountData]
    large: list[AccountData]
    keys: list[KeyData]
    currencies: dict[str, tuple[str, str | None]]
    """Full name and CoinMarketCap id by code."""

    @property
    def accounts(self) -> list[AccountData]:
        return [*self.small, *self.large]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> Dataset:
        raw = json.loads(path.read_text())

        def account(each: dict[str, object]) -> AccountData:
            holdings = each["holdings"]
            assert isinstance(holdings, list)
            return AccountData(tuple(Held(**held) for held in holdings), int(str(each["user"])), int(str(each["id"])))

        return cls(
            small=[account(each) for each in raw["small"]],
            large=[account(each) for each in raw["large"]],
            keys=[KeyData(**each) for each in raw["keys"]],
            currencies={code: (name, cmc_id) for code, (name, cmc_id) in raw["currencies"].items()},
        )


def make(small: int, large: int, users: int = 4) -> Dataset:
    """`small` accounts of ten holdings and `large` ones of two hundred, dealt out to `users` users with a key each."""
    rng = random.Random(20260101)
    rates = {code: _rate(rng, place) for place, code in enumerate(CODES)}
    rates["BTC"] = str(BTC_RATE)
    keys = [KeyData(user, rng.randbytes(32).hex(), rng.randbytes(64).hex()) for user in range(users)]
    accounts = [
        AccountData(tuple(Held(code, _amount(rng), rates[code]) for code in CODES[:size]), n % users, 10_000_001 + n)
        for n, size in enumerate([SMALL] * small + [LARGE] * large)
    ]
    return Dataset(accounts[:small], accounts[small:], keys, {code: (code, None) for code in CODES})


def _rate(rng: random.Random, place: int) -> str:
    digits = 2 if place < 20 else 5
    return str(Decimal(rng.randrange(1, 10**6)).scaleb(-digits))


def _amount(rng: random.Random) -> str:
    """Eight decimals, as exchanges keep them, and at most fifteen digits: exact also in a JSON reader's float."""
    return str(Decimal(rng.randrange(1, 10 ** rng.randrange(6, 12))).scaleb(-8))


def requests(accounts: Sequence[AccountData], keys: Sequence[KeyData]) -> Iterator[tuple[str, bytes]]:
    """(path, whole HTTP request) of a signed pie_chart_data call for each account, signed with a key of its user."""
    by_user = {key.user: key for key in keys}
    for account in accounts:
        path = f"/public/api/ver1/accounts/{account.id}/pie_chart_data"
        yield path, signed_post(path, by_user[account.user])


def signed_post(path: str, key: KeyData) -> bytes:
    signature = hmac.new(key.secret.encode(), path.encode(), hashlib.sha256).hexdigest()
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"APIKEY: {key.api_key}",
        f"Signature: {signature}",
        "Accept: */*",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
