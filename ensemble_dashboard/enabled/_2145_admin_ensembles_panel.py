# SPDX-License-Identifier: Apache-2.0
# Admin > Compute > Ensembles, below Instances.
PANEL = "ensembles"
PANEL_DASHBOARD = "admin"
PANEL_GROUP = "compute"
ADD_PANEL = "ensemble_dashboard.content.admin_ensembles.panel.Ensembles"
# The application itself is installed by the project panel: Horizon refuses to see it twice.
