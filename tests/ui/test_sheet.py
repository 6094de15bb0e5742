# SPDX-License-Identifier: Apache-2.0
"""The side sheet of a tier, on the embedded cloud: what is chosen there is what the servers get."""

import base64
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.cloud.ensembles import Operator, Project
from tests.ui.browser import Dashboard
from tests.ui.drawing import DRAW, drawing

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

SCRIPT = "#!/bin/sh\necho 'grüß Gott' > /run/hello\n"


@contextlib.contextmanager
def belongings(project: Project) -> Iterator[dict[str, Any]]:
    """A key pair, a security group, a second network and two ports of the project."""
    compute, network = project.connection.compute, project.connection.network
    private = project.names["network"]["private"]
    key = compute.create_keypair(name="sheet-key")
    group = network.create_security_group(name="sheet-group")
    other = network.create_network(name="sheet-net")
    network.create_subnet(network_id=other.id, ip_version=4, cidr="10.99.0.0/24")
    ports = [network.create_port(network_id=private, name=f"sheet-{n}").id for n in range(2)]
    try:
        yield {"network": other.id, "private": private, "ports": ports}
    finally:
        for port in ports:
            network.delete_port(port)
        network.delete_network(other)
        network.delete_security_group(group)
        compute.delete_keypair(key)


def tab(page: Dashboard, name: str) -> None:
    page.click(f"#sheet-tab-{name}")


def pick(page: Dashboard, field: str, name: str) -> None:
    """Choose an item of a list by its name."""

    def named() -> list[WebElement]:
        rows = page.all(f"#sheet-{field} tbody tr")
        return [row for row in rows if row.find_element("css selector", "label").text == name]

    (row,) = page.until(named)  # the list comes after the window
    page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", row)
    row.click()


def focused(page: Dashboard) -> str:
    return str(page.driver.switch_to.active_element.get_attribute("id"))


def chosen(page: Dashboard, field: str) -> list[str]:
    return page.texts(f"#sheet-{field} .ens-chosen li")


def test_members_boot_from_volumes_that_are_made_for_them(
    demo: Dashboard, project: Project, cloud: Any
) -> None:
    demo.open(DRAW)
    demo.press("#ens-name", "on-volumes")
    demo.click("#t1-server")
    tab(demo, "source")
    demo.click("#sheet-rootVolume-on")
    demo.until(lambda: "how large" in demo.text("#sheet-rootVolume-error"))
    demo.type("#sheet-rootVolume-size", "2")
    demo.click("#sheet-rootVolume-deletes")
    demo.press("body", Keys.ESCAPE)
    demo.until(lambda: "new root volumes of 2 GB" in demo.text("#t1-server-summary"))
    drawing(demo, "fits")
    demo.click("#ens-submit")
    demo.until(lambda: "/draw" not in demo.driver.current_url)
    (made,) = project.request("GET").json()["ensembles"]
    built = project.wait(made["id"], "ACTIVE")
    assert "2 GB · deleted with their servers" in demo.text("body")
    volumes = [each["root_volume_id"] for each in built["members"]]
    storage = cloud.connection("demo").block_storage
    assert {storage.get_volume(each).size for each in volumes} == {2}
    demo.leave()
    project.delete(made["id"])


