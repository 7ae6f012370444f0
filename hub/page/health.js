// How the hub is, from /healthz: one that keeps nothing looks like one that does, and one whose
// tokens anyone can read like one that is safe.

import { $, put } from './element.js';

const EVERY_MS = 30_000;

export function watchHealth() {
  check();
  setInterval(check, EVERY_MS);
}

/** The hub that does not answer at all is told of elsewhere. */
async function check() {
  const health = await fetch('healthz').then((answer) => answer.json()).catch(() => ({}));
  const failing = health.store !== undefined && health.store !== 'ok';
  $('store').hidden = !failing;
  if (failing) put($('store'), `The hub keeps no history at the moment: ${health.store}`);
  // Who came by a proxy's TLS has nothing to fear.
  const clear = health.way !== undefined && location.protocol === 'http:';
  $('way').hidden = !clear;
  if (clear) put($('way'), `The hub is not safe: ${health.way}.`);
}
