# SPDX-License-Identifier: Apache-2.0
# Project > Compute > Ensembles, below Server Groups.
PANEL = "ensembles"
PANEL_DASHBOARD = "project"
PANEL_GROUP = "compute"
ADD_PANEL = "ensemble_dashboard.content.ensembles.panel.Ensembles"
ADD_INSTALLED_APPS = ["ensemble_dashboard"]
# Only the theme's colours go on every page; our own script and style are loaded by our pages.
ADD_SCSS_FILES = ["ensembles/theme.scss"]
