# SPDX-License-Identifier: Apache-2.0
"""Measures how long the browser works at our script in each step of a large drawing.

    python tests/bench/bench_drawing.py [URL OF A DASHBOARD] [USER]

60 members in 10 tiers, on clouds of 200 and of 1,000 hosts. The plans are made by the planner here,
and handed to the page in place of the API's answers: it is the browser that is measured. The
dashboard may be of any embedded cloud. Writes build/bench/drawing.json.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from ensemble_api.planning import model, planner
from ensemble_api.planning.eligibility import Eligibility
from ensemble_api.planning.policies import AntiAffinity
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.results.dry_run import AllDomains, DryRun
from ensemble_api.solver.process import solve
from ensemble_api.views import plans as view
from tests.ui.browser import Dashboard, start
from tests.ui.conftest import PASSWORD
from tests.ui.drawing import DRAW, drawing

BUILD = Path(__file__).parents[2] / "build" / "bench"
TIERS, MEMBERS, TIMES = 10, 6, 3
QUIET = 1.2  # seconds in which a step and the plan that follows it have come to rest
_ANSWER = """
(() => {
  const real = window.fetch;
  const plans = %s;
  window.fetch = (url, asked) => {
    if (!String(url).includes('/project/ensembles/plan/')) { return real(url, asked); }
    const tiers = JSON.parse(asked.body).ensemble.tiers;
    const plan = plans[tiers.reduce((sum, tier) => sum + tier.count, 0)] || plans.usual;
    return Promise.resolve(new Response(JSON.stringify({ plan }),
      { headers: { 'Content-Type': 'application/json' } }));
  };
})();
"""


def cloud(hosts: int) -> Snapshot:
    """A cloud with racks of ten hosts, in four zones."""
    racks = {f"h{n:04}": (f"r{n // 10:03}", f"z{n // 10 % 4}") for n in range(hosts)}
    topology = Topology.build(("host", "rack", "zone"), racks)
    total = np.full((hosts, 1), 8, dtype=np.int64)
    return Snapshot(
        topology=topology,
        resource_classes=("VCPU",),
        total=total,
        free=total.copy(),
        traits=(frozenset(),) * hosts,
        usable=np.ones(hosts, dtype=bool),
    )


def plan(snapshot: Snapshot, counts: list[int]) -> dict[str, Any]:
    """What the API would answer to a drawing with tiers of so many members."""
    tiers = tuple(
        model.Tier(name=f"tier-{n}", count=count, resources={"VCPU": 1})
        for n, count in enumerate(counts)
    )
    policies = tuple(AntiAffinity(level="host", tiers=(tier.name,)) for tier in tiers)
    found = planner.plan(model.Ensemble(tiers=tiers, policies=policies), snapshot, solve=solve)
    topology = snapshot.topology
    everywhere = [each for level in topology.levels for each in topology.domains(level)]
    names = tuple(tier.name for tier in tiers)
    dry_run = DryRun(
        result=found,
        topology=topology,
        all_domains=AllDomains(
            domains=tuple(everywhere),
            tiers=dict.fromkeys(everywhere, Eligibility(names, names)),
            held={},
            totals={level: topology.size(level) for level in topology.levels},
        ),
        at="2026-11-22T12:00:00Z",
    )
    return view.plan(dry_run, "bench", names=False)


def body(counts: list[int]) -> dict[str, Any]:
    """The drawing as the API has it."""
    return {
        "name": "large",
        "tiers": [
            {"name": f"tier-{n}", "count": count, "server": {}} for n, count in enumerate(counts)
        ],
        "policies": [
            {
                "type": "anti-affinity",
                "level": "host",
                "tiers": [f"tier-{n}"],
                "enforcement": "hard",
                "max_per_domain": 1,
            }
            for n in range(len(counts))
        ],
    }


class Measured:
    """The page, and how long it worked at scripts, layout and styles so far."""

    def __init__(self, page: Dashboard) -> None:
        self.page = page
        page.driver.execute_cdp_cmd("Performance.enable", {})

    def figures(self) -> dict[str, float]:
        """Milliseconds since the page was opened."""
        found = self.page.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        by_name = {each["name"]: each["value"] * 1000 for each in found}
        return {
            "script": by_name["ScriptDuration"],
            "layout": by_name["LayoutDuration"] + by_name["RecalcStyleDuration"],
        }

    def step(self, act: Callable[[], Any]) -> dict[str, float]:
        """Do a step, wait until all has come to rest, and give what it cost."""
        before = self.figures()
        act()
        time.sleep(QUIET)
        after = self.figures()
        return {name: after[name] - before[name] for name in before}


def steps(page: Dashboard) -> dict[str, Callable[[], Any]]:
    """The steps of a drawing, as clicks."""

    def click(selector: str, at: int = 0) -> Callable[[], Any]:
        script = "document.querySelectorAll(arguments[0])[arguments[1]].click()"
        return lambda: page.driver.execute_script(script, selector, at)

    return {
        "one member more": click("[id$='-more'][aria-label]"),
        "one member less": click("[id$='-less'][aria-label]"),
        "duplicate a tier": click("[id$='-duplicate']"),
        "undo": click("#ens-undo"),
        "redo": click("#ens-redo"),
        "undo again": click("#ens-undo"),
        "add a tier": click("#ens-add-tier"),
        "take it back": click("#ens-undo"),
        "open a policy": click(".ens-card .ens-policy-chip"),
        "close it": click(".ens-card .ens-policy-chip"),
        "fail a rack": click(".ens-domain-rack > .ens-domain-name", 1),
        "fail a zone too": click(".ens-domain-zone > .ens-domain-name"),
        "look at a tier": click(".ens-key-tier"),
        "type a name": lambda: page.type("#ens-name", "another name"),
    }


def measure(page: Dashboard, hosts: int) -> dict[str, Any]:
    """Open the large drawing on a cloud of so many hosts, and go through the steps."""
    counts = [MEMBERS] * TIERS
    snapshot = cloud(hosts)
    usual = plan(snapshot, counts)
    more = plan(snapshot, [MEMBERS + 1, *counts[1:]])
    answers = json.dumps({"usual": usual, str(TIERS * MEMBERS + 1): more})
    script = page.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": _ANSWER % answers}
    )
    try:
        page.open(DRAW)
        page.driver.execute_script(
            "const {document: read, store, dom, model} = globalThis.ensembles;"
            "const data = dom.pageData();"
            "const drawn = read.drawing(arguments[0]);"
            "const [flavor, image] = ['flavor', 'image'].map((field) =>"
            "  document.getElementById('t1-' + field).value);"
            "for (const tier of drawn.tiers) { Object.assign(tier, {flavor, image}); }"
            "store.open(sessionStorage, data.draftsOf, data.session.project).save(drawn);",
            body(counts),
        )
        page.open(DRAW)
        drawing(page, "fits")
        measured = Measured(page)
        time.sleep(QUIET)
        costs: dict[str, list[dict[str, float]]] = {}
        for _time in range(TIMES):
            for name, act in steps(page).items():
                costs.setdefault(name, []).append(measured.step(act))
            page.driver.execute_script(
                "document.querySelector('#ens-what-if button')?.click();"
                "document.querySelector('.ens-key-tier[aria-pressed=true]')?.click();"
            )
            time.sleep(QUIET)
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    return {
        "hosts": hosts,
        "tiers": TIERS,
        "members": TIERS * MEMBERS,
        "steps": {
            name: {
                kind: {
                    "median": round(statistics.median(one[kind] for one in found), 1),
                    "worst": round(max(one[kind] for one in found), 1),
                }
                for kind in ("script", "layout")
            }
            for name, found in costs.items()
        },
    }


def main(url: str, user: str) -> None:
    """Measure, tell and write."""
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as profile:
        driver = start(Path(profile))
        try:
            page = Dashboard(driver, url)
            page.log_in(user, PASSWORD)
            results += [measure(page, hosts) for hosts in (200, 1000)]
        finally:
            driver.quit()
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "drawing.json").write_text(json.dumps(results, indent=2) + "\n")
    for result in results:
        sys.stdout.write(f"{result['hosts']} hosts\n")
        for name, cost in result["steps"].items():
            script, layout = cost["script"], cost["layout"]
            sys.stdout.write(
                f"  {name:18} script {script['median']:6.1f} ms (worst {script['worst']:.1f}),"
                f" layout and styles {layout['median']:.1f} ms\n"
            )


if __name__ == "__main__":
    main(*(sys.argv[1:] + ["http://127.0.0.1:18770", "demo"][len(sys.argv) - 1 :]))
