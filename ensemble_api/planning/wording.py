# SPDX-License-Identifier: Apache-2.0
"""Words for members and domains, the same in every sentence.

Every language declines the words for hosts, racks and zones in its own way, so each phrase with one
is a message of its own for these; other levels have the name that the operator gave them.
"""

from dataclasses import dataclass
from typing import Final

from ensemble_api.planning.message import Argument, Message, Sentence, listed

__all__ = [
    "ZONE", "after_loss", "at_least", "at_most", "domain_label", "domains", "hosts_with", "in_a",
    "in_every", "in_number", "in_one", "in_same", "left_of", "level_word", "listed", "loss_of_more",
    "loss_of_one", "lost_with_worst", "members", "members_of", "no_domain", "over", "plural",
    "quoted", "there_are",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase with a level: for each that has words of its own, and for any other."""

    host: Sentence
    rack: Sentence
    zone: Sentence
    other: Sentence

    def __call__(self, level: str, **arguments: Argument) -> Message:
        known = {"host": self.host, "rack": self.rack, "zone": self.zone}.get(level)
        if known is not None:
            return known(**arguments)
        return self.other(level=level, levels=plural(level), **arguments)


_QUOTED = Sentence("quoted", "“%(text)s”")
_DOMAINS = _Phrase(
    Sentence("domains.host", "%(count)s host", "%(count)s hosts"),
    Sentence("domains.rack", "%(count)s rack", "%(count)s racks"),
    Sentence("domains.zone", "%(count)s zone", "%(count)s zones"),
    Sentence("domains.other", "%(count)s %(level)s", "%(count)s %(levels)s"),
)
_IN_NUMBER = _Phrase(
    Sentence("in-number.host", "on %(count)s host", "on %(count)s hosts"),
    Sentence("in-number.rack", "in %(count)s rack", "in %(count)s racks"),
    Sentence("in-number.zone", "in %(count)s zone", "in %(count)s zones"),
    Sentence("in-number.other", "in %(count)s %(level)s", "in %(count)s %(levels)s"),
)
_AT_LEAST = _Phrase(
    Sentence("at-least.host", "on at least %(count)s host", "on at least %(count)s hosts"),
    Sentence("at-least.rack", "in at least %(count)s rack", "in at least %(count)s racks"),
    Sentence("at-least.zone", "in at least %(count)s zone", "in at least %(count)s zones"),
    Sentence(
        "at-least.other", "in at least %(count)s %(level)s", "in at least %(count)s %(levels)s"
    ),
)
_AT_MOST = _Phrase(
    Sentence("at-most.host", "on at most %(count)s host", "on at most %(count)s hosts"),
    Sentence("at-most.rack", "in at most %(count)s rack", "in at most %(count)s racks"),
    Sentence("at-most.zone", "in at most %(count)s zone", "in at most %(count)s zones"),
    Sentence("at-most.other", "in at most %(count)s %(level)s", "in at most %(count)s %(levels)s"),
)
in_one: Final = _Phrase(  # Say that it is one domain: on one host, in one rack.
    Sentence("in-one.host", "on one host"),
    Sentence("in-one.rack", "in one rack"),
    Sentence("in-one.zone", "in one zone"),
    Sentence("in-one.other", "in one %(level)s"),
)
_IN_A = _Phrase(
    Sentence("in-a.host", "on a host"),
    Sentence("in-a.rack", "in a rack"),
    Sentence("in-a.zone", "in a zone"),
    Sentence("in-a.other", "in a %(level)s"),
)
_IN_AN = Sentence("in-an.other", "in an %(level)s")
in_same: Final = _Phrase(  # Say that it is the same domain.
    Sentence("in-same.host", "on the same host"),
    Sentence("in-same.rack", "in the same rack"),
    Sentence("in-same.zone", "in the same zone"),
    Sentence("in-same.other", "in the same %(level)s"),
)
in_every: Final = _Phrase(  # Say that it is every domain.
    Sentence("in-every.host", "on every host"),
    Sentence("in-every.rack", "in every rack"),
    Sentence("in-every.zone", "in every zone"),
    Sentence("in-every.other", "in every %(level)s"),
)
no_domain: Final = _Phrase(  # Say that there is no such domain: no host, no rack.
    Sentence("no-domain.host", "no host"),
    Sentence("no-domain.rack", "no rack"),
    Sentence("no-domain.zone", "no zone"),
    Sentence("no-domain.other", "no %(level)s"),
)
over: Final = _Phrase(  # Say over what: over hosts, over racks.
    Sentence("over.host", "over hosts"),
    Sentence("over.rack", "over racks"),
    Sentence("over.zone", "over zones"),
    Sentence("over.other", "over %(levels)s"),
)
hosts_with: Final = _Phrase(  # Say where the hosts with a value of a key are.
    Sentence("hosts-with.host", "on hosts with %(key)s %(values)s"),
    Sentence("hosts-with.rack", "in racks that have hosts with %(key)s %(values)s"),
    Sentence("hosts-with.zone", "in zones that have hosts with %(key)s %(values)s"),
    Sentence("hosts-with.other", "in %(levels)s that have hosts with %(key)s %(values)s"),
)
_AFTER_LOSS = _Phrase(
    Sentence(
        "after-loss.host",
        "after the loss of any one host",
        "after the loss of any %(count)s hosts",
    ),
    Sentence(
        "after-loss.rack",
        "after the loss of any one rack",
        "after the loss of any %(count)s racks",
    ),
    Sentence(
        "after-loss.zone",
        "after the loss of any one zone",
        "after the loss of any %(count)s zones",
    ),
    Sentence(
        "after-loss.other",
        "after the loss of any one %(level)s",
        "after the loss of any %(count)s %(levels)s",
    ),
)
_LOSS_OF_MORE = _Phrase(
    Sentence("loss-of-more.host", "the loss of one more host", "the loss of %(count)s more hosts"),
    Sentence("loss-of-more.rack", "the loss of one more rack", "the loss of %(count)s more racks"),
    Sentence("loss-of-more.zone", "the loss of one more zone", "the loss of %(count)s more zones"),
    Sentence(
        "loss-of-more.other",
        "the loss of one more %(level)s",
        "the loss of %(count)s more %(levels)s",
    ),
)
lost_with_worst: Final = _Phrase(  # Say what is lost with the worst host, rack... of each tier.
    Sentence("lost-with-worst.host", "members lost with the worst host of each tier, added up"),
    Sentence("lost-with-worst.rack", "members lost with the worst rack of each tier, added up"),
    Sentence("lost-with-worst.zone", "members lost with the worst zone of each tier, added up"),
    Sentence(
        "lost-with-worst.other", "members lost with the worst %(level)s of each tier, added up"
    ),
)
loss_of_one: Final = _Phrase(  # Begin a sentence with the loss of any one domain of a level.
    Sentence("loss-of-one.host", "The loss of any one host"),
    Sentence("loss-of-one.rack", "The loss of any one rack"),
    Sentence("loss-of-one.zone", "The loss of any one zone"),
    Sentence("loss-of-one.other", "The loss of any one %(level)s"),
)
_DOMAIN_LABELS = {
    "host": Sentence("domain-label.host", "host %(letters)s"),
    "rack": Sentence("domain-label.rack", "rack %(letters)s"),
    "zone": Sentence("domain-label.zone", "zone %(letters)s"),
}
ZONE = "zone"  # what a person calls the level of the availability zones, whatever its name
_LEVEL_WORDS = {
    "host": Sentence("level.host", "host"),
    "rack": Sentence("level.rack", "rack"),
    "zone": Sentence("level.zone", "zone"),
}
_MEMBERS = Sentence("members", "%(count)s member", "%(count)s members")
_LEFT_OF = Sentence("left-of", "%(left)s of %(number)s %(tier)s")
_MEMBERS_OF = Sentence("members-of", "%(number)s of %(tier)s")
_THERE_ARE = Sentence("there-are", "there is %(count)s", "there are %(count)s")
_THERE_IS_NONE = Sentence("there-is-none", "there is none")


def plural(level: str) -> str:
    """Give the English word for several domains of a level that operators named themselves."""
    return level if level.endswith("s") else f"{level}s"


def level_word(level: str) -> Argument:
    """Give the word for a level; one that operators named themselves has that name."""
    return _LEVEL_WORDS[level]() if level in _LEVEL_WORDS else level


def domains(number: int, level: str) -> Message:
    """Count domains of a level: 1 rack, 7 racks."""
    return _DOMAINS(level, count=number)


def quoted(text: Argument) -> Message:
    """Mark what is a name, or the words of a policy, in a sentence."""
    return _QUOTED(text=text)


def in_number(number: int, level: str) -> Message:
    """Say in how many domains: on 1 host, in 7 racks."""
    return _IN_NUMBER(level, count=number)


def at_least(number: int, level: str) -> Message:
    """Say in how many domains at least."""
    return _AT_LEAST(level, count=number)


def at_most(number: int, level: str) -> Message:
    """Say in how many domains at most."""
    return _AT_MOST(level, count=number)


def in_a(level: str) -> Message:
    """Say that it is any domain: on a host, in a rack."""
    if level[:1] in "aeiou":
        return _IN_AN(level=level)
    return _IN_A(level)


def after_loss(number: int, level: str) -> Message:
    """Say after which loss: after the loss of any one rack, of any 2 racks."""
    return _AFTER_LOSS(level, count=number)


def loss_of_more(number: int, level: str) -> Message:
    """Say which loss would come on top: the loss of one more rack, of 2 more racks."""
    return _LOSS_OF_MORE(level, count=number)


def domain_label(level: str, letters: str) -> Argument:
    """Label a domain that has no name for its reader: rack B."""
    known = _DOMAIN_LABELS.get(level)
    return known(letters=letters) if known else f"{level} {letters}"


def left_of(left: int, number: int, tier: str) -> Message:
    """Say how many members of a tier are left of how many: 2 of 3 web."""
    return _LEFT_OF(left=left, number=number, tier=tier)


def members(number: int) -> Message:
    """Count members: 1 member, 7 members."""
    return _MEMBERS(count=number)


def members_of(number: int, tier: str) -> Message:
    """Count members of a tier: 2 of web."""
    return _MEMBERS_OF(number=number, tier=tier)


def there_are(number: int) -> Message:
    """Say how many there are of what was named before."""
    return _THERE_ARE(count=number) if number else _THERE_IS_NONE()
