# SPDX-License-Identifier: Apache-2.0
"""Each option that says how services are asked, set in nova.conf, and what then arrives there.

Real keystoneauth on a real socket. The options are the same in [placement] and [neutron], which are
Nova's, and in [ensembles], by which ``ensemble-manage snapshot`` asks Nova.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from certificates import CLIENT, Certificates
from configured import Settings, nova_conf, user
from keystoneauth1 import exceptions, loading
from two_regions import TwoRegions

from ensemble_api.cloud import credentials
from ensemble_api.cloud.session import Session

SECTIONS = {"placement": "placement", "neutron": "network", "ensembles": "compute"}


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def regions() -> Iterator[TwoRegions]:
    running = TwoRegions()
    yield running
    running.stop()


@pytest.fixture
def secure(certificates: Certificates) -> Iterator[TwoRegions]:
    running = TwoRegions(certificates.server())
    yield running
    running.stop()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long keystoneauth would have paused between attempts."""
    made: list[float] = []
    asking, sleep = threading.get_ident(), time.sleep

    def pause(seconds: float) -> None:
        """Note the pauses of this thread; others, which have the same clock, sleep as ever."""
        if threading.get_ident() == asking:
            made.append(seconds)
        else:
            sleep(seconds)

    monkeypatch.setattr("keystoneauth1.session.time.sleep", pause)
    return made


def client(directory: Path, url: str, section: str, settings: Settings, **more: Settings) -> Any:
    """What we ask a section's service with, when its section says so too."""
    said = {name: user(f"{url}/v3") for name in SECTIONS} | more
    said[section] = {**said[section], **settings}
    config = nova_conf(directory / "nova.conf", said)
    if section == "ensembles":
        return credentials.compute(config)
    session = Session(config)
    return {"placement": session.placement, "neutron": session.network}[section]


# Who we are: what Keystone is asked. None leaves a line of the user out.

NO_PROJECT = {"project_name": None, "project_domain_name": None}
NO_USER = {"username": None, "user_domain_name": None}
IDENTITY = ("identity", "password", "user")
AUTH: dict[str, tuple[Settings, Sequence[str], Any]] = {
    "auth_type": ({"auth_type": "v3password"}, ("identity", "methods"), ["password"]),
    "auth_section": ({"auth_section": "other"}, (*IDENTITY, "name"), "user-of-other"),
    "auth_url": ({"auth_url": "{url}/second/v3"}, (), None),
    "system_scope": ({**NO_PROJECT, "system_scope": "all"}, ("scope", "system"), {"all": True}),
    "domain_id": ({**NO_PROJECT, "domain_id": "d1"}, ("scope", "domain", "id"), "d1"),
    "domain_name": ({**NO_PROJECT, "domain_name": "D1"}, ("scope", "domain", "name"), "D1"),
    "project_id": ({**NO_PROJECT, "project_id": "p1"}, ("scope", "project", "id"), "p1"),
    "project_name": ({"project_name": "P1"}, ("scope", "project", "name"), "P1"),
    "project_domain_id": (
        {"project_domain_name": None, "project_domain_id": "d2"},
        ("scope", "project", "domain", "id"),
        "d2",
    ),
    "project_domain_name": (
        {"project_domain_name": "D2"},
        ("scope", "project", "domain", "name"),
        "D2",
    ),
    "trust_id": ({**NO_PROJECT, "trust_id": "t1"}, ("scope", "OS-TRUST:trust", "id"), "t1"),
    "default_domain_id": (
        {"user_domain_name": None, "default_domain_id": "d3"},
        (*IDENTITY, "domain", "id"),
        "d3",
    ),
    "default_domain_name": (
        {"user_domain_name": None, "default_domain_name": "D3"},
        (*IDENTITY, "domain", "name"),
        "D3",
    ),
    "user_id": ({**NO_USER, "user_id": "u1"}, (*IDENTITY, "id"), "u1"),
    "username": ({"username": "ensembles"}, (*IDENTITY, "name"), "ensembles"),
    "user_domain_id": (
        {"user_domain_name": None, "user_domain_id": "d4"},
        (*IDENTITY, "domain", "id"),
        "d4",
    ),
    "user_domain_name": ({"user_domain_name": "D4"}, (*IDENTITY, "domain", "name"), "D4"),
    "password": ({"password": "another"}, (*IDENTITY, "password"), "another"),
}


