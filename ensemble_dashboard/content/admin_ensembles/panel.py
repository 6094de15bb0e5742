# SPDX-License-Identifier: Apache-2.0
"""The panel of the operators."""

import horizon
from django.utils.translation import gettext_lazy as _

from ensemble_dashboard.rights import rules


class Ensembles(horizon.Panel):
    """Registers Admin > Compute > Ensembles."""

    name = _("Ensembles")
    slug = "ensembles"
    permissions = ("openstack.services.compute",)
    policy_rules = rules("hosts")  # which the page that it opens on needs
