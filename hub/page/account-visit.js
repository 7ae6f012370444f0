// A page that was opened by a link, or that somebody comes back to who was not let in elsewhere:
// trades the link for a cookie, and takes what is nobody else's out of the address.

import { call } from './alerts.js';
import { askToSignIn, visitor } from './sign-in.js';
import { say } from './words.js';

const REFUSED = {
  not_allowed: () => say('You may not sign in here.'),
  failed: () => say('The sign-in failed; the hub\'s log says why.'),
  too_many: () => say('Too many passwords were tried from here. Wait a minute.'),
};

/** Comes in by the link of the address, where it has one; before anything else is asked. */
export async function comeByLink() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const [secret, refused] = [parts.get('link'), parts.get('refused')];
  if (!secret && !refused) return;
  history.replaceState(history.state, '', `${location.pathname}${location.search}`);
  if (Object.hasOwn(REFUSED, refused ?? '')) {
    askToSignIn(undefined, REFUSED[refused]());
    visitor.wrong = REFUSED[refused]();
  }
  if (!secret) return;
  const answer = await call('api/session');
  // Who is signed in stays who he is.
  if (answer?.ok && (await answer.json()).user) return;
  const come = await call('api/session', 'POST', { link: secret });
  if (!come || come.ok) return;
  visitor.wrong = say('This link has expired, was removed, or never was one.');
}
