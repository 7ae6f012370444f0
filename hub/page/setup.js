// The first user of a fresh hub is made, by the link that its start has printed.

import { call } from './alerts.js';
import { $, element } from './element.js';
import { form, told } from './form.js';
import { say } from './words.js';

/** Whether this is that link. */
export const isSetup = () => location.pathname.endsWith('/setup');

const specs = () => [
  { key: 'name', label: say('Name'), required: true },
  { key: 'password', label: say('Password'), type: 'secret', required: true },
];

function wrongText(answer, message) {
  if (answer?.status === 403) {
    return say('This link is good no more: a restart of the hub prints another in its log.');
  }
  if (answer?.status === 409) return say('The first user is there already: sign in.');
  if (answer?.status === 429) return say('Too many passwords were tried from here. Wait a minute.');
  return message ?? say('The hub does not answer.');
}

async function make(node) {
  const code = location.hash.slice(1);
  const answer = await call('api/setup', 'POST', { code, ...told(node, specs()) });
  // The code is good no more, and nothing to keep in the browser's memory.
  if (answer?.ok) return location.replace('./');
  const { message } = answer ? await answer.json().catch(() => ({})) : {};
  return wrongText(answer, message);
}

/** Shows the form, and nothing else of the page. */
export function openSetup() {
  const owns = say('Who makes the first user owns it: adds hosts and rules, and lets others in.');
  const text = `${say('This hub is new.')} ${owns}`;
  const node = form(specs(), {}, make, () => {});
  const [send, cancel] = node.querySelectorAll('.decide button');
  send.textContent = say('Make the first user');
  cancel.remove();
  const { name, password } = node.elements;
  Object.assign(name, { autocomplete: 'username', autocapitalize: 'none', maxLength: 64 });
  Object.assign(password, { autocomplete: 'new-password', minLength: 8 });
  const title = element('h2', '', say('Welcome to Kinglet'));
  document.body.classList.add('is-setup');
  $('empty').classList.add('wide');
  $('empty').hidden = false;
  $('empty').replaceChildren(title, element('p', '', text), node);
  name.focus();
}
