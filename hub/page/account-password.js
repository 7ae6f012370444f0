// Another password: one's own, and for owners that of others.

import { change, closeAccount, openAccount } from './account-dialog.js';
import { element } from './element.js';
import { form } from './form.js';
import { say } from './words.js';

/** What is wrong with a password that was written twice; nothing where it is good. */
export function passwordFault(first, second) {
  if ([...first].length < 8) return say('A password has at least 8 characters.');
  return first === second ? undefined : say('The two are not the same.');
}

/** The fields of a new password, written twice. */
export const twice = () => [
  { key: 'password', label: say('New password'), type: 'secret', required: true },
  { key: 'again', label: say('Once more'), type: 'secret', required: true },
];

/** Tells password managers what the fields are. */
export function named(node, kinds) {
  for (const [key, kind] of Object.entries(kinds)) node.elements[key].autocomplete = kind;
  return node;
}

export const NEW = { password: 'new-password', again: 'new-password' };

export function openPassword() {
  const old = { key: 'old', label: say('Old password'), type: 'secret', required: true };
  const save = async ({ elements: { old: before, password, again } }) => {
    const fault = passwordFault(password.value, again.value);
    if (fault) return fault;
    const body = { old: before.value, new: password.value };
    const { wrong } = await change('api/session/password', 'POST', body);
    if (wrong !== undefined) return wrong;
    const done = say('The new password holds; you are signed in here alone.');
    const said = element('p', 'said', done);
    said.setAttribute('role', 'status');
    said.dataset.level = 'good';
    node.replaceChildren(said);
    return undefined;
  };
  const node = form([old, ...twice()], {}, save, closeAccount);
  named(node, { old: 'current-password', ...NEW });
  openAccount(say('Change password'), node);
  node.elements.old.focus();
}
