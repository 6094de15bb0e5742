# SPDX-License-Identifier: Apache-2.0
"""Who may do what by default: a table of callers and actions."""

from typing import Any

import pytest

from ensemble_api import exception, policies
from tests.fakes.callers import caller

ACTIONS = (
    "create",
    "plan",
    "list",
    "show",
    "delete",
    "hosts",
    "all_projects",
    "names",
    "capabilities",
    "capacity",
)
READ = {"list", "show", "plan", "capabilities", "capacity"}
WRITE = READ | {"create", "delete"}


@pytest.mark.parametrize(
    ("who", "owner", "may"),
    [
        pytest.param(caller("p1", "reader"), "p1", READ, id="a reader of the project"),
        pytest.param(caller("p1", "member", "reader"), "p1", WRITE, id="a member of the project"),
        pytest.param(caller("p1", "admin"), "p1", set(ACTIONS), id="an admin in the project"),
        pytest.param(caller("p2", "admin"), "p1", set(ACTIONS), id="an admin of another project"),
        pytest.param(caller("p2", "member", "reader"), "p1", set(), id="a member of another one"),
        pytest.param(caller("p1", "painter"), "p1", set(), id="another role in the project"),
        pytest.param(caller("p1"), "p1", set(), id="no role at all"),
        pytest.param(
            caller(None, "admin", system_scope="all"), "p1", set(), id="an admin of the system"
        ),
        pytest.param(caller(None, "member", "reader"), "p1", set(), id="a token without a project"),
    ],
)
def test_defaults(who: object, owner: str, may: set[str]) -> None:
    allowed = {action for action in ACTIONS if policies.allowed(who, action, owner)}
    assert allowed == may


def test_a_refusal_names_the_rule() -> None:
    with pytest.raises(exception.Forbidden) as caught:
        policies.authorize(caller("p1", "reader"), "create")
    assert str(caught.value) == "Policy does not allow ensembles:create to be performed."


def test_every_action_has_a_documented_rule() -> None:
    names = {rule.name for rule in policies.list_rules()}
    assert {f"ensembles:{action}" for action in ACTIONS} <= names


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        pytest.param(caller("p1", "reader"), True, id="its own user"),
        pytest.param(caller("p2", "member"), False, id="its own user in another project"),
        pytest.param(caller("p2", "admin"), True, id="whom Nova would show it"),
    ],
)
def test_user_data_is_for_its_own_user_and_those_to_whom_nova_shows_it(
    who: Any, sees: bool
) -> None:
    assert policies.sees_user_data(who, "p1", "ada") is sees
    assert policies.sees_user_data(who, "p1", "somebody") is who.is_admin
