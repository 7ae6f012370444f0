// Who looks: signs in by name or by a token, and says who is signed in.

import { $, element, put } from './element.js';
import { credentials, link, useToken } from './live.js';
import { say } from './words.js';

/** What the hub says of who looks: user, role, may_look, may_change, by_name, by_token, by_oidc. */
let who = { by_name: false, by_token: true, by_oidc: undefined };
let byName = false;

/**
 * Who that is, for other parts of the page: `mayOwn` is `allowed`, `token` or `never`; `menu`: what
 * is shown of who is signed in; `wrong`: why a link that was come by is no good.
 */
export const visitor = {
  user: '', mayOwn: 'token', changed: () => {}, menu: ({ user }) => user, wrong: '',
};

async function ask() {
  const answer = await fetch('api/session', { headers: credentials() }).catch(() => null);
  if (answer?.ok) who = await answer.json();
  $('who').hidden = !who.user;
  $('sign-in').hidden = Boolean(who.user) || !(who.by_name || who.by_oidc);
  Object.assign(visitor, { user: who.user ?? '', mayOwn: who.may_own ?? 'token' });
  document.body.classList.toggle('is-owner', visitor.mayOwn === 'allowed');
  visitor.changed();
  $('who').replaceChildren(...(who.user ? [visitor.menu(who)] : []));
}

/** Shows the fields of one way, and how to take the other where there is one. */
function show(name) {
  byName = name;
  $('login-act').hidden = false;
  $('by-name').hidden = !name;
  $('by-token').hidden = name;
  $('other-way').hidden = !(who.by_name && who.by_token);
  put($('other-way'), name ? say('Use a token') : say('Use a name and a password'));
  $(name ? 'name' : 'token').focus();
}

/** There is no way in yet, and here is how one is made. */
function showNobody() {
  for (const id of ['by-name', 'by-token', 'login-act']) $(id).hidden = true;
  put($('login-why'), say('Nobody can sign in yet'));
  put($('login-error'), say('The hub\'s log has the link that makes the first user.'));
}

/** Asks who looks to sign in; `why` says what for, `wrong` what was no good. */
export async function askToSignIn(why = say('Sign in to look at this hub'), wrong = '') {
  put($('login-why'), why);
  put($('login-error'), wrong);
  $('login').hidden = false;
  await ask();
  if (!who.by_name && !who.by_oidc && !who.by_token && !who.may_look) showNobody();
  else show(who.by_name);
  offerElsewhere(who.by_oidc);
}

/** A way to sign in elsewhere, where the hub has one. */
function offerElsewhere(title) {
  $('elsewhere')?.remove();
  if (!title) return;
  const node = element('a', 'elsewhere', say('Sign in with {title}', { title }));
  Object.assign(node, { id: 'elsewhere', href: 'api/oidc' });
  $('login').append(node);
}

async function signIn() {
  const [name, password, remember] = [$('name').value, $('password').value, $('remember').checked];
  const answer = await fetch('api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password, remember }),
  }).catch(() => null);
  if (answer?.ok) return '';
  if (answer?.status === 401) return say('There is no such name with this password.');
  if (answer?.status === 429) return say('Too many passwords were tried from here. Wait a minute.');
  return say('The hub does not answer.');
}

$('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  let token = '';
  if (byName) {
    const wrong = await signIn();
    $('password').value = '';
    if (wrong) return put($('login-error'), wrong);
  } else {
    token = $('token').value.trim();
  }
  $('login').hidden = true;
  useToken(token);
  ask();
});
$('other-way').addEventListener('click', () => show(!byName));
$('sign-in').addEventListener('click', () => askToSignIn(say('Sign in')));

link.refused = (token) => {
  askToSignIn(undefined, token ? say('That token is not accepted.') : visitor.wrong);
  visitor.wrong = '';
};

export const watchWho = ask;
