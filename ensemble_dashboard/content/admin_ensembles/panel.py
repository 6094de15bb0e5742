# SPDX-License-Identifier: Apache-2.0
"""The panel of the operators."""

import horizon
from django.utils.translation import gettext_lazy as _


class Ensembles(horizon.Panel):
    """Registers Admin > Compute > Ensembles."""

    name = _("Ensembles")
    slug = "ensembles"
    permissions = ("openstack.services.compute",)
    policy_rules = (("compute", "context_is_admin"),)
