# SPDX-License-Identifier: Apache-2.0
"""``ensemble-manage`` as operators call it."""

import sys
from pathlib import Path

import pytest

from ensemble_api.cmd import manage


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["ensemble-manage", *arguments])
    return manage.main()


@pytest.fixture
def nova_conf(tmp_path: Path) -> Path:
    path = tmp_path / "nova.conf"
    path.write_text(
        f"[DEFAULT]\ndebug = false\n[ensembles]\nconnection = sqlite:///{tmp_path}/e.sqlite\n"
    )
    return path


def test_the_database_is_brought_up_to_date(
    monkeypatch: pytest.MonkeyPatch, nova_conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ("--config-file", str(nova_conf))
    assert run(monkeypatch, *config, "db", "version") == 0
    assert capsys.readouterr().out == "empty\n"
    for _ in range(2):
        assert run(monkeypatch, *config, "db", "sync") == 0
        assert capsys.readouterr().out == "The ensembles database is at 0042.\n"
    assert run(monkeypatch, *config, "db", "version") == 0
    assert capsys.readouterr().out == "0042\n"


def test_a_missing_connection_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nova.conf"
    path.write_text("[DEFAULT]\n")
    assert run(monkeypatch, "--config-file", str(path), "db", "sync") == 1
    assert "[ensembles] connection is not set" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("db",), ("db", "drop"), ()])
def test_what_is_no_command_is_refused(
    monkeypatch: pytest.MonkeyPatch, nova_conf: Path, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(monkeypatch, "--config-file", str(nova_conf), *arguments)
    assert caught.value.code == 2
