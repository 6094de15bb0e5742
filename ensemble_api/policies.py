# SPDX-License-Identifier: Apache-2.0
"""Who may do what: oslo.policy rules, which live in nova-api's policy file.

Nova internals used here: ``nova.policy`` and its enforcer.
"""

from nova import policy as nova_policy
from oslo_policy import policy

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence

_FORBIDDEN = Sentence("forbidden", "Policy does not allow ensembles:%(action)s to be performed.")

MEMBER = "rule:ensembles:member"
NOVA_SHOWS = "os_compute_api:os-extended-server-attributes"  # who sees user_data of a server
READER = "rule:ensembles:reader"
ADMIN = "rule:ensembles:admin"

RULES = [
    policy.RuleDefault("ensembles:admin", "role:admin", "Operators."),
    policy.RuleDefault(
        "ensembles:member",
        "rule:ensembles:admin or (role:member and project_id:%(project_id)s)",
        "Members of the project that owns the ensemble.",
    ),
    policy.RuleDefault(
        "ensembles:reader",
        "rule:ensembles:admin or (role:reader and project_id:%(project_id)s)",
        "Readers of the project that owns the ensemble.",
    ),
    *(
        policy.DocumentedRuleDefault(
            f"ensembles:{name}",
            check,
            description,
            [{"method": method, "path": path}],
            scope_types=["project"],
        )
        for name, check, description, method, path in [
            ("create", MEMBER, "Create an ensemble.", "POST", "/os-ensembles"),
            (
                "plan",
                READER,
                "Plan an ensemble without building it.",
                "POST",
                "/os-ensembles/plans",
            ),
            (
                "domains",
                MEMBER,
                "See all domains of the cloud in a plan, and where there is room for its tiers.",
                "POST",
                "/os-ensembles/plans?domains=all",
            ),
            (
                "capabilities",
                READER,
                "See limits, levels and features of this cloud's ensembles.",
                "GET",
                "/os-ensembles/capabilities",
            ),
            (
                "capacity",
                READER,
                "See how much of a request fits when not all of it does.",
                "POST",
                "/os-ensembles/plans",
            ),
            ("list", READER, "List the project's ensembles.", "GET", "/os-ensembles"),
            ("show", READER, "Show an ensemble.", "GET", "/os-ensembles/{id}"),
            (
                "show:user_data",
                "project_id:%(project_id)s and user_id:%(user_id)s",
                "See the user data of an ensemble's servers, beside those to whom Nova shows it.",
                "GET",
                "/os-ensembles/{id}",
            ),
            (
                "survivability",
                READER,
                "See where an ensemble's servers are now, and what that breaks.",
                "GET",
                "/os-ensembles/{id}/survivability",
            ),
            (
                "drill",
                READER,
                "See what failures would do to an ensemble, and how it would be repaired.",
                "POST",
                "/os-ensembles/{id}/action (drill)",
            ),
            (
                "repair",
                MEMBER,
                "Give members of an ensemble whose hosts have failed other places.",
                "POST",
                "/os-ensembles/{id}/action (repair)",
            ),
            (
                "rebalance",
                MEMBER,
                "Move members of an ensemble to where it is spread best.",
                "POST",
                "/os-ensembles/{id}/action (rebalance)",
            ),
            (
                "operations",
                READER,
                "See what was done with an ensemble, and what is under way.",
                "GET",
                "/os-ensembles/{id}/operations",
            ),
            (
                "change",
                "role:member and project_id:%(project_id)s",
                "Change an ensemble of the own project.",
                "PATCH",
                "/os-ensembles/{id}",
            ),
            (
                "adopt",
                "role:member and project_id:%(project_id)s",
                "Make an ensemble of servers of the own project that run already.",
                "POST",
                "/os-ensembles/adopt",
            ),
            (
                "release",
                MEMBER,
                "Give up an ensemble whose servers stay.",
                "POST",
                "/os-ensembles/{id}/action (release)",
            ),
            ("delete", MEMBER, "Delete an ensemble.", "DELETE", "/os-ensembles/{id}"),
            (
                "cancel",
                MEMBER,
                "Cancel the build, the change, the repair or the moves of an ensemble.",
                "POST",
                "/os-ensembles/{id}/action (cancel)",
            ),
            (
                "list_templates",
                READER,
                "List the ensemble templates that the project sees.",
                "GET",
                "/os-ensembles/templates",
            ),
            (
                "show_template",
                READER,
                "Show an ensemble template that the project sees.",
                "GET",
                "/os-ensembles/templates/{id}",
            ),
            (
                "create_template",
                MEMBER,
                "Make an ensemble template of the project.",
                "POST",
                "/os-ensembles/templates",
            ),
            (
                "change_template",
                MEMBER,
                "Change an ensemble template of the project, or share it.",
                "PATCH",
                "/os-ensembles/templates/{id}",
            ),
            (
                "publish_template",
                ADMIN,
                "Let all projects see an ensemble template.",
                "PATCH",
                "/os-ensembles/templates/{id} (visibility: public)",
            ),
            (
                "delete_template",
                MEMBER,
                "Delete an ensemble template of the project.",
                "DELETE",
                "/os-ensembles/templates/{id}",
            ),
            (
                "hosts",
                ADMIN,
                "See members per host.",
                "GET",
                "/os-ensembles/hosts",
            ),
            (
                "maintain",
                ADMIN,
                "Have hosts, racks and zones drained before they are maintained.",
                "POST",
                "/os-ensembles/domains/{level}/{domain}/action (drain, cancel)",
            ),
            (
                "headroom",
                ADMIN,
                "See which failures would leave members without places.",
                "GET",
                "/os-ensembles/headroom",
            ),
            ("all_projects", ADMIN, "List all projects' ensembles.", "GET", "/os-ensembles"),
            ("names", ADMIN, "See hosts and racks by name.", "GET", "/os-ensembles/{id}"),
        ]
    ),
]


def list_rules() -> list[policy.RuleDefault]:
    """Give the rules to oslopolicy-sample-generator."""
    return RULES


def get_enforcer() -> policy.Enforcer:
    """Nova's own enforcer, taught our rules, since one policy file has the rules of both.

    An enforcer that knew only its own would warn of those that refer to the other's. It is taught
    before it reads the file, which is why the filter calls this when nova-api loads it.
    """
    nova_policy.init(use_conf=False)
    enforcer: policy.Enforcer = nova_policy._ENFORCER
    if RULES[0].name not in enforcer.registered_rules:
        enforcer.register_defaults(RULES)
        enforcer.use_conf = True  # from now on it reads the file when it is asked
    return enforcer


def allowed(
    context: Context, action: str, project_id: str | None = None, user_id: str | None = None
) -> bool:
    """Whether ``context`` may do ``action`` on ensembles of ``project_id`` (default: its own).

    ``user_id`` is whose ensembles, for the rules to which that matters.
    """
    target = {"project_id": project_id or context.project_id, "user_id": user_id}
    return bool(get_enforcer().authorize(f"ensembles:{action}", target, context))


def sees_user_data(context: Context, project_id: str, user_id: str) -> bool:
    """Whether ``context`` may see the user data of this user's servers, by our rule or Nova's."""
    if allowed(context, "show:user_data", project_id, user_id):
        return True
    return bool(context.can(NOVA_SHOWS, target={"project_id": project_id}, fatal=False))


def authorize(context: Context, action: str, project_id: str | None = None) -> None:
    """Refuse what policy forbids.

    :raises ensemble_api.exception.Forbidden: when it does.
    """
    if not allowed(context, action, project_id):
        raise exception.Forbidden(_FORBIDDEN(action=action))
