# SPDX-License-Identifier: Apache-2.0
"""What tells operators how ensembles fare: put together by the configuration."""

from collections.abc import Sequence

from oslo_config import cfg

from ensemble_api import conf, views
from ensemble_api.cloud.notifier import Notifier
from ensemble_api.execution.worker import Companion
from ensemble_api.store.database import Database


def watching(config: cfg.ConfigOpts, database: Database) -> Sequence[Companion]:
    """What is to start and stop with the worker, and hears of all that is written until then."""
    ours = config[conf.GROUP]
    parts: list[Companion] = []
    if ours.notification_topics:
        notifier = Notifier(config, ours.notification_topics, views.event_type, views.notification)
        database.listen(notifier.hear)
        parts.append(notifier)
    return parts
