# SPDX-License-Identifier: Apache-2.0
"""A service of three tiers is built apart on real hosts, scaled, and left alone by what fails."""

from typing import Any

from tempest import config
from tempest.lib import decorators

from ensemble_tempest.tests.base import EnsembleTest, anti_affinity

CONF = config.CONF


class ThreeTiersTest(EnsembleTest):
    """Where servers are is read from Nova, as an administrator."""

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where there are too few hosts."""
        super().skip_checks()
        if CONF.ensemble.hosts < 3:
            raise cls.skipException("[ensemble] hosts is below 3")

    def hosts_of(self, ensemble: Any, tier: str) -> list[str]:
        """Give the host of each member of a tier."""
        client = self.os_admin.servers_client
        return [
            client.show_server(each["server_id"])["server"]["OS-EXT-SRV-ATTR:host"]
            for each in ensemble["members"]
            if each["tier"] == tier
        ]

    def assert_apart(self, ensemble: Any, **counts: int) -> None:
        """Check that no two members of these tiers share a host."""
        for tier, count in counts.items():
            hosts = self.hosts_of(ensemble, tier)
            self.assertEqual((count, count), (len(hosts), len(set(hosts))), tier)

    @decorators.idempotent_id("9a83b4c5-f540-431b-a9f5-a1c2e46e8d13")
    @decorators.attr(type="slow")
    def test_three_tiers_are_built_apart_scaled_and_kept(self) -> None:
        tiers = [self.tier("web", 2), self.tier("cache", 2), self.tier("database", 3)]
        apart = [anti_affinity(each["name"]) for each in tiers]
        built = self.build(self.body(*tiers, policies=apart))
        self.assert_apart(built, web=2, cache=2, database=3)
        survives = {each["level"]: each["state"] for each in built["survives"]}
        self.assertNotEqual("down", survives["host"])

        wanted = [{"name": "web", "count": 3}, *({"name": n, "count": c} for n, c in KEPT)]
        before = {each["name"]: each["server_id"] for each in built["members"]}
        change = {"generation": built["generation"], "tiers": wanted}
        told = self.ensembles.change(built["id"], change, dry_run=True)["change"]
        self.assertEqual((["web-2"], []), (told["added"], told["removed"]))
        self.ensembles.change(built["id"], change)
        grown = self.ensembles.wait_settled(built["id"])
        self.assertEqual(("ACTIVE", 2), (grown["status"], grown["generation"]))
        self.assert_apart(grown, web=3, cache=2, database=3)
        after = {each["name"]: each["server_id"] for each in grown["members"]}
        self.assertEqual(before, {name: after[name] for name in before})

        # What cannot be had is refused, and nothing is touched.
        count = min(200, len(self.of_the_operator.hosts()) + 1)
        wanted[0] = {"name": "web", "count": count}
        change = {"generation": grown["generation"], "tiers": wanted}
        details = self.refusal(409, self.ensembles.change, built["id"], change)
        self.assertEqual("ensemble.infeasible", details["code"])
        self.refusal(412, self.ensembles.change, built["id"], {**change, "generation": 1})
        left = self.ensembles.show(built["id"])
        self.assertEqual(after, {each["name"]: each["server_id"] for each in left["members"]})
        self.assertEqual(("ACTIVE", 2), (left["status"], left["generation"]))

        drill = self.ensembles.act(built["id"], {"drill": {"level": "host"}}, expected=200)
        self.assertTrue(all(each["lost"] for each in drill["drill"]["failures"]))


KEPT = (("cache", 2), ("database", 3))
