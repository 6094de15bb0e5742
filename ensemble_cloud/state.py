# SPDX-License-Identifier: Apache-2.0
"""The state directory: everything one embedded cloud keeps, and who may use it."""

import fcntl
import json
import os
import secrets
import shutil
import struct
import sys
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ensemble_cloud.profile import Profile

SHAPE = "shape.yaml"
NOVA_FROM = "nova-from"  # the environment that nova-api was installed into by somebody else
PORTS = "ports.json"
STATUS = "run/status.json"
VOLUMES = "volumes"  # done once a start has asked for Cinder
STACKS = "stacks"  # done once a start has asked for Heat
MOUNT = "mount"  # done from the mount that a start has asked for
FORMAT = 1  # raised when an old state directory can no longer be used
_NEEDED_MB = 500
_LOCK = "lock"
_FLOCK = "hhqqi"  # the kernel's struct flock: type, whence, start, length, process


class StateError(Exception):
    """The state directory cannot be used; the text says why, and what to do."""


def default_root() -> Path:
    """Return $ENSEMBLE_CLOUD_STATE, or a directory inside the virtual environment."""
    named = os.environ.get("ENSEMBLE_CLOUD_STATE")
    return Path(named) if named else Path(sys.prefix) / "var" / "ensemble-cloud"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a cloud is given once, at its first start."""

    root: str
    service_password: str
    secret_key: str
    compute_id: str
    versions: Mapping[str, str]
    profile: str = Profile.COMPACT
    format: int = FORMAT

    @classmethod
    def generate(cls, root: Path, versions: Mapping[str, str], profile: Profile) -> "Identity":
        """Return a new identity with random secrets, made for these versions of the services."""
        return cls(
            root=str(root),
            service_password=secrets.token_urlsafe(18),
            secret_key=secrets.token_urlsafe(36),
            compute_id=str(uuid.uuid4()),
            versions=versions,
            profile=profile,
        )


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """The paths below one root directory, and the small files the commands share."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "StateDirectory":
        """Return the directory with an absolute path; it need not exist."""
        return cls(Path(os.path.abspath(root)))  # noqa: PTH100 - keeps symbolic links

    @property
    def is_ours(self) -> bool:
        """Whether a cloud has ever been started here."""
        return (self.root / _LOCK).exists()

    @property
    def clouds_yaml(self) -> Path:
        """The client configuration with one cloud per user."""
        return self.root / "clouds.yaml"

    @property
    def etc(self) -> Path:
        """Configuration, one directory per service, written anew at every start."""
        return self.root / "etc"

    @property
    def databases(self) -> Path:
        """The SQLite files, or the data of MariaDB."""
        return self.root / "db"

    @property
    def data(self) -> Path:
        """Keys, images, sessions and what else services keep outside their databases."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """One log per service."""
        return self.root / "log"

    @property
    def run(self) -> Path:
        """What is true only while the cloud runs."""
        return self.root / "run"

    @property
    def static(self) -> Path:
        """The dashboard's static files."""
        return self.root / "static"

    def log(self, name: str) -> Path:
        """Return the log file of a service or step."""
        return self.logs / f"{name}.log"

    def database(self, name: str) -> Path:
        """Return the SQLite file of a database."""
        return self.databases / f"{name}.sqlite"

    def create(self) -> None:
        """Make the directories; raise StateError when that fails or the disk is full."""
        try:
            for path in (self.etc, self.databases, self.data, self.logs, self.run, self.static):
                path.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
        except OSError as error:
            raise StateError(
                f"cannot make {error.filename or self.root}: {error.strerror}"
            ) from None
        self.check_space(_NEEDED_MB)

    def check_space(self, needed_mb: int) -> None:
        """Raise StateError when the disk has less than that free."""
        free_mb = shutil.disk_usage(self.root).free // 2**20
        if free_mb < needed_mb:
            raise StateError(
                f"the disk that holds {self.root} is full: {needed_mb} MB are needed, "
                f"{free_mb} MB are free; make room, or choose another directory with --state"
            )

    def lock(self) -> "StateLock":
        """Take the directory for this process; raise StateError when another one has it."""
        return StateLock(self)

    def owner(self) -> int | None:
        """Return the process id of the running `up`, or None when the cloud is down."""
        try:
            with (self.root / _LOCK).open("r+b") as file:
                return _holder(file.fileno())
        except FileNotFoundError:
            return None

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Return a small file's content, or None when it is not there."""
        try:
            content: dict[str, Any] = json.loads((self.root / name).read_text())
        except FileNotFoundError:
            return None
        except ValueError:
            raise StateError(
                f"{self.root / name} is damaged; remove the state with: ensemble-cloud reset"
            ) from None
        return content

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Replace a small file in one step, readable by its owner only."""
        write_private(self.root / name, json.dumps(content, indent=1) + "\n")

    def identity(self, versions: Mapping[str, str], profile: Profile | None = None) -> Identity:
        """Return the cloud's identity, made at the first call; raise StateError if unusable.

        The versions are those of the installed services: their databases must have been made by
        the same ones. The profile is that of the first start; naming another one is an error.
        """
        content = self.read_json("cloud.json")
        if content is None:
            identity = Identity.generate(self.root, versions, profile or Profile.COMPACT)
            self.write_json("cloud.json", asdict(identity))
            return identity
        if content.get("format") != FORMAT or content["versions"] != versions:
            raise StateError(
                f"{self.root} was made by other versions; remove it with: ensemble-cloud reset"
            )
        if content["root"] != str(self.root):
            raise StateError(
                f"{self.root} was made as {content['root']} and holds that path; "
                "move it back, or remove it with: ensemble-cloud reset"
            )
        identity = Identity(**content)
        if profile not in (None, identity.profile):
            raise StateError(
                f"{self.root} was made with the profile {identity.profile}; to use {profile}, "
                "remove it with `ensemble-cloud reset`, or choose another one with --state"
            )
        return identity

    def is_done(self, step: str, made_from: str = "") -> bool:
        """Whether a step has been completed, and with what it is made from now."""
        path = self.root / "done" / step
        return path.exists() and path.read_text() == made_from

    def mark_done(self, step: str, made_from: str = "") -> None:
        """Record that a step has been completed, and what its result was made from."""
        path = self.root / "done" / step
        path.parent.mkdir(exist_ok=True)
        path.write_text(made_from)


class StateLock:
    """The right to run a cloud in a state directory, held until this process ends.

    The lock is the kernel's and knows its holder, so nothing is left behind by a killed process.
    It also ends when this process closes the file a second time: do not ask for the owner here.
    """

    def __init__(self, state: StateDirectory) -> None:
        self._file = (state.root / _LOCK).open("a+b")
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = _holder(self._file.fileno())
            self._file.close()
            raise StateError(
                f"{state.root} is in use by a running embedded cloud (process {pid}); "
                "stop it with `ensemble-cloud down`, or choose another directory with --state"
            ) from None

    def release(self) -> None:
        """Give the directory back."""
        self._file.close()


def _holder(file_descriptor: int) -> int | None:
    """Return the process id of whoever has locked a file, or None."""
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(file_descriptor, fcntl.F_GETLK, asked))
    return None if kind == fcntl.F_UNLCK else int(pid)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    new = path.with_name(path.name + ".new")
    new.touch(mode=0o600)
    new.write_text(text)
    new.replace(path)
