// What this page looks at, told to the hub: it sends rows of the hosts in the list, which have a
// list's few figures, and of the host on show everything. In the background it asks for neither.

import { link } from './live.js';

const QUIET_MS = 10_000;        // who looks away for less misses nothing

const wanted = { hosts: null, detail: null, hidden: false };
let said = '';
let quiet = 0;

/**
 * Looks at these hosts (a list of ids; null for all), and at all that the one with the id `detail`
 * says (null for none). What is not given stays as it is.
 */
export function watch(change) {
  Object.assign(wanted, change);
  say();
}

/** Says it anew, to a hub that knows nothing of this page. */
export function watchAgain() {
  said = '';
  say();
}

/** Whether the hub sends all that this host says. */
export const isWhole = (id) => id === wanted.detail;

function say() {
  const ids = wanted.hosts ?? ['*'];
  const list = Object.fromEntries(ids.map((id) => [id, 'list']));
  const whole = wanted.detail === null ? {} : { [wanted.detail]: 'all' };
  const hosts = wanted.hidden ? {} : { ...list, ...whole };
  const text = JSON.stringify({ type: 'watch', data: { hosts } });
  if (!link.live || text === said) return;
  said = text;
  link.socket.send(text);
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(quiet);
  if (document.hidden) quiet = setTimeout(() => watch({ hidden: true }), QUIET_MS);
  else watch({ hidden: false });
});
