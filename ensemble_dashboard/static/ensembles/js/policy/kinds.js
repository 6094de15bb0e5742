// SPDX-License-Identifier: Apache-2.0
/* The kinds of policies there are: each says in its own file all that the pages know of it. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  // A kind: {type; title: what people call it; own, between: {level, why} it is offered with, for a tier or for two;
  // and what follows here}. A rule is a policy in the form of the API, a policy one in the form of a draft.
  const PLAIN = {
    fields: {}, // of a draft, each with the API's name
    first: {}, // their values in a new policy
    begins: () => ({}), // what a new one has on this page, instead of that; null where there can be none
    hasTarget: false, // whether it names a tier to be near to, beside its own tiers
    boxes: () => ['aa', 'aa', 'aa'], // its picture, see policy_picture.js
    ending: () => 'dot', // of its edge at a tier; see edge_lanes.js
    values: () => ({}), // what its sentence and its chip are filled in with, beside what all have
    choices: () => null, // its fields in the editor, made by `inputs` of policy_editor.js
    faults: () => [], // [[whether it is, field, message]]
    /** Its own fields in the form of the API; tiers: those that it is about. */
    rule(policy) {
      return Object.fromEntries(Object.entries(this.fields).filter(([field]) => policy[field] !== null)
        .map(([field, name]) => [name, policy[field]]));
    },
    /** Its own fields in the form of a draft, as far as the rule has them. */
    drawn(rule) {
      return Object.fromEntries(Object.entries(this.fields).filter(([, name]) => Object.hasOwn(rule, name))
        .map(([field, name]) => [field, rule[name]]));
    },
  };
  const kinds = new Map();

  function add(kind) {
    kinds.set(kind.type, { ...PLAIN, ...kind });
  }

  /** The kind of this type; one that we do not know says little, and loses nothing. */
  function of(type) {
    return kinds.get(type) || {
      ...PLAIN, type, title: type, sentence: () => type + ': %(tiers)s, %(level)s', chip: () => type + ', %(level)s',
    };
  }

  const all = () => [...kinds.values()];

  /** What a new policy has of each kind's fields. */
  const first = () => Object.assign({}, ...all().map((kind) => kind.first));

  /** Each field of each kind, with the API's name. */
  const fields = () => Object.assign({}, ...all().map((kind) => kind.fields));

  ensembles.policyKinds = { add, of, all, first, fields };
}());
