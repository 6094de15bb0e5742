# SPDX-License-Identifier: Apache-2.0
"""The fake Placement of the simulation answers what the real one does, to the same requests."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from placement_service import PlacementService

from tests.fakes.placement import HOLD, FakePlacement

FIRST, SECOND = (str(uuid.uuid4()) for _ in range(2))
TRAIT = "HW_CPU_X86_SSE"


@dataclass(frozen=True)
class Claim:
    """A POST of what consumers are to have of the provider's VCPU, each at a generation."""

    wanted: dict[str, tuple[int, int | None]]

    def body(self, provider: str) -> dict[str, Any]:
        """The body; no VCPU is none of the provider at all."""
        return {
            consumer: {
                "allocations": {provider: {"resources": {"VCPU": amount}}} if amount else {},
                "project_id": "shop-project",
                "user_id": "ada",
                "consumer_generation": generation,
                "consumer_type": HOLD,
            }
            for consumer, (amount, generation) in self.wanted.items()
        }


@dataclass(frozen=True)
class Pair:
    """A provider of 4 VCPU in either Placement."""

    fake: FakePlacement
    real: Any
    providers: dict[str, str] = field(default_factory=dict)

    def claim(self, claim: Claim) -> tuple[Any, Any]:
        """What each answers to a claim: the status and, of a refusal, its code."""
        fake = self.fake.ask("POST", "/allocations", claim.body(self.providers["fake"]))
        real = self.real.post("/allocations", json=claim.body(self.providers["real"]))
        return _outcome(fake), _outcome(real)

    def get(self, path: str) -> tuple[Any, Any]:
        """What each answers to a GET, without the names of providers."""
        fake = self.fake.ask("GET", path.replace("PROVIDER", self.providers["fake"]))
        real = self.real.get(path.replace("PROVIDER", self.providers["real"]))
        assert (fake.status_code, real.status_code) == (200, 200), real.text
        return (
            fake.text.replace(self.providers["fake"], "PROVIDER"),
            real.text.replace(self.providers["real"], "PROVIDER"),
        )

    def generations(self) -> tuple[Any, Any]:
        """The generation of the provider in each."""
        path = f"/resource_providers?required={TRAIT}"
        fake = self.fake.ask("GET", path).json()["resource_providers"]
        real = self.real.get(path).json()["resource_providers"]
        return tuple(
            next(each["generation"] for each in listed if each["uuid"] == self.providers[which])
            for which, listed in (("fake", fake), ("real", real))
        )  # type: ignore[return-value]


def _outcome(answer: Any) -> tuple[int, str | None]:
    refused = answer.json()["errors"][0] if answer.status_code >= 400 else {}
    return answer.status_code, refused.get("code")


@pytest.fixture
def pair(placement: PlacementService) -> Iterator[Pair]:
    fake, real = FakePlacement(), placement.adapter()
    providers = {
        "fake": fake.add_provider("host", TRAIT, VCPU=4),
        "real": placement.add_provider("host", TRAIT, VCPU=4),
    }
    yield Pair(fake, real, providers)
    for consumer in (FIRST, SECOND):
        real.delete(f"/allocations/{consumer}")


HELD = Claim({FIRST: (3, None)})


@pytest.mark.parametrize(
    ("before", "claim", "status"),
    [
        pytest.param([], HELD, 204, id="there is room"),
        pytest.param([], Claim({FIRST: (3, None), SECOND: (2, None)}), 409, id="not for both"),
        pytest.param([HELD], Claim({SECOND: (2, None)}), 409, id="another has it"),
        pytest.param([HELD], HELD, 409, id="a consumer is there that was to be new"),
        pytest.param([HELD], Claim({FIRST: (4, 1)}), 204, id="one has more than it had"),
        pytest.param([HELD], Claim({FIRST: (0, 1), SECOND: (4, None)}), 204, id="one for another"),
        pytest.param([HELD], Claim({FIRST: (0, 7)}), 409, id="one has changed since it was read"),
        pytest.param([], Claim({FIRST: (1, 1)}), 409, id="one is not there that was read"),
    ],
)
def test_a_claim_has_the_same_outcome(
    pair: Pair, before: list[Claim], claim: Claim, status: int
) -> None:
    for each in before:
        assert pair.claim(each) == ((204, None), (204, None))
    fake, real = pair.claim(claim)
    assert fake == real
    assert real[0] == status
    for consumer in (FIRST, SECOND):
        has = [
            {provider: share["resources"] for provider, share in each.json()["allocations"].items()}
            for each in (
                pair.fake.ask("GET", f"/allocations/{consumer}"),
                pair.real.get(f"/allocations/{consumer}"),
            )
        ]
        assert list(has[0].values()) == list(has[1].values())


def test_what_is_claimed_is_seen_in_usages_and_candidates(pair: Pair) -> None:
    pair.claim(HELD)
    used = [
        answer.json()["usages"]
        for answer in (
            pair.fake.ask("GET", f"/resource_providers/{pair.providers['fake']}/usages"),
            pair.real.get(f"/resource_providers/{pair.providers['real']}/usages"),
        )
    ]
    assert used[0] == used[1] == {"VCPU": 3}
    for amount, there in ((1, True), (2, False)):
        query = f"/allocation_candidates?resources=VCPU:{amount}&required={TRAIT}"
        found = (pair.fake.ask("GET", query).json(), pair.real.get(query).json())
        for which, answer in zip(("fake", "real"), found, strict=True):
            summary = answer["provider_summaries"].get(pair.providers[which])
            assert (summary is not None) is there
            if summary:
                assert summary["resources"]["VCPU"] == {"capacity": 4, "used": 3}


def test_a_claim_changes_the_generation_and_a_refusal_does_not(pair: Pair) -> None:
    before = pair.generations()
    pair.claim(Claim({FIRST: (5, None)}))
    assert pair.generations() == before
    pair.claim(HELD)
    after = pair.generations()
    assert [now > then for now, then in zip(after, before, strict=True)] == [True, True]


def test_what_is_released_is_gone_and_gone_again_is_not_found(pair: Pair) -> None:
    pair.claim(HELD)
    for status in (204, 404):
        assert pair.fake.ask("DELETE", f"/allocations/{FIRST}").status_code == status
        assert pair.real.delete(f"/allocations/{FIRST}").status_code == status
    assert pair.get(f"/allocations/{FIRST}") == ('{"allocations": {}}', '{"allocations": {}}')
