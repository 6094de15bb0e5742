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
    if (before && 'snapshot' in before) { made.snapshot = before.snapshot; }
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
      part('on').disabled = Boolean(now && 'snapshot' in now); // there is no other way to boot from one
    };
  }

  /** A root volume of a snapshot {id, size}: at least as large as that; of none yet without one. */
  function ofSnapshot(before, snapshot) {
    const size = Math.max((before && before.size) || 0, (snapshot && snapshot.size) || 0) || null;
    return { ...before, size, snapshot: snapshot ? snapshot.id : '' };
  }

  ensembles.rootVolume = { open, read, ofSnapshot };
}());
