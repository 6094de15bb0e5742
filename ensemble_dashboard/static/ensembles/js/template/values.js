// SPDX-License-Identifier: Apache-2.0
/* Values of a description that refer to parameters: where they stand, and what stands there in a drawing. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  // BOUND: {place: expression} of a tier, of a policy, or of the whole; a place is the path to a value as JSON, such as
  // '["server","flavor"]'. An expression is as the API has it: {get_param: name} or {str_replace: ...}.

  const isExpression = (value) => Boolean(value) && typeof value === 'object' && !Array.isArray(value)
    && Object.keys(value).length === 1 && ('get_param' in value || 'str_replace' in value);

  /** The parameter that an expression is as a whole; undefined for another one. */
  const parameterOf = (expression) => expression?.get_param;

  /** Take what refers to parameters out of a value: {plain, bound}; sample(expression) gives what stands in for it. */
  function taken(value, sample, path = []) {
    if (isExpression(value)) { return { plain: sample(value), bound: { [JSON.stringify(path)]: value } }; }
    if (!value || typeof value !== 'object') { return { plain: value, bound: {} }; }
    const bound = {};
    const inner = (step, one) => {
      const found = taken(one, sample, [...path, step]);
      Object.assign(bound, found.bound);
      return found.plain;
    };
    const plain = Array.isArray(value) ? value.map((one, place) => inner(place, one))
      : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(key, one)]));
    return { plain, bound };
  }

  /** A value with expressions, or what else give(expression) gives, in their places; what has no place is left out. */
  function put(value, bound, give = (expression) => expression) {
    return Object.entries(bound || {}).reduce((whole, [place, expression]) =>
      replaced(whole, JSON.parse(place), give(expression, at(whole, JSON.parse(place)))), value);
  }

  function replaced(value, [step, ...rest], wanted) {
    if (step === undefined) { return wanted; }
    if (!value || typeof value !== 'object' || (rest.length && !Object.hasOwn(value, step))) { return value; }
    const inner = replaced(value[step], rest, wanted);
    return Array.isArray(value) ? (step < value.length ? value.map((one, place) => (place === step ? inner : one)) : value)
      : { ...value, [step]: inner };
  }

  function at(value, path) {
    return path.reduce((found, step) => (found && typeof found === 'object' ? found[step] : undefined), value);
  }

  /** The names of all parameters that anything refers to. */
  function names(value) {
    if (!value || typeof value !== 'object') { return []; }
    if (isExpression(value) && 'get_param' in value) { return [value.get_param]; }
    return Object.values(value).flatMap(names);
  }

  /** The same with a parameter called something else. */
  function renamed(value, from, to) {
    if (!value || typeof value !== 'object') { return value; }
    if (isExpression(value) && value.get_param === from) { return { get_param: to }; }
    return Array.isArray(value) ? value.map((one) => renamed(one, from, to))
      : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renamed(one, from, to)]));
  }

  /** All plain values in a value that may be parameters: [[path, value]]. */
  function leaves(value, path = []) {
    if (value && typeof value === 'object') {
      return Object.entries(value).flatMap(([step, one]) =>
        leaves(one, [...path, Array.isArray(value) ? Number(step) : step]));
    }
    return value === null || value === undefined ? [] : [[path, value]];
  }

  ensembles.values = { isExpression, parameterOf, taken, put, at, names, renamed, leaves };
}());
