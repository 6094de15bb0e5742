# SPDX-License-Identifier: Apache-2.0
"""The state of a cloud, its services and its hosts, as `status` shows it."""

from typing import Any

import psutil

from ensemble_cloud import clouds_yaml, control, shape_file
from ensemble_cloud.ports import DEFAULT_BASE, SERVICES, Ports
from ensemble_cloud.profile import Mount
from ensemble_cloud.state import MOUNT, PORTS, SHAPE, STACKS, STATUS, VOLUMES, StateDirectory

Report = dict[str, Any]


def report(state: StateDirectory) -> Report:
    """Return what is known of a cloud, running or not."""
    known = state.read_json(STATUS) or {}
    running = state.owner() is not None
    ports = Ports((state.read_json(PORTS) or {}).get("base", DEFAULT_BASE))
    optional = {
        "cinder": state.is_done(VOLUMES),
        "heat": state.is_done(STACKS),
        "ensembles": state.is_done(MOUNT, Mount.SERVICE),
    }
    services = [name for name in SERVICES if optional.get(name, True)]
    urls = {name: ports.url(name) for name in services}
    pids: dict[str, int] = known.get("pids", {}) if running else {}
    return {
        "state": known.get("state", "starting") if running else "down",
        "error": known.get("error", ""),
        "state_dir": str(state.root),
        "clouds_yaml": str(state.clouds_yaml),
        "urls": urls,
        "services": [
            _service(name, urls.get(name, ""), pids.get(name))
            for name in dict.fromkeys((*services, *pids))
        ],
        "hosts": _hosts(state, running=running),
        "logins": _logins(state),
    }


def text(found: Report) -> str:
    """Return a report as lines for a terminal."""
    lines = [f"The cloud is {found['state']}; state directory {found['state_dir']}"]
    if found["error"]:
        lines.append(f"The last run failed: {found['error']}")
    width = max(len(s["name"]) for s in found["services"])
    lines += [
        f"  {s['name']:{width}} {s['state']:5}"
        + (f" {s['url']:22}" if s["url"] else "")
        + (f" process {s['pid']}, {s['memory_mb']} MB" if s["pid"] else "")
        for s in found["services"]
    ]
    lines += [
        f"  {h['name']:{width}} {h['state']:5} {h['zone']}, {h['rack']}" for h in found["hosts"]
    ]
    return "\n".join(lines)


def _service(name: str, url: str, pid: int | None) -> Report:
    memory = None
    if pid is not None:
        try:
            process = psutil.Process(pid)
            family = (process, *process.children(recursive=True))
            memory = sum(each.memory_info().rss for each in family) // 2**20
        except psutil.NoSuchProcess:
            pid = None
    return {
        "name": name,
        "state": "up" if pid else "down",
        "pid": pid,
        "url": url,
        "memory_mb": memory,
    }


def _hosts(state: StateDirectory, *, running: bool) -> list[Report]:
    path = state.root / SHAPE
    if not path.exists():
        return []
    states: dict[str, str] = {}
    if running:
        try:
            answer = control.ask(state.run, {"do": "hosts"}, timeout=20)
            states = {item["name"]: item["state"] for item in answer}
        except control.ControlError:
            pass  # Nova is not that far yet
    return [
        {
            "name": host.name,
            "rack": host.rack,
            "zone": host.zone,
            "state": states.get(host.name, "down"),
        }
        for host in shape_file.load(path)[0].hosts
    ]


def _logins(state: StateDirectory) -> list[Report]:
    path = state.root / SHAPE
    if not path.exists():
        return []
    return [
        {"user": user.name, "password": user.password, "project": user.project, "role": user.role}
        for user in clouds_yaml.users(shape_file.load(path)[0])
    ]
