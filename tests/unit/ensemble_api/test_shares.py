# SPDX-License-Identifier: Apache-2.0
"""What one consumer takes of several providers, in one mapping."""

from ensemble_api.shares import by_class, by_provider, share

TAKES = {"VCPU": 2, "VGPU": 1, share("VGPU", "card-1"): 2, share("VGPU", "card-2"): 4}


def test_units_are_found_by_class_and_by_provider() -> None:
    assert by_class(TAKES) == {"VCPU": 2, "VGPU": 7}
    assert by_provider("host", TAKES) == {
        "host": {"VCPU": 2, "VGPU": 1},
        "card-1": {"VGPU": 2},
        "card-2": {"VGPU": 4},
    }


def test_what_was_recorded_before_there_were_shares_is_all_of_the_host_s_own() -> None:
    assert by_class({"VCPU": 2}) == {"VCPU": 2}
    assert by_provider("host", {"VCPU": 2}) == {"host": {"VCPU": 2}}
    assert by_provider("host", {}) == {}


def test_no_resource_class_can_be_read_as_a_share() -> None:
    assert by_provider("host", {"CUSTOM_A_1": 1}) == {"host": {"CUSTOM_A_1": 1}}
