# SPDX-License-Identifier: Apache-2.0
"""Signals: secrets that nobody guesses, and how often each may try."""

import pytest

from ensemble_api import rates, signals
from ensemble_api.rates import Rates, network
from ensemble_api.signals import SignalUrls


def test_a_url_has_a_secret_of_256_bits_that_is_kept_as_a_digest_alone() -> None:
    made = [SignalUrls("https://c/signal", 60).new() for _ in range(100)]
    secrets = [each.url.removeprefix("https://c/signal/") for each in made]
    assert len(set(secrets)) == len({each.digest for each in made}) == 100
    for secret, each in zip(secrets, made, strict=True):
        assert signals.is_secret(secret)
        assert len(secret) * 6 >= 256  # bits that fit
        assert signals.digest(secret) == each.digest
        assert secret not in each.digest
        assert len(each.digest) == 64


GOOD = "A" * 42 + "_"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        pytest.param(GOOD, True, id="43 characters of base64 for URLs"),
        pytest.param(GOOD[1:], False, id="one too few"),
        pytest.param(GOOD + "A", False, id="one too many"),
        pytest.param(GOOD[1:] + "=", False, id="padding"),
        pytest.param(GOOD[1:] + "é", False, id="a letter that is not ASCII"),
        pytest.param(GOOD + "\n", False, id="a line's end behind it"),
        pytest.param("", False, id="nothing"),
        pytest.param("A" * 1_000_000, False, id="a million characters"),
    ],
)
def test_what_has_not_the_form_of_a_secret_is_none(text: str, is_one: bool) -> None:
    assert signals.is_secret(text) is is_one


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_of_a_flood_so_many_pass_at_once_and_then_at_the_rate_and_others_are_not_held_up() -> None:
    clock = Clock()
    limit = Rates(2.0, 5.0, clock)
    assert [limit.allows("a") for _ in range(7)] == [True] * 5 + [False] * 2
    assert limit.allows("b")
    clock.now += 1.0
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    clock.now += 3600.0
    assert [limit.allows("a") for _ in range(6)] == [True] * 5 + [False], "no more than at once"


def test_who_goes_on_without_a_pause_has_the_rate_and_no_more() -> None:
    clock = Clock()
    limit = Rates(2.0, 5.0, clock)
    passed = 0
    for _ in range(1000):  # a hundred seconds
        passed += limit.allows("a")
        clock.now += 0.1
    assert passed == pytest.approx(5 + 100 * 2, abs=1)


def test_of_many_addresses_only_so_many_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST", 3)
    limit = Rates(1.0, 1.0, Clock())
    assert all(limit.allows(str(each)) for each in range(1000))
    assert not limit.allows("999")
    assert limit.allows("1"), "who came long ago is new"


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        pytest.param("192.0.2.7", "192.0.2.7", id="IPv4"),
        pytest.param("2001:db8::1", "2001:db8::", id="IPv6, by its network"),
        pytest.param("2001:db8:0:0:ffff::9", "2001:db8::", id="another one of the same network"),
        pytest.param("2001:db8:0:1::1", "2001:db8:0:1::", id="one of the next network"),
        pytest.param("::ffff:192.0.2.7", "192.0.2.7", id="IPv4 in IPv6"),
        pytest.param("10.0.0.1, 192.0.2.7", "192.0.2.7", id="one that says who it is to the proxy"),
        pytest.param("unknown", "", id="no address"),
        pytest.param("", "", id="nothing"),
        pytest.param("x" * 100_000, "", id="a long text"),
    ],
)
def test_an_address_counts_with_all_that_whoever_has_it_has(address: str, whose: str) -> None:
    assert network(address) == whose
