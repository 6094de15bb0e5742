# SPDX-License-Identifier: Apache-2.0
"""What tells operators how ensembles fare: put together by the configuration."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from oslo_config import cfg

from ensemble_api import conf, views
from ensemble_api.cloud.notifier import Notifier
from ensemble_api.context import Context
from ensemble_api.counters import Counters
from ensemble_api.execution.worker import Companion
from ensemble_api.exposition import MetricsServer, Samples
from ensemble_api.store.database import Database
from ensemble_api.store.gauges import Gauges
from ensemble_api.store.metrics import StoredMetrics
from ensemble_api.store.standings import Levels
from ensemble_api.usecases.capacity import MeasurePlan
from ensemble_api.usecases.headroom import Headrooms
from ensemble_api.usecases.measured_headroom import MeasuredHeadroom


@dataclass(slots=True)
class Watching:
    """What starts and stops with the worker, and who is told what no transaction tells.

    ``headroom`` gives what is to be called after each look of the observer's.
    """

    companions: list[Companion] = field(default_factory=list)
    plan: MeasurePlan = lambda *_, **__: None
    refusal: Callable[[int], None] = lambda _: None
    levels: Sequence[str] = ()
    stored: StoredMetrics | None = None
    headroom_period: float = 0.0

    def headroom(
        self, headrooms: Headrooms, context: Callable[[], Context]
    ) -> Callable[[], object]:
        """Measure with the rights of ``context`` now and then, if that is wanted."""
        if self.stored is None or not self.headroom_period:
            return lambda: None
        return MeasuredHeadroom(
            headrooms, self.stored, self.levels, context, self.headroom_period
        ).look


def watching(config: cfg.ConfigOpts, database: Database, levels: Levels) -> Watching:
    """What hears of all that this process writes to the database, from now on."""
    ours = config[conf.GROUP]
    found = Watching(levels=levels.names)
    if ours.notification_topics:
        notifier = Notifier(config, ours.notification_topics, views.event_type, views.notification)
        database.listen(notifier.hear)
        found.companions.append(notifier)
    if ours.metrics_listen:
        found.stored = StoredMetrics(database)
        found.headroom_period = float(ours.headroom_interval)
        counters = Counters(found.stored.add)
        database.listen(counters.hear)
        found.plan, found.refusal = counters.plan, counters.refusal
        samples = Samples(found.stored, Gauges(database, levels), counters.flush)
        found.companions += [counters, MetricsServer(ours.metrics_listen, samples)]
    return found
