// A list of things that the owner may set, each with its form: what rules and receivers share.

import { alerts, call } from './alerts.js';
import { element } from './element.js';
import { nameElement } from './middle.js';
import { askToSignIn } from './sign-in.js';
import { say } from './words.js';

export function button(label, act) {
  const node = element('button', '', label);
  node.type = 'button';
  node.addEventListener('click', () => act(node));
  return node;
}

const joined = (list) => (Array.isArray(list) ? list.join(', ') : list ?? '');
const split = (text) => text.split(',').map((part) => part.trim()).filter(Boolean);

/** How each kind of field is made and read; nothing where it says nothing. */
const FIELDS = {
  text: { make: () => element('input'), read: (text) => text || undefined },
  long: { make: () => element('textarea'), read: (text) => text || undefined },
  list: {
    make: () => element('input'),
    read: (text) => (split(text).length > 0 ? split(text) : undefined),
  },
  number: {
    make: () => Object.assign(element('input'), { type: 'number', step: 'any' }),
    read: (text) => (text === '' ? undefined : Number(text)),
  },
  secret: {
    make: () => Object.assign(element('input'), { type: 'password', autocomplete: 'off' }),
    read: (text) => text || undefined,
  },
  choice: {
    make: ({ options }) => {
      const node = element('select');
      for (const [value, label] of options) {
        node.append(Object.assign(element('option', '', label), { value }));
      }
      return node;
    },
    read: (text) => text || undefined,
  },
};

/** One field: `key`, `label`, and what else its kind takes. */
function field(spec, value) {
  const input = FIELDS[spec.type ?? 'text'].make(spec);
  input.name = spec.key;
  if (value !== undefined) input.value = joined(value);
  if (spec.hint) input.placeholder = spec.hint;
  if (spec.list) input.setAttribute('list', spec.list);
  if (spec.required) input.required = true;
  if (spec.changed) input.addEventListener('change', () => spec.changed(input.value));
  return element('label', 'field', element('span', '', spec.label), input);
}

/** What a form says, by the keys of its fields. */
export function told(node, specs) {
  const read = ({ key, type = 'text' }) => (
    [key, FIELDS[type].read(node.elements[key].value.trim())]
  );
  return Object.fromEntries(specs.map(read));
}

/** A form; `save` answers with what is wrong, or nothing where it is done. */
export function form(specs, values, save, close) {
  const said = element('p', 'said');
  said.setAttribute('role', 'alert');
  const send = element('button', '', say('Save'));
  const ends = element('p', 'decide', send, button(say('Cancel'), close));
  const node = element('form', 'fields', ...specs.map((spec) => field(spec, values[spec.key])));
  node.append(ends, said);
  node.addEventListener('submit', async (event) => {
    event.preventDefault();
    send.disabled = true;
    said.dataset.level = 'bad';
    said.textContent = await save(node) ?? '';
    send.disabled = false;
  });
  return node;
}

/** Closes what is open and asks for a token. */
export function wantToken(why) {
  document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close());
  askToSignIn(why);
}

/** Sends a change; what is wrong in words, nothing where it was done. */
export async function send(path, method, body) {
  if (alerts.change === 'token') return wantToken(say('This needs more rights'));
  const answer = await call(path, method, body);
  if (answer?.ok) return undefined;
  if (answer?.status === 401 || answer?.status === 403) {
    return wantToken(say('This needs other rights'));
  }
  const { message } = answer ? await answer.json().catch(() => ({})) : {};
  return message ?? say('The hub does not answer.');
}

/** The keys that were, with those of a form; one that says nothing is none. */
export function merged(before, after) {
  const all = Object.entries({ ...before, ...after });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

/** A part of the dialog: a list, and a form in the place of one of its rows or below it. */
export function part(title, add, open) {
  const [rows, below] = [element('ol', 'timeline'), element('div')];
  const more = element('p', 'decide', button(add, () => open(below)));
  const node = element('section', 'block', element('h3', '', title), rows, more, below);
  return { node, rows, below };
}

/** One row: what it is, where it stands, and what may be done. */
export function row(level, name, text, side, ...buttons) {
  const what = element('span', 'what', text);
  const node = element('li', 'wants', element('i', 'dot'), nameElement('b', 'of', name), what);
  node.append(element('span', 'when', side));
  node.dataset.level = level;
  if (buttons.length > 0) node.append(element('span', 'decide', ...buttons));
  return node;
}

/** Where it stands, in words. */
export function stands({ origin, at }) {
  if (origin === 'built_in') return say('built in');
  return origin === 'config' ? at : say('set here');
}
