// SPDX-License-Identifier: Apache-2.0
/* What stands for each tier on a page: a colour, and a sign in its badge. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const COLOURS = 10;

  /**
   * Give each tier a sign of its own and a colour. tiers: [{name, count}]. The sign is the first letter of the name
   * where these differ from tier to tier; else each tier has its number.
   */
  function legend(tiers) {
    const initials = tiers.map(({ name }) => [...name.toUpperCase()].find((sign) => /\p{L}/u.test(sign)));
    const telling = initials.every(Boolean) && new Set(initials).size === tiers.length;
    return tiers.map(({ name, count }, index) => {
      return { name, count, letter: telling ? initials[index] : String(index + 1), colour: index % COLOURS };
    });
  }

  ensembles.tierLegend = { legend, COLOURS };
}());
