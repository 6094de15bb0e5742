# SPDX-License-Identifier: Apache-2.0
"""Which servers can be members of an ensemble, and which are left out or refused."""

from typing import Any

import pytest
from adoptions import adopted, adoption, ask, details, proposal, refusal, running_web
from small_cloud import SmallCloud, body, caller

from ensemble_api.cloud.tags import HANDOVER_HINT
from ensemble_api.store import models
from tests.fakes.nova_objects import FakeServer


@pytest.fixture
def web(cloud: SmallCloud) -> list[FakeServer]:
    return running_web(cloud)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        pytest.param({"status": "ERROR"}, "is on no host: it is ERROR", id="never placed"),
        pytest.param(
            {"shown": {"image": ""}}, "has neither an image nor a volume", id="no root disk"
        ),
    ],
)
def test_one_that_cannot_be_a_member_is_left_out_unless_it_is_named(
    cloud: SmallCloud, web: list[FakeServer], facts: Any, reason: str
) -> None:
    odd = cloud.nova.boot("odd-1", "secrethost4", **facts)
    shown = proposal(cloud, {"project": True})
    assert [each["server_name"] for each in shown["left_out"]] == ["odd-1"]
    assert reason in shown["left_out"][0]["message"]
    assert len(shown["members"]) == 3
    status, field, said = refusal(cloud, {"servers": [web[0].id, odd.id]})
    assert (status, field) == (409, "adopt.from.servers[1]")
    assert reason in said
    named = [{"name": "web", "servers": [odd.id]}]
    assert refusal(cloud, {"project": True}, tiers=named)[1] == "adopt.tiers[0].servers[0]"
    for each in web:
        each.gone = True
    status, field, said = refusal(cloud, {"project": True})
    assert (status, field) == (409, "adopt.from")
    assert "odd-1" in said


@pytest.mark.parametrize(
    "facts", [{"status": "BUILD"}, {"status": "VERIFY_RESIZE"}, {"task": "migrating"}]
)
def test_nothing_is_adopted_while_something_is_done_with_a_server(
    cloud: SmallCloud, web: list[FakeServer], facts: Any
) -> None:
    vars(web[1]).update(facts, stuck=True)
    answer = ask(cloud, "/adopt", adoption({"project": True}))
    assert answer.status_code == 409
    assert "Something is done with server web-2" in answer.text
    assert cloud.store.servers_of_ensembles("shop-project") == {}


def test_a_server_is_in_one_ensemble_at_most(cloud: SmallCloud, web: list[FakeServer]) -> None:
    first = adopted(cloud, {"servers": [web[0].id]}, name="first")
    shown = proposal(cloud, {"project": True})
    assert [(each["server_name"], each["message"]) for each in shown["left_out"]] == [
        ("web-1", "is a member of the ensemble first already")
    ]
    answer = ask(cloud, "/adopt", adoption({"servers": [web[1].id, web[0].id]}))
    assert (answer.status_code, details(answer)["field"]) == (409, "adopt.from.servers[1]")
    record = adopted(cloud, {"project": True}, name="second")
    assert [each.server_id for each in record.members] == [web[1].id, web[2].id]
    again = ask(cloud, "/adopt", adoption({"project": True}))
    assert (again.status_code, details(again)["field"]) == (409, "adopt.from")
    assert cloud.store.get(first.id).members[0].server_id == web[0].id


def test_a_server_that_was_made_for_an_ensemble_is_its_own_also_when_it_is_not_recorded(
    cloud: SmallCloud,
) -> None:
    """It is recorded a moment later, or has come too late and is deleted."""
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    (server,) = cloud.nova.alive()
    with cloud.store.writing() as session:
        hint = cloud.nova.hints[server.id][HANDOVER_HINT]
        session.query(models.Member).update({"server_id": None, "hints": [hint]})
    answer = ask(cloud, "/adopt", adoption({"project": True}))
    assert (answer.status_code, details(answer)["field"]) == (409, "adopt.from")
    assert "is a member of the ensemble shop already" in answer.text
    forged = cloud.nova.boot("web-9", "secrethost4", tags=list(server.tags))
    assert adopted(cloud, {"project": True}).members[0].server_id == forged.id, "tags prove nothing"
    cloud.observe()
    assert not forged.gone and forged.task is None


def test_hosts_cannot_be_closed_where_others_are_already(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    """Else whoever has a server everywhere could have the cloud to itself."""
    cloud.nova.boot("theirs-1", "secrethost1", project="other-project")
    alone = {"type": "exclusive", "level": "host", "tiers": ["web"], "other": "project"}
    status, field, reason = refusal(cloud, {"project": True}, policies=[alone])
    assert (status, field) == (409, "adopt.policies[0]")
    assert "1 is shared" in reason
    soft = {**alone, "enforcement": "soft"}
    assert adopted(cloud, {"project": True}, policies=[soft]).status == "ACTIVE"


def test_a_server_beside_an_ensemble_that_wants_to_be_alone_stays_plain(cloud: SmallCloud) -> None:
    alone = {"type": "exclusive", "level": "host", "tiers": ["db"], "other": "ensemble"}
    record = cloud.service().create(caller(), body(("db", 1), policies=[alone]))
    cloud.run(record.id)
    cloud.observe()
    beside = cloud.nova.boot("web-1", record.members[0].host)
    answer = ask(cloud, "/adopt", adoption({"servers": [beside.id]}))
    assert (answer.status_code, details(answer)["field"]) == (409, "adopt.from.servers[0]")
    assert cloud.store.get(record.id).status == "ACTIVE"
