// Who can sign in: added, changed and removed by owners.

import { change, listed, openAccount, sure, tell } from './account-dialog.js';
import { named, NEW, passwordFault, twice } from './account-password.js';
import { sessionList } from './account-sessions.js';
import { element } from './element.js';
import { button, form, part, row } from './form.js';
import { many, say } from './words.js';

const path = (name) => `api/users/${encodeURIComponent(name)}`;
const roles = () => [['viewer', say('viewer')], ['owner', say('owner')]];

/** A form that sets a password along with what else `specs` ask for. */
function withPassword(specs, send, done, close) {
  const save = async (node) => {
    const fault = passwordFault(node.elements.password.value, node.elements.again.value);
    if (fault) return fault;
    const { wrong } = await send(node.elements);
    if (wrong === undefined) done();
    return wrong;
  };
  return named(form([...specs, ...twice()], {}, save, close), NEW);
}

function newUser(done, close) {
  const specs = [
    { key: 'name', label: say('Name'), required: true },
    { key: 'role', label: say('May'), type: 'choice', options: roles() },
  ];
  const send = ({ name, role, password }) => change('api/users', 'POST', {
    name: name.value.trim(), role: role.value, password: password.value,
  });
  return withPassword(specs, send, done, close);
}

function userRow({ name, role, sessions }, again) {
  const other = role === 'owner' ? 'viewer' : 'owner';
  const ask = async (method, body) => {
    const { wrong } = await change(path(name), method, body);
    if (wrong === undefined) again();
    else tell(node, wrong);
  };
  const below = element('div', 'below');
  const show = (...nodes) => below.replaceChildren(...nodes);
  const password = () => {
    const send = ({ password: text }) => change(path(name), 'PATCH', { password: text.value });
    const fields = withPassword([], send, again, () => show());
    show(fields);
    fields.elements.password.focus();
  };
  const node = row(role === 'owner' ? 'over' : 'quiet', name, say(role),
    many(sessions, '{n} session', '{n} sessions'),
    button(other === 'owner' ? say('Make owner') : say('Make viewer'),
      () => ask('PATCH', { role: other })),
    button(say('Sessions'), () => show(sessionList(`${path(name)}/sessions`))),
    button(say('New password'), password), sure(say('Remove'), () => ask('DELETE')));
  node.append(below);
  return node;
}

export function openPeople() {
  const people = part(say('Who can sign in'), say('Add somebody'), (below) => {
    const end = () => below.replaceChildren();
    const fields = newUser(() => { end(); again(); }, end);
    below.replaceChildren(fields);
    fields.elements.name.focus();
  });
  const again = async () => {
    const users = await listed('api/users', 'users');
    people.rows.replaceChildren(...users.map((each) => userRow(each, again)));
  };
  again();
  openAccount(say('People'), people.node);
}
