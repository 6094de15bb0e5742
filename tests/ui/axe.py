# SPDX-License-Identifier: Apache-2.0
"""What axe-core finds wrong with our part of a page for people with disabilities."""

from functools import cache
from pathlib import Path
from typing import Any

from tests.ui.browser import Dashboard

SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

# Only what is ours: `.ens` is the root of our pages. Around it is Horizon, and in it what Horizon's
# own templates draw of its data tables: headings, check boxes and the menus of the rows' actions.
CONTEXT: dict[str, Any] = {
    "include": [[".ens"]],
    "exclude": [
        [".ens .table_header"],
        [".ens .table_actions"],
        [".ens .multi_select_column"],
        [".ens .actions_column"],
    ],
}
_RUN = """
const done = arguments[arguments.length - 1];
// A menu covers what is below it until it is closed: that is no small target.
const open = '.ens [aria-expanded=true]:not(summary), [popover]:popover-open';
const covered = document.querySelector(open);
axe.run(arguments[0], {
  rules: { 'target-size': { enabled: !covered } },
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
}).then((found) => done(found.violations.map((broken) => ({
  id: broken.id, help: broken.help,
  nodes: broken.nodes.map((node) => ({
    html: node.html.slice(0, 200), target: node.target.join(' '), why: node.failureSummary,
  })),
}))), (error) => done([{ id: 'axe', help: String(error), nodes: [] }]));
"""


@cache
def _source() -> str:
    assert SOURCE.exists(), "axe-core is not installed: npm ci (tools/test does it)"
    return SOURCE.read_text()


def violations(page: Dashboard) -> list[str]:
    """Give what is wrong now, a line for each element."""
    if not page.driver.execute_script("return typeof axe === 'object'"):
        page.driver.execute_script(_source())
    page.driver.set_script_timeout(60)
    found = page.driver.execute_async_script(_RUN, CONTEXT)
    return [
        f"{broken['id']}: {broken['help']}: {node['target']}: {node['html']}: {node['why']}"
        for broken in found
        for node in broken["nodes"] or [{"target": "", "html": "", "why": ""}]
    ]
