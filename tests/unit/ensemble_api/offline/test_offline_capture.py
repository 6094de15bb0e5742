# SPDX-License-Identifier: Apache-2.0
"""Captured clouds are written a host a line, and can be made anonymous."""

import json

from documents import a_cloud, a_host, a_tier, an_ensemble, understood, wanted
from hypothesis import given
from hypothesis import strategies as st

from ensemble_api.offline.capture import anonymous, dumped
from ensemble_api.offline.document import parse
from ensemble_api.offline.dry_run import dry_run
from ensemble_api.planning.result import Plan

NAME = st.text("abcz019-.é ", min_size=1, max_size=5)


def test_a_document_is_written_with_a_line_for_each_host() -> None:
    document = a_cloud()
    text = dumped(document)
    assert json.loads(text) == document
    assert len(text.splitlines()) == len(document["hosts"]) + 2
    assert parse("cloud.json", text.encode()).value == document


def test_no_name_is_left_in_an_anonymous_cloud() -> None:
    named = a_cloud(
        a_host("secret-h1", "secret-r1", "secret-z", aggregates=["secret-a"], traits=["CUSTOM_X"]),
        a_host("secret-h2", None, "secret-z"),
    )
    hidden = anonymous(named)
    assert "secret" not in json.dumps(hidden)
    assert hidden["hosts"][0]["name"] == "host-1"
    assert hidden["hosts"][0]["domains"] == {"rack": "rack-1", "zone": "zone-1"}
    assert hidden["hosts"][0]["aggregates"] == ["aggregate-1"]
    assert hidden["hosts"][1]["domains"]["rack"] is None
    for index in (0, 1):
        assert hidden["hosts"][index]["resources"] == named["hosts"][index]["resources"]


@given(
    st.lists(
        st.tuples(NAME, NAME, NAME, st.integers(0, 4)),
        min_size=1,
        max_size=12,
        unique_by=lambda each: each[0],
    )
)
def test_an_anonymous_cloud_is_planned_alike(rows: list[tuple[str, str, str, int]]) -> None:
    document = a_cloud(*(a_host(*row) for row in rows))
    aliases = anonymous(document)
    names = {
        hidden["name"]: host["name"]
        for host, hidden in zip(document["hosts"], aliases["hosts"], strict=True)
    }
    web = wanted(an_ensemble(a_tier("web", 3)))
    found = dry_run(understood(document), web, rooms=False).result
    renamed = dry_run(understood(aliases), web, rooms=False).result
    assert type(found) is type(renamed)
    if isinstance(found, Plan) and isinstance(renamed, Plan):
        back = {member: names[host] for member, host in renamed.assignment.items()}
        assert back == dict(found.assignment)
