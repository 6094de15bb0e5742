# SPDX-License-Identifier: Apache-2.0
"""The commands of the operator are run by a real shell, and servers asked for as Nova wants."""

import pytest
from drilled import RACK

from ensemble_drill import hooks
from ensemble_drill.cloud import CloudError, _distinct
from ensemble_drill.methods import server_of


def test_a_command_is_told_what_is_to_fail() -> None:
    said: list[str] = []
    command = 'echo "$DRILL_LEVEL/$DRILL_DOMAIN/$DRILL_HOSTS"; echo more >&2'
    ran = hooks.run(command, RACK, said.append, 31.0)
    assert said == ["  rack/r1/h1 h2", "  more"]
    assert (ran.command, ran.at, ran.said) == (command, 31.0, ("rack/r1/h1 h2", "more"))
    assert ran.given == {"DRILL_LEVEL": "rack", "DRILL_DOMAIN": "r1", "DRILL_HOSTS": "h1 h2"}


def test_of_a_command_that_says_much_the_report_keeps_a_part() -> None:
    said: list[str] = []
    ran = hooks.run("seq 1000", RACK, said.append)
    assert (len(said), len(ran.said), ran.said[0]) == (1000, 200, "1")


def test_a_command_that_fails_ends_the_drill_with_what_it_said() -> None:
    said: list[str] = []
    with pytest.raises(CloudError, match="this ended with code 3: echo no; exit 3"):
        hooks.run("echo no; exit 3", RACK, said.append)
    assert said == ["  no"]


def test_racks_that_share_a_name_get_that_of_their_zone() -> None:
    names = {"h1": ("r1", "az1"), "h2": ("r1", "az2"), "h3": ("r2", "az2"), "h4": ("r2", "az2")}
    assert _distinct(names) == {
        "h1": ("az1-r1", "az1"),
        "h2": ("az2-r1", "az2"),
        "h3": ("r2", "az2"),
        "h4": ("r2", "az2"),
    }


def test_a_template_becomes_the_body_of_nova_s_create() -> None:
    template = {
        "flavor": "f",
        "image": "i",
        "networks": ["n1", "n2"],
        "security_groups": ["web"],
        "metadata": {"role": "web"},
    }
    assert server_of(template) == {
        "flavorRef": "f",
        "imageRef": "i",
        "networks": [{"uuid": "n1"}, {"uuid": "n2"}],
        "security_groups": [{"name": "web"}],
        "metadata": {"role": "web"},
    }
    assert server_of({"flavor": "f", "networks": "none"})["networks"] == "none"
    assert server_of({"flavor": "f"})["networks"] == "auto"


def test_what_has_no_plain_counterpart_is_refused() -> None:
    with pytest.raises(CloudError, match="a server with 'ports' cannot be built as a plain"):
        server_of({"flavor": "f", "ports": ["p"]})
