# SPDX-License-Identifier: Apache-2.0
"""The [ensembles] section of nova.conf."""

import urllib.parse
from typing import Any

from keystoneauth1 import loading
from nova.conf import neutron
from nova.conf import utils as nova_utils
from oslo_config import cfg, types

from ensemble_api import signals

GROUP = "ensembles"
IN_NOVA_API, SERVICE = "nova-api", "service"  # what ``mount`` can be
COMPUTE = "compute"
FILTER = "EnsembleFilter"
HELP = (
    "Placement, Neutron, Cinder and Keystone are asked as Nova asks them, by the sections "
    "[placement], [neutron], [cinder] and [keystone], Keystone in the name of this section's "
    "user.\n\n"
    "This section has the service user in whose name the worker acts, or names the section that "
    "has one, and says how to connect with it. The options of the endpoint, from service_type on, "
    "are for ``ensemble-manage snapshot``, which asks Nova; its region is that of [placement] "
    "unless region_name is set here. That region is also for services whose section names none."
)

# What would undo what is planned, or is ours to say.
_NOT_FOR_TENANTS = (
    "build_near_host_ip",
    "cidr",
    "different_cell",
    "different_host",
    "force_hosts",
    "force_nodes",
    "group",
    "query",
    "reschedule",
    "same_host",
    "target_cell",
)


