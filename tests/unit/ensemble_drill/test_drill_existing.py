# SPDX-License-Identifier: Apache-2.0
"""An ensemble that runs already is found, with the names that its members and domains have."""

from types import SimpleNamespace
from typing import Any

import pytest

from ensemble_drill import main as command
from ensemble_drill.cloud import CloudError, Operator
from ensemble_drill.criteria import Criteria
from ensemble_drill.ensemble_method import Existing, described
from ensemble_drill.service import Domain

HOSTS = {"h1": ("rack1", "az1"), "h2": ("rack1", "az2"), "h3": ("rack2", "az2")}
MEMBERS = ["web-1", "web-3"]  # the others were removed by name


def _ensemble(ident: str, name: str) -> Any:
    members = [{"name": each, "tier": "web", "server_id": f"id-{each}"} for each in MEMBERS]
    tiers = [{"name": "web", "count": 2, "server": {}}]
    return SimpleNamespace(id=ident, name=name, status="ACTIVE", tiers=tiers, members=members)


class _Ensembles:
    """What the API answers of some ensembles."""

    def __init__(self, *there: Any) -> None:
        self._there = {each.id: each for each in there}

    def list(self) -> Any:
        return list(self._there.values())

    def get(self, ident: str) -> Any:
        return self._there[ident]

    def drill(self, ident: str, level: str) -> Any:
        assert (ident, level) == ("e-1", "rack")
        shown = [
            ("z1", "az1", None),
            ("z2", "az2", None),
            ("a", "rack1", "z1"),
            ("b", "rack1", "z2"),
        ]
        repair = {"fits": True, "moves": [{"member": "web-3", "host": "h3", "lost": True}]}
        lost = {"a": ["web-1"], "b": ["web-3"]}
        return {
            "domains": [
                {"ref": ref, "name": name, "label": "rack A", "parent": parent}
                for ref, name, parent in shown
            ],
            "failures": [
                {"domains": [ref], "lost": names, "repair": repair} for ref, names in lost.items()
            ],
        }


class _Operator(Operator):
    """An administrator of a cloud with these hosts, without a connection."""

    def __init__(self, ensembles: Any) -> None:
        self.ensembles = ensembles
        aggregates = [
            SimpleNamespace(metadata={key: path[level]}, hosts=[host])
            for host, path in HOSTS.items()
            for level, key in enumerate(("rack", "zone"))
        ]
        self.connection = SimpleNamespace(
            compute=SimpleNamespace(
                services=lambda **_: [SimpleNamespace(host=host) for host in HOSTS],
                aggregates=lambda: aggregates,
            )
        )


def _existing(name: str, *there: Any) -> tuple[Existing, _Operator]:
    ensembles = _Ensembles(*there)
    tenant: Any = SimpleNamespace(name="demo", ensembles=ensembles)
    operator = _Operator(ensembles)
    body = described(tenant, name)
    service = command.service_of(body, Criteria())
    return Existing(tenant, operator, service, body, "drill-1"), operator


@pytest.mark.parametrize("name", ["shop", "e-1"])
def test_the_named_ensemble_is_the_one_that_is_drilled(name: str) -> None:
    method, _ = _existing(name, _ensemble("e-2", "drill-1-ensemble"), _ensemble("e-1", "shop"))
    assert method.build() == {"web-1": "id-web-1", "web-3": "id-web-3"}
    assert method.status() == "ACTIVE"


def test_of_several_with_one_name_none_is_drilled() -> None:
    with pytest.raises(CloudError, match="2 ensembles are named 'shop'; give the id of one"):
        _existing("shop", _ensemble("e-1", "shop"), _ensemble("e-2", "shop"))


def test_a_prediction_is_of_the_rack_in_its_zone_and_of_members_by_their_names() -> None:
    method, operator = _existing("shop", _ensemble("e-1", "shop"))
    layout = operator.layout({"rack": "rack", "zone": "zone"})
    names = [each.name for each in layout.domains("rack")]
    assert names == ["az1-rack1", "az2-rack1", "rack2"]
    found = method.predicted("rack")
    assert {name: loss.lost for name, loss in found.items()} == {
        "az1-rack1": ("web-1",),
        "az2-rack1": ("web-3",),
    }
    assert found["az1-rack1"].left == {"web": 1}
    failed = Domain("rack", "az2-rack1", frozenset({"h2"}))
    assert method.predicted_places(failed) == {"web-3": "h3"}


def test_what_nobody_expected_does_not_say_that_criteria_are_not_met(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: Any) -> Any:
        raise KeyError("web-7")

    monkeypatch.setattr(command, "_held", broken)
    needed = ["--os-cloud", "a", "--operator-cloud", "b", "--ensemble", "shop"]
    assert command.main([*needed, "--fail-command", "x", "--restore-command", "y"]) == 2
