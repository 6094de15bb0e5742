# SPDX-License-Identifier: Apache-2.0
"""What each command does."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ensemble_cloud import control, domains, fingerprint, shape_file
from ensemble_cloud import status as status_report
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.outage import Outage
from ensemble_cloud.ports import DEFAULT_BASE, FULL_SERVICES, SERVICES, PortError, Ports
from ensemble_cloud.processes import ChildError
from ensemble_cloud.profile import Mount, Profile
from ensemble_cloud.progress import Progress
from ensemble_cloud.rest import RestError, Session
from ensemble_cloud.shape import Shape, ShapeError
from ensemble_cloud.state import (
    MOUNT,
    NOVA_FROM,
    PORTS,
    SHAPE,
    STACKS,
    STATUS,
    VOLUMES,
    StateDirectory,
    StateError,
)
from ensemble_cloud.supervisor import Supervisor
from ensemble_cloud.welcome import own_command

_TOLD = (
    *(StateError, PortError, ShapeError, ChildError, RestError),
    *(domains.DomainError, control.ControlError),
)
_DOWN_SECONDS = 60
_ALMOST_FULL_MB = 20
_OUTPUT = "up"
_END = "Ctrl-C stops everything; the next start continues from here."


class CommandError(Exception):
    """A command that failed; the text is for the user."""


@contextmanager
def _told(state: StateDirectory) -> Iterator[None]:
    """Turn the errors a user can do something about into CommandError."""
    try:
        try:
            yield
        except (ChildError, RestError, control.ControlError, OSError):
            # On a full disk everything fails, each in its own words.
            if state.root.exists():
                state.check_space(_ALMOST_FULL_MB)
            raise
    except _TOLD as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        at = f"{error.filename}: " if error.filename else ""
        raise CommandError(f"{at}{error.strerror or error}") from None


def up(state: StateDirectory, options: argparse.Namespace) -> int:
    """Start the cloud; return when it has ended, or with --detach when it is ready."""
    with _told(state):
        if options.detach:
            return _up_detached(state, options)
        shape, text = _shape(state, options.shape, options.profile)
        state.create()
        lock = state.lock()
        try:
            cloud = _cloud(state, shape, text, options)
            cloud.ports.check_free()
            state.write_json(PORTS, {"base": cloud.ports.base})
            supervisor = Supervisor(
                cloud,
                Progress(),
                with_dashboard=not options.no_dashboard,
                with_background=not options.no_background,
            )
            supervisor.run(_end_in_background(state) if options.in_background else _END)
        finally:
            lock.release()
    return 0


def _end_in_background(state: StateDirectory) -> str:
    return f"Stop it with `{own_command(state)} down`; the next start continues from here."


def status(state: StateDirectory, options: argparse.Namespace) -> int:
    """Show the state of the cloud; return 0 when it is up."""
    with _told(state):
        report = status_report.report(state)
    text = json.dumps(report, indent=1) if options.json else status_report.text(report)
    sys.stdout.write(text + "\n")
    return 0 if report["state"] == "up" else 3


def down(state: StateDirectory, _options: argparse.Namespace) -> int:
    """Stop the cloud and wait until it has stopped."""
    with _told(state):
        pid = state.owner()
        if pid is None:
            sys.stdout.write("The cloud is not running.\n")
            return 0
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _DOWN_SECONDS
    while state.owner() is not None:
        if time.monotonic() > deadline:
            raise CommandError(f"process {pid} has not ended after {_DOWN_SECONDS} s")
        time.sleep(0.1)
    sys.stdout.write("The cloud is stopped.\n")
    return 0


def reset(state: StateDirectory, options: argparse.Namespace) -> int:
    """Remove the state directory, after asking."""
    if not state.root.exists():
        sys.stdout.write(f"There is nothing in {state.root}.\n")
        return 0
    if not state.is_ours:
        raise CommandError(f"{state.root} does not look like a state directory; nothing is removed")
    if state.owner() is not None:
        raise CommandError("the cloud is running; stop it first with: ensemble-cloud down")
    if not options.yes:
        sys.stdout.write(f"Remove {state.root} with all servers and users in it? [y/N] ")
        sys.stdout.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            sys.stdout.write("Nothing is removed.\n")
            return 1
    shutil.rmtree(state.root)
    sys.stdout.write(f"{state.root} is removed.\n")
    return 0


def domain(state: StateDirectory, options: argparse.Namespace) -> int:
    """Stop or start the compute services of a host, rack or zone."""
    if state.owner() is None:
        raise CommandError("the cloud is not running; start it with: ensemble-cloud up")
    with _told(state):
        shape = shape_file.load(state.root / SHAPE)[0]
        chosen = domains.find(shape, domains.Level(options.command), options.name)
        admin = None
        if options.forced:
            admin = Session(_ports(state), "admin", shape.admin_password, "admin")
        outage = Outage(state, chosen, ours=own_command(state))
        for line in outage.stop(admin) if options.action == "stop" else outage.start(admin):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    return 0


def _up_detached(state: StateDirectory, options: argparse.Namespace) -> int:
    """Run `up` in a session of its own and show what it says until it is ready or has failed."""
    state.create()
    state.lock().release()
    command = [sys.executable, "-m", "ensemble_cloud.main", "--state", str(state.root), "up"]
    command.append("--in-background")
    if options.shape:
        command += ["--shape", str(options.shape.absolute())]
    if options.profile:
        command += ["--profile", options.profile]
    if options.port_base:
        command += ["--port-base", str(options.port_base)]
    if options.with_volumes:
        command.append("--with-volumes")
    if options.with_heat:
        command.append("--with-heat")
    if options.nova_from:
        command += ["--nova-from", str(options.nova_from.absolute())]
    if options.mount:
        command += ["--mount", options.mount]
    if options.no_dashboard:
        command.append("--no-dashboard")
    if options.no_background:
        command.append("--no-background")
    log = state.log(_OUTPUT)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return _follow(state, process, log)
    except KeyboardInterrupt:
        process.terminate()
        return process.wait() or 1


def _follow(state: StateDirectory, process: "subprocess.Popen[bytes]", log: Path) -> int:
    """Show a log until its process is ready, or has ended; return the exit code to give."""
    with log.open("rb") as shown:
        while True:
            code = process.poll()
            known = state.read_json(STATUS) or {}
            is_up = known.get("pid") == process.pid and known.get("state") == "up"
            time.sleep(0.2)  # what it says then comes right after
            sys.stdout.write(shown.read().decode(errors="replace"))
            sys.stdout.flush()
            if code is not None:
                return code or 1
            if is_up:
                return 0


def _shape(state: StateDirectory, path: Path | None, profile: Profile | None) -> tuple[Shape, str]:
    """Return the shape of a state directory with its text, or that of its first start."""
    kept = state.root / SHAPE
    if not kept.exists():
        return shape_file.load(path or shape_file.default_path(profile or Profile.COMPACT))
    shape, text = shape_file.load(kept)
    if path is not None and shape_file.load(path)[0] != shape:
        raise StateError(
            f"{state.root} was made with another shape; to use {path}, "
            "remove it with `ensemble-cloud reset`, or choose another one with --state"
        )
    return shape, text


def _ports(state: StateDirectory) -> Ports:
    """Return the ports of the last start."""
    return Ports((state.read_json(PORTS) or {}).get("base", DEFAULT_BASE))


def _cloud(state: StateDirectory, shape: Shape, text: str, options: argparse.Namespace) -> Cloud:
    """Return the cloud of a state directory, whose shape and ports are kept in it."""
    identity = state.identity(fingerprint.service_versions(), options.profile)
    (state.root / SHAPE).write_text(text)
    base = options.port_base or _ports(state).base
    services = FULL_SERVICES if identity.profile == Profile.FULL else SERVICES
    volumes = options.with_volumes or state.is_done(VOLUMES)
    if volumes and identity.profile == Profile.FULL:
        raise StateError("--with-volumes goes with the profile compact alone")
    if volumes:
        state.mark_done(VOLUMES)
    stacks = options.with_heat or state.is_done(STACKS)
    if stacks:
        state.mark_done(STACKS)
    apart = options.nova_from or _nova_environment(state)
    if apart and identity.profile != Profile.FULL:
        raise StateError("--nova-from goes with the profile full alone")
    if apart:
        (state.root / NOVA_FROM).write_text(str(apart))
    mount = options.mount or _mount(state)
    if mount is Mount.SERVICE and identity.profile == Profile.FULL:
        raise StateError("--mount service goes with the profile compact alone")
    state.mark_done(MOUNT, mount)
    ports = Ports(base, services)
    return Cloud(state, ports, shape, identity, volumes, stacks, apart, mount)


def _nova_environment(state: StateDirectory) -> Path | None:
    """Return the environment that Nova's API and schedulers had at the last start, if any."""
    path = state.root / NOVA_FROM
    return Path(path.read_text()) if path.exists() else None


def _mount(state: StateDirectory) -> Mount:
    """Return where ensembles were at the last start."""
    return Mount.SERVICE if state.is_done(MOUNT, Mount.SERVICE) else Mount.NOVA_API
