"""Parameters as declarations: the same object reads a parameter and describes it (coinassay.api.description).

    PAIR = RequiredText("pair", "A pair as `QUOTE_BASE`.", example="USDT_BTC")
    ...
    pair = PAIR.read(call.params)
    call.params.check()

A route names its declarations in `Route.params`. Wherever a parameter may come from the query, a form or JSON, that is
decided by coinassay.api.params and the same for all of them; what is read elsewhere has a `source` of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal

from coinassay.api.moments import moment_of
from coinassay.api.params import INVALID, MISSING, Params
from coinassay.domain.account import Mode
from coinassay.errors import NotFound

LARGEST_ID = 2**31 - 1
"""Clients keep ids in a signed 32-bit integer."""

Schema = dict[str, Any]
"""A JSON schema."""


@dataclass(frozen=True, slots=True)
class Param:
    """What all have in common. `says` is for the reader of the description; `example` one good value."""

    name: str
    says: str
    example: Any = None

    source: ClassVar[Literal["anywhere", "header", "path"]] = "anywhere"
    required: ClassVar[bool] = False

    def schema(self) -> Schema:
        """What is accepted, as a value in JSON."""
        return {"type": "string"}


@dataclass(frozen=True, slots=True)
class Text(Param):
    shortest: int = 0
    longest: int = 0
    """0: no bound. Who uses the text checks both."""

    def schema(self) -> Schema:
        bounds = {"minLength": self.shortest, "maxLength": self.longest}
        return {"type": "string", **{name: bound for name, bound in bounds.items() if bound}}

    def read(self, params: Params) -> str | None:
        """None where it is not given, or null."""
        return params.text(self.name)


@dataclass(frozen=True, slots=True)
class RequiredText(Text):
    required: ClassVar[bool] = True

    def read(self, params: Params) -> str:
        """Empty where it is not given, which is complained of."""
        return params.required(self.name)


@dataclass(frozen=True, slots=True)
class Choice(Param):
    allowed: tuple[str, ...] = ()

    def schema(self) -> Schema:
        return {"type": "string", "enum": [str(each) for each in self.allowed]}

    def read(self, params: Params) -> str | None:
        """None where it is not given, or null."""
        return None if params.text(self.name) is None else params.choice(self.name, self.allowed)


@dataclass(frozen=True, slots=True)
class RequiredChoice(Choice):
    required: ClassVar[bool] = True

    def read(self, params: Params) -> str:
        return params.choice(self.name, self.allowed)


@dataclass(frozen=True, slots=True)
class Integer(Param):
    default: int = 0
    lowest: int = 0
    highest: int = LARGEST_ID

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.lowest, "maximum": self.highest, "default": self.default}

    def read(self, params: Params) -> int:
        return params.integer(self.name, self.default, self.lowest, self.highest)


@dataclass(frozen=True, slots=True)
class EventNumber(Param):
    """A number that was given to an event."""

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}

    def read(self, params: Params) -> int | None:
        """None where it is not given."""
        text = params.text(self.name)
        return self.read_text(text, params) if text else None

    def read_text(self, text: str, params: Params) -> int | None:
        """The same of what came in another place."""
        if text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63:
            return int(text)
        params.complain(self.name, INVALID)
        return None


@dataclass(frozen=True, slots=True)
class AccountId(Param):
    """An account named by a parameter and not by the path."""

    required: ClassVar[bool] = True

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}

    def read(self, params: Params) -> int:
        """0, with a complaint, for what is no number. Raises NotFound for numbers no account has."""
        text = params.required(self.name)
        if not (text.isascii() and text.isdigit()):
            if self.name not in params.problems:
                params.complain(self.name, INVALID)
            return 0
        if len(text) > 10 or not 0 < int(text) <= LARGEST_ID:
            raise NotFound
        return int(text)


@dataclass(frozen=True, slots=True)
class Flag(Param):
    def schema(self) -> Schema:
        return {"type": "boolean"}

    def read(self, params: Params) -> bool | None:
        """None where it is not given, or null."""
        return params.boolean(self.name)


@dataclass(frozen=True, slots=True)
class Texts(Param):
    def schema(self) -> Schema:
        return {"type": "array", "items": {"type": "string"}}

    def read(self, params: Params) -> Sequence[str] | None:
        """None where it is not given, or null."""
        return params.texts(self.name)


@dataclass(frozen=True, slots=True)
class RequiredTexts(Texts):
    required: ClassVar[bool] = True

    def read(self, params: Params) -> Sequence[str]:
        """At least one; empty, with a complaint, where there is none."""
        found = params.texts(self.name)
        if not found and self.name not in params.problems:
            params.complain(self.name, MISSING if found is None else INVALID)
        return found or ()


@dataclass(frozen=True, slots=True)
class RequiredAmount(Param):
    """An amount above zero: a number, or its digits as text."""

    required: ClassVar[bool] = True

    def schema(self) -> Schema:
        return {"type": ["number", "string"], "exclusiveMinimum": 0}

    def read(self, params: Params) -> Decimal:
        """0, with a complaint, where there is none."""
        return params.amount(self.name)


@dataclass(frozen=True, slots=True)
class Amount(Param):
    """The same, where it need not be given."""

    def schema(self) -> Schema:
        return {"type": ["number", "string"], "exclusiveMinimum": 0}

    def read(self, params: Params) -> Decimal | None:
        """None where it is not given, or null."""
        return params.amount(self.name) if params.has(self.name) else None


@dataclass(frozen=True, slots=True)
class Amounts(Param):
    """Non-negative amounts by currency code."""

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": {"type": ["number", "string"]}}

    def read(self, params: Params) -> Mapping[str, Decimal] | None:
        return params.amounts(self.name)


@dataclass(frozen=True, slots=True)
class Moment(Param):
    """A date, or a date and time (coinassay.api.moments)."""

    def schema(self) -> Schema:
        return {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}

    def read(self, params: Params) -> datetime | None:
        """None where it is not given, or empty."""
        text = params.text(self.name)
        if not text:
            if self.required and self.name not in params.problems:
                params.complain(self.name, MISSING)
            return None
        moment = moment_of(text)
        if moment is None:
            params.complain(self.name, INVALID)
        return moment


@dataclass(frozen=True, slots=True)
class RequiredMoment(Moment):
    required: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class LastMoment(Moment):
    """A date there means the end of that day, in UTC."""

    def read(self, params: Params) -> datetime | None:
        moment = Moment.read(self, params)
        if moment is None or "T" in (text := params.text(self.name) or "").upper() or ":" in text:
            return moment
        return moment + timedelta(days=1, microseconds=-1)


@dataclass(frozen=True, slots=True)
class PathAccount(Param):
    """The account in the path: read by Call.take_account_id."""

    source: ClassVar[Literal["anywhere", "header", "path"]] = "path"
    required: ClassVar[bool] = True

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}


@dataclass(frozen=True, slots=True)
class ModeHeader(Param):
    """Read by coinassay.api.routes.mode."""

    source: ClassVar[Literal["anywhere", "header", "path"]] = "header"

    def schema(self) -> Schema:
        return {"type": "string", "enum": [str(Mode.PAPER), str(Mode.REAL)]}


ACCOUNT = PathAccount("account_id", "The account's `id`.")

FORCED_MODE = ModeHeader(
    "Forced-Mode",
    "For this request only, in the place of the user's mode: `paper` for paper accounts, `real` for real ones.",
    "paper",
)
