"""The OpenAPI document (https://spec.openapis.org/oas/v3.1.0), made from the routes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any, Literal

from coinassay import __version__
from coinassay.api.declared import ACCOUNT, Param
from coinassay.api.description.examples import Examples
from coinassay.api.description.schemas import REFERENCE, Schema, schemas_of
from coinassay.api.errors import (
    EXCHANGE_ERRORS,
    PayloadTooLarge,
    UnsupportedContentType,
    reply_to,
    row_of,
)
from coinassay.api.routing import Route
from coinassay.api.wire.error import ErrorBody
from coinassay.errors import (
    Banned,
    CoinassayError,
    ExchangeError,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    SignatureInvalid,
    StorageError,
    TooManyRequests,
)

TITLE = "Coinassay"

SUMMARY = "Reads exchange accounts, values them to the last digit, and answers the accounts API of 3Commas."

REQUEST_ID: Schema = {"description": "Names the request in the server's log.", "schema": {"type": "string"}}
RETRY_AFTER: Schema = {
    "description": "Seconds, where they are few; the body has the number in any case, as `retry_after`.",
    "schema": {"type": "integer"},
}

MEDIA = ("application/json", "application/x-www-form-urlencoded")

Samples = Mapping[type[CoinassayError], CoinassayError]

SAMPLES: Samples = {
    InvalidRequest: InvalidRequest({"name": ["is missing"]}),
    TooManyRequests: TooManyRequests(300),
    Banned: Banned(120),
    PayloadTooLarge: PayloadTooLarge(1024 * 1024),
}
"""One of each error that cannot be made from nothing."""


def text_of(name: str) -> str:
    """One of the texts beside this module: "general" or "signing"."""
    return (resources.files(__package__) / f"{name}.md").read_text(encoding="utf-8")


def errors_of(route: Route) -> tuple[type[CoinassayError], ...]:
    """Everything that `route` may answer instead of what it should, each once."""
    found: list[type[CoinassayError]] = [InvalidRequest, PayloadTooLarge]
    if route.signed:
        found += [NotAuthenticated, SignatureInvalid, TooManyRequests, Banned, StorageError]
    if route.permission is not None:
        found.append(PermissionDenied)
    if "{" in route.template:
        found.append(NotFound)
    if route.method != "GET":
        found.append(UnsupportedContentType)
    for each in route.errors:
        found += EXCHANGE_ERRORS if each is ExchangeError else (each,)
    return tuple(dict.fromkeys((*found, CoinassayError)))


def operation_id(route: Route) -> str:
    """The handler's name; version 2 of an endpoint has one of its own."""
    name = getattr(route.handler, "__name__", "")
    return f"{name}_v2" if route.template.startswith("/v2/") else name


def describe(routes: Sequence[Route], public_url: str, examples: Examples) -> dict[str, Any]:
    """The document. Raises ValueError for a route that does not say what it answers."""
    for route in routes:
        if route.answer is None or not route.summary:
            raise ValueError(f"{route.method} {route.path} is not described")
    answers, components = schemas_of([*(route.answer for route in routes), ErrorBody])
    components["ErrorBody"]["additionalProperties"] = False
    paths: dict[str, dict[str, Any]] = {}
    for route, answer in zip(routes, answers, strict=False):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, answer, examples)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": __version__,
            "summary": SUMMARY,
            "description": f"{text_of('general')}\n# Signing\n\n{text_of('signing')}",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "tags": _tags(routes),
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


_SECURITY: Schema = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "Apikey", "description": "The API key."},
    "Signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "HMAC-SHA256 in hexadecimal digits, or RSA in base64: see Signing.",
    },
}


def tag_of(route: Route) -> str:
    """The group: the module its handler stands in."""
    return route.handler.__module__.rpartition(".")[2].replace("_", " ")


def _tags(routes: Iterable[Route]) -> list[Schema]:
    modules = {tag_of(route): route.handler.__module__ for route in routes}
    return [
        {"name": tag, "description": inspect.cleandoc(sys.modules[module].__doc__ or "")}
        for tag, module in modules.items()
    ]


