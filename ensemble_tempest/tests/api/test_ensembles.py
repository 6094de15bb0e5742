# SPDX-License-Identifier: Apache-2.0
"""An ensemble is planned, created, shown, listed, cancelled and deleted."""

from tempest.lib import decorators, exceptions

from ensemble_tempest.tests.base import EnsembleTest, anti_affinity


class EnsemblesTest(EnsembleTest):
    """One ensemble of two servers at most."""

    @decorators.idempotent_id("5f6c0a52-58a5-4f0b-9f5d-3b9d5c1a7e01")
    def test_the_cloud_tells_what_its_ensembles_can_do(self) -> None:
        found = self.ensembles.capabilities()
        self.assertEqual("host", found["levels"][0]["name"])
        self.assertGreater(found["limits"]["max_members"], 0)

    @decorators.idempotent_id("0c2b9a7e-6a62-4f3c-8d26-5f2f4e0b9c02")
    def test_a_plan_has_a_place_for_each_member_and_builds_nothing(self) -> None:
        body = self.body(self.tier("web", 2), policies=[anti_affinity("web")])
        plan = self.ensembles.plan(body)
        self.assertTrue(plan["feasible"], plan["reasons"])
        hosts = [each["domains"]["host"] for each in plan["assignments"]]
        self.assertEqual(2, len(set(hosts)))
        self.assertEqual([], self.ensembles.list(name=body["name"]))

    @decorators.idempotent_id("a8d1f0c3-1f8e-4e57-9c39-6a7b8f2d1e03")
    @decorators.attr(type="smoke")
    def test_what_was_planned_is_created_shown_listed_and_deleted(self) -> None:
        body = self.body(self.tier("web", 2), policies=[anti_affinity("web")])
        plan = self.ensembles.plan(body)
        made = self.create(body, plan=plan["id"])
        self.assertEqual((body["name"], "BUILDING"), (made["name"], made["status"]))
        self.assertEqual("create", made["operation"]["type"])
        built = self.ensembles.wait_settled(made["id"])
        self.assertEqual("ACTIVE", built["status"], built["fault"])
        self.assertEqual(["web-0", "web-1"], [each["name"] for each in built["members"]])
        self.assertTrue(all(each["server_id"] for each in built["members"]))
        listed = self.ensembles.list(name=body["name"])
        self.assertEqual([made["id"]], [each["id"] for each in listed])
        done = self.ensembles.operations(made["id"])
        self.assertEqual(
            [("create", "SUCCEEDED")], [(each["type"], each["status"]) for each in done]
        )
        self.ensembles.delete(made["id"])
        self.ensembles.wait_gone(made["id"])
        self.assertEqual([], self.ensembles.list(name=body["name"]))
        for each in built["members"]:
            self.assertRaises(
                exceptions.NotFound, self.os_primary.servers_client.show_server, each["server_id"]
            )

    @decorators.idempotent_id("d4b7c6e9-2a3f-4b1d-8e70-9c5a4f3b2d04")
    def test_a_cancelled_build_leaves_nothing(self) -> None:
        made = self.create(self.body(self.tier("web", 1)))
        try:
            self.ensembles.act(made["id"], {"cancel": None})
        except exceptions.Conflict:
            # The build was quicker, and then it stands.
            self.assertEqual("ACTIVE", self.ensembles.show(made["id"])["status"])
        else:
            self.ensembles.wait_gone(made["id"])
