// Whom the hub tells of alerts: those of kinglet-hub.toml, and those that are set here. A secret
// goes to the hub and never comes back.

import { call } from './alerts.js';
import { element } from './element.js';
import { button, form, merged, part, row, send, stands, told } from './form.js';
import { say } from './words.js';

/** What each kind is asked for. */
const KINDS = {
  ntfy: ['topic', 'url', 'token'],
  smtp: ['url', 'from', 'to', 'user', 'password'],
  webhook: ['url', 'secret_url', 'token', 'template'],
  gotify: ['url', 'token'],
  telegram: ['token', 'chat'],
  discord: ['secret_url'],
  slack: ['secret_url'],
};

const path = (name) => `api/notify/${encodeURIComponent(name)}`;
const number = (text) => (/^-?\d+$/.test(text) ? Number(text) : text);

const fieldOf = (key) => ({
  topic: { key, label: say('Topic'), required: true },
  url: { key, label: say('Address'), hint: 'https://' },
  secret_url: { key, label: say('Address that is a secret'), type: 'secret' },
  token: { key, label: say('Token'), type: 'secret' },
  password: { key, label: say('Password'), type: 'secret' },
  user: { key, label: say('User') },
  from: { key, label: say('From'), required: true },
  to: { key, label: say('To'), type: 'list', required: true },
  chat: { key, label: say('Chat'), required: true },
  template: { key, label: say('Template'), type: 'long' },
}[key]);

function specs(kind, secrets, named) {
  const levels = [['warning', say('warning')], ['critical', say('critical')]];
  const kept = (spec) => (
    secrets.includes(spec.key) ? { ...spec, hint: say('as it is') } : spec
  );
  return [
    ...(named ? [] : [{ key: 'name', label: say('Name'), required: true, hint: 'phone' }]),
    ...KINDS[kind].map((key) => kept(fieldOf(key))),
    { key: 'level', label: say('From level'), type: 'choice', options: levels },
    { key: 'hosts', label: say('Hosts (all without)'), type: 'list' },
    { key: 'groups', label: say('Groups (all without)'), type: 'list' },
    { key: 'per_hour', label: say('An hour at most'), type: 'number', hint: '30' },
  ];
}

/** A form for one there is, or for a new one: which fields there are depends on the kind. */
function receiverForm(one, done, close) {
  const { name, keys = {}, secrets = [] } = one ?? {};
  const node = element('div');
  const show = (kind) => {
    const known = kind === keys.kind ? secrets : [];
    const fields = specs(kind, known, name !== undefined);
    const options = Object.keys(KINDS).map((each) => [each, each]);
    const choice = {
      key: 'kind', label: say('Kind'), type: 'choice', options, changed: show,
    };
    const save = async (made) => {
      const { name: given = name, chat, ...rest } = told(made, [choice, ...fields]);
      const chats = chat === undefined ? {} : { chat: number(chat) };
      // Keys of another kind are none of this one.
      const before = kind === keys.kind ? keys : {};
      const wrong = await send(path(given), 'PUT', merged(before, { ...rest, ...chats }));
      if (wrong === undefined) done();
      return wrong;
    };
    node.replaceChildren(form([choice, ...fields], { ...keys, kind }, save, close));
  };
  show(keys.kind ?? 'ntfy');
  return node;
}

function receiverRow(one, again) {
  const { name, kind, state, keys = {}, origin } = one;
  const said = element('p', 'said');
  said.setAttribute('role', 'status');
  const tell = (wrong, good) => {
    said.dataset.level = wrong === undefined ? 'good' : 'bad';
    said.textContent = wrong ?? good;
  };
  const test = async (pressed) => {
    pressed.disabled = true;
    const good = say('The test was taken: look whether it has come.');
    tell(await send(`${path(name)}/test`, 'POST'), good);
    pressed.disabled = false;
  };
  const edit = () => node.replaceChildren(receiverForm(one, again, again));
  const remove = async () => {
    const wrong = await send(path(name), 'DELETE');
    if (wrong === undefined) again();
    else tell(wrong);
  };
  const may = origin === 'drop_in';
  const buttons = [
    button(say('Send a test'), test),
    ...(may ? [button(say('Change'), edit), button(say('Remove'), remove)] : []),
  ];
  const text = [kind, keys.url, state !== 'ok' && state].filter(Boolean).join(' · ');
  const node = row(state === 'ok' ? 'over' : 'critical', name, text, stands(one), ...buttons);
  node.append(said);
  return node;
}

async function showReceivers({ rows, below }) {
  const answer = await call('api/notify');
  if (!answer?.ok) return;
  const { channels } = await answer.json();
  below.replaceChildren();
  const again = () => showReceivers({ rows, below });
  rows.replaceChildren(...channels.map((one) => receiverRow(one, again)));
}

/** The part of the dialog, which fills itself. */
export function openReceivers() {
  const all = part(say('Receivers'), say('Add a receiver'), (below) => {
    const close = () => below.replaceChildren();
    below.replaceChildren(receiverForm(undefined, () => showReceivers(all), close));
    below.querySelector('select').focus();
  });
  showReceivers(all);
  return all.node;
}
