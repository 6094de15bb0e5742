# SPDX-License-Identifier: Apache-2.0
"""Ports: in a row, checked before anything is started."""

import socket

import pytest

from ensemble_cloud.ports import ADDRESS, SERVICES, PortError, Ports, free_base


def test_ports_follow_each_other() -> None:
    ports = Ports(20000)
    assert [ports.of(name) for name in SERVICES] == list(range(20000, 20009))
    assert ports.url("keystone") == "http://127.0.0.1:20001"


@pytest.mark.parametrize(
    "base",
    [
        pytest.param(80, id="a port that needs root"),
        pytest.param(65531, id="too little room above"),
        pytest.param(-1, id="a negative number"),
    ],
)
def test_a_base_out_of_range_is_refused(base: int) -> None:
    with pytest.raises(PortError, match=f"and is {base}"):
        Ports(base)


def test_a_taken_port_is_named_with_its_service() -> None:
    base = free_base(first=23000)
    with socket.socket() as other:
        other.bind((ADDRESS, base + 2))
        other.listen()
        with pytest.raises(PortError, match=rf"port {base + 2} \(placement\); stop what"):
            Ports(base).check_free()
        assert free_base(first=base) > base
    Ports(base).check_free()
