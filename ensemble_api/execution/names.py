# SPDX-License-Identifier: Apache-2.0
"""Names of servers: those of their ensemble and member, as far as Nova takes them."""

import re
import unicodedata

MOST = 63  # characters: Nova cuts the host names that it makes of servers' names there
NAMELESS = "ensemble"


def server_name(ensemble: str, member: str) -> str:
    """The name of a member's server, such as ``shop-web-0``, which differs between members.

    Of the ensemble's name, what Nova refuses is left out or becomes an underscore, and what is too
    long is cut, so that the member's name is always whole, in the host name too.
    """
    kept = re.sub("_+", "_", "".join(each if _taken(each) else "_" for each in ensemble))
    room = MOST - len(member) - 1
    return f"{_trimmed(_trimmed(kept)[:room]) or NAMELESS}-{member}"


def _trimmed(text: str) -> str:
    """Without spaces, underscores and dashes at its ends."""
    return re.sub(r"^[\s_-]+|[\s_-]+$", "", text)


def _taken(character: str) -> bool:
    """Whether Nova takes it in a server's name (nova/api/validation/parameter_types.py)."""
    category = unicodedata.category(character)
    return character < "\uffff" and category[0] != "C" and (category[0] != "Z" or category == "Zs")
