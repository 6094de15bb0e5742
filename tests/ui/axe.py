# SPDX-License-Identifier: Apache-2.0
"""What axe-core finds wrong with our part of a page for people with disabilities."""

from collections.abc import Sequence
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
# The rules of colours and sizes, which another theme may break where the default one does not.
OF_A_THEME = ("color-contrast", "link-in-text-block", "target-size")
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """
const [context, runOnly, done] = arguments;
// A menu covers what is below it until it is closed: that is no small target.
const open = '.ens [aria-expanded=true]:not(summary), [popover]:popover-open';
const covered = document.querySelector(open);
if (covered && runOnly.type === 'rule') {  // then what is said of single rules does not count
  runOnly.values = runOnly.values.filter((rule) => rule !== 'target-size');
}
axe.run(context, {
  rules: { 'target-size': { enabled: !covered } },
  runOnly,
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


def violations(page: Dashboard, rules: Sequence[str] | None = None) -> list[str]:
    """Give what is wrong now, a line for each element: by these rules, or by all."""
    values, kind = (_TAGS, "tag") if rules is None else (rules, "rule")
    if not page.driver.execute_script("return typeof axe === 'object'"):
        page.driver.execute_script(_source())
    page.driver.set_script_timeout(60)
    found = page.driver.execute_async_script(_RUN, CONTEXT, {"type": kind, "values": list(values)})
    return [
        f"{broken['id']}: {broken['help']}: {node['target']}: {node['html']}: {node['why']}"
        for broken in found
        for node in broken["nodes"] or [{"target": "", "html": "", "why": ""}]
    ]
