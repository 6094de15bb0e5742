# SPDX-License-Identifier: Apache-2.0
"""What ``ensemble-status upgrade check`` looks at beside the database, the policy and the filter.

Nova internals used here: the options ``[wsgi] api_paste_config`` and ``[notifications]
notification_format``, and of ``api-paste.ini`` the names of its composite and its application.
"""

import urllib.parse
from collections.abc import Callable
from configparser import Error, RawConfigParser
from typing import Final

from keystoneauth1 import exceptions as keystone
from oslo_config import cfg
from oslo_upgradecheck.upgradecheck import Code, Result

from ensemble_api import advice, conf, exception
from ensemble_api.cloud import credentials
from ensemble_api.cloud.answers import refusal
from ensemble_api.cloud.levels import parse_levels, parse_selectors
from ensemble_api.cloud.session import PLACER_ROLE

FACTORY: Final = "ensemble_api.middleware:filter_factory"
_COMPOSITE: Final = "composite:openstack_compute_api_v21"
_CONTEXT: Final = ("keystonecontext", "noauth2")
_APPLICATION: Final = "osapi_compute_app_v21"

Check = Callable[[cfg.ConfigOpts], Result]


def options(config: cfg.ConfigOpts) -> Result:
    """Whether what is set goes together."""
    ours = config[conf.GROUP]
    try:
        parse_selectors(ours.selectors or (), parse_levels(ours.levels))
    except ValueError as error:
        return Result(Code.FAILURE, str(error))
    if ours.notifications and config.notifications.notification_format == "unversioned":
        return Result(
            Code.WARNING,
            f"[{conf.GROUP}] notifications are on, and Nova sends none that are versioned: set "
            "[notifications] notification_format = versioned.",
        )
    return Result(Code.SUCCESS)


def service_user(config: cfg.ConfigOpts) -> Result:
    """Whether Keystone knows the service user, and lets it read the roles of tenants."""

    def ask() -> None:
        auth, session = credentials.load(config)
        user = urllib.parse.quote(str(session.get_user_id()), safe="")
        client = credentials.identity(config, auth, session)
        response = client.get(f"/role_assignments?effective&include_names&user.id={user}")
        if response.status_code != 200:
            raise exception.Unavailable(refusal("Keystone", response))

    return _asked(ask)


def placement(config: cfg.ConfigOpts) -> Result:
    """Whether Placement is new enough, and answers the user of its section."""

    def ask() -> None:
        response = credentials.placement(config).get("/resource_providers?name=ensembles")
        if response.status_code == 406:
            raise exception.Unavailable(
                f"Placement has no microversion {credentials.PLACEMENT_VERSION}: upgrade it first."
            )
        if response.status_code != 200:
            raise exception.Unavailable(refusal("Placement", response))

    return _asked(ask)


def apart() -> Result:
    """What is told of nova-api's pipeline where ensembles are a service of their own."""
    return Result(Code.SUCCESS, "None is needed: ensembles are a service of their own.")


def placer(config: cfg.ConfigOpts) -> Result:
    """Whether the service user has the role by which Nova's policy, elsewhere, knows it."""

    def ask() -> None:
        auth, session = credentials.load(config)
        if PLACER_ROLE not in auth.get_access(session).role_names:
            raise exception.Unavailable(
                f"Nova cannot know the service user by its role, so no ensemble can be built. Give "
                f"the user of [{conf.GROUP}] the role {PLACER_ROLE} in its project."
            )

    return _asked(ask)


def pipeline(config: cfg.ConfigOpts) -> Result:
    """Whether nova-api's pipeline has our filter, where a request has its context."""
    name = config.wsgi.api_paste_config
    path = config.find_file(name)
    if path is None:
        return Result(
            Code.WARNING,
            f"{name} is not found: a nova-api with this configuration serves no ensembles.",
        )
    paste = RawConfigParser(strict=False)
    try:
        paste.read(path, encoding="utf-8")
    except Error as error:
        return Result(Code.FAILURE, f"{path} cannot be read: {error}")
    ours = {
        section.partition(":")[2]
        for section in paste.sections()
        if section.startswith("filter:")
        and paste.get(section, "paste.filter_factory", fallback="") == FACTORY
    }
    if not ours:
        return Result(Code.FAILURE, f"{path} has no filter with paste.filter_factory = {FACTORY}.")
    for context in _CONTEXT:
        key = "keystone" if context == "keystonecontext" else context
        names = paste.get(_COMPOSITE, key, fallback="").split()
        # From the context on, as far as the application.
        behind = names[names.index(context) : -1] if context in names else []
        if names and names[-1] == _APPLICATION and not ours & set(behind):
            return Result(
                Code.FAILURE,
                f"Put {min(ours)} between {context} and {_APPLICATION} in {key} of [{_COMPOSITE}] "
                f"in {path}.",
            )
    return Result(Code.SUCCESS)


def _asked(ask: Callable[[], None]) -> Result:
    try:
        ask()
    except (keystone.ClientException, exception.EnsembleError) as error:
        return Result(Code.FAILURE, " ".join(str(advice.advice(error)).split()))
    return Result(Code.SUCCESS)
