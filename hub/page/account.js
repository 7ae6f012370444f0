// Who is signed in: a menu under the name, with what everybody may do about himself, and owners
// about others.

import { openLinks } from './account-links.js';
import { openPassword } from './account-password.js';
import { openPeople } from './account-people.js';
import { openSessions } from './account-sessions.js';
import { call } from './alerts.js';
import { element } from './element.js';
import { button } from './form.js';
import { nameElement } from './middle.js';
import { visitor } from './sign-in.js';
import { say } from './words.js';

async function signOut() {
  await call('api/session', 'DELETE');
  location.reload();
}

/** The menu of who is signed in. */
function accountMenu({ user, role }) {
  const head = element('summary', '', nameElement('span', '', user));
  const node = element('details', 'account', head);
  const entry = (label, act) => button(label, () => {
    node.open = false;
    // Where the focus comes back to: the entry is gone by then.
    head.focus();
    act();
  });
  const owners = role !== 'owner' ? [] : [
    entry(say('People'), openPeople), entry(say('Links'), openLinks),
  ];
  node.append(element('div', 'account-list',
    entry(say('Sessions'), openSessions), entry(say('Change password'), openPassword),
    ...owners, entry(say('Sign out'), signOut)));
  return node;
}

const open = () => document.querySelector('.account[open]');

/** Has the page show the menu where somebody is signed in. */
export function watchAccount() {
  visitor.menu = accountMenu;
  document.addEventListener('click', ({ target }) => {
    const menu = open();
    if (menu && !menu.contains(target)) menu.open = false;
  });
  document.addEventListener('keydown', ({ key }) => {
    const menu = key === 'Escape' ? open() : null;
    if (!menu) return;
    menu.open = false;
    menu.querySelector('summary').focus();
  });
}
