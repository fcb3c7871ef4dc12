"""What exchanges' own error codes mean, where the class ccxt gives them says too little or the wrong thing.

Each code stands in the exchange's own API documentation; which class ccxt 4.5.90 raises for it was tried with its own
`handle_errors`. Codes that ccxt already classifies rightly are left to the table of classes in `errors.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto


class Kind(Enum):
    """What an exchange means by an error."""

    KEY = auto()
    """The key, its secret or its passphrase is wrong, expired or gone."""
    KEY_OR_ACCESS = auto()
    """One code for a wrong key, a refused IP address and a missing permission."""
    MALFORMED = auto()
    """The credentials do not have the form a request could be signed with."""
    SCOPE = auto()
    IP = auto()
    SUSPENDED = auto()
    CLOCK = auto()
    THROTTLED = auto()
    DOWN = auto()
    REGION = auto()
    """The place this server stands in is refused; often not to be told from too many requests."""
    NOT_OPENED = auto()
    """The user has no such account at the exchange."""
    UNIFIED = auto()
    """The account is a unified one, and was asked for as a classic one."""
    NO_SUCH_THING = auto()
    RUBBISH = auto()


_BINANCE: Mapping[str, Kind] = {
    "-1000": Kind.DOWN,
    "-1001": Kind.DOWN,
    "-1002": Kind.SCOPE,  # "You are not authorized to execute this request."
    "-1003": Kind.THROTTLED,
    "-1007": Kind.DOWN,
    "-1008": Kind.THROTTLED,
    "-1015": Kind.THROTTLED,
    "-1021": Kind.CLOCK,
    "-1022": Kind.KEY,
    "-2008": Kind.KEY,
    "-2014": Kind.KEY,
    # "Invalid API-key, IP, or permissions for action."; on an instance that was let in before, ccxt calls it a ban.
    "-2015": Kind.KEY_OR_ACCESS,
    "-3003": Kind.NOT_OPENED,  # "Margin account does not exist."
    "-11001": Kind.NOT_OPENED,  # "Isolated margin account does not exist."
}

_OKX: Mapping[str, Kind] = {
    "50001": Kind.DOWN,
    "50004": Kind.DOWN,
    "50011": Kind.THROTTLED,
    "50013": Kind.DOWN,
    "50026": Kind.DOWN,
    "50030": Kind.SCOPE,
    "50061": Kind.THROTTLED,
    "50100": Kind.KEY,  # "API frozen"
    "50101": Kind.KEY,
    "50102": Kind.CLOCK,
    "50103": Kind.KEY,
    "50104": Kind.KEY,
    "50105": Kind.KEY,
    "50110": Kind.IP,
    "50111": Kind.KEY,
    "50112": Kind.CLOCK,
    "50113": Kind.KEY,
    "50114": Kind.KEY,
    "50118": Kind.IP,
    "50119": Kind.KEY,  # "API key doesn't exist"
    "50120": Kind.KEY_OR_ACCESS,  # every key of OKX may read, so one that may not is of no use here
    "50121": Kind.IP,
}

_HTX: Mapping[str, Kind] = {
    "login-required": Kind.KEY,
    "api-signature-check-failed": Kind.KEY,
    "api-signature-not-valid": Kind.KEY,
    "gateway-internal-error": Kind.DOWN,
}

_GATE: Mapping[str, Kind] = {
    "INVALID_KEY": Kind.KEY,
    "INVALID_SIGNATURE": Kind.KEY,
    "INVALID_CREDENTIALS": Kind.KEY,
    "IP_FORBIDDEN": Kind.IP,
    "READ_ONLY": Kind.SCOPE,
    "FORBIDDEN": Kind.SCOPE,
    "REQUEST_EXPIRED": Kind.CLOCK,
    "TOO_MANY_REQUESTS": Kind.THROTTLED,
    "TOO_FAST": Kind.THROTTLED,
    "TOO_BUSY": Kind.DOWN,
    "INTERNAL": Kind.DOWN,
    "SERVER_ERROR": Kind.DOWN,
    "USER_NOT_FOUND": Kind.NOT_OPENED,  # "please transfer funds first to make futures account"
    "CROSS_ACCOUNT_NOT_FOUND": Kind.NOT_OPENED,
}

_BY_EXCHANGE: Mapping[str, Mapping[str, Kind]] = {
    "binance": _BINANCE,
    "bingx": {"100413": Kind.KEY, "100419": Kind.IP, "100421": Kind.CLOCK, "100410": Kind.THROTTLED},
    "bitfinex": {
        "10020": Kind.KEY,  # an API key that it cannot even read
        "10100": Kind.KEY,
        "10114": Kind.CLOCK,
        "11010": Kind.THROTTLED,
        "20060": Kind.DOWN,
    },
    "bitget": {
        "40006": Kind.KEY,
        "40009": Kind.KEY,
        "40012": Kind.KEY,
        "40037": Kind.KEY,
        "40005": Kind.CLOCK,
        "40008": Kind.CLOCK,
        "40014": Kind.SCOPE,
        "40018": Kind.IP,
        "40085": Kind.UNIFIED,
    },
    "bitso": {"0201": Kind.KEY},
    "bitstamp": {
        "API0001": Kind.KEY,
        "API0002": Kind.IP,
        "API0003": Kind.SCOPE,
        "API0004": Kind.CLOCK,
        "API0005": Kind.KEY,
        "API0006": Kind.KEY,
    },
    "bitvavo": {"302": Kind.CLOCK, "303": Kind.CLOCK, "304": Kind.CLOCK},
    "bybit": {
        "10002": Kind.CLOCK,
        "10003": Kind.KEY,
        "10004": Kind.KEY,
        "10005": Kind.SCOPE,
        "10006": Kind.THROTTLED,
        "10007": Kind.KEY,
        "10009": Kind.IP,
        "10010": Kind.IP,
        "10016": Kind.DOWN,
        "10018": Kind.THROTTLED,
        "10024": Kind.REGION,
        "33004": Kind.KEY,
    },
    "coinbase": {
        "unauthenticated": Kind.KEY,
        "authentication_error": Kind.KEY,
        "invalid_token": Kind.KEY,
        "expired_token": Kind.KEY,
        "revoked_token": Kind.KEY,
        "PERMISSION_DENIED": Kind.SCOPE,
        "invalid_scope": Kind.SCOPE,
    },
    "cryptocom": {
        "10003": Kind.IP,
        "10007": Kind.CLOCK,
        "40101": Kind.KEY,
        "40102": Kind.CLOCK,
        "40103": Kind.IP,
        "42901": Kind.THROTTLED,
    },
    "deribit": {"13004": Kind.KEY, "13009": Kind.KEY, "13021": Kind.SCOPE, "10028": Kind.THROTTLED},
    "gate": _GATE,
    "gemini": {
        "InvalidNonce": Kind.CLOCK,
        "InvalidSignature": Kind.KEY,
        "InvalidApiKey": Kind.KEY,
        "MissingRole": Kind.SCOPE,
    },
    "htx": _HTX,
    "kraken": {
        "EAPI:Invalid key": Kind.KEY,
        "EAPI:Invalid signature": Kind.KEY,
        "EAPI:Invalid nonce": Kind.CLOCK,
        "EAPI:Rate limit exceeded": Kind.THROTTLED,
        "EGeneral:Permission denied": Kind.SCOPE,
        "EGeneral:Temporary lockout": Kind.THROTTLED,
        "EGeneral:Internal error": Kind.DOWN,
        "EService:Unavailable": Kind.DOWN,
        "EService:Busy": Kind.DOWN,
    },
    "kucoin": {
        "400001": Kind.KEY,
        "400002": Kind.CLOCK,
        "400003": Kind.KEY,
        "400004": Kind.KEY,
        "400005": Kind.KEY,
        "400006": Kind.IP,
        "400007": Kind.SCOPE,
        "400302": Kind.REGION,
        "411100": Kind.SUSPENDED,
        "429000": Kind.THROTTLED,
    },
    "mexc": {
        "602": Kind.KEY,
        "10072": Kind.KEY,
        "700001": Kind.KEY,
        "700002": Kind.KEY,
        "700003": Kind.CLOCK,
        "700006": Kind.IP,
        "700007": Kind.SCOPE,
    },
    "okx": _OKX,
    "p2b": {"1012": Kind.CLOCK, "1016": Kind.CLOCK},
    "weex": {"-1042": Kind.CLOCK, "-1043": Kind.CLOCK},
    "xt": {"AUTH_104": Kind.IP, "AUTH_105": Kind.CLOCK},
}

_SPEAKS_LIKE = {
    "binanceus": "binance",
    "binanceusdm": "binance",
    "binancecoinm": "binance",
    "tokocrypto": "binance",
    "bitrue": "binance",
    "aster": "binance",
    "myokx": "okx",
    "okxus": "okx",
    "bybiteu": "bybit",
    "bybitid": "bybit",
    "gateeu": "gate",
    "bittrade": "htx",
    "kucoinfutures": "kucoin",
}


def kind_of_code(exchange_id: str, code: str) -> Kind | None:
    """What the exchange means by `code`, or None where the table does not know it."""
    return _BY_EXCHANGE.get(_SPEAKS_LIKE.get(exchange_id, exchange_id), {}).get(code)


_IP = r"\bips?\b"
_LIMITED = (
    r"(?:white.?list|allow|restrict|bound|bind|trusted|match|permi|illegal|invalid|incorrect|forbid|banned|blocked)"
)
_CREDENTIAL = r"(?:api.?key|access.?key|signature|\bsign\b|passphrase|credential|authenti|authori|\bjwt\b|api.?token)"
_WRONG = (
    r"(?:invalid|incorrect|wrong|expired|fail|mismatch|revoked|disabled|unknown|illegal|reject|inactive|\bbad\b"
    r"|not (?:exist|found|valid|match|active)|n.t exist)"
)
_ABSENT = r"(?:missing|empty|required|blank)"

_PATTERNS: tuple[tuple[re.Pattern[str], Kind], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"api.?key,? ip,? or permission", Kind.KEY_OR_ACCESS),
        (r"submission time|acceptable window|ahead of (?:the )?server", Kind.CLOCK),
        (rf"{_ABSENT}.{{0,60}}{_CREDENTIAL}|nonce.{{0,20}}credential", Kind.KEY),
        (r"nonce|time.?stamp|recv.?window", Kind.CLOCK),
        (r"(?:request|message|signature).{0,12}(?:expired|outdated|too old)", Kind.CLOCK),
        (rf"{_IP}.{{0,40}}{_LIMITED}|{_LIMITED}.{{0,40}}{_IP}", Kind.IP),
        (rf"{_CREDENTIAL}.{{0,40}}{_WRONG}|{_WRONG}.{{0,20}}{_CREDENTIAL}", Kind.KEY),
        (r"permission|privilege|scope|\brole\b|access (?:is )?denied|not authori[sz]ed to", Kind.SCOPE),
        (r"restricted (?:location|region|country)|your (?:country|region|location)", Kind.REGION),
        (r"too many (?:requests|visits)|rate.?limit|too frequent", Kind.THROTTLED),
        (r"maintenance|under upgrade|temporarily unavailable|service unavailable|system busy", Kind.DOWN),
    )
)


def kind_of_text(text: str) -> Kind | None:
    """What the exchange's own words say, for codes the tables do not have; None where nothing in them is known."""
    return next((kind for pattern, kind in _PATTERNS if pattern.search(text)), None)
