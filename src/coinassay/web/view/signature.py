"""How a request is signed, step by step: what the signature explainer shows. Secrets never come here.

The string is the one most clients sign; the server takes a few others as well (docs/reference/signing.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    text: str
    result: str = ""
    """What there is after this step, to be shown as it is."""


@dataclass(frozen=True, slots=True)
class Explanation:
    steps: tuple[Step, ...]
    signed: str
    """The exact string that is signed; empty where the request would be refused."""
    problems: tuple[str, ...] = ()


def explain(method: str, target: str, body: str) -> Explanation:
    """The way from a request to the string that is signed.

    `target`: a path, with a query or without, or a whole URL; `body` as it is sent, byte for byte.
    """
    method, target = method.strip().upper(), target.strip()
    problems: list[str] = []
    if method not in METHODS:
        problems.append(f"{method or 'Nothing'} is not a method that is used here: {', '.join(METHODS)} are.")
    steps: list[Step] = []
    if "://" in target:
        parts = _split(target)
        if parts is None:
            return Explanation((), "", ("The URL cannot be read.",))
        target = parts
        steps.append(
            Step("Take the host away", "Neither the scheme nor the host is signed, only what follows.", target)
        )
    path, mark, query = target.partition("#")[0].partition("?")
    if not path.startswith("/"):
        problems.append("The path begins with a slash: /public/api/ver1/accounts, for example.")
    elif not path.startswith(("/public/api/", "/api/")):
        problems.append("The path is signed whole, with its /public/api: /public/api/ver1/accounts, for example.")
    if any(ord(character) < 33 or ord(character) > 126 for character in path + query):
        problems.append("Blanks and letters outside ASCII are percent-encoded before a request is signed and sent.")
    steps.append(Step("The path", "As it stands in the request line, with its beginning.", path))
    signed = path
    if query:
        signed = f"{path}?{query}"
        steps.append(
            Step("Add the query", "A question mark and the parameters, in the order and form they are sent in.", signed)
        )
    elif mark:
        steps.append(Step("The bare question mark", "Without parameters it may be left out.", signed))
    if body and method == "GET":
        problems.append("A GET request has no body: no signature would cover it, so it is refused.")
    elif body:
        if query or body.startswith("{"):
            signed += body
            text = "Nothing comes between them. The body is signed as it is sent: another blank is another signature."
        else:
            signed += "?" + body
            text = "A form body without a query is joined with a question mark."
        steps.append(Step("Add the body", text, signed))
    if problems:
        return Explanation(tuple(steps), "", tuple(problems))
    steps.append(
        Step(
            "Sign it",
            "HMAC key: HMAC-SHA256 of this string with the key's secret, as 64 hexadecimal digits. RSA key: the "
            "RSASSA-PKCS1-v1_5 signature with SHA-256, in base64 on one line.",
        )
    )
    steps.append(
        Step(
            "Send it",
            "With two headers, beside the request itself.",
            "Apikey: <your API key>\nSignature: <the signature>",
        )
    )
    return Explanation(tuple(steps), signed)


def _split(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if not parts.netloc:
        return None
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
