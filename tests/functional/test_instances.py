# SPDX-License-Identifier: Apache-2.0
"""A template applied several times as one: planned jointly and reserved in one step, all or none.

There are four hosts with room for two members each, in three racks.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import webob
from creates import built, code
from killed_process import Killed, Process, WriteLimit
from small_cloud import FLAVOR, IMAGE, LEASE, NETWORK, Clock, SmallCloud, caller
from test_contention import Contended
from test_who_may_what import ask

from ensemble_api import exception, limits
from ensemble_api.records import EnsembleRecord
from ensemble_api.store.api import Page, Store
from ensemble_api.usecases.reserve import RESERVE_SECONDS
from tests.fakes.networks import FakeNetworks

COLLECTION = "/os-ensembles/templates"
MEMBER = caller()
PARAMETERS = {
    "count": {"type": "number", "default": 2, "constraints": [{"range": {"min": 1, "max": 4}}]},
    "level": {"type": "string", "default": "host"},
    "flavor": {"type": "string", "constraints": [{"custom_constraint": "nova.flavor"}]},
}
SERVER = {"flavor": {"get_param": "flavor"}, "image": IMAGE, "networks": "auto"}
WEB = {"name": "web", "count": {"get_param": "count"}, "server": SERVER}
APART = {"type": "anti-affinity", "level": {"get_param": "level"}, "tiers": ["web"]}
ALONE = {"type": "exclusive", "level": "rack", "tiers": ["web"], "other": "ensemble"}


def make(cloud: SmallCloud, *policies: Any, server: Any = SERVER) -> str:
    """A template of one tier with these policies; its id."""
    ensemble = {"tiers": [{**WEB, "server": server}], "policies": list(policies)}
    wanted = {"name": "web service", "parameters": PARAMETERS, "ensemble": ensemble}
    response = ask(cloud, MEMBER, "POST", COLLECTION, {"template": wanted})
    assert response.status_code == 201, response.text
    return str(response.json["template"]["id"])


def instance(name: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "parameters": values}


TWO = (instance("shop-1"), instance("shop-2", count=3))


def apply(
    cloud: SmallCloud,
    template: str,
    instances: Sequence[Any] = TWO,
    *,
    who: Any = MEMBER,
    parts: Any = None,
    key: str | None = None,
    **more: Any,
) -> webob.Response:
    wanted = {"instances": [*instances], "parameters": {"flavor": FLAVOR}, **more}
    path = f"{COLLECTION}/{template}/action"
    marks = {"Idempotency_Key": key} if key else {}
    return ask(cloud, who, "POST", path, {"instantiate": wanted}, parts or {}, **marks)


def made(cloud: SmallCloud, response: webob.Response) -> list[EnsembleRecord]:
    assert response.status_code == 202, response.text
    return [cloud.store.get(each["id"]) for each in response.json["ensembles"]]


def details(response: webob.Response) -> Any:
    (fault,) = response.json.values()
    return fault["details"]


def build(cloud: SmallCloud, records: Sequence[EnsembleRecord]) -> list[EnsembleRecord]:
    for each in records:
        cloud.run(each.id)
    return [cloud.store.get(each.id) for each in records]


def assert_all_built(cloud: SmallCloud, records: Sequence[EnsembleRecord]) -> None:
    assert {each.status for each in records} == {"ACTIVE"}
    servers = {server.id for server in cloud.nova.alive()}
    assert servers == {member.server_id for each in records for member in each.members}
    assert cloud.placement.consumers(*cloud.providers) == servers


def test_what_is_made_as_one_is_held_in_one_request_and_is_ordinary_ensembles(
    cloud: SmallCloud,
) -> None:
    template = make(cloud, APART)
    records = made(cloud, apply(cloud, template, description="made together"))
    assert [(each.name, len(each.members)) for each in records] == [("shop-1", 2), ("shop-2", 3)]
    assert {each.body["template"]["id"] for each in records} == {template}
    assert [each.body["template"]["parameters"]["count"] for each in records] == [2, 3]
    assert {each.body["description"] for each in records} == {"made together"}
    assert built(cloud) == 2
    done = build(cloud, records)
    assert_all_built(cloud, done)
    for each in done:
        assert len({member.host for member in each.members}) == len(each.members)
    found = ask(cloud, MEMBER, "GET", f"/os-ensembles?template_id={template}").json["ensembles"]
    assert {each["id"] for each in found} == {each.id for each in records}


def test_one_that_does_not_fit_beside_the_others_leaves_none_of_them(cloud: SmallCloud) -> None:
    template = make(cloud)
    three = [instance(f"shop-{number}", count=3) for number in range(3)]
    refused = apply(cloud, template, three)
    assert (refused.status_code, code(refused)) == (409, "ensemble.infeasible")
    assert details(refused)["proved"] is True
    assert "e0-t0" not in refused.text, "a name that nobody has given"
    assert cloud.store.select(Page()) == []
    cloud.assert_clean()
    told = apply(cloud, template, three, dry_run=True).json
    assert (told["plan"]["feasible"], told["plan"]["id"]) == (False, None)
    assert [each["plan"] for each in told["instances"]] == [None] * 3
    assert made(cloud, apply(cloud, template, three[:2]))


def test_a_refusal_names_the_instance(cloud: SmallCloud) -> None:
    template = make(cloud, APART)
    refused = apply(cloud, template, [instance("small"), instance("large", count=4, level="rack")])
    (reason,) = details(refused)["reasons"]
    assert (reason["tiers"], reason["policy"], reason["changes"]) == (["large/web"], 0, [])


def test_the_preview_shows_each_with_its_own_plan_and_one_id_builds_them(
    cloud: SmallCloud,
) -> None:
    template = make(cloud, APART)
    told = apply(cloud, template, dry_run=True).json
    assert told["plan"]["feasible"] and told["plan"]["proof"]
    cloud.assert_clean()
    for each, name, count in zip(told["instances"], ("shop-1", "shop-2"), (2, 3), strict=True):
        assert each["ensemble"]["name"] == name
        assert "template" not in each["ensemble"]
        members = [one["member"] for one in each["plan"]["assignments"]]
        assert members == [f"web-{number}" for number in range(count)]
        assert each["plan"]["policies"][0]["holds"] is True
        assert each["plan"]["id"] is None, "one by one they are not what was planned"
    labels: dict[str, str] = {}
    for each in told["instances"]:
        for domain in each["plan"]["domains"]:
            assert labels.setdefault(domain["ref"], domain["label"]) == domain["label"]
    plan = told["plan"]["id"]
    other = apply(cloud, template, [TWO[1], TWO[0]], plan=plan)
    assert details(other)["field"] == "plan"
    first = apply(cloud, template, plan=plan)
    records = made(cloud, first)
    for record, each in zip(records, told["instances"], strict=True):
        shown = ask(cloud, MEMBER, "GET", f"/os-ensembles/{record.id}").json["ensemble"]
        planned = {one["member"]: one["domains"] for one in each["plan"]["assignments"]}
        assert {one["name"]: one["domains"] for one in shown["members"]} == planned
    assert apply(cloud, template, plan=plan).json == first.json
    assert built(cloud) == 2


def test_a_plan_that_does_not_hold_any_more_is_answered_with_another_of_each(
    cloud: SmallCloud,
) -> None:
    template = make(cloud, APART)
    told = apply(cloud, template, [instance("shop-1"), instance("shop-2")], dry_run=True).json
    by_ref = {each["ref"]: each for one in told["instances"] for each in one["plan"]["domains"]}
    assert by_ref
    for host in cloud.nova.hosts[:2]:
        cloud.fill(host.name, 4)
    both = [instance("shop-1"), instance("shop-2")]
    changed = apply(cloud, template, both, plan=told["plan"]["id"])
    if changed.status_code == 202:  # it used neither of them
        return
    assert code(changed) == "ensemble.plan_changed"
    facts = details(changed)
    assert [each["name"] for each in facts["instances"]] == ["shop-1", "shop-2"]
    moved = [one["member"] for each in facts["instances"] for one in each["moved"]]
    assert moved and set(moved) <= {"web-0", "web-1"}
    cloud_now = apply(cloud, template, both, plan=facts["plan"]["id"])
    assert len(made(cloud, cloud_now)) == 2


def test_exclusive_of_other_ensembles_holds_between_them(cloud: SmallCloud) -> None:
    template = make(cloud, ALONE)
    records = made(cloud, apply(cloud, template, [instance("a"), instance("b"), instance("c")]))
    racks = [{each.domains["rack"] for each in record.members} for record in records]
    assert sum(map(len, racks)) == len(set().union(*racks)) == 3
    assert_all_built(cloud, build(cloud, records))
    refused = apply(cloud, make(cloud, ALONE), [instance("d", count=1)])
    assert refused.status_code == 409


def test_the_quota_counts_all_of_them(cloud: SmallCloud) -> None:
    template = make(cloud)
    cloud.nova.limits = {"maxTotalInstances": 4, "totalInstancesUsed": 0}
    told = apply(cloud, template, dry_run=True).json["plan"]
    (shortage,) = told["over_quota"]
    assert (shortage["resource"], shortage["needed"]) == ("Instances", 5)
    refused = apply(cloud, template)
    assert (refused.status_code, code(refused)) == (403, "ensemble.quota")
    cloud.assert_clean()
    cloud.nova.limits["maxTotalInstances"] = 5
    assert made(cloud, apply(cloud, template))


@pytest.mark.parametrize(
    ("instances", "more", "field"),
    [
        pytest.param([], {}, "instantiate.instances", id="none"),
        pytest.param([{"parameters": {}}], {}, "instantiate.instances[0].name", id="without name"),
        pytest.param(
            [instance("a"), instance("a ")], {}, "instances[1].name", id="two of one name"
        ),
        pytest.param(
            [instance("a"), instance("b", count=9)],
            {},
            "instances[1].parameters.count",
            id="beyond a constraint",
        ),
        pytest.param(
            [instance("a"), instance("b", flavor="none")],
            {},
            "instances[1].parameters.flavor",
            id="a flavor that is not there",
        ),
        pytest.param(
            [instance("a"), instance("b", level="planet")],
            {},
            "instances[1].ensemble.policies[0].level",
            id="what the description makes of it",
        ),
        pytest.param([instance("a")], {"name": "b"}, "instantiate", id="a name and instances"),
        pytest.param(
            [instance(str(number)) for number in range(limits.INSTANCES + 1)],
            {},
            "instantiate.instances",
            id="too many",
        ),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_what_cannot_be_made_is_refused_with_the_instance_and_its_field(
    cloud: SmallCloud, instances: Any, more: Any, field: str, dry_run: bool
) -> None:
    response = apply(cloud, make(cloud, APART), instances, dry_run=dry_run, **more)
    assert response.status_code == 400, response.text
    assert details(response)["field"] == field
    assert cloud.store.select(Page()) == []
    cloud.assert_clean()


def test_together_they_are_no_larger_than_one_ensemble(cloud: SmallCloud) -> None:
    template = make(cloud)
    refused = apply(cloud, template, parts={"max_members": 4})
    assert (refused.status_code, details(refused)["field"]) == (400, "instances")
    assert "5 members" in refused.text
    assert made(cloud, apply(cloud, template, parts={"max_members": 5}))


def test_what_serves_one_member_serves_none_of_another_instance(cloud: SmallCloud) -> None:
    port = "44444444-4444-4444-8444-444444444444"
    by_port = {**SERVER, "ports": [port]}
    address = {**SERVER, "networks": [NETWORK], "fixed_ips": [
        {"network": NETWORK, "addresses": ["10.0.0.5"]}
    ]}  # fmt: skip
    networks = FakeNetworks()
    networks.subnets_of[NETWORK] = [{"cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1"}]
    one = [instance("a", count=1), instance("b", count=1)]
    for server, field in ((by_port, "ports[0]"), (address, "fixed_ips[0].addresses")):
        refused = apply(cloud, make(cloud, server=server), one, parts={"networks": networks})
        assert refused.status_code == 400, refused.text
        assert details(refused)["field"] == f"instances[1].ensemble.tiers[0].server.{field}"
    cloud.assert_clean()


def test_the_same_request_with_the_same_key_makes_them_once(cloud: SmallCloud) -> None:
    template = make(cloud)
    first, second = (apply(cloud, template, key="k1") for _ in range(2))
    assert (first.status_code, first.json) == (202, second.json)
    for other in ([TWO[0]], [TWO[1], TWO[0]], [*TWO, instance("shop-3", count=1)]):
        assert apply(cloud, template, other, key="k1").status_code == 422
    assert built(cloud) == 2
    build(cloud, made(cloud, first))
    assert apply(cloud, template, key="k1").json == first.json


def test_one_of_several_is_another_request_than_a_single_one(cloud: SmallCloud) -> None:
    """Its answer has another form, and is not to be read by who asked for that one."""
    template = make(cloud)
    path, values = f"{COLLECTION}/{template}/action", {"flavor": FLAVOR}
    single = {"instantiate": {"name": "shop-1", "parameters": values}}
    first = ask(cloud, MEMBER, "POST", path, single, Idempotency_Key="k1")
    assert first.status_code == 202, first.text
    assert apply(cloud, template, [instance("shop-1")], key="k1").status_code == 422
    again = ask(cloud, MEMBER, "POST", path, single, Idempotency_Key="k1")
    assert again.json == first.json
    plan = apply(cloud, template, [instance("shop-2")], dry_run=True).json["plan"]["id"]
    several = [apply(cloud, template, [instance("shop-2")], plan=plan) for _ in range(2)]
    assert [len(each.json["ensembles"]) for each in several] == [1, 1]
    other = {"instantiate": {"name": "shop-2", "parameters": values, "plan": plan}}
    assert ask(cloud, MEMBER, "POST", path, other).status_code == 409
    assert built(cloud) == 2


def test_the_same_by_many_at_once_in_two_processes_is_made_once(cloud: SmallCloud) -> None:
    template = make(cloud)
    other = Store(str(cloud.store.engine.url))
    stores = [cloud.store, other] * 2
    with ThreadPoolExecutor(len(stores)) as pool:
        wait = threading.Event().wait
        answers = list(
            pool.map(
                lambda store: apply(
                    cloud, template, key="k1", parts={"store": store, "sleep": wait}
                ),
                stores,
            )
        )
    assert {each.status_code for each in answers} == {202}
    assert len({tuple(one["id"] for one in each.json["ensembles"]) for each in answers}) == 1
    assert built(cloud) == 2
    other.engine.dispose()


def test_what_others_take_meanwhile_is_planned_anew_for_all(cloud: SmallCloud) -> None:
    reservation = Contended(cloud, 1)
    records = made(cloud, apply(cloud, make(cloud), parts={"reservation": reservation}))
    assert [len(members) for members in reservation.tried] == [5, 5], "one request for all"
    held = {each.id for each in reservation.tried[-1]}
    assert held == {member.id for each in records for member in each.members}
    assert {each.operation.attempts for each in records if each.operation} == {2}


def test_one_that_is_cancelled_while_all_are_reserved_leaves_none(cloud: SmallCloud) -> None:
    placed = cloud.service()

    class CancelledMeanwhile(Store):
        def create_all(self, records: Sequence[EnsembleRecord], *more: Any) -> None:
            super().create_all(records, *more)
            placed.cancel(caller(), records[1].id)

    slow = CancelledMeanwhile(str(cloud.store.engine.url))
    refused = apply(cloud, make(cloud), parts={"store": slow})
    assert (refused.status_code, code(refused)) == (409, "ensemble.conflict")
    assert cloud.store.select(Page()) == []
    cloud.assert_clean()


def test_a_template_that_is_deleted_meanwhile_makes_nothing(cloud: SmallCloud) -> None:
    """Else there were ensembles of a template that is not kept for them."""
    template = make(cloud)

    class DeletedMeanwhile(Store):
        def create_all(self, *more: Any) -> None:
            gone = ask(cloud, MEMBER, "DELETE", f"{COLLECTION}/{template}")
            assert gone.status_code == 204
            super().create_all(*more)

    store = DeletedMeanwhile(str(cloud.store.engine.url))
    refused = apply(cloud, template, parts={"store": store})
    assert (refused.status_code, code(refused)) == (409, "ensemble.conflict")
    assert "template was deleted" in refused.text
    assert cloud.store.select(Page()) == []
    cloud.assert_clean()


def test_a_crash_anywhere_leaves_all_of_them_or_none(cloud: SmallCloud, clock: Clock) -> None:
    template = make(cloud)
    asked = {"instances": [*TWO], "parameters": {"flavor": FLAVOR}}

    def send(process: Process, key: str) -> None:
        path = f"{COLLECTION}/{template}/action"
        marks = {"Idempotency_Key": key}
        ask(cloud, MEMBER, "POST", path, {"instantiate": asked}, process._parts, **marks)

    whole = WriteLimit(10_000)
    with Process(cloud, whole) as process:
        send(process, "whole")
    wipe(cloud)
    assert {"Store.create_all", "Adapter.post", "Store.begin_building"} <= set(whole.writes)
    seen = set()
    for limit, write in enumerate(whole.writes):
        key = f"k{limit}"
        with Process(cloud, WriteLimit(limit)) as process, pytest.raises(Killed):
            send(process, key)
        where = f"crash {limit} before {write}"
        left = cloud.store.select(Page())
        states = {each.status.value for each in left}
        seen |= states
        assert len(left) in (0, 2) and len(states) <= 1, where
        clock.forward(max(LEASE, RESERVE_SECONDS) + 1)
        for each in left:
            cloud.run(each.id, "second")
        now = [cloud.store.get(each.id) for each in left]
        if states == {"BUILDING"}:
            assert_all_built(cloud, now)
        else:
            assert {each.status.value for each in now} <= {"ERROR"}, where
            cloud.assert_clean()
            for each in now:
                cloud.store.remove(each.id)
        again = apply(cloud, template, key=key)
        found = made(cloud, again)
        if states == {"BUILDING"}:
            assert {each.id for each in found} == {each.id for each in left}, where
        wipe(cloud)
    assert seen == {"RESERVING", "BUILDING"}


def test_while_some_are_undone_the_same_request_is_told_to_come_back(
    cloud: SmallCloud, clock: Clock
) -> None:
    template = make(cloud)

    class Dies(Store):
        def begin_building(self, *_: Any) -> bool:
            raise Killed

    with pytest.raises(Killed):
        apply(cloud, template, key="k1", parts={"store": Dies(str(cloud.store.engine.url))})
    clock.forward(RESERVE_SECONDS + 1)
    first, second = sorted(cloud.store.select(Page()), key=lambda each: each.name)
    cloud.run(first.id, "second")
    waiting = apply(cloud, template, key="k1")
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (409, "5")
    cloud.run(second.id, "second")
    cloud.assert_clean()
    assert made(cloud, apply(cloud, template, key="k1"))


def test_one_that_cannot_be_built_is_undone_alone(cloud: SmallCloud) -> None:
    """From the answer on each is an ensemble of its own."""
    records = made(cloud, apply(cloud, make(cloud)))
    cloud.nova.break_build["web-2"] = "no"
    failed, good = None, None
    for each in build(cloud, records):
        failed, good = (each, good) if each.status == "ERROR" else (failed, each)
    assert failed is not None and good is not None
    assert (failed.name, good.name, good.status) == ("shop-2", "shop-1", "ACTIVE")


def test_rights_are_those_of_a_single_create(cloud: SmallCloud) -> None:
    template = make(cloud)
    reader = caller("shop-project", "reader")
    assert apply(cloud, template, who=reader).status_code == 403
    assert apply(cloud, template, who=caller("other-project")).status_code == 404
    cloud.assert_clean()


def test_an_answer_that_never_came_is_no_reason_to_make_others(cloud: SmallCloud) -> None:
    template = make(cloud)

    class Gone(Store):
        def release(self, *_: Any) -> None:
            raise exception.Unavailable("gone")

    lost = apply(cloud, template, key="k1", parts={"store": Gone(str(cloud.store.engine.url))})
    assert lost.status_code == 503
    assert len(made(cloud, apply(cloud, template, key="k1"))) == 2
    assert built(cloud) == 2


def wipe(cloud: SmallCloud) -> None:
    for each in cloud.store.select(Page()):
        cloud.service().delete(caller(), each.id)
        cloud.store.release(each.id, "api")
        cloud.run(each.id, "third")
    cloud.assert_clean()
