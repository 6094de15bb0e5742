# SPDX-License-Identifier: Apache-2.0
"""What a refusal tells of the cloud's capacity: how much of the request fits, if policy allows."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import webob
from oslo_policy import policy
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import policies, routes

# The cloud has room for 8 members in all, 2 on each of 4 hosts; 3 racks, 2 zones.
TOO_LARGE = [
    pytest.param(body(("web", 11)), "8 of the 11 members of “web” fit.", id="one tier"),
    pytest.param(
        body(("web", 5), ("db", 5)),
        "The free capacity is too small, or too scattered, for all 10 members of “web” and “db” "
        "together.",
        id="two tiers together",
    ),
    pytest.param(body(("web", 7), policies=[anti_affinity("web")]), "there are 4", id="a policy"),
    pytest.param(
        body(
            ("web", 8),
            policies=[anti_affinity("web", "host") | {"max_per_domain": 2}, anti_affinity("web")],
        ),
        "there are 4",
        id="two policies",
    ),
    pytest.param(
        body(("web", 3), policies=[{"type": "affinity", "level": "host", "tiers": ["web"]}]),
        "no host has room for more than 2.",
        id="all on one host",
    ),
]
CALLERS = [
    pytest.param(caller(), id="member"),
    pytest.param(caller("shop-project", "admin"), id="admin"),
]


@pytest.fixture
def hidden() -> Iterator[None]:
    """An operator's policy that tells nobody but operators."""
    enforcer = policies.get_enforcer()
    enforcer.load_rules()
    before = dict(enforcer.rules)
    rules = policy.Rules.from_dict({"ensembles:capacity": "role:admin"})
    enforcer.set_rules(rules, overwrite=False, use_conf=False)
    yield
    enforcer.set_rules(before, use_conf=True)


def refusals(cloud: SmallCloud, who: Any, wanted: Any) -> Iterator[tuple[str, Any]]:
    """The reasons that each route gives, with the whole answer as text."""
    for path in ("/os-ensembles/plans?headroom=1", "/os-ensembles"):
        request = webob.Request.blank(path, method="POST", base_url="http://nova/v2.1")
        request.environ["nova.context"] = who
        request.body = json.dumps({"ensemble": wanted}).encode()
        answer = routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"])
        text = json.dumps(answer.json, ensure_ascii=False)
        if answer.status_int == 200:
            yield text, answer.json["plan"]["reasons"]
        else:
            yield text, answer.json["conflictingRequest"]["details"]["reasons"]


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize(("wanted", "said"), TOO_LARGE)
def test_a_refusal_tells_how_much_of_the_request_fits_and_no_more(
    cloud: SmallCloud, who: Any, wanted: Any, said: str
) -> None:
    for text, reasons in refusals(cloud, who, wanted):
        assert said in text
        assert "free capacity for" not in text
        for reason in reasons:
            assert reason["supply"] is None or reason["supply"] < reason["demand"]


@pytest.mark.parametrize(("wanted", "said"), TOO_LARGE)
def test_where_policy_forbids_it_no_figure_of_the_cloud_is_told(
    cloud: SmallCloud, hidden: None, wanted: Any, said: str
) -> None:
    for _, reasons in refusals(cloud, caller(), wanted):
        for reason in reasons:
            assert reason["supply"] is None
            # What was asked for has a number, and so may a policy in its own words; nothing else.
            words = reason["message"].replace(f"all {reason['demand']} members", "")
            assert not re.search(r"\d", re.sub("“[^”]*”", "", words))
            named = re.findall("“([^”]*)”", words)
            policy_named = any(each not in reason["tiers"] for each in named)
            assert policy_named is (reason["policy"] is not None), "a policy is named"
    for text, _ in refusals(cloud, caller("shop-project", "admin"), wanted):
        assert said in text
