# SPDX-License-Identifier: Apache-2.0
"""The command `ensemble-drill`."""

import argparse
import contextlib
import json
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from keystoneauth1 import exceptions as keystone_exceptions
from novaclient import exceptions as nova_exceptions
from openstack import exceptions as sdk_exceptions

from ensemble_client import file, names
from ensemble_client.document import FileError
from ensemble_client.version import version
from ensemble_drill import criteria as rules
from ensemble_drill.cloud import ZONE_KEY, CloudError, Operator, Tenant
from ensemble_drill.criteria import Criteria, CriteriaError
from ensemble_drill.ensemble_method import Ensemble, Existing, described
from ensemble_drill.load import Load, Room, servers, shares
from ensemble_drill.methods import METHODS, Groups, Json, Method, Plain
from ensemble_drill.report import html
from ensemble_drill.result import Drill
from ensemble_drill.service import Layout, Service, Tier
from ensemble_drill.story import Commands, Story

_UNUSABLE = (
    *(CloudError, CriteriaError, FileError, ValueError, OSError),
    *(keystone_exceptions.ClientException, nova_exceptions.ClientException),
    sdk_exceptions.SDKException,
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(
        prog="ensemble-drill",
        description="Let a host, rack or zone really fail, and judge what becomes of a service.",
        epilog="The exit code is 0 when the ensemble met all criteria and every prediction came "
        "true, 1 when not, and 2 when the drill could not be held: also when nothing would have "
        "been shown, since no ensemble is among the methods, or none of its members is in what is "
        "to fail.",
    )
    found.add_argument("--version", action="version", version=version())
    what = found.add_mutually_exclusive_group(required=True)
    what.add_argument("--service", metavar="FILE", help="an ensemble file; it is built and removed")
    what.add_argument("--ensemble", metavar="NAME", help="an ensemble that runs; it stays")
    found.add_argument("--os-cloud", required=True, metavar="CLOUD", help="the tenant's cloud")
    found.add_argument(
        "--operator-cloud", required=True, metavar="CLOUD", help="an administrator's"
    )
    found.add_argument("--criteria", type=Path, metavar="FILE", help="what must be shown")
    found.add_argument("--fail", metavar="LEVEL:NAME", help="what fails, such as rack:rack2")
    found.add_argument("--level", default="rack", help="what fails by lot (default: %(default)s)")
    found.add_argument("--seed", type=int, default=1, metavar="N", help="of all lots")
    found.add_argument("--fail-command", required=True, metavar="COMMAND", help="lets it fail")
    found.add_argument("--restore-command", required=True, metavar="COMMAND", help="ends that")
    found.add_argument(
        "--level-key",
        action="append",
        default=[],
        metavar="LEVEL=KEY",
        help="the metadata of aggregates that names a level's domains, the smallest level first "
        f"(default: rack=rack, zone={ZONE_KEY})",
    )
    found.add_argument(
        "--methods",
        default=",".join(METHODS),
        metavar="LIST",
        help="how the service is built (default: %(default)s)",
    )
    found.add_argument(
        "--load",
        type=int,
        default=0,
        metavar="PERCENT",
        help="fill racks before, each to a share by lot, so much on average (default: %(default)s)",
    )
    found.add_argument(
        "--load-flavors",
        default="m1.large,m1.xlarge",
        metavar="LIST",
        help="of the servers that fill them (default: %(default)s)",
    )
    found.add_argument("--patience", type=float, default=120.0, metavar="SECONDS")
    found.add_argument("--report", type=Path, metavar="FILE", help="write an HTML page")
    found.add_argument("--json", type=Path, metavar="FILE", help="write all of it as JSON")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Hold a drill, and return the exit code."""
    options = parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, _broken_off)
    try:
        drill = _held(options)
    except _UNUSABLE as error:
        sys.stderr.write(f"ensemble-drill: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("ensemble-drill: broken off\n")
        return 2
    except Exception:  # noqa: BLE001 - 1 would say that the criteria are not met
        traceback.print_exc()
        return 2
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0 if drill.passed else 1


def _broken_off(*_: object) -> None:
    """End as Ctrl-C does: what has failed is brought back, what was built is removed."""
    raise KeyboardInterrupt


def _held(options: argparse.Namespace) -> Drill:
    criteria = rules.read(options.criteria) if options.criteria else Criteria()
    level, _, name = (options.fail or f"{options.level}:").partition(":")
    levels = dict(_pair(each) for each in options.level_key) or {"rack": "rack", "zone": ZONE_KEY}
    tenant, operator = Tenant(options.os_cloud), Operator(options.operator_cloud)
    layout = operator.layout(levels)
    if level not in ("host", *levels):
        raise ValueError(
            f"--fail: there is no level {level!r}; there are host, {', '.join(levels)}"
        )
    if name:
        layout.domain(level, name)
    body = _body(options, tenant)
    service = service_of(body, criteria)
    # Of this run alone: servers are removed by it, and those of another run are not ours.
    prefix = f"drill-{options.seed}-{secrets.token_hex(4)}"
    methods = _methods(options, tenant, operator, service, body, prefix)
    with _load(options, operator, layout, body, prefix) as load:
        story = Story(
            tenant,
            operator,
            layout,
            service,
            criteria,
            methods,
            Commands(options.fail_command, options.restore_command),
            _say,
            seed=options.seed,
            patience=options.patience,
            load=load.wanted if load else {},
        )
        try:
            story.build()
            drill = story.drill(level, name or None)
            _write(options.report, lambda: html(drill))
            _write(options.json, lambda: json.dumps(drill.json(), indent=1) + "\n")
            _say(f"{'PASSED' if drill.passed else 'FAILED'}.")
        finally:
            _say("What was built is removed.")
            if load:
                load.begin_removal()
            story.remove()
    return drill


def service_of(body: Json, criteria: Criteria) -> Service:
    """Give the service that a description means. Raises ValueError for a tier it does not have."""
    there = [tier["name"] for tier in body["tiers"]]
    for name in criteria.tiers_kept:
        if name not in there:
            raise ValueError(
                f"tiers_kept.{name}: there is no such tier; there are {', '.join(there)}"
            )
    return Service(
        tuple(
            Tier(
                each["name"],
                len(named) or each["count"],
                criteria.minimum(each["name"]),
                named,
            )
            for each in body["tiers"]
            for named in (tuple(each.get("members", ())),)
        )
    )


def _body(options: argparse.Namespace, tenant: Tenant) -> Json:
    if options.ensemble:
        return described(tenant, options.ensemble)
    return names.resolve(file.read(options.service), tenant.connection)


def _methods(
    options: argparse.Namespace,
    tenant: Tenant,
    operator: Operator,
    service: Service,
    body: Json,
    prefix: str,
) -> list[Method]:
    """Give the ways to build it. Raises ValueError where there is no such way, or no ensemble."""
    if options.ensemble:
        return [Existing(tenant, operator, service, body, prefix)]
    known: dict[str, Callable[[], Method]] = {
        "plain": lambda: Plain(tenant, service, body, prefix),
        "groups": lambda: Groups(tenant, service, body, prefix),
        "ensemble": lambda: Ensemble(tenant, operator, service, body, prefix),
    }
    chosen = options.methods.split(",")
    for each in chosen:
        if each not in known:
            raise ValueError(f"--methods: there is no {each!r}; there are {', '.join(known)}")
    if Ensemble.name not in chosen:
        raise ValueError("--methods: must have ensemble, since a drill is judged by that alone")
    return [known[each]() for each in chosen]


@contextlib.contextmanager
def _load(
    options: argparse.Namespace, operator: Operator, layout: Layout, body: Json, prefix: str
) -> Iterator[Load | None]:
    """Fill the racks to shares by lot for a while."""
    if not options.load:
        yield None
        return
    wanted = shares(options.seed, layout, options.load)
    rooms = {host: Room(*found) for host, found in operator.processors().items()}
    flavors = []
    for name in options.load_flavors.split(","):
        flavor = operator.connection.compute.find_flavor(name)
        if flavor is None:
            raise CloudError(f"--load-flavors: there is no flavor {name!r}")
        flavors.append((str(flavor.id), int(flavor.vcpus)))
    load = Load(operator, prefix, body["tiers"][0]["server"].get("image", ""), wanted)
    try:
        load.build(list(servers(wanted, layout, rooms, flavors)))
        _say(f"Load: {len(load.ids)} plain servers fill the racks unevenly")
        yield load
    finally:
        load.remove()


def _pair(text: str) -> tuple[str, str]:
    level, separator, key = text.partition("=")
    if not (level and separator and key):
        raise ValueError(f"--level-key: must be LEVEL=KEY, and is {text!r}")
    return level, key


_BEGUN = time.monotonic()


def _say(text: str) -> None:
    sys.stdout.write(f"[{time.monotonic() - _BEGUN:4.0f} s] {text}\n")
    sys.stdout.flush()


def _write(path: Path | None, text: Any) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(), encoding="utf-8")
        _say(f"Written: {path}")