def test_all_that_is_chosen_in_the_sheet_is_what_the_servers_have(
    demo: Dashboard, project: Project, operator: Operator, tmp_path: Path
) -> None:
    script = tmp_path / "hello.sh"
    script.write_text(SCRIPT)
    with belongings(project) as mine:
        demo.open(DRAW)
        demo.press("#ens-name", "sheet")
        demo.click("#t1-server")
        tab(demo, "flavor")
        pick(demo, "flavor", "m1.small")
        tab(demo, "networks")
        pick(demo, "networks", "private")  # which is chosen where there are several: no longer
        assert "at least one network" in demo.text("#sheet-networks-error")
        pick(demo, "networks", "sheet-net")
        for port in ("sheet-1", "sheet-0"):
            pick(demo, "ports", port)
        assert chosen(demo, "ports") == ["sheet-1", "sheet-0"], "in the order of choosing"
        demo.click("#sheet-ports .ens-chosen li:last-child button")  # earlier
        assert chosen(demo, "ports") == ["sheet-0", "sheet-1"]
        tab(demo, "access")
        pick(demo, "securityGroups", "sheet-group")
        pick(demo, "keyName", "sheet-key")
        tab(demo, "setup")
        demo.press("#sheet-userData-file", str(script))
        demo.until(lambda: demo.attribute("#sheet-userData", "value") == SCRIPT)
        demo.click("#sheet-configDrive")
        demo.choose("#sheet-diskConfig", "MANUAL")
        tab(demo, "source")
        demo.type("#sheet-certificates", "certificate-1, certificate-2")
        tab(demo, "metadata")
        demo.type("#sheet-serverDescription", "Serves pages.")
        demo.type("#sheet-tags", "front, shop,")
        for place, text in enumerate(("role", "front")):
            demo.all("#sheet-metadata li:last-child input, #sheet-metadata li:first-child input")[
                place
            ].send_keys(text)
        tab(demo, "networks")
        demo.type("#sheet-fixedIps-0", "10.99.0.21-10.99.0.29")
        tab(demo, "advanced")
        demo.type("#sheet-serverName", "{tier}-no-{index}")
        demo.type("#sheet-hostname", "host{index}")
        demo.click("#sheet-fillMetadata")
        demo.click("#sheet-domainsInMetadata")
        demo.press("body", Keys.ESCAPE)
        demo.until(lambda: focused(demo) == "t1-server")
        summary = demo.text("#t1-server-summary")
        for said in ("sheet-net", "2 ports", "sheet-key", "sheet-group", "user data", "config"):
            assert said in summary

        drawing(demo, "fits")
        demo.click("#ens-submit")
        demo.until(lambda: "/draw" not in demo.driver.current_url)
        (made,) = project.request("GET").json()["ensembles"]
        built = project.wait(made["id"], "ACTIVE")
        flavor = project.names["flavor"]["m1.small"]
        assert {tier["server"]["flavor"] for tier in built["tiers"]} == {flavor}
        for member in built["members"]:
            server = operator.connection.compute.get_server(member["server_id"])
            assert server.flavor.name == "m1.small"
            assert server.key_name == "sheet-key"
            assert base64.b64decode(server.user_data).decode() == SCRIPT
            index = int(member["name"].rpartition("-")[2])
            assert server.metadata["role"] == "front"
            assert server.metadata["ensemble_domain_rack"] == member["domains"]["rack"]
            assert server.name == f"{member['tier']}-no-{index}"
            assert server.hostname == f"host{index}"
            assert server.has_config_drive
            assert server.disk_config == "MANUAL"
            assert server.description == "Serves pages."
            assert {"front", "shop"} < set(server.tags)
            assert server.trusted_image_certificates == ["certificate-1", "certificate-2"]
            ports = list(operator.connection.network.ports(device_id=server.id))
            assert {port.network_id for port in ports} == {mine["private"], mine["network"]}
            assert mine["ports"][index] in {port.id for port in ports}
            (new,) = [port for port in ports if port.network_id == mine["network"]]
            assert [each["ip_address"] for each in new.fixed_ips] == [f"10.99.0.{21 + index}"]
            (group,) = new.security_group_ids
            assert project.connection.network.get_security_group(group).name == "sheet-group"
        facts = demo.text("[data-live=tiers] .ens-facts")
        for said in ("Serves pages.", "front, shop", "manual", "sheet-net", "role = front"):
            assert said in facts
        demo.leave()  # it would ask for what is gone
        project.delete(made["id"])


