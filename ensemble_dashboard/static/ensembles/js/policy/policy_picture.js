// SPDX-License-Identifier: Apache-2.0
/* Small pictures of what a policy means: three domains as boxes, and members in them. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const SPACE = 'http://www.w3.org/2000/svg';
  // Where 1, 2, 3 and 4 members are in a box of 14 by 14.
  const PLACES = [[[7, 7]], [[4, 7], [10, 7]], [[7, 4], [4, 10], [10, 10]], [[4, 4], [10, 4], [4, 10], [10, 10]]];
  const RADIUS = 2.1;

  /**
   * What the three boxes hold, for a policy in the form of the API: 'a' is a member, 'b' one of another
   * tier, 'o' a server of somebody else; a box that begins with 'x' has failed.
   */
  function boxes(rule) {
    return ensembles.policyKinds.of(rule.type).boxes(rule);
  }

  function shape(tag, name, attributes) {
    const node = document.createElementNS(SPACE, tag);
    if (name) { node.setAttribute('class', name); }
    for (const [key, value] of Object.entries(attributes)) { node.setAttribute(key, String(value)); }
    return node;
  }

  /** The picture; whoever does not see it reads the sentence. */
  function picture(rule) {
    const svg = shape('svg', 'ens-picture', { viewBox: '0 0 50 16', 'aria-hidden': 'true', focusable: 'false' });
    boxes(rule).forEach((held, index) => svg.append(...box(held, 1 + index * 17)));
    return svg;
  }

  function box(held, left) {
    const failed = held.startsWith('x');
    const members = [...held.replace('x', '')];
    const shapes = [shape('rect', failed ? 'is-failed' : '', { x: left, y: 1, width: 14, height: 14, rx: 2.5 })];
    members.forEach((sign, index) => {
      const [x, y] = PLACES[members.length - 1][index];
      shapes.push(sign === 'o'
        ? shape('rect', '', { x: left + x - 2, y: 1 + y - 2, width: 4, height: 4 })
        : shape('circle', sign === 'a' && !failed ? 'is-full' : '', { cx: left + x, cy: 1 + y, r: RADIUS }));
    });
    if (failed) { shapes.push(shape('path', '', { d: 'M' + left + ' 1l14 14m0-14l-14 14' })); }
    return shapes;
  }

  ensembles.policyPicture = { boxes, picture, shape };
}());
