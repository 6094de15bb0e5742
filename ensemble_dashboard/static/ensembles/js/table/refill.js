// SPDX-License-Identifier: Apache-2.0
/* Loads the page of the table again when its last row is gone: what follows is not on the page yet. */
(function () {
  'use strict';
  const ROW = 'tr[data-object-id]';

  /** table: with rows that Horizon takes away; again(): load the page again, once. */
  function watch(table, again) {
    if (!table.querySelector(ROW)) { return; }
    const watcher = new globalThis.MutationObserver(() => {
      if (table.querySelector(ROW)) { return; }
      watcher.disconnect();
      again();
    });
    watcher.observe(table, { childList: true, subtree: true });
  }

  if (typeof module === 'object') {
    module.exports = { watch };
  } else {
    document.addEventListener('DOMContentLoaded', () => {
      const table = document.querySelector('.ens-table');
      if (table) { watch(table, () => globalThis.location.reload()); }
    });
  }
}());
