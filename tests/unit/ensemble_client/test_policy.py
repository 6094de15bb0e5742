# SPDX-License-Identifier: Apache-2.0
"""Policies in an ensemble file: every type, its fields, and how a mistake in one is refused."""

from typing import Any

import pytest

from ensemble_api.schemas import POLICIES
from ensemble_client.document import FileError, parse
from ensemble_client.policy import FIELDS, read

TIERS = ("web", "cache", "database")


def policy(text: str) -> dict[str, Any]:
    """Read one policy, a field a line."""
    return read(parse("a.yaml", text.encode()), TIERS)


def test_the_client_knows_the_types_and_fields_that_the_api_knows() -> None:
    known = {kind: set(own) for kind, own in FIELDS.items()}
    assert known == {kind: set(own) for kind, own in POLICIES.items()}


@pytest.mark.parametrize(
    ("text", "body"),
    [
        pytest.param(
            "type: affinity\nlevel: zone\ntiers: web\nenforcement: soft",
            {"type": "affinity", "level": "zone", "tiers": ["web"], "enforcement": "soft"},
            id="a soft affinity",
        ),
        pytest.param(
            "type: anti-affinity\nlevel: host\ntiers: web\nmax_per_domain: 2",
            {"type": "anti-affinity", "level": "host", "tiers": ["web"], "max_per_domain": 2},
            id="an anti-affinity of two a host",
        ),
        pytest.param(
            "type: spread\nlevel: rack\ntiers: web\nmax_skew: 1\nmin_domains: 3",
            {
                "type": "spread",
                "level": "rack",
                "tiers": ["web"],
                "max_skew": 1,
                "min_domains": 3,
            },
            id="a spread in both ways",
        ),
        pytest.param(
            "type: spread\nlevel: rack\ntiers: web\nmin_domains: 3",
            {"type": "spread", "level": "rack", "tiers": ["web"], "min_domains": 3},
            id="a spread over enough domains",
        ),
        pytest.param(
            "type: near\nlevel: rack\ntiers: [web, database]\nto: cache",
            {"type": "near", "level": "rack", "tiers": ["web", "database"], "to": "cache"},
            id="two tiers near a third",
        ),
        pytest.param(
            "type: survive\nlevel: rack\ntiers: database\nfailures: 2\nmin_available: 1",
            {
                "type": "survive",
                "level": "rack",
                "tiers": ["database"],
                "failures": 2,
                "min_available": 1,
            },
            id="a count that survives two failures",
        ),
        pytest.param(
            "type: survive\nlevel: rack\ntiers: web\nmin_available: 50%",
            {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": "50%"},
            id="a share without quotes",
        ),
        pytest.param(
            '{type: survive, level: rack, tiers: web, min_available: "100%"}',
            {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": "100%"},
            id="a share in quotes",
        ),
        pytest.param(
            "type: survive\nlevel: rack\ntiers: web",
            {"type": "survive", "level": "rack", "tiers": ["web"]},
            id="defaults are left to the API",
        ),
        pytest.param(
            "type: exclusive\nlevel: host\ntiers: web\nother: ensemble",
            {"type": "exclusive", "level": "host", "tiers": ["web"], "other": "ensemble"},
            id="hosts without other ensembles",
        ),
        pytest.param(
            "type: spread\nlevel: zone\ntiers: web\nshares: {az1: 70, az2: 30}",
            {
                "type": "spread",
                "level": "zone",
                "tiers": ["web"],
                "shares": {"az1": 70, "az2": 30},
            },
            id="a spread by shares",
        ),
        pytest.param(
            "type: selector\nlevel: host\ntiers: web\nkey: disk\nvalues: nvme\nrule: not",
            {
                "type": "selector",
                "level": "host",
                "tiers": ["web"],
                "key": "disk",
                "values": ["nvme"],
                "rule": "not",
            },
            id="hosts without a value",
        ),
    ],
)
def test_a_policy_is_read_as_the_api_expects_it(text: str, body: dict[str, Any]) -> None:
    assert policy(text) == body


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "type: survive\nlevel: rack\ntiers: web\nmin_availible: 1",
            "a.yaml:4: min_availible: unknown name; did you mean 'min_available'?",
            id="a mistyped field of the type",
        ),
        pytest.param(
            "type: spread\nlevel: rack\ntiers: web\nmax_skew: 1\nmax_per_domian: 2",
            "a.yaml:5: max_per_domian: unknown name",
            id="a mistyped field of another type is not suggested",
        ),
        pytest.param(
            "type: spread\nlevel: rack\ntiers: web\nfailures: 2",
            "a.yaml:4: failures: is for a policy of type survive, not spread",
            id="a field of another type",
        ),
        pytest.param(
            "tpye: near\nlevel: rack\ntiers: web",
            "a.yaml:1: tpye: unknown name; did you mean 'type'?",
            id="a mistyped type",
        ),
        pytest.param("level: rack\ntiers: web", "a.yaml:1: 'type' is missing", id="no type"),
        pytest.param(
            "type: exclusiv\nlevel: rack\ntiers: web",
            "a.yaml:1: type: must be 'affinity', 'anti-affinity', 'spread', 'near', 'survive', "
            "'exclusive' or 'selector', not 'exclusiv'; did you mean 'exclusive'?",
            id="an unknown type",
        ),
        pytest.param(
            "type: near\nlevel: rack\ntiers: web\nto: cahce",
            "a.yaml:4: to: no tier is named 'cahce'; did you mean 'cache'?",
            id="near a tier that is not there",
        ),
        pytest.param(
            "type: near\nlevel: rack\ntiers: web\nto: web",
            "a.yaml:4: to: must be another tier than those of the policy",
            id="near itself",
        ),
        pytest.param(
            "type: near\nlevel: rack\ntiers: web",
            "a.yaml:1: 'to' is missing",
            id="near nothing",
        ),
        pytest.param(
            "type: spread\nlevel: rack\ntiers: web",
            "a.yaml:1: 'max_skew', 'min_domains' or 'shares' is missing",
            id="a spread that asks for nothing",
        ),
        pytest.param(
            "type: survive\nlevel: rack\ntiers: web\nmin_available: 120%",
            "a.yaml:4: min_available: must be a whole number or a percentage up to 100%, not "
            "'120%'",
            id="more than all survive",
        ),
        pytest.param(
            "type: survive\nlevel: rack\ntiers: web\nmin_available: 0.5",
            "a.yaml:4: min_available: must be a whole number or a percentage up to 100%, not '0.5'",
            id="a share as a fraction",
        ),
        pytest.param(
            "type: survive\nlevel: rack\ntiers: web\nmin_available: [1]",
            "a.yaml:4: min_available: must be a whole number or a percentage up to 100%, not a "
            "list",
            id="a list for a share",
        ),
        pytest.param(
            "type: spread\nlevel: zone\ntiers: web\nshares: {az1: most}",
            "a.yaml:4: shares.az1: must be a whole number, not 'most'",
            id="a share that is no number",
        ),
        pytest.param(
            "type: selector\nlevel: host\ntiers: web\nkey: disk",
            "a.yaml:1: 'values' is missing",
            id="a selector without values",
        ),
        pytest.param(
            "type: selector\nlevel: host\ntiers: web\nkey: disk\nvalues: a\nrule: never",
            "a.yaml:6: rule: must be 'only' or 'not', not 'never'",
            id="a mistyped rule",
        ),
        pytest.param(
            "type: exclusive\nlevel: rack\ntiers: web\nother: projects",
            "a.yaml:4: other: must be 'ensemble' or 'project', not 'projects'; did you mean "
            "'project'?",
            id="a mistyped other",
        ),
        pytest.param(
            "type: survive\nlevel: rack\ntiers: [web, databaes]",
            "a.yaml:3: tiers: no tier is named 'databaes'; did you mean 'database'?",
            id="a tier that is not there",
        ),
    ],
)
def test_a_mistake_in_a_policy_is_refused_at_its_line(text: str, said: str) -> None:
    with pytest.raises(FileError) as refused:
        policy(text)
    assert str(refused.value) == said
