"""JSON schemas of what is answered, from the types that encode it.

msgspec derives them; added here is what it cannot know: a msgspec.Raw in an answer is a number
(coinassay.api.wire.numbers), a field with a default is written as well as one without, and what stands below a field as
a docstring is its description.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import typing
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{name}"


def schemas_of(types: Sequence[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """The schema of each type, and those of the Structs in them by name. Raises TypeError for a Struct with `Any`."""
    schemas, named = msgspec.json.schema_components(types, ref_template=REFERENCE)
    structs = {struct.__name__: struct for each in types for struct in structs_in(each)}
    for name, schema in named.items():
        _complete(schema, structs[name])
    return [_numbered(schema) for schema in schemas], {name: _numbered(schema) for name, schema in named.items()}


def structs_in(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """Every Struct that `kind` is made of, itself included."""
    if kind is Any:
        raise TypeError("an answer of any type cannot be described")
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for hint in typing.get_type_hints(kind).values():
            yield from structs_in(hint)
    elif typing.get_origin(kind) is not typing.Literal:
        for each in typing.get_args(kind):
            yield from structs_in(each)


def _complete(schema: Schema, struct: type[msgspec.Struct]) -> None:
    hints = typing.get_type_hints(struct)
    texts = _field_texts(struct)
    fields = msgspec.structs.fields(struct)
    for field in fields:
        described = schema["properties"][field.encode_name]
        described.pop("default", None)
        text = texts.get(field.name)
        if text:
            described["description"] = text
    schema["description"] = inspect.cleandoc(schema.get("description", ""))
    schema["required"] = [
        field.encode_name for field in fields if msgspec.UnsetType not in typing.get_args(hints[field.name])
    ]
    schema.pop("title", None)


def _numbered(schema: Any) -> Any:
    """`schema` with numbers in the places of what msgspec leaves open."""
    if isinstance(schema, list):
        return [_numbered(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    done: Schema = {}
    for name, value in schema.items():
        if name == "properties":
            done[name] = {field: _number_or(each) for field, each in value.items()}
        elif name in ("items", "additionalProperties") and isinstance(value, dict):
            done[name] = _number_or(value)
        elif name in ("anyOf", "prefixItems"):
            done[name] = [_number_or(each) for each in value]
        else:
            done[name] = value
    return done


def _number_or(schema: Any) -> Any:
    if isinstance(schema, dict) and not schema.keys() - {"description"}:
        return {**schema, "type": "number"}
    return _numbered(schema)


def _field_texts(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The text below each field. Nothing where the program is installed without its source."""
    try:
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    except OSError:
        return {}
    assert isinstance(body, ast.ClassDef)
    texts: dict[str, str] = {}
    field = ""
    for statement in body.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            field = statement.target.id
        elif field and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            texts[field] = inspect.cleandoc(str(statement.value.value))
    return texts
