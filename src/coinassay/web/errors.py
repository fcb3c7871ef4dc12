"""Each of our errors as a page: the one table that gives them status, title and words."""

from __future__ import annotations

from dataclasses import dataclass

from coinassay.errors import (
    AccessError,
    CoinassayError,
    ConfigurationError,
    Conflict,
    ExchangeError,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    StorageError,
    TooManyRequests,
    UnknownPair,
)


class Forged(AccessError):
    """This form did not come from a page that this server showed to you. Go back, load the page again and repeat it."""

    code = "forged"


class WrongHost(AccessError):
    """This server does not know the name it was asked for."""

    code = "wrong_host"


class MethodNotAllowed(CoinassayError):
    """This address is not for that."""

    code = "method_not_allowed"


class BodyTooLarge(CoinassayError):
    """That is more than this server takes in at once."""

    code = "payload_too_large"


class BadForm(CoinassayError):
    """What was sent is not a form this server can read."""

    code = "bad_form"


@dataclass(frozen=True, slots=True)
class Look:
    """How an error is shown; without words it is its own message."""

    status: int
    title: str
    words: str = ""


LOOKS: tuple[tuple[type[CoinassayError], Look], ...] = (
    (NotFound, Look(404, "Not found", "There is nothing at this address, or nothing that is yours.")),
    (InvalidRequest, Look(422, "That does not fit")),
    (
        Conflict,
        Look(409, "Changed meanwhile", "Somebody else changed it at the same moment. Nothing was written."),
    ),
    (Forged, Look(403, "Nothing was changed")),
    (WrongHost, Look(421, "Unknown name")),
    (MethodNotAllowed, Look(405, "Not here")),
    (BodyTooLarge, Look(413, "Too large")),
    (BadForm, Look(400, "That could not be read")),
    (TooManyRequests, Look(429, "Too many attempts")),
    (PermissionDenied, Look(403, "Not allowed", "You may not do this.")),
    (NotAuthenticated, Look(401, "Not signed in")),
    (AccessError, Look(403, "Not possible")),
    (ExchangeError, Look(502, "The exchange did not do its part")),
    (StorageError, Look(500, "Something went wrong here")),
    (ConfigurationError, Look(500, "Something is set up wrong")),
    (UnknownPair, Look(404, "Not found")),
    (CoinassayError, Look(500, "Something went wrong here")),
)
CRASH = Look(500, "Something went wrong here", "It is not your fault. What happened is in the server's log.")


def look_of(error: CoinassayError) -> Look:
    for kind, look in LOOKS:
        if isinstance(error, kind):
            return Look(look.status, look.title, look.words or words_of(error))
    return CRASH


def words_of(error: CoinassayError) -> str:
    """What a person reads about it."""
    if isinstance(error, InvalidRequest):
        return "; ".join(f"{name} {text}" for name, texts in error.fields.items() for text in texts) or error.message
    if isinstance(error, TooManyRequests):
        return f"Please wait {in_words(error.retry_after)} and try again."
    return " ".join(error.message.split())


def in_words(seconds: int) -> str:
    """ "40 seconds", "3 minutes"."""
    if seconds < 90:
        return f"{seconds} second{'s' * (seconds != 1)}"
    return f"{-(-seconds // 60)} minutes"
