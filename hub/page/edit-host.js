// A host is changed by an owner: what it is called, who sees it, and whether it may report.

import { openAddHost } from './add-host.js';
import { call } from './alerts.js';
import { openSheet } from './dialog.js';
import { $, element } from './element.js';
import { button, form, told, wantToken } from './form.js';
import { say } from './words.js';

const SHEET = 'edit-host';
const path = (id, what = '') => `api/hosts/${encodeURIComponent(id)}${what}`;

const specs = () => [
  { key: 'name', label: say('Name') },
  { key: 'group', label: say('Group') },
  { key: 'location', label: say('Location') },
  { key: 'country_code', label: say('Flag: two letters of a country'), hint: 'DE' },
  {
    key: 'hidden',
    label: say('Seen by'),
    type: 'choice',
    options: [['false', say('everybody who may look')], ['true', say('who is signed in')]],
  },
];

/** Sends a change; what is wrong in words, nothing where it was done. */
async function decide(at, method, body) {
  const answer = await call(at, method, body);
  if (answer?.ok) return undefined;
  if (answer?.status === 401 || answer?.status === 403) {
    return wantToken(say('This needs other rights'));
  }
  const { message } = answer ? await answer.json().catch(() => ({})) : {};
  return message ?? say('The hub does not answer.');
}

/** Says what is wrong at the field that it names, else leaves it to the form. */
function beside(node, wrong) {
  for (const old of node.querySelectorAll('.wrong')) old.remove();
  for (const input of node.elements) input.removeAttribute('aria-invalid');
  const [, key] = /`(\w+)`|^(\w+) is /.exec(wrong ?? '')?.filter(Boolean) ?? [];
  const input = key && node.elements[key];
  if (!input) return wrong;
  const { label } = specs().find((spec) => spec.key === key);
  const said = element('span', 'wrong', wrong.replace(`${key} is`, `“${label}” is`));
  said.setAttribute('role', 'alert');
  said.id = `wrong-${key}`;
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-describedby', said.id);
  input.closest('.field').append(said);
  input.focus();
  return undefined;
}

/** What of the form is another than it was; an empty text leaves it to the host. */
function changes(node, before) {
  const all = Object.entries(told(node, specs()));
  const texts = all.map(([key, value]) => [key, value ?? '']);
  const other = texts.filter(([key, value]) => value !== before[key]);
  return Object.fromEntries(other.map(([key, value]) => (
    [key, key === 'hidden' ? value === 'true' : value]
  )));
}

/** A button that asks once more before it acts, naming the host; `more` is what can be chosen. */
function danger({ label, text, more = [], again, act }) {
  const node = element('div', 'danger');
  const rest = () => node.replaceChildren(element('p', 'decide', button(label, ask)));
  const ask = () => {
    const said = element('p', 'said');
    said.setAttribute('role', 'alert');
    said.dataset.level = 'bad';
    const sure = button(again, async () => {
      sure.disabled = true;
      said.textContent = await act(node) ?? '';
      sure.disabled = false;
    });
    sure.className = 'sure';
    const keep = button(say('Cancel'), rest);
    const buttons = element('p', 'decide', sure, keep);
    node.replaceChildren(element('p', '', text), ...more, buttons, said);
    keep.focus();
  };
  rest();
  return node;
}

function revokePart({ id }, name) {
  return danger({
    label: say('Revoke …'),
    text: say('{name} is cut off at once. No token is good for it until it is invited again.',
      { name }),
    again: say('Revoke {name}', { name }),
    act: async (node) => {
      const wrong = await decide(path(id, '/revoke'), 'POST');
      if (wrong === undefined) node.replaceChildren(element('p', '', say('It is revoked.')));
      return wrong;
    },
  });
}

function deletePart({ id }, name) {
  const text = [
    say('{name} goes from the page, and its name, group, location and token with it.', { name }),
    say('What is remembered of its past stays until it is too old.'),
    say('With a token of the fleet it may come back: revoke it to keep it out.'),
  ].join(' ');
  const past = element('input');
  past.type = 'checkbox';
  past.name = 'past';
  const choice = element('label', 'choice', past, ` ${say('Forget its past at once')}`);
  return danger({
    label: say('Delete …'),
    text,
    more: [element('p', '', choice)],
    again: say('Delete {name}', { name }),
    act: async () => {
      const wrong = await decide(path(id, past.checked ? '?history=true' : ''), 'DELETE');
      if (wrong !== undefined) return wrong;
      for (const dialog of [$(SHEET), $('detail')]) if (dialog.open) dialog.close();
      return undefined;
    },
  });
}

/** Opens the dialog of a host. */
export async function openEditHost(id) {
  const answer = await call(path(id));
  if (!answer?.ok) return;
  const host = await answer.json();
  const name = host.name || id;
  const before = {
    name, group: '', location: '', country_code: '', ...host, hidden: String(Boolean(host.hidden)),
  };
  const close = () => sheet.close();
  const save = async (node) => {
    const changed = changes(node, before);
    const isSame = Object.keys(changed).length === 0;
    const wrong = isSame ? undefined : await decide(path(id), 'PATCH', changed);
    const left = beside(node, wrong);
    if (wrong === undefined) close();
    return left;
  };
  const again = () => { close(); openAddHost(host); };
  const invite = element('p', 'decide', button(say('Invite again …'), again));
  const parts = element('section', 'block', element('h3', '', say('Its access')),
    element('div', 'access', invite, revokePart(host, name), deletePart(host, name)));
  const node = form(specs(), before, save, close);
  const sheet = openSheet(SHEET, say('Edit {name}', { name }), node, parts);
  sheet.classList.add('small');
  node.querySelector('input').focus();
}
