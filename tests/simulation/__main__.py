# SPDX-License-Identifier: Apache-2.0
"""Run schedules: one by its seed, with its trace, or many, and go on where that was interrupted."""

import argparse
import json
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.simulation.runner import provoked_by, run

STATE = Path("build/simulation.json")
SAVED = 50  # schedules between two savings of the state


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the seed of the (first) schedule")
    parser.add_argument("--count", type=int, default=1, help="how many schedules")
    parser.add_argument(
        "--provoke",
        action="append",
        default=[],
        metavar="WHAT",
        help="a fault or an actor that is there in any case, and often; may be repeated",
    )
    parser.add_argument("--trace", action="store_true", help="print each step")
    parser.add_argument(
        "--many",
        type=int,
        metavar="COUNT",
        help=f"run so many from --seed on, with what was done before in {STATE}",
    )
    parser.add_argument("--state", type=Path, default=STATE, help="another file for that")
    arguments = parser.parse_args(words)
    if arguments.many:
        return _many(arguments.seed, arguments.many, arguments.state)
    failed, began, seen = 0, time.monotonic(), Counter()
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        result = run(seed, traced=arguments.trace, provoked=tuple(arguments.provoke))
        seen.update(result.seen)
        if arguments.trace:
            _print("\n".join(result.trace))
        if result.broken:
            failed += 1
            _print(result.told)
    took = time.monotonic() - began
    _print(f"{arguments.count} schedules, {failed} broken, {took:.1f} s: {dict(seen)}")
    return 1 if failed else 0


def _many(first: int, count: int, path: Path) -> int:
    """Schedule after schedule; the state says how far it is, and what was broken."""
    commit = _commit()
    state = {"commit": commit, "first": first, "done": 0, "broken": {}, "seen": {}}
    if path.exists():
        known = json.loads(path.read_text())
        if (known["commit"], known["first"]) == (commit, first):
            state = known
    seen = Counter(state["seen"])
    while state["done"] < count:
        seed = first + state["done"]
        result = run(seed, provoked=provoked_by(seed))
        state["done"] += 1
        seen.update(result.seen)
        if result.broken:
            _print(result.told)
            state["broken"][str(result.seed)] = result.broken[0]
        if result.broken or state["done"] % SAVED == 0 or state["done"] == count:
            state["seen"] = dict(sorted(seen.items()))
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(state, indent=1))
    _print(f"{state['done']} schedules, {len(state['broken'])} broken: {path}")
    return 1 if state["broken"] else 0


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, check=False, capture_output=True, text=True).stdout.strip()


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main())