def test_a_key_pair_is_made_or_imported_in_place_and_its_private_half_kept_nowhere(
    demo: Dashboard, project: Project, tmp_path: Path
) -> None:
    compute = project.connection.compute
    demo.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    demo.open(DRAW)
    demo.click("#t1-server")
    tab(demo, "access")
    demo.click("#sheet-newKey summary")
    try:
        demo.type("#sheet-newKey-name", "made-here")
        demo.press("#sheet-newKey-name", Keys.ENTER)
        demo.until(lambda: "made-here is made and chosen" in demo.text("#sheet-newKey-told"))
        demo.until(lambda: (tmp_path / "made-here.pem").exists())
        secret = (tmp_path / "made-here.pem").read_text()
        assert "PRIVATE KEY" in secret
        assert demo.is_selected("#sheet-keyName-made-here")
        kept = demo.driver.execute_script(
            "return document.documentElement.outerHTML + JSON.stringify({...sessionStorage})"
            " + JSON.stringify({...localStorage})"
        )
        assert secret.splitlines()[2] not in kept
        public = compute.get_keypair("made-here").public_key

        demo.click("#sheet-newKey-import")
        demo.type("#sheet-newKey-name", "brought")
        demo.type("#sheet-newKey-public", "no key at all")
        demo.click("#sheet-newKey-go")
        demo.until(lambda: demo.all("#sheet-newKey-told .ens-bad"))
        demo.expect_only(400)
        demo.type("#sheet-newKey-public", public)
        demo.click("#sheet-newKey-go")
        demo.until(lambda: "brought is imported and chosen" in demo.text("#sheet-newKey-told"))
        assert compute.get_keypair("brought").public_key == public
        demo.press("body", Keys.ESCAPE)
        assert "brought" in demo.text("#t1-server-summary")
    finally:
        for name in ("made-here", "brought"):
            compute.delete_keypair(name, ignore_missing=True)


def test_what_is_wrong_in_the_sheet_is_said_there_and_on_the_card(demo: Dashboard) -> None:
    demo.open(DRAW)
    demo.click("#t1-server")
    tab(demo, "metadata")
    demo.press("#sheet-metadata input", "a/b")
    said = demo.text("#sheet-metadata-error")
    assert "letters" in said
    assert demo.all("#sheet-tab-metadata .ens-icon-warn") and not demo.all("#sheet-tab-flavor svg")
    demo.click(".ens-sheet-foot button")
    assert demo.text("#t1-server-error") == said
    drawing(demo, "incomplete")
    demo.click("#t1-server")
    tab(demo, "metadata")
    demo.click("#sheet-metadata li:first-child button")
    demo.press("body", Keys.ESCAPE)
    assert not demo.is_shown("#t1-server-error")
    drawing(demo, "fits")


def test_the_sheet_works_by_keyboard(demo: Dashboard) -> None:
    demo.open(DRAW)
    demo.press("#t1-server", Keys.ENTER)
    demo.find("#ens-sheet[open]")
    demo.until(lambda: focused(demo) == "sheet-tab-source")
    demo.driver.switch_to.active_element.send_keys(Keys.END)
    assert focused(demo) == "sheet-tab-advanced"
    demo.driver.switch_to.active_element.send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    assert focused(demo) == "sheet-tab-flavor"
    first = demo.find("#sheet-flavor tbody input:checked")
    first.send_keys(Keys.ARROW_DOWN)
    name = demo.text("#sheet-flavor tr:has(input:checked) label")
    demo.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    demo.until(lambda: not demo.all("#ens-sheet[open]"))
    demo.until(lambda: focused(demo) == "t1-server")
    assert name in demo.text("#t1-flavor option:checked")


def test_the_quota_is_shown_for_the_whole_drawing_and_said_when_it_is_too_small(
    demo: Dashboard, project: Project, operator: Operator
) -> None:
    compute, mine = operator.connection.compute, project.connection.current_project_id
    compute.update_quota_set(mine, instances=3)
    try:
        demo.open(DRAW)
        instances = ".ens-drawing [data-quota=instances]"
        demo.until(lambda: "2 more with this drawing, of 3." in demo.text(instances))
        demo.click("#ens-add-tier")
        demo.until(lambda: "That is 1 too many." in demo.text(instances))
        assert demo.all(f"{instances}.is-over .ens-icon-warn")
        demo.until(lambda: "but not the quota of the project" in demo.text("#ens-verdict"))
        assert "this ensemble needs 4." in demo.text("#ens-verdict")
        assert demo.all("#ens-verdict.ens-verdict-warn")
        demo.click("#t1-server")
        demo.until(lambda: "1 too many" in demo.text("#ens-sheet [data-quota=instances]"))
    finally:
        compute.revert_quota_set(mine)
