# SPDX-License-Identifier: Apache-2.0
"""Measures plans in a cloud with the shape of a GPU cluster's trace: `bench_trace.py [COUNT]`.

The cloud is made up: 1,500 hosts of a few models, some with GPUs of one of four classes, 80 % full
of servers that were placed one after another. The ensembles have sizes as jobs have them: most are
small, a few are large. Times are of this thread's processor.
"""

import sys
import time

import highspy  # noqa: F401 - loaded here, so that its import is not part of the first time
import numpy as np

from ensemble_api.planning import planner
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import Affinity, AntiAffinity, Near, Survive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Infeasible
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.solver import highs

HOSTS, IN_RACK, LOAD = 1_500, 25, 0.8
# VCPU, MEMORY_MB and GPUs of a model, the GPUs' trait, and how many hosts in a hundred it is of.
MODELS = (
    (96, 393_216, 0, "", 34),
    (96, 786_432, 2, "CUSTOM_GPU_A", 30),
    (96, 393_216, 8, "CUSTOM_GPU_B", 18),
    (128, 1_048_576, 8, "CUSTOM_GPU_C", 14),
    (64, 262_144, 4, "CUSTOM_GPU_D", 4),
)
# VCPU, MEMORY_MB and GPUs of a flavor, and its weight.
FLAVORS = (
    (4, 16_384, 0, 4),
    (8, 32_768, 0, 3),
    (6, 24_576, 1, 5),
    (12, 49_152, 2, 2),
    (48, 196_608, 8, 1),
)


def cloud(draw: np.random.Generator) -> Snapshot:
    """The hosts, filled with servers until the share of the processors is used."""
    models = draw.choice(len(MODELS), HOSTS, p=[each[4] / 100 for each in MODELS])
    total = np.array([MODELS[model][:3] for model in models], dtype=np.int64)
    free = total.copy()
    weights = np.array([each[3] for each in FLAVORS])
    while (free.sum(axis=0) > (1 - LOAD) * total.sum(axis=0))[[0, 2]].any():
        flavor = np.array(FLAVORS[draw.choice(len(FLAVORS), p=weights / weights.sum())][:3])
        full = free.sum(axis=0) <= (1 - LOAD) * total.sum(axis=0)
        if full[2] if flavor[2] else full[0]:
            continue
        host = int(draw.integers(HOSTS))
        if (free[host] >= flavor).all():
            free[host] -= flavor
    racks = HOSTS // IN_RACK
    places = {f"h{n:04}": (f"r{n % racks:02}", f"az{n % racks % 3}") for n in range(HOSTS)}
    return Snapshot(
        Topology.build(("host", "rack", "zone"), places, "zone"),
        ("VCPU", "MEMORY_MB", "PGPU"),
        total,
        free,
        tuple(frozenset({MODELS[model][3]} - {""}) for model in models),
        draw.random(HOSTS) > 0.01,
    )


def ensemble(draw: np.random.Generator) -> Ensemble:
    """One to four tiers; those with GPUs may want a class of them."""
    weights = np.array([each[3] for each in FLAVORS])
    tiers, policies = [], list[Policy]()
    for number in range(int(draw.integers(1, 5))):
        vcpus, ram, gpus, _ = FLAVORS[draw.choice(len(FLAVORS), p=weights / weights.sum())]
        count = int(min(64, 1 + draw.geometric(0.25) * draw.choice((1, 1, 1, 4))))
        wanted = {"VCPU": vcpus, "MEMORY_MB": ram, **({"PGPU": gpus} if gpus else {})}
        trait = MODELS[int(draw.integers(1, 5))][3] if gpus and draw.random() < 0.4 else ""
        name = f"t{number}"
        tiers.append(Tier(name, count, wanted, frozenset({trait} - {""})))
        choice = draw.random()
        if choice < 0.3:
            policies.append(AntiAffinity("host", (name,), bool(draw.random() < 0.6)))
        elif choice < 0.45 and count > 1:
            policies.append(Survive("rack", (name,), True, count // 2))
        elif choice < 0.6:
            policies.append(Affinity("rack", (name,), bool(draw.random() < 0.5)))
        elif choice < 0.7 and number:
            policies.append(Near("rack", (name,), False, "t0"))
    return Ensemble(tuple(tiers), tuple(policies))


def main(count: int) -> None:
    """Plan each ensemble by itself in the same cloud."""
    draw = np.random.default_rng(7)
    snapshot = cloud(draw)
    times, refused = [], []
    for _ in range(count):
        wanted = ensemble(draw)
        began = time.thread_time()
        found = planner.plan(wanted, snapshot, solve=highs.solve)
        times.append(1000 * (time.thread_time() - began))
        if isinstance(found, Infeasible):
            refused.append(times[-1])
    p50, p95 = np.percentile(times, (50, 95))
    slowest = max(refused, default=0.0)
    print(  # noqa: T201
        f"{count} ensembles, {len(refused)} refused: p50 {p50:.1f}, p95 {p95:.1f}, slowest "
        f"{max(times):.1f} ms; slowest refusal {slowest:.1f} ms"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
