// Which alerts are open, as the hub lists them; and what a viewer decides about them.

import { credentials } from './live.js';

const SOON_MS = 300;            // several alerts at once are one question
const EVERY_MS = 60_000;        // a silence ends without a word

/** `change`: whether this viewer may: `allowed`, `token` (one is needed), `never`. */
export const alerts = { open: [], change: 'never', changed: () => {} };

let timer = 0;

/** Asks for the list, soon. */
export function askAlerts(wait = SOON_MS) {
  clearTimeout(timer);
  timer = setTimeout(ask, wait);
}

async function ask() {
  timer = setTimeout(ask, EVERY_MS);
  const answer = await call('api/alerts');
  if (!answer?.ok) return;
  const { alerts: open, change } = await answer.json();
  Object.assign(alerts, { open, change });
  alerts.changed();
}

/** The answer of the hub; nothing where there is none. */
export function call(path, method = 'GET', body = undefined) {
  const headers = { ...credentials(), ...body && { 'content-type': 'application/json' } };
  return fetch(path, { method, headers, body: body && JSON.stringify(body) }).catch(() => null);
}

async function decide(path, method, body) {
  const answer = await call(path, method, body);
  askAlerts(0);
  return answer?.status ?? 0;
}

/** Says whether somebody knows of an alert; the hub's answer. */
export function acknowledge({ host, alert_id: id }, known) {
  const path = `api/alerts/${encodeURIComponent(host)}/${encodeURIComponent(id)}/acknowledge`;
  return decide(path, known ? 'POST' : 'DELETE', known ? { by: 'page' } : undefined);
}

/** Ends a silence; the hub's answer. */
export function endSilence(id) {
  return decide(`api/silences/${id}`, 'DELETE');
}

/** Silences what is covered by hosts, groups and rules for so many seconds. */
export function silence(scope, seconds) {
  return decide('api/silences', 'POST', { ...scope, seconds, by: 'page' });
}
