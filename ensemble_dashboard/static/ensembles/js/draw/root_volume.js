// SPDX-License-Identifier: Apache-2.0
/* The fields of the side sheet for root volumes that are made for the members. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  const part = (name) => document.getElementById('sheet-rootVolume-' + name);

  /** What the fields say, as the API's root_volume; null where no volume is to be made. before: what it was. */
  function read(on, { size, type, deletes }, before) {
    if (!on) { return null; }
    const made = { size: /^\d{1,7}$/.test(size) ? Number(size) : null };
    if (before && before.snapshot) { made.snapshot = before.snapshot; }
    if (type.trim()) { made.type = type.trim(); }
    if (deletes) { made.delete_on_termination = true; }
    return made;
  }

  /**
   * Bring the fields to life; change(root_volume) is called with what they say. Gives what shows a root_volume in them,
   * null when there is none, and hides them for undefined: where members boot from volumes that exist.
   */
  function open(change) {
    const box = document.getElementById('sheet-rootVolume');
    if (!box) { return () => {}; } // the cloud has no volume service
    let now = null;

    function update() {
      const fields = { size: part('size').value, type: part('type').value, deletes: part('deletes').checked };
      now = read(part('on').checked, fields, now);
      part('fields').hidden = !now;
      change(now);
    }

    box.addEventListener('input', update);
    return (root) => {
      box.hidden = root === undefined;
      now = root || null;
      part('on').checked = Boolean(now);
      part('fields').hidden = !now;
      part('size').value = now ? now.size || '' : '';
      part('type').value = (now && now.type) || '';
      part('deletes').checked = Boolean(now && now.delete_on_termination);
      part('on').disabled = Boolean(now && now.snapshot);
    };
  }

  ensembles.rootVolume = { open, read };
}());
