# SPDX-License-Identifier: Apache-2.0
"""Names of servers: those of their ensemble and member, as far as Nova takes them."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from nova.utils import sanitize_hostname

from ensemble_api.patterns import as_name

MOST = 63  # characters: Nova cuts the host names that it makes of servers' names there
NAMELESS = "ensemble"


MARKS = (0, 4, 8, 32)  # characters of an ensemble's id that tell its servers from others'


def server_name(ensemble: str, member: str, mark: str = "") -> str:
    """The name of a member's server, such as ``shop-web-0``, which differs between members.

    ``mark`` stands before the member's name where another ensemble's servers are named so too.

    Of the ensemble's name, what Nova refuses is left out or becomes an underscore, and what is too
    long is cut, so that the member's name is always whole, in the host name too.
    """
    kept = as_name(ensemble)
    end = f"{mark}-{member}" if mark else member
    room = MOST - len(end) - 1
    return f"{_trimmed(_trimmed(kept)[:room]) or NAMELESS}-{end}"


def member_server_name(
    template: Mapping[str, Any], ensemble: str, member: str, mark: str = ""
) -> str:
    """The name that a member's template, filled in, gives its server, or else ``server_name``."""
    return template.get("name") or server_name(ensemble, member, mark)


def mark(ensemble_id: str, name: str, members: Collection[str], taken: Iterable[str]) -> str:
    """What tells an ensemble's servers from those named ``taken``, in their host names too.

    Nothing, unless they would be called the same. Nova makes a host name of what is Latin in a
    server's name, in small letters, and leaves out what is not.
    """
    others = {sanitize_hostname(each) for each in taken}
    for length in MARKS:
        found = ensemble_id.replace("-", "")[:length]
        if others.isdisjoint(sanitize_hostname(server_name(name, each, found)) for each in members):
            break
    return found


def _trimmed(text: str) -> str:
    """Without spaces, underscores and dashes at its ends."""
    return re.sub(r"^[\s_-]+|[\s_-]+$", "", text)
