# SPDX-License-Identifier: Apache-2.0
"""How ``make docs`` builds the pages: they are Markdown that reads well without it, too.

What there is already as code is not written again: options, policies, commands, the API and the
release notes come from the entry points, the OpenAPI document and ``releasenotes/notes``.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tools"))

project = "Ensembles for OpenStack"
copyright = "OpenStack Ensembles developers"  # noqa: A001
root_doc = "README"
extensions = [
    "myst_parser",
    "openstackdocstheme",
    "os_api_ref",
    "oslo_config.sphinxext",
    "oslo_policy.sphinxext",
    "cliff.sphinxext",
    "reno.sphinxext",
    "sphinx_pages",
]
exclude_patterns = ["packages"]

# Links to headings, as GitHub makes them of their words.
myst_heading_anchors = 4
myst_enable_extensions = ["smartquotes"]
# oslo.config's and cliff's domains take no names that Markdown may have.
myst_ref_domains = ["std"]

autoprogram_cliff_application = "openstack"

html_theme = "openstackdocs"
html_copy_source = False
html_theme_options = {"show_other_versions": False, "sidebar_mode": "toctree"}
openstackdocs_repo_name = "openstack/ensembles"
openstackdocs_auto_name = False
openstackdocs_auto_version = False
openstackdocs_pdf_link = False