@pytest.mark.parametrize("option", AUTH)
@pytest.mark.parametrize("section", SECTIONS)
def test_keystone_is_asked_as_the_section_says(
    regions: TwoRegions, tmp_path: Path, section: str, option: str
) -> None:
    said, where, expected = AUTH[option]
    settings = {
        key: value.format(url=regions.url) if isinstance(value, str) else value
        for key, value in said.items()
    }
    other = user(f"{regions.url}/v3", username="user-of-other")
    client(tmp_path, regions.url, section, settings, other=other).get("/x", raise_exc=False)
    (asked,) = regions.tokens
    assert asked.path.startswith("/second/") == (option == "auth_url")
    found = asked.body["auth"]
    for key in where:
        found = found[key]
    assert found == expected or not where


def test_another_kind_of_credentials_is_taken(regions: TwoRegions, tmp_path: Path) -> None:
    settings = {
        **dict.fromkeys(user(""), None),
        "auth_type": "v3applicationcredential",
        "auth_url": f"{regions.url}/v3",
        "application_credential_id": "a1",
        "application_credential_secret": "hidden",
    }
    client(tmp_path, regions.url, "ensembles", settings).get("/x")
    assert regions.tokens[0].body["auth"]["identity"]["methods"] == ["application_credential"]


# How connections are made. Each takes the settings' own effect apart from none at all.


def ca(made: Callable[[Settings], Any], server: TwoRegions, files: Certificates) -> None:
    assert made({"cafile": files.ca}).get("/x").status_code == 200
    with pytest.raises(exceptions.SSLError):
        made({}).get("/x")


def insecure(made: Callable[[Settings], Any], server: TwoRegions, files: Certificates) -> None:
    assert made({"insecure": True}).get("/x").status_code == 200


def certificate(made: Callable[[Settings], Any], server: TwoRegions, files: Certificates) -> None:
    made({"cafile": files.ca, "certfile": files.path("client.pem")}).get("/x")
    assert {each.peer for each in server.arrivals} == {CLIENT}


def key(made: Callable[[Settings], Any], server: TwoRegions, files: Certificates) -> None:
    both = {"certfile": files.path("client.crt"), "keyfile": files.path("client.key")}
    made({"cafile": files.ca, **both}).get("/x")
    assert {each.peer for each in server.arrivals} == {CLIENT}


def ciphers(made: Callable[[Settings], Any], server: TwoRegions, files: Certificates) -> None:
    made({"cafile": files.ca, "tls_ciphers": "ECDHE-RSA-CHACHA20-POLY1305"}).get("/x")
    assert {each.cipher for each in server.arrivals} == {"ECDHE-RSA-CHACHA20-POLY1305"}
    server.arrivals.clear()
    made({"cafile": files.ca}).get("/x")
    assert {each.cipher for each in server.arrivals}.isdisjoint({"ECDHE-RSA-CHACHA20-POLY1305"})


def tls(made: Callable[[Settings], Any], server: TwoRegions, files: Certificates) -> None:
    assert made({"cafile": files.ca, "tls_min_version": "1.2"}).get("/x").status_code == 200
    with pytest.raises(exceptions.SSLError):
        made({"cafile": files.ca, "tls_min_version": "1.3"}).get("/x")


def timeout(made: Callable[[Settings], Any], server: TwoRegions, files: Certificates) -> None:
    server.holding = True
    with pytest.raises(exceptions.ConnectTimeout):
        made({"cafile": files.ca, "timeout": 1}).get("/x")


def timing(made: Callable[[Settings], Any], server: TwoRegions, files: Certificates) -> None:
    for wanted in (True, False):
        asked = made({"cafile": files.ca, "collect_timing": wanted})
        asked.get("/x")
        assert bool(asked.session.get_timings()) == wanted


