# SPDX-License-Identifier: Apache-2.0
"""Sends requests that schemathesis makes from the document, and holds each answer against it."""

import json
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import hypothesis
import jsonschema
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from ensemble_api import schema_errors, schema_formats
from ensemble_api.openapi.document import document
from tests.fuzz.target import Target

# The order in which routes are asked: what makes things first, what removes them last.
ORDER = (
    "POST /os-ensembles",
    "POST /os-ensembles/plans",
    "POST /os-ensembles/templates",
    "GET",
    "PATCH",
    "POST",
    "DELETE",
)
# Who may ask is the pipeline's before us; and what is right by the document can still name what is
# not there.
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
TOO_LONG = 413
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=40)

# What a positive request has in fields whose meaning JSON Schema cannot tell.
for _name in ("line", "printable", "text", "described"):
    schemathesis.openapi.format(
        _name,
        PRINTABLE.filter(
            lambda text: (
                text.strip() == text
                and all(map(schema_formats._shows, text))
                and not schema_errors.not_described(text)
            )
        ),
    )
schemathesis.openapi.format("base64", st.sampled_from(["", "ZWNobyBoaQ==", "aGk="]))


@dataclass
class Figures:
    """What was asked and answered; ``faults`` are told once for each route and kind."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    by_route: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The figures as a table and a line."""
        rows = (f"{count:5d}  {route}" for route, count in self.by_route.items())
        answers = (f"{count} of {status}" for status, count in sorted(self.statuses.items()))
        return "\n".join((*rows, f"{self.requests:5d}  in all: {', '.join(answers)}"))


def fuzz(schema: Any, target: Target, requests: int, seed: int) -> Figures:
    """Send so many requests, half of them wrong in some way, to all routes alike."""
    figures = Figures()
    operations = sorted((each.ok() for each in schema.get_all_operations()), key=_rank)
    runs = [
        (operation, mode)
        for operation in operations
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]
    for number, (operation, mode) in enumerate(runs):
        share = (requests - figures.requests) // (len(runs) - number)
        for case, random in _cases(operation, mode, share, seed):
            _ask(case, random, target, figures)
    return figures


def _rank(operation: Any) -> int:
    return next(
        number
        for number, start in enumerate(ORDER)
        if operation.label == start or operation.label.startswith(f"{start} ")
    )


def _cases(operation: Any, mode: Any, most: int, seed: int) -> Iterator[tuple[Case, Random]]:
    """Some requests to one route, the same ones for the same seed."""
    made: list[Case] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=most,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def collect(case: Case) -> None:
        made.append(case)

    collect()
    for number, case in enumerate(made[:most]):
        yield case, Random(f"{seed} {operation.label} {mode} {number}")


def _ask(case: Case, random: Random, target: Target, figures: Figures) -> None:
    target.place(case.path_parameters, random)
    filled = target.fill(case.body, random)
    who = target.owner if random.random() < 0.6 else random.choice(sorted(target.tokens))
    case.headers["X-Auth-Token"] = target.tokens[who]
    response = case.call()
    figures.requests += 1
    figures.statuses[response.status_code] += 1
    figures.by_route[case.operation.label] += 1
    try:
        target.learn(json.loads(response.content or b"null"))
        # A wrong body may be too long besides, which is a refusal that the check does not know, and
        # be right once it names what is there.
        any_body = response.status_code == TOO_LONG or (filled and _is_right(case))
        case.validate_response(response, checks=CHECKS[:-1] if any_body else CHECKS)
    except (FailureGroup, ValueError) as error:
        for each in getattr(error, "exceptions", (error,)):
            kind = f"{case.operation.label}: {type(each).__name__}: {response.status_code}"
            figures.faults.setdefault(kind, _told(case, who, response, each))


def _is_right(case: Case) -> bool:
    """Whether a body is as the document describes it."""
    place = case.operation.path.replace("~", "~0").replace("/", "~1")
    media = "requestBody/content/application~1json/schema"
    shape = {**document(), "$ref": f"#/paths/{place}/{case.method.lower()}/{media}"}
    valid: bool = jsonschema.Draft202012Validator(shape).is_valid(case.body)
    return valid


def _told(case: Case, who: str, response: Any, error: Exception) -> str:
    asked = f"{case.method} {case.formatted_path}?{urllib.parse.urlencode(case.query or {})}"
    body = json.dumps(case.body, default=str)[:2000]
    return f"{error}\nas {who}: {asked}\n{dict(case.headers)}\n{body}\n{response.text[:2000]}"
