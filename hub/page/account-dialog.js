// The dialog of the account menu, and how it asks the hub to change something.

import { call } from './alerts.js';
import { openSheet } from './dialog.js';
import { $, element } from './element.js';
import { button, wantToken } from './form.js';
import { say } from './words.js';

const SHEET = 'account';

/** Opens the dialog with this in it. */
export function openAccount(title, ...nodes) {
  openSheet(SHEET, title, ...nodes);
}

export function closeAccount() {
  $(SHEET)?.close();
}

const KNOWN = {
  last_owner: () => say('There must be an owner: make somebody else one first.'),
  too_many: () => say('Too many passwords were tried from here. Wait a minute.'),
  wrong: () => say('The old password is another.'),
};

/** Asks for a change: what it answers, or in `wrong` why it was not made. */
export async function change(path, method, body) {
  const answer = await call(path, method, body);
  const said = answer ? await answer.json().catch(() => ({})) : {};
  if (answer?.ok) return said;
  if (Object.hasOwn(KNOWN, said.error ?? '')) return { wrong: KNOWN[said.error]() };
  if (answer?.status === 401 || answer?.status === 403) {
    wantToken(say('This needs other rights'));
    return { wrong: '' };
  }
  return { wrong: said.message ?? say('The hub does not answer.') };
}

/** A list of the hub; nothing where it does not answer. */
export async function listed(path, key) {
  const answer = await call(path);
  return answer?.ok ? (await answer.json())[key] : [];
}

/** A button that asks once more before it acts. */
export function sure(label, act) {
  const node = button(label, () => {
    if (node.dataset.sure) return act(node);
    node.dataset.sure = 'asked';
    node.textContent = say('Really?');
  });
  node.addEventListener('blur', () => {
    delete node.dataset.sure;
    node.textContent = label;
  });
  return node;
}

/** Says under a row what went wrong. */
export function tell(node, wrong) {
  node.querySelector('.said')?.remove();
  const said = element('p', 'said', wrong);
  said.setAttribute('role', 'alert');
  said.dataset.level = 'bad';
  node.append(said);
}
