// A host is added: the hub invites it, here stands the line to run there, and that it has come.

import { call } from './alerts.js';
import { copyLine } from './copy.js';
import { openSheet } from './dialog.js';
import { element } from './element.js';
import { button, form, told, wantToken } from './form.js';
import { hubNow } from './live.js';
import { askToSignIn, visitor } from './sign-in.js';
import { clock } from './units.js';
import { address, step } from './view.js';
import { say } from './words.js';

const LOOK_MS = 2000;
const ALONE = /^(\S+) is this machine alone/;     // how the hub begins its no
const LOCAL = /^(?:localhost|.*\.localhost|127\..*|\[::1\])$/;

/** Where this page came from, as a host would dial it; nothing where only this machine would. */
function ownAddress() {
  if (LOCAL.test(location.hostname)) return '';
  const url = new URL('.', location.href);
  return `${url.protocol.replace('http', 'ws')}//${url.host}${url.pathname.replace(/\/$/, '')}`;
}

const specs = () => [
  { key: 'name', label: say('Name (the host says it without)') },
  { key: 'url', label: say('Address of this hub for hosts'), hint: 'wss://hub.example.org' },
];

/** The hub's no, with the way out of it in the form. */
function refused(node, message) {
  const { url } = node.elements;
  if (!url) return message;
  if (!url.value) url.value = ownAddress();
  url.setAttribute('aria-invalid', 'true');
  url.focus();
  const [, alone] = ALONE.exec(message) ?? [];
  if (!alone) return message.replaceAll('--url', `“${say('Address of this hub for hosts')}”`);
  return say('{url} leads to this machine alone. Say at which address hosts reach the hub.',
    { url: alone });
}

/** Invites; answers with what is wrong, or nothing and calls `made`. */
async function invite(node, wanted, made) {
  const answer = await call('api/invitations', 'POST', wanted);
  const body = await answer?.json().catch(() => ({}));
  if (answer?.ok) return made(body);
  if (answer?.status === 401 || answer?.status === 403) {
    return wantToken(say('This needs other rights'));
  }
  return refused(node, body?.message ?? say('The hub does not answer.'));
}

/** Waits for the host for as long as somebody looks. */
async function wait(invitation, node, ended) {
  if (!node.isConnected) return;
  const answer = await call(`api/invitations/${encodeURIComponent(invitation.id)}`);
  const { state, host } = answer?.ok ? await answer.json() : {};
  const isOver = state === 'expired' || hubNow() > Date.parse(invitation.expires);
  if (state === 'arrived') ended(host ?? '');
  else if (isOver) ended(null);
  else setTimeout(wait, LOOK_MS, invitation, node, ended);
}

async function nameOf(id) {
  const answer = await call(`api/hosts/${encodeURIComponent(id)}`);
  return answer?.ok ? (await answer.json()).name : id;
}

/** The host is there: says so, and leads to its page. */
async function arrived(said, id) {
  const name = await nameOf(id);
  const link = element('a', '', say('Show it'));
  link.href = `?host=${encodeURIComponent(id)}`;
  link.addEventListener('click', (event) => {
    event.preventDefault();
    document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close());
    step({ host: id });
    address.moved();
  });
  said.dataset.level = 'good';
  said.replaceChildren(say('{name} has arrived.', { name }), ' ', id ? link : '');
}

/** The invitation: the line, until when it is good, and whether somebody came. */
function invitationPart(invitation, again) {
  const { line, command, warnings, expires } = invitation;
  const said = element('p', 'waits', element('i', 'dot'), say('Waiting for the host …'));
  said.setAttribute('role', 'status');
  const time = say('Good for one host, until {time}.', { time: clock(expires) });
  const other = element('details', '', element('summary', '', say('Kinglet is there already')),
    copyLine(command));
  const node = element('div', 'invitation',
    element('p', '', say('Run this on the host, as root:')), copyLine(line),
    ...warnings.map((text) => element('p', 'warning', text)),
    element('p', 'small-print', time), said, other);
  const more = button(say('Add another'), again);
  node.append(element('p', 'decide', more));
  setTimeout(wait, LOOK_MS, invitation, node, (host) => {
    if (host !== null) return arrived(said, host);
    said.dataset.level = 'bad';
    said.replaceChildren(say('The code was not used in time, and is good no more.'));
    more.textContent = say('Invite again');
  });
  return node;
}

/** All of it; `replace`: the host that is invited again. `close` ends it. */
function addPart(close, replace) {
  const part = element('div', 'add-host');
  const begin = () => {
    const save = (node) => invite(node, { ...told(node, fields), replace }, (made) => {
      part.replaceChildren(invitationPart(made, begin));
      part.querySelector('button').focus();
    });
    const fields = replace ? specs().slice(1) : specs();
    const node = form(fields, {}, save, close);
    node.querySelector('.decide button').textContent = say('Show the line to run');
    if (!close) node.querySelectorAll('.decide button')[1].remove();
    part.replaceChildren(node);
  };
  begin();
  return part;
}

/** Opens the dialog; for a host there is already, too. */
export function openAddHost(host) {
  const id = 'add-host-sheet';
  const title = host ? say('Invite {name} again', { name: host.name || host.id })
    : say('Add a host');
  const part = addPart(() => sheet.close(), host?.id);
  const sheet = openSheet(id, title, part);
  sheet.classList.add('small');
  part.querySelector('input').focus();
}

/** What stands where hosts would, on a hub that has none. */
export function emptyState() {
  const title = element('h2', '', say('No host reports to this hub yet'));
  if (visitor.mayOwn === 'allowed') return [title, addPart()];
  if (visitor.mayOwn === 'never') {
    return [title, element('p', '', say('On the hub\'s machine, this prints the line for a host:')),
      copyLine('sudo kinglet-hub invite')];
  }
  const ask = button(say('Sign in'), () => askToSignIn(say('This needs more rights')));
  return [title, element('p', '', say('Its owner adds hosts, and they appear here.')),
    ...(visitor.user ? [] : [element('p', 'decide', ask)])];
}
