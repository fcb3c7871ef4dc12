"""/docs: the description as a page, complete without scripts and without anything from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import msgspec

from coinassay.api.wire.numbers import encode

Document = Mapping[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")


def render(document: Document, words: str = "") -> bytes:
    """The page; with `words` only the operations in which all of them occur, opened."""
    wanted = words.lower().split()
    found = [each for each in operations(document) if all(word in each.text for word in wanted)]
    groups = [(tag, [each for each in found if tag["name"] in each.about["tags"]]) for tag in document["tags"]]
    groups = [(tag, rows) for tag, rows in groups if rows]
    info = document["info"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>{escape(info['title'])}: the interface</title>",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="stylesheet" href="/docs/style.css"></head><body>',
        f"<header><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>",
        f"<p>{escape(info['summary'])} The same for programs: <a href='/openapi.json'>openapi.json</a>.</p>",
        '<form action="/docs" role="search"><label for="q">Find</label> ',
        f'<input id="q" name="q" type="search" value="{escape(words)}" placeholder="an address, a field, an error">',
        "<button>Find</button></form></header>",
        _contents(groups),
        "<main>",
    ]
    if wanted:
        said = f"{len(found)} of {sum(1 for _ in operations(document))} operations"
        parts.append(f'<p role="status">{said} with “{escape(words)}”. <a href="/docs">Show all</a></p>')
    else:
        parts.append(f'<section id="general">{markdown(info["description"])}</section>')
    for tag, rows in groups:
        parts.append(f'<section><h2 id="group-{_slug(tag["name"])}">{escape(tag["name"].capitalize())}</h2>')
        parts.append(markdown(tag["description"]))
        parts.extend(_operation(each, document, is_open=bool(wanted)) for each in rows)
        parts.append("</section>")
    parts.append("</main></body></html>")
    return "".join(parts).encode()


class Operation:
    """One method of one address."""

    def __init__(self, method: str, path: str, about: Mapping[str, Any]) -> None:
        self.method = method.upper()
        self.path = path
        self.about = about

    @property
    def text(self) -> str:
        """All that can be searched for."""
        return f"{self.method} {self.path} {self.about}".lower()

    @property
    def parameters(self) -> Sequence[tuple[str, str, bool, Mapping[str, Any], str]]:
        """Name, place, whether it is required, schema, what it is."""
        rows = [
            (each["name"], each["in"], each["required"], each["schema"], each["description"])
            for each in self.about.get("parameters", ())
        ]
        body = self.about.get("requestBody")
        if body is None:
            return rows
        schema = body["content"]["application/json"]["schema"]
        required = schema.get("x-required", ())
        return [row for row in rows if row[1] != "query"] + [
            (name, "query or body", name in required, each, each["description"])
            for name, each in schema["properties"].items()
        ]


def operations(document: Document) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield Operation(method, path, methods[method])


def _contents(groups: Sequence[tuple[Mapping[str, Any], Sequence[Operation]]]) -> str:
    parts = ['<nav aria-label="Contents"><ul>']
    for tag, rows in groups:
        parts.append(f'<li><a href="#group-{_slug(tag["name"])}">{escape(tag["name"].capitalize())}</a><ul>')
        parts += [
            f'<li><a href="#{each.about["operationId"]}">{escape(each.about["summary"])}</a></li>' for each in rows
        ]
        parts.append("</ul></li>")
    return "".join([*parts, "</ul></nav>"])


def _operation(operation: Operation, document: Document, *, is_open: bool) -> str:
    about = operation.about
    parts = [
        f'<details id="{about["operationId"]}"{" open" if is_open else ""}><summary>',
        f'<span class="method {operation.method.lower()}">{operation.method}</span> ',
        f"<code>{escape(operation.path)}</code> <span>{escape(about['summary'])}</span></summary>",
        markdown(about["description"]),
    ]
    if operation.parameters:
        parts.append("<h3>Parameters</h3><table><thead><tr><th>Name<th>Where<th>What<tbody>")
        for name, place, required, schema, text in operation.parameters:
            mark = " <strong>required</strong>" if required else ""
            parts.append(
                f"<tr><th scope='row'><code>{escape(name)}</code>{mark}"
                f"<td>{place}<td>{_inline(text)} <em>{escape(kind_of(schema))}</em>"
            )
        parts.append("</table>")
    example = about["requestBody"]["content"]["application/json"].get("example") if "requestBody" in about else None
    if example is not None:
        parts.append(f"<h3>Example of a body</h3>{_code(example)}")
    for status, response in about["responses"].items():
        content = next(iter(response["content"].values()))
        if "examples" in content:
            continue
        parts.append(f"<h3>Answer: {status}</h3>{_fields(content['schema'], document)}")
        if "example" in content:
            parts.append(_code(content["example"]))
    parts.append("<h3>Refusals</h3><table><thead><tr><th>Status<th>Body<tbody>")
    for status, response in about["responses"].items():
        for sample in next(iter(response["content"].values())).get("examples", {}).values():
            parts.append(f"<tr><th scope='row'>{status}<td><code>{escape(indented(sample['value'], 0))}</code>")
    return "".join([*parts, "</table></details>"])


def _fields(schema: Mapping[str, Any], document: Document) -> str:
    """The answer's fields, each Struct in it as a table."""
    parts = [f"<p>{escape(kind_of(schema))}</p>"]
    for name in structs_of(schema, document):
        struct = document["components"]["schemas"][name]
        parts.append(
            f"<h4>{escape(name)}</h4>{markdown(struct['description'])}<table><thead><tr><th>Field<th>What<tbody>"
        )
        for field, each in struct["properties"].items():
            optional = "" if field in struct["required"] else "May be left out. "
            text = f"{optional}{each.get('description', '')}".strip()
            parts.append(
                f"<tr><th scope='row'><code>{escape(field)}</code><td>{_inline(text)} <em>{escape(kind_of(each))}</em>"
            )
        parts.append("</table>")
    return "".join(parts)


