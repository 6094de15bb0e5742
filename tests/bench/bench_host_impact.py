# SPDX-License-Identifier: Apache-2.0
"""Measures the operators' page of a large cloud: the API's answer, and the page made of it.

    python -m tests.bench.bench_host_impact [HOSTS [ENSEMBLES]]

The store is a real SQLite file; Nova's list of hosts is made up, so what Nova needs for it is not
in the figures. The page is Horizon's own, rendered in this process.
"""

import json
import os
import statistics
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ensemble_api import views
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.usecases.host_impact import Search
from ensemble_api.usecases.hosts import Hosts
from tests.bench import host_impact_cloud
from tests.fakes.callers import caller

DASHBOARD = Path(__file__).parents[1] / "unit/ensemble_dashboard"
LEVELS = ("host", "rack", "zone")
RUNS = 5


def seconds(what: Callable[[], Any]) -> float:
    """Give the median of some runs, after one that is not counted."""
    what()
    took = []
    for _ in range(RUNS):
        start = time.perf_counter()
        what()
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def say(what: str, figure: str) -> None:
    """Write one line."""
    sys.stdout.write(f"{what:58} {figure:>10}\n")


def api(store: Store, hosts: list[Any]) -> None:
    """Measure the API's steps apart, and its whole answer."""
    cloud: Any = types.SimpleNamespace(observed=lambda _context: hosts, levels=LEVELS)
    every = Hosts(store, CurrentStates(store), cloud)
    say("read all members and ensembles", f"{seconds(store.occupants):.2f} s")

    def answer(limit: int, summary: bool) -> str:
        found = every.index(caller(), Search(limit=limit))
        return json.dumps(
            views.host_impacts(found, LEVELS, summary=summary), separators=(",", ":"), default=str
        )

    say(
        "a page of 20 hosts with the summary, as JSON", f"{seconds(lambda: answer(20, True)):.2f} s"
    )
    say("  its size", f"{len(answer(20, True)) / 1000:.0f} KB")
    say("  the summary's size", f"{(len(answer(20, True)) - len(answer(20, False))) / 1000:.0f} KB")


def page(hosts: list[Any], records: list[Any]) -> None:
    """Measure the page of the dashboard, with the API's answer at hand."""
    sys.path.insert(0, str(DASHBOARD))  # Horizon's settings look for a package `local` there
    os.environ["DJANGO_SETTINGS_MODULE"] = "openstack_dashboard.settings"
    warnings.simplefilter("ignore")
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    from ensemble_dashboard.content.admin_ensembles import heat
    from tests.fakes import host_impact
    from tests.fakes.dashboard_cloud import DashboardCloud

    cloud = DashboardCloud()
    query = {"limit": "20", "sort_key": "impact", "sort_dir": "desc", "summary": "1"}
    told = host_impact.answer(hosts, records, query)
    cloud.answers["GET", "/v2.1/os-ensembles/hosts"] = told
    settings.OPENSTACK_KEYSTONE_URL = cloud.url + "/v3"
    admin = Client()
    admin.post("/auth/login/", {"username": "admin", "password": "secret", "region": "default"})
    say("the page, without the API", f"{seconds(lambda: admin.get('/admin/ensembles/')):.2f} s")
    answer = admin.get("/admin/ensembles/")
    cells = answer.content.count(b'class="ens-heat-cell ')
    drawn = len(hosts) if len(hosts) <= heat.MOST else len({each.above for each in hosts})
    assert (answer.status_code, cells) == (200, drawn), (answer.status_code, cells)
    say("  its size", f"{len(answer.content) / 1000:.0f} KB")
    cloud.stop()


def main() -> None:
    """Measure, and say what was found."""
    counts = [int(each) for each in sys.argv[1:]]
    hosts = host_impact_cloud.hosts(*counts[:1])
    records = host_impact_cloud.ensembles(hosts, *counts[1:])
    members = sum(len(each.members) for each in records)
    say("hosts, ensembles, members", f"{len(hosts)}, {len(records)}, {members}")
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/ensembles.sqlite")
        store.upgrade()
        for record in records:
            store.create(record, "bench", 60)
        api(store, hosts)
        store.engine.dispose()
    page(hosts, records)


if __name__ == "__main__":
    main()
