# SPDX-License-Identifier: Apache-2.0
"""The limits of requests that no operator sets; each is stated here alone."""

from typing import Final

TIERS: Final = 20
MEMBERS_OF_TIER: Final = 200
POLICIES: Final = 50
PORTS_OR_VOLUMES: Final = 500  # of a tier, shared out to its members
VOLUME_SIZE: Final = 1_000_000  # GB; what Cinder allows is less
NETWORKS: Final = 16  # of a tier
SECURITY_GROUPS: Final = 32  # of a tier
NAME: Final = 255  # characters
DESCRIPTION: Final = 1024  # characters
USER_DATA: Final = 65535  # characters of base64, as Nova takes them
METADATA_ITEMS: Final = 64
SERVER_DESCRIPTION: Final = 255  # characters
TAGS: Final = 48  # of a server, of the 50 that Nova takes; two are ours
TAG: Final = 60  # characters
CERTIFICATES: Final = 50  # trusted ones of a server's image
HINTS: Final = 16  # scheduler hints of a tier, and values of one
SELECTOR_VALUES: Final = 16  # of a policy
SHARES: Final = 32  # of a policy
SHARE: Final = 1000  # how large one is
ADDRESS: Final = 64  # characters, in any way of writing it
METADATA: Final = 255  # characters of a key and of a value
BODY: Final = 8 * 1024 * 1024  # bytes; what Nova lets through is often less
PAGE: Final = 1000  # items of a list
DRAINED_HOSTS: Final = 200  # of a domain that is drained at once
FAILED_DOMAINS: Final = 16  # named in a dry run
GENERATION: Final = 2**31 - 1  # what every database counts to
REMOVED: Final = 200  # members that are named in a change
ADOPTED: Final = 1000  # servers that are named in an adoption
RECOVERY_DELAY: Final = 86_400  # seconds from a loss to what is done about it by itself
RECOVERY_AT_ONCE: Final = 100  # members that are repaired at a time
RESERVE_FAILURES: Final = 10  # domains that fail at once, for which capacity is held
GATE_TIMEOUT: Final = (60, 86_400)  # seconds, at least and at most
KEY: Final = 255  # characters of an idempotency key
PARAMETERS: Final = 64  # of an ensemble template
CONSTRAINTS: Final = 16  # of a parameter
ALLOWED_VALUES: Final = 100  # of a parameter
PATTERN: Final = 255  # characters of a pattern, and of a value that it is for
PATTERN_STEPS: Final = 2000  # of all patterns of a template together, for each character
PARAMETER_NAME: Final = 64  # characters
PARAMETER_VALUE: Final = 65535  # characters of a text
CONDITIONS: Final = 32  # parts of a condition
TEMPLATE_DEPTH: Final = 24  # of what is in one another in a template
TEMPLATE_SIZE: Final = 128 * 1024  # bytes of a version, and of what is filled in
TEMPLATES: Final = 200  # of a project
TEMPLATE_VERSIONS: Final = 200  # of a template
TEMPLATES_SIZE: Final = 16 * 1024 * 1024  # bytes of all templates of a project
TEMPLATE_PROJECTS: Final = 100  # with which a template is shared
INSTANCES: Final = 50  # of a template, made as one
JOINT_TIERS: Final = 100  # of ensembles that are planned as one
JOINT_POLICIES: Final = 200  # of these, with those that keep one clear of the others
