// SPDX-License-Identifier: Apache-2.0
/* Sentences in which some of the words are elements. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /** A sentence with "%(name)s" in it as texts and nodes, numbers as the language writes them. */
  function filled(sentence, values) {
    return sentence.split(/(%\(\w+\)s)/).map((part) => {
      const name = /^%\((\w+)\)s$/.exec(part)?.[1];
      if (!name || !Object.hasOwn(values, name)) { return part; }
      return typeof values[name] === 'number' ? ensembles.formats.number(values[name]) : values[name];
    });
  }

  ensembles.sentence = { filled };
}());
