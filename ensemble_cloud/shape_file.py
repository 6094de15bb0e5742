# SPDX-License-Identifier: Apache-2.0
"""The YAML file that describes a shape."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ensemble_yaml
from ensemble_cloud.profile import Profile
from ensemble_cloud.shape import Host, Network, Server, Shape, ShapeError, Size, User

_DEFAULTS = {Profile.COMPACT: "shape.yaml", Profile.FULL: "shape-full.yaml"}


def default_path(profile: Profile = Profile.COMPACT) -> Path:
    """Return the file of a profile's default shape."""
    return Path(__file__).with_name(_DEFAULTS[profile])


def load(path: Path) -> tuple[Shape, str]:
    """Return the shape of a file and its text.

    Raises ShapeError when the file cannot be read or the shape cannot be built.
    """
    try:
        with path.open("rb") as stream:
            text = stream.read(ensemble_yaml.MAX_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ShapeError(str(path), f"cannot be read: {error}") from None
    return parse(text), text


def parse(text: str) -> Shape:
    """Return the shape a YAML text describes; raise ShapeError naming the field at fault."""
    try:
        node = ensemble_yaml.read(text.encode())
        content = None if node is None else ensemble_yaml.plain(node)
    except ensemble_yaml.YamlError as error:
        raise ShapeError("the file", str(error)) from None
    top = _Fields("", content)
    sizes = {name: _size(value) for name, value in top.mapping("sizes").items()}
    password = top.text("password", "secret")
    image = top.mapping("image")
    network = top.mapping("network")
    shape = Shape(
        hosts=tuple(_hosts(top.mapping("zones"), sizes)),
        flavors={name: _size(value) for name, value in top.mapping("flavors").items()},
        image=image.text("name"),
        network=Network(network.text("name"), network.text("cidr")),
        projects=tuple(top.texts("projects")),
        users=tuple(_user(name, value, password) for name, value in top.mapping("users").items()),
        admin_password=password,
        background=tuple(_server(value) for value in top.items_of("background")),
    )
    for fields in (top, image, network):
        fields.refuse_others()
    return shape


def _size(fields: "_Fields") -> Size:
    size = Size(fields.count("vcpus"), fields.count("memory_mb"), fields.count("disk_gb"))
    fields.refuse_others()
    return size


def _hosts(zones: "_Fields", sizes: Mapping[str, Size]) -> Iterator[Host]:
    for zone, racks in zones.items():
        for rack, hosts in racks.items():
            for host in hosts.names():
                size = hosts.text(host)
                if size not in sizes:
                    raise ShapeError(hosts.at(host), f"there is no size {size!r}")
                yield Host(host, rack, zone, sizes[size])


def _user(name: str, fields: "_Fields", password: str) -> User:
    user = User(
        name,
        fields.text("project"),
        fields.text("role", "member"),
        fields.text("password", password),
    )
    fields.refuse_others()
    return user


def _server(fields: "_Fields") -> Server:
    server = Server(
        fields.text("name"), fields.text("project"), fields.text("flavor"), fields.text("host")
    )
    fields.refuse_others()
    return server


class _Fields:
    """A YAML mapping that knows where it stands in the file and what has been read of it."""

    def __init__(self, path: str, content: Any) -> None:
        if not isinstance(content, dict):
            raise ShapeError(path or "the file", "must be a mapping of names to values")
        self._path = path
        self._content = content
        self._unread = set(content)
        for key in content:
            if not isinstance(key, str):
                raise ShapeError(path or "the file", f"the name {key!r} must be text; quote it")

    def at(self, key: str) -> str:
        """Return the full name of a field."""
        return f"{self._path}.{key}" if self._path else key

    def names(self) -> list[str]:
        """Return the names of all fields."""
        return list(self._content)

    def items(self) -> Iterator[tuple[str, "_Fields"]]:
        """Yield every field's name and its value, which must be a mapping."""
        for key in self._content:
            yield key, self.mapping(key)

    def mapping(self, key: str) -> "_Fields":
        """Return a field that must be a mapping."""
        return _Fields(self.at(key), self._get(key))

    def text(self, key: str, default: str | None = None) -> str:
        """Return a field that must be text, not empty."""
        value = self._get(key, default)
        if not isinstance(value, str) or not value:
            raise ShapeError(self.at(key), f"must be text, and is {value!r}")
        return value

    def texts(self, key: str) -> list[str]:
        """Return a field that must be a list of texts."""
        value = self._get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ShapeError(self.at(key), "must be a list of names")
        return value

    def count(self, key: str) -> int:
        """Return a field that must be a whole number of at least 1."""
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ShapeError(
                self.at(key), f"must be a whole number of at least 1, and is {value!r}"
            )
        return value

    def items_of(self, key: str) -> Iterator["_Fields"]:
        """Yield the mappings of a field that must be a list; the field may be missing."""
        value = self._get(key, [])
        if not isinstance(value, list):
            raise ShapeError(self.at(key), "must be a list")
        for index, item in enumerate(value):
            yield _Fields(f"{self.at(key)}[{index}]", item)

    def refuse_others(self) -> None:
        """Raise ShapeError when there is a field that nobody has read: likely a typing error."""
        for key in self._content:
            if key in self._unread:
                raise ShapeError(self.at(key), "is not a known field")

    def _get(self, key: str, default: Any = None) -> Any:
        self._unread.discard(key)
        value = self._content.get(key, default)
        if value is None:
            raise ShapeError(self.at(key), "is missing")
        return value
