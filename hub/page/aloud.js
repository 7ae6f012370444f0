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

/** Says what of this was not there before: keys, and the words of each. */
export function announceNew(words) {
  const isOpening = performance.now() < QUIET_MS;
  for (const [key, text] of words) if (!known.has(key) && !isOpening) announce(text);
  known = new Set(words.keys());
}
