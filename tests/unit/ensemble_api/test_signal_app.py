# SPDX-License-Identifier: Apache-2.0
"""What is answered to guests, and to whoever else asks: the same, and before anybody has looked."""

import io
import threading
from collections.abc import Collection
from typing import Any

import pytest
import webob
from oslo_config import cfg

from ensemble_api import conf, exception, signal_app, signals
from ensemble_api.planning.message import legacy_text
from ensemble_api.signal_app import MOST_AT_ONCE, MOST_WAITING, Inbox, SignalApp

SECRET = "s" * 43
ANSWER = (204, [("Cache-Control", "no-store")], b"")


class Receiver:
    """Takes what it is given, once it may; ``away`` times the database does not answer."""

    def __init__(self) -> None:
        self.taken: list[Collection[str]] = []
        self.away = 0
        self.may = threading.Event()
        self.may.set()
        self.some = threading.Event()

    def receive(self, digests: Collection[str]) -> int:
        self.may.wait(30)
        if self.away:
            self.away -= 1
            raise exception.Unavailable(legacy_text("away"))
        self.taken.append(digests)
        self.some.set()
        return 0


class Served:
    """The application with a fake store behind it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.receiver = Receiver()
        monkeypatch.setattr(signal_app, "PAUSE", 0.0)
        monkeypatch.setattr(signal_app, "_receiver", lambda _: lambda: self.receiver)
        config = cfg.ConfigOpts()
        config([])
        conf.register(config)
        for name, value in settings.items():
            config.set_override(name, value, conf.GROUP)
        self.application = SignalApp(config)

    def ask(
        self, path: str = f"/{SECRET}", method: str = "POST", **environ: Any
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        request = webob.Request.blank(path, method=method)
        request.environ.setdefault("REMOTE_ADDR", "192.0.2.7")
        request.environ.update(environ)
        told: list[Any] = []
        body = b"".join(self.application(request.environ, lambda *given: told.extend(given)))
        return int(told[0].split()[0]), told[1], body


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    return Served(monkeypatch)


def test_a_signal_is_given_to_the_store_by_its_digest(served: Served) -> None:
    assert served.ask() == ANSWER
    assert served.receiver.some.wait(30)
    assert served.receiver.taken == [{signals.digest(SECRET)}]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"/{SECRET}", id="a secret"),
        pytest.param(f"/deeper/{SECRET}/", id="one below another path, as of another mount"),
        pytest.param("/", id="none"),
        pytest.param("/../../etc/passwd", id="another file"),
        pytest.param(f"/{SECRET}%00", id="a NUL"),
        pytest.param("/" + "a" * 100_000, id="a long one"),
        pytest.param("/%ff%fe", id="no UTF-8"),
        pytest.param(f"/{SECRET}' OR '1'='1", id="SQL"),
    ],
)
def test_all_that_is_posted_is_answered_alike(served: Served, path: str) -> None:
    assert served.ask(path) == ANSWER


def test_the_answer_is_given_before_anybody_has_looked(served: Served) -> None:
    """So that the time which it takes tells nothing either, nor that the database is away."""
    served.receiver.may.clear()
    assert [served.ask() for _ in range(5)] == [ANSWER] * 5
    assert served.receiver.taken == []
    served.receiver.may.set()
    assert served.receiver.some.wait(30)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "X" * 99])
def test_whatever_is_no_post_does_nothing(served: Served, method: str) -> None:
    """A program that looks at all URLs that it finds opens no gate."""
    status, headers, body = served.ask(method=method)
    assert (status, dict(headers)["Allow"], body) == (405, "POST", b"")
    assert served.ask() == ANSWER
    assert served.receiver.some.wait(30)
    assert len(served.receiver.taken) == 1


class Endless(io.BytesIO):
    """A body of which each byte that is read is counted."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__()
        self.asked = 0
        self.fails = fails

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None and size >= 0, "it may have no end"
        self.asked += size
        if self.fails:
            raise OSError("gone")
        return b"x" * size


@pytest.mark.parametrize(
    ("length", "read"),
    [
        pytest.param("0", 0, id="none"),
        pytest.param("17", 17, id="a short one, as of cloud-init"),
        pytest.param("65536", 65536, id="the longest that is read"),
        pytest.param("65537", 0, id="one more"),
        pytest.param("9" * 5000, 0, id="a length without end"),
        pytest.param("-1", 0, id="a negative length"),
        pytest.param("٣", 0, id="a digit of another script"),
        pytest.param("", 0, id="no length, as in chunks"),
    ],
)
def test_a_body_is_read_as_far_as_it_may_be_and_not_looked_at(
    served: Served, length: str, read: int
) -> None:
    body = Endless()
    given = {"CONTENT_LENGTH": length, "wsgi.input": body}
    assert served.ask(**given) == ANSWER
    assert body.asked == read
    assert served.receiver.some.wait(30)


def test_who_hangs_up_in_the_midst_of_a_body_has_signalled(served: Served) -> None:
    given = {"CONTENT_LENGTH": "9", "wsgi.input": Endless(fails=True)}
    assert served.ask(**given) == ANSWER
    assert served.receiver.some.wait(30)


def test_a_flood_of_one_address_is_answered_alike_and_reaches_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = Served(monkeypatch, signal_rate=0.1)  # one at once
    assert [served.ask() for _ in range(500)] == [ANSWER] * 500
    assert served.ask(f"/{'o' * 43}", REMOTE_ADDR="192.0.2.8") == ANSWER
    wanted = {signals.digest(SECRET), signals.digest("o" * 43)}
    for _ in range(1000):
        if set().union(*served.receiver.taken) == wanted:
            break
        threading.Event().wait(0.02)
    assert set().union(*served.receiver.taken) == wanted
    assert sum(map(len, served.receiver.taken)) == 2


def test_what_comes_from_everywhere_waits_in_a_bounded_queue_and_is_looked_for_in_portions() -> (
    None
):
    receiver, waited = Receiver(), list[float]()
    inbox = Inbox(lambda: receiver, waited.append)
    for number in range(3 * MOST_WAITING):
        inbox.put(str(number))
    for _ in range(MOST_WAITING // MOST_AT_ONCE):
        inbox.save()
    assert {len(each) for each in receiver.taken} == {MOST_AT_ONCE}
    assert set().union(*receiver.taken) == {str(each) for each in range(MOST_WAITING)}
    assert waited == [signal_app.PAUSE] * len(receiver.taken)


def test_one_that_comes_again_and_again_is_looked_for_once() -> None:
    receiver = Receiver()
    inbox = Inbox(lambda: receiver, lambda _: None)
    for _ in range(50):
        inbox.put("same")
    inbox.save()
    assert receiver.taken == [{"same"}]


def test_what_has_come_is_saved_when_the_database_answers_again() -> None:
    receiver, waited = Receiver(), list[float]()
    receiver.away = 3
    inbox = Inbox(lambda: receiver, waited.append)
    inbox.put("kept")
    inbox.save()
    assert receiver.taken == [{"kept"}]
    assert waited == [signal_app.RETRY] * 3 + [signal_app.PAUSE]
