// SPDX-License-Identifier: Apache-2.0
/* Numbers, times and the order of names, in the language and the time zone of the person's settings. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {}; // the first script of all

  // The largest unit first, in seconds.
  const UNITS = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

  /** What the page says of the settings; the browser's own where it says nothing that Intl knows. */
  function settings() {
    const said = (document.querySelector('.ens[data-language]') || { dataset: {} }).dataset;
    return {
      language: known(said.language, (value) => Intl.getCanonicalLocales(value)[0]),
      timeZone: known(said.timeZone, (timeZone) => new Intl.DateTimeFormat([], { timeZone }).resolvedOptions().timeZone),
    };
  }

  function known(value, read) {
    try {
      return value ? read(value) : undefined;
    } catch {
      return undefined;
    }
  }

  /** "1.000" or "1,000". */
  function number(value) {
    return new Intl.NumberFormat(settings().language).format(value);
  }

  /** Date and time; at: what Date takes. */
  function exact(at) {
    const { language, timeZone } = settings();
    return new Date(at).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium', timeZone });
  }

  /** The time of the day alone. */
  function clock(at) {
    const { language, timeZone } = settings();
    return new Date(at).toLocaleTimeString(language, { timeZone });
  }

  /** "12 seconds ago", "yesterday"; ms: how long ago. */
  function ago(ms) {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const [unit, size] = UNITS.find((each) => seconds >= each[1]) || UNITS[3];
    return new Intl.RelativeTimeFormat(settings().language, { numeric: 'auto' }).format(-Math.floor(seconds / size), unit);
  }

  /** What sorts names: "web-2" before "web-10". */
  function collator() {
    return new Intl.Collator(settings().language, { numeric: true });
  }

  ensembles.formats = { number, exact, clock, ago, collator };
}());
