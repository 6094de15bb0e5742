# SPDX-License-Identifier: Apache-2.0
"""What the API shows, as resources of openstacksdk; doc/api-ref says what each field means."""

from openstack import resource
from openstack.resource import Body

from ensemble_client.v2 import urls


class Member(resource.Resource):
    """One member of an ensemble, and the server that it has."""

    tier: str = Body("tier")
    status: str = Body("status")
    server_id: str | None = Body("server_id")
    #: What Nova said of the server when it was last looked at.
    server_status: str | None = Body("server_status")
    root_volume_id: str | None = Body("root_volume_id")
    #: Whether its server is by a template that was changed since.
    is_outdated: bool = Body("outdated", type=bool)
    #: The reference of its failure domain at each level.
    domains: dict[str, str] = Body("domains", type=dict)
    #: The host that it was built on, shown to administrators.
    host: str | None = Body("host")
    #: The host that it runs on now, shown to administrators.
    current_host: str | None = Body("current_host")


class Operation(resource.Resource):
    """Something that is done, or was done, with an ensemble."""

    resource_key = "operation"
    resources_key = "operations"
    base_path = f"{urls.URL}/%(ensemble_id)s/operations"
    allow_fetch = True
    allow_list = True

    ensemble_id: str = resource.URI("ensemble_id")
    type: str = Body("type")
    status: str = Body("status")
    user_id: str = Body("user_id")
    attempts: int = Body("attempts", type=int)
    #: How many members are to be "present", "absent" and "moved".
    members: dict[str, int] = Body("members", type=dict)
    is_cancellable: bool = Body("cancellable", type=bool)
    started_at: str = Body("started_at")
    ended_at: str | None = Body("ended_at")
    #: Why it came to nothing: "code" and "message".
    reason: dict[str, str] | None = Body("reason")
    #: Where each member is to be; not in listings.
    goals: list[dict[str, object]] = Body("goals", type=list)
    on_failure: str = Body("on_failure")
    plan: dict[str, object] | None = Body("plan")


class Ensemble(resource.Resource):
    """Servers of one application that are planned, built and kept as one.

    Fields from ``policies`` on are not in listings.
    """

    resource_key = "ensemble"
    resources_key = "ensembles"
    base_path = urls.URL
    allow_fetch = True
    allow_list = True
    allow_delete = True
    _query_mapping = resource.QueryParameters(
        "name", "status", "sort_key", "sort_dir", "all_projects", "project_id", "template_id"
    )

    description: str = Body("description")
    metadata: dict[str, str] = Body("metadata", type=dict)
    #: What is done after a failure.
    recovery: dict[str, object] = Body("recovery", type=dict)
    project_id: str = Body("project_id")
    user_id: str = Body("user_id")
    status: str = Body("status")
    #: Whether nothing is being done with it.
    is_settled: bool = Body("settled", type=bool)
    #: How often its description was changed, and one more.
    generation: int = Body("generation", type=int)
    #: What it was made from: "id" and "version", and "parameters" for those who see its user data.
    template: dict[str, object] | None = Body("template", type=dict)
    is_adopted: bool = Body("adopted", type=bool)
    created_at: str = Body("created_at")
    updated_at: str = Body("updated_at")
    #: How far it is: "done" of "total" and a "message".
    progress: dict[str, object] = Body("progress", type=dict)
    tiers: list[dict[str, object]] = Body("tiers", type=list, list_type=dict)
    #: What is being done with it.
    operation: Operation | None = Body("operation", type=Operation)
    #: What went wrong with it, or what its removal waits for.
    fault: dict[str, object] | None = Body("fault")
    #: What does not hold now, and since when.
    degraded: dict[str, object] | None = Body("degraded")
    observed_at: str | None = Body("observed_at")
    #: How many members of each tier run.
    standing: list[dict[str, object]] = Body("standing", type=list)
    #: What the failure of any one domain of each level leaves.
    survives: list[dict[str, object]] = Body("survives", type=list)
    policies: list[dict[str, object]] = Body("policies", type=list)
    members: list[Member] = Body("members", type=list, list_type=Member)
    domains: list[dict[str, object]] = Body("domains", type=list)
    minima: dict[str, int] = Body("minima", type=dict)
    survivability: list[dict[str, object]] = Body("survivability", type=list)
    promises: list[dict[str, object]] = Body("promises", type=list)
    objectives: list[dict[str, object]] = Body("objectives", type=list)
    violations: list[dict[str, object]] = Body("violations", type=list)
    warnings: list[dict[str, str]] = Body("warnings", type=list)
    reserve: dict[str, object] | None = Body("reserve")
    events: list[dict[str, object]] = Body("events", type=list)


class Plan(resource.Resource):
    """Where the members of an ensemble would be, or the reasons why it does not fit."""

    resource_key = "plan"

    #: Whether there is a plan; if not, ``reasons`` say why.
    is_feasible: bool = Body("feasible", type=bool)
    planned_at: str = Body("planned_at")
    #: When the capacity was seen that it is planned with.
    capacity_seen_at: str = Body("capacity_seen_at")
    message: str = Body("message")
    is_proved: bool = Body("proved", type=bool)
    proof: str | None = Body("proof")
    #: The domains of each member.
    assignments: list[dict[str, object]] = Body("assignments", type=list)
    minima: dict[str, int] = Body("minima", type=dict)
    survivability: list[dict[str, object]] = Body("survivability", type=list)
    promises: list[dict[str, object]] = Body("promises", type=list)
    objectives: list[dict[str, object]] = Body("objectives", type=list)
    violations: list[dict[str, object]] = Body("violations", type=list)
    reasons: list[dict[str, object]] = Body("reasons", type=list)
    policies: list[dict[str, object]] = Body("policies", type=list)
    domains: list[dict[str, object]] = Body("domains", type=list)
    warnings: list[dict[str, str]] = Body("warnings", type=list)
    not_planned_with: list[dict[str, object]] = Body("not_planned_with", type=list)
    over_quota: list[dict[str, object]] = Body("over_quota", type=list)
    totals: dict[str, int] = Body("totals", type=dict)
    #: What domains that fail at once leave, if it was asked for.
    failed: dict[str, object] | None = Body("failed")
