# SPDX-License-Identifier: Apache-2.0
"""Requests that are wrong, or that cannot be had, are refused with what is wrong."""

import uuid

from tempest import config
from tempest.lib import decorators

from ensemble_tempest.tests.base import EnsembleTest, anti_affinity

CONF = config.CONF


class BadInputTest(EnsembleTest):
    """Nothing is built here."""

    @decorators.idempotent_id("1e0b3c4d-77c8-4b93-a1d7-2f4e6a8c0b05")
    @decorators.attr(type="negative")
    def test_an_unknown_field_is_named(self) -> None:
        details = self.refusal(
            400, self.ensembles.create, self.body(self.tier("web", 1), polices=[])
        )
        self.assertEqual("ensemble.invalid", details["code"])
        self.assertIn("ensemble", details["field"])

    @decorators.idempotent_id("2f1c4d5e-88d9-4ca4-b2e8-3a5f7b9d1c06")
    @decorators.attr(type="negative")
    def test_a_flavor_and_an_image_that_are_not_there_are_named(self) -> None:
        for field in ("flavor", "image"):
            tier = self.tier("web", 1, **{field: str(uuid.uuid4())})
            details = self.refusal(400, self.ensembles.plan, self.body(tier))
            self.assertEqual(f"ensemble.unknown_{field}", details["code"])
            self.assertIn(field, details["field"])

    @decorators.idempotent_id("3a2d5e6f-99ea-4db5-83f9-4b6a8c0e2d07")
    @decorators.attr(type="negative")
    def test_a_policy_on_a_tier_that_is_not_there_is_refused(self) -> None:
        body = self.body(self.tier("web", 1), policies=[anti_affinity("database")])
        details = self.refusal(400, self.ensembles.create, body)
        self.assertIn("policies", details["field"])

    @decorators.idempotent_id("4b3e6f70-a0fb-4ec6-94a0-5c7b9d1f3e08")
    @decorators.attr(type="negative")
    def test_what_does_not_fit_is_refused_with_reasons(self) -> None:
        most = self.ensembles.capabilities()["limits"]["max_members"]
        count = min(200, most)
        if len(self.of_the_operator.hosts()) >= count:
            raise self.skipException("There is a host for each member that an ensemble may have")
        body = self.body(self.tier("web", count), policies=[anti_affinity("web")])
        # Planned only: a create of so many is refused for the project's quota before that.
        plan = self.ensembles.plan(body)
        self.assertFalse(plan["feasible"])
        self.assertTrue(plan["reasons"])
        self.assertTrue(all(each["message"] for each in plan["reasons"]))
        self.assertEqual([], self.ensembles.list(name=body["name"]))

    @decorators.idempotent_id("5c4f7081-b10c-4fd7-a5b1-6d8ca02a4f09")
    @decorators.attr(type="negative")
    def test_what_is_not_there_is_not_found(self) -> None:
        for key in (str(uuid.uuid4()), "nobody"):
            self.refusal(404, self.ensembles.show, key)
            self.refusal(404, self.ensembles.delete, key)
