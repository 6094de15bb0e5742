// SPDX-License-Identifier: Apache-2.0
/* The limits of requests, as the API told the page in its data, and how long a request is. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  let told = null;

  /** The limit of this name, such as "max_tiers". */
  function limit(name) {
    told = told || ensembles.dom.pageData().limits;
    return told[name];
  }

  /** The bytes of a value as the dashboard sends it on: JSON in ASCII, a blank after each comma and colon. */
  function bytes(value) {
    if (Array.isArray(value)) { return list(value.map(bytes)); }
    if (value && typeof value === 'object') {
      return list(Object.entries(value).map(([key, inner]) => bytes(key) + 2 + bytes(inner)));
    }
    return JSON.stringify(value).replace(/[\u007f-\uffff]/g, '\\u0000').length;
  }

  function list(sizes) {
    return sizes.reduce((sum, size) => sum + size, 2 + 2 * Math.max(0, sizes.length - 1));
  }

  ensembles.limits = { limit, bytes };
}());
