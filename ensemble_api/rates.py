# SPDX-License-Identifier: Apache-2.0
"""How often each of many may do something."""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST: Final = 10_000  # that are known at a time
_NETWORK: Final = 64  # bits of an IPv6 address; whoever has one has all the rest


class Rates:
    """Lets each do something ``rate`` times a second, and ``burst`` times at once.

    Of those who came longest ago nothing is known any more when there are more than ``MOST``.
    """

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # and when that was so

    def allows(self, who: str) -> bool:
        """Whether ``who`` may do it now, which counts."""
        with self._lock:
            now = self._clock()
            left, before = self._left.pop(who, (self._burst, now))
            left = min(self._burst, left + (now - before) * self._rate)
            self._left[who] = (max(0.0, left - 1), now) if left >= 1 else (left, now)
            while len(self._left) > MOST:
                self._left.popitem(last=False)
            return left >= 1


def network(address: str) -> str:
    """Of whom a request with this address is: a list of proxies ends with whom ours has seen.

    What is no address counts as one, and an IPv6 address as the network that everybody has.
    """
    nearest = address.rpartition(",")[2].strip()
    try:
        found = ipaddress.ip_address(nearest)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    whole = ipaddress.IPv6Network((found.packed, _NETWORK), strict=False)
    return str(whole.network_address)
