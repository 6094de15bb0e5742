# SPDX-License-Identifier: Apache-2.0
"""The fields of a JSON schema in rows, with what each may hold in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One row: a field, or one of an object in it, after a full stop."""

    name: str
    type: str
    required: bool
    words: str


def fields(schema: Schema, prefix: str = "", *, required: bool = True) -> Iterator[Field]:
    """Give each field of an object; one that is described elsewhere is named, not described."""
    forms = _forms(schema)
    found: dict[str, list[Schema]] = {}
    for form in forms:
        for name, value in form.get("properties", {}).items():
            others = found.setdefault(name, [])
            others += [value] if value not in others else []
    for name, values in found.items():
        value = values[0] if len(values) == 1 else {"oneOf": values}
        here = required and all(name in form.get("required", ()) for form in forms)
        yield field(prefix + name, value, required=here)
        yield from fields(_content(value), f"{prefix}{name}.", required=here)


def field(name: str, schema: Schema, *, required: bool) -> Field:
    """Give the row of one value."""
    words = " ".join(_words(schema)) or "As it is named."
    return Field(name, _type(schema), required, words)


def _forms(schema: Schema) -> list[Schema]:
    """Each form that a value may have."""
    several = schema.get("oneOf") or schema.get("anyOf")
    return [inner for each in several for inner in _forms(each)] if several else [schema]


def _content(schema: Schema) -> Schema:
    """What stands in a value: the items of an array, else the value itself."""
    forms = [
        each.get("items", each) if each.get("type") == "array" else each for each in _forms(schema)
    ]
    inner = [form for each in forms for form in _forms(each) if "properties" in form]
    return inner[0] if len(inner) == 1 else {"oneOf": inner} if inner else {}


def _type(schema: Schema) -> str:
    found = []
    for form in _forms(schema):
        if "$ref" in form:
            kind = "object"
        elif "const" in form or "enum" in form:
            values = form.get("enum", [form.get("const")])
            kind = {str: "string", bool: "boolean", int: "integer"}.get(type(values[0]), "null")
        else:
            kind = form.get("type", "object")
            kind = kind if isinstance(kind, str) else " or ".join(kind)
        if kind not in found:
            found.append(kind)
    return " or ".join(found)


def _words(schema: Schema) -> Iterator[str]:
    said: set[str] = set()
    if "oneOf" in schema and (text := schema.get("description")):
        said.add(_sentence(text))
        yield _sentence(text)
    for form in _forms(schema):
        for sentence in _sentences(form):
            if sentence not in said:
                said.add(sentence)
                yield sentence


def _sentences(form: Schema) -> Iterator[str]:
    if "$ref" in form:
        yield f"See {reference(form)}."
        return
    if "enum" in form:
        yield f"One of {', '.join(_literal(each) for each in form['enum'])}."
    if "const" in form:
        yield f"{_literal(form['const'])}."
    if text := form.get("description"):
        yield _sentence(text)
    elif "pattern" in form and form["pattern"] != r"\S":
        yield f"It must match {_literal(form['pattern'])}."
    yield from _bounds(form)
    if "default" in form:
        yield f"By default {_literal(form['default'])}."
    items = form.get("items", {})
    if form.get("type") == "array" and "properties" not in items:
        yield from ("Each: " + sentence for sentence in _words(items))
    extra = form.get("additionalProperties")
    if isinstance(extra, dict):
        yield from ("Each value: " + sentence for sentence in _words(extra))


def _bounds(form: Schema) -> Iterator[str]:
    for least, most, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
        ("minProperties", "maxProperties", " items"),
    ):
        low, high = form.get(least), form.get(most)
        if low is not None and high is not None:
            yield f"{low} to {high}{unit}." if low != high else f"{low}{unit}."
        elif high is not None:
            yield f"At most {high}{unit}."
        elif low:
            yield f"At least {low}{unit}."


def _sentence(text: str) -> str:
    text = f"It {text}" if text.startswith("must ") else f"{text[0].upper()}{text[1:]}"
    return text if text.endswith(".") else f"{text}."


def reference(form: Schema) -> str:
    """Give the link to where an object is described."""
    name = form["$ref"].rpartition("/")[2]
    return f":ref:`{name} <object-{name}>`"


def _literal(value: object) -> str:
    return f"``{value}``" if value not in ("", None) else "null" if value is None else "empty"
