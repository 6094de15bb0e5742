# SPDX-License-Identifier: Apache-2.0
"""The commands `openstack ensemble set`, `scale`, `member remove` and `member replace`."""

import argparse
from collections import Counter
from collections.abc import Mapping
from typing import Any

from osc_lib import exceptions

from ensemble_client import file as ensemble_file
from ensemble_client import policy, request, words, writer
from ensemble_client.errors import plain_words
from ensemble_client.names import resolve
from ensemble_client.osc.command_line import command_line
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import find, take_properties, tier_count
from ensemble_client.osc.v1.operation_command import OperationCommand
from ensemble_client.osc.v1.recovery import OPTIONS, take_recovery, wanted_recovery


class ChangeOfEnsemble(OperationCommand):
    """What all changes share: a preview first, which is then carried out, or nothing."""

    fails_if = "it had to be undone"
    goes_on = "The change goes on"
    failed = "{name} is as it was before"

    def add_members(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that name who is to go."""
        parser.add_argument(
            "--remove",
            metavar="<member>",
            action="append",
            default=[],
            help="A member that is to go, such as web-2, where its tier shrinks (repeatable)",
        )

    def going(self, parsed_args: argparse.Namespace) -> dict[str, list[str]]:
        """Give who is to go, as the client expects it."""
        return {"remove": parsed_args.remove}

    def wanted(self, ensemble: Any, parsed_args: argparse.Namespace) -> Mapping[str, Any]:
        """Give what is to be otherwise, as the API expects it, without the generation."""
        raise NotImplementedError

    def mend(self, parsed_args: argparse.Namespace) -> bool:
        """Tell whether members are to move for what does not hold."""
        return False

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Preview, say who comes and who goes, and change."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            ensemble = manager.get(find(manager, parsed_args.ensemble).id)
        body = {**self.wanted(ensemble, parsed_args), "generation": ensemble.generation}
        going: dict[str, Any] = {**self.going(parsed_args), "mend": self.mend(parsed_args)}
        plan = None
        if body.keys() & {"tiers", "policies"} or any(going.values()):
            with plain_words():
                found = manager.preview_change(ensemble, body, **going)
            if not found["plan"]["feasible"]:
                raise exceptions.CommandError(words.refusal_text(ensemble.name, found["plan"]))
            plan = found["plan"]["id"]
            self._say(found)
        if parsed_args.dry_run:
            self.app.stderr.write("Nothing was changed.\n")
            return columns.ensemble_fields(ensemble.to_dict())
        with plain_words():
            changed = manager.change(ensemble, body, plan=plan, **going)
        if parsed_args.wait:
            changed = self.ended(manager, changed)
        return columns.ensemble_fields(changed.to_dict())

    def _say(self, found: Mapping[str, Any]) -> None:
        change = found["change"]
        labels = {"added": "Added", "removed": "Removed", "released": "Removed, its server kept"}
        for what, label in labels.items():
            if change[what]:
                names = ", ".join(map(words.printable, change[what]))
                self.app.stderr.write(f"{label}: {names}\n")
        if change["outdated"]:
            names = ", ".join(map(words.printable, change["outdated"]))
            self.app.stderr.write(
                f"Outdated, with servers by the template of before until replaced: {names}\n"
            )
        for line in words.move_lines(change["moved"], found["plan"]["domains"]):
            self.app.stderr.write(f"Moved: {words.printable(line)}\n")
        if not any(change[what] for what in ("moved", *labels)):
            self.app.stderr.write("No server is added, moved or removed.\n")
        lines = [
            *words.survival_lines(found["plan"]["survivability"]),
            *words.messages(found["plan"]["over_quota"]),
        ]
        self.app.stderr.write("".join(f"{line}\n" for line in lines))


class SetEnsemble(ChangeOfEnsemble):
    """Change an ensemble that runs: its words, properties, tiers, policies, recovery or places."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of set."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--name", metavar="<name>", help="A new name; servers keep theirs")
        parser.add_argument("--description", metavar="<text>", help="A new description")
        take_properties(parser, "Set a property of the ensemble (repeatable)")
        parser.add_argument(
            "--unset-property",
            metavar="<key>",
            action="append",
            default=[],
            help="Remove a property of the ensemble (repeatable)",
        )
        parser.add_argument(
            "--file",
            metavar="<file>",
            help="Tiers and policies as they are to be, as YAML or JSON; - reads standard input",
        )
        take_recovery(parser)
        parser.add_argument(
            "--mend",
            action="store_true",
            help="Move members, as few as can be, so that policies hold that do not hold now",
        )
        return parser

    def mend(self, parsed_args: argparse.Namespace) -> bool:
        """Tell whether that is asked for."""
        return bool(parsed_args.mend)

    def wanted(self, ensemble: Any, parsed_args: argparse.Namespace) -> Mapping[str, Any]:
        """Give the options that were given."""
        found: dict[str, Any] = {}
        if parsed_args.file is not None:
            source = ensemble_file.read(parsed_args.file, ensemble.name)
            body = resolve(source, self.app.client_manager.sdk_connection)
            found = {key: body[key] for key in ("tiers", "policies", "recovery") if key in body}
            found.setdefault("policies", [])
        for name in ("name", "description"):
            if (given := getattr(parsed_args, name)) is not None:
                found[name] = given
        if parsed_args.properties or parsed_args.unset_property:
            found["metadata"] = self._properties(ensemble, parsed_args)
        if recovery := wanted_recovery(ensemble, parsed_args):
            if parsed_args.file is not None:
                raise exceptions.CommandError(
                    "Say what is done after a failure in the file or by options, not in both."
                )
            found |= recovery
        if not (found or parsed_args.mend):
            raise exceptions.CommandError(
                "Say what is to be otherwise: --name, --description, --property, --unset-property, "
                f"{OPTIONS}, --file or --mend."
            )
        return found

    def _properties(self, ensemble: Any, parsed_args: argparse.Namespace) -> dict[str, str]:
        """Give all properties as they are to be; those that are not named stay."""
        kept = dict(ensemble.metadata)
        for key in parsed_args.unset_property:
            if kept.pop(key, None) is None:
                raise exceptions.CommandError(
                    f"{words.printable(ensemble.name)} has no property {words.printable(key)}."
                )
        return {**kept, **(parsed_args.properties or {})}


class ScaleEnsemble(ChangeOfEnsemble):
    """Change how many members the tiers of an ensemble have."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of scale."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "counts",
            metavar="<tier>=<count>",
            nargs="+",
            type=tier_count,
            help="How many members a tier is to have, such as web=5",
        )
        return parser

    def wanted(self, ensemble: Any, parsed_args: argparse.Namespace) -> Mapping[str, Any]:
        """Give all tiers, some with other counts."""
        try:
            return {"tiers": request.scaled(ensemble.tiers, dict(parsed_args.counts))}
        except request.UnknownTier as error:
            raise exceptions.CommandError(
                f"{words.printable(ensemble.name)} has no tier {words.printable(error.name)}; "
                f"it has {', '.join(map(words.printable, error.known))}."
            ) from None


class ChangeOfMembers(ChangeOfEnsemble):
    """What the commands about single members share."""

    def add_members(self, parser: argparse.ArgumentParser) -> None:
        """Add the members, and what becomes of their servers."""
        parser.add_argument("members", metavar="<member>", nargs="+", help="Such as web-2")
        parser.add_argument(
            "--keep",
            action="store_true",
            help="Keep their servers, which are plain servers of the project then",
        )


class RemoveMember(ChangeOfMembers):
    """Take members out of an ensemble that runs: their tiers have as many less, or go."""

    def going(self, parsed_args: argparse.Namespace) -> dict[str, list[str]]:
        """Give who is to go, with or without their servers."""
        return {"release" if parsed_args.keep else "remove": parsed_args.members}

    def wanted(self, ensemble: Any, parsed_args: argparse.Namespace) -> Mapping[str, Any]:
        """Give all tiers that are left, those of the members with as many less.

        A tier goes with its last member, and so does what policies say of it.
        """
        tier_of = {each["name"]: each["tier"] for each in ensemble.members}
        for name in parsed_args.members:
            if name not in tier_of:
                raise exceptions.CommandError(
                    f"{words.printable(ensemble.name)} has no member {words.printable(name)}."
                )
        less = Counter(tier_of[name] for name in set(parsed_args.members))
        left = [(each["name"], each["count"] - less[each["name"]]) for each in ensemble.tiers]
        tiers = [{"name": name, "count": count} for name, count in left if count]
        if not tiers:
            raise exceptions.CommandError(self._nothing_left(ensemble))
        if len(tiers) == len(left):
            return {"tiers": tiers}
        gone = [name for name, count in left if not count]
        kept, going = policy.without(ensemble.policies, gone)
        for message in words.messages(going):
            self.app.stderr.write(f"Goes with its tier: {message}\n")
        return {"tiers": tiers, "policies": writer.description({"policies": kept})["policies"]}

    def _nothing_left(self, ensemble: Any) -> str:
        """Say that an ensemble has a member, and how to end it."""
        keep, remove = (command_line(self.app, verb, ensemble.id) for verb in ("release", "delete"))
        return (
            f"{words.printable(ensemble.name)} would have no member left. To keep its servers as "
            f"plain ones: {keep}\nTo remove them: {remove}"
        )


class ReplaceMember(ChangeOfMembers):
    """Replace members of an ensemble that runs: others are built first, and then they go."""

    def going(self, parsed_args: argparse.Namespace) -> dict[str, list[str]]:
        """Give who is to be replaced, and whose servers are kept."""
        kept = parsed_args.members if parsed_args.keep else []
        return {"replace": parsed_args.members, "release": kept}

    def wanted(self, ensemble: Any, parsed_args: argparse.Namespace) -> Mapping[str, Any]:
        """Give nothing: the description stays as it is."""
        return {}
