// How the hub's store is, from /healthz: a hub that keeps nothing looks like one that does.

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
}