class ListenAddress(types.String):  # type: ignore[misc]
    """A host and a port to listen at, or nothing."""

    def __call__(self, value: object) -> str:
        """Refuse what has no port."""
        address = str(super().__call__(value))
        host, _, port = address.rpartition(":")
        if address and not (host and port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError(f"{address}: must be a host and a port, such as 127.0.0.1:9834")
        return address


class SignalUrl(types.String):  # type: ignore[misc]
    """Where guests reach us, or nothing."""

    def __call__(self, value: object) -> str:
        """Refuse what a secret cannot be put behind, or what is too long for metadata with it."""
        url = str(super().__call__(value)).rstrip("/")
        if not url:
            return url
        found = urllib.parse.urlsplit(url)
        if found.scheme not in ("http", "https") or not found.hostname:
            raise ValueError(f"{url}: must be a URL, such as https://192.0.2.1:8780/signal")
        if found.query or found.fragment or len(url) > signals.LONGEST_URL:
            raise ValueError(
                f"{url}: must have {signals.LONGEST_URL} characters at most, and neither ? nor #"
            )
        return url


class HintName(types.String):  # type: ignore[misc]
    """The key of a scheduler hint that tenants may give."""

    def __call__(self, value: object) -> str:
        """Refuse keys that name a host, a cell or a group, and those that Nova or we give."""
        key = str(super().__call__(value))
        if key in _NOT_FOR_TENANTS or key.startswith(("_nova", "ensemble")):
            raise ValueError(f"{key} cannot be given: members have hosts that were planned")
        return key


OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "connection",
        secret=True,
        help="SQLAlchemy URL of the ensembles database, which is apart from Nova's.",
    ),
    cfg.ListOpt(
        "levels",
        default=["rack:rack", "zone:availability_zone"],
        help="Failure domain levels above the host, smallest first, each as level:key, where key "
        "is the metadata key of the host aggregates whose value names the domain.",
    ),
    cfg.ListOpt(
        "selectors",
        help="Keys of host aggregates' metadata by whose values policies may bind tiers to hosts, "
        "or keep them off. Every tenant sees these keys and all their values, and nothing else of "
        "the aggregates. The key of a level cannot be among them. By default there are none.",
    ),
    cfg.IntOpt(
        "max_members",
        default=500,
        min=1,
        max=5000,
        help="How many members one ensemble may have.",
    ),
    cfg.IntOpt(
        "plan_lifetime",
        default=900,
        min=1,
        help="Seconds for which a plan can be built by its id.",
    ),
    cfg.IntOpt(
        "shown_hosts",
        default=1000,
        min=0,
        help="In a cloud of more hosts than this, a plan with all domains shows the hosts in use "
        "only, beside all domains of the levels above.",
    ),
    cfg.FloatOpt(
        "capacity_interval",
        default=5.0,
        min=0.0,
        help="Seconds between two looks at what has changed in Placement. Plans of a cloud of more "
        "than 200 hosts are made with what was seen last; before anything is held or refused, "
        "there is another look. Each nova-api process looks for itself, from when it is asked for "
        "a plan until two looks were for nobody. Where a look takes long there are fewer: they "
        "take a fifth of the time at most, so Placement has a fifth of a processor's work for "
        "each process that is asked. A longer interval means less of it, and older previews. With "
        "0 there is a whole look for every plan.",
    ),
    cfg.StrOpt(
        "packing",
        default="spread",
        choices=[
            ("spread", "The emptiest hosts first, as Nova's own weighers do by default."),
            ("stack", "The fullest hosts first, so that large flavors find room for longer."),
        ],
        help="Which hosts members take where their policies, and what a failure would cost, leave "
        "the choice. Hosts are compared by what the ensemble asks for.",
    ),
    cfg.ListOpt(
        "scheduler_hints",
        item_type=HintName(),
        help="The keys of scheduler hints that tenants may give with the servers of a tier, for "
        "the operator's own filters and weighers. Hints that name a host, a cell or a server group "
        "cannot be among them, since each member is asked for on the host that was planned. By "
        "default there are none.",
    ),
    cfg.IntOpt(
        "reserve_attempts",
        default=4,
        min=1,
        help="How often a create plans anew when others take the planned capacity meanwhile.",
    ),
    cfg.IntOpt(
        "build_concurrency",
        default=8,
        min=1,
        max=64,
        help="How many servers of one ensemble are asked of Nova at the same time.",
    ),
    cfg.BoolOpt(
        "automatic_recovery",
        default=True,
        help="Whether ensembles that wish it are repaired and rebalanced by themselves. A server "
        "is evacuated from a host whose compute service Nova takes for down; `evacuate_from` says "
        "whether forced or not. Where nothing sees to it that such a host is really off, this is "
        "for people to decide.",
    ),
    cfg.StrOpt(
        "evacuate_from",
        default="down",
        choices=[
            ("down", "Hosts whose compute service does not report, or is forced down"),
            ("forced-down", "Only hosts whose compute service somebody has forced down"),
        ],
        help="From which hosts lost members are brought back, by themselves or by command. A "
        "server that still runs on its old host would run twice: with `forced-down`, nothing "
        "begins until whoever fences a host says that it is off.",
    ),
    cfg.FloatOpt(
        "most_hosts_down",
        default=0.5,
        min=0.0,
        max=1.0,
        help="The share of a cell's hosts above which those that are down without being forced "
        "down are in doubt: Nova may only not hear of them, as when its message queue was away. "
        "Nobody is brought back from them, nor for `service_down_time` after two of them report "
        "again.",
    ),
    cfg.FloatOpt(
        "rebalance_delay",
        default=300.0,
        min=0.0,
        help="Seconds for which a host must have been up before members are moved to it by "
        "themselves, since one that comes and goes would have them moved and evacuated each time. "
        "For each time that it has come back since it was last up for an hour it is twice as long, "
        "an hour at most. So long is also waited after a repair or a move of the ensemble.",
    ),
    cfg.IntOpt(
        "recovery_cores",
        default=0,
        min=-1,
        help="How many cores each project may have held for recovery, over all its ensembles. They "
        "are allocated to the service project, and so in no quota of the tenant's. -1 is for any "
        "number. With 0 no ensemble can have capacity held. This needs EnsembleFilter in the "
        "[filter_scheduler] enabled_filters of nova-api and of nova-scheduler.",
    ),
    cfg.IntOpt(
        "recovery_ram",
        default=0,
        min=-1,
        help="How many MB of memory each project may have held for recovery, as recovery_cores.",
    ),
    cfg.IntOpt(
        "handover_width",
        min=0,
        max=1000,
        help="How many hosts of the cloud are closed to other servers at the same time, each while "
        "it goes from holding a member's capacity to having the member's server. Others that are "
        "built wait for their turn. 0 closes none. By default it is a quarter of the hosts, and 8 "
        "at most. nova-scheduler has to have EnsembleFilter, or no host is closed.",
    ),
    cfg.IntOpt(
        "build_timeout",
        default=300,
        min=10,
        help="Seconds without progress after which a build is rolled back.",
    ),
    cfg.FloatOpt(
        "poll_interval",
        default=2.0,
        min=0.2,
        help="Seconds between two looks of the worker at the servers it waits for.",
    ),
    cfg.FloatOpt(
        "observe_interval",
        default=5.0,
        min=1.0,
        help="Seconds between two looks at where Nova has members and hosts now, by one of all "
        "nova-api processes.",
    ),
    cfg.BoolOpt(
        "notifications",
        default=False,
        help="Whether what Nova notifies of its servers and compute services has the process that "
        "observes look at once, instead of after observe_interval. For this Nova has to send "
        "versioned notifications ([notifications] notification_format), by the message bus that "
        "[oslo_messaging_notifications] names here and for all of Nova's services. They are read "
        "from a queue named ensembles, which stays when this is turned off.",
    ),
    cfg.ListOpt(
        "notification_topics",
        help="The topics to which versioned notifications of ensembles are sent, such as "
        "ensembles_notifications, by the message bus that [oslo_messaging_notifications] names: "
        "when a create, a change, a repair or another operation starts and ends, and when what was "
        "promised is lost or regained. By default none are sent.",
    ),
    cfg.Opt(
        "metrics_listen",
        type=ListenAddress(),
        default="127.0.0.1:9834",
        help="Where metrics are served for Prometheus, at /metrics, without authentication and "
        "encryption: a host and a port. All nova-api processes of a node share the port, and each "
        "tells the same figures of the whole cloud. Empty for none.",
    ),
    cfg.IntOpt(
        "headroom_interval",
        default=600,
        min=0,
        help="Seconds between two looks, by one of all nova-api processes, at which hosts, racks "
        "and zones could fail without leaving a member without a place, for the metrics of that. "
        "In a cloud of 1,000 hosts each takes some seconds of a processor for each level. 0 is for "
        "never; so is an empty metrics_listen.",
    ),
    cfg.IntOpt(
        "event_lifetime",
        default=90,
        min=1,
        help="Days for which events and ended operations of ensembles are kept.",
    ),
    cfg.IntOpt(
        "lease_seconds",
        default=20,
        min=5,
        help="How long a worker that died keeps others from taking over its ensembles.",
    ),
    cfg.IntOpt(
        "worker_threads",
        default=4,
        min=1,
        max=64,
        help="How many ensembles one process works on at the same time.",
    ),
    cfg.StrOpt(
        "mount",
        default="nova-api",
        choices=[
            ("nova-api", "Inside nova-api, by the filter of its pipeline."),
            ("service", "A service of its own, ensemble-api, which asks Nova by HTTP."),
        ],
        help="How ensembles are served, for ensemble-engine too. As a service of its own Nova is "
        "called by this section's service_type, region_name and valid_interfaces.",
    ),
    cfg.BoolOpt(
        "use_trusts",
        default=True,
        help="Where ensembles are a service of its own: whether a user who begins something "
        "delegates `trust_roles` to the service user by a trust of Keystone's, so that it goes on "
        "when the user's token has ended. Without, it goes on in the process that was asked and "
        "as long as that token lives, and then waits for the user.",
    ),
    cfg.ListOpt(
        "trust_roles",
        default=["member"],
        help="The roles that are delegated by a trust, as far as its user has them: what Nova, "
        "Neutron, Cinder and Glance want of who has servers built, deleted and moved.",
    ),
    cfg.Opt(
        "signal_url",
        type=SignalUrl(),
        help="Where guests send the signals that tiers may wait for: the URL of /signal of "
        "ensemble-api, or of what api-paste.ini has for it, as guests reach it. It is part of the "
        "metadata of servers. Without it no tier can wait for signals.",
    ),
    cfg.IntOpt(
        "signal_lifetime",
        default=7200,
        min=60,
        help="Seconds from the request for a server in which its guest may send its signal.",
    ),
    cfg.FloatOpt(
        "signal_rate",
        default=10.0,
        min=0.1,
        help="How many signals a second each process takes of one address, with those of ten "
        "seconds at once. Others are dropped without a word, so guests send theirs some times. "
        "Guests behind one router share its address.",
    ),
    cfg.BoolOpt(
        "run_worker",
        default=True,
        help="Whether the processes of the API work on ensembles and observe the cloud too. Turn "
        "this off where ensemble-engine runs, which always does.",
    ),
]


def register(config: cfg.ConfigOpts) -> None:
    """Register the section, with keystoneauth's options as Nova's own sections have them."""
    if GROUP in config:  # by the other pipeline of the same nova-api
        return
    config.register_opts(OPTIONS, group=GROUP)
    nova_utils.register_ksa_opts(config, GROUP, COMPUTE)


def register_services(config: cfg.ConfigOpts) -> None:
    """Register Nova's own sections of the services that we ask, outside of nova-api."""
    nova_utils.register_ksa_opts(config, "placement", "placement")
    nova_utils.register_ksa_opts(config, "neutron", "network")
    nova_utils.register_ksa_opts(config, "keystone", "identity", include_auth=False)
    config.register_opts(neutron.ALL_OPTS, "neutron")


def list_opts() -> list[tuple[cfg.OptGroup, list[Any]]]:
    """Give the options to oslo-config-generator."""
    return [
        (
            cfg.OptGroup(GROUP, help=HELP),
            [
                *OPTIONS,
                *loading.get_auth_common_conf_options(),
                *loading.get_auth_plugin_conf_options("password"),
                *loading.get_session_conf_options(),
                *nova_utils.get_ksa_adapter_opts(COMPUTE),
            ],
        )
    ]
