// SPDX-License-Identifier: Apache-2.0
/* What the keys do on the drawing page; _windows.html lists them. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  const CARD = {
    __proto__: null,
    ArrowDown: 'next', ArrowRight: 'next', ArrowUp: 'previous', ArrowLeft: 'previous', Home: 'first', End: 'last',
    Enter: 'enter', Escape: 'leave', Delete: 'remove', Backspace: 'remove', d: 'duplicate', n: 'add',
  };

  /**
   * The name of what a key does, or null for what the browser does with it.
   * place: 'card' (the focus is on a tier's card itself), 'inside' (on something in it), 'text' (in a field that is
   * typed in), or 'page'. typed: whether something was typed in it since it was entered, which is its own to undo.
   */
  function meaning(event, place, typed) {
    if (event.altKey) { return null; }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) { return typed ? null : withControl(key, event.shiftKey); }
    if (place === 'card' && CARD[key]) { return CARD[key]; }
    if (key === 'Escape' && place !== 'page') { return 'out'; }
    return key === '?' && place !== 'text' ? 'help' : null;
  }

  function withControl(key, shift) {
    return { z: shift ? 'redo' : 'undo', y: 'redo' }[key] || null;
  }

  /** Where an event happened, as `meaning` wants it. */
  function where(target) {
    if (target.matches('.ens-card[data-tier]')) { return 'card'; }
    if (target.matches('textarea, select, input:not([type=checkbox], [type=radio], [type=file])')) { return 'text'; }
    return target.closest('.ens-card[data-tier]') ? 'inside' : 'page';
  }

  ensembles.shortcuts = { meaning, where };
}());
