# SPDX-License-Identifier: Apache-2.0
"""The scheduler filter, last in ``[filter_scheduler] enabled_filters`` (doc/admin/install.md).

Nova internals used here: ``BaseHostFilter``, of ``HostState`` host, aggregates, instances and what
``room.py`` reads of it, of ``RequestSpec`` instance_uuid, project_id, flavor, scheduler_hints,
ignore_hosts and requested_destination.
"""

import logging
import os
from collections.abc import Iterable
from typing import Any

from nova.scheduler import filters
from nova.scheduler.utils import request_is_rebuild
from oslo_config import cfg

from ensemble_api import advice, conf, exception
from ensemble_api.cloud.levels import parse_levels
from ensemble_api.scheduler.admission import Admission
from ensemble_api.scheduler.guards import GuardedHosts
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.guards import Guards

LOG = logging.getLogger(__name__)


class EnsembleFilter(filters.BaseHostFilter):  # type: ignore[misc]
    """Gives a member of an ensemble one host that keeps its policies, and others what is open.

    Weighing comes after all filters, and no filter learns which host won, so a member is given one
    host and no alternates, which is recorded before the next member is looked at. When the
    ensembles database does not answer, all hosts pass but those that were last read to be closed
    for a hand-over, until its time is up; which is logged once until it answers.
    """

    RUN_ON_REBUILD = False

    def __init__(self) -> None:
        conf.register(cfg.CONF)
        enabled = cfg.CONF.filter_scheduler.enabled_filters
        if enabled and enabled[-1] != type(self).__name__:
            LOG.error(
                "%s must be the last of [filter_scheduler] enabled_filters: the filters after it "
                "may refuse the one host that it gives to a member of an ensemble",
                type(self).__name__,
            )
        self._admission: Admission | None = None
        self._guarded: GuardedHosts | None = None
        self._process: int | None = None
        self._silent = False

    def filter_all(self, filter_obj_list: Iterable[Any], spec_obj: Any) -> list[Any]:
        """Give those of these HostStates on which a server may be."""
        hosts = list(filter_obj_list)
        if not hosts or request_is_rebuild(spec_obj) or not cfg.CONF[conf.GROUP].connection:
            return hosts
        try:
            admitted = self._of_this_process().admit(hosts, spec_obj)
        except exception.Unavailable as error:
            if not self._silent:
                advice.log(LOG, "Policies of ensembles are not kept by the scheduler", error)
            self._silent = True
            return hosts if self._guarded is None else self._guarded.as_last_read(hosts, spec_obj)
        self._silent = False
        return admitted

    def _of_this_process(self) -> Admission:
        """nova-scheduler makes its filters before it forks; no connection may come along."""
        if self._admission is None or self._process != os.getpid():
            ours = cfg.CONF[conf.GROUP]
            store = Store(ours.connection)
            self._guarded = GuardedHosts(Guards(store))
            self._admission = Admission(
                CurrentStates(store), self._guarded, parse_levels(ours.levels)
            )
            self._process = os.getpid()
        return self._admission
