// SPDX-License-Identifier: Apache-2.0
'use strict';
/* The ensemble's page, put up with data of a test, and a server that answers as the test says. */
const fs = require('node:fs');
const path = require('node:path');
const { ensembles, document, FOLDER } = require('./scripts.js');
const { NOW } = require('./details_samples.js');

const TEMPLATE = fs.readFileSync(
  path.join(FOLDER, '..', '..', '..', 'templates', 'ensembles', 'detail.html'), 'utf8');
// jsdom shows its document to nobody, if it is not told otherwise.
Object.defineProperty(document, 'hidden', { configurable: true, value: false });

const went = []; // where the page has gone
const asked = []; // what it asked for, and apart from that what was done with the ensemble
const askedOperations = [];
const beats = []; // the questions to come, with their pauses

const listeners = []; // what the page put up last hears of its document
const listen = document.addEventListener.bind(document);
document.addEventListener = (type, act) => { listeners.push([type, act]); listen(type, act); };

/** Put up the page as the template has it, with its data and more, and run its script. answers: by address. */
function open(shown, answers, more) {
  const { el } = ensembles.dom;
  const lives = [...TEMPLATE.matchAll(/<(\w+)[^>]* data-live="([\w-]+)"/g)].map(([, tag, name]) =>
    el(tag, { 'data-live': name, tabindex: -1 }));
  const buttons = [...TEMPLATE.matchAll(/data-act="(\w+)" data-while="([\w ]+)"([^>]*)/g)].map(([, act, status, rest]) =>
    el('button', { 'data-act': act, 'data-while': status, 'data-lost': rest.includes('data-lost') }));
  const page = el('div', { id: 'ens-details', class: 'ens' }, el('input', { name: 'csrfmiddlewaretoken', value: 't' }),
    el('div', { 'data-when': 'stays' }), buttons, lives);
  const data = {
    ensemble: shown, now: NOW, settled: ['ACTIVE', 'DEGRADED', 'ERROR'], names: { 'f-tiny': 'm1.tiny' }, indexUrl: '/',
    stateUrl: '/state/', survivabilityUrl: '/now/', operationsUrl: '/operations/',
    cancelUrl: '/cancel/', repairUrl: '/repair/', deleteUrl: '/delete/', goneUrl: '/gone/', releaseUrl: '/release/',
    releasedUrl: '/released/',
    session: {
      project: { id: 'p1', name: 'shop' }, csrfCookie: 'csrftoken', loginUrl: '/login/', switchUrl: '/switch/00000000/',
    },
    documentUrl: '/document/', instanceUrl: '/project/instances/00000000/', ...more,
  };
  document.body.replaceChildren(page,
    el('script', { id: 'ens-data', type: 'application/json' }, JSON.stringify(data)));
  // A page that was left hears nothing more.
  for (const [type, act] of listeners.splice(0)) { document.removeEventListener(type, act); }
  asked.length = 0;
  askedOperations.length = 0;
  beats.length = 0;
  globalThis.fetch = async (url, options) => {
    (url.startsWith('/operations/') ? askedOperations : asked).push([(options && options.method) || 'GET', url]);
    const answer = answers[url];
    if (!answer) { throw new TypeError('no network'); }
    const [status, body] = Array.isArray(answer) ? answer : [200, answer];
    return { ok: status < 400, status, json: async () => body };
  };
  // Questions alone have long pauses; what the picture waits for is over at once.
  globalThis.setTimeout = (act, ms) => { if (ms >= 1000) { beats.push({ act, ms }); } return 1; };
  globalThis.clearTimeout = () => { beats.length = 0; };
  globalThis.setInterval = () => 0;
  globalThis.location = { assign: (url) => went.push(url), pathname: '/here/', search: '' };
  const script = path.join(FOLDER, 'details', 'details.js');
  delete require.cache[script];
  require(script);
  return (name) => page.querySelector('[data-live=' + name + ']');
}

// jsdom has no dialogs.
document.defaultView.HTMLDialogElement.prototype.showModal = function () { this.open = true; };
document.defaultView.HTMLDialogElement.prototype.close = function () {
  this.open = false;
  this.dispatchEvent(new document.defaultView.Event('close'));
};

// The page's clock stands still: how busy the machine is does not count.
Date.now = () => Date.parse(NOW);

/** Let what was asked be answered. */
const settle = () => new Promise((done) => { setImmediate(() => setImmediate(() => setImmediate(done))); });

/** The next question, as after its pause; gives that pause. */
async function beat() {
  const { act, ms } = beats.pop();
  act();
  await settle();
  return ms;
}

module.exports = { open, settle, beat, went, asked, askedOperations, beats };
