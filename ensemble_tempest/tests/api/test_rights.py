# SPDX-License-Identifier: Apache-2.0
"""Who sees and may do what."""

import json

from tempest.lib import decorators

from ensemble_tempest.tests.base import EnsembleTest


class RightsTest(EnsembleTest):
    """A member, one of another project, and an administrator."""

    @decorators.idempotent_id("6d508192-c21d-40e8-b6c2-7e9db13b5a10")
    def test_an_ensemble_is_not_there_for_another_project(self) -> None:
        made = self.create(self.body(self.tier("web", 1)))
        other = self.of_another_project
        self.refusal(404, other.show, made["id"])
        self.refusal(404, other.operations, made["id"])
        self.refusal(404, other.delete, made["id"])
        self.refusal(404, other.act, made["id"], {"cancel": None})
        self.refusal(404, other.change, made["id"], {"generation": 1, "description": "mine"})
        self.assertEqual([], other.list(name=made["name"]))
        self.assertNotEqual("DELETING", self.ensembles.show(made["id"])["status"])

    @decorators.idempotent_id("7e6192a3-d32e-41f9-87d3-8fa0c24c6b11")
    def test_lists_of_all_projects_and_hosts_are_for_administrators(self) -> None:
        made = self.create(self.body(self.tier("web", 1)))
        self.refusal(403, self.ensembles.list, all_projects=1)
        self.refusal(403, self.ensembles.hosts)
        listed = self.of_the_operator.list(all_projects=1, name=made["name"])
        self.assertEqual([made["id"]], [each["id"] for each in listed])
        self.assertTrue(self.of_the_operator.hosts())

    @decorators.idempotent_id("8f72a3b4-e43f-420a-98e4-90b1d35d7c12")
    def test_a_tenant_reads_no_name_of_a_host(self) -> None:
        built = self.build(self.body(self.tier("web", 1)))
        names = [each["host"] for each in self.of_the_operator.hosts()]
        for said in (
            self.ensembles.show(built["id"]),
            self.ensembles.operations(built["id"]),
            self.ensembles.survivability(built["id"]),
        ):
            words = json.dumps(said)
            self.assertEqual([], [name for name in names if f'"{name}"' in words])
