# SPDX-License-Identifier: Apache-2.0
"""What is asked of the host impact on its way to the service, and its pages."""

import pytest
from routed import ADMIN, Ensembles, call, error

from ensemble_api.usecases.host_impact import Search


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("marker=h9", "marker"),
        ("marker=%00", "marker"),
        ("sort_key=name", "sort_key"),
        ("sort_dir=up", "sort_dir"),
        ("summary=yes", "summary"),
        ("host=h1", "host"),
        ("row=r1", "row"),
        ("q=%ff", "url"),
    ],
)
def test_a_bad_query_of_the_spread_names_its_field(
    service: Ensembles, query: str, field: str
) -> None:
    response = call(service, "GET", f"/os-ensembles/hosts?{query}", ADMIN)
    assert response.status_int == 400
    assert error(response, "badRequest", "ensemble.invalid")["field"] == field


def test_the_spread_passes_its_query_on_and_links_to_the_next_page(service: Ensembles) -> None:
    query = "limit=1&sort_key=host&rack=&q=H%C3%A9&project_id=p&ensemble_id=e&summary=1"
    response = call(service, "GET", f"/os-ensembles/hosts?{query}", ADMIN)
    assert response.status_int == 200 and "summary" in response.json
    assert service.asked[-1][1] == Search(1, None, "host", False, "p", "e", {"rack": ""}, "H\u00e9")
    response = call(service, "GET", "/os-ensembles/hosts?limit=1&sort_dir=asc&zone=az1", ADMIN)
    shown = response.json
    assert [host["host"] for host in shown["hosts"]] == ["h2"] and "summary" not in shown
    [link] = shown["hosts_links"]
    assert link["rel"] == "next" and link["href"].endswith(
        "/v2.1/os-ensembles/hosts?limit=1&sort_dir=asc&zone=az1&marker=h2"
    )
    last = call(service, "GET", link["href"].partition("/v2.1")[2], ADMIN).json
    assert [host["host"] for host in last["hosts"]] == ["h1"] and "hosts_links" not in last
