# SPDX-License-Identifier: Apache-2.0
"""The published JSON Schemas of both documents, and what is wrong with a document, in words."""

import difflib
import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any, Final

import jsonschema
from jsonschema import validators

from ensemble_api.offline.document import Document, DocumentError

NAMES: Final = ("snapshot", "ensemble")

_KINDS: Final = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def text(name: str) -> str:
    """The schema file of a kind of document, one of NAMES."""
    return resources.files(__package__).joinpath(f"{name}.schema.json").read_text("utf-8")


def check(document: Document, name: str) -> None:
    """Check the shape of a document.

    :raises ensemble_api.offline.document.DocumentError: about the first value that is wrong.
    """
    error = next(iter(_validator(name).iter_errors(document.value)), None)
    if error is not None:
        raise _document_error(document, error)


_ITEMS: Final = jsonschema.Draft202012Validator.VALIDATORS["items"]


def _validator(name: str) -> Any:
    """A validator for one document: a list of texts that repeats is checked once only.

    Thousands of hosts have the same traits, and most of a snapshot's size is these.
    """
    fine: set[tuple[int, tuple[str, ...]]] = set()

    def items(
        validator: Any, rule: Any, given: Any, schema: Any
    ) -> Iterator[jsonschema.ValidationError]:
        texts = isinstance(given, list) and all(type(each) is str for each in given)
        key = (id(rule), tuple(given)) if texts else None
        if key in fine:
            return
        errors = list(_ITEMS(validator, rule, given, schema))
        if key is not None and not errors:
            fine.add(key)
        yield from errors

    extend: Any = validators.extend
    kind = extend(jsonschema.Draft202012Validator, {"items": items})
    published = json.loads(text(name))
    return kind(_inlined(published, published["$defs"]))


def _inlined(schema: Any, definitions: Any) -> Any:
    """The schema for Python: its "$" would let a line feed through, and references are slow."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {
            name: re.sub(r"\$$", r"\\Z", each) if name == "pattern" else _inlined(each, definitions)
            for name, each in schema.items()
        }
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    return schema


def _document_error(document: Document, error: jsonschema.ValidationError) -> DocumentError:
    """The error about the value that it is about; values themselves are never repeated."""
    steps = list(error.absolute_path)
    schema: Any = error.schema
    rule: Any = error.validator_value
    given: Any = error.instance
    match error.validator:
        case "required":
            return document.error([*steps, next(n for n in rule if n not in given)], "is required")
        case "additionalProperties":
            known = schema.get("properties", {})
            extra = next(name for name in given if name not in known)
            near = difflib.get_close_matches(extra[:64], [*known], n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            return document.error([*steps, extra], f"is not known here{hint}")
    if "propertyNames" in error.absolute_schema_path:
        steps.append(str(given))
    if "description" in schema and error.validator != "uniqueItems":
        return document.error(steps, f"must be {schema['description']}")
    return document.error(steps, _rule(str(error.validator), rule))


def _rule(validator: str, rule: Any) -> str:
    match validator:
        case "type":
            kinds = [rule] if isinstance(rule, str) else rule
            return f"must be {' or '.join(_KINDS[kind] for kind in kinds)}"
        case "enum":
            return f"must be one of {', '.join(map(str, rule))}"
        case "minItems" | "minProperties":
            return f"must have at least {rule}"
        case "maxItems" | "maxProperties":
            return f"must have at most {rule}"
        case "uniqueItems":
            return "must not have the same twice"
    return f"does not meet {validator}"
