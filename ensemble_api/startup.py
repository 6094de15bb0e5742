# SPDX-License-Identifier: Apache-2.0
"""The service and the worker of one process, put together by the configuration.

Nova internals used here: the options ``[DEFAULT] default_availability_zone`` and
``service_down_time``, ``[filter_scheduler] enabled_filters`` and ``[api_database] connection``,
and, outside of nova-api, ``nova.config`` and ``nova.objects``.
"""

import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import oslo_messaging
from nova import config as nova_config
from nova import objects
from oslo_config import cfg
from oslo_log import log
from oslo_middleware import sizelimit

from ensemble_api import conf, exception, policies
from ensemble_api.cloud import cells, forgotten
from ensemble_api.cloud.aggregates import AggregateRules
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.http_nova import HttpNova
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.known_hosts import KnownHosts
from ensemble_api.cloud.known_providers import KnownProviders
from ensemble_api.cloud.levels import parse_levels, parse_selectors
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.notifications import Notifications
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import Session, check_policy, observing
from ensemble_api.cloud.stacks import Stacks
from ensemble_api.cloud.tenant_session import TenantSession
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.execution.engine import Engine
from ensemble_api.execution.handover import Handovers
from ensemble_api.execution.late_servers import LateServers
from ensemble_api.execution.observer import CloudObserver
from ensemble_api.execution.root_volumes import RootVolumes
from ensemble_api.execution.told_domains import DomainTeller
from ensemble_api.execution.unneeded_trusts import UnneededTrusts
from ensemble_api.execution.worker import Worker
from ensemble_api.planning.snapshot import Packing
from ensemble_api.recovery_hold import Amount, RecoveryLimits
from ensemble_api.service import Service
from ensemble_api.signals import SignalUrls
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.guards import Guards
from ensemble_api.store.history import History
from ensemble_api.store.observations import Observations
from ensemble_api.store.standings import Levels
from ensemble_api.store.told_domains import ToldDomains
from ensemble_api.store.trusts import Trusts
from ensemble_api.usecases.known_capacity import KnownCapacity
from ensemble_api.watching import watching


def configure(
    program: str, arguments: Sequence[str] = (), files: Sequence[str] | None = None
) -> None:
    """Read the configuration of a process that is not nova-api, and have it log as that says.

    ``files`` are read where the arguments name none; by default Nova's.
    """
    nova_config.parse_args(
        [program, *arguments], default_config_files=files, init_rpc=False, prog=program
    )
    log.setup(cfg.CONF, "ensembles")
    objects.register_all()
    oslo_messaging.TransportURL.parse(cfg.CONF)  # registers what Nova reads with a cell's mapping
    conf.register(cfg.CONF)
    policies.get_enforcer()


@dataclass(frozen=True, slots=True)
class Nova:
    """How Nova is asked: as what application, in whose name, and what of it we read ourselves.

    ``check_rights`` sees that it lets us name the hosts of new servers, where that can be seen.
    """

    application: Any
    session: Session
    check_rights: Callable[[], None]
    cells: Callable[[], Mapping[str, str]]
    recall: Callable[[str], bool]
    mount: str = conf.IN_NOVA_API
    outlives_tokens: bool = True
    trusts: Callable[[], object] = lambda: None  # what looks after those of tenants


def inside(application: Any, config: cfg.ConfigOpts) -> Nova:
    """Nova in this process, whose ``application`` is asked."""
    return Nova(
        application,
        Session(config),
        check_rights=check_policy,
        cells=cells.by_host,
        recall=forgotten.recall,
    )


def by_http(config: cfg.ConfigOpts, store: Store, *, works: bool) -> Nova:
    """Nova in another process than this one, which ``works`` or not.

    What Nova's API does not tell is read where its database is named.

    :raises ensemble_api.exception.Unavailable: when the configuration does not do.
    """
    ours = config[conf.GROUP]
    if ours.mount != conf.SERVICE:
        raise exception.Unavailable(f"[{conf.GROUP}] mount must be service for ensemble-api.")
    if not (ours.use_trusts or ours.run_worker):
        raise exception.Unavailable(
            f"[{conf.GROUP}] use_trusts or run_worker must be on: only the process that was asked "
            "has a token otherwise, and it does not work."
        )
    trusts = Trusts(store)
    session = TenantSession(config, trusts, works_here=works, awaited=trusts.is_awaited)
    reads = "api_database" in config and bool(config.api_database.connection)
    return Nova(
        HttpNova(session.nova, session.tokens.forget),
        session,
        check_rights=lambda: None,  # Nova's policy is at Nova's
        cells=cells.by_host if reads else dict,
        recall=forgotten.recall if reads else lambda _: False,
        mount=conf.SERVICE,
        outlives_tokens=ours.use_trusts,
        trusts=UnneededTrusts(trusts, session.tokens.end).look,
    )


def _checked(config: cfg.ConfigOpts) -> Any:
    ours = config[conf.GROUP]
    if not ours.connection:
        raise exception.Unavailable(
            f"[{conf.GROUP}] connection is not set: name the ensembles database there."
        )
    return ours


def assemble(
    application: Any, config: cfg.ConfigOpts, *, works: bool | None = None
) -> tuple[Service, Worker]:
    """Put the parts together by ``config``, around a compute application in this process.

    :raises ensemble_api.exception.Unavailable: when the configuration does not do.
    """
    _checked(config)
    return assembled(lambda _: inside(application, config), config, works=works)


def assembled(
    nova: Callable[[Store], Nova], config: cfg.ConfigOpts, *, works: bool | None = None
) -> tuple[Service, Worker]:
    """Put the parts together by ``config``, by a way to ask Nova.

    ``works`` is whether the worker and the observer run in this process; by default as
    ``run_worker`` says.

    :raises ensemble_api.exception.Unavailable: when the configuration does not do.
    """
    ours = _checked(config)
    try:
        levels = parse_levels(ours.levels)
        selectors = parse_selectors(ours.selectors or (), levels)
        scheduler_hints = ours.scheduler_hints or ()
    except ValueError as error:
        raise exception.Unavailable(str(error)) from error
    config.register_opts(sizelimit.OPTS, group="oslo_middleware")  # as the filter before us does
    owner = f"{socket.gethostname()}:{uuid.uuid4()}"
    store = Store(ours.connection)
    asked = nova(store)
    session = asked.session
    store.check()
    compute = Compute(asked.application)
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
        cells.Cells(asked.cells).of,
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
        check_rights=asked.check_rights,
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
        mount=asked.mount,
        outlives_tokens=asked.outlives_tokens,
        longest_gate=ours.signal_lifetime if ours.signal_url else 0,
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
        recall=asked.recall,
        owner=owner,
        concurrency=ours.build_concurrency,
        timeout=ours.build_timeout,
        signal_urls=SignalUrls(ours.signal_url, ours.signal_lifetime) if ours.signal_url else None,
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
            trusts=asked.trusts,
            **_by_itself(service) if ours.automatic_recovery else {},
        ),
        companions=[*watch.companions, known_capacity],
        works=ours.run_worker if works is None else works,
    )
    return service, worker


def _by_itself(service: Service) -> dict[str, Any]:
    """What an observer begins after it has looked."""
    return {
        "correct": service.late_evacuations.look,
        "repair": service.auto_repair.look,
        "rebalance": service.auto_rebalance.look,
    }
