# SPDX-License-Identifier: Apache-2.0
"""The control channel, over its real socket."""

from pathlib import Path
from typing import Any

import pytest

from ensemble_cloud import control


def answer(request: dict[str, Any]) -> Any:
    if request == {"do": "refuse"}:
        raise control.ControlError("not now")
    if request == {"do": "fail"}:
        raise KeyError("gone")
    return {"heard": request}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    # Deeper than the 107 bytes a socket's name may have.
    path = tmp_path / ("d" * 120)
    path.mkdir()
    return path


def test_an_answer_comes_back_from_a_deep_directory(run: Path) -> None:
    control.listen(run, answer)
    assert control.listens(run)
    assert control.ask(run, {"do": "hosts", "host": "h1"}) == {
        "heard": {"do": "hosts", "host": "h1"}
    }


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        pytest.param({"do": "refuse"}, "not now", id="a refusal in its own words"),
        pytest.param({"do": "fail"}, "KeyError: 'gone'", id="a failure with its kind"),
    ],
)
def test_errors_reach_the_asker(run: Path, request_: dict[str, Any], reason: str) -> None:
    control.listen(run, answer)
    with pytest.raises(control.ControlError, match=reason):
        control.ask(run, request_)


def test_what_a_dead_process_left_is_replaced(run: Path) -> None:
    (run / "nova.sock").touch()
    with pytest.raises(control.ControlError, match="does not answer"):
        control.ask(run, {"do": "hosts"})
    control.listen(run, answer)
    assert control.ask(run, {}) == {"heard": {}}


def test_nobody_there_is_an_error(run: Path) -> None:
    assert not control.listens(run)
    with pytest.raises(control.ControlError, match="does not answer"):
        control.ask(run, {"do": "hosts"})
