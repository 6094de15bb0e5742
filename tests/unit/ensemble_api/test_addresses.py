# SPDX-License-Identifier: Apache-2.0
"""Fixed addresses: which member has which, and what is refused with its field."""

from typing import Any

import pytest
from records import IMAGE

from ensemble_api import exception
from ensemble_api.addresses import of_member
from ensemble_api.schemas import check_ensemble

NET, OTHER = (f"{n}2222222-2222-4222-8222-222222222222" for n in "12")


def tier(name: str, count: int, *fixed: Any, networks: Any = (NET, OTHER)) -> dict[str, Any]:
    server = {"flavor": "1", "image": IMAGE, "networks": networks, "fixed_ips": list(fixed)}
    if not isinstance(networks, str):
        server["networks"] = list(networks)
    return {"name": name, "count": count, "server": server}


def on(addresses: Any, network: str = NET) -> dict[str, Any]:
    return {"network": network, "addresses": addresses}


@pytest.mark.parametrize(
    ("given", "index", "address"),
    [
        (["10.0.0.9", "10.0.0.2"], 1, "10.0.0.2"),
        ("10.0.0.254-10.0.1.3", 3, "10.0.1.1"),
        ("10.0.0.5 - 10.0.0.5", 0, "10.0.0.5"),
        ("2001:DB8::ff-2001:db8::1:0", 1, "2001:db8::100"),
        (["2001:DB8:0::1"], 0, "2001:db8::1"),
    ],
)
def test_the_member_of_an_index_has_the_address_of_that_place(
    given: Any, index: int, address: str
) -> None:
    assert of_member([on(given)], index) == {NET: address}


@pytest.mark.parametrize("given", [["10.0.0.9"], "10.0.0.5-10.0.0.5"])
def test_beyond_the_last_address_there_is_none(given: Any) -> None:
    with pytest.raises(IndexError):
        of_member([on(given)], 1)


@pytest.mark.parametrize(
    ("tiers", "field", "reason"),
    [
        ([tier("web", 2, on(["10.0.0.5"]))], "[0].addresses", "1 for 2 members"),
        ([tier("web", 2, on("10.0.0.5-10.0.0.5"))], "[0].addresses", "1 for 2 members"),
        ([tier("web", 1, on("10.0.0.5"))], "[0].addresses", "the first and the last"),
        ([tier("web", 1, on("10.0.0.5-"))], "[0].addresses", "the first and the last"),
        ([tier("web", 1, on("10.0.0.6-10.0.0.5"))], "[0].addresses", "the first and the last"),
        ([tier("web", 1, on("10.0.0.6-::1"))], "[0].addresses", "the first and the last"),
        ([tier("web", 1, on("0.0.0.0-255.255.255.255"))], "[0].addresses", "at most 1000"),
        ([tier("web", 1, on("::-ffff::"))], "[0].addresses", "at most 1000"),
        ([tier("web", 1, on(["10.0.0.5/24"]))], "[0].addresses[0]", "an IP address"),
        ([tier("web", 1, on(["fe80::1%eth0"]))], "[0].addresses[0]", "an IP address"),
        ([tier("web", 1, on(["10.0.0.05"]))], "[0].addresses[0]", "an IP address"),
        ([tier("web", 1, on([5]))], "[0].addresses[0]", "must be text"),
        ([tier("web", 1, on([]))], "[0].addresses", "at least 1"),
        ([tier("web", 1, on(5))], "[0].addresses", "a list of 1 to 200"),
        ([tier("web", 2, on(["10.0.0.5", "10.0.0.5"]))], "[0].addresses", "another member"),
        ([tier("web", 1, on(["10.0.0.5"]), networks="auto")], "[0].network", "attached to"),
        ([tier("web", 1, on(["10.0.0.5"]), networks=[OTHER])], "[0].network", "attached to"),
        ([tier("web", 1, on(["10.0.0.5"]), on(["10.0.0.6"]))], "[1].network", "another place"),
        ([tier("web", 1, {"addresses": ["10.0.0.5"]})], "[0].network", "is required"),
        ([tier("web", 1, {"network": NET})], "[0].addresses", "is required"),
    ],
)
def test_what_cannot_be_every_members_is_refused(tiers: Any, field: str, reason: str) -> None:
    with pytest.raises(exception.Invalid) as refused:
        check_ensemble({"ensemble": {"name": "shop", "tiers": tiers}})
    assert refused.value.facts["field"] == f"ensemble.tiers[0].server.fixed_ips{field}"
    assert reason in str(refused.value)


def test_two_tiers_cannot_have_an_address_both_but_on_another_network() -> None:
    web, again = tier("web", 1, on(["2001:db8::1"])), tier("db", 1, on("2001:DB8::0-2001:DB8::2"))
    with pytest.raises(exception.Invalid, match="2001:db8::1, which another member has"):
        check_ensemble({"ensemble": {"name": "shop", "tiers": [web, again]}})
    other = tier("db", 1, on(["2001:db8::1"], OTHER))
    check_ensemble({"ensemble": {"name": "shop", "tiers": [web, other]}})