def structs_of(schema: Any, document: Document) -> Sequence[str]:
    """The names of the Structs in `schema`, each once, outermost first."""
    names: dict[str, None] = {}
    waiting = [schema]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, dict):
            name = each.get("$ref", "").rpartition("/")[2]
            if name and name not in names:
                names[name] = None
                waiting.append(document["components"]["schemas"][name])
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return tuple(names)


def kind_of(schema: Mapping[str, Any]) -> str:
    """What a schema asks for, in words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(indented(each, 0) for each in schema["enum"])
    if "const" in schema:
        return indented(schema["const"], 0)
    if "anyOf" in schema and "type" not in schema:
        return " or ".join(kind_of(each) for each in schema["anyOf"])
    kind = schema.get("type", "")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"array of {kind_of(schema['items'])}" if "items" in schema else "array"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {kind_of(schema['additionalProperties'])}"
    bounds = [
        f"{text} {schema[name]}"
        for name, text in (
            ("minimum", "from"),
            ("maximum", "to"),
            ("minLength", "at least"),
            ("maxLength", "at most"),
            ("default", "otherwise"),
        )
        if name in schema
    ]
    formats = [each["format"] for each in schema.get("anyOf", ()) if "format" in each]
    return ", ".join([kind, *bounds, *([" or ".join(formats)] if formats else [])])


# ------------------------------------------------------------------------------------------------------ markdown


def markdown(text: str) -> str:
    """As much of Markdown as the texts here use: paragraphs, headings, lists, `code`, **strong**."""
    parts: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if not lines:
            continue
        if lines[0].startswith("#"):
            title = block.lstrip("# ")
            parts.append(f'<h2 id="{_slug(title)}">{_inline(title)}</h2>')
        elif lines[0].startswith("- "):
            items = re.split(r"^- ", block, flags=re.MULTILINE)[1:]
            parts.append(f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>")
        else:
            parts.append(f"<p>{_inline(block)}</p>")
    return "".join(parts)


def _inline(text: str) -> str:
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text.strip()))
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", marked)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def indented(value: Any, indent: int = 2) -> str:
    """JSON in lines, or with `indent` 0 in one line."""
    return msgspec.json.format(encode(value), indent=indent).decode()


def _code(value: Any) -> str:
    """JSON, or an answer that is text."""
    return f"<pre><code>{escape(value.strip() if isinstance(value, str) else indented(value))}</code></pre>"
