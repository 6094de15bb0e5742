# SPDX-License-Identifier: Apache-2.0
"""``ensemble-status upgrade check``: whether an operator has set up all that we need."""

import sys
from collections.abc import Sequence

import nova.conf
from oslo_upgradecheck import upgradecheck
from oslo_upgradecheck.upgradecheck import Code, Result

from ensemble_api import conf, exception
from ensemble_api.cloud import session
from ensemble_api.cmd import checks
from ensemble_api.store import migration
from ensemble_api.store.api import Store
from ensemble_api.store.operations import Operations
from ensemble_api.version import version

CONF = nova.conf.CONF
FILTER = conf.FILTER
FILTER_PATH = f"ensemble_api.scheduler.filter.{FILTER}"


class Checks(upgradecheck.UpgradeCommands):  # type: ignore[misc]
    """Each check reads what an operator has to set up, and says what to do where it is not."""

    def _database(self) -> Result:
        connection = CONF[conf.GROUP].connection
        if not connection:
            return Result(Code.FAILURE, f"Set [{conf.GROUP}] connection: our database's URL.")
        try:
            store = Store(connection)
            store.check()
            left = Operations(store).unreadable()
        except exception.Unavailable as error:
            return Result(Code.FAILURE, str(error))
        if migration.is_of_a_later_release(store.engine):
            return Result(
                Code.WARNING,
                "A later release has upgraded it: this one works with it until it is upgraded too.",
            )
        if left:
            return Result(
                Code.WARNING,
                f"{left} operations under way are a later release's: they stand still until a "
                "worker of that release runs.",
            )
        return Result(Code.SUCCESS)

    def _options(self) -> Result:
        return checks.options(CONF)

    def _service_user(self) -> Result:
        return checks.service_user(CONF)

    def _placement(self) -> Result:
        return checks.placement(CONF)

    def _pipeline(self) -> Result:
        return checks.apart() if self._is_apart else checks.pipeline(CONF)

    def _policy(self) -> Result:
        if self._is_apart:
            return checks.placer(CONF)
        try:
            session.check_policy()
        except exception.Unavailable:
            rule = f'"{session.NAMING_A_HOST}": "{session.RULE}"'
            return Result(
                Code.FAILURE,
                f"No ensemble can be built by a nova-api with this policy. Add to its file: {rule}",
            )
        return Result(Code.SUCCESS)

    @property
    def _is_apart(self) -> bool:
        """Whether ensembles are a service of their own, and Nova's own files are elsewhere."""
        return bool(CONF[conf.GROUP].mount == conf.SERVICE)

    def _filter(self) -> Result:
        available = CONF.filter_scheduler.available_filters
        enabled = CONF.filter_scheduler.enabled_filters
        if FILTER not in enabled:
            return Result(
                Code.WARNING,
                f"A nova-scheduler with this configuration moves members without looking at their "
                f"policies. Put {FILTER} last in [filter_scheduler] enabled_filters.",
            )
        if FILTER_PATH not in available:
            return Result(
                Code.FAILURE,
                f"nova-scheduler does not start: add {FILTER_PATH} to [filter_scheduler] "
                "available_filters.",
            )
        if enabled[-1] != FILTER:
            return Result(
                Code.FAILURE,
                f"{FILTER} must be the last of [filter_scheduler] enabled_filters: a filter after "
                "it may refuse the one host that it gives to a member.",
            )
        return Result(Code.SUCCESS)

    _upgrade_checks = (
        ("Ensembles database", _database),
        ("Options of [ensembles]", _options),
        ("Service user", _service_user),
        ("Placement", _placement),
        ("Pipeline of nova-api", _pipeline),
        ("Policy of nova-api", _policy),
        ("Filter of nova-scheduler", _filter),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives 0 when all is well, 1 for a warning, 2 for a failure."""
    conf.register(CONF)
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:  # oslo.config's own, which upgradecheck tells no version
        print(version())  # noqa: T201
        return 0
    return int(upgradecheck.main(CONF, project="nova", upgrade_command=Checks(), argv=given))
