# SPDX-License-Identifier: Apache-2.0
"""Install, upgrade and remove ensembles as the documentation says: python -m tests.install.

Everything comes from built packages, into environments of their own; the cloud has MariaDB,
RabbitMQ, two processes of nova-api under uWSGI and two schedulers. The release before this one is
installed first. It takes about a quarter of an hour, most of it pip's.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.install import release_before
from tests.install.bare_cloud import BareCloud
from tests.install.environment import CommandFailed, Environment
from tests.install.story import Story

ROOT = Path(__file__).parents[2]


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say what is done, and how long it took."""
    started = time.monotonic()
    sys.stdout.write(f"{what} ... ")
    sys.stdout.flush()
    yield
    sys.stdout.write(f"{time.monotonic() - started:.0f} s\n")


def main() -> int:
    """Do all of it; say what failed, and return 1 then."""
    parser = argparse.ArgumentParser(prog="tools/install-check", description=__doc__)
    parser.add_argument("--work", type=Path, default=ROOT / "build/install-check")
    parser.add_argument("--port-base", type=int, default=46000)
    parser.add_argument("--before", help="the commit that is upgraded from", metavar="COMMIT")
    options = parser.parse_args()
    try:
        _check(options.work.absolute(), options.port_base, options.before)
    except (CommandFailed, LookupError) as error:
        sys.stdout.write(f"\nFAILED: {error}\n")
        return 1
    sys.stdout.write("PASSED: installed, built, upgraded and removed; Nova is as before.\n")
    return 0


def _check(work: Path, port: int, before: str | None) -> None:
    work.mkdir(parents=True, exist_ok=True)
    dist, dist_before, tree = work / "dist", work / "dist-before", work / "before"
    commit = before or release_before.release_before()
    for each in (dist, dist_before):
        shutil.rmtree(each, ignore_errors=True)
    with told("Building the packages of this release"):
        command = [sys.executable, "tools/packages.py", "--output", str(dist)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    with told(f"Building those of {commit[:12]}"):
        release_before.build(commit, tree, dist_before)
    try:
        _run(work, port, dist, dist_before)
    finally:
        release_before.remove(tree)


def _run(work: Path, port: int, dist: Path, dist_before: Path) -> None:
    for each in ("nova", "client"):
        shutil.rmtree(work / each, ignore_errors=True)  # each time as they are without ensembles
    programs = Environment.made(work / "cloud")
    nova = Environment.made(work / "nova")
    with told("Installing the embedded cloud, for the services that are none of ours"):
        programs.install("ensemble-cloud", "--force-reinstall", "--no-deps", links=dist)
        programs.install("ensemble-cloud", links=dist)
    with told("Installing Nova in an environment of its own"):
        nova.install("nova", "pyuwsgi", "PyMySQL")
    cloud = BareCloud(programs, nova, work / "state", port)
    cloud.remove()
    client = Environment.made(
        work / "client", OS_CLIENT_CONFIG_FILE=str(cloud.clouds_yaml), OS_CLOUD="demo"
    )
    with told("Installing a client"):
        client.install("python-openstackclient", "python-ensembleclient", links=dist_before)
    story = Story(cloud, nova, client)
    with told("Starting the cloud"):
        cloud.start()
    try:
        for step in (
            story.look_before,
            partial(story.install, dist_before),
            story.build,
            partial(story.upgrade, dist),
            story.watch,
            story.change,
            story.remove,
            story.look_after,
        ):
            with told(str(getattr(step, "func", step).__doc__)):
                step()
    finally:
        cloud.stop()


if __name__ == "__main__":
    sys.exit(main())
