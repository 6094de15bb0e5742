# SPDX-License-Identifier: Apache-2.0
"""The properties of a tier's servers."""

from typing import Any, Final

from heat.engine import constraints
from heat.engine.properties import Schema

NETWORK: Final = "neutron.network"


def _text(description: str, **more: Any) -> Schema:
    return Schema(Schema.STRING, description, **more)


def _named(kind: str) -> list[Any]:
    return [constraints.CustomConstraint(kind)]


def _list(description: str, kind: str | None = None, **more: Any) -> Schema:
    item = Schema(Schema.STRING, constraints=_named(kind) if kind else None)
    return Schema(Schema.LIST, description, schema=item, **more)


SERVER: Final = {
    "name": _text(
        "The name of each server, in the place of one made from those of ensemble and member."
    ),
    "hostname": _text("The host name that each server has for itself."),
    "flavor": _text("The flavor, by name or id.", required=True, constraints=_named("nova.flavor")),
    "image": _text(
        "The image, by name or id; none with volumes, or with a root volume of a snapshot.",
        constraints=_named("glance.image"),
    ),
    "volumes": _list("Ids of bootable volumes, one for each member.", "cinder.volume"),
    "root_volume": Schema(
        Schema.MAP,
        "A volume that is made for each member to boot from.",
        schema={
            "size": Schema(
                Schema.INTEGER, "In GB.", required=True, constraints=[constraints.Range(min=1)]
            ),
            "snapshot": _text(
                "The id of the snapshot that it is made from, in the place of the image.",
                constraints=_named("cinder.snapshot"),
            ),
            "type": _text("The volume type.", constraints=_named("cinder.vtype")),
            "delete_on_termination": Schema(
                Schema.BOOLEAN, "Whether the volume goes with its server."
            ),
        },
    ),
    "networks": _list("The networks that each server has a port in, by name or id.", NETWORK),
    "allocate_network": _text(
        "In the place of networks: auto has Nova choose one, none leaves the servers without.",
        constraints=[constraints.AllowedValues(["auto", "none"])],
    ),
    "ports": _list("Ports, one for each member, by name or id.", "neutron.port"),
    "fixed_ips": Schema(
        Schema.LIST,
        "Addresses of the members.",
        schema=Schema(
            Schema.MAP,
            schema={
                "network": _text(
                    "The network, by name or id.", required=True, constraints=_named(NETWORK)
                ),
                "addresses": _list("One for each member, in their order.", required=True),
            },
        ),
    ),
    "key_name": _text("The key pair.", constraints=_named("nova.keypair")),
    "security_groups": _list("Security groups, by name or id.", "neutron.security_group"),
    "user_data": _text("A script or cloud-config, as it is: not in base64."),
    "metadata": Schema(Schema.MAP, "Metadata of each server."),
    "fill_in": Schema(
        Schema.LIST,
        "Which of these have {ensemble}, {tier}, {index} and {count} filled in for each member.",
        schema=Schema(
            Schema.STRING, constraints=[constraints.AllowedValues(["metadata", "user_data"])]
        ),
    ),
    "scheduler_hints": Schema(Schema.MAP, "Scheduler hints of each server."),
    "domains_in_metadata": Schema(
        Schema.BOOLEAN, "Whether each server is told its failure domains in its metadata."
    ),
    "config_drive": Schema(Schema.BOOLEAN, "Whether each server has a config drive."),
    "disk_config": _text(
        "How the root disk is partitioned.",
        constraints=[constraints.AllowedValues(["AUTO", "MANUAL"])],
    ),
    "description": _text("A description of each server."),
    "tags": _list("Tags of each server."),
    "trusted_image_certificates": _list("Ids of certificates by which the image is validated."),
    "availability_zone": _text("The zone that all members of the tier are in."),
}
