# SPDX-License-Identifier: Apache-2.0
"""Other services, asked as nova.conf says: one section for each, loaded as Nova loads them.

Placement is asked by ``[placement]``, Neutron by ``[neutron]`` and Keystone by ``[keystone]``:
Nova's own sections, so these are the very endpoints that Nova uses. ``[ensembles]`` has the service
user in whose name the worker acts and Keystone is asked, and says how Nova itself is asked from
outside of nova-api.
"""

from typing import Any

from keystoneauth1 import adapter, loading
from keystoneauth1.loading import adapter as adapter_loading
from oslo_config import cfg

from ensemble_api import conf, exception, request_ids

PLACEMENT_VERSION = "1.38"  # consumer types
RETRIES = 2  # after a lost connection, where the section says nothing
# What keystoneauth calls an option that has another name in a configuration file.
_ARGUMENTS = {"cafile": "cacert", "certfile": "cert", "keyfile": "key"}


class _Client(adapter.Adapter):  # type: ignore[misc]
    """A client that tells a service for which request it is asked."""

    def request(self, url: str, method: str, **more: Any) -> Any:
        """Ask, as keystoneauth's own does."""
        more.setdefault("global_request_id", request_ids.current_id())
        return super().request(url, method, **more)


class _Loader(adapter_loading.Adapter):  # type: ignore[misc]
    """Makes such clients."""

    @property
    def plugin_class(self) -> type[_Client]:
        """What keystoneauth calls with all that a section says."""
        return _Client


def load(config: cfg.ConfigOpts, section: str = conf.GROUP) -> tuple[Any, Any]:
    """A keystoneauth plugin and the session that uses it.

    With ``auth_section``, that section says how to connect too, where this one does not.

    :raises ensemble_api.exception.Unavailable: when the section has no usable ones.
    """
    try:
        # Again now that the file was read, since auth_section may name a section of the operator's.
        loading.register_auth_conf_options(config, section)
        auth = loading.load_auth_from_conf_options(config, section)
        source = config[section].auth_section or section
        options = loading.register_session_conf_options(config, source)
        own = {
            _ARGUMENTS.get(option.dest, option.dest): config[section][option.dest]
            for option in options
            if config[section][option.dest]
        }
        session = loading.load_session_from_conf_options(config, source, auth=auth, **own)
    except Exception as error:  # keystoneauth raises many kinds
        raise exception.Unavailable(f"[{section}] has no usable credentials: {error}") from error
    if auth is None:
        raise exception.Unavailable(
            f"[{section}] has no credentials: set auth_type, and what goes with it."
        )
    return auth, session


def placement(config: cfg.ConfigOpts) -> Any:
    """A client of Placement."""
    return _client(config, "placement", default_microversion=PLACEMENT_VERSION)


def network(config: cfg.ConfigOpts) -> Any:
    """A client of Neutron."""
    return _client(config, "neutron", retries=config.neutron.http_retries)


def compute(config: cfg.ConfigOpts) -> Any:
    """A client of Nova; its region is that of its Placement unless ours is named."""
    return _client(config, conf.GROUP, region=config.placement.region_name)


def identity(config: cfg.ConfigOpts, auth: Any, session: Any) -> Any:
    """A client of Keystone in the name of ``auth``; Nova's section for it has no user."""
    said = config.keystone
    more = {} if said.connect_retries is not None else {"connect_retries": RETRIES}
    return _Loader().load_from_conf_options(
        config,
        "keystone",
        session=session,
        auth=auth,
        raise_exc=False,
        min_version=(3, 0),
        max_version=(3, "latest"),
        region_name=said.region_name or config[conf.GROUP].region_name,
        **more,
    )


def _client(
    config: cfg.ConfigOpts,
    section: str,
    *,
    retries: int = RETRIES,
    region: str | None = None,
    **more: Any,
) -> Any:
    """A keystoneauth adapter; ``retries`` and ``region`` hold where nothing is said.

    :raises ensemble_api.exception.Unavailable: when the section does not do.
    """
    _, session = load(config, section)
    said = config[section]
    if said.connect_retries is None:
        more["connect_retries"] = retries
    more["region_name"] = said.region_name or config[conf.GROUP].region_name or region
    try:
        return _Loader().load_from_conf_options(
            config, section, session=session, raise_exc=False, **more
        )
    except TypeError as error:  # keystoneauth's words for options that do not go together
        raise exception.Unavailable(f"[{section}] {error}") from error
