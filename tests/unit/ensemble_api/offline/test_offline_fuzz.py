# SPDX-License-Identifier: Apache-2.0
"""Whatever is in the files, there is an answer: a plan, reasons, or one line of what is wrong."""

import copy
import json
import math
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from documents import a_cloud, a_host, a_tier, an_ensemble, understood, wanted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ensemble_api.cmd import manage
from ensemble_api.offline import schema
from ensemble_api.offline.document import DocumentError

NASTY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 6),
    st.integers(min_value=-(10**30), max_value=10**30),
    st.sampled_from([2**31 - 1, 2**31, 2**63, 10**400, 5000, 5001]),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["", "h1", "r1", "az1", "host", "rack", "web", "db", "50%", "\ud800", "a\nb"]),
)
VALUES = st.recursive(
    NASTY,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
)


def places(value: Any, steps: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to everything inside a value."""
    found = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        found.append((*steps, key))
        if isinstance(inner, dict | list):
            found += places(inner, (*steps, key))
    return found


@st.composite
def mutated(draw: Any, start: Any) -> Any:
    """A valid document after some changes: values replaced, removed, repeated, keys added."""
    document = copy.deepcopy(start)
    for _ in range(draw(st.integers(0, 3))):
        steps = draw(st.sampled_from(places(document) or [()]))
        if not steps:
            break
        around = document
        for step in steps[:-1]:
            around = around[step]
        match draw(st.sampled_from(["replace", "replace", "remove", "repeat", "add"])):
            case "replace":
                around[steps[-1]] = draw(VALUES)
            case "remove":
                del around[steps[-1]]
            case "repeat" if isinstance(around, list):
                around.append(copy.deepcopy(around[steps[-1]]))
            case "add" if isinstance(around, dict):
                around[draw(st.sampled_from(["x", "name", "state", "used"]))] = draw(VALUES)
    return document


CLOUD = a_cloud(
    a_host("h1", "r1", "az1", traits=["CUSTOM_X"], aggregates=["a"], others=["project"]),
    a_host("h2", None, "az1", state="down"),
    a_host("h3", "r1", "az2"),
)
ENSEMBLE = {"ensemble": an_ensemble()}
EXAMPLES = int(os.environ.get("ENSEMBLE_EXAMPLES", "100"))
MODEST = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def check(folder: Path, capsys: Any, cloud: bytes, ensemble: bytes, name: str = "e.json") -> int:
    """Plan with these files; an error is one line on stderr that begins with the file's name."""
    (folder / "cloud.json").write_bytes(cloud)
    (folder / name).write_bytes(ensemble)
    snapshot, what = str(folder / "cloud.json"), str(folder / name)
    code = manage.main(["plan", "--snapshot", snapshot, what])
    seen = capsys.readouterr()
    if code == 2:
        assert seen.out == ""
        assert seen.err.startswith((snapshot, what))
        assert seen.err.count("\n") == 1
    else:
        assert code in (0, 1)
        assert seen.err == ""
    return code


@MODEST
@given(mutated(CLOUD), mutated(ENSEMBLE))
def test_mutated_documents(tmp_path: Path, capsys: Any, cloud: Any, ensemble: Any) -> None:
    check(tmp_path, capsys, json.dumps(cloud).encode(), json.dumps(ensemble).encode())


@MODEST
@given(mutated(ENSEMBLE))
def test_mutated_yaml(tmp_path: Path, capsys: Any, ensemble: Any) -> None:
    text = yaml.safe_dump(ensemble).encode("utf-8", "surrogatepass")
    check(tmp_path, capsys, json.dumps(CLOUD).encode(), text, "e.yaml")


@MODEST
@given(VALUES, VALUES)
def test_any_json(tmp_path: Path, capsys: Any, cloud: Any, ensemble: Any) -> None:
    valid = json.dumps(ENSEMBLE).encode()
    assert check(tmp_path, capsys, json.dumps(cloud).encode(), valid) == 2
    assert check(tmp_path, capsys, json.dumps(CLOUD).encode(), json.dumps(ensemble).encode()) == 2


@settings(MODEST, max_examples=max(10, EXAMPLES // 3))
@given(st.binary(max_size=200), st.integers(0, 2000))
def test_bytes_in_the_midst_of_a_file(tmp_path: Path, capsys: Any, noise: bytes, at: int) -> None:
    cloud, ensemble = json.dumps(CLOUD).encode(), yaml.safe_dump(ENSEMBLE).encode()
    check(tmp_path, capsys, cloud[:at] + noise + cloud[at:], ensemble, "e.yaml")
    check(tmp_path, capsys, cloud, ensemble[:at] + noise + ensemble[at:], "e.yaml")


@pytest.mark.parametrize(
    ("cloud", "words"),
    [
        pytest.param("[" * 50_000, "is nested too deeply", id="deep"),
        pytest.param('{"hosts":' * 900 + "1" + "}" * 900, "hosts: must be a list", id="less deep"),
        pytest.param('{"format": NaN}', "out of range", id="not a number"),
        pytest.param('{"format": 1e999}', "out of range", id="infinite"),
        pytest.param('{"format": ' + "1" * 5000 + "}", "out of range", id="thousands of digits"),
    ],
)
def test_extreme_json(tmp_path: Path, capsys: Any, cloud: str, words: str) -> None:
    (tmp_path / "cloud.json").write_text(cloud)
    (tmp_path / "e.json").write_text(json.dumps(ENSEMBLE))
    files = [str(tmp_path / "cloud.json"), str(tmp_path / "e.json")]
    assert manage.main(["plan", "--snapshot", *files]) == 2
    assert words in capsys.readouterr().err


def finite(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


@pytest.mark.parametrize(
    ("name", "start", "read"), [("snapshot", CLOUD, understood), ("ensemble", ENSEMBLE, wanted)]
)
def test_what_the_schema_refuses_is_refused_and_what_it_takes_is_refused_for_meaning_only(
    name: str, start: Any, read: Any
) -> None:
    # A "$" means the very end in the schema's own dialect, but not in Python's.
    text = schema.text(name).replace('$"', '\\\\Z"')
    published = jsonschema.Draft202012Validator(json.loads(text))
    meaning = ("must differ from", "must be one of the levels above")

    @MODEST
    @given(mutated(start).filter(finite))
    def agrees(document: Any) -> None:
        valid = published.is_valid(document)
        try:
            read(document)
        except DocumentError as error:
            # What two values mean together no schema tells; of an ensemble the model does.
            words = error.reason
            assert not valid or words.startswith(meaning) or name == "ensemble", words
        else:
            assert valid

    agrees()


def test_a_large_ensemble_on_a_large_capacity_is_answered(tmp_path: Path, capsys: Any) -> None:
    host = a_host("h1", "r1", "az1")
    host["resources"] = {
        "VCPU": {"total": 2**31 - 1, "allocation_ratio": 3.4e38, "used": 10**12},
        "MEMORY_MB": {"total": 2**31 - 1, "used": 10**12},
    }
    what = an_ensemble(a_tier("web", 5000, 2**31 - 1))
    code = check(tmp_path, capsys, json.dumps(a_cloud(host)).encode(), json.dumps(what).encode())
    assert code == 1
