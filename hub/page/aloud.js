// What is said to who does not look: that the hub is lost or back, and what newly wants attention.
// Samples are not told of; several words at once are one.

import { $, put } from './element.js';
import { say } from './words.js';

const SOON_MS = 500;
const NAMED_MAX = 3;
const QUIET_MS = 5000;          // what is there when the page opens is read, not told

let waiting = [];
let known = new Set();

/** Says this politely, once, with what else there is to say. */
export function announce(text) {
  if (waiting.length === 0) setTimeout(speak, SOON_MS);
  waiting.push(text);
}

function speak() {
  const words = waiting;
  waiting = [];
  const more = words.length - NAMED_MAX;
  const rest = more > 0 ? [say('and {n} more', { n: more })] : [];
  put($('aloud'), '');
  put($('aloud'), [...words.slice(0, NAMED_MAX), ...rest].join('. '));
}

const isYoung = (time) => Date.now() - time < QUIET_MS;

/**
 * Says what of this was not there before: keys, and the words of each. `since` and `back`: when the
 * hub let us in, first and last, unix ms.
 */
export function announceNew(words, { since, back }) {
  if (isYoung(since)) known = new Set(words.keys());
  // A hub that is back hears its hosts one after the other: who is missing then is away.
  if (isYoung(back)) return;
  for (const [key, text] of words) if (!known.has(key)) announce(text);
  known = new Set(words.keys());
}
