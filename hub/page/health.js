// How the hub is, from /healthz: one that keeps nothing looks like one that does, one whose tokens
// anyone can read like one that is safe, and one that refuses new hosts like one without any.

import { $, put } from './element.js';
import { credentials } from './live.js';
import { say } from './words.js';

const EVERY_MS = 30_000;
/** For who has shown no token the hub says nothing; that this page came in clear it can see. */
const IN_CLEAR = say('a token can be read on the way here: this page came without TLS');

export function watchHealth() {
  check();
  setInterval(check, EVERY_MS);
  $('login').addEventListener('submit', () => setTimeout(check));
}

/** The hub that does not answer at all is told of elsewhere. */
async function check() {
  const asked = fetch('healthz', { headers: credentials() });
  const text = await asked.then((answer) => (answer.ok ? answer.text() : '{}')).catch(() => '{}');
  const health = read(text);
  tell('store', health.store !== 'ok' && health.store,
    (why) => say('The hub keeps no history at the moment: {why}', { why }));
  // Who came by a proxy's TLS has nothing to fear.
  tell('way', location.protocol === 'http:' && health.way,
    (why) => say('The hub is not safe: {why}.', { why }));
  tell('newcomers', health.newcomers,
    (why) => say('The hub takes no more for now: {why}.', { why }));
}

function read(text) {
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
  if (text === '') return isHere ? {} : { way: IN_CLEAR };
  try { return JSON.parse(text); } catch { return {}; }
}

function tell(id, words, sentence) {
  $(id).hidden = !words;
  if (words) put($(id), sentence(words));
}