def _operation(route: Route, answer: Schema, examples: Examples) -> Schema:
    operation: Schema = {
        "operationId": operation_id(route),
        "tags": [tag_of(route)],
        "summary": route.summary,
        "description": _text(route),
        "security": [{"ApiKey": [], "Signature": []}] if route.signed else [],
    }
    if route.permission is not None:
        operation["x-permission"] = str(route.permission)
    parameters = [_parameter(each, route.method) for each in _all_params(route)]
    if parameters:
        operation["parameters"] = parameters
    if route.method != "GET":
        operation["requestBody"] = _request_body(route, examples)
    operation["responses"] = _responses(route, answer, examples)
    return operation


def _text(route: Route) -> str:
    text = inspect.cleandoc(route.handler.__doc__ or "")
    if not route.signed:
        return f"{text}\n\nPublic: a key and a signature are not even looked at.".strip()
    if route.permission is None:
        return f"{text}\n\nAny key may ask.".strip()
    return f"{text}\n\nThe key needs `{route.permission}`.".strip()


def _all_params(route: Route) -> tuple[Param, ...]:
    return (ACCOUNT, *route.params) if "{account_id}" in route.template else route.params


def _parameter(param: Param, method: str) -> Schema:
    place: Literal["path", "header", "query"] = "query" if param.source == "anywhere" else param.source
    schema = param.schema()
    described: Schema = {
        "name": param.name,
        "in": place,
        "description": param.says,
        # Elsewhere than in a GET it may as well be in the body, which cannot be said here.
        "required": param.required and (place == "path" or method == "GET"),
        "schema": schema,
    }
    if schema.get("type") == "object":
        described |= {"style": "deepObject", "explode": True}
    if param.example is not None:
        described["example"] = param.example
    return described


def _request_body(route: Route, examples: Examples) -> Schema:
    inside = [each for each in route.params if each.source == "anywhere"]
    schema: Schema = {
        "type": "object",
        "properties": {each.name: {"description": each.says, **each.schema()} for each in inside},
    }
    required = [each.name for each in inside if each.required]
    if required:
        schema["description"] = f"Required here or in the query: {', '.join(required)}."
        schema["x-required"] = required
    body: Schema = {media: {"schema": schema} for media in MEDIA}
    sent = examples.request(operation_id(route))
    if sent is not None:
        body[MEDIA[0]] = {"schema": schema, "example": sent}
    objects = [each.name for each in inside if each.schema().get("type") == "object"]
    if objects:
        encoding = {name: {"style": "deepObject", "explode": True} for name in objects}
        body[MEDIA[1]] = {"schema": schema, "encoding": encoding}
    return {"required": False, "content": body}


def _responses(route: Route, answer: Schema, examples: Examples) -> Schema:
    good: Schema = {"schema": answer}
    example = examples.answer(operation_id(route))
    if example is not None:
        good["example"] = example
    responses: Schema = {
        str(route.status): {
            "description": "Created." if route.status == 201 else "OK.",
            "headers": {"X-Request-Id": REQUEST_ID},
            "content": {route.media: good},
        }
    }
    by_status: dict[int, list[type[CoinassayError]]] = {}
    for error in errors_of(route):
        by_status.setdefault(row_of(error).status, []).append(error)
    for status in sorted(by_status):
        responses[str(status)] = _refusal(by_status[status])
    return responses


def _refusal(found: Sequence[type[CoinassayError]]) -> Schema:
    samples = {each.code: sample_of(each) for each in found}
    codes = list(dict.fromkeys(row_of(each).error or each.code for each in found))
    headers: Schema = {"X-Request-Id": REQUEST_ID}
    if any(hasattr(error, "retry_after") for error in samples.values()):
        headers["Retry-After"] = RETRY_AFTER
    return {
        "description": " ".join(f"`{code}`" for code in codes),
        "headers": headers,
        "content": {
            MEDIA[0]: {
                "schema": {
                    "allOf": [{"$ref": REFERENCE.format(name="ErrorBody")}],
                    "properties": {"error": {"enum": codes}},
                },
                "examples": {name: {"value": Examples.parse(reply_to(error).body)} for name, error in samples.items()},
            }
        },
    }


def sample_of(error: type[CoinassayError]) -> CoinassayError:
    return SAMPLES[error] if error in SAMPLES else error()
