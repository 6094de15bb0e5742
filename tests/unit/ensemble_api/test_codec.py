# SPDX-License-Identifier: Apache-2.0
"""One description means the same ensemble wherever it is read: posted, in a file, stored."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from records import ensemble as recorded
from records import member

from ensemble_api import codec, exception, schemas
from ensemble_api.cloud.demand import Demand
from ensemble_api.offline.document import read
from ensemble_api.offline.ensemble import ensemble as from_document
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.policies import KINDS, Exclusive, Spread

NEEDS = {"VCPU": 2, "MEMORY_MB": 2048}
IMAGE = "70a599e0-31e7-49b7-b260-868f441e862b"
EVERYTHING: list[dict[str, Any]] = [
    {"type": "affinity", "level": "zone", "tiers": ["web"]},
    {"type": "anti-affinity", "level": "host", "tiers": ["web"], "max_per_domain": 2},
    {"type": "spread", "level": "rack", "tiers": ["web"], "max_skew": 1},
    {"type": "near", "level": "rack", "tiers": ["web"], "to": "db", "enforcement": "soft"},
    {"type": "survive", "level": "rack", "tiers": ["web"], "failures": 1, "min_available": "50%"},
    {"type": "survive", "level": "host", "tiers": ["db"], "min_available": 1},
    {"type": "exclusive", "level": "host", "tiers": ["db"]},
    {"type": "spread", "level": "zone", "tiers": ["db"], "shares": {"az1": 70, "az2": 30}},
    {"type": "selector", "level": "host", "tiers": ["db"], "key": "disk", "values": ["a", "b"]},
]


def posted(policies: list[dict[str, Any]]) -> dict[str, Any]:
    server = {"flavor": "m1", "image": IMAGE, "availability_zone": "az1"}
    tiers = [{"name": name, "count": 4, "server": server} for name in ("web", "db")]
    return schemas.check_ensemble({"ensemble": {"name": "a", "tiers": tiers, "policies": policies}})


def in_request(policies: list[dict[str, Any]]) -> Ensemble:
    return codec.ensemble(posted(policies), {tier: Demand(NEEDS) for tier in ("web", "db")})


def in_file(policies: list[dict[str, Any]], folder: Path) -> Ensemble:
    server = {"resources": NEEDS, "availability_zone": "az1"}
    tiers = [{"name": name, "count": 4.0, "server": server} for name in ("web", "db")]
    path = folder / "ensemble.json"
    path.write_text(json.dumps({"name": "a", "tiers": tiers, "policies": policies}))
    return from_document(read(str(path))).ensemble


def in_record(policies: list[dict[str, Any]]) -> Ensemble:
    members = [replace(member(0, tier=name), resources=NEEDS) for name in ("web", "db")]
    stored = json.loads(json.dumps(posted(policies)))
    return recorded(*members, body=stored).ensemble


def test_a_description_means_the_same_in_a_request_a_file_and_a_record(tmp_path: Path) -> None:
    assert {each["type"] for each in EVERYTHING} == set(KINDS)
    found = in_request(EVERYTHING)
    assert found == in_file(EVERYTHING, tmp_path) == in_record(EVERYTHING)
    assert [tier.count for tier in found.tiers] == [4, 4]


def test_a_whole_number_may_be_written_as_a_fraction_in_a_file_alone(tmp_path: Path) -> None:
    policies = [{"type": "spread", "level": "rack", "tiers": ["web"], "max_skew": 2.0}]
    assert in_file(policies, tmp_path).policies == (Spread("rack", ("web",), max_skew=2),)
    with pytest.raises(exception.Invalid, match="max_skew"):
        in_request(policies)


def test_what_is_not_said_is_the_default_of_the_kind() -> None:
    found = codec.policy({"type": "exclusive", "level": "host", "tiers": ["db"]})
    assert found == Exclusive("host", ("db",), hard=True, other="project")


def test_what_cannot_be_meant_is_named_by_its_place() -> None:
    policies = [{"type": "near", "level": "rack", "tiers": ["web"], "to": "nothing"}]
    with pytest.raises(ModelError) as refused:
        in_request(policies)
    assert refused.value.field == "policies[0].to"