def loggers(made: Callable[[Settings], Any], server: TwoRegions, files: Certificates) -> None:
    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.name)  # type: ignore[method-assign]
    logger = logging.getLogger("keystoneauth")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        made({"cafile": files.ca}).get("/x")
        assert "keystoneauth.session.request" not in seen
        made({"cafile": files.ca, "split_loggers": True}).get("/x")
        assert "keystoneauth.session.request" in seen
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


SESSION: dict[str, Callable[..., None]] = {
    "cafile": ca,
    "certfile": certificate,
    "keyfile": key,
    "insecure": insecure,
    "timeout": timeout,
    "collect_timing": timing,
    "split_loggers": loggers,
    "tls_ciphers": ciphers,
    "tls_min_version": tls,
}
# What keystoneauth has from 2026.2 on; all else has to be there in each supported release.
OF_2026_2 = {"tls_ciphers", "tls_min_version"} - {
    each.dest for each in loading.get_session_conf_options()
}


@pytest.mark.parametrize(
    "option",
    [
        pytest.param(each, marks=pytest.mark.skipif(each in OF_2026_2, reason="later libraries"))
        for each in SESSION
    ],
)
@pytest.mark.parametrize("section", SECTIONS)
def test_connections_are_made_as_the_section_says(
    secure: TwoRegions,
    certificates: Certificates,
    tmp_path: Path,
    pauses: list[float],
    section: str,
    option: str,
) -> None:
    SESSION[option](
        lambda settings: client(tmp_path, secure.url, section, settings), secure, certificates
    )


@pytest.mark.parametrize("own", [False, True], ids=["from that section", "unless ours says more"])
def test_the_section_of_our_credentials_says_how_to_connect_too(
    secure: TwoRegions, certificates: Certificates, tmp_path: Path, own: bool
) -> None:
    placement = user(f"{secure.url}/v3", cafile="/nowhere.pem" if own else certificates.ca)
    settings = {
        **dict.fromkeys(user(""), None),
        "auth_section": "placement",
        "cafile": certificates.ca if own else None,
    }
    asked = client(tmp_path, secure.url, "ensembles", settings, placement=placement)
    assert asked.get("/x").status_code == 200


# Which endpoint is asked, and how often. 2 attempts more is what we have where nothing is said.

USUAL = "/RegionOne/internal/{kind}/{name}/x"
NAMES = {"placement": "placement", "network": "neutron", "compute": "nova"}
ENDPOINTS: dict[str, tuple[Settings, str]] = {
    "service_type": ({"service_type": "spare"}, "/RegionOne/internal/spare/spare/x"),
    "service_name": ({"service_name": "second"}, "/RegionOne/internal/{kind}/second/x"),
    "valid_interfaces": ({"valid_interfaces": "admin,public"}, "/RegionOne/admin/{kind}/{name}/x"),
    "region_name": ({"region_name": "RegionTwo"}, "/RegionTwo/internal/{kind}/{name}/x"),
    "endpoint_override": ({"endpoint_override": "{url}/elsewhere"}, "/elsewhere/x"),
}
RETRIES: dict[str, tuple[Settings, int, list[int], list[float]]] = {
    # what is said, how many requests are cut off, the statuses of the next, the pauses
    "connect_retries": ({"connect_retries": 4}, 9, [], [0.5, 1, 2, 4]),
    "connect_retry_delay": ({"connect_retries": 2, "connect_retry_delay": 7}, 9, [], [7, 7]),
    "status_code_retries": ({"status_code_retries": 2}, 0, [503] * 9, [0.5, 1]),
    "status_code_retry_delay": (
        {"status_code_retries": 1, "status_code_retry_delay": 9},
        0,
        [503] * 9,
        [9],
    ),
    "retriable_status_codes": (
        {"status_code_retries": 1, "retriable_status_codes": "502"},
        0,
        [502, 502],
        [0.5],
    ),
}


