// A page that was opened by a link: trades the link for a cookie, and takes it out of the address.

import { call } from './alerts.js';
import { visitor } from './sign-in.js';
import { say } from './words.js';

/** Comes in by the link of the address, where it has one; before anything else is asked. */
export async function comeByLink() {
  const secret = new URLSearchParams(location.hash.slice(1)).get('link');
  if (!secret) return;
  history.replaceState(history.state, '', `${location.pathname}${location.search}`);
  const answer = await call('api/session');
  // Who is signed in stays who he is.
  if (answer?.ok && (await answer.json()).user) return;
  const come = await call('api/session', 'POST', { link: secret });
  if (come && !come.ok) visitor.wrong = say('This link has expired, was removed, or never was one.');
}
