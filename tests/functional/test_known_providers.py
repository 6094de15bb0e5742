# SPDX-License-Identifier: Apache-2.0
"""What is known of all providers is what Placement answers, however it was brought up to date."""

import random
import uuid
from dataclasses import replace

import pytest
from remembering_process import Process
from small_cloud import SmallCloud, caller

from ensemble_api.cloud import known_providers
from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.provider_table import STATUS_DISABLED
from ensemble_api.planning.snapshot import Snapshot

TRAITS = ("CUSTOM_A", "CUSTOM_B")


class Others:
    """They change what providers have and what is used of them, as chance has it."""

    def __init__(self, cloud: SmallCloud, seed: int) -> None:
        self.draw = random.Random(seed)
        self._cloud = cloud
        self._servers: list[str] = []
        self._total = 16
        for host in cloud.nova.hosts:
            self._resize(host.provider)
            self._qualify(host.provider)

    def take(self) -> None:
        """A server that comes, hosts that grow or are given other limits, or other traits."""
        host = self.draw.choice(self._cloud.nova.hosts).provider
        what = self.draw.random()
        if what < 0.6:
            server = str(uuid.uuid4())
            if self._cloud.placement.claim(server, host, VCPU=self.draw.choice((2, 4))):
                self._servers.append(server)
        elif what < 0.8:
            self._resize(host)
        else:
            self._qualify(host)

    def give_back(self) -> None:
        """A server that goes."""
        if self._servers:
            self._cloud.placement.release(
                self._servers.pop(self.draw.randrange(len(self._servers)))
            )

    def demands(self) -> dict[str, Demand]:
        """What three tiers may ask for."""
        return {f"tier{number}": self._demand() for number in range(3)}

    def _demand(self) -> Demand:
        chosen = self.draw.sample(TRAITS, self.draw.randint(0, 2))
        return Demand(
            {"VCPU": self.draw.choice((1, 2, 3, 4, 8)), "MEMORY_MB": self.draw.choice((256, 2048))},
            required=frozenset(chosen[:1]),
            forbidden=frozenset(chosen[1:]),
        )

    def _resize(self, provider: str) -> None:
        self._total += 1  # with its limits a provider's capacity is another
        self._cloud.placement.set_inventory(
            provider,
            "VCPU",
            self._total,
            min_unit=self.draw.choice((1, 1, 2)),
            max_unit=self.draw.choice((4, 8, 16)),
            step_size=self.draw.choice((1, 2)),
            reserved=self.draw.choice((0, 3)),
            allocation_ratio=self.draw.choice((1.0, 1.5)),
        )

    def _qualify(self, provider: str) -> None:
        traits = self.draw.sample(TRAITS, self.draw.randint(0, 2))
        disabled = [STATUS_DISABLED] if self.draw.random() < 0.1 else []
        self._cloud.placement.set_traits(provider, *traits, *disabled)


def looked_at(process: Process, demands: dict[str, Demand], *, known: bool) -> Snapshot:
    """A snapshot of what is known, or of what Placement answers now."""
    answers = process.inventory.answers(caller("operators", "admin"))
    if known:
        answers = replace(answers, table=process.providers.table())
    return process.inventory.capacity(caller(), demands, answers).snapshot


@pytest.mark.parametrize("seed", range(4))
def test_what_is_known_after_a_look_is_what_placement_answers(cloud: SmallCloud, seed: int) -> None:
    process, others = Process(cloud), Others(cloud, seed)
    process.providers.look(whole=True)
    for _ in range(3):
        during_a_look(process, others)
        for _ in range(2):
            others.give_back()
            others.take()
        process.providers.look(whole=True)
        others.take()
        process.providers.look(whole=False)
        demands = others.demands()
        asked = looked_at(process, demands, known=False)
        known = looked_at(process, demands, known=True)
        for tier in demands:
            assert known.offered[tier].tolist() == asked.offered[tier].tolist(), demands[tier]
        assert known.resource_classes == asked.resource_classes
        assert known.free.tolist() == asked.free.tolist()
        assert known.total.tolist() == asked.total.tolist()
        wanted = {name for each in demands.values() for name in each.required | each.forbidden}
        assert [each & wanted for each in known.traits] == [each & wanted for each in asked.traits]


def during_a_look(process: Process, others: Others) -> None:
    """Looks and questions between whose requests others are at work; each sees some of it."""

    def before(method: str, path: str) -> None:
        if others.draw.random() < 0.3:
            process.asking.before = lambda method, path: None
            others.draw.choice((others.take, others.give_back))()
            process.asking.before = before

    process.asking.before = before
    for whole in (True, False):
        process.providers.look(whole=whole)
        looked_at(process, others.demands(), known=True)
    process.asking.before = lambda method, path: None


@pytest.mark.parametrize("seed", range(2))
def test_what_was_taken_is_known_after_the_smallest_look(cloud: SmallCloud, seed: int) -> None:
    """What was given back may be missing, so no more is free than there is."""
    process, others = Process(cloud), Others(cloud, seed)
    process.providers.look(whole=True)
    for _ in range(4):
        others.give_back()
        others.take()
        process.providers.look(whole=False)
        demands = {"tier": Demand({"VCPU": 1})}
        asked = looked_at(process, demands, known=False)
        known = looked_at(process, demands, known=True)
        columns = [asked.resource_classes.index(name) for name in known.resource_classes]
        assert (known.free <= asked.free[:, columns]).all()
        assert (known.offered["tier"] <= asked.offered["tier"]).all()


def test_an_answer_of_before_a_look_refuses_nothing_that_was_given_back_since(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing would tell for ten minutes that the host has room: its generation is the same."""
    monkeypatch.setattr(known_providers, "ONE_BY_ONE", 0)
    process, load = Process(cloud), cloud.fill("secrethost1", 3)
    process.providers.look(whole=True)
    demands = {"tier": Demand({"VCPU": 2})}

    def after(path: str) -> None:
        if "?resources=VCPU" in path:
            process.asking.after = lambda path: None
            cloud.placement.release(load)
            process.providers.look(whole=True)

    process.asking.after = after
    assert looked_at(process, demands, known=True).offered["tier"].tolist() == [False, *[True] * 3]
    assert looked_at(process, demands, known=True).offered["tier"].all()
    process.asking.asked.clear()
    looked_at(process, demands, known=True)
    assert process.asking.asked == [], "what is still so is not asked for again"


@pytest.mark.parametrize("was_known", [True, False])
def test_of_a_full_host_the_traits_are_asked_for_only_while_they_were_never_read(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch, was_known: bool
) -> None:
    process, full = Process(cloud), cloud.nova.host("secrethost1")
    cloud.placement.set_traits(full.provider, "CUSTOM_A")
    cloud.placement.add_provider("of nobody", DISK_GB=1)
    if was_known:
        process.providers.look(whole=True)
    cloud.fill(full.name, 4)
    monkeypatch.setattr(known_providers, "UNKNOWN_AT_ONCE", 0)  # there are too many of them
    process.providers.look(whole=True)
    process.asking.asked.clear()
    demands = {"tier": Demand({"VCPU": 1}, required=frozenset({"CUSTOM_A"}))}
    known = looked_at(process, demands, known=True)
    assert known.traits == (frozenset({"CUSTOM_A"}), *[frozenset[str]()] * 3)
    asked = [path for path in process.asking.asked if "required=CUSTOM_A" in path]
    assert len(asked) == (0 if was_known else 1)
