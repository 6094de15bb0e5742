# SPDX-License-Identifier: Apache-2.0
"""Writes what os-api-ref shows, from the OpenAPI document and the examples that the tests run."""

import json
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parent))

from api_examples import PAGE, Example, examples, rows
from api_fields import Field, Schema, fields
from api_fields import field as one_field

PREFIX = "/v2.1"
SECTIONS = ("header", "path", "query", "body")
# What a page is about is the first part of the path that names something; the ensembles come first.
TITLES = {
    "ensembles": "Ensembles",
    "plans": "Plans",
    "adopt": "Servers that run already",
    "templates": "Ensemble templates",
    "operations": "Operations",
    "survivability": "Survivability",
    "hosts": "Hosts",
    "domains": "Domains",
    "headroom": "Headroom",
    "capabilities": "Capabilities",
}
ERROR = re.compile(r"Error\d{3}")


@dataclass(slots=True)
class Parameters:
    """The rows of all tables, which os-api-ref looks up in one file by a key of each."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def table(self, owner: str, where: str, found: list[Field]) -> list[str]:
        """Note the fields of one owner, and give the lines of the table that names them."""
        lines = []
        for each in found:
            key = f"{owner}.{each.name}"
            row = {
                "in": where,
                "type": each.type,
                "required": each.required,
                "description": each.words,
            }
            self.rows[key] = row
            lines.append(f'   - "{each.name}": "{key}"')
        return lines

    def text(self) -> str:
        """Give the file: by where a parameter stands, then by its key."""
        order = sorted(
            self.rows, key=lambda key: (SECTIONS.index(self.rows[key]["in"]), key.lower())
        )
        return yaml.safe_dump({key: self.rows[key] for key in order}, sort_keys=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """The document, the examples, and what the page's tables say of rules and of errors."""

    document: dict[str, Any]
    examples: tuple[Example, ...]
    rules: dict[tuple[str, str], str]
    errors: dict[int, list[str]]

    @classmethod
    def read(cls) -> "Reference":
        """Read the files of the repository."""
        page = PAGE.read_text()
        errors = defaultdict(list)
        for status, _fault, code, *_ in rows(page, "Errors"):
            errors[int(status)].append(code)
        return cls(
            json.loads(PAGE.with_name("openapi.json").read_text()),
            tuple(examples(page)),
            {
                (row[0], row[1].replace("{id}", "{ensemble_id}")): row[3]
                for row in rows(page, "Requests")
            },
            dict(errors),
        )

    def files(self) -> dict[str, str]:
        """Give each file's text by its name."""
        parameters, found = Parameters(), {}
        operations = [
            (path, method, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        ]
        operations.sort(key=lambda each: list(TITLES).index(subject(each[0])))
        for name, group in groupby(operations, key=lambda each: subject(each[0])):
            lines = [*_heading(TITLES[name], "="), ".. rest_expand_all::", ""]
            for path, method, operation in group:
                lines += self._operation(path, method.upper(), operation, parameters)
            found[f"{list(TITLES).index(name)}-{name}.rst"] = "\n".join(lines) + "\n"
        found["objects.rst"] = "\n".join(self._objects(parameters)) + "\n"
        found["parameters.yaml"] = parameters.text()
        found["status.yaml"] = self._statuses()
        return found

    def _operation(
        self, path: str, method: str, operation: Any, parameters: Parameters
    ) -> Iterator[str]:
        yield from _heading(operation["summary"], "-")
        yield from (f".. rest_method:: {method} {PREFIX}{path}", "")
        rules = [f"``{each}``" for each in re.findall(r"ensembles:\w+", self.rules[method, path])]
        yield from (f"{'Policy' if len(rules) == 1 else 'Policies'}: {', '.join(rules)}", "")
        answers = {int(status): answer for status, answer in operation["responses"].items()}
        for kind, which in (("success", range(200, 300)), ("error", range(400, 600))):
            codes = sorted(each for each in answers if each in which)
            yield from (f".. rest_status_code:: {kind} status.yaml", "")
            yield from (f"   - {each}" for each in codes)
            yield ""
        yield from _heading("Request", "~")
        owner, lines = operation["operationId"], []
        for where in SECTIONS[:3]:
            those = [each for each in operation["parameters"] if each["in"] == where]
            lines += parameters.table(
                f"{owner}.{where}",
                where,
                [
                    one_field(each["name"], each["schema"], required=each.get("required", False))
                    for each in those
                ],
            )
        if body := operation.get("requestBody"):
            schema = self._resolved(body["content"]["application/json"]["schema"])
            lines += parameters.table(f"{owner}.request", "body", list(fields(schema)))
        yield from (".. rest_parameters:: parameters.yaml", "", *lines, "")
        those = [each for each in self.examples if _matches(each, method, path)]
        shown = [each for each in those if each.status < 300]
        yield from _heading("Response", "~")
        for status in sorted(each for each in answers if each < 300):
            content = answers[status].get("content", {"application/json": {"schema": {}}})
            schema = content["application/json"]["schema"]
            found = parameters.table(f"{owner}.response-{status}", "body", list(fields(schema)))
            yield from (f"**{status}**", "", ".. rest_parameters:: parameters.yaml", "")
            # It looks for those of the path in each table.
            yield from (line for line in lines if f'"{owner}.path.' in line)
            yield from (*found, "")
        for number, each in enumerate(shown, 1):
            yield from _example(each, number if len(shown) > 1 else 0)

    def _objects(self, parameters: Parameters) -> Iterator[str]:
        yield from _heading("Objects", "=")
        yield from ("What stands in several requests and answers.", "")
        for name, schema in self.document["components"]["schemas"].items():
            if ERROR.fullmatch(name):
                continue
            yield from (f".. _object-{name}:", "")
            yield from _heading(name, "-")
            lines = parameters.table(name, "body", list(fields(schema)))
            yield from (".. rest_parameters:: parameters.yaml", "", *lines, "")

    def _statuses(self) -> str:
        answers = {
            int(status): answer
            for methods in self.document["paths"].values()
            for operation in methods.values()
            for status, answer in operation["responses"].items()
        }
        found = {}
        for status, answer in sorted(answers.items()):
            codes = ", ".join(f"``{code}``" for code in self.errors.get(status, ()))
            said = "It is done." if status < 300 else f"{answer['description']}."
            said = "It has begun; look at its status." if status == 202 else said
            found[status] = {"default": f"{said} Codes: {codes}." if codes else said}
        return yaml.safe_dump(found)

    def _resolved(self, schema: Schema) -> Schema:
        if "$ref" not in schema:
            return schema
        found: Schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found


def subject(path: str) -> str:
    """Give what a path is about, as the name of its page."""
    parts = [each for each in path.split("/")[2:] if each in TITLES]
    return parts[0] if parts else "ensembles"


def _matches(example: Example, method: str, path: str) -> bool:
    asked = example.path.removeprefix(PREFIX).partition("?")[0]
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
    fixed = path.count("{") == 0 or not asked.endswith(
        ("/plans", "/adopt", "/hosts", "/headroom", "/capabilities", "/templates")
    )
    return example.method == method and fixed and re.fullmatch(pattern, asked) is not None


def _example(example: Example, number: int) -> Iterator[str]:
    yield from (f"**Example {number}**" if number else "**Example**", "")
    asked = [f"{example.method} {example.path}"]
    asked += [f"{name}: {value}" for name, value in example.headers.items()]
    asked += ["", *example.body.splitlines()] if example.body else []
    yield from (".. code-block:: text", "", *_indented(asked), "")
    yield from (".. code-block:: json", "", *_indented(example.text.splitlines()), "")


def _indented(lines: list[str]) -> list[str]:
    return textwrap.indent("\n".join(lines), "   ").splitlines()


def _heading(text: str, line: str) -> tuple[str, str, str]:
    return (text, line * len(text), "")


def write(folder: Path) -> None:
    """Write all files into a folder; what has not changed keeps its time, for Sphinx."""
    folder.mkdir(parents=True, exist_ok=True)
    found = Reference.read().files()
    for old in folder.iterdir():
        if old.name not in found:
            old.unlink()
    for name, text in found.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
