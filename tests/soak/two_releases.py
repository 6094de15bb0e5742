# SPDX-License-Identifier: Apache-2.0
"""A cloud whose nova-api is of an older release, and beside it one of this checkout.

Both have their workers and observers, and one database: as in the middle of an upgrade.
"""

import contextlib
import os
import random
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from ensemble_cloud.ports import ADDRESS, free_base
from tests.embedded import EmbeddedCloud

HERE = Path(__file__).parents[2]
START_SECONDS = 1200
NEW_HOST = "of-the-new-release"


@dataclass
class TwoReleases:
    """The cloud, and the URL of the compute API of either release."""

    cloud: EmbeddedCloud
    old: Path
    urls: dict[str, str]
    new: "subprocess.Popen[bytes]"

    def config(self) -> str:
        """Nova's own configuration file."""
        return str(self.cloud.state / "etc/nova/nova.conf")

    def tool(self, release: str, name: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run one of our operators' commands of a release."""
        checkout = self.old if release == "old" else HERE
        return _run(checkout, name, "--config-file", self.config(), *words)

    def leases(self) -> set[tuple[str, str]]:
        """What is done at this moment, "operations" or "observing", and by which release."""
        names = {"operations": "ensembles", "observing": "observations"}
        found: set[tuple[str, str]] = set()
        with self._engine().connect() as connection:
            for what, table in names.items():
                where = "lease_until" if table == "ensembles" else "until"
                owner = "lease_owner" if table == "ensembles" else "owner"
                rows = connection.execute(
                    sa.text(f"SELECT {owner} FROM {table} WHERE {where} > UTC_TIMESTAMP()")
                )
                found |= {(what, self._release(row[0])) for row in rows if row[0]}
        return found

    def _release(self, owner: str) -> str:
        return "new" if owner.startswith(NEW_HOST) else "old"

    def _engine(self) -> sa.Engine:
        text = Path(self.config()).read_text()
        section = text.split("[ensembles]\n", 1)[1]
        (url,) = re.findall(r"^connection = (.*)$", section, flags=re.MULTILINE)[:1]
        return sa.create_engine(url, poolclass=sa.NullPool)

    def kill_one(self, release: str, chosen: random.Random) -> None:
        """End one of the processes that serve a release's API; its master starts another."""
        main = psutil.Process(self.new.pid) if release == "new" else _uwsgi_of(self.cloud)
        with contextlib.suppress(psutil.NoSuchProcess):
            chosen.choice(main.children()).kill()

    def errors(self) -> dict[str, list[str]]:
        """What each release's nova-api has logged of our own as an error."""
        logs = {"old": self.cloud.state / "log/nova-api.log", "new": _new_log(self.cloud)}
        return {
            release: [
                line
                for line in path.read_text(errors="replace").splitlines()
                if re.search(r" (ERROR|CRITICAL) ensemble_api", line)
            ]
            for release, path in logs.items()
        }


@contextlib.contextmanager
def two_releases(old: Path, state: Path | None) -> Iterator[TwoReleases]:
    """Bring the old release's cloud up, its database to our schema, and our nova-api beside it.

    With ``state`` that cloud runs already, and is left running.
    """
    cloud = EmbeddedCloud(state or Path(tempfile.mkdtemp(prefix="ensembles-soak-")))
    options = ("--profile", "full", "--no-dashboard", "--port-base", str(free_base()))
    command = ("ensemble-cloud", "--state", str(cloud.state))
    new = None
    try:
        if state is None:
            _must(_run(old, *command, "up", "--detach", *options))
        config = str(cloud.state / "etc/nova/nova.conf")
        _must(_run(HERE, "ensemble-manage", "--config-file", config, "db", "sync"))
        new, url = _start_new(cloud, old)
        urls = {"old": cloud.connection("demo").compute.get_endpoint(), "new": url}
        urls = {release: each.split("/v2.1")[0] for release, each in urls.items()}
        yield TwoReleases(cloud, old, urls, new)
    finally:
        if new is not None:
            new.terminate()
            new.wait(60)
        if state is None:
            _run(old, *command, "down")
            shutil.rmtree(cloud.state, ignore_errors=True)


def _run(checkout: Path, tool: str, *words: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    return subprocess.run(
        [str(checkout / ".venv/bin" / tool), *words],
        env={**kept, "PYTHONWARNINGS": "ignore"},
        cwd=checkout,
        text=True,
        capture_output=True,
        timeout=START_SECONDS,
        check=False,
    )


def _must(done: "subprocess.CompletedProcess[str]") -> None:
    if done.returncode:
        raise SystemExit(f"{done.args}:\n{done.stdout}{done.stderr}")


def _uwsgi_of(cloud: EmbeddedCloud) -> psutil.Process:
    pid = next(each["pid"] for each in cloud.status["services"] if each["name"] == "nova")
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    # The first is what guards it.
    return next(each for each in family if each.cmdline()[1].endswith("/uwsgi"))


def _new_log(cloud: EmbeddedCloud) -> Path:
    return cloud.state / "log/nova-api-new.log"


def _start_new(cloud: EmbeddedCloud, old: Path) -> "tuple[subprocess.Popen[bytes], str]":
    """Start what the old release's nova-api is started with, from this checkout."""
    main, port = _uwsgi_of(cloud), free_base(first=32001, last=32700)
    etc = cloud.state / "etc/nova-new"
    shutil.copytree(cloud.state / "etc/nova", etc)
    config = (etc / "nova.conf").read_text()
    config = re.sub(r"^log_file = .*$", f"log_file = {_new_log(cloud)}", config, flags=re.M)
    (etc / "nova.conf").write_text(config)
    command = [each.replace(str(old), str(HERE)) for each in main.cmdline()]
    command[command.index("--http-socket") + 1] = f"{ADDRESS}:{port}"
    environment = main.environ() | {
        "OS_NOVA_CONFIG_DIR": str(etc),
        "ENSEMBLES_SOAK_HOST": NEW_HOST,
    }
    with _new_log(cloud).open("ab") as log:
        process = subprocess.Popen(
            [*command, "--py-import", "tests.soak.another_host"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=HERE,
        )
    url = f"http://{ADDRESS}:{port}"
    session, until = cloud.connection("demo").session, time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(Exception):
            if session.get(f"{url}/v2.1/os-ensembles", raise_exc=False).status_code == 200:
                return process, url
        time.sleep(1)
    raise SystemExit(f"our nova-api does not answer: {_new_log(cloud).read_text()[-3000:]}")


def asked(session: Any, url: str, method: str, path: str, body: Any, key: str | None) -> Any:
    """The answer of a release's ensembles API."""
    headers = {"Idempotency-Key": key} if key else {}
    return session.request(
        f"{url}/v2.1/os-ensembles{path}", method, json=body, headers=headers, raise_exc=False
    )
