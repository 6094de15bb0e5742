// SPDX-License-Identifier: Apache-2.0
/* Takes the picture along: as a table for the clipboard, and as an SVG or PNG file. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;
  const { el } = ensembles.dom;
  const { pictureFile, planTable } = ensembles;

  const SHARP = 2; // pixels of a PNG for one of the SVG

  // What each button does; of: {plan, legend, failed, root: an element of the page, name, at}, as pictureFile.draw takes it.
  const DOES = {
    copy: async ({ plan }) => {
      await navigator.clipboard.writeText(planTable.text(plan));
      return gettext('Copied.');
    },
    svg: async (of) => save(picture(of).file, named(of, 'svg')),
    png: async (of) => save(await pixels(picture(of)), named(of, 'png')),
  };

  /** Take it along; a promise of what to say of it. */
  function take(what, of) {
    return DOES[what](of);
  }

  function picture(of) {
    const drawn = pictureFile.draw(of);
    return { ...drawn, file: new Blob([drawn.svg], { type: 'image/svg+xml' }) };
  }

  /** The SVG as a PNG. It refers to nothing outside, so that the canvas may be read. */
  async function pixels({ file, width, height }) {
    const address = URL.createObjectURL(file);
    try {
      const image = new Image();
      image.src = address;
      await image.decode();
      const canvas = el('canvas', { width: width * SHARP, height: height * SHARP });
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      return await new Promise((done, fail) => {
        canvas.toBlob((found) => (found ? done(found) : fail(new Error())), 'image/png');
      });
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  function named({ name }, ending) {
    return (name.trim().replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60) || 'ensemble') + '.' + ending;
  }

  function save(file, name) {
    const link = el('a', { href: URL.createObjectURL(file), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return gettext('Saved.');
  }

  ensembles.pictureExport = { take };
}());
