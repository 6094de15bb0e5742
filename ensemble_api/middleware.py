# SPDX-License-Identifier: Apache-2.0
"""The paste filter in nova-api: requests for ensembles are ours, all others pass on untouched.

It stands between ``keystonecontext``, which gives every request Nova's context, and the compute
application. Nova internals used here: ``environ["nova.context"]`` and the ``[DEFAULT]
default_availability_zone`` and ``service_down_time`` options.
"""

import logging
import re
import socket
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeAlias

import webob
import webob.exc
from oslo_config import cfg
from oslo_middleware import sizelimit

from ensemble_api import advice, conf, exception, policies, request_ids, routes, views
from ensemble_api.cloud import cells, forgotten
from ensemble_api.cloud.aggregates import AggregateRules
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.known_hosts import KnownHosts
from ensemble_api.cloud.known_providers import KnownProviders
from ensemble_api.cloud.levels import parse_levels, parse_selectors
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.notifications import Notifications
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import Session, check_policy, observing
from ensemble_api.cloud.stacks import Stacks
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.execution.engine import Engine
from ensemble_api.execution.handover import Handovers
from ensemble_api.execution.late_servers import LateServers
from ensemble_api.execution.observer import CloudObserver
from ensemble_api.execution.root_volumes import RootVolumes
from ensemble_api.execution.told_domains import DomainTeller
from ensemble_api.execution.worker import Worker
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.snapshot import Packing
from ensemble_api.process import Process
from ensemble_api.recovery_hold import Amount, RecoveryLimits
from ensemble_api.service import Service
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.guards import Guards
from ensemble_api.store.history import History
from ensemble_api.store.observations import Observations
from ensemble_api.store.standings import Levels
from ensemble_api.store.told_domains import ToldDomains
from ensemble_api.usecases.known_capacity import KnownCapacity
from ensemble_api.watching import watching

_NOT_AVAILABLE = Sentence("unavailable.here", "Ensembles are not available here; the log has more.")

LOG = logging.getLogger(__name__)

Application: TypeAlias = Callable[[dict[str, Any], Any], Iterable[bytes]]

# /os-ensembles/... or, as older clients have it, /{project_id}/os-ensembles/...
_OURS = re.compile(r"(?:/(?P<project>[0-9A-Za-z-]+))?(?P<path>/os-ensembles(?:/.*)?)", re.DOTALL)

# What the filters of all pipelines share.
_shared: list[Process] = []


