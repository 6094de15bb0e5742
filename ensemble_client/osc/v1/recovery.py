# SPDX-License-Identifier: Apache-2.0
"""The options of `openstack ensemble set` about what is done after a failure."""

import argparse
from typing import Any, Final

from osc_lib import exceptions

from ensemble_client import words
from ensemble_client.osc.v1.arguments import count, positive

OPTIONS: Final = "--recovery, --recovery-reserve, --rebuild, --no-rebuild"
# The field of an ensemble's recovery that each option says, by the option's name.
_FIELDS: Final = {
    "recovery": "mode",
    "recovery_delay": "delay",
    "recovery_at_once": "at_once",
    "recovery_locked": "locked",
    "recovery_rebalance": "rebalance",
}


def take_recovery(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--recovery",
        choices=("auto", "manual"),
        help="Whether servers that a failure takes get other places by themselves",
    )
    parser.add_argument(
        "--recovery-delay",
        metavar="<seconds>",
        type=count,
        help="How long a server is lost before that",
    )
    parser.add_argument(
        "--recovery-at-once",
        metavar="<count>",
        type=positive,
        help="How many servers get other places at a time",
    )
    parser.add_argument(
        "--recovery-locked",
        choices=("evacuate", "leave"),
        help="What becomes of a locked server on a host that has failed",
    )
    parser.add_argument(
        "--recovery-rebalance",
        choices=("auto", "manual"),
        help="Whether servers move by themselves to the best spread once capacity is back",
    )
    reserve = parser.add_mutually_exclusive_group()
    reserve.add_argument(
        "--recovery-reserve",
        metavar="<level>[:<failures>]",
        type=_reserve,
        help="Hold capacity for the failure of one domain of this level, or of so many at once",
    )
    reserve.add_argument(
        "--no-recovery-reserve", action="store_true", help="Hold no capacity for failures"
    )
    parser.add_argument(
        "--rebuild",
        metavar="<tier>",
        action="append",
        default=[],
        help="Build a server of this tier anew where it cannot be evacuated (repeatable)",
    )
    parser.add_argument(
        "--no-rebuild",
        metavar="<tier>",
        action="append",
        default=[],
        help="Leave a server of this tier where it cannot be evacuated (repeatable)",
    )


def wanted_recovery(ensemble: Any, parsed_args: argparse.Namespace) -> dict[str, Any]:
    """Give what is to be otherwise in an ensemble; what no option names stays."""
    given = {
        field: value
        for option, field in _FIELDS.items()
        if (value := getattr(parsed_args, option)) is not None
    }
    if parsed_args.recovery_reserve:
        given["reserve"] = parsed_args.recovery_reserve
    recovery = {**ensemble.recovery, **given}
    if parsed_args.no_recovery_reserve:
        recovery.pop("reserve", None)
    asked = given or parsed_args.no_recovery_reserve
    found: dict[str, Any] = {"recovery": recovery} if asked else {}
    rebuild = dict.fromkeys(parsed_args.rebuild, True)
    rebuild |= dict.fromkeys(parsed_args.no_rebuild, False)
    if rebuild:
        found["tiers"] = _tiers(ensemble, rebuild)
    return found


def _reserve(text: str) -> dict[str, Any]:
    """Read what capacity is to be held for."""
    level, colon, failures = text.partition(":")
    if not level or (colon and not failures):
        raise argparse.ArgumentTypeError(f"{text!r} is not a level, nor a level and a number")
    return {"level": level, **({"failures": positive(failures)} if failures else {})}


def _tiers(ensemble: Any, rebuild: dict[str, bool]) -> list[dict[str, Any]]:
    """Give all tiers as they are, but for what is done where a server cannot be evacuated."""
    names = [each["name"] for each in ensemble.tiers]
    for name in rebuild:
        if name not in names:
            raise exceptions.CommandError(
                f"{words.printable(ensemble.name)} has no tier {words.printable(name)}; "
                f"it has {', '.join(map(words.printable, names))}."
            )
    return [
        {"name": each["name"], "count": each["count"]}
        | ({"recovery": {"rebuild": rebuild[each["name"]]}} if each["name"] in rebuild else {})
        for each in ensemble.tiers
    ]