@pytest.mark.parametrize("option", [None, *ENDPOINTS])
@pytest.mark.parametrize("section", SECTIONS)
def test_the_endpoint_is_the_one_that_the_section_says(
    regions: TwoRegions, tmp_path: Path, section: str, option: str | None
) -> None:
    said, expected = ENDPOINTS[option] if option else ({}, USUAL)
    settings = {key: value.format(url=regions.url) for key, value in said.items()}
    assert client(tmp_path, regions.url, section, settings).get("/x").status_code == 200
    kind = SECTIONS[section]
    (call,) = regions.calls
    assert call.path == expected.format(kind=kind, name=NAMES[kind])
    assert call.headers["X-Auth-Token"] == "service-token"


@pytest.mark.parametrize("option", RETRIES)
@pytest.mark.parametrize("section", SECTIONS)
def test_a_service_in_trouble_is_asked_again_as_the_section_says(
    regions: TwoRegions, tmp_path: Path, pauses: list[float], section: str, option: str
) -> None:
    said, regions.cut, statuses, expected = RETRIES[option]
    regions.statuses = [*statuses]
    asked = client(tmp_path, regions.url, section, said)
    if regions.cut:
        with pytest.raises(exceptions.ConnectFailure):
            asked.get("/x")
    else:
        assert asked.get("/x").status_code in (502, 503)
    assert pauses == expected
    assert len(regions.calls) == len(expected) + 1


@pytest.mark.parametrize(
    ("section", "retries"), [("placement", 2), ("neutron", 3), ("ensembles", 2)]
)
def test_a_lost_connection_is_made_again_without_being_told(
    regions: TwoRegions, tmp_path: Path, pauses: list[float], section: str, retries: int
) -> None:
    asked = client(tmp_path, regions.url, section, {})
    regions.cut = 9
    with pytest.raises(exceptions.ConnectFailure):
        asked.get("/x")
    assert len(pauses) == retries


def test_neutron_is_asked_again_as_often_as_nova_would(
    regions: TwoRegions, tmp_path: Path, pauses: list[float]
) -> None:
    asked = client(tmp_path, regions.url, "neutron", {"http_retries": 1})
    regions.cut = 9
    with pytest.raises(exceptions.ConnectFailure):
        asked.get("/x")
    assert len(pauses) == 1


@pytest.mark.parametrize("section", ["placement", "neutron"])
def test_our_region_is_for_services_whose_section_names_none(
    regions: TwoRegions, tmp_path: Path, section: str
) -> None:
    ours = user(f"{regions.url}/v3", region_name="RegionTwo")
    client(tmp_path, regions.url, section, {}, ensembles=ours).get("/x")
    client(tmp_path, regions.url, section, {"region_name": "RegionOne"}, ensembles=ours).get("/x")
    assert [each.path.split("/")[1] for each in regions.calls] == ["RegionTwo", "RegionOne"]


def test_nova_is_asked_in_the_region_of_its_placement(regions: TwoRegions, tmp_path: Path) -> None:
    theirs = user(f"{regions.url}/v3", region_name="RegionTwo")
    client(tmp_path, regions.url, "ensembles", {}, placement=theirs).get("/x")
    assert regions.calls[0].path == "/RegionTwo/internal/compute/nova/x"


def test_credentials_of_placement_alone_will_do_for_us(regions: TwoRegions, tmp_path: Path) -> None:
    """The configuration that the guide has."""
    settings = {**dict.fromkeys(user(""), None), "auth_section": "placement"}
    theirs = user(f"{regions.url}/v3", username="placement", region_name="RegionTwo")
    asked = client(tmp_path, regions.url, "placement", {}, placement=theirs, ensembles=settings)
    asked.get("/x")
    assert regions.tokens[0].body["auth"]["identity"]["password"]["user"]["name"] == "placement"
    assert regions.calls[0].path == "/RegionTwo/internal/placement/placement/x"
    assert regions.calls[0].headers["OpenStack-API-Version"] == "placement 1.38"