class EnsemblesFilter:
    """A WSGI application around the compute application.

    ``process`` is what all filters of this process share; without one it has its own.
    """

    def __init__(
        self, application: Application, config: cfg.ConfigOpts, process: Process | None = None
    ) -> None:
        self._application = application
        self.process = process or Process(lambda: assemble(application, config))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer what is ours, pass on what is not."""
        self.process.start()
        path = environ.get("PATH_INFO", "")
        if "/os-ensembles" not in path or not (found := _OURS.fullmatch(path)):
            return self._application(environ, start_response)
        if found["project"] not in (None, environ["nova.context"].project_id):
            return self._application(environ, start_response)  # whose refusal is Nova's
        response = self._respond(webob.Request(environ), found["path"])
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _respond(self, request: webob.Request, path: str) -> webob.Response:
        request_ids.work_for(request.environ["nova.context"])
        try:
            service = self.process.service()
        except Exception as error:  # noqa: BLE001
            # What is wrong with the configuration is for the log, not for tenants.
            advice.log(LOG, "Ensembles cannot be served", error)
            return routes.refuse(
                exception.Unavailable(_NOT_AVAILABLE()),
                views.language(request.accept_language),
            )
        answer = routes.dispatch(request, service, path)
        if answer.status_int >= 400:
            service.refused(answer.status_int)
        return answer


def assemble(application: Any, config: cfg.ConfigOpts) -> tuple[Service, Worker]:
    """Put the parts together by ``config``, around a compute application.

    :raises ensemble_api.exception.Unavailable: when the configuration does not do.
    """
    ours = config[conf.GROUP]
    if not ours.connection:
        raise exception.Unavailable(
            f"[{conf.GROUP}] connection is not set: name the ensembles database there."
        )
    try:
        levels = parse_levels(ours.levels)
        selectors = parse_selectors(ours.selectors or (), levels)
        scheduler_hints = ours.scheduler_hints or ()
    except ValueError as error:
        raise exception.Unavailable(str(error)) from error
    config.register_opts(sizelimit.OPTS, group="oslo_middleware")  # as the filter before us does
    owner = f"{socket.gethostname()}:{uuid.uuid4()}"
    store = Store(ours.connection)
    session = Session(config)
    store.check()
    compute = Compute(application)
    reservation = Reservation(session.placement)
    providers = KnownProviders(session.placement)
    known = KnownHosts(compute, CurrentStates(store).providers)
    inventory = Inventory(
        compute,
        session.placement,
        levels,
        config.default_availability_zone,
        AggregateRules.configured(config).closed,
        Packing(ours.packing),
        selectors,
        cells.Cells(cells.by_host).of,
        known,
        providers.allowed,
    )
    known_capacity = KnownCapacity(
        store,
        inventory,
        reservation,
        providers,
        observing,
        period=ours.capacity_interval,
    )
    volumes = Volumes()
    tree = Levels(inventory.levels, inventory.zone_level)
    watch = watching(config, store, tree)
    service = Service(
        store,
        compute,
        Networks(session.network),
        volumes,
        inventory,
        reservation,
        Stacks(session.identity),
        owner=f"{owner}:api",
        worker=owner,
        max_members=ours.max_members,
        attempts=ours.reserve_attempts,
        wake=lambda: worker.wake(),  # which is made last
        check_rights=check_policy,
        current_rights=session.current_rights,
        operating=session.operating,
        acting_for=session.acting_for,
        holder=session.holder,
        recovery_limits=RecoveryLimits(
            Amount(ours.recovery_cores, ours.recovery_ram),
            guarded=conf.FILTER in config.filter_scheduler.enabled_filters,
        ),
        acts_by_itself=ours.automatic_recovery,
        unheard_for=config.service_down_time / 2,
        rebalance_delay=ours.rebalance_delay,
        most_hosts_down=ours.most_hosts_down,
        settle=config.service_down_time,
        only_forced=ours.evacuate_from == "forced-down",
        plan_lifetime=ours.plan_lifetime,
        shown_hosts=ours.shown_hosts,
        scheduler_hints=scheduler_hints,
        max_body=config.oslo_middleware.max_request_body_size,
        measure_plan=watch.plan,
        refused=watch.refusal,
        known_capacity=known_capacity if ours.capacity_interval else None,
    )
    engine = Engine(
        store,
        session,
        compute,
        reservation,
        service.replacement,
        Handovers(
            Guards(store),
            reservation,
            owner=owner,
            width=ours.handover_width,
            seconds=ours.lease_seconds,
        ),
        RootVolumes(store, compute, volumes, owner=owner),
        recall=forgotten.recall,
        owner=owner,
        concurrency=ours.build_concurrency,
        timeout=ours.build_timeout,
    )
    worker = Worker(
        store,
        engine,
        owner=owner,
        lease_seconds=ours.lease_seconds,
        poll=ours.poll_interval,
        threads=ours.worker_threads,
        observer=CloudObserver(
            Observations(store, tree),
            compute,
            inventory,
            History(store, timedelta(days=ours.event_lifetime)),
            owner=owner,
            period=ours.observe_interval,
            hints=Notifications(config) if ours.notifications else None,
            late_servers=LateServers(store, session, compute),
            tell=DomainTeller(ToldDomains(store, tree), compute, session).tell,
            reserve=service.auto_reserve.look,
            drain=service.auto_drain.look,
            measure=watch.headroom(service.headrooms, session.operating),
            **_by_itself(service) if ours.automatic_recovery else {},
        ),
        companions=[*watch.companions, known_capacity],
    )
    return service, worker


def filter_factory(
    global_conf: dict[str, str], **local_conf: str
) -> Callable[[Application], EnsemblesFilter]:
    """What paste calls, once for each pipeline; the options are nova.conf's ``[ensembles]``."""
    conf.register(cfg.CONF)
    policies.get_enforcer()

    def build(application: Application) -> EnsemblesFilter:
        if not _shared:
            # Both pipelines end in the same compute application; this one is as good as the other.
            _shared.append(Process(lambda: assemble(application, cfg.CONF)))
            _shared[0].start_after_fork()
        return EnsemblesFilter(application, cfg.CONF, _shared[0])

    return build


def _by_itself(service: Service) -> dict[str, Any]:
    """What an observer begins after it has looked."""
    return {
        "correct": service.late_evacuations.look,
        "repair": service.auto_repair.look,
        "rebalance": service.auto_rebalance.look,
    }
